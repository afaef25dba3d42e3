/* Profiles as their owner and as others see them, export, deletion, tickets, outside players. */
#include "tests/unit/test.h"

#include "lib/store/tickets.h"
#include "tests/unit/services/profile_house.h"

static enum err me(struct call *call, struct house *house, const struct player *player)
{
    return ask(call, house, player, HTTP_GET, "/v1/profile/me", "");
}

static enum err patch(struct call *call, struct house *house, const struct player *player,
                      const char *body)
{
    return ask(call, house, player, HTTP_PATCH, "/v1/profile/me", body);
}

static enum err look_up(struct call *call, struct house *house, const struct player *player,
                        const char *key)
{
    call_init(call, house, HTTP_GET, "/v1/profile/{player}", "");
    call->request.caller = player->caller;
    call->request.params[0] = str_from_c(key);
    return call_run(call);
}

TEST(a_newcomers_profile_is_complete)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(me(&call, &house, &player));
    EXPECT_STR("{\"player_id\":\"1\",\"user_id\":1,\"username\":\"zoe\",\"display_name\":\"zoe\","
               "\"email\":\"zoe@example.com\",\"region\":null,\"mmr\":1500,"
               "\"ratings\":{\"quick\":{\"mmr\":1500,\"deviation\":350,\"games\":0}},"
               "\"guest\":false,\"created_at\":\"2026-09-21T14:13:20.000Z\","
               "\"status\":\"offline\",\"preferences\":{}}",
               buf_str(&call.reply.body));
    call_end(&call);
    house_close(&house);
}

struct queueing {
    uint64_t user_id;
    struct ticket_joined joined;
};

static enum err queue_txn(struct db *db, void *arg)
{
    struct queueing *queueing = arg;
    struct ticket_join_args args = {.user_id = queueing->user_id,
                                    .mode = STR("quick"),
                                    .game = STR("pong"),
                                    .ruleset = STR("classic"),
                                    .is_rated = true,
                                    .seed = 1,
                                    .now_ms = HOUSE_NOW_MS};

    return ticket_join(db, &args, &queueing->joined);
}

TEST(the_status_follows_socket_queue_and_match)
{
    struct house house;
    struct player one, two;
    struct queueing queueing;
    struct call call;
    char wanted[64];

    house_open(&house);
    player_guest(&house, &one);
    player_guest(&house, &two);
    EXPECT_OK(presence_enter(house.context.presence, one.caller.user_id, 0));
    EXPECT_OK(me(&call, &house, &one));
    EXPECT(body_has(&call, "\"status\":\"idle\""));
    call_end(&call);
    queueing.user_id = one.caller.user_id;
    EXPECT_OK(store_write_durable(house.context.store, queue_txn, &queueing));
    EXPECT_OK(me(&call, &house, &one));
    EXPECT(body_has(&call, "\"status\":\"queued\""));
    EXPECT_NULL(strstr(call.reply.body.ptr, "match_id"));
    call_end(&call);
    queueing.user_id = two.caller.user_id;
    EXPECT_OK(store_write_durable(house.context.store, queue_txn, &queueing));
    snprintf(wanted, sizeof(wanted), "\"status\":\"in_match\",\"match_id\":\"%llu\"",
             (unsigned long long)queueing.joined.match_id);
    EXPECT_OK(me(&call, &house, &one));
    EXPECT(body_has(&call, wanted));
    call_end(&call);
    EXPECT_OK(me(&call, &house, &two));
    EXPECT(body_has(&call, wanted));
    call_end(&call);
    house_close(&house);
}

TEST(others_find_a_profile_by_id_and_by_name_and_see_its_public_part)
{
    static const char *const KEYS[] = {"1", "zoe", "ZOE"};
    struct house house;
    struct player player, reader;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    player_guest(&house, &reader);
    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++) {
        EXPECT_OK(look_up(&call, &house, &reader, KEYS[i]));
        EXPECT_STR("{\"player_id\":\"1\",\"user_id\":1,\"username\":\"zoe\","
                   "\"display_name\":\"zoe\",\"region\":null,\"mmr\":1500,"
                   "\"ratings\":{\"quick\":{\"mmr\":1500,\"deviation\":350,\"games\":0}},"
                   "\"guest\":false,\"created_at\":\"2026-09-21T14:13:20.000Z\"}",
                   buf_str(&call.reply.body));
        call_end(&call);
    }
    house_close(&house);
}

