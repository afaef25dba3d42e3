/* Sessions: rotation, reuse, logout, password change, the browser's cookie, restarts. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "tests/unit/services/profile_house.h"

static bool has_event(const struct call *call, uint64_t session_id, uint64_t user_id)
{
    char wanted[96];

    snprintf(wanted, sizeof(wanted), "{\"session_id\":%llu,\"user_id\":%llu}",
             (unsigned long long)session_id, (unsigned long long)user_id);
    for (size_t i = 0; i < call->reply.event_count; i++)
        if (strcmp(call->reply.events[i].subject, "session.revoked") == 0 &&
            str_eq(call->reply.events[i].payload, str_from_c(wanted)))
            return true;
    return false;
}

TEST(a_refresh_gives_a_new_pair_of_the_same_session)
{
    struct house house;
    struct player player, next;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    EXPECT_OK(refresh(&call, &house, player.refresh));
    EXPECT_INT(200, call.reply.status);
    player_of(&house, &call, &next);
    call_end(&call);
    EXPECT(strcmp(player.refresh, next.refresh) != 0);
    EXPECT(strcmp(player.access, next.access) != 0);
    EXPECT_INT(player.caller.user_id, next.caller.user_id);
    EXPECT_INT(player.caller.session_id, next.caller.session_id);
    house_close(&house);
}

TEST(a_repeat_within_ten_seconds_gets_the_same_successor)
{
    struct house house;
    struct player player;
    char first[64], second[64], third[64];

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(refresh_to(&house, player.refresh, first));
    house.now_ms += 10000;
    EXPECT_OK(refresh_to(&house, player.refresh, second));
    EXPECT_STR(first, str_from_c(second));
    EXPECT_OK(refresh_to(&house, first, third)); /* and it is a good one */
    house_close(&house);
}

TEST(a_used_token_after_the_grace_ends_the_session_before_the_answer)
{
    struct house house;
    struct player player;
    struct call call;
    char next[64];

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(refresh_to(&house, player.refresh, next));
    house.now_ms += 10001;
    EXPECT_ERR(ERR_TOKEN_REUSED, refresh(&call, &house, player.refresh));
    EXPECT(call.reply.batch > 0); /* the 401 waits for this commit */
    EXPECT(has_event(&call, player.caller.session_id, player.caller.user_id));
    EXPECT(revocations_has(house.context.revocations, player.caller.session_id));
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, next, NULL));
    house_close(&house);
}

TEST(a_token_two_rotations_old_ends_the_session_at_once)
{
    struct house house;
    struct player player;
    char second[64], third[64];

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(refresh_to(&house, player.refresh, second));
    EXPECT_OK(refresh_to(&house, second, third));
    EXPECT_ERR(ERR_TOKEN_REUSED, refresh_to(&house, player.refresh, NULL));
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, third, NULL));
    house_close(&house);
}

TEST(a_refresh_token_lives_thirty_days_from_its_last_use)
{
    const uint64_t day_ms = 24ull * 3600 * 1000;
    struct house house;
    struct player player;
    char token[64];

    house_open(&house);
    player_guest(&house, &player);
    house.now_ms += 29 * day_ms;
    EXPECT_OK(refresh_to(&house, player.refresh, token));
    house.now_ms += 29 * day_ms;
    EXPECT_OK(refresh_to(&house, token, token));
    house.now_ms += 30 * day_ms;
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, token, NULL));
    house_close(&house);
}

TEST(a_chain_of_fifty_refreshes_works)
{
    struct house house;
    struct player player;
    char token[64];

    house_open(&house);
    player_guest(&house, &player);
    memcpy(token, player.refresh, sizeof(token));
    for (int i = 0; i < 50; i++)
        EXPECT_OK(refresh_to(&house, token, token));
    house_close(&house);
}

