/* Who may come in: registration, guests, login. */
#include "tests/unit/test.h"

#include "tests/unit/services/profile_house.h"

#include "lib/crypt/password.h"

struct bad_body {
    const char *body;
    const char *pointers; /* with blanks between, in order */
    enum err err;
};

static void pointers_put(const struct reply *reply, char *out, size_t size)
{
    struct buf text;

    buf_init_fixed(&text, out, size - 1);
    for (size_t i = 0; i < reply->errors.count; i++) {
        if (i > 0)
            buf_put_char(&text, ' ');
        buf_put_c(&text, reply->errors.list[i].pointer);
    }
    out[text.len] = '\0';
}

#define NAME_33 "abcdefghijklmnopqrstuvwxyz0123456"
#define TEXT_129                                                                                   \
    "0123456789012345678901234567890123456789012345678901234567890123"                             \
    "0123456789012345678901234567890123456789012345678901234567890123x"

static const struct bad_body BAD_REGISTRATIONS[] = {
    {"{\"username\":\"ab\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"" NAME_33 "\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"has space\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"\xc3\xa9mile\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"12345\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"a@b\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"abc\\n\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"abc\\u0000\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"Deleted-17\",\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":5,\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":null,\"password\":\"" GOOD "\"}", "/username", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"1234567\"}", "/password", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" TEXT_129 "\"}", "/password", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":12345678}", "/password", ERR_INVALID},
    {"{}", "/username /password", ERR_INVALID},
    {"", "/username /password", ERR_INVALID},
    {"{\"username\":\"a\",\"password\":\"b\",\"role\":\"admin\"}", "/username /password /role",
     ERR_INVALID},
    {"{\"username\":\"1234\",\"password\":\"b\",\"email\":\"x\",\"region\":\"eu\"}",
     "/password /username /email /region", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"guest\":true}", "/guest", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"\"}", "/email", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"nobody\"}", "/email",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"@example.com\"}", "/email",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"a@\"}", "/email", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"a b@example.com\"}", "/email",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"a@b@example.com\"}", "/email",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"a@example..com\"}", "/email",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"email\":\"a@example.com\\r\\nBcc: b\"}",
     "/email", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"region\":\"EU-central\"}", "/region",
     ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"region\":\"eu-\"}", "/region", ERR_INVALID},
    {"{\"username\":\"zoe\",\"password\":\"" GOOD "\",\"region\":\"eu-central-1\"}", "/region",
     ERR_INVALID},
    {"{\"username\":\"zoe\"", "", ERR_JSON},
    {"[]", "", ERR_INVALID},
    {"{\"username\":\"zoe\",\"username\":\"eva\",\"password\":\"" GOOD "\"}", "", ERR_JSON},
    {"{\"username\":\"zo\xff\",\"password\":\"" GOOD "\"}", "", ERR_JSON},
};

TEST(a_bad_registration_is_answered_with_each_of_its_faults)
{
    struct house house;

    house_open(&house);
    for (size_t i = 0; i < ARRAY_COUNT(BAD_REGISTRATIONS); i++) {
        const struct bad_body *row = &BAD_REGISTRATIONS[i];
        char pointers[256];
        struct call call;
        enum err err = post(&call, &house, "/v1/auth/register", row->body);

        pointers_put(&call.reply, pointers, sizeof(pointers));
        if (err != row->err || strcmp(pointers, row->pointers) != 0)
            print_error("row %zu: %s: %s at '%s'\n", i, row->body, err_code(err), pointers);
        EXPECT_ERR(row->err, err);
        EXPECT_STR(row->pointers, str_from_c(pointers));
        EXPECT_INT(0, call.reply.batch); /* nothing was written */
        call_end(&call);
    }
    house_close(&house);
}

TEST(a_body_of_another_type_is_not_read)
{
    struct house house;
    struct call call;

    house_open(&house);
    call_init(&call, &house, HTTP_POST, "/v1/auth/register", "username=zoe&password=12345678");
    call.request.content_type = STR("application/x-www-form-urlencoded");
    EXPECT_ERR(ERR_MEDIA_TYPE, call_run(&call));
    call_end(&call);
    house_close(&house);
}

TEST(registration_answers_with_the_account_and_two_tokens)
{
    struct house house;
    struct call call;
    struct player player;

    house_open(&house);
    EXPECT_OK(post(&call, &house, "/v1/auth/register",
                   "{\"username\":\"Zoe_1\",\"password\":\"" GOOD
                   "\",\"email\":\"Zoe@Example.com\",\"region\":\"eu-central\"}"));
    EXPECT_INT(201, call.reply.status);
    EXPECT(call.reply.is_secret);
    EXPECT(body_has(&call, "\"username\":\"Zoe_1\""));
    EXPECT(body_has(&call, "\"email\":\"Zoe@Example.com\""));
    EXPECT(body_has(&call, "\"guest\":false"));
    EXPECT(body_has(&call, "\"token_type\":\"bearer\""));
    EXPECT(body_has(&call, "\"expires_in\":900"));
    EXPECT_NULL(call.reply.set_cookie.ptr);
    player_of(&house, &call, &player);
    EXPECT_STR("Zoe_1", str_from_c(player.caller.username));
    EXPECT_INT(59, strlen(player.refresh));
    call_end(&call);
    house_close(&house);
}

