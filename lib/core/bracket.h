/*
 * A single-elimination tournament as a tree of nodes: who meets whom, who went up, when it is over.
 * It is not the matches (lib/core/match.h plays one node's) and not the rows
 * (lib/store/tournaments.h keeps them): it takes an event and answers with effects, which are
 * carried out with the saving.
 *
 *     PENDING --> CALLED --> RUNNING --> FINISHED, WALKOVER, VOID
 *        |           +-----------------> FINISHED, WALKOVER, VOID
 *        +-----------------------------> BYE, WALKOVER, VOID
 *
 *   PENDING    a feeder is undecided
 *   CALLED     both players are known: their match is to be made, or made and not begun
 *   RUNNING    the match has begun
 *   FINISHED   the match was played to an end with a winner
 *   BYE        one player and nobody to meet: a high seed in round 1, or the other feeder was void
 *   WALKOVER   the opponent did not come, or had left the tournament
 *   VOID       neither came: nobody goes up, the parent sees one player only and gives him a bye
 *
 * N entrants fill a tree of the next power of two; the empty leaves face the highest seeds, so byes
 * by seeding are in round 1 alone. Everything else is decided exactly once: N - 1 nodes, walkovers
 * and voids included. A node is called as soon as both its feeders are decided; nobody has to press
 * a button, and no round waits for another. A final that is void ends without a winner.
 *
 * A called node waits for its match. While none could be made (a player is still in another match)
 * the clock here counts: `no_show_ms` after the call whoever was marked present wins, else it is
 * void. Once the match is made (bracket_match_made) that match's own clock decides and the bracket
 * waits for bracket_result.
 *
 * Entrants are numbers from 0 in order of seed; sides are 0 (upper, left) and 1 (lower, right).
 * Nodes are numbered round by round: the last one is the final, a parent's number is larger than
 * its children's. Holds no pointers; sized for BRACKET_ENTRANTS_MAX, owned by the caller.
 */
#ifndef RALLY_CORE_BRACKET_H
#define RALLY_CORE_BRACKET_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define BRACKET_ENTRANTS_MIN 2
#define BRACKET_ENTRANTS_MAX 512
#define BRACKET_ROUNDS_MAX 9
#define BRACKET_NODES_MAX (BRACKET_ENTRANTS_MAX - 1)
#define BRACKET_NOBODY UINT16_MAX
#define BRACKET_NEVER UINT64_MAX
#define BRACKET_NO_SIDE (-1)
/* A node is called once, decided once and begins its round at most once; then champion and end. */
#define BRACKET_EFFECTS_MAX (2 * BRACKET_NODES_MAX + BRACKET_ROUNDS_MAX + 2)

enum bracket_node_state {
    BRACKET_PENDING,
    BRACKET_CALLED,
    BRACKET_RUNNING,
    BRACKET_FINISHED,
    BRACKET_BYE,
    BRACKET_WALKOVER,
    BRACKET_VOID,
    BRACKET_STATE_COUNT,
};

enum bracket_effect_kind {
    BRACKET_EFFECT_ROUND,    /* `round` begins; before the first call or decision in it */
    BRACKET_EFFECT_CALL,     /* make the match of `node`, once */
    BRACKET_EFFECT_STOP,     /* who sits on `side` of `node` left: resign for him in its match */
    BRACKET_EFFECT_DECIDED,  /* store `node` and who goes up from it, once */
    BRACKET_EFFECT_CHAMPION, /* `entrant` won it all; `node` is the final */
    BRACKET_EFFECT_FINISHED, /* the end, with a champion just before or without */
};

struct bracket_effect {
    uint8_t kind;
    int8_t side;
    uint8_t round;
    uint16_t node;
    uint16_t entrant;
};

/* In order. Every function below that takes it empties it first. */
struct bracket_effects {
    struct bracket_effect list[BRACKET_EFFECTS_MAX];
    uint16_t count;
};

struct bracket_entrant {
    uint64_t id;    /* the caller's; never looked at here */
    int64_t rating; /* for bracket_order alone */
    bool has_left;
};

struct bracket_node {
    uint64_t due_ms;     /* CALLED without a match: the no-show deadline; else BRACKET_NEVER */
    uint16_t players[2]; /* BRACKET_NOBODY: not known (see is_fed), or nobody comes */
    uint16_t winner;     /* BRACKET_NOBODY: undecided or void */
    uint16_t scores[2];
    uint8_t state;
    bool is_fed[2]; /* what is in players[side] is final */
    bool is_present[2];
    bool has_match;
};

struct bracket {
    struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX];
    struct bracket_node nodes[BRACKET_NODES_MAX];
    uint16_t leaves[BRACKET_ENTRANTS_MAX]; /* entrant to leaf: its node of round 1 is leaf / 2 */
    uint32_t no_show_ms;
    uint16_t entrant_count;
    uint16_t node_count;
    uint16_t champion;      /* BRACKET_NOBODY: none */
    uint16_t decided_count; /* without the byes of round 1: entrant_count - 1 at the end */
    uint8_t round_count;
    uint8_t round; /* the latest that has begun */
    bool has_ended;
};