TEST(a_profile_nobody_has_is_not_found)
{
    static const char *const KEYS[] = {
        "nobody",
        "0",
        "99999999999",
        "9223372036854775808",
        "99999999999999999999999999",
        "007",
        "a name that is longer than any name may be",
        "zoe\xff",
        "",
        "deleted-1",
    };
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_guest(&house, &player);
    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++) {
        EXPECT_ERR(ERR_NOT_FOUND, look_up(&call, &house, &player, KEYS[i]));
        call_end(&call);
    }
    house_close(&house);
}

/* -- patch ------------------------------------------------------------------------------------- */

TEST(a_patch_changes_what_it_names_and_nothing_else)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(
        patch(&call, &house, &player,
              "{\"display_name\":\"Zo\xc3\xab \xf0\x9f\x8f\x93\",\"region\":\"eu-central\","
              "\"email\":\"new@example.com\",\"preferences\":{\"theme\":\"dark\",\"v\":[1,2]},"
              "\"latencies\":{\"eu-central\":20,\"us-west\":181.7,\"ap-south\":99999,"
              "\"sa-east\":-3}}"));
    EXPECT(body_has(&call, "\"display_name\":\"Zo\xc3\xab \xf0\x9f\x8f\x93\""));
    EXPECT(body_has(&call, "\"region\":\"eu-central\""));
    EXPECT(body_has(&call, "\"email\":\"new@example.com\""));
    EXPECT(body_has(&call, "\"preferences\":{\"theme\":\"dark\",\"v\":[1,2]}"));
    call_end(&call);
    EXPECT_OK(patch(&call, &house, &player, "{\"region\":\"us-west\"}"));
    EXPECT(body_has(&call, "\"region\":\"us-west\""));
    EXPECT(body_has(&call, "\"display_name\":\"Zo\xc3\xab \xf0\x9f\x8f\x93\""));
    call_end(&call);
    EXPECT_OK(patch(&call, &house, &player, "{}"));
    EXPECT(body_has(&call, "\"region\":\"us-west\""));
    call_end(&call);
    EXPECT_OK(ask(&call, &house, &player, HTTP_GET, "/v1/profile/me/export", ""));
    EXPECT(body_has(&call, "{\"eu-central\":20,\"us-west\":181,\"ap-south\":2000,\"sa-east\":0}"));
    call_end(&call);
    house_close(&house);
}

TEST(null_removes_a_text)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(patch(&call, &house, &player, "{\"display_name\":\"Z\",\"region\":\"eu-central\"}"));
    call_end(&call);
    EXPECT_OK(
        patch(&call, &house, &player, "{\"display_name\":null,\"region\":null,\"email\":null}"));
    EXPECT(body_has(&call, "\"display_name\":\"zoe\",\"email\":null,\"region\":null"));
    call_end(&call);
    house_close(&house);
}

struct bad_patch {
    const char *body;
    const char *pointer;
};

static const struct bad_patch BAD_PATCHES[] = {
    {"{\"username\":\"other\"}", "/username"},
    {"{\"mmr\":3000}", "/mmr"},
    {"{\"guest\":true}", "/guest"},
    {"{\"role\":\"admin\"}", "/role"},
    {"{\"player_id\":\"2\"}", "/player_id"},
    {"{\"display_name\":\"Good\",\"mmr\":3000}", "/mmr"},
    {"{\"display_name\":5}", "/display_name"},
    {"{\"display_name\":\"abcdefghijklmnopqrstuvwxyz0123456\"}", "/display_name"},
    {"{\"display_name\":\"a\\u0000b\"}", "/display_name"},
    {"{\"display_name\":\"a\\nb\"}", "/display_name"},
    {"{\"display_name\":\"   \"}", "/display_name"},
    {"{\"region\":\"Europe\"}", "/region"},
    {"{\"region\":7}", "/region"},
    {"{\"email\":\"nobody\"}", "/email"},
    {"{\"email\":[]}", "/email"},
    {"{\"preferences\":\"dark\"}", "/preferences"},
    {"{\"preferences\":null}", "/preferences"},
    {"{\"latencies\":[]}", "/latencies"},
    {"{\"latencies\":{\"eu\":\"fast\"}}", "/latencies/eu"},
    {"{\"latencies\":{\"eu-central\":null}}", "/latencies/eu-central"},
    {"{\"latencies\":{\"eu-central\":1e3}}", "/latencies/eu-central"},
    {"{\"latencies\":{\"Mars\":20}}", "/latencies/Mars"},
    {"{\"latencies\":{\"aa-a\":1,\"aa-b\":1,\"aa-c\":1,\"aa-d\":1,\"aa-e\":1,\"aa-f\":1,\"aa-g\":1,"
     "\"aa-h\":1,\"aa-i\":1,\"aa-j\":1,\"aa-k\":1,\"aa-l\":1,\"aa-m\":1,\"aa-n\":1,\"aa-o\":1,"
     "\"aa-p\":1,\"aa-q\":1}}",
     "/latencies"},
};

