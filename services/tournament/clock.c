/* See clock.h. A match that ends is a hint on the bus and is taken in at once; a hint that is lost
 * is found by the timer. */
#include "services/tournament/clock.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/net/net.h"
#include "lib/store/leases.h"
#include "services/tournament/steps.h"
#include "services/work.h"

#define LEASE_TTL_MS 15000
/* A tournament without a time that nobody has started for so long is called off. */
#define OPEN_MAX_MS (7ull * 24 * 3600 * 1000)

static atomic_uint_fast64_t lease_epoch; /* 0: not held by this process */

/* -- the lease ------------------------------------------------------------------------------- */

struct lease_work {
    struct context *context;
    uint64_t now_ms;
    uint64_t epoch;
};

/* Taken up anew, the time in which nobody could carry anything on counts against nobody. */
static enum err lease_txn(struct db *db, void *arg)
{
    struct lease_work *work = arg;
    struct lease_args args = {.name = STR(TOURNAMENT_LEASE),
                              .holder = str_from_c(work->context->settings->node),
                              .epoch = work->epoch,
                              .now_ms = work->now_ms,
                              .ttl_ms = LEASE_TTL_MS};
    enum err err;

    if (work->epoch != 0)
        return lease_renew(db, &args);
    if ((err = lease_acquire(db, &args, &work->epoch)))
        return err;
    return tournaments_clocks_reset(db, work->now_ms);
}

void tournament_lease_run(struct context *context, uint64_t now_ms)
{
    struct lease_work work = {
        .context = context, .now_ms = now_ms, .epoch = atomic_load(&lease_epoch)};
    enum err err = store_write_durable(context->store, lease_txn, &work);

    if (!err)
        atomic_store(&lease_epoch, work.epoch);
    else if (err == ERR_STALE_EPOCH || err == ERR_CONFLICT)
        atomic_store(&lease_epoch, 0);
    if (err && err != ERR_CONFLICT) /* another node holding it is no trouble */
        log_event(LOG_WARN, "lease_not_renewed", LOG_C("name", TOURNAMENT_LEASE),
                  LOG_C("code", err_code(err)));
}

/* -- a step ---------------------------------------------------------------------------------- */

struct clock_step {
    struct tournaments_step_args args;
    enum tournament_duty duty;
    bool is_cancelled;
    struct tournaments_cancelled cancelled;
    struct tournament_board board;
};

static enum err cancel(struct db *db, struct clock_step *step)
{
    step->is_cancelled = true;
    return tournaments_cancel(db, &step->args, &step->cancelled);
}

static enum err step_txn(struct db *db, void *arg)
{
    struct clock_step *step = arg;
    enum err err;

    step->is_cancelled = false;
    switch (step->duty) {
    case TOURNAMENT_DUTY_START:
        err = tournaments_start(db, &step->args, &step->board);
        return err == ERR_TOO_FEW_PLAYERS ? cancel(db, step) : err;
    case TOURNAMENT_DUTY_CANCEL:
        return cancel(db, step);
    case TOURNAMENT_DUTY_SWEEP:
        break;
    }
    return tournaments_sweep(db, &step->args, &step->board);
}

static void step_init(struct clock_step *step, const struct context *context,
                      uint64_t tournament_id, enum tournament_duty duty, uint64_t now_ms)
{
    step->args = tournament_step_args(context, tournament_id, 0, now_ms);
    step->args.lease_epoch = atomic_load(&lease_epoch);
    step->duty = duty;
}

static void step_tell(struct context *context, const struct clock_step *step)
{
    struct buf text;

    if (!step->is_cancelled && tournament_board_is_quiet(&step->board))
        return;
    buf_init(&text, TOURNAMENT_STEPPED_SIZE);
    if (step->is_cancelled)
        tournament_cancelled_put(&text, step->args.tournament_id, &step->cancelled);
    else
        tournament_stepped_put(&text, &step->board);
    if (buf_ok(&text))
        bus_publish(context->bus, TOURNAMENT_SUBJECT_STEPPED, buf_str(&text));
    buf_release(&text);
}

