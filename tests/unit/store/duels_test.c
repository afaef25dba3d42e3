/* Challenges: both are invited meanwhile, one answer counts, an acceptance is a match. */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/store/duels.h"
#include "lib/store/friends.h"

#define LATE (T0 + DUEL_TIMEOUT_MS)

static uint64_t alice, bob, carol;

static void open_store(void)
{
    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    carol = user_named("carol");
}

static enum err challenge(uint64_t from, uint64_t to, uint64_t now_ms, struct duels_opened *out)
{
    struct duels_open_args args = {.challenger_id = from,
                                   .target_id = to,
                                   .is_target_online = true,
                                   .game = STR("pong"),
                                   .timeout_ms = DUEL_TIMEOUT_MS,
                                   .recipe = RECIPE,
                                   .seed = 7,
                                   .now_ms = now_ms};

    return TXN(duels_open(db, &args, out));
}

typedef enum err (*answer_fn)(struct db *, const struct duels_answer_args *, struct duel_row *);

static enum err say(answer_fn answer, uint64_t duel_id, uint64_t user_id, uint64_t now_ms,
                    struct duel_row *out)
{
    struct duels_answer_args args = {
        .duel_id = duel_id, .user_id = user_id, .recipe = RECIPE, .seed = 9, .now_ms = now_ms};

    return TXN(answer(db, &args, out));
}

static uint64_t opened(void)
{
    struct duels_opened out;

    EXPECT_OK(challenge(alice, bob, T0, &out));
    return out.duel.id;
}

TEST(a_challenge_claims_both_and_says_when_it_ends)
{
    struct duels_opened out;
    struct duel_row row;

    open_store();
    EXPECT_OK(challenge(alice, bob, T0, &out));
    EXPECT_FALSE(out.is_accepted);
    EXPECT_STR("alice", str_from_c(out.duel.challenger));
    EXPECT_STR("bob", str_from_c(out.duel.target));
    EXPECT_INT(LATE, out.duel.duel.expires_ms);
    EXPECT_INT(CLAIM_DUEL, claim_of(alice).kind);
    EXPECT_INT(CLAIM_DUEL, claim_of(bob).kind);
    EXPECT_OK(TXN(duels_pending_of(db, bob, &row)));
    EXPECT_INT(out.duel.id, row.id);
    EXPECT_ERR(ERR_NOT_FOUND, TXN(duels_pending_of(db, carol, &row)));
    ways_close();
}

TEST(an_acceptance_makes_the_match_with_the_challenger_left)
{
    struct match_row match;
    struct duel_row row;
    uint64_t id;

    open_store();
    id = opened();
    EXPECT_OK(say(duels_accept, id, bob, T0 + 1, &row));
    EXPECT_INT(DUEL_ACCEPTED, row.duel.state);
    EXPECT_OK(TXN(matches_find(db, row.match_id, &match)));
    EXPECT_INT(alice, match.players[SEAT_LEFT].user_id);
    EXPECT_INT(bob, match.players[SEAT_RIGHT].user_id);
    EXPECT_STR("duel", str_from_c(match.origin));
    EXPECT_INT(CLAIM_MATCH, claim_of(alice).kind);
    EXPECT_INT(row.match_id, claim_of(bob).ref_id);
    ways_close();
}

TEST(only_the_challenged_may_accept_and_a_stranger_learns_nothing)
{
    struct duel_row row;
    uint64_t id;

    open_store();
    id = opened();
    EXPECT_ERR(ERR_FORBIDDEN, say(duels_accept, id, alice, T0, &row));
    EXPECT_ERR(ERR_NOT_FOUND, say(duels_accept, id, carol, T0, &row));
    EXPECT_ERR(ERR_FORBIDDEN, say(duels_cancel, id, bob, T0, &row));
    EXPECT_ERR(ERR_NOT_FOUND, say(duels_accept, id + 1, bob, T0, &row));
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM matches"));
    ways_close();
}

TEST(a_decline_and_a_cancel_free_both)
{
    struct duel_row row;

    open_store();
    EXPECT_OK(say(duels_decline, opened(), bob, T0, &row));
    EXPECT_INT(CLAIM_NONE, claim_of(alice).kind);
    EXPECT_INT(CLAIM_NONE, claim_of(bob).kind);
    EXPECT_OK(say(duels_cancel, opened(), alice, T0, &row));
    EXPECT_INT(CLAIM_NONE, claim_of(alice).kind);
    EXPECT_INT(CLAIM_NONE, claim_of(bob).kind);
    ways_close();
}

