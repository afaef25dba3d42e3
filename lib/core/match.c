/* The state machine of match.h: an event notes what happened, then settle() makes every move that
 * the notes and the time now allow. Who waits for whom, and how long, is said in settle_* alone. */
#include "lib/core/match.h"

#define BIT(state) (1u << (state))
#define ENDED (BIT(MATCH_FINISHED) | BIT(MATCH_FORFEITED) | BIT(MATCH_CANCELLED))

const struct match_rules MATCH_RULES_DEFAULT = {
    .ready_timeout_ms = 30000,
    .grace_ms = 30000,
    .absence_budget_ms = 90000,
    .pause_ms = 30000,
    .countdown_ms = 3000,
    .rematch_ms = 30000,
    .pauses_max = 2,
};

/* From state to the set of states that may follow it. */
static const uint8_t MOVES[MATCH_STATE_COUNT] = {
    [MATCH_PENDING] = BIT(MATCH_WAITING) | BIT(MATCH_FORFEITED) | BIT(MATCH_CANCELLED),
    [MATCH_WAITING] = BIT(MATCH_READY) | BIT(MATCH_FORFEITED) | BIT(MATCH_CANCELLED),
    [MATCH_READY] = BIT(MATCH_RUNNING) | BIT(MATCH_PAUSED) | ENDED,
    [MATCH_RUNNING] = BIT(MATCH_PAUSED) | ENDED,
    [MATCH_PAUSED] = BIT(MATCH_READY) | ENDED,
};

static const char *const STATE_NAMES[MATCH_STATE_COUNT] = {
    "pending", "waiting", "ready", "running", "paused", "finished", "forfeited", "cancelled",
};

static const char *const REASON_NAMES[MATCH_REASON_COUNT] = {
    "", "score", "forfeit", "resign", "no_show", "cancelled",
};

/* ---- small helpers ---- */

static uint32_t left_ms(uint64_t until_ms, uint64_t now_ms)
{
    if (until_ms == MATCH_NEVER || until_ms <= now_ms)
        return 0;
    return until_ms - now_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)(until_ms - now_ms);
}

