/* See view.h. */
#include "services/tournament/view.h"

/* -- reading --------------------------------------------------------------------------------- */

static enum err load_players(struct db *db, struct arena *arena, struct tournament_view *view)
{
    size_t max = view->row.player_count ? view->row.player_count : 1;

    view->players = arena_alloc(arena, max * sizeof(*view->players));
    if (!view->players)
        return ERR_FULL;
    return tournaments_players(db, view->row.id, view->players, max, &view->player_count);
}

static enum err load_nodes(struct db *db, struct arena *arena, struct tournament_view *view)
{
    size_t max = bracket_nodes_needed(view->row.player_limit);

    if (view->row.started_ms == 0)
        return OK;
    view->nodes = arena_alloc(arena, max * sizeof(*view->nodes));
    if (!view->nodes)
        return ERR_FULL;
    return tournaments_nodes(db, view->row.id, view->nodes, max, &view->node_count);
}

enum err tournament_view_load(struct db *db, uint64_t tournament_id, struct arena *arena,
                              struct tournament_view *view)
{
    enum err err;

    *view = (struct tournament_view){0};
    if ((err = tournaments_find(db, tournament_id, &view->row)))
        return err;
    if ((err = load_players(db, arena, view)))
        return err;
    return load_nodes(db, arena, view);
}

const struct tournament_player_row *tournament_view_player(const struct tournament_view *view,
                                                           uint64_t user_id)
{
    for (size_t i = 0; i < view->player_count; i++)
        if (view->players[i].user_id == user_id)
            return &view->players[i];
    return NULL;
}

/* -- writing --------------------------------------------------------------------------------- */

static void time_or_null(struct json_writer *w, const char *key, uint64_t at_ms)
{
    if (at_ms)
        json_time(w, key, at_ms);
    else
        json_null(w, key);
}

static void id_or_null(struct json_writer *w, const char *key, uint64_t id)
{
    if (id)
        json_u64_text(w, key, id);
    else
        json_null(w, key);
}

struct extras {
    uint64_t prize, entry_fee;
    bool on_blockchain;
};

static struct extras extras_of(const struct tournament_row *row)
{
    static const struct json_field FIELDS[] = {
        {.name = "prize",
         .type = JSON_U64,
         .offset = offsetof(struct extras, prize),
         .present_offset = SIZE_MAX},
        {.name = "entry_fee",
         .type = JSON_U64,
         .offset = offsetof(struct extras, entry_fee),
         .present_offset = SIZE_MAX},
        {.name = "on_blockchain",
         .type = JSON_BOOL,
         .offset = offsetof(struct extras, on_blockchain),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct extras extras = {0};
    struct arena arena;

    arena_init(&arena, 2 * TOURNAMENT_EXTRAS_SIZE);
    if (json_decode(str_from_c(row->extras), &SCHEMA, &arena, &extras, NULL))
        extras = (struct extras){0};
    arena_release(&arena);
    return extras;
}

void tournament_extras_put(struct json_writer *w, const struct tournament_row *row)
{
    struct extras extras = extras_of(row);

    json_u64(w, "prize", extras.prize);
    json_u64(w, "entry_fee", extras.entry_fee);
    json_bool(w, "on_blockchain", extras.on_blockchain);
}

void tournament_row_put(struct json_writer *w, const struct tournament_row *row)
{
    json_u64_text(w, "id", row->id);
    json_c(w, "name", row->name);
    json_c(w, "state", tournament_state_name(row->state));
    json_u64(w, "round", row->round);
    json_c(w, "format", "single_elimination");
    json_c(w, "seeding", row->is_by_rating ? "rating" : "random");
    json_u64(w, "player_limit", row->player_limit);
    json_u64(w, "player_count", row->player_count);
    json_key(w, "creator");
    json_object_begin(w);
    json_u64_text(w, "player_id", row->creator_id);
    json_c(w, "username", row->creator);
    json_object_end(w);
    id_or_null(w, "winner", row->winner_id);
    if (row->winner_id)
        json_c(w, "winner_username", row->winner);
    else
        json_null(w, "winner_username");
    time_or_null(w, "auto_start_at", row->auto_start_ms);
    json_time(w, "created_at", row->created_ms);
    time_or_null(w, "started_at", row->started_ms);
    time_or_null(w, "ended_at", row->ended_ms);
    tournament_extras_put(w, row);
}

static void put_player(struct json_writer *w, const struct tournament_player_row *player)
{
    json_object_begin(w);
    json_u64_text(w, "player_id", player->user_id);
    json_c(w, "username", player->username);
    json_key(w, "seed");
    if (player->seed)
        json_put_u64(w, player->seed);
    else
        json_put_null(w);
    json_key(w, "place");
    if (player->place)
        json_put_u64(w, player->place);
    else
        json_put_null(w);
    json_bool(w, "has_left", player->has_left);
    json_object_end(w);
}

static void put_seat(struct json_writer *w, const struct tournament_view *view, uint64_t user_id)
{
    const struct tournament_player_row *player = tournament_view_player(view, user_id);

    if (user_id == 0 || !player) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_u64_text(w, "player_id", player->user_id);
    json_c(w, "username", player->username);
    json_u64(w, "seed", player->seed);
    json_object_end(w);
}

static void put_node(struct json_writer *w, const struct tournament_view *view,
                     const struct tournament_node_row *node)
{
    json_object_begin(w);
    id_or_null(w, "match_id", node->match_id);
    json_key(w, "players");
    json_array_begin(w);
    for (int side = 0; side < MATCH_SEATS; side++)
        put_seat(w, view, node->user_ids[side]);
    json_array_end(w);
    json_c(w, "state", bracket_state_name(node->state));
    id_or_null(w, "winner", node->winner_id);
    json_key(w, "score");
    if (node->match_id) {
        json_array_begin(w);
        json_put_u64(w, node->scores[SEAT_LEFT]);
        json_put_u64(w, node->scores[SEAT_RIGHT]);
        json_array_end(w);
    } else {
        json_put_null(w);
    }
    json_object_end(w);
}

static void put_rounds(struct json_writer *w, const struct tournament_view *view)
{
    size_t at = 0;

    json_key(w, "rounds");
    json_array_begin(w);
    while (at < view->node_count) {
        uint8_t round = view->nodes[at].round;
        json_array_begin(w);
        for (; at < view->node_count && view->nodes[at].round == round; at++)
            put_node(w, view, &view->nodes[at]);
        json_array_end(w);
    }
    json_array_end(w);
}

void tournament_view_put(struct json_writer *w, const struct tournament_view *view)
{
    json_object_begin(w);
    tournament_row_put(w, &view->row);
    put_rounds(w, view);
    json_key(w, "players");
    json_array_begin(w);
    for (size_t i = 0; i < view->player_count; i++)
        put_player(w, &view->players[i]);
    json_array_end(w);
    json_object_end(w);
}
