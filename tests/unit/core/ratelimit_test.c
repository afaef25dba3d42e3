/* The limiter by example, and against a model that keeps every admission. */
#include "tests/unit/test.h"

#include "lib/base/rng.h"
#include "lib/core/ratelimit.h"

static const struct ratelimit_rule TWENTY_A_MINUTE = {.count = 20, .period_ms = 60000, .burst = 10};

TEST(a_burst_is_admitted_then_one_per_interval)
{
    struct ratelimit limit = {0};
    struct ratelimit_answer answer;
    uint64_t now_ms = 1000000;

    for (uint32_t taken = 1; taken <= 10; taken++) {
        EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, now_ms, 1, &answer));
        EXPECT_INT(10 - taken, answer.remaining);
        EXPECT_INT(3000 * taken, answer.reset_ms);
        EXPECT_INT(0, answer.retry_after_ms);
    }
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, now_ms, 1, &answer));
    EXPECT_INT(3000, answer.retry_after_ms);
    EXPECT_INT(0, answer.remaining);
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, now_ms + 2999, 1, &answer));
    EXPECT_INT(1, answer.retry_after_ms);
    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, now_ms + 3000, 1, &answer));
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, now_ms + 3000, 1, &answer));
}

TEST(a_refusal_takes_nothing)
{
    struct ratelimit limit = {0}, before;
    struct ratelimit_answer answer;

    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 5000, 8, &answer));
    before = limit;
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, 5000, 3, &answer));
    EXPECT_INT(3000, answer.retry_after_ms);
    EXPECT_INT(2, answer.remaining);
    EXPECT(limit.arrival_ns == before.arrival_ns);
    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 5000, 2, &answer));
}

TEST(a_look_costs_nothing)
{
    struct ratelimit limit = {0};
    struct ratelimit_answer answer;

    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 7, 0, &answer));
    EXPECT_INT(10, answer.remaining);
    EXPECT(ratelimit_is_full(&limit, 7));
}

TEST(an_idle_limiter_is_full_again_and_no_fuller)
{
    struct ratelimit limit = {0};
    struct ratelimit_answer answer;

    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 0, 10, &answer));
    EXPECT_FALSE(ratelimit_is_full(&limit, 29999));
    EXPECT(ratelimit_is_full(&limit, 30000));
    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 10000000, 10, &answer));
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, 10000000, 1, &answer));
}

TEST(a_clock_that_goes_back_locks_nobody_out_for_long)
{
    struct ratelimit limit = {0};
    struct ratelimit_answer answer;

    EXPECT(ratelimit_take(&limit, &TWENTY_A_MINUTE, 3600000000, 10, &answer));
    EXPECT_FALSE(ratelimit_take(&limit, &TWENTY_A_MINUTE, 1000, 1, &answer));
    EXPECT(answer.retry_after_ms <= 3000);
    EXPECT_INT(30000, answer.reset_ms);
}

TEST(the_largest_rule_does_not_overflow)
{
    struct ratelimit_rule rule = {.count = 1, .period_ms = RATELIMIT_PERIOD_MS_MAX, .burst = 50000};
    struct ratelimit limit = {0};
    struct ratelimit_answer answer;
    uint64_t wall_ms = 4102444800000; /* the year 2100 */

    EXPECT(ratelimit_take(&limit, &rule, wall_ms, 50000, &answer));
    EXPECT_FALSE(ratelimit_take(&limit, &rule, wall_ms, 1, &answer));
    EXPECT_INT(RATELIMIT_PERIOD_MS_MAX, answer.retry_after_ms);
}

/*
 * The model: a bucket of `burst` tokens that gains one per interval, in exact integers (tokens
 * times interval, in ns). It must agree on every answer; and in any window no more than burst +
 * rate x window is admitted.
 */
static void expect_model(struct ratelimit_rule rule, uint64_t seed)
{
    enum { CALLS = 3000 };
    static uint64_t admitted_at[CALLS];
    size_t admitted = 0;
    uint64_t interval_ns = ((uint64_t)rule.period_ms * 1000000 + rule.count - 1) / rule.count;
    uint64_t level = interval_ns * rule.burst, now_ms = 1 + seed;
    struct ratelimit limit = {0};
    struct rng rng;

    rng_init(&rng, seed);
    for (int call = 0; call < CALLS; call++) {
        struct ratelimit_answer answer;
        uint32_t cost = rng_below(&rng, 4) ? 1 : (uint32_t)rng_below(&rng, rule.burst + 1);
        uint64_t pause_ms = rng_below(&rng, 3) ? 0 : rng_below(&rng, interval_ns / 500000 + 2);
        bool is_allowed;

        now_ms += pause_ms;
        level += pause_ms * 1000000;
        if (level > interval_ns * rule.burst)
            level = interval_ns * rule.burst;
        is_allowed = ratelimit_take(&limit, &rule, now_ms, cost, &answer);
        EXPECT_INT(level >= interval_ns * cost, is_allowed);
        if (is_allowed)
            level -= interval_ns * cost;
        EXPECT_INT(level / interval_ns, answer.remaining);
        EXPECT_INT((interval_ns * rule.burst - level + 999999) / 1000000, answer.reset_ms);
        if (!is_allowed)
            EXPECT_INT((interval_ns * cost - level + 999999) / 1000000, answer.retry_after_ms);
        if (is_allowed && cost == 1)
            admitted_at[admitted++] = now_ms;
    }
    for (size_t from = 0; from < admitted; from += 7) {
        for (size_t to = from; to < admitted; to += 5) {
            uint64_t window_ms = admitted_at[to] - admitted_at[from];
            EXPECT(to - from + 1 <= rule.burst + window_ms * rule.count / rule.period_ms + 1);
        }
    }
}

TEST(it_is_a_token_bucket_to_the_nanosecond)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        expect_model(TWENTY_A_MINUTE, seed);
        expect_model((struct ratelimit_rule){.count = 60, .period_ms = 1000, .burst = 120}, seed);
        expect_model((struct ratelimit_rule){.count = 3, .period_ms = 3600000, .burst = 3}, seed);
        expect_model((struct ratelimit_rule){.count = 7, .period_ms = 1, .burst = 1}, seed);
    }
}