static bool is_due(uint64_t until_ms, uint64_t now_ms)
{
    return now_ms >= until_ms; /* MATCH_NEVER is never reached */
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint8_t other_of(uint8_t seat)
{
    return (uint8_t)(1 - seat);
}

static uint8_t present_count(const struct match *match)
{
    return (uint8_t)(match->seats[0].is_present + match->seats[1].is_present);
}

static void effect_add(struct match_effects *effects, struct match_effect effect)
{
    CHECK(effects->count < MATCH_EFFECTS_MAX);
    effects->list[effects->count++] = effect;
}

static void effect_seat(struct match_effects *effects, enum match_effect_kind kind, uint8_t seat,
                        uint32_t ms)
{
    effect_add(effects,
               (struct match_effect){.kind = (uint8_t)kind, .seat = (int8_t)seat, .ms = ms});
}

static void effect_plain(struct match_effects *effects, enum match_effect_kind kind)
{
    effect_add(effects, (struct match_effect){.kind = (uint8_t)kind, .seat = MATCH_NO_SEAT});
}

static void move_to(struct match *match, enum match_state state)
{
    CHECK(match_state_may_follow((enum match_state)match->state, state));
    match->state = (uint8_t)state;
}

/* ---- moves ---- */

static void end(struct match *match, enum match_reason reason, int8_t winner, uint64_t now_ms,
                struct match_effects *effects)
{
    enum match_state state = MATCH_FORFEITED;

    if (reason == MATCH_REASON_SCORE)
        state = MATCH_FINISHED;
    if (reason == MATCH_REASON_CANCELLED)
        state = MATCH_CANCELLED;
    move_to(match, state);
    CHECK(match->result.reason == MATCH_REASON_NONE);
    match->result = (struct match_result){.winner = winner, .reason = (uint8_t)reason};
    match->result.is_rated = match->has_begun && state != MATCH_CANCELLED;
    match->ready_until_ms = match->countdown_until_ms = match->pause_until_ms = MATCH_NEVER;
    match->seats[0].grace_until_ms = match->seats[1].grace_until_ms = MATCH_NEVER;
    match->paused_by = MATCH_NO_SEAT;
    match->rematch_until_ms = now_ms + match->rules.rematch_ms;
    effect_plain(effects, MATCH_EFFECT_END);
}

static void countdown_start(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    move_to(match, MATCH_READY);
    match->countdown_until_ms = now_ms + match->rules.countdown_ms;
    effect_add(effects, (struct match_effect){.kind = MATCH_EFFECT_COUNTDOWN,
                                              .seat = MATCH_NO_SEAT,
                                              .is_first = !match->has_played,
                                              .ms = match->rules.countdown_ms});
}

static void absence_begin(struct match *match, uint8_t seat, bool is_free, uint64_t now_ms)
{
    struct match_seat *absent = &match->seats[seat];
    uint32_t grace_ms = match->rules.grace_ms;
    uint32_t budget_ms = 0;

    if (match->rules.absence_budget_ms > absent->absence_used_ms)
        budget_ms = match->rules.absence_budget_ms - absent->absence_used_ms;
    if (!is_free && grace_ms > budget_ms)
        grace_ms = budget_ms;
    absent->absent_since_ms = now_ms;
    absent->is_absence_free = is_free;
    absent->grace_until_ms = now_ms + grace_ms;
}

static void absence_end(struct match *match, uint8_t seat, uint64_t now_ms)
{
    match->seats[seat].absence_used_ms = match_absence_used_ms(match, seat, now_ms);
    match->seats[seat].grace_until_ms = MATCH_NEVER;
}

/* ---- settling: each returns true when it made a move ---- */

static bool settle_waiting(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    bool here[MATCH_SEATS];

    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++)
        here[seat] = match->seats[seat].is_present && match->seats[seat].is_ready;
    if (here[0] && here[1]) {
        match->has_begun = true;
        match->ready_until_ms = MATCH_NEVER;
        countdown_start(match, now_ms, effects);
        return true;
    }
    if (!is_due(match->ready_until_ms, now_ms))
        return false;
    if (here[0] || here[1])
        end(match, MATCH_REASON_NO_SHOW, here[0] ? 0 : 1, now_ms, effects);
    else
        end(match, MATCH_REASON_CANCELLED, MATCH_NO_SEAT, now_ms, effects);
    return true;
}

static bool settle_ready(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    if (!is_due(match->countdown_until_ms, now_ms))
        return false;
    move_to(match, MATCH_RUNNING);
    match->countdown_until_ms = MATCH_NEVER;
    match->has_played = true;
    effect_plain(effects, MATCH_EFFECT_PLAY);
    return true;
}

static bool settle_paused(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    const struct match_seat *seats = match->seats;

    if (is_due(match->pause_until_ms, now_ms)) {
        match->pause_until_ms = MATCH_NEVER;
        match->paused_by = MATCH_NO_SEAT;
    }
    switch (present_count(match)) {
    case 2:
        if (match->paused_by != MATCH_NO_SEAT)
            return false;
        countdown_start(match, now_ms, effects);
        return true;
    case 1: {
        uint8_t absent = seats[0].is_present;

        if (!is_due(seats[absent].grace_until_ms, now_ms))
            return false;
        end(match, MATCH_REASON_FORFEIT, (int8_t)other_of(absent), now_ms, effects);
        return true;
    }
    default:
        if (!is_due(later(seats[0].grace_until_ms, seats[1].grace_until_ms), now_ms))
            return false;
        end(match, MATCH_REASON_CANCELLED, MATCH_NO_SEAT, now_ms, effects);
        return true;
    }
}