TEST(names_and_addresses_are_taken_whatever_their_case)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_ERR(ERR_USERNAME_TAKEN, post(&call, &house, "/v1/auth/register",
                                        "{\"username\":\"ZOE\",\"password\":\"" GOOD "\"}"));
    call_end(&call);
    EXPECT_ERR(ERR_EMAIL_TAKEN, post(&call, &house, "/v1/auth/register",
                                     "{\"username\":\"eva\",\"password\":\"" GOOD
                                     "\",\"email\":\"ZOE@example.COM\"}"));
    call_end(&call);
    EXPECT_ERR(ERR_USERNAME_TAKEN, post(&call, &house, "/v1/auth/guest", "{\"username\":\"Zoe\"}"));
    call_end(&call);
    house_close(&house);
}

TEST(a_guest_plays_at_once_under_a_name_of_their_own_or_a_made_one)
{
    struct house house;
    struct call call;
    struct player one, two;

    house_open(&house);
    EXPECT_OK(post(&call, &house, "/v1/auth/guest", "{\"username\":\"visitor\"}"));
    EXPECT_INT(201, call.reply.status);
    EXPECT(body_has(&call, "\"guest\":true"));
    EXPECT(body_has(&call, "\"email\":null"));
    EXPECT(body_has(&call, "\"username\":\"visitor\""));
    call_end(&call);
    player_guest(&house, &one);
    player_guest(&house, &two);
    EXPECT(strcmp(one.caller.username, two.caller.username) != 0);
    EXPECT(one.caller.user_id != two.caller.user_id);
    EXPECT_ERR(ERR_INVALID, post(&call, &house, "/v1/auth/guest", "{\"username\":\"12345\"}"));
    call_end(&call);
    /* There is no password that opens a guest's account. */
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "visitor", "", NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "visitor", "visitor", NULL));
    house_close(&house);
}

TEST(a_guest_becomes_an_account_and_stays_the_same_player)
{
    struct house house;
    struct call call;
    struct player guest, grown, again;

    house_open(&house);
    player_guest(&house, &guest);
    EXPECT_OK(ask(&call, &house, &guest, HTTP_POST, "/v1/auth/upgrade",
                  "{\"username\":\"grown\",\"password\":\"" GOOD
                  "\",\"email\":\"g@example.com\"}"));
    EXPECT_INT(200, call.reply.status);
    EXPECT(body_has(&call, "\"guest\":false"));
    player_of(&house, &call, &grown);
    call_end(&call);
    EXPECT_INT(guest.caller.user_id, grown.caller.user_id);
    EXPECT_STR("grown", str_from_c(grown.caller.username));
    EXPECT_OK(player_login(&house, "grown", GOOD, &again));
    EXPECT_INT(guest.caller.user_id, again.caller.user_id);
    EXPECT_ERR(ERR_NOT_GUEST, ask(&call, &house, &guest, HTTP_POST, "/v1/auth/upgrade",
                                  "{\"password\":\"" GOOD "\"}"));
    call_end(&call);
    house_close(&house);
}

TEST(an_upgrade_that_fails_changes_nothing)
{
    struct house house;
    struct call call;
    struct player guest, other;

    house_open(&house);
    player_guest(&house, &guest);
    player_register(&house, "zoe", &other);
    EXPECT_ERR(ERR_INVALID, ask(&call, &house, &guest, HTTP_POST, "/v1/auth/upgrade",
                                "{\"password\":\"short\"}"));
    call_end(&call);
    EXPECT_ERR(ERR_USERNAME_TAKEN, ask(&call, &house, &guest, HTTP_POST, "/v1/auth/upgrade",
                                       "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"));
    call_end(&call);
    EXPECT_OK(ask(&call, &house, &guest, HTTP_GET, "/v1/profile/me", ""));
    EXPECT(body_has(&call, "\"guest\":true"));
    call_end(&call);
    house_close(&house);
}

TEST(a_login_needs_the_name_in_any_case_and_the_password_exactly)
{
    struct house house;
    struct player player, again;

    house_open(&house);
    player_register(&house, "Zoe", &player);
    EXPECT_OK(player_login(&house, "zOE", GOOD, &again));
    EXPECT_INT(player.caller.user_id, again.caller.user_id);
    EXPECT(player.caller.session_id != again.caller.session_id);
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "Zoe", "Correct horse battery", NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "nobody", GOOD, NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, NAME_33, GOOD, NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "", GOOD, NULL));
    house_close(&house);
}

