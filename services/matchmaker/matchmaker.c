/* The table of the role and its timer. */
#include "services/matchmaker/matchmaker.h"

#include "services/matchmaker/handlers.h"
#include "services/matchmaker/quick.h"

/* A lost place ends at most this much later than the grace says. */
#define EXPIRE_PERIOD_MS 500

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/game/join", .auth = AUTH_PLAYER, .rate = RATE_QUEUE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = queue_join_handle,
     .summary = "Joins the quick queue; answers with the match when this join completes one."},
    {.method = HTTP_POST, .pattern = "/game/leave", .auth = AUTH_PLAYER, .rate = RATE_QUEUE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = queue_leave_handle, .summary = "Leaves the quick queue."},
    {.method = HTTP_GET, .pattern = "/game/status", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = queue_status_handle,
     .summary = "Where the caller stands: idle, queued with place and wait, or matched."},
    {.method = HTTP_POST, .pattern = "/game/queue/join", .auth = AUTH_PLAYER, .rate = RATE_QUEUE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = queue_join_handle, .summary = "The same as /game/join."},
    {.method = HTTP_POST, .pattern = "/game/queue/leave", .auth = AUTH_PLAYER, .rate = RATE_QUEUE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = queue_leave_handle, .summary = "The same as /game/leave."},
};
/* clang-format on */

static const struct role_timer TIMERS[] = {
    {.name = "quick_expire", .period_ms = EXPIRE_PERIOD_MS, .run = quick_expire},
};

const struct role ROLE_MATCHMAKER = {
    .name = "matchmaker",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
};
