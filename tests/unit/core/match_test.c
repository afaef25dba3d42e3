/*
 * Matches as stories: each line is a time, an event, the effects it had and the state it led to.
 * match_search_test.c tries all stories; these are the ones to read.
 */
#include "tests/unit/test.h"

#include "lib/base/buf.h"
#include "lib/core/match.h"

struct line {
    uint64_t at_ms;
    const char *event; /* a verb and a seat, or "tick" */
    const char *effects;
    const char *state;
};

#define PLAY_STORY(match, lines) play_story((match), (lines), ARRAY_COUNT(lines))

static struct match new_match(void)
{
    struct match match;

    match_init(&match, &MATCH_RULES_DEFAULT, 0);
    return match;
}

/* Both are here and ready, the first tick was allowed at 3000. */
static struct match running_match(void)
{
    struct match match = new_match();
    struct match_effects effects;

    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        match_join(&match, seat, 0, &effects);
        EXPECT_OK(match_ready(&match, seat, 0, &effects));
    }
    match_tick(&match, 3000, &effects);
    EXPECT_INT(MATCH_RUNNING, match.state);
    return match;
}

static void effect_put(struct buf *out, const struct match *match,
                       const struct match_effect *effect)
{
    static const char *const NAMES[] = {
        [MATCH_EFFECT_JOINED] = "joined",   [MATCH_EFFECT_LEFT] = "left",
        [MATCH_EFFECT_READY] = "ready",     [MATCH_EFFECT_COUNTDOWN] = "resumed",
        [MATCH_EFFECT_PLAY] = "play",       [MATCH_EFFECT_PAUSE] = "pause",
        [MATCH_EFFECT_END] = "end",         [MATCH_EFFECT_REMATCH_ASKED] = "rematch asked",
        [MATCH_EFFECT_REMATCH] = "rematch", [MATCH_EFFECT_CLOSED] = "closed",
    };
    bool is_start = effect->kind == MATCH_EFFECT_COUNTDOWN && effect->is_first;

    if (buf_str(out).len > 0)
        buf_put_c(out, ", ");
    buf_put_c(out, is_start ? "start" : NAMES[effect->kind]);
    if (effect->kind == MATCH_EFFECT_END) {
        buf_put_char(out, ' ');
        buf_put_c(out, match_reason_name((enum match_reason)match->result.reason));
        buf_put_char(out, ' ');
        buf_put_i64(out, match->result.winner);
        buf_put_c(out, match->result.is_rated ? " rated" : "");
    }
    if (effect->seat != MATCH_NO_SEAT) {
        buf_put_char(out, ' ');
        buf_put_i64(out, effect->seat);
    }
    if (effect->ms > 0) {
        buf_put_char(out, ' ');
        buf_put_u64(out, effect->ms);
    }
    buf_put_c(out, effect->is_absence ? " absent" : "");
}

static enum err act(struct match *match, const struct line *line, struct match_effects *effects)
{
    const char *space = strchr(line->event, ' ');
    struct str verb =
        str_of(line->event, space ? (size_t)(space - line->event) : strlen(line->event));
    uint8_t seat = space ? (uint8_t)(space[1] - '0') : 0;

    if (str_eq(verb, STR("ready")))
        return match_ready(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("pause")))
        return match_pause(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("unpause")))
        return match_unpause(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("resign")))
        return match_resign(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("finish")))
        return match_finish(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("rematch")))
        return match_rematch(match, seat, line->at_ms, effects);
    if (str_eq(verb, STR("cancel")))
        return match_cancel(match, line->at_ms, effects);
    if (str_eq(verb, STR("join")))
        match_join(match, seat, line->at_ms, effects);
    else if (str_eq(verb, STR("leave")))
        match_leave(match, seat, line->at_ms, effects);
    else if (str_eq(verb, STR("tick")))
        match_tick(match, line->at_ms, effects);
    else
        fail_msg("no such event: %s", line->event);
    return OK;
}

static void play_story(struct match *match, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char memory[256];
        struct buf got;
        struct match_effects effects;
        enum err err = act(match, &lines[i], &effects);

        buf_init_fixed(&got, memory, sizeof(memory));
        if (err)
            buf_put_c(&got, err_code(err));
        for (uint8_t at = 0; at < effects.count; at++)
            effect_put(&got, match, &effects.list[at]);
        print_message("  %6llu %-10s %s\n", (unsigned long long)lines[i].at_ms, lines[i].event,
                      lines[i].state);
        EXPECT_STR(lines[i].effects, buf_str(&got));
        EXPECT_STR(lines[i].state, str_from_c(match_state_name((enum match_state)match->state)));
    }
}

/* ---- the ordinary way ---- */