TEST(a_bad_patch_changes_nothing_at_all)
{
    struct house house;
    struct player player;
    struct call before, call, after;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(me(&before, &house, &player));
    for (size_t i = 0; i < ARRAY_COUNT(BAD_PATCHES); i++) {
        enum err err = patch(&call, &house, &player, BAD_PATCHES[i].body);

        if (err != ERR_INVALID ||
            strcmp(call.reply.errors.list[0].pointer, BAD_PATCHES[i].pointer) != 0)
            print_error("row %zu: %s: %s at %s\n", i, BAD_PATCHES[i].body, err_code(err),
                        call.reply.errors.list[0].pointer);
        EXPECT_ERR(ERR_INVALID, err);
        EXPECT_STR(BAD_PATCHES[i].pointer, str_from_c(call.reply.errors.list[0].pointer));
        call_end(&call);
    }
    EXPECT_OK(me(&after, &house, &player));
    EXPECT_STR(before.reply.body.ptr, buf_str(&after.reply.body));
    call_end(&before);
    call_end(&after);
    house_close(&house);
}

TEST(preferences_hold_four_kibibytes_and_no_more)
{
    static char body[5000];
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_guest(&house, &player);
    snprintf(body, sizeof(body), "{\"preferences\":{\"k\":\"%0*d\"}}", 4096 - 8, 0);
    EXPECT_OK(patch(&call, &house, &player, body));
    call_end(&call);
    snprintf(body, sizeof(body), "{\"preferences\":{\"k\":\"%0*d\"}}", 4097 - 8, 0);
    EXPECT_ERR(ERR_INVALID, patch(&call, &house, &player, body));
    EXPECT_STR("/preferences", str_from_c(call.reply.errors.list[0].pointer));
    call_end(&call);
    house_close(&house);
}

TEST(an_address_of_another_player_is_taken)
{
    struct house house;
    struct player zoe, eva;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &zoe);
    player_register(&house, "eva", &eva);
    EXPECT_ERR(ERR_EMAIL_TAKEN, patch(&call, &house, &eva,
                                      "{\"email\":\"ZOE@example.com\",\"region\":\"eu-west\"}"));
    call_end(&call);
    EXPECT_OK(me(&call, &house, &eva));
    EXPECT(body_has(&call, "\"email\":\"eva@example.com\",\"region\":null"));
    call_end(&call);
    EXPECT_OK(patch(&call, &house, &zoe, "{\"email\":\"Zoe@example.com\"}")); /* one's own */
    call_end(&call);
    house_close(&house);
}

/* -- export and deletion ----------------------------------------------------------------------- */

TEST(an_export_is_json_with_ones_own_data_and_no_secret)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(ask(&call, &house, &player, HTTP_GET, "/v1/profile/me/export", ""));
    EXPECT(json_is_valid(buf_str(&call.reply.body)));
    EXPECT(body_has(&call, "\"exported_at\":\"2026-09-21T14:13:20.000Z\""));
    EXPECT(body_has(&call, "\"profile\":{\"user_id\":1,\"username\":\"zoe\""));
    EXPECT(body_has(&call, "\"sessions\":[{\"session_id\":\"1\","
                           "\"created_at\":\"2026-09-21T14:13:20.000Z\""));
    EXPECT(body_has(&call, "\"matches\":[]")); /* what there is none of is said, too */
    EXPECT(body_has(&call, "\"messages\":[]"));
    EXPECT(body_has(&call, "zoe@example.com"));
    EXPECT_NULL(strstr(call.reply.body.ptr, "argon2"));
    EXPECT_NULL(strstr(call.reply.body.ptr, "hash"));
    EXPECT_NULL(strstr(call.reply.body.ptr, player.refresh));
    call_end(&call);
    house_close(&house);
}

