/* The table of the role and its timers. What each route does is in the file of its name. */
#include "services/profile/profile.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/families.h"
#include "services/profile/handlers.h"
#include "services/sign_in.h"
#include "services/revocations.h"

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/v1/auth/register", .auth = AUTH_NONE, .rate = RATE_REGISTER,
     .pool = POOL_HASHING, .takes_body = true, .handle = register_handle,
     .summary = "Makes an account and signs it in."},
    {.method = HTTP_POST, .pattern = "/v1/auth/guest", .auth = AUTH_NONE, .rate = RATE_GUEST,
     .pool = POOL_WORKERS, .takes_body = true, .handle = guest_handle,
     .summary = "Makes a guest, who may play at once and become an account later."},
    {.method = HTTP_POST, .pattern = "/v1/auth/upgrade", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_HASHING, .takes_body = true, .handle = upgrade_handle,
     .summary = "Turns the calling guest into an account that keeps rating and history."},
    {.method = HTTP_POST, .pattern = "/v1/auth/login", .auth = AUTH_NONE, .rate = RATE_LOGIN,
     .pool = POOL_HASHING, .takes_body = true, .handle = login_handle,
     .summary = "Signs in with name and password."},
    {.method = HTTP_POST, .pattern = "/v1/auth/refresh", .auth = AUTH_NONE, .rate = RATE_REFRESH,
     .pool = POOL_WORKERS, .takes_body = true, .handle = refresh_handle,
     .summary = "Spends a refresh token for a new pair of tokens."},
    {.method = HTTP_POST, .pattern = "/v1/auth/logout", .auth = AUTH_NONE, .rate = RATE_REFRESH,
     .pool = POOL_WORKERS, .takes_body = true, .handle = logout_handle,
     .summary = "Ends the session of a refresh token and closes its sockets."},
    {.method = HTTP_POST, .pattern = "/v1/auth/password", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_HASHING, .takes_body = true, .handle = password_handle,
     .summary = "Changes the password and ends all other sessions."},
    {.method = HTTP_GET, .pattern = "/v1/profile/me", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = profile_me_handle,
     .summary = "The caller's own profile."},
    {.method = HTTP_PATCH, .pattern = "/v1/profile/me", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .handle = profile_patch_handle,
     .summary = "Changes parts of the caller's own profile."},
    {.method = HTTP_DELETE, .pattern = "/v1/profile/me", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_HASHING, .takes_body = true, .handle = profile_delete_handle,
     .summary = "Deletes the caller's account; matches stay without the name."},
    {.method = HTTP_GET, .pattern = "/v1/profile/me/export", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .handle = export_handle,
     .summary = "Everything that is stored about the caller."},
    {.method = HTTP_GET, .pattern = "/v1/profile/{player}", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = profile_public_handle,
     .summary = "The public part of a player's profile, by id or by name."},
    {.method = HTTP_POST, .pattern = "/v1/ws/ticket", .auth = AUTH_PLAYER, .rate = RATE_TICKET,
     .pool = POOL_WORKERS, .takes_body = true, .handle = ws_ticket_handle,
     .summary = "A ticket that opens one WebSocket within 30 seconds."},
    {.method = HTTP_GET, .pattern = "/.well-known/jwks.json", .auth = AUTH_NONE, .rate = RATE_NONE,
     .pool = POOL_WORKERS, .handle = jwks_handle,
     .summary = "The public keys of access tokens."},
};
/* clang-format on */

struct recent {
    struct context *context;
    uint64_t since_ms;
};

#define RECENT_PAGE 256

/* Families that ended while access tokens of theirs may still be unexpired. */
static enum err recent_read(struct db *db, void *arg)
{
    struct recent *recent = arg;
    struct family_revocation page[RECENT_PAGE];
    struct family_revocation after = {.revoked_ms = recent->since_ms};
    size_t count;

    do {
        enum err err = family_list_revoked(db, after, page, RECENT_PAGE, &count);
        if (err)
            return err;
        for (size_t i = 0; i < count; i++)
            revocations_add(recent->context->revocations, page[i].family_id,
                            session_revoked_until(recent->context, page[i].revoked_ms));
        if (count > 0)
            after = page[count - 1];
    } while (count == RECENT_PAGE);
    return OK;
}

/* A token that was refused before a restart is refused after it. */
static enum err start(struct context *context)
{
    uint64_t lifetime_ms = session_revoked_until(context, 0);
    uint64_t now_ms = clock_wall_ms();
    struct recent recent = {.context = context,
                            .since_ms = now_ms > lifetime_ms ? now_ms - lifetime_ms : 0};

    return store_read(context->store, recent_read, &recent);
}

static void forget_expired_revocations(struct context *context, uint64_t now_ms)
{
    revocations_purge(context->revocations, now_ms);
}

struct purge {
    uint64_t before_ms;
    uint64_t purged;
};

static enum err purge_txn(struct db *db, void *arg)
{
    struct purge *purge = arg;

    return family_purge(db, purge->before_ms, &purge->purged);
}

/* An ended family is kept for as long as one of its tokens could still come back as stolen. */
static void purge_families(struct context *context, uint64_t now_ms)
{
    struct purge purge = {.before_ms = now_ms - context->settings->refresh_ttl_ms};
    enum err err = store_write_durable(context->store, purge_txn, &purge);

    if (err)
        log_event(LOG_WARN, "family_purge_failed", LOG_C("error", err_code(err)));
    else if (purge.purged > 0)
        log_event(LOG_INFO, "families_purged", LOG_U64("count", purge.purged));
}

static const struct role_timer TIMERS[] = {
    {.name = "forget_expired_revocations", .period_ms = 60000, .run = forget_expired_revocations},
    {.name = "purge_families", .period_ms = 3600000, .run = purge_families},
};

const struct role ROLE_PROFILE = {
    .name = "profile",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .start = start,
};