TEST(two_players_meet_play_and_one_wins)
{
    static const struct line STORY[] = {
        {100, "join 0", "joined 0", "waiting"},
        {200, "ready 0", "ready 0", "waiting"},
        {300, "ready 0", "", "waiting"},
        {5000, "join 1", "joined 1", "waiting"},
        {5000, "join 1", "", "waiting"},
        {6000, "ready 1", "ready 1, start 3000", "ready"},
        {8999, "tick", "", "ready"},
        {9000, "tick", "play", "running"},
        {60000, "finish 1", "end score 1 rated", "finished"},
        {60001, "finish 0", "match_ended", "finished"},
        {60001, "resign 1", "match_ended", "finished"},
        {89999, "tick", "", "finished"},
        {90000, "tick", "closed", "finished"},
        {90001, "tick", "", "finished"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
    EXPECT(match_next_due_ms(&match) == MATCH_NEVER);
}

TEST(no_tick_is_played_before_both_are_ready_and_counted_down)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {0, "ready 0", "ready 0", "waiting"},
        {0, "finish 0", "bad_state", "waiting"},
        {0, "ready 1", "bad_state", "waiting"}, /* not here */
        {9000, "tick", "", "waiting"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
}

/* ---- the ready clock ---- */

TEST(who_is_ready_wins_unrated_over_who_never_came)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"}, {10, "ready 0", "ready 0", "waiting"},
        {29999, "tick", "", "waiting"},       {30000, "tick", "end no_show 0", "forfeited"},
        {30001, "join 1", "", "forfeited"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
}

TEST(being_here_is_not_being_ready)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {0, "join 1", "joined 1", "waiting"},
        {29000, "ready 1", "ready 1", "waiting"},
        {30000, "tick", "end no_show 1", "forfeited"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
}

TEST(nobody_ready_in_time_is_cancelled)
{
    static const struct line NOBODY_CAME[] = {{30000, "tick", "end cancelled -1", "cancelled"}};
    static const struct line NOBODY_READY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {0, "join 1", "joined 1", "waiting"},
        {30000, "tick", "end cancelled -1", "cancelled"},
    };
    struct match first = new_match(), second = new_match();

    PLAY_STORY(&first, NOBODY_CAME);
    PLAY_STORY(&second, NOBODY_READY);
}

TEST(a_reload_before_the_start_costs_nothing_and_keeps_ready)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {1000, "ready 0", "ready 0", "waiting"},
        {2000, "leave 0", "left 0 28000", "waiting"},
        {3000, "join 1", "joined 1", "waiting"},
        {3500, "ready 1", "ready 1", "waiting"},
        {4000, "join 0", "joined 0, start 3000", "ready"},
        {7000, "tick", "play", "running"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
    EXPECT_INT(0, match.seats[0].absence_used_ms);
}

TEST(the_first_ready_can_restart_the_ready_clock)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {40000, "ready 0", "ready 0", "waiting"},
        {69999, "tick", "", "waiting"},
        {70000, "tick", "end no_show 0", "forfeited"},
    };
    struct match_rules rules = MATCH_RULES_DEFAULT;
    struct match match;

    rules.ready_timeout_ms = 60000;
    rules.ready_after_first_ms = 30000;
    match_init(&match, &rules, 0);
    PLAY_STORY(&match, STORY);
}

/* ---- absence ---- */

TEST(a_reload_during_play_is_forgiven)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {12000, "join 1", "joined 1, resumed 3000", "ready"},
        {15000, "tick", "play", "running"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
    EXPECT_INT(2000, match.seats[1].absence_used_ms);
}

