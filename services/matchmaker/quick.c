/* The use cases of the quick queue. What a join does to the rows is lib/store/tickets.c's. */
#include "services/matchmaker/quick.h"

#include "games/registry.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/crypt/random.h"
#include "lib/wire/json.h"
#include "services/matchmaker/waits.h"

#define QUICK_GAME "pong"
#define QUICK_RULESET "classic"
/* Wait shown at least, however long the estimate has been passed: "any moment now". */
#define QUICK_ETA_MIN_MS 1000

const char *quick_side(uint8_t seat)
{
    return seat == SEAT_LEFT ? "left" : "right";
}

/* Points to win by configuration (tests, tournaments); 0 leaves it to the ruleset. */
static uint32_t win_score(const struct settings *settings)
{
    const struct game_ops *game = registry_find(STR(QUICK_GAME));
    uint8_t index;

    CHECK(game);
    if (registry_ruleset_find(game, STR(QUICK_RULESET), &index))
        return 0;
    CHECK(index < ARRAY_COUNT(settings->ruleset_win));
    return settings->ruleset_win[index];
}

static void seats_fill(struct quick_joined *joined, uint64_t user_id)
{
    bool is_left = joined->ticket.seat == SEAT_LEFT;

    joined->left_id = is_left ? user_id : joined->ticket.opponent_id;
    joined->right_id = is_left ? joined->ticket.opponent_id : user_id;
}

enum err quick_join_begin(struct context *context, uint64_t user_id, bool has_socket,
                          uint64_t now_ms, struct quick_joined *out, struct quick_join *join)
{
    if (atomic_load(&context->is_draining))
        return ERR_DRAINING;
    /* Everything random is decided here: the transaction may run more than once. */
    *join = (struct quick_join){
        .args = {.user_id = user_id,
                 .mode = STR(QUICK_MODE),
                 .game = STR(QUICK_GAME),
                 .ruleset = STR(QUICK_RULESET),
                 .win_score = win_score(context->settings),
                 .is_rated = true,
                 .seed = random_u64(),
                 .swap_sides = random_below(2) == 1,
                 .has_socket = has_socket,
                 .now_ms = now_ms},
        .out = out,
    };
    return OK;
}

enum err quick_join_txn(struct db *db, void *arg)
{
    struct quick_join *join = arg;

    return ticket_join(db, &join->args, &join->out->ticket);
}

enum err quick_join_settle(struct context *context, const struct quick_join *join, enum err result)
{
    uint64_t user_id = join->args.user_id;
    uint64_t now_ms = join->args.now_ms;

    if (result)
        return result;
    if (join->out->ticket.match_id == 0) {
        waits_began(context->kv, user_id, now_ms);
        return OK;
    }
    seats_fill(join->out, user_id);
    waits_matched(context->kv, join->out->ticket.opponent_id, now_ms);
    return OK;
}

enum err quick_join(struct context *context, uint64_t user_id, bool has_socket, uint64_t now_ms,
                    struct quick_joined *out, uint64_t *batch)
{
    struct quick_join join;
    enum err err = quick_join_begin(context, user_id, has_socket, now_ms, out, &join);

    if (err)
        return err;
    err = store_write(context->store, quick_join_txn, &join, batch);
    return quick_join_settle(context, &join, err);
}

enum err quick_leave_txn(struct db *db, void *arg)
{
    struct quick_leave *leave = arg;

    return ticket_leave(db, leave->user_id, leave->now_ms, &leave->ticket_id);
}

enum err quick_leave_settle(struct context *context, const struct quick_leave *leave,
                            enum err result)
{
    /* Matched before the leave arrived: to the player that is one case, there is no place to
     * leave. */
    if (result == ERR_IN_MATCH)
        return ERR_NOT_QUEUED;
    if (result == OK)
        waits_dropped(context->kv, leave->user_id, leave->now_ms);
    return result;
}

enum err quick_leave(struct context *context, uint64_t user_id, uint64_t now_ms, uint64_t *batch)
{
    struct quick_leave leave = {.user_id = user_id, .now_ms = now_ms};
    enum err err = store_write(context->store, quick_leave_txn, &leave, batch);

