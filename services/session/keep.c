/*
 * What of a room must survive: each point, the result, and the state as far as a fair resume needs
 * it. Jobs go to the writer straight from the reactor and come back as messages; a room refers to
 * itself by id meanwhile. Points and results are told to the players after they are durable, never
 * before. A store that is away makes the room wait and try again, not forget.
 */
#include "services/session/room.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/crypt/random.h"
#include "lib/store/webhooks.h"
#include "services/session/dialect.h"
#include "services/session/session.h"

enum keep_kind { KEEP_POINT, KEEP_END, KEEP_STATE, KEEP_REMATCH };

struct keep {
    struct store_job job;
    struct reactor_msg msg;
    struct reactor *reactor;
    struct slot_id room;
    enum keep_kind kind;
    bool has_webhook; /* an outside service wants the result, if it is of a room by code */
    enum err err;
    union {
        struct matches_point_args point;
        struct matches_save_args state;
        struct {
            struct matches_finish_args args;
            struct matches_finished out;
        } end;
        struct {
            struct matches_rematch_args args;
            struct matches_rematched out;
        } rematch;
    };
};

/* -- on the writer ----------------------------------------------------------------------------- */

static enum err keep_txn(struct db *db, void *arg)
{
    struct keep *keep = arg;
    enum err err;

    switch (keep->kind) {
    case KEEP_POINT:
        return matches_add_point(db, &keep->point);
    case KEEP_STATE:
        return matches_save(db, &keep->state);
    case KEEP_END:
        err = matches_finish(db, &keep->end.args, &keep->end.out);
        return err || !keep->has_webhook ? err : webhooks_add_result(db, &keep->end.out.match);
    case KEEP_REMATCH:
        return matches_rematch(db, &keep->rematch.args, &keep->rematch.out);
    }
    return ERR_INTERNAL;
}

static void keep_arrives(struct reactor *reactor, struct reactor_msg *msg);

static void keep_done(struct store_job *job, enum err err)
{
    struct keep *keep = container_of(job, struct keep, job);

    keep->err = err;
    keep->msg.run = keep_arrives;
    reactor_post(keep->reactor, &keep->msg);
}

/* -- back on the reactor ----------------------------------------------------------------------- */

static void try_again_later(struct room *room)
{
    room->retry_ms = reactor_now_ms(room->reactor) + ROOM_RETRY_MS;
    room_timer_set(room);
}

/* The store could not be asked, or another owner has taken over. */
static void not_kept(struct room *room, enum err err, const char *what)
{
    if (err == ERR_STORE || err == ERR_FULL || err == ERR_TIMEOUT) {
        try_again_later(room);
        return;
    }
    log_event(LOG_WARN, "room_lost", LOG_U64("match_id", room->match_id), LOG_C("what", what),
              LOG_C("code", err_code(err)));
    room_close(room, err == ERR_MATCH_ENDED ? err : ERR_CONFLICT,
               STR("This game is no longer run here; connect again."));
}

static void point_is_kept(struct room *room)
{
    uint64_t seq = room_next_seq(room);

    memcpy(room->scores, room->point.scores, sizeof(room->scores));
    room->point_count = room->point.number;
    room->has_point = false;
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (dialect_is_spoken(room, DIALECTS[i]))
            DIALECTS[i]->tell_score(room, seq);
    if (room->has_end)
        room_keep_end(room);
}

static void tell_over(struct room *room)
{
    uint64_t seq = room_next_seq(room);

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (dialect_is_spoken(room, DIALECTS[i]))
            DIALECTS[i]->tell_over(room, seq);
}

static void end_is_kept(struct room *room, const struct matches_finished *finished)
{
    room->finished = malloc(sizeof(*room->finished));
    CHECK(room->finished != NULL);
    *room->finished = *finished;
    room->has_end = false;
    room->is_ended = true;
    log_event(LOG_INFO, "match_ended", LOG_U64("match_id", room->match_id),
              LOG_C("reason", match_reason_name(finished->match.reason)),
              LOG_U64("left", room->scores[SEAT_LEFT]), LOG_U64("right", room->scores[SEAT_RIGHT]));
    tell_over(room);
    session_room_count(room, true);
    if (room->has_rematch)
        room_keep_rematch(room);
    else if (room->wants_close)
        room_close(room, OK, STR("the game is over"));
}

static void rematch_is_kept(struct room *room, uint64_t match_id)
{
    char memory[128];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "{\"match_id\":%llu}", (unsigned long long)match_id);
    bus_publish(room->context->bus, "match.created", buf_str(&text));
    buf_clear(&text);
    buf_printf(&text, "{\"type\":\"rematch\",\"game_id\":\"%llu\",\"seq\":%llu}",
               (unsigned long long)match_id, (unsigned long long)room_next_seq(room));
    room_broadcast(room, buf_str(&text));
}

static void rematch_is_refused(struct room *room, enum err err)
{
    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        if (conn && socket->seat >= 0)
            socket_error(conn, err, STR("The rematch could not be made: a player is not free."));
    }
}

static void state_is_kept(struct room *room, enum err err)
{
    room->is_saving = false;
    if (err == ERR_STALE_EPOCH) {
        not_kept(room, err, "state");
        return;
    }
    if (err == ERR_STORE || err == ERR_FULL) { /* for a fair resume only: with the next change */
        room->is_dirty = true;
        try_again_later(room);
        return;
    }
    if (room->is_dirty && !match_has_ended(&room->match))
        room_keep_state(room);
}

