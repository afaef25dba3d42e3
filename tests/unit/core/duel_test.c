/* Challenges: who may make one, who may answer, and that exactly one answer counts. */
#include "tests/unit/test.h"

#include "lib/core/duel.h"

#define ALICE 1
#define BOB 2
#define CAROL 3
#define NOW 5000
#define LATE (NOW + DUEL_TIMEOUT_MS)

static struct duel duel;
static struct duel_effects effects;

static const struct duel_wish WISH = {
    .challenger_id = ALICE, .target_id = BOB, .is_target_online = true};

static enum err open_with(struct duel_wish wish)
{
    return duel_open(&duel, &wish, NOW, DUEL_TIMEOUT_MS, &effects);
}

static void open_duel(void)
{
    EXPECT_OK(open_with(WISH));
}

static void expect_effects(uint8_t count, enum duel_effect_kind first)
{
    EXPECT_INT(count, effects.count);
    EXPECT_INT(first, effects.list[0]);
    if (count > 1)
        EXPECT_INT(DUEL_EFFECT_FREE, effects.list[1]);
}

TEST(a_challenge_waits_a_minute_for_its_answer)
{
    open_duel();
    expect_effects(1, DUEL_EFFECT_INVITE);
    EXPECT_INT(DUEL_PENDING, duel.state);
    EXPECT_INT(LATE, duel_next_due_ms(&duel));
    duel_tick(&duel, LATE - 1, &effects);
    EXPECT_INT(0, effects.count);
    duel_tick(&duel, LATE, &effects);
    expect_effects(2, DUEL_EFFECT_EXPIRED);
    EXPECT_INT(DUEL_EXPIRED, duel.state);
    EXPECT_INT(DUEL_NEVER, duel_next_due_ms(&duel));
    duel_tick(&duel, LATE + 1, &effects);
    EXPECT_INT(0, effects.count);
}

TEST(each_obstacle_has_its_own_answer)
{
    struct duel_wish wish = WISH;

    wish.target_id = ALICE;
    EXPECT_ERR(ERR_SELF_DUEL, open_with(wish));
    wish = WISH;
    wish.is_target_online = false;
    EXPECT_ERR(ERR_OFFLINE, open_with(wish));
    wish.is_target_busy = true; /* whoever plays without a socket is busy first of all */
    EXPECT_ERR(ERR_BUSY, open_with(wish));
    wish.is_blocked = true; /* the blocked learn nothing of the target's doings */
    EXPECT_ERR(ERR_BLOCKED, open_with(wish));
    wish = WISH;
    wish.is_challenger_busy = true;
    EXPECT_ERR(ERR_BUSY, open_with(wish));
    EXPECT_INT(0, effects.count);
}

TEST(two_who_challenge_each_other_have_agreed)
{
    struct duel_wish wish = WISH;

    wish.is_challenger_busy = wish.is_target_busy = wish.has_mirror = true;
    EXPECT_ERR(ERR_EXISTS, open_with(wish));
    wish.is_blocked = true;
    EXPECT_ERR(ERR_BLOCKED, open_with(wish));
}

TEST(only_the_target_accepts_or_declines)
{
    open_duel();
    EXPECT_ERR(ERR_FORBIDDEN, duel_accept(&duel, ALICE, NOW, &effects));
    EXPECT_ERR(ERR_NOT_FOUND, duel_accept(&duel, CAROL, NOW, &effects));
    EXPECT_ERR(ERR_FORBIDDEN, duel_decline(&duel, ALICE, NOW, &effects));
    EXPECT_ERR(ERR_NOT_FOUND, duel_decline(&duel, CAROL, NOW, &effects));
    EXPECT_INT(DUEL_PENDING, duel.state);
    EXPECT_OK(duel_accept(&duel, BOB, NOW, &effects));
    expect_effects(1, DUEL_EFFECT_START);
    EXPECT_INT(DUEL_ACCEPTED, duel.state);
}

TEST(only_the_challenger_cancels)
{
    open_duel();
    EXPECT_ERR(ERR_FORBIDDEN, duel_cancel(&duel, BOB, NOW, &effects));
    EXPECT_ERR(ERR_NOT_FOUND, duel_cancel(&duel, CAROL, NOW, &effects));
    EXPECT_OK(duel_cancel(&duel, ALICE, NOW, &effects));
    expect_effects(2, DUEL_EFFECT_CANCELLED);
}

TEST(a_decline_reaches_the_challenger_and_frees_both)
{
    open_duel();
    EXPECT_OK(duel_decline(&duel, BOB, NOW, &effects));
    expect_effects(2, DUEL_EFFECT_DECLINED);
    EXPECT_INT(DUEL_DECLINED, duel.state);
}

/* One step of a story: accept, decline, cancel, the clock. */
static enum err say(int what, uint64_t now_ms)
{
    switch (what) {
    case 0:
        return duel_accept(&duel, BOB, now_ms, &effects);
    case 1:
        return duel_decline(&duel, BOB, now_ms, &effects);
    case 2:
        return duel_cancel(&duel, ALICE, now_ms, &effects);
    default:
        duel_tick(&duel, now_ms, &effects);
        return effects.count ? OK : ERR_CONFLICT;
    }
}

TEST(of_every_pair_of_answers_the_first_counts)
{
    for (int first = 0; first < 4; first++) {
        for (int second = 0; second < 4; second++) {
            uint8_t decided;

            open_duel();
            EXPECT_OK(say(first, first == 3 ? LATE : NOW));
            decided = duel.state;
            EXPECT_ERR(ERR_CONFLICT, say(second, LATE));
            EXPECT_INT(decided, duel.state);
        }
    }
}

TEST(an_answer_after_the_time_is_too_late_though_nobody_looked_at_the_clock)
{
    for (int what = 0; what < 3; what++) {
        open_duel();
        EXPECT_ERR(ERR_CONFLICT, say(what, LATE));
        EXPECT_INT(DUEL_PENDING, duel.state);
        EXPECT_OK(say(what, LATE - 1));
    }
}
