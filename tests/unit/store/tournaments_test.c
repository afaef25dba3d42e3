/* Tournaments on real rows: who may join and start, what is called, and how it ends. */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/base/rng.h"
#include "lib/store/duels.h"
#include "lib/store/leases.h"
#include "lib/store/tournaments.h"

#define NO_SHOW_MS 60000

static struct tournament_board board;

static uint64_t numbered_user(int number)
{
    char name[32];
    struct buf buf;

    buf_init_fixed(&buf, name, sizeof(name));
    buf_printf(&buf, "player-%d", number);
    buf_put_char(&buf, '\0');
    return user_named(name);
}

static struct tournaments_create_args create_args(uint64_t creator_id, uint16_t limit)
{
    return (struct tournaments_create_args){.name = STR("Friday Cup"),
                                            .creator_id = creator_id,
                                            .player_limit = limit,
                                            .seed = 11,
                                            .extras = STR("{\"prize\":3}"),
                                            .now_ms = T0};
}

static uint64_t created(uint64_t creator_id, uint16_t limit)
{
    struct tournaments_create_args args = create_args(creator_id, limit);
    uint64_t id;

    EXPECT_OK(TXN(tournaments_create(db, &args, &id)));
    return id;
}

static enum err enter(uint64_t tournament_id, uint64_t user_id, uint64_t now_ms, bool *is_new)
{
    struct tournaments_player_args args = {
        .tournament_id = tournament_id, .user_id = user_id, .now_ms = now_ms};

    return TXN(tournaments_join(db, &args, is_new));
}

static struct tournaments_step_args step_args(uint64_t tournament_id, uint64_t user_id,
                                              uint64_t now_ms)
{
    return (struct tournaments_step_args){.tournament_id = tournament_id,
                                          .user_id = user_id,
                                          .recipe = RECIPE,
                                          .rating_mode = STR("quick"),
                                          .no_show_ms = NO_SHOW_MS,
                                          .now_ms = now_ms};
}

static enum err start(uint64_t tournament_id, uint64_t user_id)
{
    struct tournaments_step_args args = step_args(tournament_id, user_id, T0);

    return TXN(tournaments_start(db, &args, &board));
}

static enum err sweep(uint64_t tournament_id, uint64_t now_ms)
{
    struct tournaments_step_args args = step_args(tournament_id, 0, now_ms);

    return TXN(tournaments_sweep(db, &args, &board));
}

static enum err leave(uint64_t tournament_id, uint64_t user_id, bool *was_in)
{
    struct tournaments_step_args args = step_args(tournament_id, user_id, T0);

    return TXN(tournaments_leave(db, &args, &board, was_in));
}

static struct tournament_row find(uint64_t tournament_id)
{
    struct tournament_row row;

    EXPECT_OK(TXN(tournaments_find(db, tournament_id, &row)));
    return row;
}

/* Users 1 to n; user 1 has made the tournament and plays. */
static uint64_t of_players(int count)
{
    uint64_t id = 0;

    for (int i = 1; i <= count; i++) {
        uint64_t user_id = numbered_user(i);
        bool is_new;
        if (i == 1)
            id = created(user_id, (uint16_t)(count < 2 ? 2 : count));
        EXPECT_OK(enter(id, user_id, T0 + (uint64_t)i, &is_new));
        EXPECT(is_new);
    }
    return id;
}

static uint64_t started(int count)
{
    uint64_t id = of_players(count);

    EXPECT_OK(start(id, 1));
    return id;
}

static int effects_of(enum bracket_effect_kind kind)
{
    int count = 0;

    for (size_t i = 0; i < board.effect_count; i++)
        count += board.effects[i].kind == kind;
    return count;
}

/* A live match of the tournament, 0 when there is none. */
static uint64_t live_match(void)
{
    return (uint64_t)fixture_number("SELECT COALESCE(MIN(id), 0) FROM matches "
                                    "WHERE origin = 'tournament' AND ended_ms IS NULL");
}

static void end_no_show(uint64_t match_id, int8_t winner)
{
    struct matches_finish_args args = end_args(match_id, take(match_id), winner);
    struct matches_finished finished;

    args.reason = MATCH_REASON_NO_SHOW;
    EXPECT_OK(TXN(matches_finish(db, &args, &finished)));
}

/* -- before the start ------------------------------------------------------------------------ */

