/*
 * The role's table and life: rooms open when a match is created and, after a restart, for every
 * match that was live; the node's lease says that its rooms have an owner.
 */
#include "services/session/session.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/store/leases.h"
#include "services/metrics.h"
#include "services/reactor_state.h"
#include "services/session/handlers.h"
#include "services/session/lobby.h"
#include "services/session/room.h"

#define LEASE_TTL_MS 15000
#define LEASE_RENEW_MS 5000
#define LIVE_PAGE 256
#define REOPEN_MS 10000

/* -- gauge ----------------------------------------------------------------------------------- */

static atomic_uint room_counts[MATCH_STATE_COUNT];
static atomic_uint open_count; /* rooms whose match or its result is not over and stored */

static void count_open(struct room *room, bool is_open)
{
    if (is_open && !room->is_counted_open)
        atomic_fetch_add(&open_count, 1);
    else if (!is_open && room->is_counted_open)
        atomic_fetch_sub(&open_count, 1);
    room->is_counted_open = is_open;
}

void session_room_count(struct room *room, bool is_there)
{
    uint8_t state = room->match.state;

    if (room->phase == ROOM_LOADING)
        return;
    if (room->counted_state != 0)
        atomic_fetch_sub(&room_counts[room->counted_state - 1], 1);
    room->counted_state = is_there ? (uint8_t)(state + 1) : 0;
    if (is_there)
        atomic_fetch_add(&room_counts[state], 1);
    count_open(room, is_there && !room->is_ended);
}

uint32_t session_live_rooms(void)
{
    return atomic_load(&open_count);
}

uint32_t session_unstored_results(void)
{
    uint32_t playing = 0, open = atomic_load(&open_count);

    for (int state = 0; state < MATCH_FINISHED; state++)
        playing += atomic_load(&room_counts[state]);
    return open > playing ? open - playing : 0;
}

static void put_metrics(struct context *context, struct buf *out)
{
    (void)context;
    metrics_family(out, "rally_rooms", "gauge", "Rooms, by the state of their match.");
    for (int state = 0; state < MATCH_STATE_COUNT; state++) {
        char label[48];
        struct buf text;
        buf_init_fixed(&text, label, sizeof(label));
        buf_printf(&text, "state=\"%s\"", match_state_name((enum match_state)state));
        metrics_sample(out, "rally_rooms", label, atomic_load(&room_counts[state]));
    }
}

/* -- the node's lease -------------------------------------------------------------------------- */

static atomic_uint_fast64_t lease_epoch;

struct lease_work {
    struct context *context;
    uint64_t now_ms;
    uint64_t epoch;
};

static void lease_name(struct context *context, struct buf *out)
{
    buf_put_c(out, "node:");
    buf_put_c(out, context->settings->node);
}

static enum err lease_txn(struct db *db, void *arg)
{
    struct lease_work *work = arg;
    char memory[160];
    struct buf name;
    struct lease_args args;

    buf_init_fixed(&name, memory, sizeof(memory));
    lease_name(work->context, &name);
    args = (struct lease_args){.name = buf_str(&name),
                               .holder = str_from_c(work->context->settings->node),
                               .epoch = work->epoch,
                               .now_ms = work->now_ms,
                               .ttl_ms = LEASE_TTL_MS};
    return work->epoch == 0 ? lease_acquire(db, &args, &work->epoch) : lease_renew(db, &args);
}

static void lease_renew_run(struct context *context, uint64_t now_ms)
{
    struct lease_work work = {
        .context = context, .now_ms = now_ms, .epoch = atomic_load(&lease_epoch)};
    enum err err = store_write_durable(context->store, lease_txn, &work);

    if (err)
        log_event(LOG_WARN, "lease_not_renewed", LOG_C("node", context->settings->node),
                  LOG_C("code", err_code(err)));
}

/* -- opening rooms ----------------------------------------------------------------------------- */

struct created {
    uint64_t match_id;
    struct str room_code; /* empty: not of a room by code */
};

