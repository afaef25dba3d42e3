/* See ratelimit.h. Nanoseconds, because 60 a second is no whole number of milliseconds; intervals
 * are rounded up, so a limiter never admits more than its rule says. */
#include "lib/core/ratelimit.h"

#include "lib/base/check.h"

#define NS_PER_MS 1000000u

static uint64_t divide_up(uint64_t value, uint64_t by)
{
    return value / by + (value % by != 0);
}

bool ratelimit_take(struct ratelimit *limit, const struct ratelimit_rule *rule, uint64_t now_ms,
                    uint32_t cost, struct ratelimit_answer *answer)
{
    uint64_t now_ns = now_ms * NS_PER_MS;
    uint64_t interval_ns, full_ns, filled_ns, wanted_ns;

    CHECK(rule->count > 0 && rule->period_ms > 0 && rule->burst > 0);
    CHECK(rule->period_ms <= RATELIMIT_PERIOD_MS_MAX && rule->burst <= RATELIMIT_BURST_MAX);
    CHECK(cost <= rule->burst);
    interval_ns = divide_up((uint64_t)rule->period_ms * NS_PER_MS, rule->count);
    CHECK(interval_ns <= UINT64_MAX / 4 / rule->burst);
    full_ns = interval_ns * rule->burst;
    filled_ns = limit->arrival_ns > now_ns ? limit->arrival_ns - now_ns : 0;
    if (filled_ns > full_ns)
        filled_ns = full_ns;
    wanted_ns = filled_ns + interval_ns * cost;
    *answer = (struct ratelimit_answer){0};
    if (wanted_ns <= full_ns) {
        filled_ns = wanted_ns;
        limit->arrival_ns = now_ns + filled_ns;
    } else {
        answer->retry_after_ms = divide_up(wanted_ns - full_ns, NS_PER_MS);
    }
    answer->remaining = (uint32_t)((full_ns - filled_ns) / interval_ns);
    answer->reset_ms = divide_up(filled_ns, NS_PER_MS);
    return wanted_ns <= full_ns;
}

bool ratelimit_is_full(const struct ratelimit *limit, uint64_t now_ms)
{
    return limit->arrival_ns <= now_ms * NS_PER_MS;
}