TEST(absent_beyond_the_grace_is_a_forfeit)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {39999, "tick", "", "paused"},
        {40000, "tick", "end forfeit 0 rated", "forfeited"},
        {40001, "join 1", "", "forfeited"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(back_at_the_very_deadline_is_back_in_time)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {40000, "join 1", "joined 1, resumed 3000", "ready"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(absences_share_a_budget_of_90_s)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {39000, "join 1", "joined 1, resumed 3000", "ready"}, /* 29 s */
        {42000, "tick", "play", "running"},
        {50000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {79000, "join 1", "joined 1, resumed 3000", "ready"}, /* 58 s */
        {80000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {109000, "join 1", "joined 1, resumed 3000", "ready"}, /* 87 s */
        {112000, "tick", "play", "running"},
        {120000, "leave 0", "left 0 30000, pause 0 30000 absent", "paused"}, /* his own budget */
        {121000, "join 0", "joined 0, resumed 3000", "ready"},
        {124000, "tick", "play", "running"},
        {130000, "leave 1", "left 1 3000, pause 1 3000 absent", "paused"},
        {133000, "tick", "end forfeit 0 rated", "forfeited"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(with_the_budget_spent_leaving_forfeits_at_once)
{
    static const struct line STORY[] = {
        {10000, "leave 0", "left 0, pause 0 absent, end forfeit 1 rated", "forfeited"},
    };
    struct match match = running_match();

    match.seats[0].absence_used_ms = 90000;
    PLAY_STORY(&match, STORY);
}

TEST(leaving_the_countdown_starts_it_again_on_return)
{
    static const struct line STORY[] = {
        {0, "join 0", "joined 0", "waiting"},
        {0, "join 1", "joined 1", "waiting"},
        {0, "ready 0", "ready 0", "waiting"},
        {0, "ready 1", "ready 1, start 3000", "ready"},
        {1000, "leave 0", "left 0 30000, pause 0 30000 absent", "paused"},
        {3000, "tick", "", "paused"},
        {4000, "join 0", "joined 0, start 3000", "ready"},
        {7000, "tick", "play", "running"},
    };
    struct match match = new_match();

    PLAY_STORY(&match, STORY);
}

TEST(both_gone_for_good_is_cancelled)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {20000, "leave 0", "left 0 30000", "paused"},
        {40000, "tick", "", "paused"}, /* the first is out of time, but nobody waits for him */
        {49999, "tick", "", "paused"},
        {50000, "tick", "end cancelled -1", "cancelled"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(of_two_gone_the_first_back_wins_if_the_others_time_is_up)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {39000, "leave 0", "left 0 30000", "paused"},
        {41000, "join 0", "joined 0, end forfeit 0 rated", "forfeited"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(of_two_gone_who_comes_back_late_is_forgiven_while_nobody_waited)
{
    static const struct line STORY[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
        {39000, "leave 0", "left 0 30000", "paused"},
        {45000, "join 1", "joined 1", "paused"},
        {46000, "join 0", "joined 0, resumed 3000", "ready"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(the_winning_point_stands_whoever_leaves_in_that_tick)
{
    static const struct line STORY[] = {
        {10000, "leave 0", "left 0 30000, pause 0 30000 absent", "paused"},
        {10001, "finish 1", "end score 1 rated", "finished"},
        {40000, "tick", "", "finished"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

/* ---- pauses ---- */

TEST(a_pause_ends_by_itself_or_by_whom_it_belongs_to)
{
    static const struct line STORY[] = {
        {10000, "pause 0", "pause 0 30000", "paused"},
        {11000, "pause 1", "bad_state", "paused"},
        {12000, "unpause 1", "forbidden", "paused"},
        {13000, "unpause 0", "resumed 3000", "ready"},
        {13500, "unpause 0", "bad_state", "ready"},
        {16000, "tick", "play", "running"},
        {20000, "pause 0", "pause 0 30000", "paused"},
        {50000, "tick", "resumed 3000", "ready"},
        {53000, "tick", "play", "running"},
        {54000, "pause 0", "forbidden", "running"}, /* two per match */
        {55000, "pause 1", "pause 1 30000", "paused"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(a_pause_does_not_shelter_who_leaves)
{
    static const struct line STORY[] = {
        {10000, "pause 0", "pause 0 30000", "paused"},
        {11000, "leave 0", "left 0 30000", "paused"},
        {40000, "tick", "", "paused"},
        {41000, "tick", "end forfeit 1 rated", "forfeited"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(a_pause_goes_on_when_the_absent_one_is_back)
{
    static const struct line STORY[] = {
        {10000, "pause 0", "pause 0 30000", "paused"},
        {11000, "leave 1", "left 1 30000", "paused"},
        {12000, "join 1", "joined 1", "paused"},
        {40000, "tick", "resumed 3000", "ready"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

/* ---- giving up, calling off ---- */

TEST(resigning_gives_the_match_away_rated_once_it_has_begun)
{
    static const struct line PLAYED[] = {
        {10000, "resign 0", "end resign 1 rated", "forfeited"},
    };
    static const struct line UNPLAYED[] = {
        {0, "join 0", "joined 0", "waiting"},
        {10, "resign 0", "end resign 1", "forfeited"},
    };
    struct match played = running_match(), unplayed = new_match();

    PLAY_STORY(&played, PLAYED);
    PLAY_STORY(&unplayed, UNPLAYED);
}

TEST(a_match_called_off_has_no_winner_and_no_rematch)
{
    static const struct line STORY[] = {
        {10000, "cancel", "end cancelled -1", "cancelled"},
        {10001, "cancel", "match_ended", "cancelled"},
        {10002, "rematch 0", "bad_state", "cancelled"},
        {40000, "tick", "closed", "cancelled"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

/* ---- rematch ---- */

TEST(a_rematch_needs_both_inside_the_window)
{
    static const struct line STORY[] = {
        {9000, "rematch 0", "bad_state", "running"},
        {10000, "finish 0", "end score 0 rated", "finished"},
        {15000, "rematch 0", "rematch asked 0 25000", "finished"},
        {15001, "rematch 0", "", "finished"},
        {16000, "rematch 1", "rematch asked 1 24000, rematch", "finished"},
        {17000, "rematch 1", "", "finished"},
        {40000, "tick", "closed", "finished"},
        {40001, "rematch 0", "bad_state", "finished"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

TEST(who_leaves_takes_the_rematch_wish_along)
{
    static const struct line STORY[] = {
        {10000, "finish 0", "end score 0 rated", "finished"},
        {11000, "rematch 0", "rematch asked 0 29000", "finished"},
        {12000, "leave 0", "", "finished"},
        {13000, "rematch 1", "rematch asked 1 27000", "finished"},
        {14000, "rematch 0", "bad_state", "finished"},
        {15000, "join 0", "", "finished"},
        {16000, "rematch 0", "rematch asked 0 24000, rematch", "finished"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, STORY);
}

/* ---- the server was away ---- */

TEST(a_restart_of_the_server_costs_no_budget)
{
    static const struct line STORY[] = {
        {25000, "join 0", "joined 0", "paused"},
        {26000, "join 1", "joined 1, resumed 3000", "ready"},
        {29000, "tick", "play", "running"},
        {30000, "leave 0", "left 0 10000, pause 0 10000 absent", "paused"},
    };
    struct match_record record = {.has_begun = true, .absence_used_ms = {80000, 0}};
    struct match match;

    match_resume(&match, &MATCH_RULES_DEFAULT, &record, 0);
    EXPECT_INT(MATCH_PAUSED, match.state);
    EXPECT_INT(30000, match_grace_ms(&match, 0, 0));
    PLAY_STORY(&match, STORY);
    EXPECT_INT(0, match.seats[1].absence_used_ms);
}

TEST(a_match_nobody_returns_to_is_cancelled)
{
    static const struct line STORY[] = {
        {29999, "tick", "", "paused"},
        {30000, "tick", "end cancelled -1", "cancelled"},
    };
    struct match_record record = {.has_begun = true};
    struct match match;

    match_resume(&match, &MATCH_RULES_DEFAULT, &record, 0);
    PLAY_STORY(&match, STORY);
}

TEST(a_match_that_had_not_begun_waits_anew_after_a_restart)
{
    static const struct line STORY[] = {
        {100000, "join 0", "joined 0", "waiting"},
        {100000, "ready 0", "ready 0", "waiting"},
        {129999, "tick", "", "waiting"},
        {130000, "tick", "end no_show 0", "forfeited"},
    };
    struct match_record record = {.has_begun = false};
    struct match match;

    match_resume(&match, &MATCH_RULES_DEFAULT, &record, 100000);
    EXPECT_INT(MATCH_PENDING, match.state);
    PLAY_STORY(&match, STORY);
}

TEST(a_frozen_process_gives_the_time_back)
{
    static const struct line LEFT[] = {
        {10000, "leave 1", "left 1 30000, pause 1 30000 absent", "paused"},
    };
    static const struct line BACK[] = {
        {119999, "tick", "", "paused"},
        {119999, "join 1", "joined 1, resumed 3000", "ready"},
    };
    struct match match = running_match();

    PLAY_STORY(&match, LEFT);
    match_clocks_shift(&match, 80000); /* from 20000 to 100000 nothing could be heard */
    EXPECT_INT(120000, match_next_due_ms(&match));
    PLAY_STORY(&match, BACK);
    EXPECT_INT(29999, match.seats[1].absence_used_ms);
}

/* ---- what clients are shown ---- */

TEST(the_clock_that_holds_up_play_can_be_shown)
{
    struct match match = new_match();
    struct match_effects effects;

    EXPECT_INT(29000, match_remaining_ms(&match, 1000));
    match = running_match();
    EXPECT_INT(0, match_remaining_ms(&match, 5000));
    match_leave(&match, 0, 10000, &effects);
    EXPECT_INT(26000, match_remaining_ms(&match, 14000));
    EXPECT_INT(26000, match_grace_ms(&match, 0, 14000));
    EXPECT_INT(4000, match_absence_used_ms(&match, 0, 14000));
    EXPECT_INT(0, match_grace_ms(&match, 1, 14000));
    match_join(&match, 0, 15000, &effects);
    EXPECT_INT(2500, match_remaining_ms(&match, 15500));
    EXPECT_STR("no_show", str_from_c(match_reason_name(MATCH_REASON_NO_SHOW)));
}
