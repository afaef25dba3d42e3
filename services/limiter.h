/* Rate limits of the edge and of accounts: GCRA per key (lib/core/ratelimit.h), in memory. */
#ifndef RALLY_SERVICES_LIMITER_H
#define RALLY_SERVICES_LIMITER_H

#include "lib/base/str.h"
#include "services/role.h"

/* What the RateLimit-* headers and Retry-After say. */
struct limit_answer {
    bool is_allowed;
    uint32_t limit;
    uint32_t remaining;
    uint32_t reset_s;
    uint32_t retry_after_s;
};

/* An empty limiter; is_on false lets everything through. NULL when there is no memory. */
struct limiter *limiter_new(bool is_on);
void limiter_free(struct limiter *limiter);
/* Takes one from the class's allowance of that key (user id or address). */
struct limit_answer limiter_take(struct limiter *limiter, enum rate_class class, struct str key,
                                 uint64_t now_ms);
/* Failed and successful logins of one account: 5/min, burst 10. */
struct limit_answer limiter_take_login(struct limiter *limiter, struct str folded_username,
                                       uint64_t now_ms);

#endif
