/*
 * The role profile without a server: a real store in a folder of its own, a signer, and a way to
 * call a route as the gateway would. Only the gateway's own work (tokens, rates, headers) is left
 * out. Include once per test program, after test.h.
 */
#ifndef RALLY_TESTS_UNIT_SERVICES_PROFILE_HOUSE_H
#define RALLY_TESTS_UNIT_SERVICES_PROFILE_HOUSE_H

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/crypt/random.h"
#include "lib/crypt/signer.h"
#include "lib/store/users.h"
#include "services/identity.h"
#include "services/limiter.h"
#include "services/presence.h"
#include "services/profile/profile.h"
#include "services/revocations.h"
#include "services/tickets_ws.h"

#define HOUSE_NOW_MS 1790000000000ull
#define GOOD "correct horse battery"
#define OUTSIDE_SECRET "an-outside-secret-of-more-than-32-bytes!"

struct house {
    char folder[32];
    struct settings settings;
    struct context context;
    uint64_t now_ms;
};

/* One request and what came of it. */
struct call {
    struct arena arena;
    struct request request;
    struct reply reply;
    enum err err;
};

static inline void house_start(struct house *house, bool has_limits)
{
    struct signer_config signer = {.data_dir = house->folder, .hs256_secret = STR(OUTSIDE_SECRET)};
    struct store_config store = {.url = house->settings.db_url, .reader_count = 2};

    EXPECT_OK(signer_open(&signer, &house->context.signer));
    EXPECT_OK(store_open(&store, &house->context.store));
    house->context.settings = &house->settings;
    house->context.limiter = limiter_new(has_limits, true);
    house->context.revocations = revocations_new();
    house->context.presence = presence_new();
    house->context.tickets_ws = tickets_ws_new();
    house->context.identities = identities_new();
    EXPECT_OK(ROLE_PROFILE.start(&house->context));
}

static inline void house_open(struct house *house)
{
    *house = (struct house){.folder = "/tmp/rally-profile-XXXXXX"};
    crypt_init();
    log_level_set(LOG_WARN); /* the migrations of every test's store say nothing new */
    EXPECT_NOT_NULL(mkdtemp(house->folder));
    house->settings.access_ttl_ms = 15 * 60 * 1000;
    house->settings.refresh_ttl_ms = 30ull * 24 * 3600 * 1000;
    snprintf(house->settings.db_url, sizeof(house->settings.db_url), "%s/rally.db", house->folder);
    house->now_ms = HOUSE_NOW_MS;
    house_start(house, false);
}

static inline void house_stop(struct house *house)
{
    store_close(house->context.store);
    signer_close(house->context.signer);
    limiter_free(house->context.limiter);
    revocations_free(house->context.revocations);
    presence_free(house->context.presence);
    tickets_ws_free(house->context.tickets_ws);
    identities_free(house->context.identities);
}

static inline void house_close(struct house *house)
{
    static const char *const FILES[] = {"rally.db", "rally.db-wal", "rally.db-shm", "rally.db.lock",
                                        "signing_key.pem"};

    house_stop(house);
    for (size_t i = 0; i < ARRAY_COUNT(FILES); i++) {
        char path[96];
        snprintf(path, sizeof(path), "%s/%s", house->folder, FILES[i]);
        unlink(path);
    }
    EXPECT_INT(0, rmdir(house->folder));
}

/* -- calls ------------------------------------------------------------------------------------- */

static inline const struct route *route_of(enum http_method method, const char *pattern)
{
    for (size_t i = 0; i < ROLE_PROFILE.route_count; i++)
        if (ROLE_PROFILE.routes[i].method == method &&
            strcmp(ROLE_PROFILE.routes[i].pattern, pattern) == 0)
            return &ROLE_PROFILE.routes[i];
    print_error("no route %s\n", pattern);
    return NULL;
}

/* Prepares a request; change call->request, then call_run. */
static inline void call_init(struct call *call, struct house *house, enum http_method method,
                             const char *pattern, const char *body)
{
    *call = (struct call){.err = OK};
    arena_init(&call->arena, LIMIT_REQUEST_ARENA_SIZE);
    call->request = (struct request){
        .route = route_of(method, pattern),
        .context = &house->context,
        .arena = &call->arena,
        .method = method,
        .path = str_from_c(pattern),
        .body = str_from_c(body),
        .content_type = STR("application/json"),
        .address = STR("127.0.0.1"),
        .id = "test",
        .now_ms = house->now_ms,
    };
    call->reply = (struct reply){.status = 200};
    buf_init(&call->reply.body, LIMIT_REPLY_SIZE);
}

