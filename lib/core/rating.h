/*
 * Ratings of 1v1 matches as value functions: Glicko-2 (Glickman, "Example of the Glicko-2 system",
 * 2022; every game is a rating period of its own) and Elo. The one part of the core that computes
 * in floating point. What is stored are integers: an update takes stored values, works in double
 * and rounds once to stored values, so that a history folds to exactly the same rating again.
 * Both sides of a match are computed from their values before it; order never matters.
 */
#ifndef RALLY_CORE_RATING_H
#define RALLY_CORE_RATING_H

#include <stddef.h>
#include <stdint.h>

#define RATING_INITIAL 1500.0
#define RATING_DEVIATION_INITIAL 350.0
#define RATING_VOLATILITY_INITIAL 0.06
#define RATING_TAU 0.5
/* Bounds against the known traps of the formulas (several roots after one huge upset). */
#define RATING_DEVIATION_MIN 45.0
#define RATING_DEVIATION_MAX 350.0
#define RATING_VOLATILITY_MAX 0.1
#define RATING_CHANGE_MAX 700.0
#define RATING_ELO_K 32.0

struct rating {
    double rating;
    double deviation;
    double volatility;
};

/* As the store keeps it: 1500 is 1500000000 micro, 0.06 is 60000000 nano. */
struct rating_stored {
    int64_t rating_micro;
    int64_t deviation_micro;
    int64_t volatility_nano;
};

enum rating_system { RATING_GLICKO2, RATING_ELO };

/* Of the first player. */
enum rating_outcome { RATING_LOSS, RATING_DRAW, RATING_WIN };

struct rating_game {
    struct rating opponent; /* as it was before the period */
    enum rating_outcome outcome;
};

struct rating_pair {
    struct rating_stored a, b;
};

/* A new player. */
struct rating_stored rating_stored_initial(void);
struct rating_stored rating_to_stored(struct rating rating);
struct rating rating_from_stored(struct rating_stored stored);
/* What a player is shown: the rating rounded to the nearest whole number, halves away from 0. */
int32_t rating_shown(struct rating_stored stored);

/* One Glicko-2 period with `count` games; 0 games only widens the deviation. Bounds applied. */
struct rating rating_glicko2(struct rating player, const struct rating_game *games, size_t count);
/* Expected score of a against b under Elo, in (0, 1). */
double rating_elo_expected(double a, double b);

/* Both players after one game. Elo changes the ratings alone, by exactly opposite amounts. */
struct rating_pair rating_update_1v1(enum rating_system system, struct rating_stored a,
                                     struct rating_stored b, enum rating_outcome outcome_of_a);

#endif
