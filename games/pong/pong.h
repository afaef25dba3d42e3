/*
 * Pong as a game plug-in: integers only, one tick is 1/60 s, the same file for server, tests and
 * browser (wasm.c). The room uses PONG alone; the state is public for tests and for wasm.c.
 *
 * Inside, lengths are 16.16 fixed point (PONG_UNIT is one world unit) measured from the centre of
 * the field, velocities are 16.16 units per tick: a mirrored field is a changed sign, so both seats
 * are treated alike to the last bit. x is always the long axis between the paddles; seat 0 defends
 * negative x (left), seat 1 positive x (right); y grows downwards, direction 1 is down. The view
 * (game_ops.view) is measured from the top left corner, positions in 1/256 units.
 *
 * The paddles stand flush with the ends of the field: a paddle's face is its width from the end.
 * The arena's own dialect draws the same field upright; it turns the view, not the rules. There the
 * goal line 20 units from the end is the face of a paddle 20 wide.
 */
#ifndef RALLY_GAMES_PONG_PONG_H
#define RALLY_GAMES_PONG_PONG_H

#include "lib/core/game.h"

#define PONG_UNIT 65536
#define PONG_SEATS 2
#define PONG_TICKS_PER_SECOND 60

/* Index into game_ops.rulesets and game_config.ruleset; stored in replays, so never renumbered. */
enum pong_ruleset { PONG_CLASSIC, PONG_ARCADE, PONG_ARENA, PONG_RULESET_COUNT };

enum pong_phase {
    PONG_SERVE, /* the ball waits in the centre */
    PONG_PLAY,
    PONG_OVER,
};

/* Order of game_ops.fields. */
enum pong_field {
    PONG_FIELD_BALL_X,
    PONG_FIELD_BALL_Y,
    PONG_FIELD_BALL_VX,
    PONG_FIELD_BALL_VY,
    PONG_FIELD_LEFT_Y,
    PONG_FIELD_LEFT_V,
    PONG_FIELD_RIGHT_Y,
    PONG_FIELD_RIGHT_V,
    PONG_FIELD_COUNT,
};

/* No pointers and no padding: may be copied, compared and hashed as bytes. */
struct pong {
    int32_t ball_x, ball_y;
    int32_t ball_vx, ball_vy;
    int32_t paddle_y[PONG_SEATS];
    uint32_t random;     /* xorshift32, never 0 */
    uint32_t wait_ticks; /* until the ball is served by itself */
    uint16_t scores[PONG_SEATS];
    uint16_t win_score;
    uint16_t hits; /* of this rally: the ball's speed level; 0 under the arcade rules */
    uint8_t ruleset;
    uint8_t phase;
    uint8_t server;    /* seat the ball is served to: it conceded the last point */
    uint8_t serve_ask; /* bit per seat that asked for the ball */
    int8_t direction[PONG_SEATS];
    uint8_t winner;   /* seat, once phase is PONG_OVER */
    uint8_t reserved; /* 0 */
};

extern const struct game_ops PONG;

/* FNV-1a over the state with the finish of hash_fixed: equal in every build for equal play. */
uint64_t pong_hash(const struct pong *pong);

/*
 * Takes over a ball from a snapshot, in the scale of the view (1/256 units from the top left, 16.16
 * units per tick), for a client that predicts; the server never calls it. Works out what the
 * snapshot does not say: the speed level, and whether the ball is waiting (both velocities 0).
 */
void pong_ball_place(struct pong *pong, int32_t x, int32_t y, int32_t vx, int32_t vy);
/* The same for a paddle; it is clamped to where a paddle can be. y in 1/256 units. */
void pong_paddle_place(struct pong *pong, uint8_t seat, int32_t y);

#endif
