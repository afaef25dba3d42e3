/*
 * The messages of dialect rally.v1 (protocol section 10). Numbers of the game are world units with
 * at most two decimals; ids are strings, user_id a number; sides are "left" and "right".
 */
#include "services/session/room.h"

#include "lib/base/clock.h"
#include "services/session/dialect.h"

const char *native_side(int8_t seat)
{
    return seat == SEAT_LEFT ? "left" : seat == SEAT_RIGHT ? "right" : NULL;
}

static void put_side(struct json_writer *w, const char *key, int8_t seat)
{
    if (native_side(seat))
        json_c(w, key, native_side(seat));
    else
        json_null(w, key);
}

/* -- fields of the game ------------------------------------------------------------------------ */

void native_view(const struct room *room, int64_t *hundredths)
{
    const struct game_ops *game = room->game;
    int32_t values[GAME_FIELDS_MAX];

    game->view(room->state, values);
    for (uint8_t i = 0; i < game->field_count; i++) {
        const struct game_field *field = &game->fields[i];
        int64_t scaled = (int64_t)values[i] * 100;
        int64_t half = (int64_t)1 << field->fraction_bits >> 1;
        if (field->is_velocity)
            scaled *= game->ticks_per_second;
        /* Rounded to nearest, halves away from zero, so a mirrored ball has mirrored numbers. */
        hundredths[i] = scaled >= 0 ? (scaled + half) / ((int64_t)1 << field->fraction_bits)
                                    : -((-scaled + half) / ((int64_t)1 << field->fraction_bits));
    }
}

/* Rows of one group stand together in the game's table, and so do those of one part. */
void native_put_fields(struct buf *out, const struct game_ops *game, const int64_t *hundredths,
                       uint32_t mask)
{
    const char *group = NULL, *part = NULL;
    struct json_writer w = json_writer_of(out);

    for (uint8_t i = 0; i < game->field_count; i++) {
        const struct game_field *field = &game->fields[i];
        if (!(mask & 1u << i))
            continue;
        if (part && (field->part != part || field->group != group)) {
            json_object_end(&w);
            part = NULL;
        }
        if (group && field->group != group) {
            json_object_end(&w);
            group = NULL;
        }
        if (!group) {
            w.needs_comma = true;
            json_key(&w, field->group);
            json_object_begin(&w);
            group = field->group;
        }
        if (field->part && !part) {
            json_key(&w, field->part);
            json_object_begin(&w);
            part = field->part;
        }
        json_hundredths(&w, field->key, hundredths[i]);
    }
    if (part)
        json_object_end(&w);
    if (group)
        json_object_end(&w);
}

/* -- game_state
 * ------------------------------------------------------------------------------------ */

static void put_ruleset(struct json_writer *w, const struct room *room)
{
    const struct game_ruleset *rules = &room->game->rulesets[room->config.ruleset];

    json_key(w, "ruleset");
    json_object_begin(w);
    json_c(w, "name", rules->name);
    json_u64(w, "width", rules->width);
    json_u64(w, "height", rules->height);
    json_key(w, "paddle");
    json_object_begin(w);
    json_u64(w, "width", rules->paddle_width);
    json_u64(w, "height", rules->paddle_height);
    json_u64(w, "speed", rules->paddle_speed);
    json_object_end(w);
    json_key(w, "ball");
    json_object_begin(w);
    json_u64(w, "size", rules->ball_size);
    json_u64(w, "speed", rules->ball_speed);
    json_u64(w, "max_speed", rules->ball_speed_max);
    json_object_end(w);
    json_u64(w, "win_score", room->config.win_score ? room->config.win_score : rules->win_score);
    json_u64(w, "tick_hz", room->game->ticks_per_second);
    json_object_end(w);
}

static void put_player(struct json_writer *w, const struct room *room, int8_t seat)
{
    const struct room_seat *player = &room->seats[seat];

    json_object_begin(w);
    json_u64(w, "user_id", player->user_id);
    json_c(w, "username", player->username);
    put_side(w, "side", seat);
    json_u64(w, "score", room->scores[seat]);
    json_bool(w, "ready", room->match.seats[seat].is_ready);
    json_bool(w, "connected", player->bot_level || !slot_id_is_none(player->conn));
    if (player->bot_level)
        json_null(w, "mmr");
    else
        json_i64(w, "mmr", player->mmr);
    json_bool(w, "guest", player->is_guest);
    if (player->bot_level)
        json_u64(w, "bot_level", player->bot_level);
    json_object_end(w);
}