TEST(a_tournament_has_what_its_form_said)
{
    struct tournament_row row;
    uint64_t creator;

    fixture_open();
    creator = user_named("alice");
    row = find(created(creator, 8));
    EXPECT_STR("Friday Cup", str_from_c(row.name));
    EXPECT_STR("alice", str_from_c(row.creator));
    EXPECT_STR("{\"prize\":3}", str_from_c(row.extras));
    EXPECT_INT(TOURNAMENT_OPEN, row.state);
    EXPECT_INT(8, row.player_limit);
    EXPECT_INT(0, row.player_count); /* who makes it does not play by that */
    EXPECT(row.id >= MATCH_ID_FIRST);
    ways_close();
}

TEST(a_creator_has_one_open_tournament)
{
    struct tournaments_cancelled cancelled;
    struct tournaments_create_args args;
    struct tournaments_step_args step;
    uint64_t alice, id, other;

    fixture_open();
    alice = user_named("alice");
    id = created(alice, 4);
    args = create_args(alice, 4);
    EXPECT_ERR(ERR_HAS_OPEN_TOURNAMENT, TXN(tournaments_create(db, &args, &other)));
    created(user_named("bob"), 4);
    step = step_args(id, alice, T0 + 1);
    EXPECT_OK(TXN(tournaments_cancel(db, &step, &cancelled)));
    EXPECT_OK(TXN(tournaments_create(db, &args, &other)));
    ways_close();
}

TEST(joining_twice_is_once_and_a_full_tournament_takes_nobody)
{
    uint64_t id, late;
    bool is_new;

    fixture_open();
    id = of_players(2);
    late = numbered_user(3);
    EXPECT_OK(enter(id, 2, T0 + 9, &is_new));
    EXPECT_FALSE(is_new);
    EXPECT_ERR(ERR_TOURNAMENT_FULL, enter(id, late, T0, &is_new));
    EXPECT_ERR(ERR_NOT_FOUND, enter(id + 1, late, T0, &is_new));
    EXPECT_INT(2, find(id).player_count);
    ways_close();
}

TEST(leaving_before_the_start_makes_a_place_free)
{
    uint64_t id, late;
    bool is_new, was_in;

    fixture_open();
    id = of_players(2);
    late = numbered_user(3);
    EXPECT_OK(leave(id, 2, &was_in));
    EXPECT(was_in);
    EXPECT_INT(0, board.bracket.entrant_count);
    EXPECT_OK(leave(id, 2, &was_in));
    EXPECT_FALSE(was_in);
    EXPECT_OK(enter(id, late, T0, &is_new));
    ways_close();
}

TEST(only_the_creator_starts_it_once_and_with_enough_players)
{
    uint64_t id;
    bool is_new;

    fixture_open();
    id = of_players(1);
    EXPECT_ERR(ERR_TOO_FEW_PLAYERS, start(id, 1));
    EXPECT_INT(TOURNAMENT_OPEN, find(id).state);
    EXPECT_OK(enter(id, numbered_user(2), T0 + 5, &is_new));
    EXPECT_ERR(ERR_FORBIDDEN, start(id, 2));
    EXPECT_OK(start(id, 1));
    EXPECT_ERR(ERR_NOT_OPEN, start(id, 1));
    EXPECT_ERR(ERR_NOT_OPEN, enter(id, numbered_user(3), T0, &is_new));
    EXPECT_OK(enter(id, 2, T0, &is_new)); /* already in it */
    EXPECT_FALSE(is_new);
    EXPECT_ERR(ERR_NOT_FOUND, start(id + 1, 1));
    ways_close();
}

/* -- play ------------------------------------------------------------------------------------ */

TEST(the_start_calls_the_first_round_and_claims_its_players)
{
    struct tournament_node_row nodes[BRACKET_NODES_MAX];
    size_t count;
    uint64_t id;

    fixture_open();
    id = started(5);
    EXPECT_INT(2, board.made_count); /* 4 v 5, and in round 2 the seeds 2 and 3 */
    EXPECT_INT(2, effects_of(BRACKET_EFFECT_CALL));
    EXPECT_INT(3, effects_of(BRACKET_EFFECT_DECIDED));
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM matches WHERE origin = 'tournament'"));
    EXPECT_INT(4, fixture_number("SELECT COUNT(*) FROM claims WHERE kind = 'match'"));
    EXPECT_OK(TXN(tournaments_nodes(db, id, nodes, BRACKET_NODES_MAX, &count)));
    EXPECT_INT(7, count);
    EXPECT_INT(BRACKET_BYE, nodes[0].state);
    EXPECT_INT(0, nodes[0].match_id);
    EXPECT_INT(BRACKET_CALLED, nodes[1].state);
    EXPECT(nodes[1].match_id != 0);
    EXPECT_INT(BRACKET_PENDING, nodes[6].state);
    EXPECT_INT(TOURNAMENT_STARTED, find(id).state);
    EXPECT_INT(2, find(id).round);
    ways_close();
}