/* Last use of the room: the window may have closed while the writer was busy with the rematch. */
static void rematch_is_settled(struct room *room, enum err err, uint64_t match_id)
{
    room->has_rematch = false;
    if (err)
        rematch_is_refused(room, err);
    else
        rematch_is_kept(room, match_id);
    if (room->wants_close)
        room_close(room, OK, STR("the game is over"));
}

static void take_outcome(struct room *room, struct keep *keep)
{
    if (keep->kind == KEEP_STATE) {
        state_is_kept(room, keep->err);
        return;
    }
    room->is_busy = false;
    if (keep->kind == KEEP_REMATCH) {
        rematch_is_settled(room, keep->err, keep->rematch.out.match_id);
    } else if (keep->err) {
        not_kept(room, keep->err, keep->kind == KEEP_POINT ? "point" : "result");
    } else if (keep->kind == KEEP_POINT) {
        point_is_kept(room);
    } else {
        end_is_kept(room, &keep->end.out);
    }
}

static void keep_arrives(struct reactor *reactor, struct reactor_msg *msg)
{
    struct keep *keep = container_of(msg, struct keep, msg);
    struct room *room = room_get(reactor, keep->room);

    if (room && room->phase == ROOM_OPEN && room->context->store)
        take_outcome(room, keep);
    free(keep);
}

/* -- starting ---------------------------------------------------------------------------------- */

static struct keep *keep_new(struct room *room, enum keep_kind kind)
{
    struct keep *keep = calloc(1, sizeof(*keep));

    if (!keep)
        return NULL;
    keep->job.run = keep_txn;
    keep->job.arg = keep;
    keep->job.done = keep_done;
    keep->reactor = room->reactor;
    keep->room = room->id;
    keep->kind = kind;
    keep->has_webhook = room->context->settings->result_webhook_url[0] != '\0';
    return keep;
}

static bool submit(struct room *room, struct keep *keep)
{
    if (store_submit(room->context->store, &keep->job) == OK)
        return true;
    free(keep);
    try_again_later(room);
    return false;
}

void room_keep_point(struct room *room)
{
    struct keep *keep = room->is_busy ? NULL : keep_new(room, KEEP_POINT);

    if (!keep) {
        if (!room->is_busy)
            try_again_later(room);
        return;
    }
    keep->point = room->point;
    room->is_busy = submit(room, keep);
}

void room_keep_end(struct room *room)
{
    struct keep *keep;

    if (room->is_busy || room->has_point || room->is_ended)
        return; /* comes back when the point is kept */
    keep = keep_new(room, KEEP_END);
    if (!keep) {
        try_again_later(room);
        return;
    }
    keep->end.args = (struct matches_finish_args){
        .match_id = room->match_id,
        .epoch = room->epoch,
        .reason = (enum match_reason)room->match.result.reason,
        .winner_seat = room->match.result.winner,
        .is_rated = room->match.result.is_rated && room->is_rated,
        .scores = {room->scores[SEAT_LEFT], room->scores[SEAT_RIGHT]},
        .duration_ms = room_played_ms(room, reactor_now_ms(room->reactor)),
        .now_ms = clock_wall_ms(),
    };
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++)
        keep->end.args.absence_used_ms[seat] =
            match_absence_used_ms(&room->match, seat, reactor_now_ms(room->reactor));
    room->is_busy = submit(room, keep);
}

void room_keep_state(struct room *room)
{
    struct keep *keep;

    if (room->is_saving) {
        room->is_dirty = true;
        return;
    }
    keep = keep_new(room, KEEP_STATE);
    if (!keep)
        return;
    room->is_dirty = false;
    keep->state = (struct matches_save_args){
        .match_id = room->match_id,
        .epoch = room->epoch,
        .state = (enum match_state)room->match.state,
        .has_begun = room->match.has_begun,
        .now_ms = clock_wall_ms(),
    };
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        keep->state.absence_used_ms[seat] =
            match_absence_used_ms(&room->match, seat, reactor_now_ms(room->reactor));
        keep->state.pauses_used[seat] = room->match.seats[seat].pauses_used;
    }
    room->is_saving = submit(room, keep);
}

void room_keep_rematch(struct room *room)
{
    struct keep *keep;

    if (room->is_busy || !room->is_ended)
        return; /* comes back when the result is kept */
    keep = keep_new(room, KEEP_REMATCH);
    if (!keep) {
        try_again_later(room);
        return;
    }
    keep->rematch.args = (struct matches_rematch_args){
        .match_id = room->match_id,
        .seed = random_u64() >> 11, /* exact as a JSON number */
        .swap_sides = random_below(2) == 1,
        .now_ms = clock_wall_ms(),
    };
    room->is_busy = submit(room, keep);
}

void room_keep_retry(struct room *room)
{
    if (room->has_point)
        room_keep_point(room);
    else if (room->has_end)
        room_keep_end(room);
    else if (room->has_rematch)
        room_keep_rematch(room);
    if (room->is_dirty && !room->is_saving && !match_has_ended(&room->match))
        room_keep_state(room);
}