static void put_you(struct json_writer *w, int8_t seat)
{
    json_key(w, "you");
    json_object_begin(w);
    put_side(w, "side", seat);
    if (seat >= 0)
        json_u64(w, "seat", (uint64_t)seat);
    else
        json_null(w, "seat");
    json_c(w, "role", seat >= 0 ? "player" : "spectator");
    json_object_end(w);
}

/* What holds up play, for whoever comes in the middle of it. */
static void put_hold(struct json_writer *w, const struct room *room, uint64_t now_ms)
{
    const struct match *match = &room->match;

    if (match->state == MATCH_READY || match->state == MATCH_PAUSED)
        json_u64(w, "remaining_ms", match_remaining_ms(match, now_ms));
    if (match->state == MATCH_PAUSED) {
        put_side(w, "paused_by", match->paused_by);
        json_c(w, "pause_reason", match->paused_by == MATCH_NO_SEAT ? "disconnect" : "pause");
    }
}

void native_put_state(struct buf *out, const struct room *room, int8_t seat, uint64_t now_ms)
{
    struct json_writer w = json_writer_of(out);
    int64_t hundredths[GAME_FIELDS_MAX] = {0};

    native_view(room, hundredths);
    json_object_begin(&w);
    json_c(&w, "type", "game_state");
    if (room->match_id)
        json_u64_text(&w, "match_id", room->match_id);
    else
        json_null(&w, "match_id");
    if (room->code[0])
        json_c(&w, "room_code", room->code);
    put_you(&w, seat);
    json_c(&w, "status", match_state_name((enum match_state)room->match.state));
    json_u64(&w, "tick", room->tick);
    json_u64(&w, "seq", room->seq);
    json_u64(&w, "ack", seat >= 0 ? room->seats[seat].ack : 0);
    put_ruleset(&w, room);
    json_key(&w, "players");
    json_array_begin(&w);
    put_player(&w, room, SEAT_LEFT);
    if (room->match_id) /* before that only its creator is there */
        put_player(&w, room, SEAT_RIGHT);
    json_array_end(&w);
    native_put_fields(out, room->game, hundredths, (1u << room->game->field_count) - 1);
    put_hold(&w, room, now_ms);
    json_u64(&w, "spectators", room->spectator_count);
    json_u64(&w, "server_time_ms", clock_wall_ms());
    json_object_end(&w);
}

/* -- events ---------------------------------------------------------------------------------- */

void native_put_score(struct buf *out, const struct room *room, uint8_t scorer, uint64_t seq)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_c(&w, "type", "score_update");
    json_u64(&w, "left", room->scores[SEAT_LEFT]);
    json_u64(&w, "right", room->scores[SEAT_RIGHT]);
    put_side(&w, "scorer", (int8_t)scorer);
    json_u64(&w, "seq", seq);
    json_object_end(&w);
}

static void put_who(struct json_writer *w, const struct room *room, int8_t seat)
{
    if (seat < 0)
        return;
    json_u64(w, "user_id", room->seats[seat].user_id);
    json_c(w, "username", room->seats[seat].username);
    put_side(w, "side", seat);
}

static void put_pause(struct json_writer *w, const struct match_effect *effect)
{
    put_side(w, "by", effect->seat);
    json_c(w, "reason", effect->is_absence ? "disconnect" : "pause");
    json_u64(w, "remaining_ms", effect->ms);
}

