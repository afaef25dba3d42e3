/*
 * The rulesets of Pong as numbers in the scale of the simulation, and the tables that stand in for
 * floating point. Private to games/pong: rooms read game_ops.rulesets.
 */
#ifndef RALLY_GAMES_PONG_RULES_H
#define RALLY_GAMES_PONG_RULES_H

#include "games/pong/pong.h"

#define PONG_ANGLE_STEPS 64

/* 16.16, rounded towards zero. */
struct pong_angle {
    int32_t cos;
    int32_t sin;
};

/* From 0 to the ruleset's steepest angle in equal steps; made by tools/pong_tables.py. */
extern const struct pong_angle PONG_ANGLES_60[PONG_ANGLE_STEPS + 1];
extern const struct pong_angle PONG_ANGLES_45[PONG_ANGLE_STEPS + 1];
/* Speed per tick after so many hits. */
extern const int32_t PONG_SPEEDS_CLASSIC[21];
extern const int32_t PONG_SPEEDS_ARENA[151];

struct pong_rules {
    /* Geometry, from the centre of the field, for the centres of ball and paddles. */
    int32_t half_x, half_y;
    int32_t face_x; /* the ball touches a paddle's face */
    int32_t goal_x; /* the point is lost */
    int32_t wall_y; /* the ball touches a wall */
    int32_t paddle_y_max;
    int32_t paddle_reach; /* a ball this far off a paddle's centre still touches it */
    int32_t paddle_step;  /* per tick */

    /* Speed by hits and angle by offset; NULL under the arcade rules, which set vx and vy apart. */
    const int32_t *speeds;
    const struct pong_angle *angles;
    uint16_t level_max; /* last index of speeds */

    uint16_t first_wait_ticks; /* before the first serve */
    uint16_t wait_ticks;       /* before every other one */
    bool needs_both_to_serve;  /* else the serving seat alone asks for the ball */
    bool first_is_random;      /* else seat 1 serves first */
};

extern const struct pong_rules PONG_RULES[PONG_RULESET_COUNT];
extern const struct game_ruleset PONG_RULESETS[PONG_RULESET_COUNT];

/* Arcade: 420 units/s along x, and what a hit makes of it. */
#define PONG_ARCADE_VX (7 * PONG_UNIT)
/* Serve: at most 275 units/s across. Hit: offset (-1 to 1) x 0.75 x 6 x 1.02 units per tick. */
#define PONG_ARCADE_SERVE_VY (275 * PONG_UNIT / 60)
#define PONG_ARCADE_HIT_VY (459 * PONG_UNIT / 100)
/* With the largest vy this is 1100 units/s; the rules name no limit, the sweep test needs none, but
 * a ball that nobody can see helps nobody. */
#define PONG_ARCADE_VX_MAX 1163227
/* A hitter who leads by more than this hits at 0.98. */
#define PONG_ARCADE_LEAD 3

/* A serve leaves within half the steepest angle. */
#define PONG_SERVE_STEPS (PONG_ANGLE_STEPS / 2)

#endif
