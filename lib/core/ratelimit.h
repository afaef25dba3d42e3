/*
 * The generic cell rate algorithm (ITU-T I.371): a limiter whose whole state is one number, the
 * theoretical arrival time. Rate and burst belong to the rule, the clock to the caller; in any
 * window at most burst + rate x window is admitted. It is one limiter, not the table of them.
 */
#ifndef RALLY_CORE_RATELIMIT_H
#define RALLY_CORE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* "20 per 60,000 ms, at most 10 at once". All three at least 1; a day is the longest period, and an
 * emptied limiter must be full again within a century (burst x period / count). */
struct ratelimit_rule {
    uint32_t count;
    uint32_t period_ms;
    uint32_t burst;
};

#define RATELIMIT_PERIOD_MS_MAX 86400000u
#define RATELIMIT_BURST_MAX 1000000u

/* Zeroed is full: nothing taken yet. May be stored and shared as the bare number. */
struct ratelimit {
    uint64_t arrival_ns;
};

/* What the headers RateLimit-* and Retry-After want to know. */
struct ratelimit_answer {
    uint32_t remaining;      /* how many of cost 1 would be admitted right now */
    uint64_t reset_ms;       /* until the limiter is full again, rounded up */
    uint64_t retry_after_ms; /* until this cost would be admitted, rounded up; 0 when allowed */
};

/*
 * Takes `cost` (at most the rule's burst; 0 only looks) if there is room and says whether it did;
 * a refusal takes nothing. `answer` may not be NULL. A clock that has gone back, or a state from
 * another rule, locks out for no longer than one emptied limiter needs to be full again.
 */
bool ratelimit_take(struct ratelimit *limit, const struct ratelimit_rule *rule, uint64_t now_ms,
                    uint32_t cost, struct ratelimit_answer *answer);
/* True when the state no longer differs from a zeroed one: its table entry can go. */
bool ratelimit_is_full(const struct ratelimit *limit, uint64_t now_ms);

#endif
