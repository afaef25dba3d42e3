/* The stored invariants of the ways into a game (rooms, duels, friends, tournaments, webhooks), as
 * further rules of audit.h. */
#ifndef RALLY_STORE_AUDIT_WAYS_IN_H
#define RALLY_STORE_AUDIT_WAYS_IN_H

#include "lib/store/audit.h"

extern const struct audit_rule AUDIT_WAYS_IN[];
extern const size_t AUDIT_WAYS_IN_COUNT;

#endif
