/* The 60 Hz wheel: where tickers go, how late ones catch up, and changes from inside a tick. */
#include "tests/unit/net/bare.h"

struct beat {
    struct ticker ticker;
    unsigned ticks;
    unsigned stop_at; /* stops itself in this tick; 0: never */
    bool starts_again;
    struct beat *stops;
    struct beat *starts;
};

static void count_tick(struct reactor *reactor, struct ticker *ticker)
{
    struct beat *beat = container_of(ticker, struct beat, ticker);

    beat->ticks++;
    if (beat->stops)
        ticker_stop(reactor, &beat->stops->ticker);
    if (beat->starts && !beat->starts->ticker.is_on)
        ticker_start(reactor, &beat->starts->ticker, count_tick);
    if (beat->ticks != beat->stop_at)
        return;
    ticker_stop(reactor, ticker);
    if (beat->starts_again)
        ticker_start(reactor, ticker, count_tick);
}

static void start(struct bare *bare, struct beat *beat)
{
    ticker_start(&bare->reactor, &beat->ticker, count_tick);
}

/* Into the phase of another, as happens by itself once all phases are equally full. */
static void start_beside(struct bare *bare, struct beat *beat, uint8_t phase)
{
    struct tick_wheel *wheel = &bare->reactor.wheel;
    uint32_t counts[TICK_PHASES];

    memcpy(counts, wheel->counts, sizeof(counts));
    for (int i = 0; i < TICK_PHASES; i++)
        wheel->counts[i] = i == phase ? 0 : 1000;
    start(bare, beat);
    memcpy(wheel->counts, counts, sizeof(counts));
    wheel->counts[phase]++;
    EXPECT_INT(phase, beat->ticker.phase);
}

TEST(tickers_spread_evenly_over_the_phases)
{
    static struct beat beats[5 * TICK_PHASES];
    struct bare *bare = bare_new();

    for (size_t i = 0; i < ARRAY_COUNT(beats); i++) {
        beats[i] = (struct beat){0};
        start(bare, &beats[i]);
    }
    for (int i = 0; i < TICK_PHASES; i++)
        EXPECT_INT(5, bare->reactor.wheel.counts[i]);
    for (size_t i = 0; i < ARRAY_COUNT(beats); i++) /* one phase empties, and fills again */
        if (beats[i].ticker.phase == 3)
            ticker_stop(&bare->reactor, &beats[i].ticker);
    EXPECT_INT(0, bare->reactor.wheel.counts[3]);
    for (size_t i = 0; i < ARRAY_COUNT(beats); i++)
        if (!beats[i].ticker.is_on)
            start(bare, &beats[i]);
    EXPECT_INT(5, bare->reactor.wheel.counts[3]);
    EXPECT_INT(5 * TICK_PHASES, bare->reactor.wheel.total);
    bare_free(bare);
}

/* The phase's turns among the steps from `first` up to, but not including, `end`. */
static uint64_t turns_of(uint8_t phase, uint64_t first, uint64_t end)
{
    uint64_t count = 0;

    for (; first < end; first++)
        count += first % TICK_PHASES == phase;
    return count;
}

TEST(a_second_has_sixty_ticks_or_slips_and_no_drift)
{
    struct bare *bare = bare_new();
    struct beat beat = {0};
    uint64_t first, begun_ns = uv_hrtime(), took_ns, due;

    start(bare, &beat);
    first = bare->reactor.wheel.step;
    while (beat.ticks + bare->reactor.counters.slips < 61)
        bare_turn(bare);
    took_ns = uv_hrtime() - begun_ns;
    due = turns_of(beat.ticker.phase, first, bare->reactor.wheel.step);
    EXPECT_INT(due, beat.ticks + bare->reactor.counters.slips);
    EXPECT(took_ns >= 1000000000u);
    EXPECT(due <= took_ns / 1000 * TICK_HZ / 1000000 + 1);
    bare_free(bare);
}

