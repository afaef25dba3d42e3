/*
 * What rooms by code are told in dialect seed.b: one flat state, its changed keys 30 times a
 * second, and events. Every message to all has a `seq` without gaps, so that a client knows what it
 * missed; whoever missed something gets the full state. Players are numbers 1 (left) and 2; ids are
 * texts and shown to players only; lengths are world units, speeds units per second, times
 * milliseconds.
 */
#include "lib/base/clock.h"
#include "services/session/dialect.h"

#define MESSAGE_SIZE 1024

/* The keys that change, in the order of room->seed_b_told; numbers in hundredths. */
enum {
    STATUS,
    SCORE_1,
    SCORE_2,
    PADDLE_1,
    PADDLE_2,
    BALL_X,
    BALL_Y,
    SPEED_X,
    SPEED_Y,
    PAUSED,
    LOSER
};
_Static_assert(LOSER + 1 == SEED_B_KEYS, "room.h holds them");

static const char *const KEYS[SEED_B_KEYS] = {
    "status",    "player_1_score", "player_2_score", "player_1_paddle_y", "player_2_paddle_y",
    "ball_x",    "ball_y",         "ball_speed_x",   "ball_speed_y",      "is_paused",
    "last_loser"};
static const char *const STATUSES[] = {"WAITING", "ONGOING", "FINISHED"};

int64_t seed_b_field(const struct room *room, const char *group, const char *part, const char *key)
{
    int64_t hundredths[GAME_FIELDS_MAX];

    native_view(room, hundredths);
    for (uint8_t i = 0; i < room->game->field_count; i++) {
        const struct game_field *field = &room->game->fields[i];
        if (strcmp(field->group, group) == 0 && strcmp(field->key, key) == 0 &&
            (!part || (field->part && strcmp(field->part, part) == 0)))
            return hundredths[i];
    }
    return 0;
}

static const struct game_ruleset *rules_of(const struct room *room)
{
    return &room->game->rulesets[room->config.ruleset];
}

static bool ball_rests(const struct room *room)
{
    return seed_b_field(room, "ball", NULL, "vx") == 0 &&
           seed_b_field(room, "ball", NULL, "vy") == 0;
}

/* -- the flat state ---------------------------------------------------------------------------- */

static void view(const struct room *room, int64_t *values)
{
    int64_t half = (int64_t)rules_of(room)->paddle_height * 50;

    values[STATUS] = room->match_id == 0 ? 0 : match_has_ended(&room->match) ? 2 : 1;
    values[SCORE_1] = room->scores[SEAT_LEFT] * 100;
    values[SCORE_2] = room->scores[SEAT_RIGHT] * 100;
    values[PADDLE_1] = seed_b_field(room, "paddles", "left", "y") - half;
    values[PADDLE_2] = seed_b_field(room, "paddles", "right", "y") - half;
    values[BALL_X] = seed_b_field(room, "ball", NULL, "x");
    values[BALL_Y] = seed_b_field(room, "ball", NULL, "y");
    values[SPEED_X] = seed_b_field(room, "ball", NULL, "vx");
    values[SPEED_Y] = seed_b_field(room, "ball", NULL, "vy");
    values[PAUSED] = room->match.state != MATCH_RUNNING || ball_rests(room);
    values[LOSER] = room->point_count == 0 ? 0 : 2 - room->point.seat; /* who did not score */
}

static void put_value(struct json_writer *w, int key, int64_t value)
{
    if (key == STATUS)
        json_c(w, KEYS[key], STATUSES[value]);
    else if (key == PAUSED)
        json_bool(w, KEYS[key], value != 0);
    else if (key == LOSER && value == 0)
        json_null(w, KEYS[key]);
    else if (key == LOSER)
        json_i64(w, KEYS[key], value);
    else
        json_hundredths(w, KEYS[key], value);
}

/* Ids are for the players; who is not there yet has neither id nor name. */
static void put_people(struct json_writer *w, const struct room *room, bool is_player)
{
    static const char *const IDS[] = {"player_1_id", "player_2_id"};
    static const char *const NAMES[] = {"player_1_username", "player_2_username"};

    for (int seat = 0; seat < MATCH_SEATS; seat++) {
        const struct room_seat *player = &room->seats[seat];
        if (is_player && player->user_id)
            json_u64_text(w, IDS[seat], player->user_id);
        else
            json_null(w, IDS[seat]);
        if (player->username[0])
            json_c(w, NAMES[seat], player->username);
        else
            json_null(w, NAMES[seat]);
    }
}

