/* The stored invariants of the ways into a game (rooms, duels, friends, tournaments, webhooks), as
 * further rules of audit.h. */
#ifndef RALLY_STORE_AUDIT_WAYS_IN_H
#define RALLY_STORE_AUDIT_WAYS_IN_H

#include "lib/store/audit.h"

/* As audit_run, but adds to *count. */
enum err audit_ways_in(struct db *db, audit_fn found, void *context, uint64_t *count) MUST_USE;

#endif
