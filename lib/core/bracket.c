/* The machine of bracket.h. An event decides or calls a node; what that means for the nodes above
 * is worked out on the way up (settle_up), or for all of them in order (settle_all): a parent comes
 * after its children, so one pass is enough. */
#include "lib/core/bracket.h"

static const char *const STATE_NAMES[BRACKET_STATE_COUNT] = {
    "pending", "called", "running", "finished", "bye", "walkover", "void",
};

/* ---- the shape of the tree ---- */

static uint16_t leaf_count(const struct bracket *bracket)
{
    return (uint16_t)(bracket->node_count + 1);
}

uint16_t bracket_nodes_needed(uint16_t entrant_count)
{
    uint16_t leaves = 2;

    while (leaves < entrant_count)
        leaves = (uint16_t)(leaves * 2);
    return (uint16_t)(leaves - 1);
}

uint16_t bracket_round_size(const struct bracket *bracket, uint8_t round)
{
    CHECK(round >= 1 && round <= bracket->round_count);
    return (uint16_t)(leaf_count(bracket) >> round);
}

/* Before a round stand all nodes of earlier ones: what the leaves have lost by then. */
uint16_t bracket_node_at(const struct bracket *bracket, uint8_t round, uint16_t slot)
{
    CHECK(slot < bracket_round_size(bracket, round));
    return (uint16_t)(leaf_count(bracket) - (leaf_count(bracket) >> (round - 1)) + slot);
}

uint8_t bracket_round_of(const struct bracket *bracket, uint16_t node)
{
    uint8_t round = 1;

    CHECK(node < bracket->node_count);
    while (node >= bracket_node_at(bracket, round, 0) + bracket_round_size(bracket, round))
        round++;
    return round;
}

uint16_t bracket_slot_of(const struct bracket *bracket, uint16_t node)
{
    return (uint16_t)(node - bracket_node_at(bracket, bracket_round_of(bracket, node), 0));
}

uint16_t bracket_parent_of(const struct bracket *bracket, uint16_t node)
{
    uint8_t round = bracket_round_of(bracket, node);

    if (round == bracket->round_count)
        return BRACKET_NOBODY;
    return bracket_node_at(bracket, (uint8_t)(round + 1), bracket_slot_of(bracket, node) / 2);
}

uint16_t bracket_place_of_loser(const struct bracket *bracket, uint8_t round)
{
    return (uint16_t)(bracket_round_size(bracket, round) + 1);
}

/*
 * The seed at a leaf: of two that may meet in the last round but n, the better is among the best
 * 2^n. Read from the top: a leaf in the lower half faces the mirror of the seed in the upper half.
 */
static uint16_t seed_at(uint16_t leaf, uint16_t leaves)
{
    uint16_t seed = 0;

    for (uint16_t size = 2; size <= leaves; size = (uint16_t)(size * 2)) {
        if (leaf / (leaves / size) % 2)
            seed = (uint16_t)(size - 1 - seed);
    }
    return seed;
}

bool bracket_is_decided(const struct bracket_node *node)
{
    return node->state >= BRACKET_FINISHED;
}

/* ---- effects ---- */

static void effect_add(struct bracket_effects *effects, struct bracket_effect effect)
{
    CHECK(effects->count < BRACKET_EFFECTS_MAX);
    effects->list[effects->count++] = effect;
}

static void effect_node(const struct bracket *bracket, struct bracket_effects *effects,
                        enum bracket_effect_kind kind, uint16_t node)
{
    effect_add(effects, (struct bracket_effect){.kind = (uint8_t)kind,
                                                .side = BRACKET_NO_SIDE,
                                                .round = bracket_round_of(bracket, node),
                                                .node = node,
                                                .entrant = bracket->nodes[node].winner});
}

static void round_begin(struct bracket *bracket, uint16_t node, struct bracket_effects *effects)
{
    uint8_t round = bracket_round_of(bracket, node);

    if (round <= bracket->round)
        return;
    bracket->round = round;
    effect_node(bracket, effects, BRACKET_EFFECT_ROUND, node);
}

/* ---- moves ---- */

static void feed(struct bracket *bracket, uint16_t node, uint16_t entrant)
{
    uint16_t parent = bracket_parent_of(bracket, node);
    uint16_t side = bracket_slot_of(bracket, node) % 2;

    bracket->nodes[parent].players[side] = entrant;
    bracket->nodes[parent].is_fed[side] = true;
}

static void end(struct bracket *bracket, uint16_t final, struct bracket_effects *effects)
{
    bracket->has_ended = true;
    bracket->champion = bracket->nodes[final].winner;
    if (bracket->champion != BRACKET_NOBODY)
        effect_node(bracket, effects, BRACKET_EFFECT_CHAMPION, final);
    effect_node(bracket, effects, BRACKET_EFFECT_FINISHED, final);
}

