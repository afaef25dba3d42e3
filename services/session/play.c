/*
 * The tick of a room and what the match's clocks make it do. A tick applies the newest intent of
 * each seat, steps the game, and sends what changed: one body, encoded once, behind a head with the
 * receiver's own `ack`. When a point falls the game stands still until the point is durable.
 */
#include "services/session/room.h"

#include "lib/base/clock.h"
#include "services/session/dialect.h"
#include "services/session/session.h"

/* -- sending --------------------------------------------------------------------------------- */

/* A game_state is as of now, the changes after it are since the last snapshot: a field that has
 * returned by then to what it was would stay wrong for whoever got the state. */
static void note_untold(struct room *room)
{
    int64_t hundredths[GAME_FIELDS_MAX];

    native_view(room, hundredths);
    for (uint8_t i = 0; i < room->game->field_count; i++)
        if (hundredths[i] != room->told[i])
            room->untold |= 1u << i;
}

void room_send_state(struct room *room, struct room_socket *socket)
{
    char memory[ROOM_MESSAGE_SIZE];
    struct conn *conn = room_socket_conn(room, socket);
    struct buf text;

    if (!conn || room->phase != ROOM_OPEN)
        return;
    note_untold(room);
    buf_init_fixed(&text, memory, sizeof(memory));
    socket->dialect->put_state(&text, room, socket->seat, reactor_now_ms(room->reactor));
    CHECK(buf_ok(&text));
    socket_caught_up(conn);
    socket_send_text(conn, buf_str(&text));
}

void room_send(struct room *room, struct room_socket *socket, struct frame *frame)
{
    struct conn *conn = room_socket_conn(room, socket);

    if (conn)
        socket_send(conn, frame);
}

/* Where snapshots were dropped a game_state goes first, as things stand before the event: a gap in
 * seq never comes without one. */
uint64_t room_next_seq(struct room *room)
{
    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        if (conn && socket_is_behind(conn))
            room_send_state(room, socket);
    }
    return ++room->seq;
}

void room_broadcast(struct room *room, struct str text)
{
    dialect_send(room, &DIALECT_NATIVE, text, DIALECT_ALL, MATCH_NO_SEAT);
}

void room_send_state_all(struct room *room)
{
    list_for_each (node, &room->sockets)
        room_send_state(room, container_of(node, struct room_socket, link));
    room->state_due_ms = reactor_now_ms(room->reactor) + ROOM_STATE_EVERY_MS;
}

/* -- snapshots ------------------------------------------------------------------------------- */

/* {"type":"game_update","seq":S,"tick":T,"ack":A + body + } as a frame. */
static struct frame *update_frame(struct room *room, struct str body, uint64_t ack)
{
    struct frame *frame = frame_new(room->reactor, body.len + 96);
    struct buf text;

    if (!frame)
        return NULL;
    buf_init_fixed(&text, frame_payload(frame), body.len + 96);
    buf_put_c(&text, "{\"type\":\"game_update\",\"seq\":");
    buf_put_u64(&text, room->seq);
    buf_put_c(&text, ",\"tick\":");
    buf_put_u64(&text, room->tick);
    buf_put_c(&text, ",\"ack\":");
    buf_put_u64(&text, ack);
    buf_put_str(&text, body);
    buf_put_char(&text, '}');
    frame_finish(frame, WS_TEXT, text.len);
    return frame;
}

static void send_update(struct room *room, struct str body)
{
    struct frame *frames[MATCH_SEATS + 1] = {NULL}; /* by seat + 1 */

    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        struct frame **frame = &frames[socket->seat + 1];
        if (!conn || socket->dialect != &DIALECT_NATIVE)
            continue;
        if (!*frame)
            *frame =
                update_frame(room, body, socket->seat >= 0 ? room->seats[socket->seat].ack : 0);
        if (*frame)
            (void)socket_send_latest(conn, *frame); /* dropped: `drained` sends a game_state */
    }
    for (int i = 0; i <= MATCH_SEATS; i++)
        if (frames[i])
            frame_release(room->reactor, frames[i]);
}