enum bracket_seeding {
    BRACKET_SEEDING_GIVEN,  /* as the array is */
    BRACKET_SEEDING_RANDOM, /* shuffled; the same seed gives the same order */
    BRACKET_SEEDING_RATING, /* best first; equals as the array is */
};
/* Puts entrants in order of seed, before bracket_start. */
void bracket_order(struct bracket_entrant *entrants, uint16_t count, enum bracket_seeding seeding,
                   uint64_t seed);

/*
 * A tournament of `count` entrants in order of seed (copied), called round 1 and all. `no_show_ms`
 * is what a called player has while no match could be made. Nobody may have left yet.
 */
void bracket_start(struct bracket *bracket, const struct bracket_entrant *entrants, uint16_t count,
                   uint32_t no_show_ms, uint64_t now_ms, struct bracket_effects *effects);

/* What a store keeps of a node; everything else follows from these and the entrants. */
struct bracket_fact {
    uint8_t state;
    int8_t winner_side; /* FINISHED, BYE, WALKOVER; else BRACKET_NO_SIDE */
    bool has_match;
    uint16_t scores[2];
    uint64_t due_ms; /* CALLED without a match; else ignored */
};
/* The fact of one node, and a whole bracket from `facts[node_count]`. ERR_BAD_STATE when no
 * tournament can have led to these facts; the bracket is then not to be used. */
void bracket_fact_of(const struct bracket *bracket, uint16_t node, struct bracket_fact *out);
enum err bracket_load(struct bracket *bracket, const struct bracket_entrant *entrants,
                      uint16_t count, uint32_t no_show_ms,
                      const struct bracket_fact *facts) MUST_USE;

/*
 * The events. On an error nothing has changed and there are no effects:
 *   ERR_MATCH_ENDED   the tournament is over
 *   ERR_BAD_STATE     the node is not waiting for this
 *   ERR_CONFLICT      the node was decided otherwise
 */
/* The match of a called node exists: from here its own clock decides. Repeating it is OK. */
enum err bracket_match_made(struct bracket *bracket, uint16_t node) MUST_USE;
/* The match of a called node has begun. Repeating it is OK. */
enum err bracket_match_begun(struct bracket *bracket, uint16_t node) MUST_USE;
/* The player is there, though no match is: what the deadline asks. */
enum err bracket_present(struct bracket *bracket, uint16_t node, int8_t side) MUST_USE;

struct bracket_result {
    int8_t winner_side; /* BRACKET_NO_SIDE: neither came, or it was called off: void */
    bool is_walkover;   /* the winner's opponent never came */
    uint16_t scores[2];
};
/* How the match of a called or running node ended. The same result again is OK without effects. */
enum err bracket_result(struct bracket *bracket, uint16_t node, const struct bracket_result *result,
                        uint64_t now_ms, struct bracket_effects *effects) MUST_USE;

/*
 * An entrant leaves: whoever he meets, now or later, goes up by walkover. A match that is made is
 * resigned (effect STOP) and decides itself. Leaving again, or after being knocked out, changes
 * nothing.
 */
enum err bracket_leave(struct bracket *bracket, uint16_t entrant, uint64_t now_ms,
                       struct bracket_effects *effects) MUST_USE;

/* Lets every deadline that is due decide its node. Calling it early or often changes nothing. */
void bracket_tick(struct bracket *bracket, uint64_t now_ms, struct bracket_effects *effects);
/* When bracket_tick next has something to do, or BRACKET_NEVER. */
uint64_t bracket_next_due_ms(const struct bracket *bracket);

/* -- questions ------------------------------------------------------------------------------- */

/* Rounds are counted from 1, slots from 0 within a round. */
uint16_t bracket_node_at(const struct bracket *bracket, uint8_t round, uint16_t slot);
uint8_t bracket_round_of(const struct bracket *bracket, uint16_t node);
uint16_t bracket_slot_of(const struct bracket *bracket, uint16_t node);
/* How many nodes a round has. */
uint16_t bracket_round_size(const struct bracket *bracket, uint8_t round);
/* Where the winner goes; BRACKET_NOBODY for the final. */
uint16_t bracket_parent_of(const struct bracket *bracket, uint16_t node);
bool bracket_is_decided(const struct bracket_node *node);
/* The place of who is knocked out in a round: 2 in the final, 3 before it, then 5, 9, ... */
uint16_t bracket_place_of_loser(const struct bracket *bracket, uint8_t round);
/* The node that an entrant is in or was knocked out in. */
uint16_t bracket_node_of(const struct bracket *bracket, uint16_t entrant);
/* "pending" .. "void". Static storage. */
const char *bracket_state_name(enum bracket_node_state state);
/* Nodes of a tournament of so many entrants, for whoever sizes an array. */
uint16_t bracket_nodes_needed(uint16_t entrant_count);

#endif
