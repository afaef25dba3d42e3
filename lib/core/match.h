/*
 * The life of one match between two seats, the same under every dialect: who is here, who is ready,
 * when play starts, pauses and ends, and why it ended. It is not the game (points and physics are
 * in games/) and not the room (sockets, storing and telling are in services/session): it takes an
 * event with its time and answers with effects, which the room carries out after it has saved.
 *
 *     PENDING --> WAITING --> READY --> RUNNING --> FINISHED
 *                             ^ |         |          ^
 *                             | v         |          |
 *                            PAUSED <-----+ ---------+
 *
 *     any of the five before the end --> FORFEITED, CANCELLED; READY and PAUSED --> FINISHED too
 *
 *   PENDING    made; no player has connected yet
 *   WAITING    somebody has connected; not everybody is connected and ready
 *   READY      everybody is here and ready: the countdown runs, before the first tick and again
 *              after each pause
 *   RUNNING    the game is stepped
 *   PAUSED     play has begun and waits: for an absent player, or for the end of a requested pause
 *   FINISHED, FORFEITED, CANCELLED   the end; a result is made exactly once and never changes
 *
 * Rules of absence (once both were ready): play stops at once; the absent one has `grace_ms` for
 * this absence, and at most `absence_budget_ms` in the whole match. Back in time: countdown and on.
 * Out of time while the other is here: forfeit. If both are away nobody wins by it: whoever is
 * first back wins if the other's time is up by then, and when both times are up it is cancelled.
 * Before both were ready an absence costs nothing; only the ready clock runs.
 *
 * Time is the monotonic clock of the caller in ms and never goes back between calls. A deadline is
 * due when now_ms >= deadline. Handle what sockets brought before calling match_tick, so that a
 * player who came back is not late because the timer was looked at first.
 */
#ifndef RALLY_CORE_MATCH_H
#define RALLY_CORE_MATCH_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define MATCH_SEATS 2
#define MATCH_EFFECTS_MAX 8
#define MATCH_NO_SEAT (-1)
#define MATCH_NEVER UINT64_MAX

enum match_state {
    MATCH_PENDING,
    MATCH_WAITING,
    MATCH_READY,
    MATCH_RUNNING,
    MATCH_PAUSED,
    MATCH_FINISHED,
    MATCH_FORFEITED,
    MATCH_CANCELLED,
    MATCH_STATE_COUNT,
};

/* Why it ended: `game_over.reason` on the wire. */
enum match_reason {
    MATCH_REASON_NONE, /* it has not ended */
    MATCH_REASON_SCORE,
    MATCH_REASON_FORFEIT, /* absent beyond the grace */
    MATCH_REASON_RESIGN,
    MATCH_REASON_NO_SHOW, /* not ready in time */
    MATCH_REASON_CANCELLED,
    MATCH_REASON_COUNT,
};

/* Every clock of a match; configuration fills it (protocol section 12). */
struct match_rules {
    uint32_t ready_timeout_ms;     /* from match_init to everybody ready */
    uint32_t ready_after_first_ms; /* 0, or: the first ready restarts the ready clock with this */
    uint32_t grace_ms;             /* per absence */
    uint32_t absence_budget_ms;    /* per match and player */
    uint32_t pause_ms;             /* one requested pause */
    uint32_t countdown_ms;         /* before the first tick and after each pause; 0: none */
    uint32_t rematch_ms;           /* both must ask within this after the end */
    uint8_t pauses_max;            /* per match and player */
};

/* 30 s ready, 30 s grace of 90 s, 2 pauses of 30 s, 3 s countdown, 30 s for a rematch. */
extern const struct match_rules MATCH_RULES_DEFAULT;

/* What came out. `winner` is a seat or MATCH_NO_SEAT. */
struct match_result {
    int8_t winner;
    uint8_t reason; /* enum match_reason */
    bool is_rated;  /* false for no_show, cancelled, and whatever ended before both were ready */
};

enum match_effect_kind {
    MATCH_EFFECT_JOINED,        /* seat is (again) connected: `player_joined` */
    MATCH_EFFECT_LEFT,          /* seat lost its socket; ms: what it has to come back */
    MATCH_EFFECT_READY,         /* seat is ready: `player_ready` */
    MATCH_EFFECT_COUNTDOWN,     /* ms; is_first: `game_start`, else `resumed` */
    MATCH_EFFECT_PLAY,          /* step the game from now on */
    MATCH_EFFECT_PAUSE,         /* stop stepping; seat: whose doing; ms: at most; is_absence: why */
    MATCH_EFFECT_END,           /* stop stepping; read match->result: store it, then `game_over` */
    MATCH_EFFECT_REMATCH_ASKED, /* seat would play again; ms: what the other has to answer */
    MATCH_EFFECT_REMATCH,       /* both asked: make the new match and tell both, once */
    MATCH_EFFECT_CLOSED,        /* the rematch window is over: the room may go */
};

struct match_effect {
    uint8_t kind;
    int8_t seat; /* MATCH_NO_SEAT where no seat is meant */
    bool is_first;
    bool is_absence;
    uint32_t ms;
};

/* In order. Every function below that takes it empties it first. */
struct match_effects {
    struct match_effect list[MATCH_EFFECTS_MAX];
    uint8_t count;
};