void native_tell_changes(struct room *room)
{
    int64_t hundredths[GAME_FIELDS_MAX];
    char memory[512];
    struct buf body;
    uint32_t mask = room->untold;

    room->untold = 0;
    native_view(room, hundredths);
    for (uint8_t i = 0; i < room->game->field_count; i++)
        if (hundredths[i] != room->told[i])
            mask |= 1u << i;
    memcpy(room->told, hundredths, sizeof(room->told));
    buf_init_fixed(&body, memory, sizeof(memory));
    native_put_fields(&body, room->game, hundredths, mask);
    CHECK(buf_ok(&body));
    room->seq++;
    send_update(room, buf_str(&body));
}

static void snapshot(struct room *room)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (dialect_is_spoken(room, DIALECTS[i]))
            DIALECTS[i]->tell_changes(room);
}

static void tell_serve(struct room *room)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (DIALECTS[i]->tell_serve && dialect_is_spoken(room, DIALECTS[i]))
            DIALECTS[i]->tell_serve(room);
}

/* -- the tick -------------------------------------------------------------------------------- */

static void apply_inputs(struct room *room)
{
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        struct room_seat *player = &room->seats[seat];
        if (player->has_input) {
            struct game_input input = {.kind = GAME_INPUT_MOVE, .direction = player->direction};
            room->game->input(room->state, seat, &input);
            player->ack = player->input_seq;
            player->has_input = false;
        }
        if (player->wants_serve) {
            struct game_input input = {.kind = GAME_INPUT_SERVE};
            room->game->input(room->state, seat, &input);
            player->wants_serve = false;
        }
    }
}

/* The point goes to the store before anybody hears of it; the serve pause hides the wait. */
static void on_goal(struct room *room, uint8_t scorer)
{
    struct game_result result;

    room->point = (struct matches_point_args){
        .match_id = room->match_id,
        .epoch = room->epoch,
        .number = room->point_count + 1,
        .seat = scorer,
        .tick = room->tick,
        .now_ms = clock_wall_ms(),
    };
    room->game->scores(room->state, room->point.scores);
    room->has_point = true;
    if (room->game->finished(room->state, &result)) {
        struct match_effects effects;
        if (match_finish(&room->match, result.winner_seat, reactor_now_ms(room->reactor),
                         &effects) == OK)
            room_effects_apply(room, &effects);
    }
    room_keep_point(room);
}

void room_tick(struct reactor *reactor, struct ticker *ticker)
{
    struct room *room = container_of(ticker, struct room, ticker);
    struct game_events events = {.count = 0};
    bool is_sudden = false;

    (void)reactor;
    if (room->has_point)
        return; /* time stands still until the point is durable */
    seed_b_steer(room);
    apply_inputs(room);
    room_bot_play(room);
    room->game->step(room->state, &events);
    room->tick++;
    for (uint8_t i = 0; i < events.count; i++)
        is_sudden |= events.list[i].kind != GAME_EVENT_OVER;
    room->snapshot_phase += room->context->settings->snapshot_hz;
    if (room->snapshot_phase >= TICK_HZ) {
        room->snapshot_phase -= TICK_HZ;
        is_sudden = true;
    }
    if (is_sudden)
        snapshot(room);
    for (uint8_t i = 0; i < events.count; i++)
        if (events.list[i].kind == GAME_EVENT_SERVE)
            tell_serve(room);
    for (uint8_t i = 0; i < events.count; i++)
        if (events.list[i].kind == GAME_EVENT_GOAL)
            on_goal(room, events.list[i].seat);
}

uint64_t room_played_ms(const struct room *room, uint64_t now_ms)
{
    return room->played_ms +
           (room->match.state == MATCH_RUNNING ? now_ms - room->play_since_ms : 0);
}

/* -- the match's effects ----------------------------------------------------------------------- */

static void announce(struct room *room, const struct match_effect *effect)
{
    uint64_t seq = room_next_seq(room);

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (dialect_is_spoken(room, DIALECTS[i]))
            DIALECTS[i]->tell_effect(room, effect, seq);
}

