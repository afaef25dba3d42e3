/*
 * Idempotency-Key: the same key of the same principal gives the same bytes and one effect. The
 * claim runs first in the transaction of the effect, so either both are there or neither.
 */
#ifndef RALLY_STORE_IDEMPOTENCY_H
#define RALLY_STORE_IDEMPOTENCY_H

#include "lib/db/db.h"

struct idempotency_args {
    struct str principal;    /* "user:12", or whatever may not be mixed up */
    struct str key;          /* as the client sent it */
    struct str request_hash; /* 32 bytes over method, path and body */
    uint64_t now_ms;
    uint64_t expires_ms;
};
struct idempotency_found {
    bool is_new;             /* go on with the effect, then idempotency_store */
    int status;              /* not new: the reply; 0: the effect is there, its reply was not kept
                                (a crash in between): read the state and answer from it */
    struct str content_type; /* in the arena */
    struct str body;         /* in the arena */
};
/* ERR_IDEMPOTENCY_MISMATCH when the key was used with another request. An expired row counts as
 * none. */
enum err idempotency_claim(struct db *db, const struct idempotency_args *args, struct arena *arena,
                           struct idempotency_found *out) MUST_USE;
/* The same question without claiming: for a reader before the work starts. */
enum err idempotency_find(struct db *db, const struct idempotency_args *args, struct arena *arena,
                          struct idempotency_found *out) MUST_USE;
struct idempotency_reply {
    struct str principal, key;
    int status;
    struct str content_type;
    struct str body;
};
/* Keeps the reply of a claimed key. ERR_BAD_STATE when it has one already or was never claimed. */
enum err idempotency_store(struct db *db, const struct idempotency_reply *reply) MUST_USE;
enum err idempotency_purge(struct db *db, uint64_t now_ms, uint64_t *purged) MUST_USE;

#endif
