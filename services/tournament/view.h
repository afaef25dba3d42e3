/* A tournament as it is shown: read in one snapshot, written as JSON; the same bytes for GET
 * `/v1/tournaments/{id}` and for `tournament_update`. */
#ifndef RALLY_SERVICES_TOURNAMENT_VIEW_H
#define RALLY_SERVICES_TOURNAMENT_VIEW_H

#include "lib/base/arena.h"
#include "lib/store/tournaments.h"
#include "lib/wire/json.h"

/* Rows of a full tournament and what an object of the detail may take, with room to spare. */
#define TOURNAMENT_VIEW_ARENA_SIZE (256u * 1024)
#define TOURNAMENT_VIEW_SIZE_MAX (256u * 1024 - 64)

struct tournament_view {
    struct tournament_row row;
    struct tournament_player_row *players;
    size_t player_count;
    struct tournament_node_row *nodes;
    size_t node_count;
};

/* The rows live in the arena. ERR_NOT_FOUND. */
enum err tournament_view_load(struct db *db, uint64_t tournament_id, struct arena *arena,
                              struct tournament_view *view) MUST_USE;
/* The object of protocol section 14. */
void tournament_view_put(struct json_writer *w, const struct tournament_view *view);
/* The members of a tournament without its bracket, in /v1's form. */
void tournament_row_put(struct json_writer *w, const struct tournament_row *row);
/* What dialect C's form has beside: prize, entry_fee, on_blockchain. */
void tournament_extras_put(struct json_writer *w, const struct tournament_row *row);
/* NULL when the user never joined it. */
const struct tournament_player_row *tournament_view_player(const struct tournament_view *view,
                                                           uint64_t user_id);

#endif