TEST(the_bracket_follows_its_matches_to_the_champion)
{
    struct tournament_player_row players[8];
    struct tournament_row row;
    size_t count;
    uint64_t id;

    fixture_open();
    id = started(4);
    while (live_match()) {
        end_match(live_match(), SEAT_LEFT);
        EXPECT_OK(sweep(id, T0 + 200000));
    }
    EXPECT_INT(1, effects_of(BRACKET_EFFECT_CHAMPION));
    row = find(id);
    EXPECT_INT(TOURNAMENT_FINISHED, row.state);
    EXPECT(row.winner_id != 0);
    EXPECT_INT(3, fixture_number("SELECT COUNT(*) FROM matches WHERE origin = 'tournament'"));
    EXPECT_OK(TXN(tournaments_players(db, id, players, 8, &count)));
    EXPECT_INT(4, count);
    EXPECT_INT(row.winner_id, players[0].user_id); /* the upper side always won */
    EXPECT_INT(1, players[0].seed);
    EXPECT_INT(1, players[0].place);
    EXPECT_INT(2, players[1].place);
    EXPECT_INT(3, players[2].place);
    EXPECT_INT(3, players[3].place);
    EXPECT_ERR(ERR_NOT_STARTED, sweep(id, T0 + 300000));
    ways_close();
}

TEST(a_sweep_with_nothing_to_do_changes_nothing)
{
    struct tournaments_due due;
    uint64_t id, version;

    fixture_open();
    id = started(4);
    version = find(id).version;
    EXPECT_OK(TXN(tournaments_due(db, T0, 0, &due)));
    EXPECT_INT(0, due.count);
    EXPECT_OK(sweep(id, T0 + 999999)); /* a match that is made has its own clock */
    EXPECT_INT(0, board.effect_count);
    EXPECT_INT(0, board.made_count);
    EXPECT_INT(version, find(id).version);
    end_match(live_match(), SEAT_LEFT);
    EXPECT_OK(TXN(tournaments_due(db, T0, 0, &due)));
    EXPECT_INT(1, due.count);
    EXPECT_INT(id, due.list[0].tournament_id);
    EXPECT_INT(TOURNAMENT_DUTY_SWEEP, due.list[0].duty);
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_INT(0, board.effect_count);
    ways_close();
}

TEST(by_rating_the_best_player_is_seeded_first)
{
    struct tournaments_create_args args;
    struct matches_finished finished;
    uint64_t id;
    bool is_new;

    fixture_open();
    for (int i = 1; i <= 3; i++)
        numbered_user(i);
    play(match_of(3, 2), &finished); /* user 3 gains, user 2 loses */
    args = create_args(1, 4);
    args.is_by_rating = true;
    EXPECT_OK(TXN(tournaments_create(db, &args, &id)));
    for (uint64_t i = 1; i <= 3; i++)
        EXPECT_OK(enter(id, i, T0 + i, &is_new));
    EXPECT_OK(start(id, 1));
    EXPECT_INT(3, board.bracket.entrants[0].id);
    EXPECT_INT(1, board.bracket.entrants[1].id);
    EXPECT_INT(2, board.bracket.entrants[2].id);
    ways_close();
}

TEST(one_who_does_not_come_loses_by_walkover)
{
    struct tournament_node_row nodes[8];
    size_t count;
    uint64_t id;

    fixture_open();
    id = started(2);
    end_no_show(live_match(), SEAT_RIGHT);
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_OK(TXN(tournaments_nodes(db, id, nodes, 8, &count)));
    EXPECT_INT(BRACKET_WALKOVER, nodes[0].state);
    EXPECT_INT(nodes[0].user_ids[1], nodes[0].winner_id);
    EXPECT_INT(nodes[0].winner_id, find(id).winner_id);
    ways_close();
}

