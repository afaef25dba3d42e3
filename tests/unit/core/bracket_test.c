/* Tournaments by hand: the shapes, the rules for who does not come, and each refusal. */
#include "tests/unit/test.h"

#include "lib/core/bracket.h"

#define NOW 1000
#define NO_SHOW_MS 60000

static struct bracket bracket;
static struct bracket_effects effects;
static struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX];

static void start(uint16_t count)
{
    for (uint16_t i = 0; i < count; i++)
        entrants[i] = (struct bracket_entrant){.id = 100u + i};
    bracket_start(&bracket, entrants, count, NO_SHOW_MS, NOW, &effects);
}

static uint16_t count_of(enum bracket_effect_kind kind)
{
    uint16_t count = 0;

    for (uint16_t i = 0; i < effects.count; i++)
        count = (uint16_t)(count + (effects.list[i].kind == kind));
    return count;
}

static const struct bracket_node *node(uint8_t round, uint16_t slot)
{
    return &bracket.nodes[bracket_node_at(&bracket, round, slot)];
}

static void expect_players(uint8_t round, uint16_t slot, uint16_t left, uint16_t right)
{
    EXPECT_INT(left, node(round, slot)->players[0]);
    EXPECT_INT(right, node(round, slot)->players[1]);
}

static enum err result(uint8_t round, uint16_t slot, int8_t winner)
{
    struct bracket_result won = {.winner_side = winner, .scores = {11, 4}};

    return bracket_result(&bracket, bracket_node_at(&bracket, round, slot), &won, NOW, &effects);
}

static void win(uint8_t round, uint16_t slot, int8_t winner)
{
    EXPECT_OK(result(round, slot, winner));
}

TEST(two_entrants_play_one_game)
{
    start(2);
    EXPECT_INT(1, bracket.node_count);
    EXPECT_INT(1, count_of(BRACKET_EFFECT_CALL));
    win(1, 0, 1);
    EXPECT_INT(1, bracket.champion);
    EXPECT(bracket.has_ended);
    EXPECT_INT(1, count_of(BRACKET_EFFECT_CHAMPION));
    EXPECT_INT(BRACKET_EFFECT_FINISHED, effects.list[effects.count - 1].kind);
    EXPECT_INT(1, bracket.decided_count);
}

TEST(the_best_two_seeds_can_meet_only_in_the_final)
{
    start(8);
    expect_players(1, 0, 0, 7);
    expect_players(1, 1, 3, 4);
    expect_players(1, 2, 1, 6);
    expect_players(1, 3, 2, 5);
}

TEST(byes_are_in_round_1_and_go_to_the_highest_seeds)
{
    start(5);
    EXPECT_INT(BRACKET_BYE, node(1, 0)->state);
    EXPECT_INT(0, node(1, 0)->winner);
    EXPECT_INT(BRACKET_CALLED, node(1, 1)->state);
    expect_players(1, 1, 3, 4);
    EXPECT_INT(BRACKET_BYE, node(1, 2)->state);
    EXPECT_INT(1, node(1, 2)->winner);
    EXPECT_INT(BRACKET_BYE, node(1, 3)->state);
    EXPECT_INT(2, node(1, 3)->winner);
    /* Both feeders of this one are byes: nobody waits for the rest of round 1. */
    EXPECT_INT(BRACKET_CALLED, node(2, 1)->state);
    EXPECT_INT(BRACKET_PENDING, node(2, 0)->state);
    EXPECT_INT(0, bracket.decided_count);
}

TEST(effects_come_round_by_round_and_a_round_is_announced_before_its_first_call)
{
    start(5);
    EXPECT_INT(7, effects.count);
    EXPECT_INT(BRACKET_EFFECT_ROUND, effects.list[0].kind);
    EXPECT_INT(1, effects.list[0].round);
    EXPECT_INT(BRACKET_EFFECT_DECIDED, effects.list[1].kind);
    EXPECT_INT(BRACKET_EFFECT_CALL, effects.list[2].kind);
    EXPECT_INT(BRACKET_EFFECT_ROUND, effects.list[5].kind);
    EXPECT_INT(2, effects.list[5].round);
    EXPECT_INT(BRACKET_EFFECT_CALL, effects.list[6].kind);
}

