/* The table of the role and its timer. */
#include "services/matchmaker/matchmaker.h"

#include "lib/base/clock.h"
#include "services/matchmaker/handlers.h"
#include "services/matchmaker/queue_socket.h"
#include "services/matchmaker/quick.h"
#include "services/matchmaker/waits.h"
#include "services/metrics.h"

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

static const struct socket_route SOCKETS[] = {
    {.pattern = "/ws/queue", .open = queue_socket_open},
};

static enum err start(struct context *context)
{
    enum err err = quick_start(context, clock_wall_ms());

    return err ? err : queue_socket_start(context);
}

static enum err count_txn(struct db *db, void *arg)
{
    return ticket_count(db, STR(QUICK_MODE), arg);
}

static void put_metrics(struct context *context, struct buf *out)
{
    uint64_t waiting = 0;

    waits_put_metrics(out, QUICK_MODE);
    if (store_read(context->store, count_txn, &waiting))
        return; /* unknown is not 0 */
    metrics_family(out, "rally_queue_tickets", "gauge", "Tickets waiting, by mode.");
    metrics_sample(out, "rally_queue_tickets", "mode=\"" QUICK_MODE "\"", waiting);
}

const struct role ROLE_MATCHMAKER = {
    .name = "matchmaker",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .sockets = SOCKETS,
    .socket_count = ARRAY_COUNT(SOCKETS),
    .start = start,
    .reactor_start = queue_socket_reactor_start,
    .reactor_stop = queue_socket_reactor_stop,
    .metrics = put_metrics,
};
