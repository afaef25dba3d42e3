/* The cap of connections per address, also when many reactors count at once. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "lib/net/inside.h"

#define CAP 64
#define THREADS 4
#define ROUNDS 5000

TEST(an_address_gets_its_cap_and_not_one_more)
{
    struct address_table *table = addresses_new();

    for (int i = 0; i < CAP; i++)
        EXPECT(addresses_take(table, 7, CAP));
    EXPECT_FALSE(addresses_take(table, 7, CAP));
    EXPECT(addresses_take(table, 8, CAP));
    addresses_give(table, 7);
    EXPECT(addresses_take(table, 7, CAP));
    EXPECT_FALSE(addresses_take(table, 7, CAP));
    addresses_free(table);
}

TEST(what_was_given_back_entirely_is_forgotten)
{
    struct address_table *table = addresses_new();

    for (uint64_t key = 0; key < 300000; key++) {
        EXPECT(addresses_take(table, key, CAP));
        addresses_give(table, key);
    }
    addresses_give(table, 5); /* never taken: nothing to give */
    for (int i = 0; i < CAP; i++)
        EXPECT(addresses_take(table, 5, CAP));
    EXPECT_FALSE(addresses_take(table, 5, CAP));
    addresses_free(table);
}

struct taker {
    struct address_table *table;
    int most; /* held at once by this thread */
};

static void *take_and_give(void *arg)
{
    struct taker *taker = arg;

    for (int round = 0; round < ROUNDS; round++) {
        int held = 0;
        while (held < CAP && addresses_take(taker->table, 9, CAP))
            held++;
        if (held > taker->most)
            taker->most = held;
        while (held-- > 0)
            addresses_give(taker->table, 9);
    }
    return NULL;
}

TEST(threads_that_count_at_once_lose_nothing)
{
    struct address_table *table = addresses_new();
    struct taker takers[THREADS] = {{0}};
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        takers[i].table = table;
        EXPECT_INT(0, pthread_create(&threads[i], NULL, take_and_give, &takers[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        EXPECT_INT(0, pthread_join(threads[i], NULL));
        EXPECT(takers[i].most <= CAP);
    }
    for (int i = 0; i < CAP; i++)
        EXPECT(addresses_take(table, 9, CAP));
    EXPECT_FALSE(addresses_take(table, 9, CAP));
    addresses_free(table);
}
