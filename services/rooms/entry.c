/*
 * Who comes into a room, and what the way in answers. A caller without a token becomes a guest in
 * the transaction that lets the guest in, so a refused visitor leaves no account behind.
 */
#include "lib/base/clock.h"
#include "lib/crypt/random.h"
#include "services/limiter.h"
#include "services/rooms/handlers.h"

#include "games/registry.h"

enum err entry_init(struct request *request, struct reply *reply, const struct room_body *body,
                    struct entry *entry)
{
    struct limit_answer limit;

    *entry = (struct entry){.context = request->context};
    entry->makes_guest = request->caller.user_id == 0;
    if (!entry->makes_guest)
        return OK;
    limit = limiter_take(request->context->limiter, RATE_GUEST, request->address, clock_mono_ms());
    reply->retry_after_s = limit.is_allowed ? 0 : limit.retry_after_s;
    entry->guest = (struct user_guest_args){
        .username = body->username, .random = random_u64(), .now_ms = request->now_ms};
    return limit.is_allowed ? OK : ERR_RATE_LIMITED;
}

enum err entry_txn(struct db *db, struct entry *entry, uint64_t user_id)
{
    enum err err;

    if (!entry->makes_guest)
        return user_find(db, user_id, &entry->user);
    if ((err = user_create_guest(db, &entry->guest, &entry->user)))
        return err;
    return session_start(db, entry->context, entry->user.id, entry->guest.now_ms, &entry->token);
}

const char *room_status(enum room_state state)
{
    if (state == ROOM_WAITING)
        return "WAITING";
    return state == ROOM_PLAYING ? "ONGOING" : "FINISHED";
}

static void id_put(struct json_writer *w, const char *key, uint64_t id)
{
    if (id)
        json_u64_text(w, key, id);
    else
        json_null(w, key);
}

static void name_put(struct json_writer *w, const char *key, const char *name)
{
    if (name[0])
        json_c(w, key, name);
    else
        json_null(w, key);
}

/* The state as the dialect knows it, before anything has moved; how it goes on is told on the
 * socket. */
static void state_put(struct json_writer *w, const struct context *context,
                      const struct room_row *room)
{
    const struct game_ops *game = registry_find(STR("pong"));
    const struct game_ruleset *rules;
    uint8_t index = 0;

    CHECK(game && registry_ruleset_find(game, STR("arcade"), &index) == OK);
    rules = &game->rulesets[index];
    json_object_begin(w);
    json_c(w, "room_code", room->code);
    json_c(w, "status", room_status(room->state));
    id_put(w, "player_1_id", room->creator_id);
    id_put(w, "player_2_id", room->guest_id);
    name_put(w, "player_1_username", room->creator);
    name_put(w, "player_2_username", room->guest);
    json_u64(w, "player_1_score", 0);
    json_u64(w, "player_2_score", 0);
    json_u64(w, "player_1_paddle_y", (uint64_t)(rules->height - rules->paddle_height) / 2);
    json_u64(w, "player_2_paddle_y", (uint64_t)(rules->height - rules->paddle_height) / 2);
    json_u64(w, "paddle_height", rules->paddle_height);
    json_u64(w, "paddle_width", rules->paddle_width);
    json_u64(w, "ball_x", rules->width / 2u);
    json_u64(w, "ball_y", rules->height / 2u);
    json_u64(w, "ball_size", rules->ball_size);
    json_u64(w, "ball_speed_x", 0);
    json_u64(w, "ball_speed_y", 0);
    json_bool(w, "is_paused", true);
    json_null(w, "last_loser");
    json_u64(w, "winning_score",
             context->settings->ruleset_win[index] ? context->settings->ruleset_win[index]
                                                   : rules->win_score);
    json_u64(w, "timestamp", clock_wall_ms());
    json_object_end(w);
}

static void invite_put(struct request *request, struct json_writer *w, const char *code)
{
    char memory[512];
    struct buf url;

    buf_init_fixed(&url, memory, sizeof(memory));
    if (request->host.len > 0 && request->host.len < 300) {
        buf_put_c(&url, request->is_tls ? "https://" : "http://");
        buf_put_str(&url, request->host);
    }
    buf_put_c(&url, "/#/room/");
    buf_put_c(&url, code);
    CHECK(buf_ok(&url));
    json_str(w, "invite_url", buf_str(&url));
}

enum err entry_reply(struct request *request, struct reply *reply, const struct entry *entry,
                     const struct room_row *room, uint8_t seat, bool is_reconnecting)
{
    struct json_writer w = json_writer_of(&reply->body);
    enum err err = OK;

    json_object_begin(&w);
    json_bool(&w, "success", true);
    json_c(&w, "room_code", room->code);
    json_u64(&w, "player_number", (uint64_t)seat + 1);
    json_u64_text(&w, "player_id", entry->user.id);
    json_c(&w, "username", entry->user.username);
    if (is_reconnecting)
        json_bool(&w, "reconnecting", true);
    if (room->match_id)
        json_u64(&w, "game_id", room->match_id);
    invite_put(request, &w, room->code);
    json_key(&w, "game_state");
    state_put(&w, request->context, room);
    if (entry->makes_guest)
        err = session_tokens_put(request, reply, &w, &entry->user, &entry->token);
    json_object_end(&w);
    return err;
}