static bool settle_ended(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    if (!is_due(match->rematch_until_ms, now_ms))
        return false;
    match->rematch_until_ms = MATCH_NEVER;
    effect_plain(effects, MATCH_EFFECT_CLOSED);
    return true;
}

static bool settle_once(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    switch ((enum match_state)match->state) {
    case MATCH_PENDING:
    case MATCH_WAITING:
        return settle_waiting(match, now_ms, effects);
    case MATCH_READY:
        return settle_ready(match, now_ms, effects);
    case MATCH_PAUSED:
        return settle_paused(match, now_ms, effects);
    case MATCH_FINISHED:
    case MATCH_FORFEITED:
    case MATCH_CANCELLED:
        return settle_ended(match, now_ms, effects);
    case MATCH_RUNNING:
    case MATCH_STATE_COUNT:
        break;
    }
    return false;
}

/* Ends, because every move either goes towards RUNNING or towards the end. */
static void settle(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    while (settle_once(match, now_ms, effects))
        ;
}

/* ---- life ---- */

void match_init(struct match *match, const struct match_rules *rules, uint64_t now_ms)
{
    struct match_seat empty = {.grace_until_ms = MATCH_NEVER};

    *match = (struct match){
        .rules = *rules,
        .ready_until_ms = now_ms + rules->ready_timeout_ms,
        .countdown_until_ms = MATCH_NEVER,
        .pause_until_ms = MATCH_NEVER,
        .rematch_until_ms = MATCH_NEVER,
        .seats = {empty, empty},
        .result = {.winner = MATCH_NO_SEAT},
        .state = MATCH_PENDING,
        .paused_by = MATCH_NO_SEAT,
    };
}

void match_resume(struct match *match, const struct match_rules *rules,
                  const struct match_record *record, uint64_t now_ms)
{
    match_init(match, rules, now_ms);
    if (!record->has_begun)
        return;
    match->state = MATCH_PAUSED;
    match->has_begun = match->has_played = true;
    match->ready_until_ms = MATCH_NEVER;
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        match->seats[seat].is_ready = true;
        match->seats[seat].absence_used_ms = record->absence_used_ms[seat];
        match->seats[seat].pauses_used = record->pauses_used[seat];
        absence_begin(match, seat, true, now_ms);
    }
}

/* ---- events ---- */

void match_join(struct match *match, uint8_t seat, uint64_t now_ms, struct match_effects *effects)
{
    CHECK(seat < MATCH_SEATS);
    effects->count = 0;
    if (match->seats[seat].is_present)
        return;
    match->seats[seat].is_present = true;
    if (match_has_ended(match))
        return;
    effect_seat(effects, MATCH_EFFECT_JOINED, seat, 0);
    if (match->seats[seat].grace_until_ms != MATCH_NEVER)
        absence_end(match, seat, now_ms);
    if (match->state == MATCH_PENDING)
        move_to(match, MATCH_WAITING);
    settle(match, now_ms, effects);
}

void match_leave(struct match *match, uint8_t seat, uint64_t now_ms, struct match_effects *effects)
{
    CHECK(seat < MATCH_SEATS);
    effects->count = 0;
    if (!match->seats[seat].is_present)
        return;
    match->seats[seat].is_present = false;
    match->seats[seat].wants_rematch = false;
    if (match_has_ended(match))
        return;
    if (match->has_begun)
        absence_begin(match, seat, false, now_ms);
    effect_seat(effects, MATCH_EFFECT_LEFT, seat,
                match->has_begun ? match_grace_ms(match, seat, now_ms)
                                 : left_ms(match->ready_until_ms, now_ms));
    if (match->state == MATCH_READY || match->state == MATCH_RUNNING) {
        move_to(match, MATCH_PAUSED);
        match->countdown_until_ms = MATCH_NEVER;
        effect_add(effects, (struct match_effect){.kind = MATCH_EFFECT_PAUSE,
                                                  .seat = (int8_t)seat,
                                                  .is_absence = true,
                                                  .ms = match_grace_ms(match, seat, now_ms)});
    }
    settle(match, now_ms, effects);
}

