/* The in-process bus: who hears what, what a full queue answers, and that limits are answers. */
#include "tests/unit/test.h"

#include "lib/base/buf.h"
#include "lib/bus/bus.h"

#include <pthread.h>
#include <stdatomic.h>

#define HEARD_SIZE 256

struct listener {
    char heard[HEARD_SIZE];
    struct buf buf;
};

static void listener_init(struct listener *listener)
{
    buf_init_fixed(&listener->buf, listener->heard, sizeof(listener->heard));
}

static void hear(void *ctx, struct str subject, struct str payload)
{
    struct listener *listener = ctx;

    buf_put_str(&listener->buf, subject);
    buf_put_char(&listener->buf, '=');
    buf_put_str(&listener->buf, payload);
    buf_put_char(&listener->buf, ' ');
}

TEST(a_subscriber_hears_its_subject_and_no_other)
{
    struct bus *bus = bus_new_local();
    struct listener listener;

    listener_init(&listener);
    EXPECT_OK(bus_subscribe(bus, "match.created", hear, &listener));
    bus_publish(bus, "match.created", STR("{\"a\":1}"));
    bus_publish(bus, "match.created.twice", STR("x"));
    bus_publish(bus, "match", STR("x"));
    EXPECT_STR("match.created={\"a\":1} ", buf_str(&listener.buf));
    bus_free(bus);
}

TEST(a_prefix_hears_everything_below_it_but_not_its_namesakes)
{
    struct bus *bus = bus_new_local();
    struct listener listener;

    listener_init(&listener);
    EXPECT_OK(bus_subscribe(bus, "match.>", hear, &listener));
    bus_publish(bus, "match.created", STR("1"));
    bus_publish(bus, "match.finished", STR("2"));
    bus_publish(bus, "matchmaker.tick", STR("3"));
    EXPECT_STR("match.created=1 match.finished=2 ", buf_str(&listener.buf));
    bus_free(bus);
}

TEST(all_subscribers_hear_in_the_order_they_came)
{
    struct bus *bus = bus_new_local();
    struct listener listener;

    listener_init(&listener);
    EXPECT_OK(bus_subscribe(bus, "a", hear, &listener));
    EXPECT_OK(bus_subscribe(bus, "a", hear, &listener));
    bus_publish(bus, "a", STR("1"));
    EXPECT_STR("a=1 a=1 ", buf_str(&listener.buf));
    bus_free(bus);
}

TEST(the_table_of_subscribers_has_an_end_that_is_an_answer)
{
    struct bus *bus = bus_new_local();
    struct listener listener;

    listener_init(&listener);
    for (int i = 0; i < BUS_SUBSCRIBERS_MAX; i++)
        EXPECT_OK(bus_subscribe(bus, "a", hear, &listener));
    EXPECT_ERR(ERR_FULL, bus_subscribe(bus, "a", hear, &listener));
    bus_free(bus);
}

TEST(subscribing_while_the_bus_is_in_use_is_refused)
{
    struct bus *bus = bus_new_local();
    struct listener listener;
    struct queue queue;

    listener_init(&listener);
    EXPECT_OK(queue_init(&queue, 1));
    bus_publish(bus, "a", STR(""));
    EXPECT_ERR(ERR_BAD_STATE, bus_subscribe(bus, "a", hear, &listener));
    EXPECT_ERR(ERR_BAD_STATE, bus_serve(bus, "profile", &queue));
    queue_release(&queue);
    bus_free(bus);
}

TEST(an_empty_or_endless_subject_is_refused)
{
    static char endless[4096];
    struct bus *bus = bus_new_local();

    memset(endless, 'a', sizeof(endless) - 1);
    EXPECT_ERR(ERR_INPUT, bus_subscribe(bus, "", hear, NULL));
    EXPECT_ERR(ERR_TOO_LARGE, bus_subscribe(bus, endless, hear, NULL));
    bus_free(bus);
}

TEST(a_request_reaches_the_queue_of_its_role)
{
    struct bus *bus = bus_new_local();
    struct queue profile, lobby;
    int first, second;

    EXPECT_OK(queue_init(&profile, 4));
    EXPECT_OK(queue_init(&lobby, 4));
    EXPECT_OK(bus_serve(bus, "profile", &profile));
    EXPECT_OK(bus_serve(bus, "lobby", &lobby));
    EXPECT_ERR(ERR_EXISTS, bus_serve(bus, "lobby", &profile));
    EXPECT_OK(bus_call(bus, "lobby", &first));
    EXPECT_OK(bus_call(bus, "profile", &second));
    EXPECT(queue_try_pop(&lobby) == &first);
    EXPECT(queue_try_pop(&profile) == &second);
    queue_release(&profile);
    queue_release(&lobby);
    bus_free(bus);
}

TEST(a_full_queue_and_a_missing_role_are_answers_not_waits)
{
    struct bus *bus = bus_new_local();
    struct queue queue;
    int request;

    EXPECT_OK(queue_init(&queue, 1));
    EXPECT_OK(bus_serve(bus, "profile", &queue));
    EXPECT_OK(bus_call(bus, "profile", &request));
    EXPECT_ERR(ERR_FULL, bus_call(bus, "profile", &request));
    EXPECT_ERR(ERR_NOT_FOUND, bus_call(bus, "session", &request));
    queue_release(&queue);
    bus_free(bus);
}

#define PUBLISHERS 4
#define EVENTS_EACH 20000

static void count_one(void *ctx, struct str subject, struct str payload)
{
    atomic_size_t *heard = ctx;

    (void)subject;
    (void)payload;
    atomic_fetch_add(heard, 1);
}

static void *publish_many(void *arg)
{
    for (int i = 0; i < EVENTS_EACH; i++)
        bus_publish(arg, "match.created", STR("{}"));
    return NULL;
}

TEST(threads_may_publish_at_once_and_nothing_is_lost_in_one_process)
{
    struct bus *bus = bus_new_local();
    pthread_t threads[PUBLISHERS];
    atomic_size_t heard = 0;

    EXPECT_OK(bus_subscribe(bus, "match.>", count_one, &heard));
    for (size_t i = 0; i < PUBLISHERS; i++)
        EXPECT_INT(0, pthread_create(&threads[i], NULL, publish_many, bus));
    for (size_t i = 0; i < PUBLISHERS; i++)
        EXPECT_INT(0, pthread_join(threads[i], NULL));
    EXPECT_INT(PUBLISHERS * EVENTS_EACH, atomic_load(&heard));
    bus_free(bus);
}