static void on_match_created(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "match_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct created, match_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "room_code",
         .type = JSON_STR,
         .offset = offsetof(struct created, room_code),
         .present_offset = SIZE_MAX,
         .max = 16},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct arena arena;
    struct created created = {0};

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &created, &errors) == OK) {
        if (created.room_code.len > 0)
            lobby_start_later(ctx, created.room_code, created.match_id);
        else
            room_open_later(ctx, created.match_id);
    }
    arena_release(&arena);
}

static enum err start(struct context *context)
{
    struct lease_work work = {.context = context, .now_ms = clock_wall_ms()};
    enum err err = store_write_durable(context->store, lease_txn, &work);

    if (err)
        return err;
    atomic_store(&lease_epoch, work.epoch);
    if ((err = room_stops_start(context)))
        return err;
    err = bus_subscribe(context->bus, "match.created", on_match_created, context);
    return err ? err : lobby_start(context);
}

struct live_page {
    uint64_t after_id;
    uint64_t ids[LIVE_PAGE];
    size_t count;
};

static enum err live_txn(struct db *db, void *arg)
{
    struct live_page *page = arg;

    return matches_list_live(db, page->after_id, page->ids, LIVE_PAGE, &page->count);
}

/* Opens the rooms of live matches that have none: `only` on this reactor, or with NULL wherever
 * they belong. */
static void reopen(struct context *context, struct reactor *only)
{
    struct live_page *page = calloc(1, sizeof(*page));
    enum err err;

    CHECK(page != NULL);
    do {
        err = store_read(context->store, live_txn, page);
        for (size_t i = 0; !err && i < page->count; i++) {
            page->after_id = page->ids[i];
            if (!only || room_home(context, page->ids[i]) == only)
                room_open_later(context, page->ids[i]);
        }
    } while (!err && page->count == LIVE_PAGE);
    if (err)
        log_event(LOG_WARN, "rooms_not_reopened", LOG_C("code", err_code(err)));
    free(page);
}

/* A room that could not be opened when its match was made (a store that was away, workers that were
 * drowning) would hold its players' claims until one of them connects. */
static void reopen_run(struct context *context, uint64_t now_ms)
{
    (void)now_ms;
    reopen(context, NULL);
}

static const struct role_timer TIMERS[] = {
    {.name = "node_lease", .period_ms = LEASE_RENEW_MS, .run = lease_renew_run},
    {.name = "reopen_rooms", .period_ms = REOPEN_MS, .run = reopen_run},
};

static enum err on_reactor_start(struct reactor *reactor)
{
    struct rooms *rooms = calloc(1, sizeof(*rooms));

    if (!rooms)
        return ERR_FULL;
    rooms->context = reactor_ctx(reactor);
    map_init(&rooms->by_match, LIMIT_ROOMS_PER_REACTOR);
    list_init(&rooms->lobby);
    if (slots_init(&rooms->table, sizeof(struct room), LIMIT_ROOMS_PER_REACTOR)) {
        free(rooms);
        return ERR_FULL;
    }
    reactor_state_set(reactor, REACTOR_SLOT_SESSION, rooms);
    /* What was live when the process ended goes on: time while it was away counts against nobody.
     */
    reopen(rooms->context, reactor);
    return OK;
}

static void on_reactor_stop(struct reactor *reactor)
{
    struct rooms *rooms = rooms_of(reactor);
    uint32_t at = 1;
    struct slot_id id;
    struct room *room;

    while ((room = slots_next(&rooms->table, &at, &id)) != NULL)
        room_close(room, ERR_DRAINING, STR(""));
    slots_release(&rooms->table);
    map_release(&rooms->by_match);
    free(rooms);
}

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/v1/practice", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = practice_handle, .summary = "Starts an unrated game against the server's bot."},
};
/* clang-format on */

static const struct socket_route SOCKETS[] = {
    {.pattern = "/ws/game/{key}", .open = room_socket_open},
};

const struct role ROLE_SESSION = {
    .name = "session",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .sockets = SOCKETS,
    .socket_count = ARRAY_COUNT(SOCKETS),
    .start = start,
    .reactor_start = on_reactor_start,
    .reactor_stop = on_reactor_stop,
    .metrics = put_metrics,
};
