/*
 * Matches as rows: whoever plays, in which seat, what the score is, who may write (owner node and
 * epoch), and the one result. The living match (clocks, presence) is lib/core/match.h; this is what
 * of it survives a power cut.
 *
 * Every write of a room carries the epoch it was given by matches_take; a lower one changes nothing
 * (ERR_STALE_EPOCH). Points and results may be sent again without harm.
 */
#ifndef RALLY_STORE_MATCHES_H
#define RALLY_STORE_MATCHES_H

#include "lib/core/match.h"
#include "lib/store/ratings.h"
#include "lib/store/users.h"

/* Game, match, party and tournament ids start here, so no id looks like a room code. */
#define MATCH_ID_FIRST 10000000u
#define MATCH_ROW_PLAYERS_MAX 10
#define MATCH_WORD_SIZE 17
#define MATCH_OWNER_SIZE 129
#define SEAT_LEFT 0
#define SEAT_RIGHT 1

enum match_outcome {
    MATCH_OUTCOME_NONE,
    MATCH_OUTCOME_WIN,
    MATCH_OUTCOME_LOSS,
    MATCH_OUTCOME_DRAW
};

struct match_player_row {
    uint64_t user_id;              /* 0: a bot */
    char username[USER_NAME_SIZE]; /* a bot's: see bots.h */
    uint8_t bot_level;             /* 0: a person */
    uint8_t seat;                  /* 0 left, 1 right */
    uint8_t team;
    bool is_guest;
    int32_t mmr; /* shown rating now, in the match's mode; unrated: in quick; of no use for a bot */
    uint32_t score;
    enum match_outcome outcome;  /* NONE until it has ended, and when cancelled */
    bool has_change;             /* the match was rated */
    struct rating_change change; /* when has_change */
    uint32_t absence_used_ms;
    uint8_t pauses_used;
};

struct match_row {
    uint64_t id;
    char mode[MODE_NAME_SIZE];
    char game[MATCH_WORD_SIZE];
    char ruleset[MATCH_WORD_SIZE];
    char origin[MATCH_WORD_SIZE]; /* "queue", "rematch", "practice", "room", "duel", ... */
    uint64_t seed;
    uint32_t win_score; /* 0: the ruleset's own */
    enum match_state state;
    enum match_reason reason;
    int8_t winner_seat; /* -1: none */
    bool is_rated;      /* as it was made; whether it changed ratings: players[].has_change */
    bool is_private;
    bool has_begun;
    uint32_t point_count;
    char owner[MATCH_OWNER_SIZE]; /* node; empty: none yet */
    uint64_t epoch;
    uint64_t version;
    uint64_t created_ms;
    uint64_t started_ms; /* 0: not yet */
    uint64_t ended_ms;   /* 0: not yet */
    uint64_t duration_ms;
    uint64_t rematch_of; /* 0: none */
    uint64_t rematch_id; /* the match made of this one by a rematch; 0: none */
    size_t player_count;
    struct match_player_row players[MATCH_ROW_PLAYERS_MAX]; /* by seat */
};

struct match_seat_args {
    uint64_t user_id;   /* 0: a bot's seat, which nobody is claimed for */
    uint64_t ticket_id; /* 0: none; otherwise the claim is taken over from this ticket */
    uint8_t team;
    uint8_t bot_level; /* 0: a person */
};
struct matches_create_args {
    struct str mode, game, ruleset, origin;
    uint64_t seed;
    uint32_t win_score;
    bool is_rated;
    bool is_private;
    uint64_t rematch_of;                 /* 0: none */
    const struct match_seat_args *seats; /* the index is the seat */
    size_t seat_count;
    uint64_t now_ms;
};
/*
 * Makes a match in state `pending` and takes every player for it. ERR_ALREADY_QUEUED, ERR_IN_MATCH
 * or ERR_CONFLICT when one of them is not free; ERR_EXISTS when `rematch_of` has its match already.
 */
enum err matches_create(struct db *db, const struct matches_create_args *args,
                        uint64_t *match_id) MUST_USE;

/* The match with its players. ERR_NO_SUCH_MATCH. */
enum err matches_find(struct db *db, uint64_t match_id, struct match_row *out) MUST_USE;
/* Live matches in id order after `after_id`; at most `max`. For recovery at start. */
enum err matches_list_live(struct db *db, uint64_t after_id, uint64_t *ids, size_t max,
                           size_t *count) MUST_USE;