struct match_seat {
    uint64_t absent_since_ms;
    uint64_t grace_until_ms; /* MATCH_NEVER: no absence is being counted */
    uint32_t absence_used_ms;
    uint8_t pauses_used;
    bool is_present;
    bool is_ready;
    bool is_absence_free; /* the server was away: this absence is not charged to the budget */
    bool wants_rematch;
};

/* Owned by the room, by value; holds no pointers. Read what you like, change it only through the
 * functions below. */
struct match {
    struct match_rules rules;
    uint64_t ready_until_ms;     /* PENDING, WAITING; else MATCH_NEVER */
    uint64_t countdown_until_ms; /* READY; else MATCH_NEVER */
    uint64_t pause_until_ms;     /* a requested pause; else MATCH_NEVER */
    uint64_t rematch_until_ms;   /* ended and not yet closed; else MATCH_NEVER */
    struct match_seat seats[MATCH_SEATS];
    struct match_result result;
    uint8_t state;
    int8_t paused_by; /* seat of the requested pause, else MATCH_NO_SEAT */
    bool has_begun;   /* both were ready once: from here a result is rated */
    bool has_played;  /* the first tick has been allowed */
    bool is_rematch_made;
};

/* Facts of a match that was in progress, as the store kept them; zeros where it kept nothing. */
struct match_record {
    uint32_t absence_used_ms[MATCH_SEATS];
    uint8_t pauses_used[MATCH_SEATS];
    bool has_begun;
};

/* A new match, nobody connected; the ready clock starts now. */
void match_init(struct match *match, const struct match_rules *rules, uint64_t now_ms);
/*
 * A match taken up again after the server was away, which counts against nobody: both players are
 * absent with a fresh grace that costs no budget. A match that had not begun is PENDING with a
 * fresh ready clock; one that had is PAUSED.
 */
void match_resume(struct match *match, const struct match_rules *rules,
                  const struct match_record *record, uint64_t now_ms);

/*
 * The events. `seat` is 0 or 1: the room has already found out whose socket spoke. On an error
 * nothing has changed and there are no effects:
 *   ERR_MATCH_ENDED   the match is over (ready, pause, unpause, resign, finish, cancel)
 *   ERR_BAD_STATE     not now: the state does not allow it
 *   ERR_FORBIDDEN     not you: no pauses left, or the pause is the other's
 */
/* The player has a socket. Repeating it (a newer socket replaces an older one) changes nothing and
 * has no effects. After the end it is only noted. */
void match_join(struct match *match, uint8_t seat, uint64_t now_ms, struct match_effects *effects);
/* The player's last socket is gone. Repeating it changes nothing. Takes back a rematch wish. */
void match_leave(struct match *match, uint8_t seat, uint64_t now_ms, struct match_effects *effects);
/* Idempotent; after the start it is OK without effects. ERR_BAD_STATE while the seat is absent. */
enum err match_ready(struct match *match, uint8_t seat, uint64_t now_ms,
                     struct match_effects *effects) MUST_USE;
/* Only while RUNNING. */
enum err match_pause(struct match *match, uint8_t seat, uint64_t now_ms,
                     struct match_effects *effects) MUST_USE;
/* Ends one's own requested pause early. */
enum err match_unpause(struct match *match, uint8_t seat, uint64_t now_ms,
                       struct match_effects *effects) MUST_USE;
/* Gives up; the other wins. Unrated before both were ready. */
enum err match_resign(struct match *match, uint8_t seat, uint64_t now_ms,
                      struct match_effects *effects) MUST_USE;
/* The game has a winner by its score. Call it in the tick of the point, before anything else is
 * handled; the effect END is carried out when the point and the result are durable. */
enum err match_finish(struct match *match, uint8_t winner, uint64_t now_ms,
                      struct match_effects *effects) MUST_USE;
/* Called off by the room's owner or an operator: no winner, unrated. */
enum err match_cancel(struct match *match, uint64_t now_ms, struct match_effects *effects) MUST_USE;
/* Asks for another match after FINISHED or FORFEITED, inside the window, from a present seat. */
enum err match_rematch(struct match *match, uint8_t seat, uint64_t now_ms,
                       struct match_effects *effects) MUST_USE;

/* Lets every clock that is due do its work. Calling it early or often changes nothing. */
void match_tick(struct match *match, uint64_t now_ms, struct match_effects *effects);
/* When match_tick next has something to do, or MATCH_NEVER. The room sets exactly one timer. */
uint64_t match_next_due_ms(const struct match *match);
/* The process was frozen for `away_ms` (nobody could reach it): every running clock is moved by it.
 * Call it before the events that piled up meanwhile. */
void match_clocks_shift(struct match *match, uint64_t away_ms);

bool match_has_ended(const struct match *match);
/* What is left of the clock that holds up play: countdown, requested pause, the longer grace of an
 * absent player, or the ready clock; 0 when none runs. */
uint32_t match_remaining_ms(const struct match *match, uint64_t now_ms);
/* What the absent seat has left to come back; 0 when it is present or nothing is counted. */
uint32_t match_grace_ms(const struct match *match, uint8_t seat, uint64_t now_ms);
/* Absence charged to the seat so far, a running one included: what match_record wants. */
uint32_t match_absence_used_ms(const struct match *match, uint8_t seat, uint64_t now_ms);
/* The table of moves above. */
bool match_state_may_follow(enum match_state from, enum match_state to);
/* "pending" .. "cancelled"; "score" .. "cancelled" ("" for NONE). Static storage. */
const char *match_state_name(enum match_state state);
const char *match_reason_name(enum match_reason reason);

#endif