static void put_number(struct json_writer *w, const char *key, int8_t seat)
{
    if (seat >= 0)
        json_i64(w, key, seat + 1);
    else
        json_null(w, key);
}

static void put_time(struct json_writer *w)
{
    json_u64(w, "timestamp", clock_wall_ms());
}

static void put_state(struct buf *out, struct room *room, int8_t seat, uint64_t now_ms)
{
    const struct game_ruleset *rules = rules_of(room);
    struct json_writer w = json_writer_of(out);
    int64_t values[SEED_B_KEYS];

    (void)now_ms;
    view(room, values);
    /* This state is newer than what the others were told last: a key that goes back until the next
     * changes are told would stay wrong here. */
    for (int key = 0; key < SEED_B_KEYS; key++)
        if (values[key] != room->seed_b_told[key])
            room->seed_b_untold |= 1u << key;
    json_object_begin(&w);
    json_c(&w, "type", "game_state");
    json_bool(&w, "is_full_state", true);
    json_c(&w, "room_code", room->code);
    put_number(&w, "player_number", seat);
    put_people(&w, room, seat >= 0);
    for (int key = 0; key < SEED_B_KEYS; key++)
        put_value(&w, key, values[key]);
    json_u64(&w, "paddle_height", rules->paddle_height);
    json_u64(&w, "paddle_width", rules->paddle_width);
    json_u64(&w, "ball_size", rules->ball_size);
    json_u64(&w, "winning_score",
             room->config.win_score ? room->config.win_score : rules->win_score);
    json_u64(&w, "seq", room->seed_b_seq);
    put_time(&w);
    json_object_end(&w);
}

/* -- what changed ------------------------------------------------------------------------------ */

static struct frame *delta_frame(struct room *room, const int64_t *values, uint32_t mask)
{
    char memory[MESSAGE_SIZE];
    struct buf text;
    struct json_writer w = json_writer_of(&text);
    struct frame *frame;

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "game_state_delta");
    for (int key = 0; key < SEED_B_KEYS; key++)
        if (mask & 1u << key)
            put_value(&w, key, values[key]);
    json_u64(&w, "seq", ++room->seed_b_seq);
    put_time(&w);
    json_bool(&w, "is_full_state", false);
    json_object_end(&w);
    CHECK(buf_ok(&text));
    frame = frame_new(room->reactor, text.len);
    if (!frame)
        return NULL;
    memcpy(frame_payload(frame), text.ptr, text.len);
    frame_finish(frame, WS_TEXT, text.len);
    return frame;
}

static void tell_changes(struct room *room)
{
    int64_t values[SEED_B_KEYS];
    uint32_t mask = room->seed_b_untold;
    struct frame *frame;

    view(room, values);
    for (int key = 0; key < SEED_B_KEYS; key++)
        if (values[key] != room->seed_b_told[key])
            mask |= 1u << key;
    memcpy(room->seed_b_told, values, sizeof(values));
    room->seed_b_untold = 0;
    if (mask == 0)
        return;
    frame = delta_frame(room, values, mask);
    if (!frame)
        return;
    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        if (conn && socket->dialect == &DIALECT_SEED_B)
            (void)socket_send_latest(conn, frame); /* dropped: `drained` sends the full state */
    }
    frame_release(room->reactor, frame);
}

/* -- events ------------------------------------------------------------------------------------ */

struct event {
    char memory[MESSAGE_SIZE];
    struct buf text;
    struct json_writer w;
};

static void event_begin(struct event *event, struct room *room, const char *type)
{
    buf_init_fixed(&event->text, event->memory, sizeof(event->memory));
    event->w = json_writer_of(&event->text);
    json_object_begin(&event->w);
    json_c(&event->w, "type", type);
    json_u64(&event->w, "seq", room->seed_b_seq);
    put_time(&event->w);
}

static void event_send(struct event *event, struct room *room, enum dialect_whom whom, int8_t seat)
{
    json_object_end(&event->w);
    CHECK(buf_ok(&event->text));
    dialect_send(room, &DIALECT_SEED_B, buf_str(&event->text), whom, seat);
}