/* The first and only decision of a node: who won, or side BRACKET_NO_SIDE. */
static void decide(struct bracket *bracket, uint16_t at, enum bracket_node_state state, int8_t side,
                   struct bracket_effects *effects)
{
    struct bracket_node *node = &bracket->nodes[at];

    CHECK(!bracket_is_decided(node));
    CHECK((side == BRACKET_NO_SIDE) == (state == BRACKET_VOID));
    round_begin(bracket, at, effects);
    node->state = (uint8_t)state;
    node->due_ms = BRACKET_NEVER;
    if (side != BRACKET_NO_SIDE)
        node->winner = node->players[side];
    if (state != BRACKET_BYE || bracket_round_of(bracket, at) > 1)
        bracket->decided_count++;
    effect_node(bracket, effects, BRACKET_EFFECT_DECIDED, at);
    if (bracket_parent_of(bracket, at) == BRACKET_NOBODY)
        end(bracket, at, effects);
    else
        feed(bracket, at, node->winner);
}

static void call(struct bracket *bracket, uint16_t at, uint64_t now_ms,
                 struct bracket_effects *effects)
{
    struct bracket_node *node = &bracket->nodes[at];

    round_begin(bracket, at, effects);
    node->state = BRACKET_CALLED;
    node->due_ms = now_ms + bracket->no_show_ms;
    effect_node(bracket, effects, BRACKET_EFFECT_CALL, at);
}

/* Somebody is on this side and means to play. */
static bool has_player(const struct bracket *bracket, const struct bracket_node *node, int side)
{
    uint16_t entrant = node->players[side];

    return entrant != BRACKET_NOBODY && !bracket->entrants[entrant].has_left;
}

/* A pending node whose both sides are known is called or decided now. */
static void settle(struct bracket *bracket, uint16_t at, uint64_t now_ms,
                   struct bracket_effects *effects)
{
    const struct bracket_node *node = &bracket->nodes[at];
    bool has_both = node->players[0] != BRACKET_NOBODY && node->players[1] != BRACKET_NOBODY;
    bool is_here[2];

    if (node->state != BRACKET_PENDING || !node->is_fed[0] || !node->is_fed[1])
        return;
    is_here[0] = has_player(bracket, node, 0);
    is_here[1] = has_player(bracket, node, 1);
    if (is_here[0] && is_here[1])
        call(bracket, at, now_ms, effects);
    else if (!is_here[0] && !is_here[1])
        decide(bracket, at, BRACKET_VOID, BRACKET_NO_SIDE, effects);
    else
        decide(bracket, at, has_both ? BRACKET_WALKOVER : BRACKET_BYE, is_here[0] ? 0 : 1, effects);
}

/* What a decision means further up. */
static void settle_up(struct bracket *bracket, uint16_t at, uint64_t now_ms,
                      struct bracket_effects *effects)
{
    while (bracket_is_decided(&bracket->nodes[at])) {
        at = bracket_parent_of(bracket, at);
        if (at == BRACKET_NOBODY)
            return;
        settle(bracket, at, now_ms, effects);
    }
}

/* ---- life ---- */

static void init(struct bracket *bracket, const struct bracket_entrant *entrants, uint16_t count,
                 uint32_t no_show_ms)
{
    CHECK(count >= BRACKET_ENTRANTS_MIN && count <= BRACKET_ENTRANTS_MAX);
    *bracket = (struct bracket){.no_show_ms = no_show_ms,
                                .entrant_count = count,
                                .node_count = bracket_nodes_needed(count),
                                .champion = BRACKET_NOBODY};
    for (uint16_t leaves = leaf_count(bracket); leaves > 1; leaves /= 2)
        bracket->round_count++;
    for (uint16_t i = 0; i < count; i++)
        bracket->entrants[i] = entrants[i];
    for (uint16_t i = 0; i < bracket->node_count; i++)
        bracket->nodes[i] = (struct bracket_node){.due_ms = BRACKET_NEVER,
                                                  .players = {BRACKET_NOBODY, BRACKET_NOBODY},
                                                  .winner = BRACKET_NOBODY};
}

/* The leaves: an empty one is known from the start to be empty. */
static void seat_entrants(struct bracket *bracket)
{
    for (uint16_t leaf = 0; leaf < leaf_count(bracket); leaf++) {
        uint16_t entrant = seed_at(leaf, leaf_count(bracket));
        struct bracket_node *node = &bracket->nodes[leaf / 2];

        node->is_fed[leaf % 2] = true;
        if (entrant >= bracket->entrant_count)
            continue;
        node->players[leaf % 2] = entrant;
        bracket->leaves[entrant] = leaf;
    }
}

