/* One match as anybody signed in may see it: `{game, players}`, live or long over. */
#include "lib/store/matches.h"

#include "services/leaderboard/handlers.h"

struct info {
    uint64_t match_id;
    struct match_row match;
};

static enum err info_txn(struct db *db, void *arg)
{
    struct info *info = arg;

    return matches_find(db, info->match_id, &info->match);
}

static const char *side_name(uint8_t seat)
{
    return seat == SEAT_LEFT ? "left" : "right";
}

/* Dialect A's one-letter state: pending, active, finished. */
static const char *state_letter(enum match_state state)
{
    switch (state) {
    case MATCH_PENDING:
    case MATCH_WAITING:
    case MATCH_READY:
        return "P";
    case MATCH_RUNNING:
    case MATCH_PAUSED:
        return "A";
    default:
        return "F";
    }
}

static void time_or_null(struct json_writer *w, const char *key, uint64_t at_ms)
{
    if (at_ms)
        json_time(w, key, at_ms);
    else
        json_null(w, key);
}

static void winner_put(struct json_writer *w, const struct match_row *match)
{
    if (match->winner_seat < 0) {
        json_null(w, "winner");
        return;
    }
    json_c(w, "winner", side_name((uint8_t)match->winner_seat));
    for (size_t i = 0; i < match->player_count; i++) {
        if (match->players[i].seat == (uint8_t)match->winner_seat)
            json_u64(w, "winner_user_id", match->players[i].user_id);
    }
}

static void game_put(struct json_writer *w, const struct match_row *match)
{
    json_object_begin(w);
    json_u64(w, "id", match->id);
    json_c(w, "mode", match->mode);
    json_c(w, "game", match->game);
    json_c(w, "ruleset", match->ruleset);
    json_c(w, "state", state_letter(match->state));
    json_c(w, "status", match_state_name(match->state));
    if (match->reason == MATCH_REASON_NONE)
        json_null(w, "reason");
    else
        json_c(w, "reason", match_reason_name(match->reason));
    winner_put(w, match);
    json_bool(w, "rated", match->is_rated);
    json_time(w, "created_at", match->created_ms);
    time_or_null(w, "started_at", match->started_ms);
    time_or_null(w, "ended_at", match->ended_ms);
    json_hundredths(w, "duration", (int64_t)(match->duration_ms / 10));
    json_object_end(w);
}

static void player_put(struct json_writer *w, const struct match_player_row *player)
{
    json_object_begin(w);
    json_u64(w, "user_id", player->user_id);
    json_c(w, "username", player->username);
    json_c(w, "side", side_name(player->seat));
    json_u64(w, "score", player->score);
    if (player->bot_level)
        json_null(w, "mmr");
    else
        json_i64(w, "mmr", player->mmr);
    json_bool(w, "guest", player->is_guest);
    if (player->bot_level)
        json_u64(w, "bot_level", player->bot_level);
    if (player->has_change) {
        json_key(w, "rating");
        json_object_begin(w);
        json_i64(w, "before", player->change.mmr_before);
        json_i64(w, "after", player->change.mmr_after);
        json_object_end(w);
    }
    json_object_end(w);
}

enum err match_info_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct info *info = arena_alloc(request->arena, sizeof(*info));
    enum err err;

    if (!info)
        return ERR_FULL;
    if ((err = param_id(request, &info->match_id)) == OK)
        err = request_read(request, info_txn, info);
    if (err == ERR_NO_SUCH_MATCH || err == ERR_NOT_FOUND) {
        reply->detail = STR("Game not found");
        return ERR_NO_SUCH_MATCH;
    }
    if (err)
        return err;
    json_object_begin(&w);
    json_key(&w, "game");
    game_put(&w, &info->match);
    json_key(&w, "players");
    json_array_begin(&w);
    for (size_t i = 0; i < info->match.player_count; i++)
        player_put(&w, &info->match.players[i]);
    json_array_end(&w);
    json_object_end(&w);
    return OK;
}
