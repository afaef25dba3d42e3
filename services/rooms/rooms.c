/* The table of the role and the timer that ends rooms nobody came to. */
#include "services/rooms/rooms.h"

#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "services/rooms/handlers.h"

/* A room ends at most this much later than its time. */
#define EXPIRE_PERIOD_MS 1000

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/api/room/create", .auth = AUTH_OPTIONAL, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = room_create_handle,
     .summary = "Opens a room and tells its code; a caller without a token becomes a guest."},
    {.method = HTTP_POST, .pattern = "/api/room/join", .auth = AUTH_OPTIONAL, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = room_join_handle,
     .summary = "Takes the second seat of a room, which makes the match, or finds one's own seat."},
    {.method = HTTP_GET, .pattern = "/api/room/check/{code}", .auth = AUTH_OPTIONAL,
     .rate = RATE_READ, .pool = POOL_WORKERS, .handle = room_check_handle,
     .summary = "How a room stands; ids of players are for its players."},
    {.method = HTTP_POST, .pattern = "/api/room/cancel", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = room_cancel_handle, .summary = "Closes a room that nobody has joined yet."},
};
/* clang-format on */

struct expiry {
    uint64_t now_ms;
    struct room_codes_expired expired;
};

static enum err expire_txn(struct db *db, void *arg)
{
    struct expiry *expiry = arg;

    return room_codes_expire(db, expiry->now_ms, &expiry->expired);
}

/* Whoever waits on the room's socket is told. */
static void expired_tell(struct context *context, const struct room_codes_expired *expired)
{
    for (size_t i = 0; i < expired->count; i++) {
        char memory[64];
        struct buf payload;
        buf_init_fixed(&payload, memory, sizeof(memory));
        buf_printf(&payload, "{\"room_code\":\"%s\"}", expired->rooms[i].code);
        bus_publish(context->bus, ROOM_SUBJECT_CLOSED, buf_str(&payload));
    }
}

struct due {
    uint64_t now_ms;
    uint64_t count;
};

static enum err due_txn(struct db *db, void *arg)
{
    struct due *due = arg;

    return room_codes_due(db, due->now_ms, &due->count);
}

/* A read each time, a write only when there is something to end. */
static void expire_run(struct context *context, uint64_t now_ms)
{
    struct expiry expiry = {.now_ms = now_ms};
    struct due due = {.now_ms = now_ms};

    if (store_read(context->store, due_txn, &due) || due.count == 0)
        return;
    do {
        enum err err = store_write_durable(context->store, expire_txn, &expiry);
        if (err) {
            log_event(LOG_WARN, "room_expiry_failed", LOG_C("code", err_code(err)));
            return;
        }
        expired_tell(context, &expiry.expired);
    } while (expiry.expired.count == ROOM_CODES_EXPIRED_MAX);
}

static const struct role_timer TIMERS[] = {
    {.name = "room_expire", .period_ms = EXPIRE_PERIOD_MS, .run = expire_run},
};

const struct role ROLE_ROOMS = {
    .name = "rooms",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
};
