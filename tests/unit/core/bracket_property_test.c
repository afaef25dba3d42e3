/*
 * Thousands of seeded tournaments in which people win, stay away, come late, leave at any moment
 * and the process dies after any step: then everything is thrown away but the facts, as a store
 * keeps them. What must be true of every one of them is checked against bookkeeping of its own:
 * one call and one decision per node, players that are their feeders' winners, N - 1 decided nodes,
 * at most one champion.
 */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/base/rng.h"
#include "lib/core/bracket.h"

#define TOURNAMENTS 6000
#define NO_SHOW_MS 60000

/* What the store and the services have seen. */
struct ledger {
    uint8_t calls[BRACKET_NODES_MAX];
    uint8_t decisions[BRACKET_NODES_MAX];
    uint16_t winners[BRACKET_NODES_MAX];
    struct bracket_fact facts[BRACKET_NODES_MAX];
    struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX];
    uint8_t rounds;
    uint8_t champions;
    uint8_t ends;
};

static struct bracket bracket;
static struct bracket_effects effects;
static struct ledger ledger;
static struct rng rng;
static uint64_t now_ms;
static uint32_t deaths, voids, walkovers, empty_ends;

static void read_effect(const struct bracket_effect *effect)
{
    EXPECT_INT(0, ledger.ends); /* nothing comes after the end */
    switch ((enum bracket_effect_kind)effect->kind) {
    case BRACKET_EFFECT_ROUND:
        EXPECT_INT(++ledger.rounds, effect->round);
        break;
    case BRACKET_EFFECT_CALL:
        EXPECT(effect->round <= ledger.rounds);
        EXPECT_INT(0, ledger.decisions[effect->node]);
        EXPECT(ledger.calls[effect->node] < 200);
        ledger.calls[effect->node]++;
        break;
    case BRACKET_EFFECT_STOP:
        EXPECT(ledger.facts[effect->node].has_match);
        break;
    case BRACKET_EFFECT_DECIDED:
        EXPECT(effect->round <= ledger.rounds);
        EXPECT_INT(1, ++ledger.decisions[effect->node]);
        ledger.winners[effect->node] = effect->entrant;
        break;
    case BRACKET_EFFECT_CHAMPION:
        EXPECT_INT(1, ++ledger.champions);
        EXPECT_INT(bracket.champion, effect->entrant);
        break;
    case BRACKET_EFFECT_FINISHED:
        ledger.ends++;
        break;
    }
}

/* I27: a node's players are its feeders' winners; it is called or decided iff both are decided. */
static void expect_tree(void)
{
    for (uint16_t at = 0; at < bracket.node_count; at++) {
        const struct bracket_node *node = &bracket.nodes[at];
        uint8_t round = bracket_round_of(&bracket, at);
        bool are_decided = true;

        EXPECT_INT(bracket_is_decided(node), ledger.decisions[at]);
        for (uint16_t side = 0; side < 2 && round > 1; side++) {
            uint16_t slot = (uint16_t)(2 * bracket_slot_of(&bracket, at) + side);
            uint16_t feeder = bracket_node_at(&bracket, (uint8_t)(round - 1), slot);

            are_decided = are_decided && ledger.decisions[feeder];
            if (ledger.decisions[feeder])
                EXPECT_INT(ledger.winners[feeder], node->players[side]);
            else
                EXPECT_INT(BRACKET_NOBODY, node->players[side]);
        }
        EXPECT_INT(are_decided, node->state != BRACKET_PENDING);
        if (node->state == BRACKET_BYE || node->state == BRACKET_VOID)
            continue;
        EXPECT(node->state == BRACKET_PENDING || node->players[0] != node->players[1]);
    }
}

/* The transaction: effects are read and facts kept together, or neither. */
static void commit(void)
{
    for (uint16_t i = 0; i < effects.count; i++)
        read_effect(&effects.list[i]);
    for (uint16_t at = 0; at < bracket.node_count; at++)
        bracket_fact_of(&bracket, at, &ledger.facts[at]);
    memcpy(ledger.entrants, bracket.entrants, sizeof(ledger.entrants));
}

