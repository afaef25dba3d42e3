/*
 * Tournaments as rows. lib/core/bracket.h decides; here every step is one transaction: the bracket
 * is read from the rows, takes the event, and what came out is written, with the matches that it
 * called. So nothing lives in a process, any node may do the next step, and a crash is between two
 * steps, never inside one. What a node decided is written once (its edge is a primary key), what it
 * calls is made once (a node has one match).
 *
 * Players act at any time (join, leave, start). Everything that just happens (matches that ended,
 * players who did not come, times that were set) is looked for by the clock: the holder of the
 * lease TOURNAMENT_LEASE asks tournaments_due and works through it. A match of a node is decided by
 * the match alone; the bracket follows when it has ended.
 */
#ifndef RALLY_STORE_TOURNAMENTS_H
#define RALLY_STORE_TOURNAMENTS_H

#include "lib/core/bracket.h"
#include "lib/store/match_recipe.h"

#define TOURNAMENT_LEASE "tournaments"
#define TOURNAMENT_NAME_SIZE 401 /* 100 characters of UTF-8 */
#define TOURNAMENT_EXTRAS_SIZE 1025

enum tournament_state {
    TOURNAMENT_OPEN,
    TOURNAMENT_STARTED,
    TOURNAMENT_FINISHED,
    TOURNAMENT_CANCELLED,
    TOURNAMENT_STATE_COUNT,
};
/* "open" .. "cancelled". Static storage. */
const char *tournament_state_name(enum tournament_state state);

struct tournament_row {
    uint64_t id;
    char name[TOURNAMENT_NAME_SIZE];
    uint64_t creator_id;
    char creator[USER_NAME_SIZE];
    enum tournament_state state;
    bool is_by_rating; /* seeding */
    uint16_t player_limit;
    uint16_t player_count;
    uint8_t round; /* the latest that has begun; 0 before the start */
    uint64_t seed;
    uint64_t winner_id; /* 0: none */
    char winner[USER_NAME_SIZE];
    char extras[TOURNAMENT_EXTRAS_SIZE]; /* JSON object: what the seed's form has beside */
    uint64_t version;                    /* grows with every change of the tournament */
    uint64_t created_ms;
    uint64_t auto_start_ms; /* 0: the creator starts it */
    uint64_t started_ms;
    uint64_t ended_ms;
};

/* -- before the start ------------------------------------------------------------------------ */

struct tournaments_create_args {
    struct str name;
    uint64_t creator_id; /* does not play unless he joins */
    uint16_t player_limit;
    bool is_by_rating;
    uint64_t seed; /* random: the draw and the matches' seeds follow from it */
    uint64_t auto_start_ms;
    struct str extras; /* JSON object; empty: {} */
    uint64_t now_ms;
};
/* ERR_HAS_OPEN_TOURNAMENT, ERR_TOO_LARGE, ERR_NOT_FOUND, ERR_BANNED. */
enum err tournaments_create(struct db *db, const struct tournaments_create_args *args,
                            uint64_t *tournament_id) MUST_USE;

struct tournaments_player_args {
    uint64_t tournament_id;
    uint64_t user_id;
    uint64_t now_ms;
};
/* ERR_NOT_FOUND, ERR_BANNED, ERR_NOT_OPEN, ERR_TOURNAMENT_FULL. *is_new is false when the player
 * was in it already (also after the start). */
enum err tournaments_join(struct db *db, const struct tournaments_player_args *args,
                          bool *is_new) MUST_USE;

/* -- the steps of a started tournament ------------------------------------------------------- */

/* One call per node, one decision, and what a sweep may repeat of a node's call or its stop. */
#define TOURNAMENT_EFFECTS_MAX (BRACKET_EFFECTS_MAX + 2 * BRACKET_NODES_MAX)

/* Where a tournament is after a step, and what the step brought. 60 KiB, handed in. */
struct tournament_board {
    uint64_t tournament_id;
    struct bracket bracket; /* entrants' ids are users */
    uint64_t match_ids[BRACKET_NODES_MAX];
    uint64_t called_ms[BRACKET_NODES_MAX];
    /* In order; tell of them when the step is durable. */
    struct bracket_effect effects[TOURNAMENT_EFFECTS_MAX];
    size_t effect_count;
    /* Matches that were made: their rooms can be opened. */
    uint64_t made_ids[BRACKET_NODES_MAX];
    size_t made_count;
    /* Players who were called away from a queue, and duels that were called off for a match. */
    uint64_t unqueued_ids[BRACKET_ENTRANTS_MAX];
    size_t unqueued_count;
    uint64_t duel_ids[BRACKET_ENTRANTS_MAX];
    size_t duel_count;
};

struct tournaments_step_args {
    uint64_t tournament_id;
    uint64_t user_id;     /* who asks; 0: the clock */
    uint64_t lease_epoch; /* of TOURNAMENT_LEASE; 0: not checked, a player asks */
    struct match_recipe recipe;
    struct str rating_mode; /* start: whose ratings seed */
    uint32_t no_show_ms;
    uint64_t now_ms;
};

