/*
 * All stories of a match, not some: breadth first over every event of every player and the clock,
 * from three beginnings, until no new state appears. Times are tiny (one grace is 2 ms) and kept
 * relative to now, so the space is finite; the clock may be looked at late, or not at all, because
 * waiting and ticking are events of their own. After each event the promises below are checked.
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/core/match.h"

#define NOW_MS 1000 /* every state is shifted so that it is now */
#define LONG_AGO_MS 8
#define STATES_MAX 400000u
#define TABLE_SIZE (1u << 20)

/* Of the search that is running. */
static struct match_rules rules;

static const struct match_rules USUAL = {
    .ready_timeout_ms = 3,
    .grace_ms = 2,
    .absence_budget_ms = 3,
    .pause_ms = 2,
    .countdown_ms = 1,
    .rematch_ms = 2,
    .pauses_max = 1,
};

/* No countdown, no pauses, hardly any budget; the first ready restarts the ready clock. */
static const struct match_rules STRICT = {
    .ready_timeout_ms = 3,
    .ready_after_first_ms = 2,
    .grace_ms = 2,
    .absence_budget_ms = 1,
    .rematch_ms = 1,
};

enum verb { JOIN, LEAVE, READY, PAUSE, UNPAUSE, RESIGN, FINISH, REMATCH, VERBS_OF_SEATS };
enum { WAIT = VERBS_OF_SEATS * MATCH_SEATS, TICK, CANCEL, EVENT_COUNT };

struct search {
    struct match *states;
    uint32_t *table; /* index + 1 */
    uint32_t count;
    uint64_t edges;
    uint32_t ends[MATCH_REASON_COUNT];
};

/* ---- states without absolute time ---- */

static uint64_t relative(uint64_t until_ms, uint64_t now_ms)
{
    if (until_ms == MATCH_NEVER)
        return MATCH_NEVER;
    return until_ms <= now_ms ? NOW_MS : until_ms - now_ms + NOW_MS;
}

/* Two states with equal bytes after this behave the same for ever. */
static void normalize(struct match *out, const struct match *match, uint64_t now_ms)
{
    memset(out, 0, sizeof(*out));
    memcpy(&out->rules, &match->rules, sizeof(out->rules));
    out->ready_until_ms = relative(match->ready_until_ms, now_ms);
    out->countdown_until_ms = relative(match->countdown_until_ms, now_ms);
    out->pause_until_ms = relative(match->pause_until_ms, now_ms);
    out->rematch_until_ms = relative(match->rematch_until_ms, now_ms);
    for (int seat = 0; seat < MATCH_SEATS; seat++) {
        const struct match_seat *from = &match->seats[seat];
        struct match_seat *to = &out->seats[seat];
        bool is_counted = from->grace_until_ms != MATCH_NEVER;
        uint64_t absent_ms = is_counted ? now_ms - from->absent_since_ms : 0;

        to->grace_until_ms = relative(from->grace_until_ms, now_ms);
        to->absent_since_ms = NOW_MS - (absent_ms < LONG_AGO_MS ? absent_ms : LONG_AGO_MS);
        to->absence_used_ms = from->absence_used_ms < rules.absence_budget_ms
                                  ? from->absence_used_ms
                                  : rules.absence_budget_ms;
        to->pauses_used = from->pauses_used;
        to->is_present = from->is_present;
        to->is_ready = from->is_ready;
        to->is_absence_free = is_counted && from->is_absence_free;
        to->wants_rematch = from->wants_rematch;
    }
    memcpy(&out->result, &match->result, sizeof(out->result));
    out->state = match->state;
    out->paused_by = match->paused_by;
    out->has_begun = match->has_begun;
    out->has_played = match->has_played;
    out->is_rematch_made = match->is_rematch_made;
}