TEST(deletion_needs_the_password_of_an_account)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_ERR(ERR_WRONG_PASSWORD, ask(&call, &house, &player, HTTP_DELETE, "/v1/profile/me",
                                       "{\"password\":\"not this one\"}"));
    call_end(&call);
    EXPECT_ERR(ERR_INVALID, ask(&call, &house, &player, HTTP_DELETE, "/v1/profile/me", "{}"));
    EXPECT_STR("/password", str_from_c(call.reply.errors.list[0].pointer));
    call_end(&call);
    EXPECT_OK(me(&call, &house, &player));
    call_end(&call);
    house_close(&house);
}

TEST(a_deleted_account_is_gone_with_all_its_sessions)
{
    struct house house;
    struct player here, there, reader;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &here);
    EXPECT_OK(player_login(&house, "zoe", GOOD, &there));
    player_guest(&house, &reader);
    EXPECT_OK(
        ask(&call, &house, &here, HTTP_DELETE, "/v1/profile/me", "{\"password\":\"" GOOD "\"}"));
    EXPECT_INT(204, call.reply.status);
    EXPECT_INT(2, call.reply.event_count);
    call_end(&call);
    EXPECT(revocations_has(house.context.revocations, here.caller.session_id));
    EXPECT(revocations_has(house.context.revocations, there.caller.session_id));
    EXPECT_ERR(ERR_TOKEN_INVALID, me(&call, &house, &here));
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, there.refresh, NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "zoe", GOOD, NULL));
    EXPECT_ERR(ERR_NOT_FOUND, look_up(&call, &house, &reader, "zoe"));
    call_end(&call);
    EXPECT_ERR(ERR_NOT_FOUND, look_up(&call, &house, &reader, "1"));
    call_end(&call);
    player_register(&house, "zoe", &there); /* the name and the address are free again */
    EXPECT(there.caller.user_id != here.caller.user_id);
    house_close(&house);
}

TEST(a_guest_is_deleted_without_a_password)
{
    struct house house;
    struct player guest;
    struct call call;

    house_open(&house);
    player_guest(&house, &guest);
    EXPECT_OK(ask(&call, &house, &guest, HTTP_DELETE, "/v1/profile/me", "{}"));
    EXPECT_INT(204, call.reply.status);
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, me(&call, &house, &guest));
    call_end(&call);
    house_close(&house);
}

/* A token that outlives its account for a moment gets the same answer everywhere. */
TEST(no_route_serves_a_player_who_is_gone)
{
    static const struct {
        enum http_method method;
        const char *pattern;
        const char *body;
    } ROWS[] = {
        {HTTP_GET, "/v1/profile/me", ""},
        {HTTP_PATCH, "/v1/profile/me", "{\"region\":\"eu-west\"}"},
        {HTTP_DELETE, "/v1/profile/me", "{}"},
        {HTTP_GET, "/v1/profile/me/export", ""},
        {HTTP_POST, "/v1/auth/upgrade", "{\"password\":\"" GOOD "\"}"},
        {HTTP_POST, "/v1/auth/password",
         "{\"current_password\":\"" GOOD "\",\"new_password\":\"" GOOD "\"}"},
    };
    struct house house;
    struct player gone = {.caller = {.user_id = 77, .session_id = 7, .username = "gone"}};
    struct call call;

    house_open(&house);
    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        EXPECT_ERR(ERR_TOKEN_INVALID,
                   ask(&call, &house, &gone, ROWS[i].method, ROWS[i].pattern, ROWS[i].body));
        call_end(&call);
    }
    house_close(&house);
}

/* -- tickets and keys -------------------------------------------------------------------------- */