/* Equal in everything that is kept; who is present is asked anew after a restart. */
static void expect_same(const struct bracket *a, const struct bracket *b)
{
    EXPECT_INT(a->champion, b->champion);
    EXPECT_INT(a->decided_count, b->decided_count);
    EXPECT_INT(a->round, b->round);
    EXPECT_INT(a->has_ended, b->has_ended);
    for (uint16_t at = 0; at < a->node_count; at++) {
        const struct bracket_node *x = &a->nodes[at], *y = &b->nodes[at];

        EXPECT_INT(x->state, y->state);
        EXPECT_INT(x->winner, y->winner);
        EXPECT_INT(x->has_match, y->has_match);
        EXPECT(x->due_ms == y->due_ms);
        for (int side = 0; side < 2; side++) {
            EXPECT_INT(x->players[side], y->players[side]);
            EXPECT_INT(x->is_fed[side], y->is_fed[side]);
            EXPECT_INT(x->scores[side], y->scores[side]);
        }
    }
}

static void die_and_come_back(void)
{
    static struct bracket loaded;
    uint16_t count = bracket.entrant_count;

    EXPECT_OK(bracket_load(&loaded, ledger.entrants, count, NO_SHOW_MS, ledger.facts));
    expect_same(&bracket, &loaded);
    memset(&bracket, 0xa5, sizeof(bracket)); /* nothing of the old life is read again */
    bracket = loaded;
    deaths++;
}

/* One of the nodes that wait for a match or its end. */
static bool pick_open(uint16_t *out)
{
    uint16_t seen = 0;

    for (uint16_t at = 0; at < bracket.node_count; at++) {
        uint8_t state = bracket.nodes[at].state;
        if (state != BRACKET_CALLED && state != BRACKET_RUNNING)
            continue;
        if (rng_below(&rng, ++seen) == 0)
            *out = at;
    }
    return seen > 0;
}

static void end_match(uint16_t at)
{
    uint64_t what = rng_below(&rng, 20);
    struct bracket_result result = {
        .winner_side = (int8_t)rng_below(&rng, 2),
        .is_walkover = what == 0,
        .scores = {(uint16_t)rng_below(&rng, 12), (uint16_t)rng_below(&rng, 12)}};

    if (what == 1)
        result.winner_side = BRACKET_NO_SIDE;
    EXPECT_OK(bracket_result(&bracket, at, &result, now_ms, &effects));
    commit();
    if (rng_below(&rng, 4) == 0) { /* I28: told again, after a lost acknowledgement */
        EXPECT_OK(bracket_result(&bracket, at, &result, now_ms, &effects));
        EXPECT_INT(0, effects.count);
        result.winner_side = result.winner_side == 0 ? 1 : 0;
        EXPECT_ERR(ERR_CONFLICT, bracket_result(&bracket, at, &result, now_ms, &effects));
    }
}

static void leave(uint16_t entrant)
{
    EXPECT_OK(bracket_leave(&bracket, entrant, now_ms, &effects));
}

static void step(void)
{
    uint16_t at = 0;

    effects.count = 0;
    EXPECT(pick_open(&at)); /* somebody is always waited for until the end: it cannot hang */
    switch (rng_below(&rng, 16)) {
    case 0:
        leave((uint16_t)rng_below(&rng, bracket.entrant_count));
        break;
    case 1:
        now_ms += rng_below(&rng, 3) == 0 ? NO_SHOW_MS : 500;
        bracket_tick(&bracket, now_ms, &effects);
        break;
    case 2:
    case 3:
        EXPECT_OK(bracket_present(&bracket, at, (int8_t)rng_below(&rng, 2)));
        break;
    case 4:
        if (bracket.nodes[at].has_match)
            EXPECT_OK(bracket_match_begun(&bracket, at));
        break;
    default:
        if (bracket.nodes[at].has_match) {
            end_match(at);
            return;
        }
        EXPECT_OK(bracket_match_made(&bracket, at));
        break;
    }
    commit();
}

