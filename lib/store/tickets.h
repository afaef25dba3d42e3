/*
 * Tickets: places in a queue. A lone player's ticket and a party's are the same row. States move
 *
 *     QUEUED -> PROPOSED -> MATCHED, or back to QUEUED;   QUEUED -> CANCELLED, EXPIRED
 *
 * and `version` grows by one with each move (by two where a pairing passes PROPOSED and MATCHED in
 * one transaction, as in the quick queue), so it is odd in QUEUED and MATCHED. A place is counted
 * from the order (enqueued_ms, id), never stored, so it cannot drift. The quick queue's pairing
 * happens inside the second join.
 */
#ifndef RALLY_STORE_TICKETS_H
#define RALLY_STORE_TICKETS_H

#include "lib/store/matches.h"

struct ticket_join_args {
    uint64_t user_id;
    struct str mode; /* "quick" */
    struct str game, ruleset;
    uint32_t win_score; /* 0: the ruleset's own */
    bool is_rated;
    uint64_t seed;   /* of the match, should there be one */
    bool swap_sides; /* a random bit: true seats the one who waited on the right */
    bool has_socket; /* false: the place is kept without one until left */
    uint64_t now_ms;
};
struct ticket_joined {
    uint64_t ticket_id;
    uint64_t position; /* from 1; 0 when matched */
    uint64_t total;    /* players waiting in the mode, including this one; 0s when matched */
    uint64_t match_id; /* 0: waiting */
    uint8_t seat;      /* of who joined now */
    uint64_t opponent_id;
    char opponent[USER_NAME_SIZE];
    char username[USER_NAME_SIZE]; /* of who joined now: what the opponent is told */
};
/*
 * Joins; when somebody compatible waits, both leave the queue for a new match in this same
 * transaction. ERR_ALREADY_QUEUED; ERR_IN_MATCH (out->match_id and out->seat are set: the one
 * result an error leaves behind); ERR_CONFLICT when invited to a duel; ERR_BANNED; ERR_NOT_FOUND.
 */
enum err ticket_join(struct db *db, const struct ticket_join_args *args,
                     struct ticket_joined *out) MUST_USE;

/* Leaves the queue. ERR_NOT_QUEUED; ERR_IN_MATCH when it was matched before (*ticket_id untouched).
 */
enum err ticket_leave(struct db *db, uint64_t user_id, uint64_t now_ms,
                      uint64_t *ticket_id) MUST_USE;

enum ticket_place_state { TICKET_IDLE, TICKET_QUEUED, TICKET_MATCHED };
struct ticket_place {
    enum ticket_place_state state;
    uint64_t ticket_id;
    char mode[MODE_NAME_SIZE]; /* QUEUED and MATCHED */
    uint64_t position;         /* QUEUED: from 1 */
    uint64_t total;            /* players waiting: in the player's mode, or in `mode` when idle */
    uint64_t enqueued_ms;
    uint64_t match_id; /* MATCHED: the match being played, however it was made */
    uint8_t seat;
    char opponent[USER_NAME_SIZE];
};
/* Where a player stands; `mode` is whose total an idle player is told. */
enum err ticket_status(struct db *db, uint64_t user_id, struct str mode,
                       struct ticket_place *out) MUST_USE;

/* The player's last queue socket closed: the grace starts. OK when not queued. */
enum err ticket_socket_lost(struct db *db, uint64_t user_id, uint64_t now_ms) MUST_USE;
/* A queue socket is there: no grace runs. OK when not queued. */
enum err ticket_socket_back(struct db *db, uint64_t user_id) MUST_USE;
/* After a restart all sockets are gone: those who had one get a fresh grace from now. */
enum err ticket_sockets_reset(struct db *db, uint64_t now_ms) MUST_USE;

#define TICKET_EXPIRED_MAX 64
struct ticket_expired {
    uint64_t ticket_ids[TICKET_EXPIRED_MAX];
    uint64_t user_ids[TICKET_EXPIRED_MAX];
    size_t count; /* TICKET_EXPIRED_MAX: call again */
};
/* Expires tickets whose socket was lost before `lost_before_ms` (now - grace). */
enum err ticket_expire_lost(struct db *db, uint64_t lost_before_ms, uint64_t now_ms,
                            struct ticket_expired *out) MUST_USE;

/* Ends one ticket that is queued and frees its members; `is_expired` says as what. ERR_CONFLICT
 * when it is not queued (any more). */
enum err ticket_end(struct db *db, uint64_t ticket_id, bool is_expired, uint64_t now_ms) MUST_USE;

/* Waiting tickets of a mode, for gauges. */
enum err ticket_count(struct db *db, struct str mode, uint64_t *count) MUST_USE;

#endif
