/*
 * The server's opponent for practice: looks at the state that every player sees, answers with the
 * same inputs that a player sends, once per tick. It cannot do more than a player: the game moves
 * its paddle. It sees a new flight of the ball only after its reaction time, works out where the
 * ball will cross its paddle's face (one division, whatever the walls), and aims with an error.
 *
 * Integers only and no memory but struct pong_bot, so a seed repeats a game; the work of a tick is
 * the same in every tick. A bot that is set up anew in the middle of a game plays on.
 */
#ifndef RALLY_GAMES_PONG_BOT_H
#define RALLY_GAMES_PONG_BOT_H

#include "games/pong/pong.h"

#define PONG_BOT_LEVEL_MIN 1
#define PONG_BOT_LEVEL_MAX 3
/* A move, and now and then a serve. */
#define PONG_BOT_INPUTS_MAX 2

struct pong_bot {
    uint32_t random;      /* xorshift32, never 0 */
    int32_t target_y;     /* where it wants its paddle's centre */
    int32_t seen_vx;      /* of the flight it is playing; another one is news */
    uint16_t react_ticks; /* until it has understood the present flight */
    uint16_t serve_ticks; /* how long it has waited to serve */
    uint8_t seat;
    uint8_t level;
    bool is_aimed; /* target_y is for the present flight */
};

/* `level` is PONG_BOT_LEVEL_MIN (slow, aims badly) to PONG_BOT_LEVEL_MAX. */
void pong_bot_init(struct pong_bot *bot, uint8_t seat, uint8_t level, uint64_t seed);
/*
 * What it does in the coming tick: call once before each step and give the inputs to
 * game_ops.input, in order. `state` is a struct pong. How many there are.
 */
uint8_t pong_bot_think(struct pong_bot *bot, const void *state,
                       struct game_input inputs[PONG_BOT_INPUTS_MAX]);

#endif