static void remember(struct search *search, const struct match *match, uint64_t now_ms)
{
    struct match state;
    uint32_t at;

    normalize(&state, match, now_ms);
    at = (uint32_t)hash_fixed(&state, sizeof(state), 0) & (TABLE_SIZE - 1);
    for (; search->table[at]; at = (at + 1) & (TABLE_SIZE - 1)) {
        if (memcmp(&search->states[search->table[at] - 1], &state, sizeof(state)) == 0)
            return;
    }
    EXPECT(search->count < STATES_MAX);
    search->states[search->count++] = state;
    search->table[at] = search->count;
}

/* ---- events ---- */

static enum err act(struct match *match, int event, uint64_t now_ms, struct match_effects *effects)
{
    uint8_t seat = (uint8_t)(event % MATCH_SEATS);

    if (event == TICK) {
        match_tick(match, now_ms, effects);
        return OK;
    }
    if (event == CANCEL)
        return match_cancel(match, now_ms, effects);
    switch ((enum verb)(event / MATCH_SEATS)) {
    case JOIN:
        match_join(match, seat, now_ms, effects);
        return OK;
    case LEAVE:
        match_leave(match, seat, now_ms, effects);
        return OK;
    case READY:
        return match_ready(match, seat, now_ms, effects);
    case PAUSE:
        return match_pause(match, seat, now_ms, effects);
    case UNPAUSE:
        return match_unpause(match, seat, now_ms, effects);
    case RESIGN:
        return match_resign(match, seat, now_ms, effects);
    case FINISH:
        return match_finish(match, seat, now_ms, effects);
    case REMATCH:
        return match_rematch(match, seat, now_ms, effects);
    case VERBS_OF_SEATS:
        break;
    }
    fail();
    return OK;
}

static uint32_t effect_count(const struct match_effects *effects, enum match_effect_kind kind)
{
    uint32_t count = 0;

    for (uint8_t i = 0; i < effects->count; i++)
        count += effects->list[i].kind == kind;
    return count;
}

/* ---- promises ---- */

static void expect_state_is_sound(const struct match *match)
{
    const struct match_seat *seats = match->seats;
    bool all_here = seats[0].is_present && seats[1].is_present;
    bool all_ready = seats[0].is_ready && seats[1].is_ready;

    EXPECT(match_has_ended(match) == (match->result.reason != MATCH_REASON_NONE));
    EXPECT((match->ready_until_ms != MATCH_NEVER) ==
           (match->state == MATCH_PENDING || match->state == MATCH_WAITING));
    EXPECT((match->countdown_until_ms != MATCH_NEVER) == (match->state == MATCH_READY));
    EXPECT((match->pause_until_ms != MATCH_NEVER) == (match->paused_by != MATCH_NO_SEAT));
    if (match->state == MATCH_READY || match->state == MATCH_RUNNING)
        EXPECT(all_here && all_ready && match->has_begun);
    if (match->state == MATCH_RUNNING)
        EXPECT(match->has_played && match_next_due_ms(match) == MATCH_NEVER);
    if (match->state == MATCH_PAUSED)
        EXPECT(match->has_begun && (!all_here || match->paused_by != MATCH_NO_SEAT));
    if (match->state == MATCH_PENDING)
        EXPECT(!seats[0].is_present && !seats[1].is_present);
    /* Whatever waits, waits for a clock: nothing hangs for ever. */
    if (!match_has_ended(match) && match->state != MATCH_RUNNING)
        EXPECT(match_next_due_ms(match) != MATCH_NEVER);
    for (int seat = 0; seat < MATCH_SEATS; seat++) {
        EXPECT(seats[seat].pauses_used <= rules.pauses_max);
        if (seats[seat].grace_until_ms != MATCH_NEVER)
            EXPECT(!seats[seat].is_present && match->has_begun && !match_has_ended(match));
    }
}