void bracket_start(struct bracket *bracket, const struct bracket_entrant *entrants, uint16_t count,
                   uint32_t no_show_ms, uint64_t now_ms, struct bracket_effects *effects)
{
    effects->count = 0;
    init(bracket, entrants, count, no_show_ms);
    seat_entrants(bracket);
    for (uint16_t i = 0; i < count; i++)
        CHECK(!entrants[i].has_left);
    for (uint16_t at = 0; at < bracket->node_count; at++)
        settle(bracket, at, now_ms, effects);
}

/* ---- events ---- */

/* A node whose match is awaited. */
static enum err find_open(struct bracket *bracket, uint16_t at, struct bracket_node **out)
{
    if (at >= bracket->node_count)
        return ERR_BAD_STATE;
    *out = &bracket->nodes[at];
    if ((*out)->state != BRACKET_CALLED && (*out)->state != BRACKET_RUNNING)
        return ERR_BAD_STATE;
    return OK;
}

enum err bracket_match_made(struct bracket *bracket, uint16_t at)
{
    struct bracket_node *node;
    enum err err = find_open(bracket, at, &node);

    if (err)
        return err;
    node->has_match = true;
    node->due_ms = BRACKET_NEVER;
    return OK;
}

enum err bracket_match_begun(struct bracket *bracket, uint16_t at)
{
    struct bracket_node *node;
    enum err err = find_open(bracket, at, &node);

    if (err)
        return err;
    if (!node->has_match)
        return ERR_BAD_STATE;
    node->state = BRACKET_RUNNING;
    return OK;
}

enum err bracket_present(struct bracket *bracket, uint16_t at, int8_t side)
{
    struct bracket_node *node;
    enum err err = find_open(bracket, at, &node);

    CHECK(side == 0 || side == 1);
    if (err)
        return err;
    node->is_present[side] = true;
    return OK;
}

static enum bracket_node_state state_of(const struct bracket_result *result)
{
    if (result->winner_side == BRACKET_NO_SIDE)
        return BRACKET_VOID;
    return result->is_walkover ? BRACKET_WALKOVER : BRACKET_FINISHED;
}

static enum err result_again(const struct bracket_node *node, const struct bracket_result *result)
{
    uint16_t winner = result->winner_side == BRACKET_NO_SIDE ? BRACKET_NOBODY
                                                             : node->players[result->winner_side];

    return node->winner == winner && node->state == state_of(result) ? OK : ERR_CONFLICT;
}

enum err bracket_result(struct bracket *bracket, uint16_t at, const struct bracket_result *result,
                        uint64_t now_ms, struct bracket_effects *effects)
{
    struct bracket_node *node;
    enum err err;

    effects->count = 0;
    CHECK(result->winner_side >= BRACKET_NO_SIDE && result->winner_side <= 1);
    if (at < bracket->node_count && bracket_is_decided(&bracket->nodes[at]))
        return result_again(&bracket->nodes[at], result);
    if ((err = find_open(bracket, at, &node)))
        return err;
    node->scores[0] = result->scores[0];
    node->scores[1] = result->scores[1];
    decide(bracket, at, state_of(result), result->winner_side, effects);
    settle_up(bracket, at, now_ms, effects);
    return OK;
}

uint16_t bracket_node_of(const struct bracket *bracket, uint16_t entrant)
{
    uint16_t at, parent;

    CHECK(entrant < bracket->entrant_count);
    at = bracket->leaves[entrant] / 2;
    while (bracket->nodes[at].winner == entrant &&
           (parent = bracket_parent_of(bracket, at)) != BRACKET_NOBODY)
        at = parent;
    return at;
}

enum err bracket_leave(struct bracket *bracket, uint16_t entrant, uint64_t now_ms,
                       struct bracket_effects *effects)
{
    struct bracket_node *node;
    uint16_t at;
    int8_t side;

    effects->count = 0;
    CHECK(entrant < bracket->entrant_count);
    if (bracket->has_ended)
        return ERR_MATCH_ENDED;
    if (bracket->entrants[entrant].has_left)
        return OK;
    bracket->entrants[entrant].has_left = true;
    at = bracket_node_of(bracket, entrant);
    node = &bracket->nodes[at];
    if (node->state != BRACKET_CALLED && node->state != BRACKET_RUNNING)
        return OK;
    side = node->players[1] == entrant;
    if (node->has_match) {
        effect_add(effects, (struct bracket_effect){.kind = BRACKET_EFFECT_STOP,
                                                    .side = side,
                                                    .round = bracket_round_of(bracket, at),
                                                    .node = at,
                                                    .entrant = entrant});
        return OK;
    }
    decide(bracket, at, BRACKET_WALKOVER, (int8_t)(1 - side), effects);
    settle_up(bracket, at, now_ms, effects);
    return OK;
}

/* Both present and still no match is nobody's fault: the one of the upper side would be favoured by
 * any rule, so the call is repeated with a fresh deadline. */
