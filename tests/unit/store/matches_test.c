/* Matches: ownership, points and results exactly once, ratings, rematch, history. */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

#include "lib/store/history.h"
#include "lib/store/leases.h"

static uint64_t alice, bob;

static uint64_t open_match(void)
{
    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    return match_of(alice, bob);
}

static enum err finish(const struct matches_finish_args *args, struct matches_finished *out)
{
    return TXN(matches_finish(db, args, out));
}

/* -- owning ---------------------------------------------------------------------------------- */

static enum err take_as(uint64_t match_id, const char *node, uint64_t now_ms, uint64_t *epoch)
{
    struct matches_take_args args = {
        .match_id = match_id, .node = str_from_c(node), .now_ms = now_ms};

    return TXN(matches_take(db, &args, epoch));
}

TEST(each_taking_gives_a_higher_epoch_and_shuts_out_the_earlier)
{
    uint64_t match_id = open_match(), first = 0, second = 0;

    EXPECT_ERR(ERR_NO_SUCH_MATCH, take_as(5, "here", T0, &first));
    EXPECT_ERR(ERR_STALE_EPOCH, point(match_id, 0, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(take_as(match_id, "here", T0, &first));
    EXPECT_OK(take_as(match_id, "here", T0, &second));
    EXPECT(second > first);
    EXPECT_ERR(ERR_STALE_EPOCH, point(match_id, first, 1, SEAT_LEFT, 1, 0));
    EXPECT_ERR(ERR_STALE_EPOCH, point(match_id, second + 1, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, second, 1, SEAT_LEFT, 1, 0));
    fixture_close();
}

TEST(another_node_takes_over_only_when_the_owners_lease_is_over)
{
    struct lease_args lease = {
        .name = STR("node:here"), .holder = STR("here"), .now_ms = T0, .ttl_ms = 10000};
    uint64_t match_id = open_match(), epoch = 0;

    EXPECT_OK(TXN(lease_acquire(db, &lease, &epoch)));
    EXPECT_OK(take_as(match_id, "here", T0, &epoch));
    EXPECT_ERR(ERR_CONFLICT, take_as(match_id, "there", T0 + 9999, &epoch));
    EXPECT_OK(take_as(match_id, "there", T0 + 10000, &epoch));
    EXPECT_INT(2, epoch);
    fixture_close();
}

TEST(live_matches_are_listed_until_they_end)
{
    uint64_t match_id = open_match(), ids[4];
    struct matches_finished finished;
    size_t count;

    EXPECT_OK(TXN(matches_list_live(db, 0, ids, 4, &count)));
    EXPECT_INT(1, count);
    EXPECT_INT(match_id, ids[0]);
    EXPECT_OK(TXN(matches_list_live(db, match_id, ids, 4, &count)));
    EXPECT_INT(0, count);
    play(match_id, &finished);
    EXPECT_OK(TXN(matches_list_live(db, 0, ids, 4, &count)));
    EXPECT_INT(0, count);
    EXPECT_ERR(ERR_MATCH_ENDED, take_as(match_id, "here", T0, &ids[0]));
    fixture_close();
}

TEST(what_a_room_saves_is_there_when_it_resumes)
{
    uint64_t match_id = open_match(), epoch = take(match_id);
    struct matches_save_args args = {.match_id = match_id,
                                     .epoch = epoch,
                                     .state = MATCH_RUNNING,
                                     .has_begun = true,
                                     .absence_used_ms = {0, 12000},
                                     .pauses_used = {1, 0},
                                     .now_ms = T0 + 50};
    struct match_row match;

    EXPECT_OK(TXN(matches_save(db, &args)));
    args.state = MATCH_PAUSED;
    args.has_begun = false; /* never goes back */
    args.now_ms = T0 + 99;
    EXPECT_OK(TXN(matches_save(db, &args)));
    EXPECT_OK(TXN(matches_find(db, match_id, &match)));
    EXPECT_INT(MATCH_PAUSED, match.state);
    EXPECT(match.has_begun);
    EXPECT_INT(T0 + 50, match.started_ms);
    EXPECT_INT(12000, match.players[SEAT_RIGHT].absence_used_ms);
    EXPECT_INT(1, match.players[SEAT_LEFT].pauses_used);
    args.state = MATCH_FINISHED;
    EXPECT_ERR(ERR_BAD_STATE, TXN(matches_save(db, &args)));
    args.state = MATCH_RUNNING;
    args.epoch = epoch - 1;
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(matches_save(db, &args)));
    args.match_id = 5;
    EXPECT_ERR(ERR_NO_SUCH_MATCH, TXN(matches_save(db, &args)));
    fixture_close();
}

/* -- points ---------------------------------------------------------------------------------- */

TEST(a_point_counts_once_however_often_it_is_sent)
{
    uint64_t match_id = open_match(), epoch = take(match_id);
    struct match_row match;

    EXPECT_ERR(ERR_NO_SUCH_MATCH, point(5, 1, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, epoch, 2, SEAT_RIGHT, 1, 1));
    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(TXN(matches_find(db, match_id, &match)));
    EXPECT_INT(2, match.point_count);
    EXPECT_INT(1, match.players[SEAT_LEFT].score);
    EXPECT_INT(1, match.players[SEAT_RIGHT].score);
    fixture_close();
}

TEST(points_that_contradict_what_is_stored_are_refused)
{
    uint64_t match_id = open_match(), epoch = take(match_id);

    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 2, SEAT_LEFT, 1, 0)); /* a gap */
    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 0, SEAT_LEFT, 1, 0)); /* no number */
    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 1, SEAT_LEFT, 2, 0)); /* too many */
    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 1, SEAT_LEFT, 0, 1)); /* the other's */
    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 1, 2, 0, 0));         /* no such seat */
    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_ERR(ERR_CONFLICT, point(match_id, epoch, 1, SEAT_RIGHT, 0, 1)); /* another first one */
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM points"));
    fixture_close();
}

