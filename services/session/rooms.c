/* The rooms of a reactor: found by match, opened from the store, closed. */
#include "services/session/room.h"

#include <pthread.h>
#include <stdlib.h>

#include "games/registry.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/room_codes.h"
#include "lib/store/tournaments.h"
#include "services/reactor_state.h"
#include "services/session/session.h"
#include "services/work.h"

/* -- finding ----------------------------------------------------------------------------------- */

struct rooms *rooms_of(struct reactor *reactor)
{
    return reactor_state(reactor, REACTOR_SLOT_SESSION);
}

/* Where matches live that are not where their number says. A restart forgets it, and their sockets
 * with it. */
static pthread_mutex_t pins_lock = PTHREAD_MUTEX_INITIALIZER;
static struct map pins; /* match id -> reactor index */
static bool has_pins;

void room_pin(uint64_t match_id, uint32_t reactor_index)
{
    pthread_mutex_lock(&pins_lock);
    if (!has_pins)
        map_init(&pins, LIMIT_ROOMS_PER_REACTOR);
    has_pins = true;
    (void)!map_set(&pins, match_id, reactor_index);
    pthread_mutex_unlock(&pins_lock);
}

static void room_unpin(uint64_t match_id)
{
    pthread_mutex_lock(&pins_lock);
    if (has_pins)
        (void)map_remove(&pins, match_id);
    pthread_mutex_unlock(&pins_lock);
}

struct reactor *room_home(struct context *context, uint64_t match_id)
{
    uint64_t index = match_id % server_reactor_count(context->server);

    pthread_mutex_lock(&pins_lock);
    if (has_pins)
        (void)map_get(&pins, match_id, &index);
    pthread_mutex_unlock(&pins_lock);
    return server_reactor(context->server, (uint32_t)index);
}

struct room *room_get(struct reactor *reactor, struct slot_id id)
{
    return slots_get(&rooms_of(reactor)->table, id);
}

struct room *room_find(struct reactor *reactor, uint64_t match_id)
{
    uint64_t packed;

    if (!map_get(&rooms_of(reactor)->by_match, match_id, &packed))
        return NULL;
    return room_get(reactor, (struct slot_id){.index = (uint32_t)(packed >> 32),
                                              .generation = (uint32_t)packed});
}

/* -- closing ----------------------------------------------------------------------------------- */