TEST(a_ticket_for_a_socket_stands_for_whoever_asked)
{
    struct house house;
    struct player player;
    struct caller caller;
    struct call call;
    char ticket[64];

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(ask(&call, &house, &player, HTTP_POST, "/v1/ws/ticket", ""));
    EXPECT(body_has(&call, "\"expires_in\":30"));
    EXPECT(call.reply.is_secret);
    json_text(&call, "ticket", ticket, sizeof(ticket));
    call_end(&call);
    EXPECT_OK(tickets_ws_take(house.context.tickets_ws, str_from_c(ticket), house.now_ms, &caller));
    EXPECT_INT(player.caller.user_id, caller.user_id);
    EXPECT_INT(player.caller.session_id, caller.session_id);
    EXPECT_ERR(ERR_INVALID, ask(&call, &house, &player, HTTP_POST, "/v1/ws/ticket", "{\"x\":1}"));
    call_end(&call);
    house_close(&house);
}

TEST(the_key_set_is_public)
{
    struct house house;
    struct call call;

    house_open(&house);
    call_init(&call, &house, HTTP_GET, "/.well-known/jwks.json", "");
    EXPECT_INT(AUTH_NONE, call.request.route->auth);
    EXPECT_OK(call_run(&call));
    EXPECT(body_has(&call, "\"kty\":\"OKP\""));
    EXPECT_NULL(strstr(call.reply.body.ptr, "\"d\":"));
    call_end(&call);
    house_close(&house);
}

/* -- outside players --------------------------------------------------------------------------- */

static enum err resolve(struct house *house, const char *subject, const char *name,
                        struct player *out)
{
    struct access_claims claims = {.is_external = true};

    EXPECT_OK(
        str_to_c(str_from_c(subject), claims.external_subject, sizeof(claims.external_subject)));
    EXPECT_OK(str_to_c(str_from_c(name), claims.username, sizeof(claims.username)));
    *out = (struct player){.refresh = ""};
    return identity_resolve_external(&house->context, &claims, house->now_ms, &out->caller);
}

TEST(an_outside_player_gets_an_account_at_first_use_and_finds_it_again)
{
    struct house house;
    struct player native, first, again, other;

    house_open(&house);
    player_register(&house, "zoe", &native);
    /* The outside id and name are those of a native account: neither addresses it. */
    EXPECT_OK(resolve(&house, "1", "zoe", &first));
    EXPECT(first.caller.user_id != native.caller.user_id);
    EXPECT(strcmp(first.caller.username, "zoe") != 0);
    EXPECT(first.caller.is_external);
    EXPECT_OK(resolve(&house, "1", "", &again));
    EXPECT_INT(first.caller.user_id, again.caller.user_id);
    house.now_ms += 5000; /* past the cache */
    EXPECT_OK(resolve(&house, "1", "", &again));
    EXPECT_INT(first.caller.user_id, again.caller.user_id);
    EXPECT_OK(resolve(&house, "2", "", &other));
    EXPECT(other.caller.user_id != first.caller.user_id);
    house_close(&house);
}

TEST(an_outside_player_who_was_deleted_here_comes_back_as_somebody_new)
{
    struct house house;
    struct player player, again;
    struct call call;

    house_open(&house);
    EXPECT_OK(resolve(&house, "1", "", &player));
    EXPECT_OK(ask(&call, &house, &player, HTTP_DELETE, "/v1/profile/me", "{}"));
    EXPECT_INT(204, call.reply.status);
    EXPECT_INT(1, call.reply.event_count);
    call_end(&call);
    EXPECT(revocations_has(house.context.revocations, player.caller.session_id));
    EXPECT_OK(resolve(&house, "1", "", &again));
    EXPECT(again.caller.user_id != player.caller.user_id);
    EXPECT_FALSE(revocations_has(house.context.revocations, again.caller.session_id));
    house_close(&house);
}

struct ban {
    uint64_t user_id;
    uint64_t now_ms;
};

static enum err ban_txn(struct db *db, void *arg)
{
    struct ban *ban = arg;

    return user_ban(db, ban->user_id, USER_BANNED_FOREVER, STR("cheating"), ban->now_ms);
}

TEST(a_ban_of_an_outside_player_is_heard_within_a_second)
{
    struct house house;
    struct player player;
    struct ban ban;

    house_open(&house);
    EXPECT_OK(resolve(&house, "1", "", &player));
    ban = (struct ban){player.caller.user_id, house.now_ms};
    EXPECT_OK(store_write_durable(house.context.store, ban_txn, &ban));
    house.now_ms += 1000;
    EXPECT_ERR(ERR_BANNED, resolve(&house, "1", "", &player));
    house_close(&house);
}
