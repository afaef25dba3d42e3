/* GET /metrics on the admin listener: what edge, reactors, store and roles count. */
#include "services/gateway/inside.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/idempotency.h"
#include "lib/store/store.h"
#include "services/metrics.h"
#include "services/presence.h"

static const char *const METHODS[] = {"GET",   "HEAD",   "POST",    "PUT",
                                      "PATCH", "DELETE", "OPTIONS", "OTHER"};

static void route_name(void *ctx, size_t route, const char **method, const char **pattern)
{
    const struct router *router = ctx;

    *method = route < router->route_count ? METHODS[router->routes[route].route->method] : "ANY";
    *pattern = route < router->route_count ? router->routes[route].route->pattern : "none";
}

static void put_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_family(out, name, "gauge", help);
    metrics_sample(out, name, NULL, value);
}

static void put_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_family(out, name, "counter", help);
    metrics_sample(out, name, NULL, value);
}

static void put_net(struct context *context, struct buf *out)
{
    struct net_stats stats;
    char label[32];
    struct buf text;

    server_stats(context->server, &stats);
    put_gauge(out, "rally_connections", "Open TCP connections.", stats.connections);
    put_gauge(out, "rally_ws_connections", "Open WebSockets.", stats.websockets);
    metrics_family(out, "rally_ws_messages_total", "counter", "WebSocket messages.");
    metrics_sample(out, "rally_ws_messages_total", "direction=\"in\"", stats.messages_in);
    metrics_sample(out, "rally_ws_messages_total", "direction=\"out\"", stats.messages_out);
    metrics_family(out, "rally_ws_closes_total", "counter", "WebSockets closed, by code.");
    for (int i = 0; i < 16; i++) {
        buf_init_fixed(&text, label, sizeof(label));
        if (i < 15)
            buf_printf(&text, "code=\"%u\"", NET_CLOSE_CODES[i]);
        else
            buf_put_c(&text, "code=\"other\"");
        buf_put_char(&text, '\0');
        metrics_sample(out, "rally_ws_closes_total", label, stats.closes_by_code[i]);
    }
    metrics_family(out, "rally_room_tick_lateness_seconds", "histogram",
                   "How long after its deadline a room's tick began.");
    metrics_histogram_ns(out, "rally_room_tick_lateness_seconds", NULL, &stats.tick_lateness_ns);
    metrics_family(out, "rally_room_tick_duration_seconds", "histogram", "One tick of one room.");
    metrics_histogram_ns(out, "rally_room_tick_duration_seconds", NULL, &stats.tick_duration_ns);
    put_counter(out, "rally_room_tick_slips_total", "Ticks of rooms that were left out.",
                stats.tick_slips);
    put_counter(out, "rally_room_snapshots_conflated_total",
                "Snapshots not sent to a socket that was behind.", stats.snapshots_conflated);
}

static void put_store(struct context *context, struct buf *out)
{
    struct store_stats stats;
    uint64_t total = 0;

    store_stats(context->store, &stats);
    metrics_family(out, "rally_store_commit_duration_seconds", "histogram",
                   "One commit of the store, fsync included.");
    for (int i = 0; i < 15; i++) {
        total += stats.commit_ns_buckets[i];
        buf_printf(out, "rally_store_commit_duration_seconds_bucket{le=\"%llu.%09llu\"} %llu\n",
                   (unsigned long long)(STORE_COMMIT_NS_BOUNDS[i] / 1000000000u),
                   (unsigned long long)(STORE_COMMIT_NS_BOUNDS[i] % 1000000000u),
                   (unsigned long long)total);
    }
    total += stats.commit_ns_buckets[15];
    buf_printf(out,
               "rally_store_commit_duration_seconds_bucket{le=\"+Inf\"} %llu\n"
               "rally_store_commit_duration_seconds_sum %llu.%09llu\n"
               "rally_store_commit_duration_seconds_count %llu\n",
               (unsigned long long)total, (unsigned long long)(stats.commit_ns_sum / 1000000000u),
               (unsigned long long)(stats.commit_ns_sum % 1000000000u), (unsigned long long)total);
    metrics_family(out, "rally_store_batch_size", "histogram", "Transactions under one fsync.");
    total = 0;
    for (int i = 0; i < 15; i++) {
        total += stats.batch_size_buckets[i];
        buf_printf(out, "rally_store_batch_size_bucket{le=\"%llu\"} %llu\n",
                   (unsigned long long)STORE_BATCH_BOUNDS[i], (unsigned long long)total);
    }
    total += stats.batch_size_buckets[15];
    buf_printf(out,
               "rally_store_batch_size_bucket{le=\"+Inf\"} %llu\n"
               "rally_store_batch_size_sum %llu\nrally_store_batch_size_count %llu\n",
               (unsigned long long)total, (unsigned long long)stats.jobs,
               (unsigned long long)total);
}

static void put_queues(struct context *context, struct buf *out)
{
    put_gauge(out, "rally_worker_queue_depth", "Requests waiting for a worker.",
              context->worker_queue ? queue_count(context->worker_queue) : 0);
    put_gauge(out, "rally_password_hash_queue_depth", "Requests waiting for the hashing pool.",
              context->hash_queue ? queue_count(context->hash_queue) : 0);
}

static enum err metrics_handle(struct request *request, struct reply *reply)
{
    struct context *context = request->context;
    struct gateway *gateway = context->gateway;
    struct buf *out = &reply->body;

    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_family(out, "rally_build_info", "gauge", "The version that runs.");
    metrics_sample(out, "rally_build_info", "version=\"" RALLY_VERSION "\"", 1);
    put_gauge(out, "rally_uptime_seconds", "Since the start.",
              (clock_mono_ms() - gateway->started_ms) / 1000);
    metrics_put(context->metrics, out, route_name, &gateway->router);
    put_net(context, out);
    put_store(context, out);
    put_queues(context, out);
    for (size_t i = 0; i < gateway->role_count; i++)
        if (gateway->roles[i]->metrics)
            gateway->roles[i]->metrics(context, out);
    return OK;
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/metrics",
     .auth = AUTH_NONE,
     .rate = RATE_NONE,
     .pool = POOL_WORKERS,
     .handle = metrics_handle,
     .summary = "Counters in Prometheus text; admin listener only."},
};

static enum err purge_txn(struct db *db, void *arg)
{
    uint64_t purged;

    return idempotency_purge(db, *(uint64_t *)arg, &purged);
}

static void forget_keys(struct context *context, uint64_t now_ms)
{
    if (store_write_durable(context->store, purge_txn, &now_ms))
        log_event(LOG_WARN, "purge_failed", LOG_C("what", "idempotency"));
}

static void forget_absent(struct context *context, uint64_t now_ms)
{
    (void)now_ms;
    presence_purge(context->presence);
    presence_purge(context->queue_presence);
}

static const struct role_timer TIMERS[] = {
    {.name = "idempotency_purge", .period_ms = 10 * 60 * 1000, .run = forget_keys},
    {.name = "presence_purge", .period_ms = 10 * 1000, .run = forget_absent},
};

const struct role ROLE_GATEWAY = {
    .name = "gateway",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
};