/* Who wins, why, and what must have happened before for that to be fair. */
static void expect_end_is_fair(const struct match *before, const struct match *after, int event,
                               uint64_t now_ms)
{
    int winner = after->result.winner, seat = event % MATCH_SEATS;
    const struct match_seat *loser = winner < 0 ? NULL : &before->seats[1 - winner];
    uint64_t absent_ms, grace_ms = rules.grace_ms;

    EXPECT((winner == MATCH_NO_SEAT) == (after->state == MATCH_CANCELLED));
    EXPECT((after->result.reason == MATCH_REASON_SCORE) == (after->state == MATCH_FINISHED));
    switch ((enum match_reason)after->result.reason) {
    case MATCH_REASON_SCORE:
        EXPECT(event / MATCH_SEATS == FINISH && winner == seat && after->has_played);
        EXPECT(after->result.is_rated);
        break;
    case MATCH_REASON_RESIGN:
        EXPECT(event / MATCH_SEATS == RESIGN && winner == 1 - seat);
        EXPECT(after->result.is_rated == before->has_begun);
        break;
    case MATCH_REASON_FORFEIT:
        EXPECT(after->has_begun && after->result.is_rated);
        EXPECT(after->seats[winner].is_present && !after->seats[1 - winner].is_present);
        /* Away for the whole grace, or for all that the budget had left. */
        if (loser->is_present) {
            EXPECT(event == LEAVE * MATCH_SEATS + 1 - winner);
            EXPECT_INT(rules.absence_budget_ms, loser->absence_used_ms);
            break;
        }
        absent_ms = now_ms - loser->absent_since_ms;
        if (!loser->is_absence_free && rules.absence_budget_ms - loser->absence_used_ms < grace_ms)
            grace_ms = rules.absence_budget_ms - loser->absence_used_ms;
        EXPECT(absent_ms >= grace_ms);
        break;
    case MATCH_REASON_NO_SHOW:
        EXPECT(!after->has_begun && !after->result.is_rated && now_ms >= before->ready_until_ms);
        EXPECT(after->seats[winner].is_present && after->seats[winner].is_ready);
        EXPECT(!after->seats[1 - winner].is_present || !after->seats[1 - winner].is_ready);
        break;
    case MATCH_REASON_CANCELLED:
        EXPECT_FALSE(after->result.is_rated);
        if (event == CANCEL)
            break;
        if (after->has_begun)
            EXPECT(!after->seats[0].is_present && !after->seats[1].is_present);
        else
            EXPECT(now_ms >= before->ready_until_ms);
        break;
    case MATCH_REASON_NONE:
    case MATCH_REASON_COUNT:
        fail();
    }
}

static void expect_step_is_sound(const struct match *before, const struct match *after, int event,
                                 enum err err, const struct match_effects *effects, uint64_t now_ms)
{
    bool ends = !match_has_ended(before) && match_has_ended(after);
    bool plays = before->state != MATCH_RUNNING && after->state == MATCH_RUNNING;
    bool stops = before->state == MATCH_RUNNING && after->state == MATCH_PAUSED;

    if (err) {
        EXPECT(effects->count == 0 && memcmp(before, after, sizeof(*before)) == 0);
        return;
    }
    if (match_has_ended(before)) { /* a result is made once */
        EXPECT(after->state == before->state);
        EXPECT(memcmp(&before->result, &after->result, sizeof(after->result)) == 0);
    }
    EXPECT_INT(ends, effect_count(effects, MATCH_EFFECT_END));
    EXPECT_INT(plays, effect_count(effects, MATCH_EFFECT_PLAY));
    if (stops)
        EXPECT_INT(1, effect_count(effects, MATCH_EFFECT_PAUSE));
    EXPECT_INT(before->rematch_until_ms != MATCH_NEVER && after->rematch_until_ms == MATCH_NEVER,
               effect_count(effects, MATCH_EFFECT_CLOSED));
    EXPECT_INT(!before->is_rematch_made && after->is_rematch_made,
               effect_count(effects, MATCH_EFFECT_REMATCH));
    if (event == TICK && now_ms < match_next_due_ms(before))
        EXPECT(effects->count == 0 && memcmp(before, after, sizeof(*before)) == 0);
    if (event == TICK)
        EXPECT(match_next_due_ms(after) > now_ms);
    if (ends)
        expect_end_is_fair(before, after, event, now_ms);
}

