/*
 * What every way into a game says about the match it makes. The services fill it from modes and
 * settings; the texts live as long as the call.
 */
#ifndef RALLY_STORE_MATCH_RECIPE_H
#define RALLY_STORE_MATCH_RECIPE_H

#include "lib/store/matches.h"

struct match_recipe {
    struct str mode, game, ruleset;
    uint32_t win_score; /* 0: the ruleset's own */
    bool is_rated;
};

/* Makes a match of two, left and right; errors as matches_create. */
static inline MUST_USE enum err match_of_two(struct db *db, const struct match_recipe *recipe,
                                             struct str origin, uint64_t seed,
                                             const uint64_t user_ids[MATCH_SEATS], bool is_private,
                                             uint64_t now_ms, uint64_t *match_id)
{
    const struct match_seat_args seats[MATCH_SEATS] = {
        {.user_id = user_ids[SEAT_LEFT], .team = 0}, {.user_id = user_ids[SEAT_RIGHT], .team = 1}};
    struct matches_create_args args = {.mode = recipe->mode,
                                       .game = recipe->game,
                                       .ruleset = recipe->ruleset,
                                       .origin = origin,
                                       .seed = seed,
                                       .win_score = recipe->win_score,
                                       .is_rated = recipe->is_rated,
                                       .is_private = is_private,
                                       .seats = seats,
                                       .seat_count = MATCH_SEATS,
                                       .now_ms = now_ms};

    return matches_create(db, &args, match_id);
}

#endif