TEST(the_timeline_has_every_point_in_order)
{
    uint64_t match_id = open_match(), epoch = take(match_id);
    struct match_point points[8];
    size_t count;

    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, epoch, 2, SEAT_RIGHT, 1, 1));
    EXPECT_OK(TXN(matches_points(db, match_id, points, 8, &count)));
    EXPECT_INT(2, count);
    EXPECT_INT(2, points[1].number);
    EXPECT_INT(SEAT_RIGHT, points[1].seat);
    EXPECT_INT(1, points[1].scores[SEAT_LEFT]);
    EXPECT_INT(200, points[1].tick);
    EXPECT_INT(T0 + 2, points[1].at_ms);
    fixture_close();
}

/* -- the end --------------------------------------------------------------------------------- */

TEST(a_result_changes_ratings_history_and_players_once)
{
    uint64_t match_id = open_match(), epoch = take(match_id), ratings;
    struct matches_finish_args args = finish_args(match_id, epoch, SEAT_LEFT, 1, 0);
    struct matches_finished first, again;
    struct claim claim;

    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(finish(&args, &first));
    EXPECT_FALSE(first.is_repeat);
    EXPECT_INT(MATCH_FINISHED, first.match.state);
    EXPECT_INT(SEAT_LEFT, first.match.winner_seat);
    EXPECT_INT(MATCH_OUTCOME_WIN, first.match.players[0].outcome);
    EXPECT_INT(MATCH_OUTCOME_LOSS, first.match.players[1].outcome);
    EXPECT(first.match.players[0].has_change);
    EXPECT_INT(1500, first.match.players[0].change.mmr_before);
    EXPECT(first.match.players[0].change.mmr_after > 1500);
    EXPECT(first.match.players[1].change.mmr_after < 1500);
    EXPECT_INT(first.match.players[0].change.mmr_after, first.match.players[0].mmr);
    ratings = (uint64_t)fixture_number("SELECT SUM(rating_micro * user_id) FROM ratings");
    for (int i = 0; i < 20; i++) {
        args.epoch = epoch + (uint64_t)i % 3;
        EXPECT_OK(finish(&args, &again));
        EXPECT(again.is_repeat);
        EXPECT_INT(first.match.version, again.match.version);
    }
    EXPECT_INT(ratings, fixture_number("SELECT SUM(rating_micro * user_id) FROM ratings"));
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM rating_events"));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM outbox"));
    EXPECT_OK(TXN(claim_find(db, alice, &claim)));
    EXPECT_INT(CLAIM_NONE, claim.kind);
    fixture_close();
}

TEST(another_result_is_a_conflict)
{
    uint64_t match_id = open_match(), epoch = take(match_id);
    struct matches_finish_args args = finish_args(match_id, epoch, SEAT_LEFT, 1, 0);
    struct matches_finished out;

    EXPECT_ERR(ERR_CONFLICT, finish(&args, &out)); /* the point is not stored */
    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    args.match_id = 5;
    EXPECT_ERR(ERR_NO_SUCH_MATCH, finish(&args, &out));
    args.match_id = match_id;
    args.epoch = epoch - 1;
    EXPECT_ERR(ERR_STALE_EPOCH, finish(&args, &out));
    args.epoch = epoch;
    EXPECT_OK(finish(&args, &out));
    args.winner_seat = SEAT_RIGHT;
    EXPECT_ERR(ERR_CONFLICT, finish(&args, &out));
    args.winner_seat = SEAT_LEFT;
    args.reason = MATCH_REASON_RESIGN;
    EXPECT_ERR(ERR_CONFLICT, finish(&args, &out));
    EXPECT_ERR(ERR_MATCH_ENDED, point(match_id, epoch, 2, SEAT_LEFT, 2, 0));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM outbox"));
    fixture_close();
}