TEST(a_winner_goes_up_and_the_next_match_is_called_when_both_are_known)
{
    start(4);
    win(1, 0, 0);
    EXPECT_INT(1, effects.count); /* decided; the other feeder is open */
    EXPECT_INT(BRACKET_PENDING, node(2, 0)->state);
    win(1, 1, 1);
    EXPECT_INT(3, effects.count); /* decided, round 2, called */
    expect_players(2, 0, 0, 2);
    win(2, 0, 1);
    EXPECT_INT(2, bracket.champion);
    EXPECT_INT(3, bracket.decided_count);
}

TEST(a_result_that_comes_again_changes_nothing_and_another_is_refused)
{
    start(4);
    win(1, 0, 0);
    win(1, 0, 0);
    EXPECT_INT(0, effects.count);
    EXPECT_ERR(ERR_CONFLICT, result(1, 0, 1));
    EXPECT_ERR(ERR_CONFLICT, result(1, 0, BRACKET_NO_SIDE));
    EXPECT_ERR(ERR_BAD_STATE, result(2, 0, 0)); /* nobody knows its players yet */
    EXPECT_INT(1, bracket.decided_count);
}

TEST(both_absent_voids_the_node_and_the_parent_gives_a_bye)
{
    start(4);
    win(1, 0, BRACKET_NO_SIDE);
    EXPECT_INT(BRACKET_VOID, node(1, 0)->state);
    win(1, 1, 0);
    EXPECT_INT(BRACKET_BYE, node(2, 0)->state);
    EXPECT_INT(1, bracket.champion);
    EXPECT_INT(3, bracket.decided_count);
    EXPECT(bracket.has_ended);
}

TEST(a_final_that_nobody_comes_to_ends_without_a_winner)
{
    start(2);
    win(1, 0, BRACKET_NO_SIDE);
    EXPECT(bracket.has_ended);
    EXPECT_INT(BRACKET_NOBODY, bracket.champion);
    EXPECT_INT(0, count_of(BRACKET_EFFECT_CHAMPION));
    EXPECT_INT(1, count_of(BRACKET_EFFECT_FINISHED));
}

TEST(two_void_feeders_make_their_parent_void)
{
    start(8);
    win(1, 0, BRACKET_NO_SIDE);
    win(1, 1, BRACKET_NO_SIDE);
    EXPECT_INT(BRACKET_VOID, node(2, 0)->state);
    win(1, 2, 0);
    win(1, 3, 0);
    win(2, 1, 0);
    EXPECT_INT(BRACKET_BYE, node(3, 0)->state);
    EXPECT_INT(1, bracket.champion);
    EXPECT_INT(7, bracket.decided_count);
}

TEST(without_a_match_the_deadline_decides_by_who_is_there)
{
    start(4);
    EXPECT_INT(NOW + NO_SHOW_MS, bracket_next_due_ms(&bracket));
    EXPECT_OK(bracket_present(&bracket, 0, 1));
    bracket_tick(&bracket, NOW + NO_SHOW_MS - 1, &effects);
    EXPECT_INT(0, effects.count);
    bracket_tick(&bracket, NOW + NO_SHOW_MS, &effects);
    EXPECT_INT(BRACKET_WALKOVER, node(1, 0)->state);
    EXPECT_INT(3, node(1, 0)->winner);
    EXPECT_INT(BRACKET_VOID, node(1, 1)->state);
    EXPECT_INT(3, bracket.champion); /* the final's other feeder is void */
    EXPECT_INT(BRACKET_NEVER, bracket_next_due_ms(&bracket));
}

TEST(both_there_and_no_match_is_called_again)
{
    start(2);
    EXPECT_OK(bracket_present(&bracket, 0, 0));
    EXPECT_OK(bracket_present(&bracket, 0, 1));
    bracket_tick(&bracket, NOW + NO_SHOW_MS, &effects);
    EXPECT_INT(1, count_of(BRACKET_EFFECT_CALL));
    EXPECT_INT(BRACKET_CALLED, node(1, 0)->state);
    EXPECT_INT(NOW + 2 * NO_SHOW_MS, bracket_next_due_ms(&bracket));
}