/*
 * Makes `node` the owner, with a new epoch above all earlier ones. Refused with ERR_CONFLICT while
 * another node owns it whose lease "node:<name>" is still running; ERR_MATCH_ENDED,
 * ERR_NO_SUCH_MATCH. The same node asking again gets a new epoch (it has restarted).
 */
struct matches_take_args {
    uint64_t match_id;
    struct str node;
    uint64_t now_ms;
};
enum err matches_take(struct db *db, const struct matches_take_args *args,
                      uint64_t *epoch) MUST_USE;

/* What a room keeps of a running match, for a fair resume: see struct match_record. */
struct matches_save_args {
    uint64_t match_id;
    uint64_t epoch;
    enum match_state state; /* one of the live ones */
    bool has_begun;         /* never goes back to false */
    uint32_t absence_used_ms[MATCH_SEATS];
    uint8_t pauses_used[MATCH_SEATS];
    uint64_t now_ms;
};
/* ERR_NO_SUCH_MATCH, ERR_MATCH_ENDED, ERR_STALE_EPOCH; ERR_BAD_STATE for a state that is an end.
 * The first `running` sets started_ms. */
enum err matches_save(struct db *db, const struct matches_save_args *args) MUST_USE;

struct matches_point_args {
    uint64_t match_id;
    uint64_t epoch;
    uint32_t number;              /* 1 and up, without gaps */
    uint8_t seat;                 /* who scored */
    uint16_t scores[MATCH_SEATS]; /* after the point */
    uint32_t tick;
    uint64_t now_ms;
};
/*
 * One point, once: the same point again is OK and changes nothing; another point under the same
 * number, a gap, or scores that are not the stored ones plus this point are ERR_CONFLICT.
 * ERR_NO_SUCH_MATCH, ERR_MATCH_ENDED, ERR_STALE_EPOCH.
 */
enum err matches_add_point(struct db *db, const struct matches_point_args *args) MUST_USE;

struct match_point {
    uint32_t number;
    uint8_t seat;
    uint16_t scores[MATCH_SEATS];
    uint32_t tick;
    uint64_t at_ms;
};
/* The timeline, in order. */
enum err matches_points(struct db *db, uint64_t match_id, struct match_point *out, size_t max,
                        size_t *count) MUST_USE;

struct matches_finish_args {
    uint64_t match_id;
    uint64_t epoch;
    enum match_reason reason;     /* not NONE */
    int8_t winner_seat;           /* -1: none (cancelled) */
    bool is_rated;                /* match_result.is_rated; no_show and cancelled never rate */
    uint16_t scores[MATCH_SEATS]; /* must be the stored ones: points come first */
    uint32_t absence_used_ms[MATCH_SEATS];
    uint64_t duration_ms; /* of play, without pauses */
    uint64_t now_ms;
};
struct matches_finished {
    struct match_row match; /* as it is now, with the rating changes */
    bool is_repeat;         /* it had ended with this same result before */
};
/*
 * The end, once, in one transaction: result, both players' outcome, ratings and their events,
 * counters, an outbox row "match.finished", and both players free again. A repeat with the same
 * winner, reason and scores is OK with the same answer whatever the epoch; with others
 * ERR_CONFLICT. ERR_NO_SUCH_MATCH, ERR_STALE_EPOCH.
 */
enum err matches_finish(struct db *db, const struct matches_finish_args *args,
                        struct matches_finished *out) MUST_USE;

struct matches_rematch_args {
    uint64_t match_id; /* finished or forfeited */
    uint64_t seed;
    bool swap_sides;
    uint64_t now_ms;
};
struct matches_rematched {
    uint64_t match_id;
    bool is_repeat; /* it was made before: there is one rematch of a match */
};
/* The same players, mode and ruleset again; a bot always agrees. ERR_BAD_STATE when the match has
 * not ended by play; ERR_ALREADY_QUEUED, ERR_IN_MATCH, ERR_CONFLICT when a player is not free;
 * ERR_NO_SUCH_MATCH. */
enum err matches_rematch(struct db *db, const struct matches_rematch_args *args,
                         struct matches_rematched *out) MUST_USE;

#endif
