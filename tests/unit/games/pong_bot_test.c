/* The practice opponent: stronger is stronger, weak can be beaten, and none of them cheats. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "games/pong/bot.h"
#include "games/pong/rules.h"

#define GAMES 200
/* An hour of play: a match that takes longer is a match that does not end. */
#define TICKS_MAX (3600 * 60)

/* Whoever sits in a seat: a bot, or for level 0 a person who just follows the ball. */
struct player {
    struct pong_bot bot;
    uint8_t level;
};

static void player_init(struct player *player, uint8_t seat, uint8_t level, uint64_t seed)
{
    player->level = level;
    pong_bot_init(&player->bot, seat, level ? level : 1, seed);
}

/* Keeps the paddle's middle at the ball, as a beginner does, and serves when asked. */
static void follow_ball(struct pong *pong, uint8_t seat)
{
    int32_t distance = pong->ball_y - pong->paddle_y[seat];
    int32_t step = PONG_RULES[pong->ruleset].paddle_step;
    struct game_input move = {.kind = GAME_INPUT_MOVE,
                              .direction =
                                  (int8_t)((distance > step / 2) - (distance < -(step / 2)))};
    struct game_input serve = {.kind = GAME_INPUT_SERVE};

    PONG.input(pong, seat, &move);
    if (pong->phase == PONG_SERVE)
        PONG.input(pong, seat, &serve);
}

static void player_think(struct player *player, struct pong *pong)
{
    struct game_input inputs[PONG_BOT_INPUTS_MAX];
    uint8_t count;

    if (player->level == 0) {
        follow_ball(pong, player->bot.seat);
        return;
    }
    count = pong_bot_think(&player->bot, pong, inputs);
    EXPECT(count <= PONG_BOT_INPUTS_MAX);
    for (uint8_t i = 0; i < count; i++)
        PONG.input(pong, player->bot.seat, &inputs[i]);
}

static void expect_fair_step(const struct pong *before, const struct pong *now)
{
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        EXPECT(abs(now->paddle_y[seat] - before->paddle_y[seat]) <=
               PONG_RULES[now->ruleset].paddle_step);
        EXPECT(abs(now->paddle_y[seat]) <= PONG_RULES[now->ruleset].paddle_y_max);
    }
}

/* Plays one match; the state at its end. */
static struct pong play(uint8_t ruleset, uint8_t level_left, uint8_t level_right, uint64_t seed,
                        int32_t *ticks)
{
    struct game_config config = {.ruleset = ruleset};
    struct player left, right;
    struct pong pong, before;

    PONG.init(&pong, &config, seed);
    player_init(&left, 0, level_left, seed * 2 + 1);
    player_init(&right, 1, level_right, seed * 2 + 2);
    for (*ticks = 0; pong.phase != PONG_OVER; (*ticks)++) {
        struct game_events events = {.count = 0};

        EXPECT(*ticks < TICKS_MAX);
        player_think(&left, &pong);
        player_think(&right, &pong);
        before = pong;
        PONG.step(&pong, &events);
        expect_fair_step(&before, &pong);
    }
    return pong;
}

/* How many of GAMES the strong one wins, from both seats in turn. */
static int wins_of(uint8_t ruleset, uint8_t strong, uint8_t weak)
{
    int64_t all_ticks = 0;
    int wins = 0;

    for (uint64_t seed = 0; seed < GAMES; seed++) {
        uint8_t strong_seat = seed % 2;
        int32_t ticks;
        struct pong end = play(ruleset, strong_seat == 0 ? strong : weak,
                               strong_seat == 0 ? weak : strong, seed, &ticks);
        wins += end.winner == strong_seat;
        all_ticks += ticks;
    }
    print_message("%s: %u beats %u in %d of %d, %d s a match\n", PONG_RULESETS[ruleset].name,
                  strong, weak, wins, GAMES, (int)(all_ticks / GAMES / 60));
    return wins;
}

TEST(level_3_beats_level_1_nine_times_in_ten_under_every_ruleset)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++)
        EXPECT(wins_of(ruleset, 3, 1) >= GAMES * 9 / 10);
}