static void step_failed(const struct clock_step *step, enum err err)
{
    if (err == ERR_STALE_EPOCH)
        atomic_store(&lease_epoch, 0);
    /* Somebody was faster: started it, called it off, or it has ended. */
    if (err == ERR_NOT_OPEN || err == ERR_NOT_STARTED || err == ERR_NOT_FOUND)
        return;
    log_event(LOG_WARN, "tournament_not_stepped",
              LOG_U64("tournament_id", step->args.tournament_id), LOG_C("code", err_code(err)));
}

/* -- the timer ------------------------------------------------------------------------------- */

struct due_read {
    uint64_t now_ms;
    struct tournaments_due due;
};

static enum err due_txn(struct db *db, void *arg)
{
    struct due_read *read = arg;
    uint64_t open_before_ms = read->now_ms > OPEN_MAX_MS ? read->now_ms - OPEN_MAX_MS : 0;

    return tournaments_due(db, read->now_ms, open_before_ms, &read->due);
}

static void step_take(struct context *context, const struct tournament_due *due, uint64_t now_ms)
{
    struct clock_step *step = malloc(sizeof(*step));
    enum err err;

    if (!step)
        return; /* the next round of the clock comes soon */
    step_init(step, context, due->tournament_id, due->duty, now_ms);
    err = store_write_durable(context->store, step_txn, step);
    if (err)
        step_failed(step, err);
    else
        step_tell(context, step);
    free(step);
}

void tournament_clock_run(struct context *context, uint64_t now_ms)
{
    struct due_read read = {.now_ms = now_ms};

    /* While the process ends, no new match is called: the next one goes on. */
    if (atomic_load(&lease_epoch) == 0 || atomic_load(&context->is_draining))
        return;
    if (store_read(context->store, due_txn, &read))
        return;
    for (size_t i = 0; i < read.due.count; i++)
        step_take(context, &read.due.list[i], now_ms);
}

/* -- a match has ended ----------------------------------------------------------------------- */

struct sweep_work {
    struct work work;
    uint64_t match_id;
    struct tournament_match_row of;
    enum err err;
    struct clock_step step;
};

static enum err of_txn(struct db *db, void *arg)
{
    struct sweep_work *sweep = arg;

    return tournaments_of_match(db, sweep->match_id, &sweep->of);
}

static void sweep_run(struct work *work)
{
    struct sweep_work *sweep = container_of(work, struct sweep_work, work);
    struct store *store = work->context->store;

    sweep->err = store_read(store, of_txn, sweep);
    if (sweep->err)
        return;
    step_init(&sweep->step, work->context, sweep->of.tournament_id, TOURNAMENT_DUTY_SWEEP,
              clock_wall_ms());
    sweep->err = store_write(store, step_txn, &sweep->step, &work->batch);
}

static void sweep_done(struct reactor *home, struct work *work)
{
    struct sweep_work *sweep = container_of(work, struct sweep_work, work);

    (void)home;
    if (work->commit == OK && sweep->err == OK)
        step_tell(work->context, &sweep->step);
    else if (sweep->of.tournament_id != 0 && sweep->err != OK)
        step_failed(&sweep->step, sweep->err);
    free(sweep);
}

static void sweep_later(struct context *context, uint64_t match_id)
{
    struct sweep_work *sweep;

    if (!context->server || atomic_load(&lease_epoch) == 0 || atomic_load(&context->is_draining))
        return;
    sweep = calloc(1, sizeof(*sweep));
    if (!sweep)
        return; /* a hint: the timer finds it */
    sweep->work = (struct work){.home = server_reactor(context->server, 0),
                                .context = context,
                                .run = sweep_run,
                                .done = sweep_done};
    sweep->match_id = match_id;
    if (work_submit(&sweep->work, "tournament"))
        free(sweep);
}

static void on_match_finished(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "match_id",
         .type = JSON_ID,
         .is_required = true,
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct arena arena;
    uint64_t match_id = 0;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &match_id, &errors) == OK)
        sweep_later(ctx, match_id);
    arena_release(&arena);
}

enum err tournament_clock_start(struct context *context)
{
    tournament_lease_run(context, clock_wall_ms());
    return bus_subscribe(context->bus, "match.finished", on_match_finished, context);
}