static void let_all_go(struct room *room, enum err err, struct str detail)
{
    while (!list_is_empty(&room->sockets)) {
        struct room_socket *socket =
            container_of(list_pop(&room->sockets), struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        socket->room = NULL;
        if (!conn)
            continue;
        if (err)
            socket_error(conn, err, detail);
        socket_close(conn, err ? socket_close_code(err) : WS_CLOSE_NORMAL,
                     err ? str_from_c(err_code(err)) : detail);
    }
}

void room_close(struct room *room, enum err err, struct str detail)
{
    struct reactor *reactor = room->reactor;
    struct slot_id id = room->id;

    let_all_go(room, err, detail);
    room_arrivals_refuse(room, err ? err : ERR_MATCH_ENDED, detail);
    session_room_count(room, false);
    ticker_stop(reactor, &room->ticker);
    reactor_timer_stop(reactor, &room->timer);
    (void)map_remove(&rooms_of(reactor)->by_match, room->match_id);
    room_unpin(room->match_id);
    free(room->finished);
    slots_free(&rooms_of(reactor)->table, id);
}

/* -- opening: a worker takes the match and reads it
 * ------------------------------------------------ */

struct load {
    struct work work;
    struct slot_id room;
    uint64_t match_id;
    enum err err;
    uint64_t epoch;
    struct match_row row;
    struct tournament_match_row of; /* when its origin is a tournament */
    struct match_point last;        /* number 0: no point yet */
    char code[ROOMCODE_SIZE];
};

static bool is_of_tournament(const struct match_row *row)
{
    return str_eq(str_from_c(row->origin), STR("tournament"));
}

static enum err load_peek(struct db *db, void *arg)
{
    struct load *load = arg;
    enum err err = matches_find(db, load->match_id, &load->row);

    if (!err && load->row.ended_ms != 0)
        return ERR_MATCH_ENDED;
    if (!err && is_of_tournament(&load->row))
        err = tournaments_of_match(db, load->match_id, &load->of);
    return err;
}

static enum err last_point(struct db *db, struct load *load)
{
    uint32_t max = load->row.point_count;
    struct match_point *points;
    size_t count = 0;
    enum err err;

    load->last = (struct match_point){0};
    if (max == 0)
        return OK;
    points = calloc(max, sizeof(*points));
    if (!points)
        return ERR_FULL;
    err = matches_points(db, load->match_id, points, max, &count);
    if (!err && count > 0)
        load->last = points[count - 1];
    free(points);
    return err;
}

/* A rematch is played in the room of its first match. */
static enum err find_code(struct db *db, struct load *load)
{
    struct room_row room;
    enum err err;

    if (strcmp(load->row.origin, "room") != 0 && strcmp(load->row.origin, "rematch") != 0)
        return OK;
    err = room_codes_of_match(db, load->match_id, &room);
    if (!err)
        memcpy(load->code, room.code, sizeof(load->code));
    return err == ERR_NO_SUCH_ROOM ? OK : err;
}

static enum err load_take(struct db *db, void *arg)
{
    struct load *load = arg;
    struct matches_take_args args = {.match_id = load->match_id,
                                     .node = str_from_c(load->work.context->settings->node),
                                     .now_ms = clock_wall_ms()};
    enum err err = matches_take(db, &args, &load->epoch);

    if (!err)
        err = matches_find(db, load->match_id, &load->row);
    if (!err)
        err = last_point(db, load);
    return err ? err : find_code(db, load);
}

/* Unknown and ended matches cost a read and no write. */
static void load_run(struct work *work)
{
    struct load *load = container_of(work, struct load, work);
    struct store *store = work->context->store;

    load->err = store_read(store, load_peek, load);
    if (!load->err)
        load->err = store_write(store, load_take, load, &work->batch);
}

/* Who is called to a tournament's match may not be looking: he has longer to come. */
static void rules_of(const struct settings *settings, const struct match_row *row,
                     struct match_rules *rules)
{
    *rules = MATCH_RULES_DEFAULT;
    rules->ready_timeout_ms = (uint32_t)(is_of_tournament(row) ? settings->no_show_timeout_ms
                                                               : settings->ready_timeout_ms);
    rules->grace_ms = (uint32_t)settings->reconnect_grace_ms;
    rules->absence_budget_ms = (uint32_t)settings->absence_budget_ms;
}

static void seats_fill(struct room *room, const struct match_row *row)
{
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        const struct match_player_row *player = &row->players[seat];
        struct room_seat *own = &room->seats[seat];
        own->user_id = player->user_id;
        own->bot_level = player->bot_level;
        own->mmr = player->mmr;
        own->is_guest = player->is_guest;
        memcpy(own->username, player->username, sizeof(own->username));
        room->scores[seat] = (uint16_t)player->score;
    }
}

/* The game goes on from its last durable point: the score stands, the rally starts anew. */
static void game_start(struct room *room, const struct load *load)
{
    room->game->init(room->state, &room->config, room->seed);
    if (load->last.number == 0)
        return;
    room->game->resume(room->state, room->scores, (uint8_t)(1 - load->last.seat));
    room->tick = load->last.tick + 1;
    room->point.seat = load->last.seat;
    room->point_count = load->row.point_count;
}

static void match_start(struct room *room, const struct match_row *row)
{
    struct match_record record = {.has_begun = row->has_begun};
    uint64_t now_ms = reactor_now_ms(room->reactor);
    struct match_rules rules;

    rules_of(room->context->settings, row, &rules);
    for (int seat = 0; seat < MATCH_SEATS; seat++) {
        record.absence_used_ms[seat] = row->players[seat].absence_used_ms;
        record.pauses_used[seat] = row->players[seat].pauses_used;
    }
    if (row->has_begun)
        match_resume(&room->match, &rules, &record, now_ms);
    else
        match_init(&room->match, &rules, now_ms);
}

static enum err room_fill(struct room *room, const struct load *load)
{
    const struct match_row *row = &load->row;

