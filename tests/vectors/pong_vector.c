/*
 * Plays many ticks of every ruleset with two seeded players and prints what came out as JSON: one
 * chain of state hashes per ruleset, a link each tick, printed ten times on the way.
 * pong_vector.mjs is the same program against the browser's module; pong_vector_test.py compares
 * all builds.
 *
 *     pong_vector TICKS
 */
#include "games/pong/pong.h"
#include "games/pong/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECKPOINTS 10
#define PLACE_EVERY 997 /* ticks between two takeovers of the ball from its own view */

struct player {
    int32_t aim; /* where on the paddle the ball should land, 1/256 units */
};

struct run {
    struct pong pong;
    struct player players[PONG_SEATS];
    int32_t values[PONG_FIELD_COUNT];
    uint32_t random;
    uint32_t chain_lo, chain_hi;
    uint32_t matches, serves, hits, walls, goals;
    int32_t vx_max;
};

static uint32_t draw(struct run *run)
{
    uint32_t x = run->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return run->random = x;
}

static void begin(struct run *run, uint8_t ruleset)
{
    struct game_config config = {.ruleset = ruleset};
    uint32_t lo = draw(run), hi = draw(run);

    PONG.init(&run->pong, &config, (uint64_t)hi << 32 | lo);
    PONG.view(&run->pong, run->values);
    run->matches++;
}

/* Each player picks a new aim: mostly on the paddle, sometimes beside it. */
static void aim(struct run *run)
{
    int32_t reach = PONG_RULES[run->pong.ruleset].paddle_reach / 256;

    for (uint8_t seat = 0; seat < PONG_SEATS; seat++)
        run->players[seat].aim = (int32_t)(draw(run) % (uint32_t)(2 * reach + 512)) - reach - 256;
}

static int8_t direction_to(int32_t distance)
{
    if (distance > 512)
        return 1;
    return distance < -512 ? -1 : 0;
}

static void play(struct run *run, uint8_t seat, uint32_t drawn)
{
    struct game_input input = {.kind = GAME_INPUT_MOVE};
    enum pong_field field = seat == 0 ? PONG_FIELD_LEFT_Y : PONG_FIELD_RIGHT_Y;

    input.direction =
        direction_to(run->values[PONG_FIELD_BALL_Y] + run->players[seat].aim - run->values[field]);
    if ((drawn >> (8 * seat) & 31) == 0)
        input.direction = (int8_t)((int32_t)(drawn >> (16 + 2 * seat) & 3) % 3 - 1);
    PONG.input(&run->pong, seat, &input);
    if ((drawn >> (4 + 8 * seat) & 127) == 0) {
        input.kind = GAME_INPUT_SERVE;
        PONG.input(&run->pong, seat, &input);
    }
}

/* The bits of wasm.c, so that both programs chain the same. */
static uint32_t bit_of(struct game_event event)
{
    switch ((enum game_event_kind)event.kind) {
    case GAME_EVENT_SERVE:
        return 1;
    case GAME_EVENT_HIT:
        return event.seat == 0 ? 2 : 4;
    case GAME_EVENT_WALL:
        return 8;
    case GAME_EVENT_GOAL:
        return event.seat == 0 ? 16 : 32;
    case GAME_EVENT_OVER:
        return 64;
    }
    return 0;
}

static uint32_t bits_of(const struct game_events *events)
{
    uint32_t bits = 0;

    for (uint8_t i = 0; i < events->count; i++)
        bits |= bit_of(events->list[i]);
    return bits;
}

static void count(struct run *run, uint32_t bits)
{
    run->serves += (bits & 1) != 0;
    run->hits += (bits & 6) != 0;
    run->walls += (bits & 8) != 0;
    run->goals += (bits & 48) != 0;
    if (run->values[PONG_FIELD_BALL_VX] > run->vx_max)
        run->vx_max = run->values[PONG_FIELD_BALL_VX];
}

static void tick(struct run *run)
{
    struct game_events events = {.count = 0};
    uint32_t drawn = draw(run);
    uint32_t bits;
    uint64_t hash;

    play(run, 0, drawn);
    play(run, 1, drawn);
    PONG.step(&run->pong, &events);
    bits = bits_of(&events);
    if (bits)
        aim(run);
    hash = pong_hash(&run->pong);
    run->chain_lo = run->chain_lo * 16777619u ^ (uint32_t)hash ^ bits;
    run->chain_hi = run->chain_hi * 16777619u ^ (uint32_t)(hash >> 32);
    PONG.view(&run->pong, run->values);
    count(run, bits);
}

static void place(struct run *run)
{
    const int32_t *values = run->values;

    pong_ball_place(&run->pong, values[PONG_FIELD_BALL_X], values[PONG_FIELD_BALL_Y],
                    values[PONG_FIELD_BALL_VX], values[PONG_FIELD_BALL_VY]);
    pong_paddle_place(&run->pong, 0, values[PONG_FIELD_LEFT_Y]);
}

static void run_ruleset(uint8_t ruleset, uint32_t ticks)
{
    struct run run = {.random = 2463534242u + ruleset};

    printf("  {\"name\": \"%s\", \"chain\": [", PONG_RULESETS[ruleset].name);
    begin(&run, ruleset);
    for (uint32_t at = 1; at <= ticks; at++) {
        tick(&run);
        if (run.pong.phase == PONG_OVER)
            begin(&run, ruleset);
        if (at % PLACE_EVERY == 0)
            place(&run);
        if (at % (ticks / CHECKPOINTS) == 0)
            printf("%s\"%08" PRIx32 "%08" PRIx32 "\"", at > ticks / CHECKPOINTS ? ", " : "",
                   run.chain_hi, run.chain_lo);
    }
    printf("],\n   \"matches\": %" PRIu32 ", \"serves\": %" PRIu32 ", \"hits\": %" PRIu32
           ", \"vx_max\": %" PRId32 ", \"walls\": %" PRIu32 ", \"goals\": %" PRIu32 "}",
           run.matches, run.serves, run.hits, run.vx_max, run.walls, run.goals);
}

int main(int argc, char **argv)
{
    uint32_t ticks = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;

    if (ticks < CHECKPOINTS) {
        fputs("usage: pong_vector TICKS (10 or more)\n", stderr);
        return 2;
    }
    printf("{\"rules_version\": %d, \"ticks\": %" PRIu32 ", \"rulesets\": [\n", PONG.rules_version,
           ticks);
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        run_ruleset(ruleset, ticks);
        fputs(ruleset + 1 < PONG_RULESET_COUNT ? ",\n" : "\n]}\n", stdout);
    }
    return 0;
}
