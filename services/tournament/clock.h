/*
 * The tournaments' clock: whoever holds the lease looks for what just happened (matches that ended,
 * players who did not come, times that were set) and takes the step. The lease and everything it
 * looks at are in the store, so another process goes on where one ended.
 */
#ifndef RALLY_SERVICES_TOURNAMENT_CLOCK_H
#define RALLY_SERVICES_TOURNAMENT_CLOCK_H

#include "services/role.h"

#define TOURNAMENT_LEASE_PERIOD_MS 5000
#define TOURNAMENT_CLOCK_PERIOD_MS 500

enum err tournament_clock_start(struct context *context) MUST_USE;
/* Timers of the role. */
void tournament_lease_run(struct context *context, uint64_t now_ms);
void tournament_clock_run(struct context *context, uint64_t now_ms);

#endif