TEST(no_changed_refresh_token_is_accepted_and_none_harms_the_session)
{
    struct house house;
    struct player player;
    static const char *const TEXTS[] = {
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    house_open(&house);
    player_guest(&house, &player);
    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
        EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, TEXTS[i], NULL));
    for (size_t at = 0; at < strlen(player.refresh); at++) {
        char token[64];
        memcpy(token, player.refresh, sizeof(token));
        token[at] = token[at] == 'A' ? 'B' : 'A';
        EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, token, NULL));
    }
    EXPECT_OK(refresh_to(&house, player.refresh, NULL));
    house_close(&house);
}

TEST(a_refresh_without_a_token_says_what_is_missing)
{
    struct house house;
    struct call call;

    house_open(&house);
    EXPECT_ERR(ERR_INVALID, post(&call, &house, "/v1/auth/refresh", ""));
    EXPECT_STR("/refresh_token", str_from_c(call.reply.errors.list[0].pointer));
    call_end(&call);
    EXPECT_ERR(ERR_INVALID, post(&call, &house, "/v1/auth/logout", "{\"refresh_token\":5}"));
    call_end(&call);
    house_close(&house);
}

/* -- many at once ------------------------------------------------------------------------------ */

#define THREADS 8

struct racer {
    struct house *house;
    const char *token;
    char next[64];
    enum err err;
};

static void *race(void *arg)
{
    struct racer *racer = arg;

    racer->err = refresh_to(racer->house, racer->token, racer->next);
    return NULL;
}

TEST(eight_refreshes_of_one_token_at_once_agree_on_one_successor)
{
    struct house house;
    struct player player;
    struct racer racers[THREADS];
    pthread_t threads[THREADS];

    house_open(&house);
    player_guest(&house, &player);
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.house = &house, .token = player.refresh};
        EXPECT_INT(0, pthread_create(&threads[i], NULL, race, &racers[i]));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        EXPECT_OK(racers[i].err);
        EXPECT_STR(racers[0].next, str_from_c(racers[i].next));
    }
    EXPECT_OK(refresh_to(&house, racers[0].next, NULL));
    house_close(&house);
}

/* -- logout ------------------------------------------------------------------------------------ */

static enum err logout(struct call *call, struct house *house, const char *token)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", token);
    return post(call, house, "/v1/auth/logout", body);
}

TEST(logout_ends_this_session_and_no_other)
{
    struct house house;
    struct player here, there;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &here);
    EXPECT_OK(player_login(&house, "zoe", GOOD, &there));
    EXPECT_OK(logout(&call, &house, here.refresh));
    EXPECT_INT(204, call.reply.status);
    EXPECT_INT(0, call.reply.body.len);
    EXPECT(has_event(&call, here.caller.session_id, here.caller.user_id));
    EXPECT_INT(1, call.reply.event_count);
    call_end(&call);
    EXPECT(revocations_has(house.context.revocations, here.caller.session_id));
    EXPECT_FALSE(revocations_has(house.context.revocations, there.caller.session_id));
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, here.refresh, NULL));
    EXPECT_OK(refresh_to(&house, there.refresh, NULL));
    house_close(&house);
}

TEST(logging_out_twice_tells_nobody_twice_and_nonsense_is_refused)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(logout(&call, &house, player.refresh));
    call_end(&call);
    EXPECT_OK(logout(&call, &house, player.refresh));
    EXPECT_INT(204, call.reply.status);
    EXPECT_INT(0, call.reply.event_count);
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, logout(&call, &house, "AAAA"));
    call_end(&call);
    house_close(&house);
}

TEST(a_spent_token_still_logs_out)
{
    struct house house;
    struct player player;
    struct call call;
    char next[64];

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(refresh_to(&house, player.refresh, next));
    EXPECT_OK(logout(&call, &house, player.refresh));
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, next, NULL));
    house_close(&house);
}

/* -- password ---------------------------------------------------------------------------------- */

#define CHANGE(current, next) "{\"current_password\":\"" current "\",\"new_password\":\"" next "\"}"

