/*
 * What clients of rally.v1 say. Everything is an intent; who speaks is known from the socket, never
 * from the message. Positions, scores and other people's seats cannot be said at all.
 */
#include "services/session/room.h"

#include "lib/base/clock.h"

struct native_message {
    struct str type, movement, action, t, data;
    int64_t direction, emote;
    uint64_t seq;
    bool has_direction, has_movement, has_seq, has_emote, has_data, has_t;
};

#define FIELD(key, kind, member, present, low, high)                                               \
    {                                                                                              \
        .name = (key), .type = (kind), .offset = offsetof(struct native_message, member),          \
        .present_offset = (present), .min = (low), .max = (high)                                   \
    }

static const struct json_field FIELDS[] = {
    FIELD("type", JSON_STR, type, SIZE_MAX, 1, 32),
    FIELD("direction", JSON_I64, direction, offsetof(struct native_message, has_direction), -1, 1),
    FIELD("seq", JSON_U64, seq, offsetof(struct native_message, has_seq), 0, INT64_MAX),
    FIELD("movement", JSON_STR, movement, offsetof(struct native_message, has_movement), 0, 8),
    FIELD("action", JSON_STR, action, SIZE_MAX, 0, 32),
    FIELD("t", JSON_RAW, t, offsetof(struct native_message, has_t), 0, 0),
    FIELD("data", JSON_OBJECT, data, offsetof(struct native_message, has_data), 0, 0),
    FIELD("id", JSON_I64, emote, offsetof(struct native_message, has_emote), 0, ROOM_EMOTE_MAX),
};

static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};

/* Where a message came from. */
struct speaker {
    struct conn *conn;
    struct room_socket *socket;
    struct room *room;
    struct room_seat *seat;
};

static void fault(const struct speaker *speaker, enum err err, struct str detail)
{
    socket_fault(speaker->conn, &speaker->socket->socket, err, detail);
}

/* -- moves ------------------------------------------------------------------------------------- */

static bool direction_of(const struct native_message *message, int8_t *direction)
{
    if (message->has_direction) {
        *direction = (int8_t)message->direction;
        return true;
    }
    if (!message->has_movement)
        return false;
    if (str_eq(message->movement, STR("up")))
        *direction = -1;
    else if (str_eq(message->movement, STR("down")))
        *direction = 1;
    else if (str_eq(message->movement, STR("stop")))
        *direction = 0;
    else
        return false;
    return true;
}

/* Numbers grow on a connection; one that does not is an input that has been applied already. */
static void hear_move(const struct speaker *speaker, const struct native_message *message)
{
    struct room_seat *seat = speaker->seat;
    int8_t direction = 0;

    if (!direction_of(message, &direction)) {
        fault(speaker, ERR_PROTOCOL,
              STR("player_move needs direction -1, 0 or 1, or movement up, down or stop."));
        return;
    }
    if (message->has_seq && seat->has_seq && message->seq <= seat->seq_seen)
        return;
    if (message->has_seq) {
        seat->has_seq = true;
        seat->seq_seen = message->seq;
        seat->input_seq = message->seq;
    }
    seat->direction = direction;
    seat->has_input = true;
}

/* -- actions ----------------------------------------------------------------------------------- */

static void hear_emote(const struct speaker *speaker, const struct native_message *message)
{
    static const struct json_field ID[] = {
        {.name = "id",
         .type = JSON_I64,
         .is_required = true,
         .present_offset = SIZE_MAX,
         .max = ROOM_EMOTE_MAX},
    };
    static const struct json_schema DATA = {ID, ARRAY_COUNT(ID), .allows_unknown = true};
    struct json_errors errors = {0};
    struct arena arena;
    int64_t emote = message->emote;
    char memory[128];
    struct buf text;
    enum err err = message->has_emote ? OK : ERR_INVALID;

    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE);
    if (message->has_data)
        err = json_decode(message->data, &DATA, &arena, &emote, &errors);
    arena_release(&arena);
    if (err) {
        fault(speaker, ERR_PROTOCOL, STR("emote needs data.id from 0 to 31."));
        return;
    }
    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "{\"type\":\"emote\",\"user_id\":%llu,\"id\":%lld,\"seq\":%llu}",
               (unsigned long long)speaker->seat->user_id, (long long)emote,
               (unsigned long long)room_next_seq(speaker->room));
    room_broadcast(speaker->room, buf_str(&text));
}