TEST(each_obstacle_has_its_answer)
{
    struct friends_pair pair = {.user_id = 0, .now_ms = T0};
    struct duels_opened out;
    struct ticket_joined joined;
    uint64_t duel_id;

    open_store();
    EXPECT_ERR(ERR_SELF_DUEL, challenge(alice, alice, T0, &out));
    EXPECT_ERR(ERR_NOT_FOUND, challenge(alice, 99, T0, &out));
    EXPECT_OK(join(bob, T0, &joined));
    EXPECT_ERR(ERR_BUSY, challenge(alice, bob, T0, &out)); /* queued */
    EXPECT_ERR(ERR_BUSY, challenge(bob, alice, T0, &out));
    EXPECT_OK(TXN(ticket_leave(db, bob, T0, &duel_id)));
    EXPECT_OK(challenge(alice, bob, T0, &out));
    EXPECT_ERR(ERR_BUSY, challenge(carol, bob, T0, &out)); /* invited */
    EXPECT_ERR(ERR_BUSY, challenge(alice, carol, T0, &out));
    EXPECT_ERR(ERR_BUSY, challenge(alice, bob, T0, &out)); /* the same again */
    pair.user_id = carol;
    pair.other_id = alice;
    EXPECT_OK(TXN(blocks_add(db, &pair, &duel_id)));
    EXPECT_INT(0, duel_id);
    EXPECT_ERR(ERR_BLOCKED, challenge(alice, carol, T0, &out));
    EXPECT_ERR(ERR_BLOCKED, challenge(carol, alice, T0, &out));
    ways_close();
}

TEST(an_offline_target_is_not_challenged)
{
    struct duels_open_args args = {.timeout_ms = 1, .game = STR("pong"), .now_ms = T0};
    struct duels_opened out;

    open_store();
    args.challenger_id = alice;
    args.target_id = bob;
    EXPECT_ERR(ERR_OFFLINE, TXN(duels_open(db, &args, &out)));
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM duels"));
    ways_close();
}

TEST(two_who_challenge_each_other_play)
{
    struct duels_opened out;
    uint64_t id;

    open_store();
    id = opened();
    EXPECT_OK(challenge(bob, alice, T0 + 5, &out));
    EXPECT(out.is_accepted);
    EXPECT_INT(id, out.duel.id);
    EXPECT(out.duel.match_id != 0);
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM duels"));
    ways_close();
}

TEST(a_challenge_expires_for_both_and_makes_nobody_busy_after_its_time)
{
    static struct duels_expired expired;
    struct duels_opened out;
    struct duel_row row;
    uint64_t id;

    open_store();
    id = opened();
    EXPECT_ERR(ERR_CONFLICT, say(duels_accept, id, bob, LATE, &row));
    EXPECT_OK(TXN(duels_expire(db, LATE - 1, &expired)));
    EXPECT_INT(0, expired.count);
    /* Nobody has looked at the clock, and still carol reaches bob. */
    EXPECT_OK(challenge(carol, bob, LATE, &out));
    EXPECT_INT(CLAIM_NONE, claim_of(alice).kind);
    EXPECT_OK(TXN(duels_expire(db, LATE + DUEL_TIMEOUT_MS, &expired)));
    EXPECT_INT(1, expired.count);
    EXPECT_STR("carol", str_from_c(expired.duels[0].challenger));
    EXPECT_INT(CLAIM_NONE, claim_of(bob).kind);
    ways_close();
}

TEST(blocking_somebody_ends_the_challenge_between_the_two)
{
    struct friends_pair pair = {.now_ms = T0};
    uint64_t id, ended_id;
    struct duel_row row;

    open_store();
    id = opened();
    pair.user_id = bob;
    pair.other_id = alice;
    EXPECT_OK(TXN(blocks_add(db, &pair, &ended_id)));
    EXPECT_INT(id, ended_id);
    EXPECT_OK(TXN(duels_find(db, id, &row)));
    EXPECT_INT(DUEL_DECLINED, row.duel.state);
    EXPECT_INT(CLAIM_NONE, claim_of(alice).kind);
    ways_close();
}