TEST(a_new_password_ends_every_session_but_the_one_that_asked)
{
    struct house house;
    struct player here, others[19];
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &here);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) /* as many as may live */
        EXPECT_OK(player_login(&house, "zoe", GOOD, &others[i]));
    EXPECT_OK(ask(&call, &house, &here, HTTP_POST, "/v1/auth/password",
                  CHANGE(GOOD, "another good one")));
    EXPECT_INT(204, call.reply.status);
    EXPECT_INT(ARRAY_COUNT(others), call.reply.event_count);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        EXPECT(has_event(&call, others[i].caller.session_id, here.caller.user_id));
        EXPECT(revocations_has(house.context.revocations, others[i].caller.session_id));
        EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, others[i].refresh, NULL));
    }
    call_end(&call);
    EXPECT_FALSE(revocations_has(house.context.revocations, here.caller.session_id));
    EXPECT_OK(refresh_to(&house, here.refresh, NULL));
    EXPECT_ERR(ERR_CREDENTIALS, player_login(&house, "zoe", GOOD, NULL));
    EXPECT_OK(player_login(&house, "zoe", "another good one", NULL));
    house_close(&house);
}

TEST(a_password_change_needs_the_present_one_and_a_good_new_one)
{
    struct house house;
    struct player player, guest;
    struct call call;

    house_open(&house);
    player_register(&house, "zoe", &player);
    player_guest(&house, &guest);
    EXPECT_ERR(ERR_WRONG_PASSWORD, ask(&call, &house, &player, HTTP_POST, "/v1/auth/password",
                                       CHANGE("not this one", "another good one")));
    call_end(&call);
    EXPECT_ERR(ERR_INVALID,
               ask(&call, &house, &player, HTTP_POST, "/v1/auth/password", CHANGE(GOOD, "short")));
    EXPECT_INT(1, call.reply.errors.count);
    EXPECT_STR("/new_password", str_from_c(call.reply.errors.list[0].pointer));
    call_end(&call);
    EXPECT_ERR(ERR_INVALID, ask(&call, &house, &player, HTTP_POST, "/v1/auth/password", "{}"));
    EXPECT_INT(2, call.reply.errors.count);
    call_end(&call);
    EXPECT_ERR(ERR_WRONG_PASSWORD, ask(&call, &house, &guest, HTTP_POST, "/v1/auth/password",
                                       CHANGE("anything", "another good one")));
    call_end(&call);
    EXPECT_OK(player_login(&house, "zoe", GOOD, NULL));
    house_close(&house);
}

/* -- the browser ------------------------------------------------------------------------------- */

/* The value inside "name=value; ..." */
static void cookie_value(const struct call *call, const char *name, char *out, size_t size)
{
    struct str cookie = call->reply.set_cookie;
    size_t end = str_find(cookie, ';', 0), from = strlen(name) + 1;

    EXPECT(str_starts_with(cookie, str_from_c(name)));
    EXPECT_OK(str_to_c(str_slice(cookie, from, end), out, size));
}

static enum err web_post(struct call *call, struct house *house, const char *pattern,
                         const char *body, const char *cookie)
{
    call_init(call, house, HTTP_POST, pattern, body);
    call->request.is_web = true;
    call->request.refresh_cookie = str_from_c(cookie);
    return call_run(call);
}

TEST(a_browser_gets_its_refresh_token_in_a_cookie_and_nowhere_else)
{
    static const struct {
        const char *pattern;
        const char *body;
    } ROWS[] = {
        {"/v1/auth/register", "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"},
        {"/v1/auth/guest", "{}"},
        {"/v1/auth/login", "{\"username\":\"zoe\",\"password\":\"" GOOD "\"}"},
    };
    struct house house;
    struct call call;

    house_open(&house);
    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        char token[64];

        EXPECT_OK(web_post(&call, &house, ROWS[i].pattern, ROWS[i].body, ""));
        cookie_value(&call, "rally_rt", token, sizeof(token));
        EXPECT_INT(59, strlen(token));
        EXPECT_NULL(strstr(call.reply.body.ptr, "refresh_token"));
        EXPECT_NULL(strstr(call.reply.body.ptr, token));
        EXPECT(str_ends_with(call.reply.set_cookie,
                             STR("; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000")));
        call_end(&call);
    }
    house_close(&house);
}