TEST(when_neither_comes_the_node_is_void_and_the_other_side_has_a_bye)
{
    struct tournament_node_row nodes[8];
    size_t count;
    uint64_t id;

    fixture_open();
    id = started(4);
    end_match(live_match(), -1);
    end_match(live_match(), SEAT_LEFT);
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_OK(TXN(tournaments_nodes(db, id, nodes, 8, &count)));
    EXPECT_INT(BRACKET_VOID, nodes[0].state);
    EXPECT_INT(BRACKET_FINISHED, nodes[1].state);
    EXPECT_INT(BRACKET_BYE, nodes[2].state);
    EXPECT_INT(0, nodes[2].match_id);
    EXPECT_INT(nodes[1].winner_id, find(id).winner_id);
    ways_close();
}

TEST(a_final_that_nobody_comes_to_has_no_winner)
{
    uint64_t id;

    fixture_open();
    id = started(2);
    end_match(live_match(), -1);
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_INT(TOURNAMENT_FINISHED, find(id).state);
    EXPECT_INT(0, find(id).winner_id);
    ways_close();
}

TEST(who_leaves_during_a_match_is_resigned_until_it_ends_and_in_between_loses_the_next)
{
    struct tournaments_due due;
    uint64_t id, loser;
    bool was_in;

    fixture_open();
    id = started(4);
    loser = board.bracket.entrants[board.bracket.nodes[0].players[1]].id;
    EXPECT_OK(leave(id, loser, &was_in));
    EXPECT(was_in);
    EXPECT_INT(1, effects_of(BRACKET_EFFECT_STOP));
    EXPECT_OK(leave(id, loser, &was_in));
    EXPECT_FALSE(was_in);
    EXPECT_OK(TXN(tournaments_due(db, T0, 0, &due)));
    EXPECT_INT(1, due.count);
    EXPECT_OK(sweep(id, T0)); /* the word was lost in a crash: it is said again */
    EXPECT_INT(1, effects_of(BRACKET_EFFECT_STOP));
    EXPECT_INT(1, board.effects[0].side);
    end_match(board.match_ids[0], SEAT_RIGHT); /* he wins all the same */
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_INT(0, effects_of(BRACKET_EFFECT_STOP));
    end_match(live_match(), SEAT_LEFT);
    EXPECT_OK(sweep(id, T0 + 200000));
    EXPECT_INT(TOURNAMENT_FINISHED, find(id).state);
    EXPECT(find(id).winner_id != loser);
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM matches WHERE origin = 'tournament'"));
    ways_close();
}

TEST(a_tournament_calls_players_away_from_a_queue_and_from_a_challenge)
{
    struct duels_open_args duel = {.game = STR("pong"),
                                   .challenger_id = 2,
                                   .target_id = 3,
                                   .is_target_online = true,
                                   .timeout_ms = DUEL_TIMEOUT_MS,
                                   .recipe = RECIPE,
                                   .now_ms = T0};
    struct duels_opened opened;
    struct ticket_joined joined;
    uint64_t id;

    fixture_open();
    id = of_players(4);
    EXPECT_OK(join(1, T0, &joined));
    EXPECT_OK(TXN(duels_open(db, &duel, &opened)));
    EXPECT_OK(start(id, 1));
    EXPECT_INT(2, board.made_count);
    EXPECT_INT(1, board.unqueued_count);
    EXPECT_INT(1, board.unqueued_ids[0]);
    EXPECT_INT(1, board.duel_count);
    EXPECT_INT(opened.duel.id, board.duel_ids[0]);
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM tickets WHERE state = 'queued'"));
    ways_close();
}

TEST(who_is_still_in_another_match_is_waited_for)
{
    struct tournaments_due due;
    uint64_t id, other;

    fixture_open();
    id = of_players(2);
    other = match_of(1, numbered_user(3));
    EXPECT_OK(start(id, 1));
    EXPECT_INT(0, board.made_count);
    EXPECT_OK(TXN(tournaments_due(db, T0, 0, &due)));
    EXPECT_INT(1, due.count);
    EXPECT_OK(sweep(id, T0 + 1000));
    EXPECT_INT(0, board.made_count);
    end_match(other, SEAT_LEFT);
    EXPECT_OK(sweep(id, T0 + 2000));
    EXPECT_INT(1, board.made_count);
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM matches WHERE origin = 'tournament'"));
    ways_close();
}