TEST(a_login_of_nobody_differs_from_a_wrong_password_in_nothing)
{
    struct house house;
    struct player player;
    struct call wrong, nobody;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_ERR(ERR_CREDENTIALS, post(&wrong, &house, "/v1/auth/login",
                                     "{\"username\":\"zoe\",\"password\":\"not this one\"}"));
    EXPECT_ERR(ERR_CREDENTIALS, post(&nobody, &house, "/v1/auth/login",
                                     "{\"username\":\"eva\",\"password\":\"not this one\"}"));
    EXPECT_INT(wrong.reply.body.len, nobody.reply.body.len);
    EXPECT_INT(wrong.reply.errors.count, nobody.reply.errors.count);
    EXPECT_INT(wrong.reply.detail.len, nobody.reply.detail.len);
    EXPECT_INT(wrong.reply.extra.len, nobody.reply.extra.len);
    call_end(&wrong);
    call_end(&nobody);
    house_close(&house);
}

struct ban {
    uint64_t user_id;
    uint64_t until_ms;
    uint64_t now_ms;
};

static enum err ban_txn(struct db *db, void *arg)
{
    struct ban *ban = arg;

    return user_ban(db, ban->user_id, ban->until_ms, STR("said \"no\""), ban->now_ms);
}

TEST(a_banned_player_is_told_why_and_until_when_after_the_right_password_only)
{
    struct house house;
    struct player player;
    struct call call;
    struct ban ban;

    house_open(&house);
    player_register(&house, "zoe", &player);
    ban = (struct ban){player.caller.user_id, house.now_ms + 3600000, house.now_ms};
    EXPECT_OK(store_write_durable(house.context.store, ban_txn, &ban));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "zoe", "not this one", NULL));
    EXPECT_ERR(ERR_BANNED, post(&call, &house, "/v1/auth/login",
                                "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"));
    EXPECT_STR("\"reason\":\"said \\\"no\\\"\",\"until\":\"2026-09-21T15:13:20.000Z\"",
               call.reply.extra);
    call_end(&call);
    EXPECT_ERR(ERR_BANNED, refresh(&call, &house, player.refresh));
    EXPECT(call.reply.extra.len > 0);
    call_end(&call);
    house.now_ms += 3600000; /* it is over, and the token was not spent meanwhile */
    EXPECT_OK(player_login(&house, "zoe", GOOD, NULL));
    EXPECT_OK(refresh_to(&house, player.refresh, NULL));
    ban.until_ms = USER_BANNED_FOREVER;
    EXPECT_OK(store_write_durable(house.context.store, ban_txn, &ban));
    EXPECT_ERR(ERR_BANNED, post(&call, &house, "/v1/auth/login",
                                "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"));
    EXPECT_STR("\"reason\":\"said \\\"no\\\"\",\"until\":null", call.reply.extra);
    call_end(&call);
    house_close(&house);
}

struct weak {
    uint64_t user_id;
    struct user_credentials credentials;
};

/* "password", as it was hashed with an eighth of today's work. */
static enum err weaken_txn(struct db *db, void *arg)
{
    struct weak *weak = arg;

    return user_set_password(db, weak->user_id,
                             STR("$argon2id$v=19$m=8192,t=1,p=1$9mawnbmB0TMdOm6Nigewlw$"
                                 "L2xQXf3HRfbme33fX4BifFDzzkfO8qB6bYRM52s7R3k"),
                             HOUSE_NOW_MS);
}

static enum err credentials_txn(struct db *db, void *arg)
{
    struct weak *weak = arg;

    return user_credentials_by_id(db, weak->user_id, &weak->credentials);
}

TEST(a_login_renews_a_hash_of_older_parameters)
{
    static struct weak weak;
    struct house house;
    struct player player;

    house_open(&house);
    player_register(&house, "zoe", &player);
    weak.user_id = player.caller.user_id;
    EXPECT_OK(store_write_durable(house.context.store, weaken_txn, &weak));
    EXPECT_OK(player_login(&house, "zoe", "password", NULL));
    EXPECT_OK(store_read(house.context.store, credentials_txn, &weak));
    EXPECT(str_starts_with(str_from_c(weak.credentials.password_hash),
                           STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    EXPECT_OK(player_login(&house, "zoe", "password", NULL));
    house_close(&house);
}

TEST(an_account_is_locked_for_a_while_by_many_tries_and_says_how_long)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    house_stop(&house);
    house_start(&house, true);
    for (int i = 0; i < 10; i++)
        EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, i % 2 ? "zoe" : "ZOE", "wrong", NULL));
    EXPECT_ERR(ERR_RATE_LIMITED, post(&call, &house, "/v1/auth/login",
                                      "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"));
    EXPECT_INT(12, call.reply.retry_after_s);
    call_end(&call);
    house.now_ms += 12000;
    EXPECT_OK(player_login(&house, "zoe", GOOD, NULL));
    house_close(&house);
}