static void tell_presence(struct room *room, int8_t seat, const char *type, bool has_you)
{
    const struct room_seat *player = &room->seats[seat];

    room->seed_b_seq++;
    for (int8_t hearer = MATCH_NO_SEAT; hearer < MATCH_SEATS; hearer++) {
        struct event event;
        event_begin(&event, room, type);
        put_number(&event.w, "player_number", seat);
        if (hearer >= 0)
            json_u64_text(&event.w, "player_id", player->user_id);
        else
            json_null(&event.w, "player_id");
        json_c(&event.w, "username", player->username);
        if (has_you)
            json_bool(&event.w, "is_you", hearer == seat);
        event_send(&event, room, DIALECT_ONLY, hearer);
    }
}

static void tell_effect(struct room *room, const struct match_effect *effect, uint64_t seq)
{
    struct event event;

    (void)seq;
    switch ((enum match_effect_kind)effect->kind) {
    case MATCH_EFFECT_JOINED:
        tell_presence(room, effect->seat, "player_joined", true);
        return;
    case MATCH_EFFECT_LEFT:
        tell_presence(room, effect->seat, "player_left", false);
        return;
    case MATCH_EFFECT_PAUSE:
        room->seed_b_seq++;
        event_begin(&event, room, "game_paused");
        put_number(&event.w, "player_number", effect->seat);
        event_send(&event, room, DIALECT_ALL, MATCH_NO_SEAT);
        return;
    case MATCH_EFFECT_READY:
    case MATCH_EFFECT_COUNTDOWN:
    case MATCH_EFFECT_REMATCH_ASKED:
    case MATCH_EFFECT_PLAY:
    case MATCH_EFFECT_END:
    case MATCH_EFFECT_REMATCH:
    case MATCH_EFFECT_CLOSED:
        return; /* its clients have no word for it; the state shows what there is to see */
    }
}

static void tell_serve(struct room *room)
{
    struct event event;

    if (ball_rests(room))
        return;
    room->seed_b_seq++;
    event_begin(&event, room, "game_resumed");
    json_i64(&event.w, "player_number", room->point_count ? 2 - room->point.seat : 1);
    json_hundredths(&event.w, "ball_speed_x", seed_b_field(room, "ball", NULL, "vx"));
    json_hundredths(&event.w, "ball_speed_y", seed_b_field(room, "ball", NULL, "vy"));
    event_send(&event, room, DIALECT_ALL, MATCH_NO_SEAT);
}

static void put_scores(struct json_writer *w, const struct room *room)
{
    json_u64(w, "player_1_score", room->scores[SEAT_LEFT]);
    json_u64(w, "player_2_score", room->scores[SEAT_RIGHT]);
    json_c(w, "player_1_username", room->seats[SEAT_LEFT].username);
    json_c(w, "player_2_username", room->seats[SEAT_RIGHT].username);
}

static void tell_score(struct room *room, uint64_t seq)
{
    struct event event;

    (void)seq;
    room->seed_b_seq++;
    event_begin(&event, room, "goal_scored");
    put_number(&event.w, "scorer", (int8_t)room->point.seat);
    put_scores(&event.w, room);
    event_send(&event, room, DIALECT_ALL, MATCH_NO_SEAT);
}

static void put_over(struct buf *out, const struct room *room, int8_t seat, uint64_t seq)
{
    const struct match_row *row = &room->finished->match;
    struct json_writer w = json_writer_of(out);

    (void)seat;
    (void)seq;
    json_object_begin(&w);
    json_c(&w, "type", "game_over");
    put_number(&w, "winner", row->winner_seat);
    put_scores(&w, room);
    json_c(&w, "reason", match_reason_name(row->reason));
    json_u64(&w, "match_id", room->match_id);
    json_u64(&w, "seq", room->seed_b_seq);
    put_time(&w);
    json_object_end(&w);
}

static void tell_over(struct room *room, uint64_t seq)
{
    char memory[MESSAGE_SIZE];
    struct buf text;

    tell_changes(room); /* the status */
    room->seed_b_seq++;
    buf_init_fixed(&text, memory, sizeof(memory));
    put_over(&text, room, MATCH_NO_SEAT, seq);
    CHECK(buf_ok(&text));
    dialect_send(room, &DIALECT_SEED_B, buf_str(&text), DIALECT_ALL, MATCH_NO_SEAT);
}

const struct dialect DIALECT_SEED_B = {
    .name = "seed.b",
    .hear = seed_b_hear,
    .put_state = put_state,
    .put_over = put_over,
    .tell_changes = tell_changes,
    .tell_effect = tell_effect,
    .tell_score = tell_score,
    .tell_over = tell_over,
    .tell_serve = tell_serve,
};
