/* The bounded queue between threads: order, limits, closing; no push is ever slept over. */
#include "lib/base/queue.h"

#include <sched.h>
#include <stdatomic.h>

#include "lib/base/clock.h"
#include "tests/unit/test.h"

#define STALL_MS 5000

TEST(items_come_out_in_the_order_they_went_in)
{
    struct queue queue;
    int items[5];

    EXPECT_OK(queue_init(&queue, 3));
    for (int round = 0; round < 4; round++) { /* around the end of the ring */
        EXPECT_OK(queue_push(&queue, &items[0]));
        EXPECT_OK(queue_push(&queue, &items[1]));
        EXPECT(queue_pop(&queue) == &items[0]);
        EXPECT(queue_pop(&queue) == &items[1]);
    }
    EXPECT_NULL(queue_try_pop(&queue));
    queue_release(&queue);
}

TEST(a_full_queue_refuses_and_forgets_nothing)
{
    struct queue queue;
    int items[3];

    EXPECT_OK(queue_init(&queue, 2));
    EXPECT_OK(queue_push(&queue, &items[0]));
    EXPECT_OK(queue_push(&queue, &items[1]));
    EXPECT_ERR(ERR_FULL, queue_push(&queue, &items[2]));
    EXPECT_INT(2, queue_count(&queue));
    EXPECT(queue_try_pop(&queue) == &items[0]);
    EXPECT_OK(queue_push(&queue, &items[2]));
    queue_release(&queue);
}

TEST(a_closed_queue_hands_out_what_is_left_and_then_nothing)
{
    struct queue queue;
    int item;

    EXPECT_OK(queue_init(&queue, 2));
    EXPECT_OK(queue_push(&queue, &item));
    queue_close(&queue);
    EXPECT_ERR(ERR_FULL, queue_push(&queue, &item));
    EXPECT(queue_pop(&queue) == &item);
    EXPECT_NULL(queue_pop(&queue));
    EXPECT_NULL(queue_pop(&queue));
    queue_release(&queue);
}

static void *pop_until_closed(void *arg)
{
    atomic_int *item;

    while ((item = queue_pop(arg)) != NULL)
        atomic_store(item, 1);
    return NULL;
}

TEST(closing_wakes_every_waiter)
{
    struct queue queue;
    pthread_t threads[6];

    EXPECT_OK(queue_init(&queue, 4));
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        EXPECT_INT(0, pthread_create(&threads[i], NULL, pop_until_closed, &queue));
    queue_close(&queue);
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        EXPECT_INT(0, pthread_join(threads[i], NULL)); /* hangs, and times out, if one is missed */
    queue_release(&queue);
}

struct pusher {
    struct queue *queue;
    bool has_stalled;
};

/* Pushes a few, waits until they have all been taken, and so on: the queue runs empty all the time,
 * which is when a wake-up can be lost. */
static void *push_and_wait(void *arg)
{
    struct pusher *pusher = arg;
    atomic_int items[3];

    for (int round = 0; round < 4000; round++) {
        int count = 1 + round % 3;
        uint64_t begun_ms = clock_mono_ms();
        for (int i = 0; i < count; i++) {
            atomic_store(&items[i], 0);
            CHECK(queue_push(pusher->queue, &items[i]) == OK);
        }
        for (int i = 0; i < count; i++) {
            while (!atomic_load(&items[i]) && !pusher->has_stalled) {
                pusher->has_stalled = clock_mono_ms() - begun_ms > STALL_MS;
                sched_yield();
            }
        }
        if (pusher->has_stalled)
            return NULL;
    }
    return NULL;
}

TEST(no_push_waits_for_the_next_one)
{
    struct queue queue;
    pthread_t poppers[8], threads[3];
    struct pusher pushers[3];

    EXPECT_OK(queue_init(&queue, 64));
    for (size_t i = 0; i < ARRAY_COUNT(poppers); i++)
        EXPECT_INT(0, pthread_create(&poppers[i], NULL, pop_until_closed, &queue));
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++) {
        pushers[i] = (struct pusher){.queue = &queue};
        EXPECT_INT(0, pthread_create(&threads[i], NULL, push_and_wait, &pushers[i]));
    }
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++) {
        EXPECT_INT(0, pthread_join(threads[i], NULL));
        EXPECT_FALSE(pushers[i].has_stalled);
    }
    queue_close(&queue);
    for (size_t i = 0; i < ARRAY_COUNT(poppers); i++)
        EXPECT_INT(0, pthread_join(poppers[i], NULL));
    queue_release(&queue);
}