/* What leaves on standard error while somebody does everything that involves a secret. */
TEST(no_secret_reaches_the_log)
{
    char path[] = "/tmp/rally-log-XXXXXX", text[8192] = {0};
    int log = mkstemp(path), kept = dup(STDERR_FILENO);
    struct house house;
    struct player player;
    char next[64];
    struct call call;

    house_open(&house);
    log_level_set(LOG_DEBUG);
    EXPECT(dup2(log, STDERR_FILENO) >= 0);
    player_register(&house, "zoe", &player);
    EXPECT_OK(player_login(&house, "zoe", GOOD, NULL));
    EXPECT_OK(refresh_to(&house, player.refresh, next));
    house.now_ms += 11000;
    EXPECT_ERR(ERR_TOKEN_REUSED, refresh_to(&house, player.refresh, NULL));
    EXPECT_OK(ask(&call, &house, &player, HTTP_POST, "/v1/auth/password",
                  "{\"current_password\":\"" GOOD "\",\"new_password\":\"another good one\"}"));
    call_end(&call);
    EXPECT(dup2(kept, STDERR_FILENO) >= 0);
    EXPECT(pread(log, text, sizeof(text) - 1, 0) > 0);
    close(log);
    close(kept);
    unlink(path);
    EXPECT_NOT_NULL(strstr(text, "refresh_token_reused"));
    EXPECT_NULL(strstr(text, GOOD));
    EXPECT_NULL(strstr(text, "another good one"));
    EXPECT_NULL(strstr(text, player.refresh));
    EXPECT_NULL(strstr(text, next));
    EXPECT_NULL(strstr(text, player.access));
    EXPECT_NULL(strstr(text, "argon2"));
    house_close(&house);
}

/* -- the table --------------------------------------------------------------------------------- */

struct promise {
    enum http_method method;
    const char *pattern;
    enum route_auth auth;
    enum route_pool pool;
};

/* Who may call what, and what costs a hash. A route that is not here is a failure. */
static const struct promise PROMISES[] = {
    {HTTP_POST, "/v1/auth/register", AUTH_NONE, POOL_HASHING},
    {HTTP_POST, "/v1/auth/guest", AUTH_NONE, POOL_WORKERS},
    {HTTP_POST, "/v1/auth/upgrade", AUTH_PLAYER, POOL_HASHING},
    {HTTP_POST, "/v1/auth/login", AUTH_NONE, POOL_HASHING},
    {HTTP_POST, "/v1/auth/refresh", AUTH_NONE, POOL_WORKERS},
    {HTTP_POST, "/v1/auth/logout", AUTH_NONE, POOL_WORKERS},
    {HTTP_POST, "/v1/auth/password", AUTH_PLAYER, POOL_HASHING},
    {HTTP_GET, "/v1/profile/me", AUTH_PLAYER, POOL_WORKERS},
    {HTTP_PATCH, "/v1/profile/me", AUTH_PLAYER, POOL_WORKERS},
    {HTTP_DELETE, "/v1/profile/me", AUTH_PLAYER, POOL_HASHING},
    {HTTP_GET, "/v1/profile/me/export", AUTH_PLAYER, POOL_WORKERS},
    {HTTP_GET, "/v1/profile/{player}", AUTH_PLAYER, POOL_WORKERS},
    {HTTP_POST, "/v1/ws/ticket", AUTH_PLAYER, POOL_WORKERS},
    {HTTP_GET, "/.well-known/jwks.json", AUTH_NONE, POOL_WORKERS},
};

TEST(every_route_has_the_gate_and_the_pool_it_was_promised)
{
    EXPECT_INT(ARRAY_COUNT(PROMISES), ROLE_PROFILE.route_count);
    for (size_t i = 0; i < ARRAY_COUNT(PROMISES); i++) {
        const struct route *route = route_of(PROMISES[i].method, PROMISES[i].pattern);

        EXPECT_NOT_NULL(route);
        EXPECT_INT(PROMISES[i].auth, route->auth);
        EXPECT_INT(PROMISES[i].pool, route->pool);
        EXPECT_FALSE(route->is_idempotent_key); /* their replies are secrets, or not POST */
        EXPECT(route->rate != RATE_NONE || strcmp(route->pattern, "/.well-known/jwks.json") == 0);
    }
}