TEST(once_the_match_is_made_its_own_clock_decides)
{
    start(2);
    EXPECT_ERR(ERR_BAD_STATE, bracket_match_begun(&bracket, 0)); /* there is none yet */
    EXPECT_OK(bracket_match_made(&bracket, 0));
    EXPECT_INT(BRACKET_NEVER, bracket_next_due_ms(&bracket));
    bracket_tick(&bracket, NOW + 10 * NO_SHOW_MS, &effects);
    EXPECT_INT(0, effects.count);
    EXPECT_OK(bracket_match_begun(&bracket, 0));
    EXPECT_INT(BRACKET_RUNNING, node(1, 0)->state);
    win(1, 0, 0);
    EXPECT_ERR(ERR_BAD_STATE, bracket_match_made(&bracket, 0));
    EXPECT_ERR(ERR_BAD_STATE, bracket_present(&bracket, 0, 0));
}

TEST(who_leaves_before_his_match_is_made_loses_by_walkover)
{
    start(4);
    EXPECT_OK(bracket_leave(&bracket, 0, NOW, &effects));
    EXPECT_INT(BRACKET_WALKOVER, node(1, 0)->state);
    EXPECT_INT(3, node(1, 0)->winner);
    EXPECT_OK(bracket_leave(&bracket, 0, NOW, &effects));
    EXPECT_INT(0, effects.count);
}

TEST(who_leaves_during_his_match_is_resigned_and_the_match_decides)
{
    start(4);
    EXPECT_OK(bracket_match_made(&bracket, 0));
    EXPECT_OK(bracket_leave(&bracket, 3, NOW, &effects));
    EXPECT_INT(1, effects.count);
    EXPECT_INT(BRACKET_EFFECT_STOP, effects.list[0].kind);
    EXPECT_INT(1, effects.list[0].side);
    EXPECT_INT(BRACKET_CALLED, node(1, 0)->state);
    /* He won before the resignation arrived: he goes up, and is not there for the next one. */
    win(1, 0, 1);
    win(1, 1, 0);
    EXPECT_INT(BRACKET_WALKOVER, node(2, 0)->state);
    EXPECT_INT(1, bracket.champion);
    EXPECT_INT(3, bracket.decided_count);
}

TEST(who_leaves_while_waiting_for_an_opponent_loses_when_there_is_one)
{
    start(4);
    win(1, 0, 0);
    EXPECT_OK(bracket_leave(&bracket, 0, NOW, &effects));
    EXPECT_INT(0, effects.count);
    win(1, 1, 0);
    EXPECT_INT(BRACKET_WALKOVER, node(2, 0)->state);
    EXPECT_INT(1, bracket.champion);
}

TEST(who_was_knocked_out_may_leave_and_nothing_happens)
{
    start(4);
    win(1, 0, 0);
    EXPECT_OK(bracket_leave(&bracket, 3, NOW, &effects));
    EXPECT_INT(0, effects.count);
}

TEST(when_all_have_left_it_ends_without_a_winner)
{
    start(3);
    EXPECT_OK(bracket_leave(&bracket, 0, NOW, &effects)); /* waits in the final by his bye */
    EXPECT_OK(bracket_leave(&bracket, 1, NOW, &effects));
    EXPECT_INT(BRACKET_WALKOVER, node(2, 0)->state);
    EXPECT_INT(2, bracket.champion);
    EXPECT_ERR(ERR_MATCH_ENDED, bracket_leave(&bracket, 2, NOW, &effects));
    start(4);
    EXPECT_OK(bracket_match_made(&bracket, 0));
    EXPECT_OK(bracket_match_made(&bracket, 1));
    for (uint16_t i = 0; i < 4; i++)
        EXPECT_OK(bracket_leave(&bracket, i, NOW, &effects));
    win(1, 0, 0);
    win(1, 1, 1);
    EXPECT_INT(BRACKET_VOID, node(2, 0)->state);
    EXPECT_INT(BRACKET_NOBODY, bracket.champion);
}

