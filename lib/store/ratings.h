/*
 * Ratings as rows: one per player and mode, and one event for every change. A rating is the fold of
 * its events in their order, integer-exact; the audit recomputes it. Modes never mix.
 */
#ifndef RALLY_STORE_RATINGS_H
#define RALLY_STORE_RATINGS_H

#include "lib/core/rating.h"
#include "lib/db/db.h"

#define MODE_NAME_SIZE 33

struct rating_row {
    char mode[MODE_NAME_SIZE];
    struct rating_stored stored;
    int32_t mmr;    /* what is shown */
    uint32_t games; /* rated ones */
    uint32_t wins, losses, draws;
};

/* The row, or that of a new player (1500 / 350 / 0.06, no games) when there is none. */
enum err ratings_find(struct db *db, uint64_t user_id, struct str mode,
                      struct rating_row *out) MUST_USE;
/* All modes the player has a rating in, by name; at most `max`. */
enum err ratings_list(struct db *db, uint64_t user_id, struct rating_row *out, size_t max,
                      size_t *count) MUST_USE;

/* What one match did to one player. */
struct rating_change {
    struct rating_stored before, after;
    int32_t mmr_before, mmr_after;
};

struct ratings_apply_args {
    uint64_t match_id;
    struct str mode;
    uint64_t user_ids[2];        /* by seat */
    enum rating_outcome outcome; /* of the first */
    uint64_t now_ms;
};
/*
 * Both players after a rated match, from their present ratings, through lib/core/rating.h. Part of
 * matches_finish; a second call for the same match is ERR_EXISTS and changes nothing.
 */
enum err ratings_apply(struct db *db, const struct ratings_apply_args *args,
                       struct rating_change changes[2]) MUST_USE;

#endif
