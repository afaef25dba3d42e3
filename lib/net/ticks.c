/*
 * The 60 Hz wheel. One period has 16 phases, so the reactor takes 960 steps a second, each with an
 * absolute deadline: start + step / 960 s, never "now + something". A timerfd is armed for the next
 * step that has tickers. When the loop was late, up to LIMIT_ROOM_CATCH_UP_TICKS periods are run at
 * once; what is further behind is left out and counted as slips: all tickers see the same dilation.
 */
#include "lib/net/inside.h"

#include <sys/timerfd.h>
#include <unistd.h>

#define STEPS_PER_S (TICK_HZ * TICK_PHASES)
#define NS_PER_S 1000000000u

/* Exact: 960 steps are one second. */
static uint64_t due_ns(const struct tick_wheel *wheel, uint64_t step)
{
    return wheel->start_ns + step / STEPS_PER_S * NS_PER_S +
           step % STEPS_PER_S * NS_PER_S / STEPS_PER_S;
}

static uint64_t step_at(const struct tick_wheel *wheel, uint64_t now_ns)
{
    uint64_t elapsed = now_ns - wheel->start_ns;

    return elapsed / NS_PER_S * STEPS_PER_S + elapsed % NS_PER_S * STEPS_PER_S / NS_PER_S;
}

static void arm(struct tick_wheel *wheel)
{
    struct itimerspec when = {0};
    uint64_t step = wheel->step, due;

    if (wheel->fd < 0) /* the reactor is ending: rooms still stop their tickers, none ticks */
        return;
    if (wheel->total == 0) {
        wheel->is_armed = false;
        CHECK(timerfd_settime(wheel->fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
        return;
    }
    while (wheel->counts[step % TICK_PHASES] == 0)
        step++;
    due = due_ns(wheel, step);
    when.it_value.tv_sec = (time_t)(due / NS_PER_S);
    when.it_value.tv_nsec = (long)(due % NS_PER_S);
    wheel->is_armed = true;
    CHECK(timerfd_settime(wheel->fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

static void run_phase(struct reactor *reactor, uint64_t step)
{
    struct tick_wheel *wheel = &reactor->wheel;
    uint32_t phase = (uint32_t)(step % TICK_PHASES);
    uint64_t count = wheel->counts[phase], begun_ns, took_ns, due;
    struct list local;

    if (count == 0)
        return;
    list_init(&local);
    list_move(&wheel->phases[phase], &local); /* tick functions may stop or start tickers */
    begun_ns = uv_hrtime();
    while (!list_is_empty(&local)) {
        struct ticker *ticker = container_of(local.next, struct ticker, link);
        list_remove(&ticker->link);
        list_append(&wheel->phases[phase], &ticker->link);
        ticker->tick(reactor, ticker);
    }
    took_ns = uv_hrtime() - begun_ns;
    due = due_ns(wheel, step);
    histogram_add(&reactor->counters.tick_lateness_ns, begun_ns > due ? begun_ns - due : 0, count);
    histogram_add(&reactor->counters.tick_duration_ns, took_ns / count, count);
}

/* Leaves out whole periods beyond what may be caught up. */
static void slip(struct reactor *reactor, uint64_t last)
{
    struct tick_wheel *wheel = &reactor->wheel;
    uint64_t behind = (last - wheel->step) / TICK_PHASES;

    if (behind <= LIMIT_ROOM_CATCH_UP_TICKS)
        return;
    behind -= LIMIT_ROOM_CATCH_UP_TICKS;
    COUNT(reactor, slips, behind * wheel->total);
    wheel->step += behind * TICK_PHASES;
}

static void wheel_turns(uv_poll_t *poll, int status, int events)
{
    struct tick_wheel *wheel = container_of(poll, struct tick_wheel, poll);
    struct reactor *reactor = container_of(wheel, struct reactor, wheel);
    uint64_t expirations, last;
    ssize_t n = read(wheel->fd, &expirations, sizeof(expirations));

    (void)n; /* nothing there: the timer was set again since */
    (void)status;
    (void)events;
    last = step_at(wheel, uv_hrtime());
    if (wheel->step <= last)
        slip(reactor, last);
    while (wheel->step <= last)
        run_phase(reactor, wheel->step++);
    arm(wheel);
}

enum err wheel_init(struct reactor *reactor)
{
    struct tick_wheel *wheel = &reactor->wheel;

    for (int i = 0; i < TICK_PHASES; i++)
        list_init(&wheel->phases[i]);
    wheel->start_ns = uv_hrtime();
    wheel->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (wheel->fd < 0)
        return ERR_FULL;
    CHECK(uv_poll_init(&reactor->loop, &wheel->poll, wheel->fd) == 0);
    CHECK(uv_poll_start(&wheel->poll, UV_READABLE, wheel_turns) == 0);
    return OK;
}

static void poll_closed(uv_handle_t *handle)
{
    struct tick_wheel *wheel = container_of(handle, struct tick_wheel, poll);

    close(wheel->fd);
    wheel->fd = -1;
}

void wheel_close(struct reactor *reactor)
{
    if (reactor->wheel.fd < 0) /* wheel_init had no descriptor left */
        return;
    uv_close((uv_handle_t *)&reactor->wheel.poll, poll_closed);
}

void ticker_start(struct reactor *reactor, struct ticker *ticker,
                  void (*tick)(struct reactor *, struct ticker *))
{
    struct tick_wheel *wheel = &reactor->wheel;
    uint8_t best = 0;

    CHECK(!ticker->is_on);
    for (uint8_t i = 1; i < TICK_PHASES; i++)
        if (wheel->counts[i] < wheel->counts[best])
            best = i;
    if (wheel->total == 0) /* the wheel stood still: it goes on from now, nothing was missed */
        wheel->step = step_at(wheel, uv_hrtime()) + 1;
    ticker->phase = best;
    ticker->is_on = true;
    ticker->tick = tick;
    list_init(&ticker->link);
    list_append(&wheel->phases[best], &ticker->link);
    wheel->counts[best]++;
    __atomic_store_n(&wheel->total, wheel->total + 1, __ATOMIC_RELAXED);
    arm(wheel);
}

void ticker_stop(struct reactor *reactor, struct ticker *ticker)
{
    struct tick_wheel *wheel = &reactor->wheel;

    if (!ticker->is_on)
        return;
    ticker->is_on = false;
    list_remove(&ticker->link);
    wheel->counts[ticker->phase]--;
    __atomic_store_n(&wheel->total, wheel->total - 1, __ATOMIC_RELAXED);
    if (wheel->total == 0)
        arm(wheel);
}