static void expect_end(void)
{
    uint16_t decided = 0;

    EXPECT_INT(1, ledger.ends);
    EXPECT(ledger.champions <= 1);
    EXPECT_INT(bracket.champion != BRACKET_NOBODY, ledger.champions);
    for (uint16_t at = 0; at < bracket.node_count; at++) {
        const struct bracket_node *node = &bracket.nodes[at];
        bool is_first_bye = node->state == BRACKET_BYE && bracket_round_of(&bracket, at) == 1;

        EXPECT(bracket_is_decided(node));
        EXPECT_INT(1, ledger.decisions[at]);
        if (node->state == BRACKET_BYE && !is_first_bye) /* only beside a void one */
            EXPECT(node->players[0] == BRACKET_NOBODY || node->players[1] == BRACKET_NOBODY);
        decided = (uint16_t)(decided + !is_first_bye);
        voids += node->state == BRACKET_VOID;
        walkovers += node->state == BRACKET_WALKOVER;
    }
    EXPECT_INT(bracket.entrant_count - 1, decided);
    EXPECT_INT(decided, bracket.decided_count);
    empty_ends += bracket.champion == BRACKET_NOBODY;
}

static uint16_t some_count(void)
{
    if (rng_below(&rng, 40) == 0)
        return (uint16_t)(2 + rng_below(&rng, BRACKET_ENTRANTS_MAX - 1));
    return (uint16_t)(2 + rng_below(&rng, 32));
}

static void expect_byes(void)
{
    uint16_t byes = (uint16_t)(bracket.node_count + 1 - bracket.entrant_count);

    for (uint16_t i = 0; i < bracket.entrant_count; i++)
        EXPECT_INT(i < byes, bracket.nodes[bracket.leaves[i] / 2].state == BRACKET_BYE);
}

static void play_tournament(uint64_t seed)
{
    uint16_t count;

    rng_init(&rng, seed);
    memset(&ledger, 0, sizeof(ledger));
    now_ms = 1000000;
    count = some_count();
    for (uint16_t i = 0; i < count; i++)
        ledger.entrants[i] = (struct bracket_entrant){.id = i, .rating = (int64_t)rng_next(&rng)};
    bracket_order(ledger.entrants, count, (enum bracket_seeding)rng_below(&rng, 3), seed);
    bracket_start(&bracket, ledger.entrants, count, NO_SHOW_MS, now_ms, &effects);
    commit();
    expect_byes();
    for (int steps = 0; !bracket.has_ended; steps++) {
        EXPECT(steps < 100000);
        step();
        if (count <= 33 || steps % 16 == 0)
            expect_tree();
        if (rng_below(&rng, count <= 33 ? 3 : 40) == 0)
            die_and_come_back();
    }
    expect_tree();
    expect_end();
}

TEST(every_tournament_ends_once_with_n_minus_1_decided_nodes_whoever_leaves_and_whatever_dies)
{
    for (uint64_t seed = 0; seed < TOURNAMENTS; seed++)
        play_tournament(seed);
    print_message("%u restarts, %u voids, %u walkovers, %u ends without a winner\n", deaths, voids,
                  walkovers, empty_ends);
    EXPECT(deaths > TOURNAMENTS);
    EXPECT(voids > 100);
    EXPECT(walkovers > 1000);
    EXPECT(empty_ends > 10);
}

TEST(every_size_from_2_to_512_ends_when_all_play)
{
    for (uint16_t count = 2; count <= BRACKET_ENTRANTS_MAX; count++) {
        static struct bracket_entrant all[BRACKET_ENTRANTS_MAX];
        struct bracket_result result = {.winner_side = 0, .scores = {11, 3}};

        bracket_start(&bracket, all, count, NO_SHOW_MS, 0, &effects);
        for (uint16_t at = 0; at < bracket.node_count; at++) {
            if (bracket.nodes[at].state ==
                BRACKET_CALLED) /* the better seed is on the upper side */
                EXPECT_OK(bracket_result(&bracket, at, &result, 0, &effects));
        }
        EXPECT(bracket.has_ended);
        EXPECT(bracket.champion != BRACKET_NOBODY);
        EXPECT_INT(count - 1, bracket.decided_count);
    }
}