TEST(over_tls_the_cookie_is_bound_to_the_host)
{
    struct house house;
    struct call call;

    house_open(&house);
    call_init(&call, &house, HTTP_POST, "/v1/auth/guest", "");
    call.request.is_web = true;
    call.request.is_tls = true;
    EXPECT_OK(call_run(&call));
    EXPECT(str_starts_with(call.reply.set_cookie, STR("__Host-rally_rt=")));
    EXPECT(str_ends_with(call.reply.set_cookie, STR("; Secure")));
    call_end(&call);
    house_close(&house);
}

TEST(a_browser_refreshes_and_logs_out_by_its_cookie)
{
    struct house house;
    struct call call;
    char token[64], next[64];

    house_open(&house);
    EXPECT_OK(web_post(&call, &house, "/v1/auth/guest", "", ""));
    cookie_value(&call, "rally_rt", token, sizeof(token));
    call_end(&call);
    EXPECT_OK(web_post(&call, &house, "/v1/auth/refresh", "", token));
    cookie_value(&call, "rally_rt", next, sizeof(next));
    EXPECT_NULL(strstr(call.reply.body.ptr, "refresh_token"));
    call_end(&call);
    EXPECT_OK(web_post(&call, &house, "/v1/auth/logout", "", next));
    EXPECT_STR("rally_rt=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", call.reply.set_cookie);
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, web_post(&call, &house, "/v1/auth/refresh", "", next));
    /* A cookie that is good for nothing any more is taken away. */
    EXPECT_STR("rally_rt=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", call.reply.set_cookie);
    call_end(&call);
    EXPECT_ERR(ERR_TOKEN_INVALID, web_post(&call, &house, "/v1/auth/refresh", "", ""));
    call_end(&call);
    house_close(&house);
}

TEST(a_cookie_without_the_header_is_not_looked_at)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_guest(&house, &player);
    call_init(&call, &house, HTTP_POST, "/v1/auth/refresh", "");
    call.request.refresh_cookie = str_from_c(player.refresh);
    EXPECT_ERR(ERR_INVALID, call_run(&call));
    EXPECT_NULL(call.reply.set_cookie.ptr);
    call_end(&call);
    house_close(&house);
}

/* -- restarts ---------------------------------------------------------------------------------- */

TEST(what_was_revoked_before_a_restart_is_revoked_after_it)
{
    struct house house;
    struct player gone, here;
    struct call call;
    char next[64];

    house_open(&house);
    house.now_ms = clock_wall_ms(); /* the role looks back from the wall clock at start */
    player_guest(&house, &gone);
    player_guest(&house, &here);
    EXPECT_OK(logout(&call, &house, gone.refresh));
    call_end(&call);
    house_stop(&house);
    house_start(&house, false);
    EXPECT(revocations_has(house.context.revocations, gone.caller.session_id));
    EXPECT_FALSE(revocations_has(house.context.revocations, here.caller.session_id));
    EXPECT_ERR(ERR_TOKEN_INVALID, refresh_to(&house, gone.refresh, NULL));
    EXPECT_OK(refresh_to(&house, here.refresh, next));
    house_close(&house);
}

TEST(the_timers_forget_what_no_token_can_need_any_more)
{
    struct house house;
    struct player player;
    struct call call;

    house_open(&house);
    player_guest(&house, &player);
    EXPECT_OK(logout(&call, &house, player.refresh));
    call_end(&call);
    for (size_t i = 0; i < ROLE_PROFILE.timer_count; i++)
        ROLE_PROFILE.timers[i].run(&house.context, house.now_ms + 60000);
    EXPECT(revocations_has(house.context.revocations, player.caller.session_id));
    for (size_t i = 0; i < ROLE_PROFILE.timer_count; i++)
        ROLE_PROFILE.timers[i].run(&house.context, house.now_ms + 100 * 24 * 3600 * 1000ull);
    EXPECT_FALSE(revocations_has(house.context.revocations, player.caller.session_id));
    house_close(&house);
}
