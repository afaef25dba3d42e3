/*
 * Facts to tell others about, written in the transaction that made them and published afterwards,
 * at least once. A consumer must do with a repeat; the order is kept per aggregate.
 */
#ifndef RALLY_STORE_OUTBOX_H
#define RALLY_STORE_OUTBOX_H

#include "lib/db/db.h"

struct outbox_args {
    struct str topic;     /* "match.finished" */
    struct str aggregate; /* "match:10000001": one order within it */
    struct str payload;   /* JSON */
    struct str dedupe; /* empty: none; a second row with the same topic and dedupe is not added */
    uint64_t now_ms;
};
enum err outbox_add(struct db *db, const struct outbox_args *args) MUST_USE;

struct outbox_row {
    uint64_t id;
    uint32_t attempts;                    /* including this one */
    struct str topic, aggregate, payload; /* in the arena */
};
struct outbox_take_args {
    struct str topic;     /* empty: all */
    struct str but_topic; /* empty: none; of all, not this one */
    uint64_t now_ms;
    uint64_t again_ms; /* taken again at this time unless done, retried or parked before */
    size_t limit;
};
/* Takes rows that are due, oldest first; of an aggregate only its oldest unfinished one. */
enum err outbox_take(struct db *db, const struct outbox_take_args *args, struct arena *arena,
                     struct outbox_row *out, size_t *count) MUST_USE;
/* Published. ERR_NOT_FOUND when it is not pending. */
enum err outbox_done(struct db *db, uint64_t id, uint64_t now_ms) MUST_USE;
/* Failed for now: due again at `at_ms`. */
enum err outbox_retry(struct db *db, uint64_t id, uint64_t at_ms, struct str problem) MUST_USE;
/* Failed for good: kept for the operator, holds nobody up. */
enum err outbox_park(struct db *db, uint64_t id, uint64_t now_ms, struct str problem) MUST_USE;
enum err outbox_pending(struct db *db, uint64_t *count) MUST_USE;
/* Deletes what was published before `before_ms`. */
enum err outbox_purge(struct db *db, uint64_t before_ms, uint64_t *purged) MUST_USE;

#endif
