/* A moment as a client writes it: RFC 3339 section 5.6, with Z or an offset. */
#ifndef RALLY_SERVICES_TOURNAMENT_WHEN_H
#define RALLY_SERVICES_TOURNAMENT_WHEN_H

#include "lib/base/str.h"

/* Milliseconds since 1970, from the year 1970 on; digits beyond milliseconds are dropped.
 * ERR_INPUT when it is not such a time. */
enum err when_parse(struct str text, uint64_t *wall_ms) MUST_USE;

#endif
