/* POST /api/room/join and GET /api/room/check: the second seat, and what can be seen of a room. */
#include "lib/crypt/random.h"
#include "services/presence.h"
#include "services/rooms/handlers.h"

#include "games/registry.h"

struct join {
    struct entry entry;
    struct room_codes_join_args args;
    uint64_t caller_id;
    struct room_codes_joined joined;
};

static enum err join_txn(struct db *db, void *arg)
{
    struct join *join = arg;
    enum err err = entry_txn(db, &join->entry, join->caller_id);

    if (err)
        return err;
    join->args.user_id = join->entry.user.id;
    return room_codes_join(db, &join->args, &join->joined);
}

static uint32_t win_score(const struct settings *settings)
{
    const struct game_ops *game = registry_find(STR("pong"));
    uint8_t index = 0;

    CHECK(game && registry_ruleset_find(game, STR("arcade"), &index) == OK);
    return settings->ruleset_win[index];
}

enum err room_join_handle(struct request *request, struct reply *reply)
{
    struct join join = {.caller_id = request->caller.user_id};
    struct room_body body = {.has_code = false};
    const struct room_row *room = &join.joined.room;
    enum err err = room_body_code(request, reply, &body);

    if (err)
        return err;
    if (atomic_load(&request->context->is_draining))
        return ERR_DRAINING;
    if ((err = entry_init(request, reply, &body, &join.entry)))
        return err;
    join.args = (struct room_codes_join_args){
        .code = str_from_c(body.code),
        .recipe = {.mode = STR("room"),
                   .game = STR("pong"),
                   .ruleset = STR("arcade"),
                   .win_score = win_score(request->context->settings)},
        .seed = random_u64() >> 11, /* exact as a JSON number */
        .now_ms = request->now_ms};
    if ((err = request_write(request, reply, join_txn, &join)))
        return err;
    if (!join.joined.is_reconnecting)
        reply_event(request, reply, "match.created",
                    "{\"match_id\":%llu,\"left\":%llu,\"right\":%llu,\"room_code\":\"%s\"}",
                    (unsigned long long)room->match_id, (unsigned long long)room->creator_id,
                    (unsigned long long)room->guest_id, room->code);
    return entry_reply(request, reply, &join.entry, room, join.joined.seat,
                       join.joined.is_reconnecting);
}

struct check {
    char code[ROOMCODE_SIZE];
    uint64_t now_ms;
    struct room_row room;
    struct match_row match;
};

static enum err check_txn(struct db *db, void *arg)
{
    struct check *check = arg;
    enum err err = room_codes_find(db, str_from_c(check->code), check->now_ms, &check->room);

    if (err || !check->room.match_id)
        return err;
    return matches_find(db, check->room.match_id, &check->match);
}

/* Ids are for the two players; a stranger who guesses a code learns no account from it. */
static void ids_put(struct json_writer *w, const struct room_row *room, uint64_t caller_id)
{
    bool is_player =
        caller_id != 0 && (caller_id == room->creator_id || caller_id == room->guest_id);

    if (is_player)
        json_u64_text(w, "player_1_id", room->creator_id);
    else
        json_null(w, "player_1_id");
    if (is_player && room->guest_id)
        json_u64_text(w, "player_2_id", room->guest_id);
    else
        json_null(w, "player_2_id");
}

static uint64_t count_connected(const struct context *context, const struct room_row *room)
{
    uint64_t count = presence_sockets(context->presence, room->creator_id) > 0;

    return count + (room->guest_id && presence_sockets(context->presence, room->guest_id) > 0);
}

enum err room_check_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct check *check = arena_alloc(request->arena, sizeof(*check));
    enum err err;

    if (!check)
        return ERR_FULL;
    check->now_ms = request->now_ms;
    if ((err = roomcode_fold(request->params[0], check->code)))
        return err;
    check->room.match_id = 0;
    if ((err = request_read(request, check_txn, check)))
        return err;
    json_object_begin(&w);
    json_bool(&w, "success", true);
    json_c(&w, "room_code", check->room.code);
    json_c(&w, "status", room_status(check->room.state));
    json_u64(&w, "player_count", check->room.guest_id ? 2 : 1);
    json_u64(&w, "active_sessions", count_connected(request->context, &check->room));
    ids_put(&w, &check->room, request->caller.user_id);
    json_bool(&w, "is_paused", !check->room.match_id || check->match.state != MATCH_RUNNING);
    json_key(&w, "created_at");
    json_put_hundredths(&w, (int64_t)(check->room.created_ms / 10));
    json_object_end(&w);
    return OK;
}
