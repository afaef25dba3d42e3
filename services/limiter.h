/*
 * Rate limits of the edge and of accounts: GCRA per key (lib/core/ratelimit.h), in memory of this
 * process. Keys are user ids or addresses; an IPv6 address counts as its /64, because a household
 * has 2^64 of them. At most 65,536 keys are remembered, the longest unused is forgotten first.
 * Thread-safe. Not a defence against floods of connections: those caps are lib/net's.
 */
#ifndef RALLY_SERVICES_LIMITER_H
#define RALLY_SERVICES_LIMITER_H

#include "lib/base/str.h"
#include "services/role.h"

struct limiter;

/* What the RateLimit-* headers and Retry-After say. */
struct limit_answer {
    bool is_allowed;
    uint32_t limit;
    uint32_t remaining;
    uint32_t reset_s;
    uint32_t retry_after_s;
};

/*
 * An empty limiter; is_on false lets everything through. `is_production` chooses the figure for
 * new accounts. NULL when there is no memory.
 */
struct limiter *limiter_new(bool is_on, bool is_production);
void limiter_free(struct limiter *limiter);
/* Takes one from the class's allowance of that key (user id or address). RATE_LOGIN by an address
 * also takes from the allowance of its network (/24, or /48 of IPv6). */
struct limit_answer limiter_take(struct limiter *limiter, enum rate_class class, struct str key,
                                 uint64_t now_ms);
/* Failed and successful logins of one account: 5/min, burst 10. */
struct limit_answer limiter_take_login(struct limiter *limiter, struct str folded_username,
                                       uint64_t now_ms);

#endif