TEST(places_are_2_3_5_9)
{
    start(16);
    EXPECT_INT(2, bracket_place_of_loser(&bracket, 4));
    EXPECT_INT(3, bracket_place_of_loser(&bracket, 3));
    EXPECT_INT(5, bracket_place_of_loser(&bracket, 2));
    EXPECT_INT(9, bracket_place_of_loser(&bracket, 1));
}

/* -- seeding --------------------------------------------------------------------------------- */

TEST(by_rating_the_best_is_first_and_equals_keep_their_order)
{
    struct bracket_entrant list[4] = {{.id = 1, .rating = 1500},
                                      {.id = 2, .rating = 1600},
                                      {.id = 3, .rating = 1500},
                                      {.id = 4, .rating = -5}};

    bracket_order(list, 4, BRACKET_SEEDING_RATING, 9);
    EXPECT_INT(2, list[0].id);
    EXPECT_INT(1, list[1].id);
    EXPECT_INT(3, list[2].id);
    EXPECT_INT(4, list[3].id);
}

static uint64_t order_of(uint64_t seed)
{
    struct bracket_entrant list[8];
    uint64_t order = 0;

    for (uint64_t i = 0; i < 8; i++)
        list[i] = (struct bracket_entrant){.id = i};
    bracket_order(list, 8, BRACKET_SEEDING_RANDOM, seed);
    for (size_t i = 0; i < 8; i++)
        order = order * 10 + list[i].id;
    return order;
}

TEST(a_shuffle_keeps_everybody_and_is_repeated_by_its_seed_alone)
{
    uint16_t first_counts[8] = {0};

    EXPECT_INT(order_of(7), order_of(7));
    EXPECT(order_of(7) != order_of(8));
    for (uint64_t seed = 0; seed < 4000; seed++) {
        uint64_t order = order_of(seed);
        unsigned seen = 0;

        first_counts[order / 10000000]++;
        for (int i = 0; i < 8; i++, order /= 10)
            seen |= 1u << order % 10;
        EXPECT_INT(0xff, seen);
    }
    for (size_t i = 0; i < 8; i++) /* 500 each; seven standard deviations wide */
        EXPECT(first_counts[i] > 350 && first_counts[i] < 650);
}

/* -- facts that no tournament leads to ------------------------------------------------------- */

static void facts_now(struct bracket_fact *facts)
{
    for (uint16_t at = 0; at < bracket.node_count; at++)
        bracket_fact_of(&bracket, at, &facts[at]);
}

static enum err load_with(uint16_t at, struct bracket_fact fact)
{
    static struct bracket copy;
    struct bracket_fact facts[BRACKET_NODES_MAX];

    facts_now(facts);
    facts[at] = fact;
    return bracket_load(&copy, entrants, bracket.entrant_count, NO_SHOW_MS, facts);
}

TEST(impossible_facts_are_refused)
{
    static const struct bracket_fact CALLED = {.state = BRACKET_CALLED,
                                               .winner_side = BRACKET_NO_SIDE};
    static const struct bracket_fact PENDING = {.winner_side = BRACKET_NO_SIDE};

    start(5);
    EXPECT_OK(load_with(1, CALLED));
    EXPECT_ERR(ERR_BAD_STATE, load_with(1, PENDING)); /* both sides are known: it was called */
    EXPECT_ERR(ERR_BAD_STATE, load_with(0, CALLED));  /* there is nobody to meet */
    EXPECT_ERR(ERR_BAD_STATE, load_with(4, CALLED));  /* a feeder is open */
    EXPECT_ERR(ERR_BAD_STATE,
               load_with(1, (struct bracket_fact){.state = BRACKET_FINISHED, .winner_side = -1}));
    EXPECT_ERR(ERR_BAD_STATE,
               load_with(1, (struct bracket_fact){.state = BRACKET_VOID, .winner_side = 1}));
    EXPECT_ERR(ERR_BAD_STATE,
               load_with(0, (struct bracket_fact){.state = BRACKET_BYE, .winner_side = 1}));
    EXPECT_ERR(ERR_BAD_STATE,
               load_with(1, (struct bracket_fact){.state = BRACKET_RUNNING, .winner_side = -1}));
    EXPECT_ERR(ERR_BAD_STATE, load_with(1, (struct bracket_fact){.state = 200}));
}