    room->game = registry_find(str_from_c(row->game));
    if (!room->game || room->game->state_size > sizeof(room->state) ||
        row->player_count != MATCH_SEATS ||
        registry_ruleset_find(room->game, str_from_c(row->ruleset), &room->config.ruleset))
        return ERR_NO_SUCH_MATCH; /* a game or ruleset that this build does not have */
    room->config.win_score = (uint16_t)row->win_score;
    room->tournament_id = load->of.tournament_id;
    room->epoch = load->epoch;
    room->seed = row->seed;
    room->is_rated = row->is_rated;
    room->is_private = row->is_private;
    memcpy(room->code, load->code, sizeof(room->code));
    seats_fill(room, row);
    game_start(room, load);
    match_start(room, row);
    native_view(room, room->told);
    return OK;
}

/* The process may have ended between the last point and the result: no goal will fall any more that
 * could end this match. */
static void finish_if_over(struct room *room)
{
    struct match_effects effects;
    struct game_result result;

    if (!room->game->finished(room->state, &result))
        return;
    if (match_finish(&room->match, result.winner_seat, reactor_now_ms(room->reactor), &effects) ==
        OK)
        room_effects_apply(room, &effects);
}

static void room_is_open(struct room *room)
{
    room->phase = ROOM_OPEN;
    room->state_due_ms = reactor_now_ms(room->reactor) + ROOM_STATE_EVERY_MS;
    session_room_count(room, true);
    room_timer_set(room);
    finish_if_over(room);
    room_bot_sit(room);
    if (room->has_stop)
        room_stop(room, room->stop_user_id);
    room_arrivals_sit(room);
}

static void load_done(struct reactor *home, struct work *work)
{
    struct load *load = container_of(work, struct load, work);
    struct room *room = room_get(home, load->room);
    enum err err = work->commit ? work->commit : load->err;

    if (room && !err)
        err = room_fill(room, load);
    if (room && err)
        room_close(room, err, err == ERR_MATCH_ENDED ? STR("Game already finished") : STR(""));
    else if (room)
        room_is_open(room);
    free(load);
}

static enum err load_start(struct room *room)
{
    struct load *load = calloc(1, sizeof(*load));
    enum err err;

    if (!load)
        return ERR_FULL;
    load->work = (struct work){
        .home = room->reactor, .context = room->context, .run = load_run, .done = load_done};
    load->room = room->id;
    load->match_id = room->match_id;
    err = work_submit(&load->work, "session");
    if (err)
        free(load);
    return err;
}

struct room *room_open(struct reactor *reactor, uint64_t match_id)
{
    struct rooms *rooms = rooms_of(reactor);
    struct room *room = room_find(reactor, match_id);
    struct slot_id id;

    if (room)
        return room;
    room = slots_take(&rooms->table, &id);
    if (!room)
        return NULL;
    room->id = id;
    room->reactor = reactor;
    room->context = rooms->context;
    room->match_id = match_id;
    room->phase = ROOM_LOADING;
    list_init(&room->sockets);
    list_init(&room->arrivals);
    list_init(&room->early);
    if (map_set(&rooms->by_match, match_id, (uint64_t)id.index << 32 | id.generation) != OK) {
        slots_free(&rooms->table, id);
        return NULL;
    }
    if (load_start(room)) {
        room_close(room, OK, STR(""));
        return NULL;
    }
    return room;
}

/* -- from other threads
 * ------------------------------------------------------------------------------ */

struct opening {
    struct reactor_msg msg;
    uint64_t match_id;
};

static void opening_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct opening *opening = container_of(msg, struct opening, msg);

    if (!room_open(reactor, opening->match_id))
        log_event(LOG_WARN, "room_not_opened", LOG_U64("match_id", opening->match_id));
    free(opening);
}

void room_open_later(struct context *context, uint64_t match_id)
{
    struct opening *opening = calloc(1, sizeof(*opening));

    if (!opening)
        return; /* the first socket will open it */
    *opening = (struct opening){.msg.run = opening_run, .match_id = match_id};
    reactor_post(room_home(context, match_id), &opening->msg);
}
