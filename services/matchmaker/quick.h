/*
 * The quick queue (protocol section 3) as use cases, without HTTP or sockets: the routes of this
 * role and the socket `/ws/queue/` are two shells around the same functions. Two players waiting
 * are a match, made inside the transaction of the second join; nothing here polls or pairs.
 *
 * Every function blocks on the store, so it is called from a worker. Writes return when they have
 * run: whoever tells the outside world waits for `*batch` to be durable first (store.h), and only
 * then publishes the hints.
 */
#ifndef RALLY_SERVICES_MATCHMAKER_QUICK_H
#define RALLY_SERVICES_MATCHMAKER_QUICK_H

#include "lib/base/buf.h"
#include "lib/store/tickets.h"
#include "services/context.h"

/* Name of the queue and of the mode its matches are rated in. */
#define QUICK_MODE "quick"

/* Subjects of the hints below; payloads by quick_match_created_put and quick_changed_put. */
#define QUICK_SUBJECT_MATCH "match.created"
#define QUICK_SUBJECT_CHANGED "queue.changed"
#define QUICK_PAYLOAD_SIZE 128

/* "left" or "right". Static storage. */
const char *quick_side(uint8_t seat);

struct quick_joined {
    struct ticket_joined ticket; /* match_id 0: waiting; seat and opponent otherwise */
    uint64_t left_id;            /* users by seat, when there is a match */
    uint64_t right_id;
};
/*
 * Puts a player into the queue. `has_socket` is true when a queue socket of the player is open, so
 * that the place depends on it. ERR_ALREADY_QUEUED; ERR_IN_MATCH with out->ticket.match_id and
 * .seat set; ERR_CONFLICT when invited to a duel; ERR_DRAINING; ERR_BANNED, ERR_NOT_FOUND,
 * ERR_FULL, ERR_STORE.
 */
enum err quick_join(struct context *context, uint64_t user_id, bool has_socket, uint64_t now_ms,
                    struct quick_joined *out, uint64_t *batch) MUST_USE;

/*
 * The same in its three parts, for a shell that runs the transaction itself (a route, whose
 * Idempotency-Key is claimed in it): begin, the transaction, and settle with its result. Settle
 * returns the error a player is told.
 */
struct quick_join {
    struct ticket_join_args args;
    struct quick_joined *out;
};
enum err quick_join_begin(struct context *context, uint64_t user_id, bool has_socket,
                          uint64_t now_ms, struct quick_joined *out,
                          struct quick_join *join) MUST_USE;
enum err quick_join_txn(struct db *db, void *join) MUST_USE;
enum err quick_join_settle(struct context *context, const struct quick_join *join,
                           enum err result) MUST_USE;

/* Takes a player out. ERR_NOT_QUEUED, also for one whose match has been made; ERR_FULL, ERR_STORE.
 */
enum err quick_leave(struct context *context, uint64_t user_id, uint64_t now_ms,
                     uint64_t *batch) MUST_USE;

/* The parts of a leave, as above; there is nothing to begin. */
struct quick_leave {
    uint64_t user_id;
    uint64_t now_ms;
    uint64_t ticket_id; /* set by the transaction */
};
enum err quick_leave_txn(struct db *db, void *leave) MUST_USE;
enum err quick_leave_settle(struct context *context, const struct quick_leave *leave,
                            enum err result) MUST_USE;

struct quick_status {
    struct ticket_place place;
    uint64_t waited_ms; /* while queued */
    bool has_eta;       /* somebody was matched lately */
    uint64_t eta_ms;    /* how much longer, by what the last matched players waited */
};
enum err quick_status(struct context *context, uint64_t user_id, uint64_t now_ms,
                      struct quick_status *out) MUST_USE;

/* Who was waiting when the process ended has no socket any more: a fresh grace for each. Call once
 * at start, before the timers. */
enum err quick_start(struct context *context, uint64_t now_ms) MUST_USE;
/* The role's timer: ends the places whose grace is over and says so on the bus. */
void quick_expire(struct context *context, uint64_t now_ms);

/* {"match_id":N,"left":user_id,"right":user_id} */
void quick_match_created_put(struct buf *buf, const struct quick_joined *joined);
/* {"mode":"quick","user_id":N}: the player's own place changed, and so may everybody's. */
void quick_changed_put(struct buf *buf, uint64_t user_id);

#endif