TEST(each_level_is_stronger_than_the_one_below)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        EXPECT(wins_of(ruleset, 3, 2) >= GAMES * 6 / 10);
        EXPECT(wins_of(ruleset, 2, 1) >= GAMES * 6 / 10);
    }
}

TEST(level_1_loses_to_somebody_who_follows_the_ball)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++)
        EXPECT(wins_of(ruleset, 0, 1) >= GAMES * 8 / 10);
}

TEST(equals_end_their_matches_too)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            int32_t ticks;
            struct pong end = play(ruleset, 3, 3, seed, &ticks);
            EXPECT_INT(PONG_OVER, end.phase);
        }
    }
}

TEST(a_seed_repeats_a_game_to_the_last_bit_and_another_seed_does_not)
{
    int32_t ticks;
    struct pong first = play(PONG_CLASSIC, 3, 2, 7, &ticks);
    struct pong again = play(PONG_CLASSIC, 3, 2, 7, &ticks);
    struct pong other = play(PONG_CLASSIC, 3, 2, 8, &ticks);

    EXPECT(pong_hash(&first) == pong_hash(&again));
    EXPECT(pong_hash(&first) != pong_hash(&other));
}

/* Its own reaction time is a promise to the player: nothing moves before it is over. */
TEST(a_bot_does_not_move_before_its_reaction_time)
{
    struct game_config config = {.ruleset = PONG_CLASSIC};
    struct game_events events = {.count = 0};
    struct game_input inputs[PONG_BOT_INPUTS_MAX];
    struct pong_bot bot;
    struct pong pong;

    PONG.init(&pong, &config, 3);
    pong_bot_init(&bot, 1, 3, 3);
    while (pong.phase == PONG_SERVE) {
        pong_bot_think(&bot, &pong, inputs);
        PONG.step(&pong, &events);
        events.count = 0;
    }
    pong.ball_vx = abs(pong.ball_vx); /* towards the bot, steeply: it has to move */
    pong.ball_vy = pong.ball_vx;
    for (int tick = 0; tick < 8; tick++) {
        EXPECT_INT(1, pong_bot_think(&bot, &pong, inputs));
        EXPECT_INT(0, inputs[0].direction);
        PONG.step(&pong, &events);
        events.count = 0;
    }
}

TEST(a_bot_that_takes_over_in_the_middle_of_a_game_plays_on)
{
    struct game_config config = {.ruleset = PONG_ARENA};
    struct pong_bot bots[PONG_SEATS];
    struct game_input inputs[PONG_BOT_INPUTS_MAX];
    struct pong pong;

    PONG.init(&pong, &config, 5);
    for (int tick = 0; tick < TICKS_MAX && pong.phase != PONG_OVER; tick++) {
        struct game_events events = {.count = 0};

        for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
            uint8_t count;
            if (tick % 777 == 0) /* the process was restarted */
                pong_bot_init(&bots[seat], seat, 2, (uint64_t)tick);
            count = pong_bot_think(&bots[seat], &pong, inputs);
            for (uint8_t i = 0; i < count; i++)
                PONG.input(&pong, seat, &inputs[i]);
        }
        PONG.step(&pong, &events);
    }
    EXPECT_INT(PONG_OVER, pong.phase);
}

/* It serves like a person: not at once, and without waiting for the rules to do it. */
TEST(a_bot_serves_after_a_breath)
{
    struct game_config config = {.ruleset = PONG_ARCADE};
    struct game_events events = {.count = 0};
    struct game_input inputs[PONG_BOT_INPUTS_MAX];
    struct pong_bot bot;
    struct pong pong;
    int ticks = 0;

    PONG.init(&pong, &config, 1); /* seat 1 serves first, by itself only after 300 ticks */
    pong_bot_init(&bot, 1, 2, 1);
    for (; pong.phase == PONG_SERVE; ticks++) {
        uint8_t count = pong_bot_think(&bot, &pong, inputs);
        for (uint8_t i = 0; i < count; i++)
            PONG.input(&pong, 1, &inputs[i]);
        PONG.step(&pong, &events);
    }
    EXPECT(ticks >= 60 && ticks < 90);
}