    return quick_leave_settle(context, &leave, err);
}

struct status {
    uint64_t user_id;
    struct ticket_place *place;
};

static enum err status_txn(struct db *db, void *arg)
{
    struct status *status = arg;

    return ticket_status(db, status->user_id, STR(QUICK_MODE), status->place);
}

static uint64_t left_of(uint64_t whole_ms, uint64_t spent_ms)
{
    return whole_ms > spent_ms + QUICK_ETA_MIN_MS ? whole_ms - spent_ms : QUICK_ETA_MIN_MS;
}

enum err quick_status(struct context *context, uint64_t user_id, uint64_t now_ms,
                      struct quick_status *out)
{
    struct status status = {.user_id = user_id, .place = &out->place};
    enum err err;
    uint64_t average_ms;

    *out = (struct quick_status){0};
    if ((err = store_read(context->store, status_txn, &status)))
        return err;
    if (out->place.state != TICKET_QUEUED)
        return OK;
    /* The clock may have been set back since. */
    out->waited_ms = now_ms > out->place.enqueued_ms ? now_ms - out->place.enqueued_ms : 0;
    if (waits_average(context->kv, now_ms, &average_ms)) {
        out->has_eta = true;
        out->eta_ms = left_of(average_ms, out->waited_ms);
    }
    return OK;
}

static enum err reset_txn(struct db *db, void *arg)
{
    const uint64_t *now_ms = arg;

    return ticket_sockets_reset(db, *now_ms);
}

enum err quick_start(struct context *context, uint64_t now_ms)
{
    return store_write_durable(context->store, reset_txn, &now_ms);
}

struct expiry {
    uint64_t lost_before_ms;
    uint64_t now_ms;
    struct ticket_expired expired;
};

static enum err expire_txn(struct db *db, void *arg)
{
    struct expiry *expiry = arg;

    return ticket_expire_lost(db, expiry->lost_before_ms, expiry->now_ms, &expiry->expired);
}

static void expired_tell(struct context *context, const struct ticket_expired *expired,
                         uint64_t now_ms)
{
    char memory[QUICK_PAYLOAD_SIZE];
    struct buf payload;

    for (size_t i = 0; i < expired->count; i++) {
        waits_dropped(context->kv, expired->user_ids[i], now_ms);
        log_event(LOG_INFO, "ticket_expired", LOG_U64("user_id", expired->user_ids[i]),
                  LOG_U64("ticket_id", expired->ticket_ids[i]));
        buf_init_fixed(&payload, memory, sizeof(memory));
        quick_changed_put(&payload, expired->user_ids[i]);
        bus_publish(context->bus, QUICK_SUBJECT_CHANGED, buf_str(&payload));
    }
}

void quick_expire(struct context *context, uint64_t now_ms)
{
    uint64_t grace_ms = context->settings->queue_grace_ms;
    struct expiry expiry = {.lost_before_ms = now_ms > grace_ms ? now_ms - grace_ms : 0,
                            .now_ms = now_ms};

    do {
        enum err err = store_write_durable(context->store, expire_txn, &expiry);

        if (err) {
            log_event(LOG_WARN, "ticket_expiry_failed", LOG_C("error", err_code(err)));
            return;
        }
        expired_tell(context, &expiry.expired, now_ms);
    } while (expiry.expired.count == TICKET_EXPIRED_MAX);
}

void quick_match_created_put(struct buf *buf, const struct quick_joined *joined)
{
    struct json_writer w = json_writer_of(buf);

    json_object_begin(&w);
    json_u64(&w, "match_id", joined->ticket.match_id);
    json_u64(&w, "left", joined->left_id);
    json_u64(&w, "right", joined->right_id);
    json_object_end(&w);
}

void quick_changed_put(struct buf *buf, uint64_t user_id)
{
    struct json_writer w = json_writer_of(buf);

    json_object_begin(&w);
    json_c(&w, "mode", QUICK_MODE);
    json_u64(&w, "user_id", user_id);
    json_object_end(&w);
}
