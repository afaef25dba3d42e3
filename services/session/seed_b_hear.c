/*
 * What clients of seed.b say. They were trusted once with seats, positions and the ball's speed;
 * here each message is an intent of the seat that the socket has: a number of another seat is
 * refused, a position is a place to move to as fast as a paddle moves, a speed is not read.
 */
#include "lib/base/clock.h"
#include "services/session/dialect.h"

#define POSITION_MAX 100000

struct seed_b_message {
    struct str type, key, position, sequence;
    int64_t player_number;
    bool is_down, has_number, has_key, has_is_down, has_position, has_sequence;
};

#define FIELD(text, kind, member, present)                                                         \
    {                                                                                              \
        .name = (text), .type = (kind), .is_nullable = true,                                       \
        .offset = offsetof(struct seed_b_message, member), .present_offset = (present)             \
    }

static const struct json_field FIELDS[] = {
    {.name = "type",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct seed_b_message, type),
     .present_offset = SIZE_MAX,
     .min = 1,
     .max = 32},
    FIELD("player_number", JSON_I64, player_number, offsetof(struct seed_b_message, has_number)),
    FIELD("key", JSON_STR, key, offsetof(struct seed_b_message, has_key)),
    FIELD("is_down", JSON_BOOL, is_down, offsetof(struct seed_b_message, has_is_down)),
    FIELD("position", JSON_RAW, position, offsetof(struct seed_b_message, has_position)),
    FIELD("sequence", JSON_RAW, sequence, offsetof(struct seed_b_message, has_sequence)),
};
static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};

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

static uint64_t now_of(const struct speaker *speaker)
{
    return reactor_now_ms(speaker->room->reactor);
}

/* -- moving ------------------------------------------------------------------------------------ */

static void direct(struct room_seat *seat, int8_t direction)
{
    if (seat->direction == direction && !seat->has_input)
        return;
    seat->direction = direction;
    seat->has_input = true;
}

static void hear_key(const struct speaker *speaker, const struct seed_b_message *message)
{
    static const struct {
        struct str key;
        uint8_t bit;
    } KEYS[] = {{STR_INIT("w"), 1}, {STR_INIT("arrowup"), 1},   {STR_INIT("up"), 1},
                {STR_INIT("s"), 2}, {STR_INIT("arrowdown"), 2}, {STR_INIT("down"), 2}};
    struct room_socket *socket = speaker->socket;
    uint8_t bit = 0;

    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++)
        if (message->has_key && str_eq_nocase(message->key, KEYS[i].key))
            bit = KEYS[i].bit;
    if (!bit || !message->has_is_down) {
        fault(speaker, ERR_PROTOCOL,
              STR("key_event needs key w, s, up, down, arrowup or arrowdown, and is_down."));
        return;
    }
    socket->keys = message->is_down ? socket->keys | bit : socket->keys & (uint8_t)~bit;
    speaker->seat->has_target = false;
    direct(speaker->seat, (int8_t)(((socket->keys & 2) != 0) - ((socket->keys & 1) != 0)));
}

/* The whole part of a JSON number without an exponent; pixels need no more. */
static bool whole_part(struct str raw, int64_t *out)
{
    size_t end = 0;

    if (str_find(raw, 'e', 0) < raw.len || str_find(raw, 'E', 0) < raw.len)
        return false;
    end = str_find(raw, '.', 0);
    return json_value_i64(str_slice(raw, 0, end < raw.len ? end : raw.len), -POSITION_MAX,
                          POSITION_MAX, out) == OK;
}

/* What the newer clients' older relatives wait for. */
static void acknowledge(const struct speaker *speaker, const char *type, struct str sequence)
{
    char memory[256];
    struct buf text;
    struct json_writer w = json_writer_of(&text);
    int64_t number;

    if (json_value_i64(sequence, 0, INT64_MAX, &number))
        return;
    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", type);
    json_i64(&w, "sequence", number);
    json_u64(&w, "server_time", clock_wall_ms());
    json_object_end(&w);
    socket_send_text(speaker->conn, buf_str(&text));
}

static void hear_position(const struct speaker *speaker, const struct seed_b_message *message)
{
    const struct game_ruleset *rules =
        &speaker->room->game->rulesets[speaker->room->config.ruleset];
    int64_t top;

    if (!message->has_position || !whole_part(message->position, &top)) {
        fault(speaker, ERR_PROTOCOL, STR("paddle_position needs position, a number."));
        return;
    }
    speaker->seat->target_y = (int32_t)top * 100 + rules->paddle_height * 50;
    speaker->seat->has_target = true;
    if (message->has_sequence)
        acknowledge(speaker, "input_ack", message->sequence);
}