typedef enum err (*match_fn)(struct match *, uint8_t seat, uint64_t now_ms, struct match_effects *);

static void do_match(const struct speaker *speaker, match_fn fn)
{
    struct room *room = speaker->room;
    struct match_effects effects;
    enum err err =
        fn(&room->match, (uint8_t)speaker->socket->seat, reactor_now_ms(room->reactor), &effects);

    if (err)
        fault(speaker, err, STR(""));
    else
        room_effects_apply(room, &effects); /* may close the room: the last use of it */
}

static void hear_action(const struct speaker *speaker, const struct native_message *message)
{
    static const struct {
        struct str name;
        match_fn fn;
    } ACTIONS[] = {
        {STR_INIT("pause"), match_pause},
        {STR_INIT("resume"), match_unpause},
        {STR_INIT("resign"), match_resign},
        {STR_INIT("rematch"), match_rematch},
    };

    if (str_eq(message->action, STR("serve"))) {
        speaker->seat->wants_serve = true;
        return;
    }
    if (str_eq(message->action, STR("emote"))) {
        hear_emote(speaker, message);
        return;
    }
    if (speaker->room->tournament_id != 0 && str_eq(message->action, STR("rematch"))) {
        fault(speaker, ERR_FORBIDDEN, STR("A tournament's match is played once."));
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(ACTIONS); i++) {
        if (str_eq(message->action, ACTIONS[i].name)) {
            do_match(speaker, ACTIONS[i].fn);
            return;
        }
    }
    fault(speaker, ERR_PROTOCOL, STR("There is no such game_action."));
}

/* -- all messages ------------------------------------------------------------------------------ */

/* `t` comes back as it was: a number or a short string of the client's own. */
static void hear_ping(const struct speaker *speaker, const struct native_message *message)
{
    char memory[160];
    struct buf text;

    if (message->t.len > 32) {
        fault(speaker, ERR_PROTOCOL, STR("ping.t is at most 32 characters."));
        return;
    }
    buf_init_fixed(&text, memory, sizeof(memory));
    buf_put_c(&text, "{\"type\":\"pong\",\"t\":");
    buf_put_str(&text, message->has_t ? message->t : STR("null"));
    buf_printf(&text, ",\"server_time_ms\":%llu,\"tick\":%u}", (unsigned long long)clock_wall_ms(),
               speaker->room->tick);
    socket_send_text(speaker->conn, buf_str(&text));
}

static void hear_message(const struct speaker *speaker, const struct native_message *message)
{
    if (str_eq(message->type, STR("ping"))) {
        hear_ping(speaker, message);
        return;
    }
    if (!speaker->seat) {
        fault(speaker, ERR_FORBIDDEN, STR("Spectators may only watch."));
        return;
    }
    if (str_eq(message->type, STR("player_move")))
        hear_move(speaker, message);
    else if (str_eq(message->type, STR("player_ready")))
        do_match(speaker, match_ready);
    else if (str_eq(message->type, STR("game_action")))
        hear_action(speaker, message);
    else
        fault(speaker, ERR_PROTOCOL, STR("Unknown message type."));
}

void native_hear(struct conn *conn, struct socket *socket, struct str text)
{
    struct room_socket *own = container_of(socket, struct room_socket, socket);
    struct room *room = own->room;
    struct speaker speaker = {.conn = conn, .socket = own, .room = room};
    struct native_message message = {0};
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    if (!room || room->phase != ROOM_OPEN)
        return; /* still loading, or let go: nothing can be done with it */
    if (own->seat >= 0)
        speaker.seat = &room->seats[own->seat];
    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE * 2);
    err = json_decode(text, &SCHEMA, &arena, &message, &errors);
    if (err == ERR_JSON)
        fault(&speaker, ERR_JSON, STR("Invalid JSON format"));
    else if (err)
        fault(&speaker, ERR_PROTOCOL,
              errors.count > 0 ? str_from_c(errors.list[0].detail) : STR(""));
    else
        hear_message(&speaker, &message);
    arena_release(&arena);
}