struct ending {
    enum match_reason reason;
    int8_t winner;
    bool is_rated;
    enum match_state state;
    bool changes_rating;
};

TEST(only_what_was_played_changes_a_rating)
{
    static const struct ending ENDINGS[] = {
        {MATCH_REASON_FORFEIT, SEAT_RIGHT, true, MATCH_FORFEITED, true},
        {MATCH_REASON_RESIGN, SEAT_LEFT, true, MATCH_FORFEITED, true},
        {MATCH_REASON_RESIGN, SEAT_LEFT, false, MATCH_FORFEITED, false},
        {MATCH_REASON_NO_SHOW, SEAT_LEFT, true, MATCH_FORFEITED, false},
        {MATCH_REASON_CANCELLED, -1, true, MATCH_CANCELLED, false},
    };

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    for (size_t i = 0; i < ARRAY_COUNT(ENDINGS); i++) {
        uint64_t match_id = match_of(alice, bob), epoch = take(match_id);
        struct matches_finish_args args = finish_args(match_id, epoch, ENDINGS[i].winner, 0, 0);
        struct matches_finished out;
        args.reason = ENDINGS[i].reason;
        args.is_rated = ENDINGS[i].is_rated;
        EXPECT_OK(finish(&args, &out));
        EXPECT_INT(ENDINGS[i].state, out.match.state);
        EXPECT_INT(ENDINGS[i].reason, out.match.reason);
        EXPECT_INT(ENDINGS[i].changes_rating, out.match.players[0].has_change);
        EXPECT_INT(ENDINGS[i].changes_rating, out.match.players[1].has_change);
    }
    EXPECT_INT(4, fixture_number("SELECT COUNT(*) FROM rating_events"));
    fixture_close();
}

TEST(ratings_of_a_series_are_the_fold_of_their_events)
{
    struct rating_pair pair = {rating_stored_initial(), rating_stored_initial()};
    struct rating_row row;
    struct matches_finished finished;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_OK(TXN(ratings_find(db, alice, STR("quick"), &row)));
    EXPECT_INT(1500, row.mmr);
    EXPECT_INT(0, row.games);
    for (int i = 0; i < 10; i++) {
        bool alice_wins = i % 3 != 0;
        play(alice_wins ? match_of(alice, bob) : match_of(bob, alice), &finished);
        pair = rating_update_1v1(RATING_GLICKO2, pair.a, pair.b,
                                 alice_wins ? RATING_WIN : RATING_LOSS);
    }
    EXPECT_OK(TXN(ratings_find(db, alice, STR("quick"), &row)));
    EXPECT(row.stored.rating_micro == pair.a.rating_micro);
    EXPECT(row.stored.deviation_micro == pair.a.deviation_micro);
    EXPECT(row.stored.volatility_nano == pair.a.volatility_nano);
    EXPECT_INT(10, row.games);
    EXPECT_INT(6, row.wins);
    EXPECT_INT(4, row.losses);
    EXPECT_OK(TXN(ratings_find(db, bob, STR("quick"), &row)));
    EXPECT(row.stored.rating_micro == pair.b.rating_micro);
    fixture_close();
}

/* -- rematch --------------------------------------------------------------------------------- */

static enum err rematch(uint64_t match_id, struct matches_rematched *out)
{
    struct matches_rematch_args args = {.match_id = match_id, .seed = 7, .now_ms = T0 + 200000};

    return TXN(matches_rematch(db, &args, out));
}

TEST(a_match_has_one_rematch)
{
    uint64_t match_id = open_match();
    struct matches_finished finished;
    struct matches_rematched first, again;
    struct match_row match;

    EXPECT_ERR(ERR_NO_SUCH_MATCH, rematch(5, &first));
    EXPECT_ERR(ERR_BAD_STATE, rematch(match_id, &first));
    play(match_id, &finished);
    EXPECT_OK(rematch(match_id, &first));
    EXPECT_FALSE(first.is_repeat);
    EXPECT_OK(rematch(match_id, &again));
    EXPECT(again.is_repeat);
    EXPECT_INT(first.match_id, again.match_id);
    EXPECT_OK(TXN(matches_find(db, first.match_id, &match)));
    EXPECT_INT(match_id, match.rematch_of);
    EXPECT_INT(7, match.seed);
    EXPECT_INT(alice, match.players[0].user_id);
    EXPECT_STR("rematch", str_from_c(match.origin));
    EXPECT_OK(TXN(matches_find(db, match_id, &match)));
    EXPECT_INT(first.match_id, match.rematch_id);
    fixture_close();
}

