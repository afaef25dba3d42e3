/*
 * Token families (`sid`) that have ended while access tokens of theirs may still be unexpired.
 * Kept in memory, filled at start from the store and by `session.revoked` events; checked by every
 * reactor on every request. An entry is forgotten when the last token of the family has expired.
 */
#ifndef RALLY_SERVICES_REVOCATIONS_H
#define RALLY_SERVICES_REVOCATIONS_H

#include "lib/base/str.h"

struct revocations;

struct revocations *revocations_new(void);
void revocations_free(struct revocations *revocations);
/* At the stated maximum (65,536) expired entries are purged first. */
void revocations_add(struct revocations *revocations, uint64_t session_id, uint64_t until_ms);
bool revocations_has(struct revocations *revocations, uint64_t session_id);
void revocations_purge(struct revocations *revocations, uint64_t now_ms);

#endif