TEST(who_is_in_another_match_for_too_long_loses_by_walkover)
{
    uint64_t id;

    fixture_open();
    id = of_players(2);
    match_of(1, numbered_user(3));
    EXPECT_OK(start(id, 1));
    EXPECT_OK(sweep(id, T0 + NO_SHOW_MS - 1));
    EXPECT_INT(TOURNAMENT_STARTED, find(id).state);
    EXPECT_OK(TXN(tournaments_clocks_reset(db, T0 + NO_SHOW_MS))); /* the server was away */
    EXPECT_OK(sweep(id, T0 + 2 * NO_SHOW_MS - 1));
    EXPECT_INT(TOURNAMENT_STARTED, find(id).state);
    EXPECT_OK(sweep(id, T0 + 2 * NO_SHOW_MS));
    EXPECT_INT(TOURNAMENT_FINISHED, find(id).state);
    EXPECT_INT(2, find(id).winner_id);
    ways_close();
}

TEST(a_match_that_has_begun_is_shown_running_with_its_score)
{
    struct matches_save_args save = {.state = MATCH_RUNNING, .has_begun = true, .now_ms = T0};
    struct tournament_match_row place;
    struct tournament_node_row nodes[4];
    size_t count;
    uint64_t id;

    fixture_open();
    id = started(2);
    save.match_id = live_match();
    save.epoch = take(save.match_id);
    EXPECT_OK(TXN(matches_save(db, &save)));
    EXPECT_OK(point(save.match_id, save.epoch, 1, SEAT_RIGHT, 0, 1));
    EXPECT_OK(TXN(tournaments_nodes(db, id, nodes, 4, &count)));
    EXPECT_INT(BRACKET_RUNNING, nodes[0].state);
    EXPECT_INT(1, nodes[0].scores[SEAT_RIGHT]);
    EXPECT_OK(TXN(tournaments_of_match(db, save.match_id, &place)));
    EXPECT_INT(id, place.tournament_id);
    EXPECT_INT(1, place.round);
    EXPECT_ERR(ERR_NOT_FOUND, TXN(tournaments_of_match(db, 5, &place)));
    ways_close();
}

/* -- the clock ------------------------------------------------------------------------------- */

TEST(the_clock_starts_what_is_due_and_calls_off_what_nobody_starts)
{
    struct tournaments_create_args args;
    struct tournaments_cancelled cancelled;
    struct tournaments_step_args step;
    struct tournaments_due due;
    uint64_t timed, forgotten;
    bool is_new;

    fixture_open();
    forgotten = of_players(2);
    args = create_args(2, 4);
    args.auto_start_ms = T0 + 5000;
    EXPECT_OK(TXN(tournaments_create(db, &args, &timed)));
    EXPECT_OK(TXN(tournaments_due(db, T0 + 4999, 0, &due)));
    EXPECT_INT(0, due.count);
    EXPECT_OK(TXN(tournaments_due(db, T0 + 5000, T0 + 1, &due)));
    EXPECT_INT(2, due.count);
    EXPECT_INT(timed, due.list[0].tournament_id);
    EXPECT_INT(TOURNAMENT_DUTY_START, due.list[0].duty);
    EXPECT_INT(forgotten, due.list[1].tournament_id);
    EXPECT_INT(TOURNAMENT_DUTY_CANCEL, due.list[1].duty);
    EXPECT_ERR(ERR_TOO_FEW_PLAYERS, start(timed, 0));
    step = step_args(forgotten, 0, T0 + 6000);
    EXPECT_OK(TXN(tournaments_cancel(db, &step, &cancelled)));
    EXPECT_INT(0, cancelled.match_count);
    EXPECT_ERR(ERR_NOT_OPEN, TXN(tournaments_cancel(db, &step, &cancelled)));
    EXPECT_OK(enter(timed, 1, T0, &is_new));
    EXPECT_OK(enter(timed, 2, T0, &is_new));
    EXPECT_OK(start(timed, 0));
    ways_close();
}

TEST(a_clock_that_was_replaced_does_nothing)
{
    struct lease_args lease = {
        .name = STR(TOURNAMENT_LEASE), .holder = STR("one"), .now_ms = T0, .ttl_ms = 1000};
    struct tournaments_step_args step;
    uint64_t id, old, new;

    fixture_open();
    id = started(2);
    EXPECT_OK(TXN(lease_acquire(db, &lease, &old)));
    lease.holder = STR("two");
    lease.now_ms = T0 + 2000;
    EXPECT_OK(TXN(lease_acquire(db, &lease, &new)));
    end_match(live_match(), SEAT_LEFT);
    step = step_args(id, 0, T0 + 200000);
    step.lease_epoch = old;
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(tournaments_sweep(db, &step, &board)));
    EXPECT_INT(TOURNAMENT_STARTED, find(id).state);
    step.lease_epoch = new;
    EXPECT_OK(TXN(tournaments_sweep(db, &step, &board)));
    EXPECT_INT(TOURNAMENT_FINISHED, find(id).state);
    ways_close();
}

