/* The figures of the limiter as a user meets them, and its bounds. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "services/limiter.h"

#define MINUTE 60000ull

static unsigned allowed(struct limiter *limiter, enum rate_class class, struct str key,
                        uint64_t now_ms, unsigned tries)
{
    unsigned count = 0;

    for (unsigned i = 0; i < tries; i++)
        count += limiter_take(limiter, class, key, now_ms).is_allowed;
    return count;
}

TEST(each_class_lets_its_burst_through_at_once)
{
    static const struct {
        enum rate_class class;
        unsigned burst;
    } ROWS[] = {
        {RATE_READ, 120},   {RATE_WRITE, 30},  {RATE_LOGIN, 20}, {RATE_REGISTER, 3},
        {RATE_REFRESH, 10}, {RATE_TICKET, 10}, {RATE_QUEUE, 10},
    };
    struct limiter *limiter = limiter_new(true, true);

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++)
        EXPECT_INT(ROWS[i].burst, allowed(limiter, ROWS[i].class, STR("12"), MINUTE, 500));
    EXPECT_INT(500, allowed(limiter, RATE_NONE, STR("12"), MINUTE, 500));
    limiter_free(limiter);
}

TEST(an_allowance_grows_back_at_its_rate)
{
    struct limiter *limiter = limiter_new(true, true);

    EXPECT_INT(120, allowed(limiter, RATE_READ, STR("12"), MINUTE, 200));
    EXPECT_INT(60, allowed(limiter, RATE_READ, STR("12"), MINUTE + 30000, 200));
    EXPECT_INT(3, allowed(limiter, RATE_REGISTER, STR("10.0.0.1"), MINUTE, 10));
    EXPECT_INT(0, allowed(limiter, RATE_REGISTER, STR("10.0.0.1"), 20 * MINUTE, 10));
    EXPECT_INT(1, allowed(limiter, RATE_REGISTER, STR("10.0.0.1"), 22 * MINUTE, 10));
    limiter_free(limiter);
}

TEST(keys_and_classes_do_not_share)
{
    struct limiter *limiter = limiter_new(true, true);

    EXPECT_INT(10, allowed(limiter, RATE_QUEUE, STR("12"), MINUTE, 20));
    EXPECT_INT(10, allowed(limiter, RATE_QUEUE, STR("13"), MINUTE, 20));
    EXPECT_INT(10, allowed(limiter, RATE_REFRESH, STR("12"), MINUTE, 20));
    limiter_free(limiter);
}

TEST(a_refusal_says_when_to_come_back_and_is_right)
{
    struct limiter *limiter = limiter_new(true, true);
    struct limit_answer answer;

    EXPECT_INT(10, allowed(limiter, RATE_QUEUE, STR("12"), MINUTE, 10));
    answer = limiter_take(limiter, RATE_QUEUE, STR("12"), MINUTE);
    EXPECT_FALSE(answer.is_allowed);
    EXPECT_INT(10, answer.limit);
    EXPECT_INT(0, answer.remaining);
    EXPECT_INT(6, answer.retry_after_s);
    EXPECT_INT(60, answer.reset_s);
    EXPECT(limiter_take(limiter, RATE_QUEUE, STR("12"), MINUTE + 6000).is_allowed);
    limiter_free(limiter);
}

TEST(an_answer_counts_down_what_remains)
{
    struct limiter *limiter = limiter_new(true, true);

    EXPECT_INT(29, limiter_take(limiter, RATE_WRITE, STR("1"), MINUTE).remaining);
    EXPECT_INT(28, limiter_take(limiter, RATE_WRITE, STR("1"), MINUTE).remaining);
    EXPECT_INT(30, limiter_take(limiter, RATE_WRITE, STR("1"), MINUTE).limit);
    limiter_free(limiter);
}

TEST(in_development_a_laptop_may_make_many_accounts)
{
    struct limiter *limiter = limiter_new(true, false);

    EXPECT_INT(60, allowed(limiter, RATE_REGISTER, STR("127.0.0.1"), MINUTE, 100));
    limiter_free(limiter);
}

TEST(a_limiter_that_is_off_refuses_nothing)
{
    struct limiter *limiter = limiter_new(false, true);

    EXPECT_INT(1000, allowed(limiter, RATE_REGISTER, STR("127.0.0.1"), MINUTE, 1000));
    for (int i = 0; i < 100; i++)
        EXPECT(limiter_take_login(limiter, STR("zoe"), MINUTE).is_allowed);
    limiter_free(limiter);
}

TEST(one_account_takes_ten_logins_at_once_and_five_a_minute)
{
    struct limiter *limiter = limiter_new(true, true);
    unsigned count = 0;

    for (int i = 0; i < 50; i++)
        count += limiter_take_login(limiter, STR("zoe"), MINUTE).is_allowed;
    EXPECT_INT(10, count);
    for (int i = 0; i < 50; i++)
        count += limiter_take_login(limiter, STR("zoe"), 2 * MINUTE).is_allowed;
    EXPECT_INT(15, count);
    EXPECT(limiter_take_login(limiter, STR("other"), MINUTE).is_allowed);
    limiter_free(limiter);
}

TEST(a_network_of_many_addresses_shares_two_hundred_logins)
{
    struct limiter *limiter = limiter_new(true, true);
    unsigned count = 0;

    for (int host = 1; host <= 20; host++) {
        char address[32];
        snprintf(address, sizeof(address), "192.0.2.%d", host);
        count += allowed(limiter, RATE_LOGIN, str_from_c(address), MINUTE, 20);
    }
    EXPECT_INT(200, count);
    EXPECT_INT(20, allowed(limiter, RATE_LOGIN, STR("192.0.3.1"), MINUTE, 40));
    limiter_free(limiter);
}

TEST(an_ipv6_household_is_one_address)
{
    struct limiter *limiter = limiter_new(true, true);

    EXPECT_INT(3, allowed(limiter, RATE_REGISTER, STR("2001:db8:1:2::1"), MINUTE, 10));
    EXPECT_INT(
        0, allowed(limiter, RATE_REGISTER, STR("2001:db8:1:2:ffff:ffff:ffff:ffff"), MINUTE, 10));
    EXPECT_INT(3, allowed(limiter, RATE_REGISTER, STR("2001:db8:1:3::1"), MINUTE, 10));
    limiter_free(limiter);
}

/* 200,000 keys go through a table of 65,536; those in use all the while are not forgotten. */
TEST(the_table_forgets_the_longest_unused_first)
{
    struct limiter *limiter = limiter_new(true, true);

    EXPECT_INT(3, allowed(limiter, RATE_REGISTER, STR("10.0.0.1"), MINUTE, 10));
    for (int i = 0; i < 200000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        limiter_take(limiter, RATE_READ, str_from_c(key), MINUTE);
        if (i % 500 == 0)
            EXPECT_INT(0, allowed(limiter, RATE_REGISTER, STR("10.0.0.1"), MINUTE, 1));
    }
    /* The first key was forgotten: its allowance is whole again. */
    EXPECT_INT(119, limiter_take(limiter, RATE_READ, STR("k0"), MINUTE).remaining);
    /* The last was not. */
    EXPECT_INT(118, limiter_take(limiter, RATE_READ, STR("k199999"), MINUTE).remaining);
    limiter_free(limiter);
}

/* -- many at once ------------------------------------------------------------------------------ */

#define THREADS 4

struct taker {
    struct limiter *limiter;
    unsigned count;
};

static void *take_many(void *arg)
{
    struct taker *taker = arg;

    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i % 50);
        taker->count +=
            limiter_take(taker->limiter, RATE_WRITE, str_from_c(key), MINUTE).is_allowed;
    }
    return NULL;
}

TEST(threads_together_get_exactly_the_allowance)
{
    struct limiter *limiter = limiter_new(true, true);
    struct taker takers[THREADS];
    pthread_t threads[THREADS];
    unsigned count = 0;

    for (int i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.limiter = limiter};
        EXPECT_INT(0, pthread_create(&threads[i], NULL, take_many, &takers[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        count += takers[i].count;
    }
    EXPECT_INT(50 * 30, count);
    limiter_free(limiter);
}