static inline enum err nothing(struct db *db __attribute__((unused)),
                               void *arg __attribute__((unused)))
{
    return OK;
}

/* Returns when what the reply depends on is durable. */
static inline enum err call_run(struct call *call)
{
    EXPECT_NOT_NULL(call->request.route);
    call->err = call->request.route->handle(&call->request, &call->reply);
    if (call->reply.batch)
        EXPECT_OK(store_write_durable(call->request.context->store, nothing, NULL));
    buf_put_char(&call->reply.body, '\0'); /* a C string for the tests */
    call->reply.body.len--;
    return call->err;
}

static inline void call_end(struct call *call)
{
    buf_release(&call->reply.body);
    arena_release(&call->arena);
}

/* A call without a token; the caller ends it. */
static inline enum err post(struct call *call, struct house *house, const char *pattern,
                            const char *body)
{
    call_init(call, house, HTTP_POST, pattern, body);
    return call_run(call);
}

/* -- players ----------------------------------------------------------------------------------- */

struct player {
    struct caller caller;
    char access[LIMIT_TOKEN_SIZE + 1];
    char refresh[64];
};

/* The text behind "key":" in a flat reply. */
static inline void json_text(const struct call *call, const char *key, char *out, size_t size)
{
    char quoted[64];
    const char *from;

    snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
    from = strstr(call->reply.body.ptr, quoted);
    if (!from)
        print_error("no %s in %s\n", key, call->reply.body.ptr);
    EXPECT_NOT_NULL(from);
    from += strlen(quoted);
    EXPECT_OK(str_to_c(str_of(from, strcspn(from, "\"")), out, size));
}

static inline bool body_has(const struct call *call, const char *text)
{
    if (strstr(call->reply.body.ptr, text))
        return true;
    print_error("no '%s' in '%s'\n", text, call->reply.body.ptr);
    return false;
}

/* The player of a reply with tokens, as the gateway would know it by its access token. */
static inline void player_of(struct house *house, const struct call *call, struct player *out)
{
    struct access_claims claims;

    *out = (struct player){.refresh = ""};
    json_text(call, "access_token", out->access, sizeof(out->access));
    if (!call->request.is_web)
        json_text(call, "refresh_token", out->refresh, sizeof(out->refresh));
    EXPECT_OK(signer_verify_access(house->context.signer, str_from_c(out->access), house->now_ms,
                                   &claims));
    out->caller.user_id = claims.user_id;
    out->caller.session_id = claims.session_id;
    EXPECT_OK(
        str_to_c(str_from_c(claims.username), out->caller.username, sizeof(out->caller.username)));
}

static inline void player_register(struct house *house, const char *name, struct player *out)
{
    struct call call;
    char body[256];

    snprintf(body, sizeof(body),
             "{\"username\":\"%s\",\"password\":\"" GOOD "\",\"email\":\"%s@example.com\"}", name,
             name);
    EXPECT_OK(post(&call, house, "/v1/auth/register", body));
    EXPECT_INT(201, call.reply.status);
    player_of(house, &call, out);
    call_end(&call);
}

static inline void player_guest(struct house *house, struct player *out)
{
    struct call call;

    EXPECT_OK(post(&call, house, "/v1/auth/guest", ""));
    player_of(house, &call, out);
    call_end(&call);
}

static inline enum err player_login(struct house *house, const char *name, const char *password,
                                    struct player *out)
{
    struct call call;
    char body[256];
    enum err err;

    snprintf(body, sizeof(body), "{\"username\":\"%s\",\"password\":\"%s\"}", name, password);
    err = post(&call, house, "/v1/auth/login", body);
    if (!err && out)
        player_of(house, &call, out);
    call_end(&call);
    return err;
}

/* A call with the player's token. */
static inline enum err ask(struct call *call, struct house *house, const struct player *player,
                           enum http_method method, const char *pattern, const char *body)
{
    call_init(call, house, method, pattern, body);
    call->request.caller = player->caller;
    return call_run(call);
}

/* The refresh token, spent or not, in a body. */
static inline enum err refresh(struct call *call, struct house *house, const char *token)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", token);
    return post(call, house, "/v1/auth/refresh", body);
}

/* Refreshes and ends the call; `next` may be NULL. */
static inline enum err refresh_to(struct house *house, const char *token, char next[64])
{
    struct call call;
    enum err err = refresh(&call, house, token);

    if (!err && next)
        json_text(&call, "refresh_token", next, 64);
    call_end(&call);
    return err;
}

#endif
