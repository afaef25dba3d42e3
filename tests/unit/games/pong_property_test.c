/* What is true of Pong in every tick of long seeded games, whatever the players do. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "games/pong/pong.h"
#include "games/pong/rules.h"
#include "lib/base/rng.h"

#define SEEDS 12
#define TICKS 100000

/* Players who follow the ball most of the time, aim badly, ask for serves and dither. */
static void play(struct pong *pong, struct rng *rng, const int32_t *aims)
{
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        struct game_input input = {.kind = GAME_INPUT_MOVE};
        int32_t distance = pong->ball_y + aims[seat] - pong->paddle_y[seat];

        input.direction = (int8_t)((distance > PONG_UNIT) - (distance < -PONG_UNIT));
        if (rng_below(rng, 16) == 0)
            input.direction = (int8_t)((int)rng_below(rng, 256) - 128);
        PONG.input(pong, seat, &input);
        input.kind = GAME_INPUT_SERVE;
        if (rng_below(rng, 40) == 0)
            PONG.input(pong, seat, &input);
    }
}

static void aim(struct rng *rng, uint8_t ruleset, int32_t *aims)
{
    int32_t reach = PONG_RULES[ruleset].paddle_reach + 2 * PONG_UNIT;

    for (uint8_t seat = 0; seat < PONG_SEATS; seat++)
        aims[seat] = (int32_t)rng_below(rng, 2 * (uint64_t)reach) - reach;
}

static int64_t square(int64_t value)
{
    return value * value;
}

static int32_t event_count(const struct game_events *events, enum game_event_kind kind)
{
    int32_t count = 0;

    for (uint8_t i = 0; i < events->count; i++)
        count += events->list[i].kind == kind;
    return count;
}

static void expect_sane(const struct pong *before, const struct pong *now,
                        const struct game_events *events)
{
    const struct pong_rules *rules = &PONG_RULES[now->ruleset];
    int64_t speed_max = (int64_t)PONG_RULESETS[now->ruleset].ball_speed_max * PONG_UNIT / 60;
    int32_t points_before = before->scores[0] + before->scores[1];
    int32_t points = now->scores[0] + now->scores[1];

    EXPECT(abs(now->ball_x) < rules->goal_x);
    EXPECT(abs(now->ball_y) <= rules->wall_y);
    EXPECT(square(now->ball_vx) + square(now->ball_vy) <= square(speed_max + 1));
    EXPECT((now->phase == PONG_PLAY) == (now->ball_vx != 0));
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        EXPECT(abs(now->paddle_y[seat] - before->paddle_y[seat]) <= rules->paddle_step);
        EXPECT(abs(now->paddle_y[seat]) <= rules->paddle_y_max);
        EXPECT(now->scores[seat] <= now->win_score);
    }
    EXPECT_INT(points - points_before, event_count(events, GAME_EVENT_GOAL));
    EXPECT(points - points_before <= 1);
    EXPECT((now->phase == PONG_OVER) == (event_count(events, GAME_EVENT_OVER) == 1));
    EXPECT(event_count(events, GAME_EVENT_HIT) <= 1);
    EXPECT(now->wait_ticks <= 300);
    EXPECT(now->random != 0);
}

TEST(in_every_tick_ball_and_paddles_keep_to_the_arena_and_the_speed_limits)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        int32_t hits = 0, goals = 0, overs = 0;

        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct game_config config = {.ruleset = ruleset};
            struct pong pong, before;
            struct rng rng;
            int32_t aims[PONG_SEATS] = {0, 0};

            rng_init(&rng, seed);
            PONG.init(&pong, &config, seed);
            for (int tick = 0; tick < TICKS && pong.phase != PONG_OVER; tick++) {
                struct game_events events = {.count = 0};

                play(&pong, &rng, aims);
                before = pong;
                PONG.step(&pong, &events);
                expect_sane(&before, &pong, &events);
                if (events.count)
                    aim(&rng, ruleset, aims);
                hits += event_count(&events, GAME_EVENT_HIT);
                goals += event_count(&events, GAME_EVENT_GOAL);
            }
            overs += pong.phase == PONG_OVER;
        }
        /* The players were good enough for rallies and bad enough for matches to end. */
        EXPECT(hits > 5 * goals);
        EXPECT(overs > 0);
    }
}

/* The other seat's view of the same state. */
static struct pong mirrored(const struct pong *pong)
{
    struct pong other = *pong;

    other.ball_x = -pong->ball_x;
    other.ball_vx = -pong->ball_vx;
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        other.paddle_y[seat] = pong->paddle_y[1 - seat];
        other.scores[seat] = pong->scores[1 - seat];
        other.direction[seat] = pong->direction[1 - seat];
    }
    other.server = (uint8_t)(1 - pong->server);
    other.serve_ask = (uint8_t)((pong->serve_ask & 1) << 1 | pong->serve_ask >> 1);
    if (pong->phase == PONG_OVER)
        other.winner = (uint8_t)(1 - pong->winner);
    return other;
}

TEST(a_mirrored_game_with_swapped_players_is_the_same_game_mirrored)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct game_config config = {.ruleset = ruleset, .win_score = 1000};
            struct pong pong, other, expected;
            struct rng rng;
            int32_t aims[PONG_SEATS] = {0, 0};

            rng_init(&rng, seed);
            PONG.init(&pong, &config, seed);
            other = mirrored(&pong);
            for (int tick = 0; tick < TICKS; tick++) {
                struct game_events events = {.count = 0}, other_events = {.count = 0};

                play(&pong, &rng, aims);
                for (uint8_t seat = 0; seat < PONG_SEATS; seat++)
                    other.direction[seat] = pong.direction[1 - seat];
                other.serve_ask = mirrored(&pong).serve_ask;
                PONG.step(&pong, &events);
                PONG.step(&other, &other_events);
                expected = mirrored(&pong);
                EXPECT(memcmp(&other, &expected, sizeof(other)) == 0);
                EXPECT_INT(events.count, other_events.count);
                if (events.count)
                    aim(&rng, ruleset, aims);
            }
        }
    }
}

/* Upside down as well, but for the serve, which is drawn. */
TEST(a_rally_upside_down_is_the_same_rally)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        struct game_config config = {.ruleset = ruleset, .win_score = 1000};
        struct pong pong, flipped;
        struct rng rng;
        int32_t aims[PONG_SEATS] = {0, 0};

        rng_init(&rng, 5);
        PONG.init(&pong, &config, 5);
        flipped = pong;
        for (int tick = 0; tick < TICKS; tick++) {
            struct game_events events = {.count = 0}, flipped_events = {.count = 0};

            play(&pong, &rng, aims);
            for (uint8_t seat = 0; seat < PONG_SEATS; seat++)
                flipped.direction[seat] = (int8_t)-pong.direction[seat];
            flipped.serve_ask = pong.serve_ask;
            PONG.step(&pong, &events);
            PONG.step(&flipped, &flipped_events);
            if (event_count(&events, GAME_EVENT_SERVE))
                flipped.ball_vy = -pong.ball_vy;
            EXPECT(flipped.ball_x == pong.ball_x && flipped.ball_y == -pong.ball_y);
            EXPECT(flipped.ball_vx == pong.ball_vx && flipped.ball_vy == -pong.ball_vy);
            EXPECT(flipped.paddle_y[0] == -pong.paddle_y[0]);
            if (events.count)
                aim(&rng, ruleset, aims);
        }
    }
}