enum err match_ready(struct match *match, uint8_t seat, uint64_t now_ms,
                     struct match_effects *effects)
{
    struct match_seat *self;

    CHECK(seat < MATCH_SEATS);
    self = &match->seats[seat];
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    if (!self->is_present)
        return ERR_BAD_STATE;
    if (self->is_ready)
        return OK;
    if (match->rules.ready_after_first_ms && !match->seats[other_of(seat)].is_ready)
        match->ready_until_ms = now_ms + match->rules.ready_after_first_ms;
    self->is_ready = true;
    effect_seat(effects, MATCH_EFFECT_READY, seat, 0);
    settle(match, now_ms, effects);
    return OK;
}

enum err match_pause(struct match *match, uint8_t seat, uint64_t now_ms,
                     struct match_effects *effects)
{
    CHECK(seat < MATCH_SEATS);
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    if (match->state != MATCH_RUNNING)
        return ERR_BAD_STATE;
    if (match->seats[seat].pauses_used >= match->rules.pauses_max)
        return ERR_FORBIDDEN;
    match->seats[seat].pauses_used++;
    match->paused_by = (int8_t)seat;
    match->pause_until_ms = now_ms + match->rules.pause_ms;
    move_to(match, MATCH_PAUSED);
    effect_seat(effects, MATCH_EFFECT_PAUSE, seat, match->rules.pause_ms);
    settle(match, now_ms, effects);
    return OK;
}

enum err match_unpause(struct match *match, uint8_t seat, uint64_t now_ms,
                       struct match_effects *effects)
{
    CHECK(seat < MATCH_SEATS);
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    if (match->paused_by == MATCH_NO_SEAT)
        return ERR_BAD_STATE;
    if (match->paused_by != (int8_t)seat)
        return ERR_FORBIDDEN;
    match->paused_by = MATCH_NO_SEAT;
    match->pause_until_ms = MATCH_NEVER;
    settle(match, now_ms, effects);
    return OK;
}

enum err match_resign(struct match *match, uint8_t seat, uint64_t now_ms,
                      struct match_effects *effects)
{
    CHECK(seat < MATCH_SEATS);
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    end(match, MATCH_REASON_RESIGN, (int8_t)other_of(seat), now_ms, effects);
    return OK;
}

enum err match_finish(struct match *match, uint8_t winner, uint64_t now_ms,
                      struct match_effects *effects)
{
    CHECK(winner < MATCH_SEATS);
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    if (!match->has_played)
        return ERR_BAD_STATE;
    end(match, MATCH_REASON_SCORE, (int8_t)winner, now_ms, effects);
    return OK;
}

enum err match_cancel(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    effects->count = 0;
    if (match_has_ended(match))
        return ERR_MATCH_ENDED;
    end(match, MATCH_REASON_CANCELLED, MATCH_NO_SEAT, now_ms, effects);
    return OK;
}

enum err match_rematch(struct match *match, uint8_t seat, uint64_t now_ms,
                       struct match_effects *effects)
{
    struct match_seat *self;

    CHECK(seat < MATCH_SEATS);
    self = &match->seats[seat];
    effects->count = 0;
    if (match->state != MATCH_FINISHED && match->state != MATCH_FORFEITED)
        return ERR_BAD_STATE;
    if (!self->is_present || is_due(match->rematch_until_ms, now_ms) ||
        match->rematch_until_ms == MATCH_NEVER)
        return ERR_BAD_STATE;
    if (self->wants_rematch || match->is_rematch_made)
        return OK;
    self->wants_rematch = true;
    effect_seat(effects, MATCH_EFFECT_REMATCH_ASKED, seat,
                left_ms(match->rematch_until_ms, now_ms));
    if (match->seats[other_of(seat)].wants_rematch) {
        match->is_rematch_made = true;
        effect_plain(effects, MATCH_EFFECT_REMATCH);
    }
    return OK;
}

