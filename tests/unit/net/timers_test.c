/* A reactor's timers: order, moving, stopping and starting from inside, and the stated maximum. */
#include "tests/unit/net/bare.h"

#define MANY 1000
#define TIMERS_MAX 131072

struct alarm {
    struct reactor_timer timer;
    uint64_t order;
    unsigned fired;
    unsigned again; /* how many times it starts itself at once */
    struct alarm *stops;
};

static struct alarm *fired_last;
static unsigned fired_count;
static bool is_disordered;

static void count_it(struct reactor *reactor, struct reactor_timer *timer)
{
    struct alarm *alarm = container_of(timer, struct alarm, timer);

    alarm->fired++;
    fired_count++;
    if (fired_last &&
        (fired_last->timer.due_ms > timer->due_ms ||
         (fired_last->timer.due_ms == timer->due_ms && fired_last->order > alarm->order)))
        is_disordered = true;
    fired_last = alarm;
    if (alarm->stops)
        reactor_timer_stop(reactor, &alarm->stops->timer);
    if (alarm->again > 0) {
        alarm->again--;
        EXPECT_OK(reactor_timer_start(reactor, timer, reactor_now_ms(reactor), count_it));
    }
}

static struct bare *fresh(void)
{
    fired_last = NULL;
    fired_count = 0;
    is_disordered = false;
    return bare_new();
}

static void start(struct bare *bare, struct alarm *alarm, uint64_t after_ms)
{
    EXPECT_OK(reactor_timer_start(&bare->reactor, &alarm->timer,
                                  reactor_now_ms(&bare->reactor) + after_ms, count_it));
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

TEST(timers_fire_by_time_and_then_by_the_order_they_were_started)
{
    static struct alarm alarms[MANY];
    struct bare *bare = fresh();
    uint64_t seed = 11, order = 0;

    for (size_t i = 0; i < MANY; i++) {
        alarms[i] = (struct alarm){.order = order++};
        start(bare, &alarms[i], next_random(&seed) % 20);
    }
    for (size_t i = 0; i < MANY; i += 3) { /* moved: their place is now behind equals */
        alarms[i].order = order++;
        start(bare, &alarms[i], next_random(&seed) % 20);
    }
    for (size_t i = 1; i < MANY; i += 7)
        reactor_timer_stop(&bare->reactor, &alarms[i].timer);
    while (bare->reactor.timers.count > 0)
        bare_turn(bare);
    EXPECT_FALSE(is_disordered);
    for (size_t i = 0; i < MANY; i++)
        EXPECT_INT(i % 7 == 1 ? 0 : 1, alarms[i].fired);
    bare_free(bare);
}

TEST(a_timer_never_fires_early)
{
    struct alarm alarm = {0};
    struct bare *bare = fresh();
    uint64_t begun_ms = reactor_now_ms(&bare->reactor);

    start(bare, &alarm, 30);
    start(bare, &alarm, 50); /* later than first asked */
    while (!alarm.fired)
        bare_turn(bare);
    EXPECT(reactor_now_ms(&bare->reactor) >= begun_ms + 50);
    bare_free(bare);
}

TEST(a_timer_moved_to_an_earlier_time_keeps_it)
{
    struct alarm late = {0}, alarm = {0};
    struct bare *bare = fresh();

    start(bare, &late, 3600000);
    start(bare, &alarm, 3600000);
    start(bare, &alarm, 5);
    while (!alarm.fired)
        bare_turn(bare);
    EXPECT_INT(0, late.fired);
    reactor_timer_stop(&bare->reactor, &late.timer);
    bare_free(bare);
}

TEST(a_timer_that_starts_itself_at_once_waits_for_the_next_turn)
{
    struct alarm alarm = {.again = 9};
    struct bare *bare = fresh();
    unsigned before = 0;

    start(bare, &alarm, 0);
    while (alarm.fired < 10) {
        bare_turn(bare);
        EXPECT(alarm.fired <= before + 2); /* libuv looks at timers before and after it polls */
        before = alarm.fired;
    }
    EXPECT_INT(0, bare->reactor.timers.count);
    bare_free(bare);
}

TEST(a_timer_stopped_by_another_that_is_due_with_it_does_not_fire)
{
    struct alarm second = {.order = 1}, first = {.stops = &second}, third = {.order = 2};
    struct bare *bare = fresh();

    start(bare, &first, 3);
    start(bare, &second, 3);
    start(bare, &third, 3);
    while (!third.fired)
        bare_turn(bare);
    EXPECT_INT(1, first.fired);
    EXPECT_INT(0, second.fired);
    reactor_timer_stop(&bare->reactor, &second.timer); /* idle: nothing happens */
    bare_free(bare);
}

TEST(beyond_the_maximum_a_timer_is_refused_and_a_running_one_still_moves)
{
    struct alarm *alarms = calloc(TIMERS_MAX + 1, sizeof(*alarms));
    struct bare *bare = fresh();

    EXPECT_NOT_NULL(alarms);
    for (size_t i = 0; i < TIMERS_MAX; i++)
        start(bare, &alarms[i], 3600000);
    EXPECT_ERR(ERR_FULL,
               reactor_timer_start(&bare->reactor, &alarms[TIMERS_MAX].timer, 1, count_it));
    start(bare, &alarms[4], 7200000);
    reactor_timer_stop(&bare->reactor, &alarms[5].timer);
    start(bare, &alarms[TIMERS_MAX], 3600000);
    bare_free(bare);
    free(alarms);
}