static void put_effect(struct json_writer *w, const struct room *room,
                       const struct match_effect *effect)
{
    switch ((enum match_effect_kind)effect->kind) {
    case MATCH_EFFECT_JOINED:
        json_c(w, "type", "player_joined");
        put_who(w, room, effect->seat);
        return;
    case MATCH_EFFECT_LEFT:
        json_c(w, "type", "player_left");
        put_who(w, room, effect->seat);
        json_u64(w, "grace_ms", effect->ms);
        return;
    case MATCH_EFFECT_READY:
        json_c(w, "type", "player_ready");
        put_who(w, room, effect->seat);
        return;
    case MATCH_EFFECT_COUNTDOWN:
        json_c(w, "type", effect->is_first ? "game_start" : "resumed");
        json_u64(w, "countdown_ms", effect->ms);
        if (effect->is_first)
            json_u64(w, "seed", room->seed);
        return;
    case MATCH_EFFECT_PAUSE:
        json_c(w, "type", "paused");
        if (effect->seat >= 0)
            json_u64(w, "user_id", room->seats[effect->seat].user_id);
        put_pause(w, effect);
        return;
    case MATCH_EFFECT_REMATCH_ASKED:
        json_c(w, "type", "rematch_asked");
        put_who(w, room, effect->seat);
        json_u64(w, "remaining_ms", effect->ms);
        return;
    case MATCH_EFFECT_PLAY:
    case MATCH_EFFECT_END:
    case MATCH_EFFECT_REMATCH:
    case MATCH_EFFECT_CLOSED:
        break;
    }
    check_failed("an effect without a message", __FILE__, __LINE__);
}

void native_put_effect(struct buf *out, const struct room *room, const struct match_effect *effect,
                       uint64_t seq)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    put_effect(&w, room, effect);
    json_u64(&w, "seq", seq);
    json_object_end(&w);
}

void native_put_over(struct buf *out, const struct room *room, int8_t seat, uint64_t seq)
{
    const struct match_row *row = &room->finished->match;
    const struct match_player_row *own = seat >= 0 ? &row->players[seat] : NULL;
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_c(&w, "type", "game_over");
    put_side(&w, "winner", row->winner_seat);
    json_key(&w, "winner_user_id");
    if (row->winner_seat >= 0)
        json_put_u64(&w, row->players[row->winner_seat].user_id);
    else
        json_put_null(&w);
    json_c(&w, "reason", match_reason_name(row->reason));
    json_u64(&w, "left", room->scores[SEAT_LEFT]);
    json_u64(&w, "right", room->scores[SEAT_RIGHT]);
    if (own && own->has_change) {
        json_key(&w, "rating");
        json_object_begin(&w);
        json_i64(&w, "before", own->change.mmr_before);
        json_i64(&w, "after", own->change.mmr_after);
        json_object_end(&w);
    }
    json_u64_text(&w, "match_id", room->match_id);
    json_u64(&w, "duration_ms", row->duration_ms);
    json_null(&w, "replay_url");
    json_u64(&w, "seq", seq);
    json_object_end(&w);
}

/* -- to all ------------------------------------------------------------------------------------ */

static void put_state(struct buf *out, struct room *room, int8_t seat, uint64_t now_ms)
{
    native_put_state(out, room, seat, now_ms);
}

static void tell_effect(struct room *room, const struct match_effect *effect, uint64_t seq)
{
    char memory[512];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    native_put_effect(&text, room, effect, seq);
    CHECK(buf_ok(&text));
    room_broadcast(room, buf_str(&text));
}

static void tell_score(struct room *room, uint64_t seq)
{
    char memory[256];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    native_put_score(&text, room, room->point.seat, seq);
    CHECK(buf_ok(&text));
    room_broadcast(room, buf_str(&text));
}

/* The same message to all but for one's own rating, under one seq. */
static void tell_over(struct room *room, uint64_t seq)
{
    for (int8_t seat = MATCH_NO_SEAT; seat < MATCH_SEATS; seat++) {
        char memory[512];
        struct buf text;
        buf_init_fixed(&text, memory, sizeof(memory));
        native_put_over(&text, room, seat, seq);
        CHECK(buf_ok(&text));
        dialect_send(room, &DIALECT_NATIVE, buf_str(&text), DIALECT_ONLY, seat);
    }
}

const struct dialect DIALECT_NATIVE = {
    .name = "rally.v1",
    .hear = native_hear,
    .put_state = put_state,
    .put_over = native_put_over,
    .tell_changes = native_tell_changes,
    .tell_effect = tell_effect,
    .tell_score = tell_score,
    .tell_over = tell_over,
};