TEST(a_rematch_needs_both_players_free)
{
    uint64_t match_id = open_match(), ticket_id;
    struct matches_finished finished;
    struct matches_rematched rematched;
    struct ticket_joined joined;

    play(match_id, &finished);
    EXPECT_OK(join(bob, T0, &joined));
    EXPECT_ERR(ERR_ALREADY_QUEUED, rematch(match_id, &rematched));
    EXPECT_OK(TXN(ticket_leave(db, bob, T0, &ticket_id)));
    match_of(bob, user_named("carol"));
    EXPECT_ERR(ERR_IN_MATCH, rematch(match_id, &rematched));
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM matches"));
    fixture_close();
}

/* -- history --------------------------------------------------------------------------------- */

static size_t list(uint64_t user_id, uint64_t before_id, uint64_t skip, size_t limit,
                   struct history_item *items)
{
    struct history_args args = {.user_id = user_id,
                                .mode = STR("quick"),
                                .before_id = before_id,
                                .skip = skip,
                                .limit = limit};
    size_t count;

    EXPECT_OK(TXN(history_list(db, &args, items, &count)));
    return count;
}

TEST(history_is_newest_first_and_without_what_was_cancelled_or_is_still_played)
{
    struct history_item items[8];
    struct matches_finished finished;
    struct matches_finish_args cancel;
    struct winrate winrate;
    uint64_t matches[3], cancelled, count;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_INT(0, list(alice, 0, 0, 8, items));
    for (int i = 0; i < 3; i++) {
        matches[i] = i == 1 ? match_of(bob, alice) : match_of(alice, bob);
        play(matches[i], &finished);
    }
    cancelled = match_of(alice, bob);
    cancel = finish_args(cancelled, take(cancelled), -1, 0, 0);
    cancel.reason = MATCH_REASON_CANCELLED;
    EXPECT_OK(finish(&cancel, &finished));
    match_of(alice, bob);
    EXPECT_INT(3, list(alice, 0, 0, 8, items));
    EXPECT_INT(matches[2], items[0].match_id);
    EXPECT_STR("alice", str_from_c(items[0].player1));
    EXPECT_STR("bob", str_from_c(items[0].player2));
    EXPECT_STR("alice", str_from_c(items[0].winner));
    EXPECT_INT(2, items[0].player1_score);
    EXPECT_INT(0, items[0].player2_score);
    EXPECT_STR("classic", str_from_c(items[0].ruleset));
    EXPECT_INT(60000, items[0].duration_ms);
    EXPECT_INT(T0 + 100000, items[0].played_ms);
    EXPECT_STR("bob", str_from_c(items[1].winner));
    EXPECT_INT(1, list(alice, matches[1], 0, 8, items));
    EXPECT_INT(matches[0], items[0].match_id);
    EXPECT_INT(1, list(alice, 0, 1, 1, items));
    EXPECT_INT(matches[1], items[0].match_id);
    EXPECT_OK(TXN(history_count(db, bob, STR(""), &count)));
    EXPECT_INT(3, count);
    EXPECT_OK(TXN(history_winrate(db, alice, &winrate)));
    EXPECT_INT(2, winrate.wins);
    EXPECT_INT(1, winrate.losses);
    fixture_close();
}

/* -- making ---------------------------------------------------------------------------------- */

TEST(nobody_can_be_put_into_two_matches_or_twice_into_one)
{
    uint64_t match_id = open_match(), carol = user_named("carol"), made;
    struct match_seat_args seats[2] = {{.user_id = carol}, {.user_id = bob}};
    struct matches_create_args args = {.mode = STR("quick"),
                                       .game = STR("pong"),
                                       .ruleset = STR("classic"),
                                       .origin = STR("api"),
                                       .seats = seats,
                                       .seat_count = 2,
                                       .now_ms = T0};

    EXPECT(match_id != 0);
    EXPECT_ERR(ERR_IN_MATCH, TXN(matches_create(db, &args, &made)));
    seats[1].user_id = carol;
    EXPECT_ERR(ERR_IN_MATCH, TXN(matches_create(db, &args, &made)));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM matches"));
    fixture_close();
}