static void no_show(struct bracket *bracket, uint16_t at, uint64_t now_ms,
                    struct bracket_effects *effects)
{
    struct bracket_node *node = &bracket->nodes[at];

    if (node->is_present[0] && node->is_present[1])
        call(bracket, at, now_ms, effects);
    else if (!node->is_present[0] && !node->is_present[1])
        decide(bracket, at, BRACKET_VOID, BRACKET_NO_SIDE, effects);
    else
        decide(bracket, at, BRACKET_WALKOVER, node->is_present[0] ? 0 : 1, effects);
}

void bracket_tick(struct bracket *bracket, uint64_t now_ms, struct bracket_effects *effects)
{
    effects->count = 0;
    for (uint16_t at = 0; at < bracket->node_count; at++) {
        settle(bracket, at, now_ms, effects);
        if (bracket->nodes[at].due_ms <= now_ms)
            no_show(bracket, at, now_ms, effects);
    }
}

uint64_t bracket_next_due_ms(const struct bracket *bracket)
{
    uint64_t due_ms = BRACKET_NEVER;

    for (uint16_t at = 0; at < bracket->node_count; at++) {
        if (bracket->nodes[at].due_ms < due_ms)
            due_ms = bracket->nodes[at].due_ms;
    }
    return due_ms;
}

/* ---- facts ---- */

void bracket_fact_of(const struct bracket *bracket, uint16_t at, struct bracket_fact *out)
{
    const struct bracket_node *node;

    CHECK(at < bracket->node_count);
    node = &bracket->nodes[at];
    *out = (struct bracket_fact){.state = node->state,
                                 .winner_side = BRACKET_NO_SIDE,
                                 .has_match = node->has_match,
                                 .scores = {node->scores[0], node->scores[1]},
                                 .due_ms = node->due_ms};
    if (node->winner != BRACKET_NOBODY)
        out->winner_side = node->winner == node->players[1];
}

/* What must be true of a node in this state, given the sides that its feeders have filled. */
static bool is_possible(const struct bracket_node *node, const struct bracket_fact *fact)
{
    bool is_fed = node->is_fed[0] && node->is_fed[1];
    bool has_both = node->players[0] != BRACKET_NOBODY && node->players[1] != BRACKET_NOBODY;
    bool has_winner = fact->winner_side == 0 || fact->winner_side == 1;

    switch ((enum bracket_node_state)fact->state) {
    case BRACKET_PENDING:
        return !is_fed && !has_winner && !fact->has_match;
    case BRACKET_CALLED:
        return is_fed && has_both && !has_winner;
    case BRACKET_RUNNING:
        return is_fed && has_both && !has_winner && fact->has_match;
    case BRACKET_FINISHED:
    case BRACKET_WALKOVER:
        return is_fed && has_both && has_winner;
    case BRACKET_BYE:
        return is_fed && !has_both && has_winner && !fact->has_match &&
               node->players[fact->winner_side] != BRACKET_NOBODY;
    case BRACKET_VOID:
        return is_fed && fact->winner_side == BRACKET_NO_SIDE;
    case BRACKET_STATE_COUNT:
        break;
    }
    return false;
}

/* Carries out what the fact says, with its effects thrown away: they had theirs. */
static enum err take_fact(struct bracket *bracket, uint16_t at, const struct bracket_fact *fact,
                          struct bracket_effects *unused)
{
    struct bracket_node *node = &bracket->nodes[at];

    if (!is_possible(node, fact))
        return ERR_BAD_STATE;
    unused->count = 0;
    node->has_match = fact->has_match;
    node->scores[0] = fact->scores[0];
    node->scores[1] = fact->scores[1];
    if (fact->state >= BRACKET_FINISHED) {
        decide(bracket, at, (enum bracket_node_state)fact->state, fact->winner_side, unused);
        return OK;
    }
    node->state = fact->state;
    if (node->state != BRACKET_PENDING)
        round_begin(bracket, at, unused);
    if (node->state == BRACKET_CALLED && !node->has_match)
        node->due_ms = fact->due_ms;
    return OK;
}

enum err bracket_load(struct bracket *bracket, const struct bracket_entrant *entrants,
                      uint16_t count, uint32_t no_show_ms, const struct bracket_fact *facts)
{
    struct bracket_effects unused;

    if (count < BRACKET_ENTRANTS_MIN || count > BRACKET_ENTRANTS_MAX)
        return ERR_BAD_STATE;
    init(bracket, entrants, count, no_show_ms);
    seat_entrants(bracket);
    for (uint16_t at = 0; at < bracket->node_count; at++) {
        enum err err = take_fact(bracket, at, &facts[at], &unused);
        if (err)
            return err;
    }
    return OK;
}

const char *bracket_state_name(enum bracket_node_state state)
{
    CHECK(state < BRACKET_STATE_COUNT);
    return STATE_NAMES[state];
}