/* Draws the bracket, calls what can be called. ERR_NOT_FOUND, ERR_FORBIDDEN (not the creator),
 * ERR_NOT_OPEN, ERR_TOO_FEW_PLAYERS, ERR_STALE_EPOCH. */
enum err tournaments_start(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board) MUST_USE;

/*
 * Leaves: before the start the place is free again; after it whoever is met goes up. *was_in is
 * false when the player is not (or no more) in it. The board holds a step only when the tournament
 * has started (bracket.entrant_count > 0). ERR_NOT_FOUND, ERR_NOT_OPEN (it is over).
 */
enum err tournaments_leave(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board, bool *was_in) MUST_USE;

/*
 * Takes in every match that has ended, makes matches for players who were still busy, and decides
 * what is overdue. A STOP effect repeats until the match of who left has ended. Doing it early or
 * often changes nothing. ERR_NOT_FOUND, ERR_NOT_STARTED, ERR_STALE_EPOCH.
 */
enum err tournaments_sweep(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board) MUST_USE;

struct tournaments_cancelled {
    uint64_t match_ids[BRACKET_NODES_MAX]; /* live ones, for their rooms to be cancelled */
    size_t match_count;
};
/* Called off, by the creator or the clock (user_id 0). ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_OPEN
 * (it is over), ERR_STALE_EPOCH. */
enum err tournaments_cancel(struct db *db, const struct tournaments_step_args *args,
                            struct tournaments_cancelled *out) MUST_USE;

/* -- the clock ------------------------------------------------------------------------------- */

enum tournament_duty {
    TOURNAMENT_DUTY_START,  /* its time has come: start it, or cancel it when too few have joined */
    TOURNAMENT_DUTY_CANCEL, /* open for too long, nobody starts it */
    TOURNAMENT_DUTY_SWEEP,
};
struct tournament_due {
    uint64_t tournament_id;
    enum tournament_duty duty;
};
#define TOURNAMENTS_DUE_MAX 64
struct tournaments_due {
    struct tournament_due list[TOURNAMENTS_DUE_MAX];
    size_t count; /* TOURNAMENTS_DUE_MAX: come again soon */
};
/* What there is to do at `now_ms`; tournaments without a time that have been open since before
 * `open_before_ms` are to be cancelled. Reads only. */
enum err tournaments_due(struct db *db, uint64_t now_ms, uint64_t open_before_ms,
                         struct tournaments_due *out) MUST_USE;
/* Once, when the clock is taken up after nobody had it: the time away counts against nobody. */
enum err tournaments_clocks_reset(struct db *db, uint64_t now_ms) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

/* ERR_NOT_FOUND. */
enum err tournaments_find(struct db *db, uint64_t tournament_id,
                          struct tournament_row *out) MUST_USE;

struct tournaments_list_args {
    int state;          /* enum tournament_state, -1: all */
    uint64_t before_id; /* 0: from the newest */
    uint64_t skip;
    size_t limit;
};
/* Newest first. */
enum err tournaments_list(struct db *db, const struct tournaments_list_args *args,
                          struct tournament_row *out, size_t *count) MUST_USE;
enum err tournaments_count(struct db *db, int state, uint64_t *count) MUST_USE;

struct tournament_player_row {
    uint64_t user_id;
    char username[USER_NAME_SIZE];
    uint16_t seed;  /* from 1; 0 before the start */
    uint16_t place; /* 0: still in it */
    bool has_left;
    uint64_t joined_ms;
};
/* By seed, before the start by who joined first. */
enum err tournaments_players(struct db *db, uint64_t tournament_id,
                             struct tournament_player_row *out, size_t max, size_t *count) MUST_USE;

struct tournament_node_row {
    uint8_t round; /* from 1 */
    uint16_t slot;
    enum bracket_node_state state; /* RUNNING as soon as its match has begun */
    uint64_t user_ids[MATCH_SEATS];
    uint64_t winner_id;
    uint64_t match_id;
    uint32_t scores[MATCH_SEATS]; /* of a running match, as they are now */
    uint64_t called_ms;
};
/* The bracket as it is shown, by round and slot; none before the start. Names and seeds are those
 * of tournaments_players. */
enum err tournaments_nodes(struct db *db, uint64_t tournament_id, struct tournament_node_row *out,
                           size_t max, size_t *count) MUST_USE;

struct tournament_match_row {
    uint64_t tournament_id;
    uint8_t round;
    uint16_t slot;
};
/* Where a match belongs; also how a key `tid#mid#user` is checked. ERR_NOT_FOUND. */
enum err tournaments_of_match(struct db *db, uint64_t match_id,
                              struct tournament_match_row *out) MUST_USE;

#endif
