/* What the tests of rooms, duels, chat and tournaments share, on top of fixture.h. */
#ifndef RALLY_TESTS_STORE_WAYS_IN_H
#define RALLY_TESTS_STORE_WAYS_IN_H

#include "tests/unit/store/fixture.h"

#include "lib/store/match_recipe.h"

static const struct match_recipe RECIPE UNUSED = {
    .mode = STR_INIT("arena"), .game = STR_INIT("pong"), .ruleset = STR_INIT("arena")};

static UNUSED uint64_t ways_audit(void)
{
    uint64_t count = 0;

    EXPECT_OK(audit_run(fixture_db, fixture_violation, NULL, &count));
    return count;
}

static UNUSED void ways_close(void)
{
    EXPECT_INT(0, ways_audit());
    fixture_close();
}

/* The end of a match without points, by forfeit unless said otherwise. */
static UNUSED struct matches_finish_args end_args(uint64_t match_id, uint64_t epoch, int8_t winner)
{
    struct matches_finish_args args = finish_args(match_id, epoch, winner, 0, 0);

    args.reason = winner < 0 ? MATCH_REASON_CANCELLED : MATCH_REASON_FORFEIT;
    args.is_rated = false;
    return args;
}

static UNUSED void end_match(uint64_t match_id, int8_t winner)
{
    struct matches_finish_args args = end_args(match_id, take(match_id), winner);
    struct matches_finished finished;

    EXPECT_OK(TXN(matches_finish(db, &args, &finished)));
}

static UNUSED struct claim claim_of(uint64_t user_id)
{
    struct claim claim;

    EXPECT_OK(TXN(claim_find(db, user_id, &claim)));
    return claim;
}

#endif