/* ---- clocks ---- */

void match_tick(struct match *match, uint64_t now_ms, struct match_effects *effects)
{
    effects->count = 0;
    settle(match, now_ms, effects);
}

/* When absences end a pause: the absent one's time, or the later of both. */
static uint64_t absence_due_ms(const struct match *match)
{
    const struct match_seat *seats = match->seats;

    if (seats[0].is_present && seats[1].is_present)
        return MATCH_NEVER;
    if (seats[0].is_present || seats[1].is_present)
        return seats[seats[0].is_present].grace_until_ms;
    return later(seats[0].grace_until_ms, seats[1].grace_until_ms);
}

uint64_t match_next_due_ms(const struct match *match)
{
    uint64_t due_ms;

    switch ((enum match_state)match->state) {
    case MATCH_PENDING:
    case MATCH_WAITING:
        return match->ready_until_ms;
    case MATCH_READY:
        return match->countdown_until_ms;
    case MATCH_PAUSED:
        due_ms = absence_due_ms(match);
        return due_ms < match->pause_until_ms ? due_ms : match->pause_until_ms;
    case MATCH_FINISHED:
    case MATCH_FORFEITED:
    case MATCH_CANCELLED:
        return match->rematch_until_ms;
    case MATCH_RUNNING:
    case MATCH_STATE_COUNT:
        break;
    }
    return MATCH_NEVER;
}

static void shift(uint64_t *until_ms, uint64_t by_ms)
{
    if (*until_ms != MATCH_NEVER)
        *until_ms += by_ms;
}

void match_clocks_shift(struct match *match, uint64_t away_ms)
{
    shift(&match->ready_until_ms, away_ms);
    shift(&match->countdown_until_ms, away_ms);
    shift(&match->pause_until_ms, away_ms);
    shift(&match->rematch_until_ms, away_ms);
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        match->seats[seat].absent_since_ms += away_ms;
        shift(&match->seats[seat].grace_until_ms, away_ms);
    }
}

/* ---- questions ---- */

bool match_has_ended(const struct match *match)
{
    return (BIT(match->state) & ENDED) != 0;
}

uint32_t match_remaining_ms(const struct match *match, uint64_t now_ms)
{
    uint32_t most_ms;

    if (match_has_ended(match))
        return 0;
    if (!match->has_begun)
        return left_ms(match->ready_until_ms, now_ms);
    if (match->state == MATCH_READY)
        return left_ms(match->countdown_until_ms, now_ms);
    most_ms = left_ms(match->pause_until_ms, now_ms);
    for (uint8_t seat = 0; seat < MATCH_SEATS; seat++) {
        uint32_t grace_ms = match_grace_ms(match, seat, now_ms);
        most_ms = grace_ms > most_ms ? grace_ms : most_ms;
    }
    return most_ms;
}

uint32_t match_grace_ms(const struct match *match, uint8_t seat, uint64_t now_ms)
{
    return left_ms(match->seats[seat].grace_until_ms, now_ms);
}

uint32_t match_absence_used_ms(const struct match *match, uint8_t seat, uint64_t now_ms)
{
    const struct match_seat *self = &match->seats[seat];
    uint64_t used_ms = self->absence_used_ms;

    if (self->grace_until_ms != MATCH_NEVER && !self->is_absence_free)
        used_ms += now_ms - self->absent_since_ms;
    return used_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)used_ms;
}

bool match_state_may_follow(enum match_state from, enum match_state to)
{
    return (MOVES[from] & BIT(to)) != 0;
}

const char *match_state_name(enum match_state state)
{
    CHECK(state < MATCH_STATE_COUNT);
    return STATE_NAMES[state];
}

const char *match_reason_name(enum match_reason reason)
{
    CHECK(reason < MATCH_REASON_COUNT);
    return REASON_NAMES[reason];
}