static void play_start(struct room *room)
{
    room->play_since_ms = reactor_now_ms(room->reactor);
    if (!room->ticker.is_on)
        ticker_start(room->reactor, &room->ticker, room_tick);
    room_send_state_all(room);
    tell_serve(room);
}

static void play_stop(struct room *room)
{
    if (!room->ticker.is_on)
        return;
    ticker_stop(room->reactor, &room->ticker);
    room->played_ms += reactor_now_ms(room->reactor) - room->play_since_ms;
}

static void rest_paddle(struct room *room, int8_t seat)
{
    struct game_input rest = {.kind = GAME_INPUT_MOVE, .direction = 0};

    room->game->input(room->state, (uint8_t)seat, &rest);
    room->seats[seat].has_input = false;
    room->seats[seat].has_target = false;
    room->seats[seat].direction = 0;
    room->seats[seat].wants_serve = false;
}

static void effect_apply(struct room *room, const struct match_effect *effect)
{
    struct match_effects answer;

    switch ((enum match_effect_kind)effect->kind) {
    case MATCH_EFFECT_LEFT: /* an intent holds until it is changed or the socket is lost */
        rest_paddle(room, effect->seat);
        announce(room, effect);
        return;
    case MATCH_EFFECT_JOINED:
    case MATCH_EFFECT_READY:
    case MATCH_EFFECT_COUNTDOWN:
        announce(room, effect);
        return;
    case MATCH_EFFECT_REMATCH_ASKED:
        announce(room, effect);
        if (room_bot_agrees(room, effect->seat, &answer))
            for (uint8_t i = 0; i < answer.count; i++)
                effect_apply(room, &answer.list[i]);
        return;
    case MATCH_EFFECT_PLAY:
        play_start(room);
        return;
    case MATCH_EFFECT_PAUSE:
        play_stop(room);
        announce(room, effect);
        return;
    case MATCH_EFFECT_END:
        play_stop(room);
        room->has_end = true;
        return;
    case MATCH_EFFECT_REMATCH:
        room->has_rematch = true;
        room_keep_rematch(room);
        return;
    case MATCH_EFFECT_CLOSED:
        room->wants_close = true;
        return;
    }
}

void room_effects_apply(struct room *room, const struct match_effects *effects)
{
    for (uint8_t i = 0; i < effects->count; i++)
        effect_apply(room, &effects->list[i]);
    session_room_count(room, true);
    if (effects->count > 0 && !match_has_ended(&room->match))
        room_keep_state(room);
    if (room->has_end)
        room_keep_end(room);
    if (room->wants_close && room->is_ended && !room->has_rematch) {
        room_close(room, OK, STR("the game is over"));
        return;
    }
    room_timer_set(room);
}

/* -- the one timer ----------------------------------------------------------------------------- */

static void timer_fires(struct reactor *reactor, struct reactor_timer *timer)
{
    struct room *room = container_of(timer, struct room, timer);
    uint64_t now_ms = reactor_now_ms(reactor);
    struct match_effects effects;

    if (now_ms - timer->due_ms > 1000) /* the process stood still: that counts against nobody */
        match_clocks_shift(&room->match, now_ms - timer->due_ms);
    if (room->retry_ms != 0 && now_ms >= room->retry_ms) {
        room->retry_ms = 0;
        room_keep_retry(room);
    }
    if (now_ms >= room->state_due_ms)
        room_send_state_all(room);
    match_tick(&room->match, now_ms, &effects);
    room_effects_apply(room, &effects);
}

void room_timer_set(struct room *room)
{
    uint64_t due_ms = match_next_due_ms(&room->match);

    if (room->state_due_ms < due_ms)
        due_ms = room->state_due_ms;
    if (room->retry_ms != 0 && room->retry_ms < due_ms)
        due_ms = room->retry_ms;
    if (room->timer.place && room->timer.due_ms == due_ms)
        return;
    /* The heap holds a timer for each room that fits into the table. */
    CHECK(reactor_timer_start(room->reactor, &room->timer, due_ms, timer_fires) == OK);
}