void seed_b_steer(struct room *room)
{
    const struct game_ruleset *rules = &room->game->rulesets[room->config.ruleset];
    int64_t step = (int64_t)rules->paddle_speed * 100 / room->game->ticks_per_second;

    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        struct room_seat *player = &room->seats[seat];
        int64_t gap;
        if (!player->has_target)
            continue;
        gap = player->target_y - seed_b_field(room, "paddles", native_side((int8_t)seat), "y");
        direct(player, (int8_t)((gap > step / 2) - (gap < -step / 2)));
    }
}

/* -- play and pause ---------------------------------------------------------------------------- */

typedef enum err (*match_fn)(struct match *, uint8_t seat, uint64_t now_ms, struct match_effects *);

static void do_match(const struct speaker *speaker, match_fn fn)
{
    struct match_effects effects;
    enum err err =
        fn(&speaker->room->match, (uint8_t)speaker->socket->seat, now_of(speaker), &effects);

    if (err)
        fault(speaker, err, STR(""));
    else
        room_effects_apply(speaker->room, &effects);
}

/* Before the game: ready. In a pause of one's own: its end. While the ball rests: the serve, if it
 * is one's own. In a rally there is nothing to resume. */
static void hear_resume(const struct speaker *speaker)
{
    switch (speaker->room->match.state) {
    case MATCH_PENDING:
    case MATCH_WAITING:
        do_match(speaker, match_ready);
        return;
    case MATCH_PAUSED:
        do_match(speaker, match_unpause);
        return;
    case MATCH_RUNNING:
        speaker->seat->wants_serve = true;
        return;
    default:
        return; /* the countdown runs, or it is over */
    }
}

static void send_state(const struct speaker *speaker)
{
    room_send_state(speaker->room, speaker->socket);
}

/* Who joins is known from the socket: the names in the message are not read. */
static void hear_join(const struct speaker *speaker)
{
    if (speaker->seat && (speaker->room->match.state == MATCH_PENDING ||
                          speaker->room->match.state == MATCH_WAITING))
        do_match(speaker, match_ready);
    send_state(speaker);
}

/* -- all messages ------------------------------------------------------------------------------ */

static void hear_unknown(const struct speaker *speaker, struct str type)
{
    char memory[80];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_put_c(&text, "Unknown message type: ");
    buf_put_str(&text, type);
    fault(speaker, ERR_PROTOCOL, buf_str(&text));
}

static void hear_player(const struct speaker *speaker, const struct seed_b_message *message)
{
    if (message->has_number && message->player_number != speaker->socket->seat + 1)
        fault(speaker, ERR_FORBIDDEN, STR("This is not your player_number."));
    else if (str_eq(message->type, STR("key_event")))
        hear_key(speaker, message);
    else if (str_eq(message->type, STR("paddle_position")))
        hear_position(speaker, message);
    else if (str_eq(message->type, STR("pause_game")))
        do_match(speaker, match_pause);
    else if (str_eq(message->type, STR("resume_game")))
        hear_resume(speaker);
    else
        hear_unknown(speaker, message->type);
}

static void hear_message(const struct speaker *speaker, const struct seed_b_message *message)
{
    if (str_eq(message->type, STR("pong")))
        return;
    if (str_eq(message->type, STR("ping")))
        socket_send_text(speaker->conn, STR("{\"type\":\"pong\"}"));
    else if (str_eq(message->type, STR("client_prediction")))
        acknowledge(speaker, "prediction_ack",
                    message->has_sequence ? message->sequence : STR("0"));
    else if (str_eq(message->type, STR("join_game")))
        hear_join(speaker);
    else if (speaker->seat)
        hear_player(speaker, message);
    else
        fault(speaker, ERR_FORBIDDEN, STR("Spectators may only watch."));
}

void seed_b_hear(struct conn *conn, struct socket *socket, struct str text)
{
    struct room_socket *own = container_of(socket, struct room_socket, socket);
    struct speaker speaker = {.conn = conn, .socket = own, .room = own->room};
    struct seed_b_message message = {.has_number = false};
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    if (!own->room || own->room->phase != ROOM_OPEN)
        return; /* it waits for the second player, or has been let go */
    if (own->seat >= 0)
        speaker.seat = &own->room->seats[own->seat];
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