/* With nobody acting any more, the clocks alone bring the match to its end, or to open play. */
static void expect_it_comes_to_rest(struct match match)
{
    struct match_effects effects;

    for (int move = 0; move < 8; move++) {
        uint64_t due_ms = match_next_due_ms(&match);
        if (due_ms == MATCH_NEVER)
            break;
        match_tick(&match, due_ms, &effects);
    }
    EXPECT(match.state == MATCH_RUNNING || match_has_ended(&match));
    EXPECT(match_next_due_ms(&match) == MATCH_NEVER);
}

/* ---- the search ---- */

static void expand(struct search *search, const struct match *from, int event)
{
    struct match match = *from;
    struct match_effects effects = {.count = 0};
    enum err err;

    search->edges++;
    if (event == WAIT) {
        remember(search, &match, NOW_MS + 1);
        return;
    }
    err = act(&match, event, NOW_MS, &effects);
    expect_step_is_sound(from, &match, event, err, &effects, NOW_MS);
    expect_state_is_sound(&match);
    if (!match_has_ended(from) && match_has_ended(&match))
        search->ends[match.result.reason]++;
    remember(search, &match, NOW_MS);
}

static void begin(struct search *search)
{
    struct match match;
    struct match_record fresh = {.has_begun = false}, begun = {.has_begun = true};

    search->states = calloc(STATES_MAX, sizeof(*search->states));
    search->table = calloc(TABLE_SIZE, sizeof(*search->table));
    EXPECT(search->states && search->table);
    match_init(&match, &rules, NOW_MS);
    remember(search, &match, NOW_MS);
    match_resume(&match, &rules, &fresh, NOW_MS);
    remember(search, &match, NOW_MS);
    begun.absence_used_ms[0] = rules.absence_budget_ms;
    begun.pauses_used[1] = rules.pauses_max;
    match_resume(&match, &rules, &begun, NOW_MS);
    remember(search, &match, NOW_MS);
}

static void search_all(const struct match_rules *with)
{
    struct search search = {.count = 0};

    rules = *with;
    begin(&search);
    for (uint32_t at = 0; at < search.count; at++) {
        struct match from = search.states[at];

        expect_it_comes_to_rest(from);
        for (int event = 0; event < EVENT_COUNT; event++)
            expand(&search, &from, event);
    }
    print_message("%u states, %llu events; ends by score %u, forfeit %u, resign %u, no_show %u, "
                  "cancelled %u\n",
                  search.count, (unsigned long long)search.edges, search.ends[MATCH_REASON_SCORE],
                  search.ends[MATCH_REASON_FORFEIT], search.ends[MATCH_REASON_RESIGN],
                  search.ends[MATCH_REASON_NO_SHOW], search.ends[MATCH_REASON_CANCELLED]);
    EXPECT(search.count > 1000);
    for (int reason = MATCH_REASON_SCORE; reason < MATCH_REASON_COUNT; reason++)
        EXPECT(search.ends[reason] > 0);
    free(search.states);
    free(search.table);
}

TEST(every_story_of_a_match_keeps_every_promise)
{
    search_all(&USUAL);
}

TEST(so_does_every_story_under_strict_rules)
{
    search_all(&STRICT);
}

TEST(nothing_follows_an_end)
{
    for (int to = 0; to < MATCH_STATE_COUNT; to++) {
        EXPECT_FALSE(match_state_may_follow(MATCH_FINISHED, (enum match_state)to));
        EXPECT_FALSE(match_state_may_follow(MATCH_FORFEITED, (enum match_state)to));
        EXPECT_FALSE(match_state_may_follow(MATCH_CANCELLED, (enum match_state)to));
    }
}