TEST(a_late_wheel_catches_up_four_periods_and_counts_the_rest_as_slips)
{
    struct bare *bare = bare_new();
    struct beat beats[3] = {{.ticks = 0}};
    uint64_t first, due = 0, ticks = 0;

    for (int i = 0; i < 3; i++)
        start(bare, &beats[i]);
    first = bare->reactor.wheel.step;
    bare->reactor.wheel.start_ns -= 1000000000u; /* as if the loop had stood still for a second */
    while (beats[0].ticks == 0)
        bare_turn(bare);
    for (int i = 0; i < 3; i++) {
        EXPECT(beats[i].ticks >= LIMIT_ROOM_CATCH_UP_TICKS);
        EXPECT(beats[i].ticks <= LIMIT_ROOM_CATCH_UP_TICKS + 1); /* and the one that is due now */
        due += turns_of(beats[i].ticker.phase, first, bare->reactor.wheel.step);
        ticks += beats[i].ticks;
    }
    EXPECT(bare->reactor.counters.slips >= 3 * (TICK_HZ - LIMIT_ROOM_CATCH_UP_TICKS - 1));
    EXPECT_INT(due, ticks + bare->reactor.counters.slips);
    bare_free(bare);
}

TEST(a_lateness_of_less_than_that_loses_no_tick)
{
    struct bare *bare = bare_new();
    struct beat beat = {0};
    uint64_t first;

    start(bare, &beat);
    first = bare->reactor.wheel.step;
    bare->reactor.wheel.start_ns -= 50000000u; /* three periods */
    while (beat.ticks == 0)
        bare_turn(bare);
    EXPECT_INT(turns_of(beat.ticker.phase, first, bare->reactor.wheel.step),
               beat.ticks + bare->reactor.counters.slips);
    EXPECT(beat.ticks >= 3);
    bare_free(bare);
}

TEST(a_wheel_that_stood_empty_owes_nobody_a_tick)
{
    struct bare *bare = bare_new();
    struct beat beat = {.stop_at = 1};

    start(bare, &beat);
    while (beat.ticks == 0)
        bare_turn(bare);
    bare->reactor.wheel.start_ns -= 10000000000u; /* ten seconds pass without anybody */
    beat = (struct beat){0};
    start(bare, &beat);
    while (beat.ticks == 0)
        bare_turn(bare);
    EXPECT(beat.ticks <= LIMIT_ROOM_CATCH_UP_TICKS + 1);
    EXPECT(bare->reactor.counters.slips < 300); /* ten seconds would be six hundred */
    bare_free(bare);
}

TEST(a_ticker_may_stop_itself_and_others_inside_its_tick)
{
    struct bare *bare = bare_new();
    struct beat victim = {0}, killer = {.stops = &victim}, last = {0};

    start(bare, &killer);
    start_beside(bare, &victim, killer.ticker.phase);
    start_beside(bare, &last, killer.ticker.phase);
    killer.stop_at = 2;
    while (last.ticks < 4)
        bare_turn(bare);
    EXPECT_INT(0, victim.ticks);
    EXPECT_INT(2, killer.ticks);
    EXPECT_INT(1, bare->reactor.wheel.total);
    EXPECT_INT(1, bare->reactor.wheel.counts[last.ticker.phase]);
    bare_free(bare);
}

TEST(a_ticker_started_inside_a_tick_joins_later_and_stays)
{
    struct bare *bare = bare_new();
    struct beat child = {0}, parent = {.starts = &child};

    start(bare, &parent);
    while (parent.ticks == 0)
        bare_turn(bare);
    EXPECT(child.ticker.is_on);
    EXPECT(child.ticker.phase != parent.ticker.phase);
    while (child.ticks < 3)
        bare_turn(bare);
    EXPECT(parent.ticks + 1 >= child.ticks);
    bare_free(bare);
}

TEST(a_ticker_may_stop_and_start_again_inside_its_tick)
{
    struct bare *bare = bare_new();
    struct beat alone = {.stop_at = 2, .starts_again = true};

    start(bare, &alone);
    while (alone.ticks < 5)
        bare_turn(bare);
    EXPECT_INT(1, bare->reactor.wheel.total);
    ticker_stop(&bare->reactor, &alone.ticker);
    ticker_stop(&bare->reactor, &alone.ticker); /* idle: nothing happens */
    EXPECT_INT(0, bare->reactor.wheel.total);
    bare_free(bare);
}

TEST(tickers_may_stop_after_the_reactor_has_shut)
{
    struct bare *bare = bare_new();
    struct beat beat = {0};

    start(bare, &beat);
    reactor_shut(&bare->reactor);
    reactor_loop(&bare->reactor);
    ticker_stop(&bare->reactor, &beat.ticker);
    EXPECT_INT(0, bare->reactor.wheel.total);
    EXPECT_INT(0, uv_loop_close(&bare->reactor.loop));
    slots_release(&bare->reactor.conns);
    free(bare->reactor.read_buffer);
    free(bare);
}
