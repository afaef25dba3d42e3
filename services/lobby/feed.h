/*
 * What was told to whom on `/v1/ws` lately: per user a numbered log of the last events, so that a
 * socket that was lost continues where it was. Only who has a socket, or had one within the last
 * five minutes, has a log; it is bounded, and whoever asks for what it no longer holds gets a
 * snapshot instead. In memory and per process, thread-safe; not a source of truth.
 *
 * Numbers begin at the wall time of the log's start and grow by one, so that a number of an earlier
 * log (before a restart, or before it was forgotten) never means an event of a later one.
 */
#ifndef RALLY_SERVICES_LOBBY_FEED_H
#define RALLY_SERVICES_LOBBY_FEED_H

#include "lib/base/buf.h"

#define FEED_EVENTS_MAX 256
#define FEED_USERS_MAX 65536
#define FEED_SIZE_MAX (64u * 1024 * 1024)
#define FEED_LINGER_MS (5u * 60 * 1000)
#define FEED_EVENT_SIZE_MAX 8192

struct feed;

/* NULL when there is no memory. */
struct feed *feed_new(void);
void feed_free(struct feed *feed);

/* A socket of the user opened; *last is the number of the newest event. ERR_FULL. */
enum err feed_enter(struct feed *feed, uint64_t user_id, uint64_t now_ms, uint64_t *last) MUST_USE;
/* A socket of the user closed. */
void feed_leave(struct feed *feed, uint64_t user_id, uint64_t now_ms);

/* Numbers and keeps an event; `data` is a JSON object. True when the user has sockets to wake. */
bool feed_append(struct feed *feed, uint64_t user_id, struct str event, struct str data,
                 uint64_t now_ms);
/* The first event after `after` as a whole message, and its number. ERR_END: there is none yet.
 * ERR_NOT_FOUND: it is gone, or `after` is no number of this log. */
enum err feed_next(struct feed *feed, uint64_t user_id, uint64_t after, struct buf *out,
                   uint64_t *seq) MUST_USE;
/* Number of the newest event; 0 without a log. */
uint64_t feed_last(struct feed *feed, uint64_t user_id);
/* Whether a socket of the user is open. */
bool feed_has_sockets(struct feed *feed, uint64_t user_id);
/* Forgets the logs of those who left long ago. */
void feed_purge(struct feed *feed, uint64_t now_ms);

/* Writes {"event","data","timestamp","seq"}. */
void feed_envelope_put(struct buf *out, struct str event, struct str data, uint64_t now_ms,
                       uint64_t seq);

#endif
