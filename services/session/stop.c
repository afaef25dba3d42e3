/*
 * A match that ends by a word from outside its sockets: a player has left the tournament that
 * called it (`match.stop` with his id: he resigns), or it was called off for both (id 0). The word
 * is a hint; whoever gives it says it again until the match has ended.
 */
#include "services/session/room.h"

#include <stdlib.h>

#include "lib/bus/bus.h"

void room_stop(struct room *room, uint64_t user_id)
{
    uint64_t now_ms = reactor_now_ms(room->reactor);
    int8_t seat = room_seat_of(room, user_id);
    struct match_effects effects;
    enum err err;

    if (room->phase == ROOM_LOADING) {
        room->has_stop = true;
        room->stop_user_id = user_id;
        return;
    }
    room->has_stop = false;
    if (user_id == 0)
        err = match_cancel(&room->match, now_ms, &effects);
    else
        err =
            seat < 0 ? ERR_FORBIDDEN : match_resign(&room->match, (uint8_t)seat, now_ms, &effects);
    if (!err)
        room_effects_apply(room, &effects);
}

struct stop {
    struct reactor_msg msg;
    uint64_t match_id;
    uint64_t user_id;
};

static void stop_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct stop *stop = container_of(msg, struct stop, msg);
    struct room *room = room_open(reactor, stop->match_id);

    if (room)
        room_stop(room, stop->user_id);
    free(stop);
}

static void on_stop(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "match_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct stop, match_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "user_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct stop, user_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct context *context = ctx;
    struct stop *stop = calloc(1, sizeof(*stop));
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    (void)subject;
    if (!stop)
        return; /* a hint */
    arena_init(&arena, 4096);
    err = json_decode(payload, &SCHEMA, &arena, stop, &errors);
    arena_release(&arena);
    if (err || !context->server) {
        free(stop);
        return;
    }
    stop->msg.run = stop_run;
    reactor_post(room_home(context, stop->match_id), &stop->msg);
}

enum err room_stops_start(struct context *context)
{
    return bus_subscribe(context->bus, "match.stop", on_stop, context);
}
