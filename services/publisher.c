/* See publisher.h. An empty outbox costs one read per period and no write. */
#include "services/publisher.h"

#include <stdatomic.h>

#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/store/leases.h"
#include "lib/store/outbox.h"
#include "lib/store/webhooks.h"
#include "services/metrics.h"

#define PUBLISH_PERIOD_MS 250
#define PUBLISH_MAX 64
#define LEASE_TTL_MS 10000
#define AGAIN_MS 30000 /* a row taken by a process that died is taken again after this */
#define PURGE_PERIOD_MS (10 * 60 * 1000)
#define KEPT_MS (24u * 3600 * 1000) /* published rows stay for a day, for whoever asks why */
#define ARENA_SIZE (1024 * 1024)

static const struct str LEASE = STR_INIT("outbox");
static atomic_uint_fast64_t lease_epoch; /* 0: not held by this process */

struct publish {
    struct context *context;
    uint64_t now_ms;
    uint64_t epoch;
    struct arena arena;
    struct outbox_row rows[PUBLISH_MAX];
    size_t count;
};

static enum err pending_txn(struct db *db, void *arg)
{
    return outbox_pending(db, arg);
}

static enum err to_publish_txn(struct db *db, void *arg)
{
    struct webhooks_counts others;
    uint64_t *count = arg;
    enum err err = webhooks_count(db, &others);

    if (!err)
        err = outbox_pending(db, count);
    if (!err)
        *count -= others.pending;
    return err;
}

/* Takes or keeps the lease and, under it, what is due. */
static enum err take_txn(struct db *db, void *arg)
{
    struct publish *publish = arg;
    struct lease_args lease = {.name = LEASE,
                               .holder = str_from_c(publish->context->settings->node),
                               .epoch = publish->epoch,
                               .now_ms = publish->now_ms,
                               .ttl_ms = LEASE_TTL_MS};
    struct outbox_take_args take = {.but_topic =
                                        STR(WEBHOOK_TOPIC), /* leaves by services/webhook.c */
                                    .now_ms = publish->now_ms,
                                    .again_ms = publish->now_ms + AGAIN_MS,
                                    .limit = PUBLISH_MAX};
    enum err err =
        publish->epoch ? lease_renew(db, &lease) : lease_acquire(db, &lease, &publish->epoch);

    return err ? err : outbox_take(db, &take, &publish->arena, publish->rows, &publish->count);
}

/* A row that was done by somebody else meanwhile is done. */
static enum err done_txn(struct db *db, void *arg)
{
    struct publish *publish = arg;
    enum err err = lease_check(db, LEASE, publish->epoch);

    for (size_t i = 0; !err && i < publish->count; i++) {
        err = outbox_done(db, publish->rows[i].id, publish->now_ms);
        if (err == ERR_NOT_FOUND)
            err = OK;
    }
    return err;
}

static enum err publish_taken(struct publish *publish)
{
    for (size_t i = 0; i < publish->count; i++) {
        char subject[64];
        if (str_to_c(publish->rows[i].topic, subject, sizeof(subject)) == OK)
            bus_publish(publish->context->bus, subject, publish->rows[i].payload);
    }
    return publish->count > 0 ? store_write_durable(publish->context->store, done_txn, publish)
                              : OK;
}

static void publish_run(struct context *context, uint64_t now_ms)
{
    struct publish publish = {
        .context = context, .now_ms = now_ms, .epoch = atomic_load(&lease_epoch)};
    uint64_t pending = 0;
    enum err err = store_read(context->store, to_publish_txn, &pending);

    if (err || pending == 0)
        return;
    arena_init(&publish.arena, ARENA_SIZE);
    err = store_write_durable(context->store, take_txn, &publish);
    atomic_store(&lease_epoch, err == ERR_STALE_EPOCH ? 0 : publish.epoch);
    if (!err)
        err = publish_taken(&publish);
    arena_release(&publish.arena);
    if (err && err != ERR_CONFLICT && err != ERR_STALE_EPOCH)
        log_event(LOG_WARN, "outbox_not_published", LOG_C("code", err_code(err)));
}

/* -- forgetting ------------------------------------------------------------------------------ */

static enum err purge_txn(struct db *db, void *arg)
{
    uint64_t purged;

    return outbox_purge(db, *(uint64_t *)arg, &purged);
}

static void purge_run(struct context *context, uint64_t now_ms)
{
    uint64_t before_ms = now_ms - KEPT_MS;

    if (store_write_durable(context->store, purge_txn, &before_ms))
        log_event(LOG_WARN, "purge_failed", LOG_C("what", "outbox"));
}

static void put_metrics(struct context *context, struct buf *out)
{
    uint64_t pending = 0;

    if (store_read(context->store, pending_txn, &pending))
        return; /* unknown is not 0 */
    metrics_family(out, "rally_outbox_pending", "gauge", "Facts not yet published.");
    metrics_sample(out, "rally_outbox_pending", NULL, pending);
}

static const struct role_timer TIMERS[] = {
    {.name = "outbox_publish", .period_ms = PUBLISH_PERIOD_MS, .run = publish_run},
    {.name = "outbox_purge", .period_ms = PURGE_PERIOD_MS, .run = purge_run},
};

const struct role ROLE_PUBLISHER = {
    .name = "publisher",
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .metrics = put_metrics,
};