TEST(a_creator_calls_it_off_and_is_told_which_matches_go_on)
{
    struct tournaments_cancelled cancelled;
    struct tournaments_step_args step;
    uint64_t id;

    fixture_open();
    id = started(4);
    step = step_args(id, 2, T0 + 1);
    EXPECT_ERR(ERR_FORBIDDEN, TXN(tournaments_cancel(db, &step, &cancelled)));
    step.user_id = 1;
    EXPECT_OK(TXN(tournaments_cancel(db, &step, &cancelled)));
    EXPECT_INT(2, cancelled.match_count);
    EXPECT_INT(TOURNAMENT_CANCELLED, find(id).state);
    EXPECT_ERR(ERR_NOT_STARTED, sweep(id, T0));
    ways_close();
}

TEST(the_list_walks_from_the_newest_and_by_state)
{
    struct tournaments_list_args args = {.state = -1, .limit = 2};
    struct tournament_row rows[4];
    uint64_t total;
    size_t count;

    fixture_open();
    for (int i = 1; i <= 3; i++)
        created(numbered_user(i), 4);
    EXPECT_OK(TXN(tournaments_list(db, &args, rows, &count)));
    EXPECT_INT(2, count);
    EXPECT_INT(MATCH_ID_FIRST + 2, rows[0].id);
    args.before_id = rows[1].id;
    EXPECT_OK(TXN(tournaments_list(db, &args, rows, &count)));
    EXPECT_INT(1, count);
    EXPECT_INT(MATCH_ID_FIRST, rows[0].id);
    args = (struct tournaments_list_args){.state = TOURNAMENT_STARTED, .limit = 4};
    EXPECT_OK(TXN(tournaments_list(db, &args, rows, &count)));
    EXPECT_INT(0, count);
    EXPECT_OK(TXN(tournaments_count(db, TOURNAMENT_OPEN, &total)));
    EXPECT_INT(3, total);
    ways_close();
}

/* -- many ------------------------------------------------------------------------------------ */

static uint64_t some_live_match(struct rng *rng)
{
    uint64_t ids[BRACKET_NODES_MAX];
    size_t count;

    EXPECT_OK(TXN(matches_list_live(db, 0, ids, BRACKET_NODES_MAX, &count)));
    EXPECT(count > 0); /* an open tournament without a match would wait for ever */
    return ids[rng_below(rng, count)];
}

/* A user who left comes back in the next tournament: nobody is told apart by it. */
TEST(forty_tournaments_of_all_sizes_end_with_every_node_decided_once)
{
    static const uint16_t SIZES[] = {2, 3, 4, 5, 7, 8, 9, 13, 16, 33};
    struct rng rng;

    fixture_open();
    rng_init(&rng, 2026);
    for (int i = 1; i <= 33; i++)
        numbered_user(i);
    for (int round = 0; round < 40; round++) {
        uint16_t size = SIZES[round % (int)ARRAY_COUNT(SIZES)];
        uint64_t id = created(1, size);
        bool is_new, was_in;

        for (uint64_t i = 1; i <= size; i++)
            EXPECT_OK(enter(id, i, T0 + i, &is_new));
        EXPECT_OK(start(id, 1));
        while (find(id).state == TOURNAMENT_STARTED) {
            int8_t winner = (int8_t)(rng_below(&rng, 12) == 0 ? -1 : (int)rng_below(&rng, 2));

            end_match(some_live_match(&rng), winner);
            if (rng_below(&rng, 6) == 0)
                EXPECT_OK(leave(id, 1 + rng_below(&rng, size), &was_in));
            if (rng_below(&rng, 3) > 0 || live_match() == 0)
                EXPECT_OK(sweep(id, T0 + 200000));
        }
        EXPECT_INT(0, live_match());
        EXPECT_INT(0, ways_audit());
    }
    ways_close();
}

TEST(a_tournament_of_512_starts_in_one_step)
{
    uint64_t id;

    fixture_open();
    id = started(512);
    EXPECT_INT(256, board.made_count);
    EXPECT_INT(511, fixture_number("SELECT COUNT(*) FROM tournament_nodes"));
    EXPECT_OK(sweep(id, T0 + 1));
    EXPECT_INT(0, board.effect_count);
    ways_close();
}
