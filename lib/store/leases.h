/*
 * Who owns what (a pool, a node's rooms, the outbox): a row with a time to live and an epoch that
 * grows with every change of hands and never goes back. Whoever writes on behalf of a lease checks
 * its epoch in the same transaction.
 */
#ifndef RALLY_STORE_LEASES_H
#define RALLY_STORE_LEASES_H

#include "lib/db/db.h"

struct lease_args {
    struct str name;   /* "pool:quick", "node:host-1", "outbox" */
    struct str holder; /* node name */
    uint64_t epoch;    /* renew, release: as acquired */
    uint64_t now_ms;
    uint64_t ttl_ms;
};
/* Takes a lease that is free, expired or held under the same holder name (a restart): always a new
 * epoch. ERR_CONFLICT while another holds it. */
enum err lease_acquire(struct db *db, const struct lease_args *args, uint64_t *epoch) MUST_USE;
/* Extends it. ERR_STALE_EPOCH when it has changed hands; an expired one that nobody took may be
 * renewed. */
enum err lease_renew(struct db *db, const struct lease_args *args) MUST_USE;
/* Gives it up; the epoch stays on record. ERR_STALE_EPOCH as above. */
enum err lease_release(struct db *db, const struct lease_args *args) MUST_USE;
/* The fence: OK while `epoch` is the highest ever granted for `name`, else ERR_STALE_EPOCH. */
enum err lease_check(struct db *db, struct str name, uint64_t epoch) MUST_USE;

#endif
