/* See webhook.h. One delivery at a time: results are few, and their order is kept per match. */
#include "services/webhook.h"

#include <stdatomic.h>

#include "lib/base/log.h"
#include "lib/crypt/random.h"
#include "lib/net/fetch.h"
#include "lib/store/outbox.h"
#include "lib/store/webhooks.h"
#include "services/metrics.h"

#define DELIVER_PERIOD_MS 250
#define DELIVER_MAX 8
/* Connecting, sending, hearing: one delivery holds its thread for thrice this at most. */
#define STEP_MS 2500
#define AGAIN_MS 60000 /* taken by a process that died: delivered again after this */
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 300000
#define ARENA_SIZE 65536

static atomic_bool is_delivering; /* the timer's runs may overlap */
static atomic_uint_fast64_t delivered_count, retried_count, parked_count;

struct delivery {
    struct context *context;
    uint64_t now_ms;
    struct arena arena;
    struct outbox_row rows[DELIVER_MAX];
    size_t count;
    const struct outbox_row *row; /* being settled */
    int status;                   /* of the answer; 0: none */
};

/* -- what the store does ----------------------------------------------------------------------- */

static enum err count_txn(struct db *db, void *arg)
{
    return webhooks_count(db, arg);
}

static enum err take_txn(struct db *db, void *arg)
{
    struct delivery *delivery = arg;
    struct outbox_take_args args = {.topic = STR(WEBHOOK_TOPIC),
                                    .now_ms = delivery->now_ms,
                                    .again_ms = delivery->now_ms + AGAIN_MS,
                                    .limit = DELIVER_MAX};

    return outbox_take(db, &args, &delivery->arena, delivery->rows, &delivery->count);
}

static bool is_refused(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

/* Doubling, with jitter over the upper half: a service that comes back is not met by everything
 * at once. */
static uint64_t backoff_ms(uint32_t attempts)
{
    uint64_t wait_ms = BACKOFF_FIRST_MS;

    for (uint32_t i = 1; i < attempts && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms *= 2;
    if (wait_ms > BACKOFF_MAX_MS)
        wait_ms = BACKOFF_MAX_MS;
    return wait_ms / 2 + random_below((uint32_t)(wait_ms / 2));
}

static enum err settle_txn(struct db *db, void *arg)
{
    struct delivery *delivery = arg;
    char memory[64];
    struct buf problem;
    uint64_t id = delivery->row->id;

    buf_init_fixed(&problem, memory, sizeof(memory));
    if (delivery->status)
        buf_printf(&problem, "answered %d", delivery->status);
    else
        buf_put_c(&problem, "no answer");
    if (delivery->status >= 200 && delivery->status < 300)
        return outbox_done(db, id, delivery->now_ms);
    if (is_refused(delivery->status))
        return outbox_park(db, id, delivery->now_ms, buf_str(&problem));
    return outbox_retry(db, id, delivery->now_ms + backoff_ms(delivery->row->attempts),
                        buf_str(&problem));
}

/* -- delivering -------------------------------------------------------------------------------- */

static void send_row(struct delivery *delivery)
{
    const struct settings *settings = delivery->context->settings;
    char memory[2048];
    struct buf headers;
    struct fetch_post post = {.url = str_from_c(settings->result_webhook_url),
                              .path = STR("/api/games/"),
                              .body = delivery->row->payload,
                              .timeout_ms = STEP_MS};

    buf_init_fixed(&headers, memory, sizeof(memory));
    if (settings->result_webhook_key[0]) {
        buf_put_c(&headers, "Authorization: Api-Key ");
        buf_put_c(&headers, settings->result_webhook_key);
        buf_put_c(&headers, "\r\n");
    }
    buf_put_c(&headers, "Idempotency-Key: ");
    buf_put_str(&headers, delivery->row->aggregate);
    buf_put_c(&headers, "\r\n");
    CHECK(buf_ok(&headers));
    post.headers = buf_str(&headers);
    delivery->status = 0;
    if (fetch_post(&post, &delivery->status))
        delivery->status = 0;
}

static void note(const struct delivery *delivery)
{
    if (delivery->status >= 200 && delivery->status < 300) {
        atomic_fetch_add(&delivered_count, 1);
        return;
    }
    atomic_fetch_add(is_refused(delivery->status) ? &parked_count : &retried_count, 1);
    log_event(LOG_WARN, is_refused(delivery->status) ? "webhook_parked" : "webhook_failed",
              LOG_U64("outbox_id", delivery->row->id),
              LOG_U64("status", (uint64_t)delivery->status),
              LOG_U64("attempts", delivery->row->attempts));
}

static void deliver_taken(struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->count; i++) {
        delivery->row = &delivery->rows[i];
        send_row(delivery);
        note(delivery);
        if (store_write_durable(delivery->context->store, settle_txn, delivery))
            log_event(LOG_WARN, "webhook_not_settled", LOG_U64("outbox_id", delivery->row->id));
    }
}

/* While nothing waits this costs one read. */
static void deliver_run(struct context *context, uint64_t now_ms)
{
    struct delivery delivery = {.context = context, .now_ms = now_ms};
    struct webhooks_counts counts = {0};

    if (!context->settings->result_webhook_url[0] || atomic_exchange(&is_delivering, true))
        return;
    arena_init(&delivery.arena, ARENA_SIZE);
    if (store_read(context->store, count_txn, &counts) == OK && counts.pending > 0 &&
        store_write_durable(context->store, take_txn, &delivery) == OK)
        deliver_taken(&delivery);
    arena_release(&delivery.arena);
    atomic_store(&is_delivering, false);
}

static void put_metrics(struct context *context, struct buf *out)
{
    struct webhooks_counts counts;

    metrics_family(out, "rally_webhook_deliveries_total", "counter",
                   "Results sent to the user service, by what came of it.");
    metrics_sample(out, "rally_webhook_deliveries_total", "result=\"delivered\"",
                   atomic_load(&delivered_count));
    metrics_sample(out, "rally_webhook_deliveries_total", "result=\"retried\"",
                   atomic_load(&retried_count));
    metrics_sample(out, "rally_webhook_deliveries_total", "result=\"parked\"",
                   atomic_load(&parked_count));
    if (store_read(context->store, count_txn, &counts))
        return; /* unknown is not 0 */
    metrics_family(out, "rally_webhook_results", "gauge", "Results not delivered, by state.");
    metrics_sample(out, "rally_webhook_results", "state=\"pending\"", counts.pending);
    metrics_sample(out, "rally_webhook_results", "state=\"parked\"", counts.parked);
}

static const struct role_timer TIMERS[] = {
    {.name = "webhook_deliver", .period_ms = DELIVER_PERIOD_MS, .run = deliver_run},
};

const struct role ROLE_WEBHOOK = {
    .name = "webhook",
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .has_slow_timers = true,
    .metrics = put_metrics,
};
