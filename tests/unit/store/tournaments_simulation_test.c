/*
 * Five hundred tournaments on real rows, in time that is only numbers: matches end in every way,
 * players leave, a step dies before its commit, and the process dies and another takes the clock
 * up. Whatever comes, each tournament ends, every node but the byes of round 1 is decided once, and
 * there is one champion or a void final. RALLY_TEST_SEED repeats a run.
 */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/base/rng.h"
#include "lib/store/leases.h"
#include "lib/store/tournaments.h"

#define TOURNAMENTS 500
#define PLAYERS_MAX 13
#define NO_SHOW_MS 60000
#define STEPS_MAX 1000

static struct tournament_board board;

struct world {
    struct rng rng;
    uint64_t now_ms;
    uint64_t epoch; /* of the clock's lease */
    uint64_t user_ids[PLAYERS_MAX];
    uint64_t deaths; /* of a step or of the process */
};

static uint64_t chosen_seed(void)
{
    const char *text = getenv("RALLY_TEST_SEED");
    uint64_t seed = 20261120;

    if (text)
        EXPECT_OK(str_to_u64(str_from_c(text), UINT64_MAX, &seed));
    return seed;
}

/* What dies here is the process, not the power: nothing has to reach the disk. */
static void open_again(void)
{
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(db_run(fixture_db, "PRAGMA synchronous = OFF", NULL, 0, NULL));
}

/* -- the clock ------------------------------------------------------------------------------- */

static enum err clock_take(struct db *db, struct world *world)
{
    struct lease_args lease = {.name = STR(TOURNAMENT_LEASE),
                               .holder = STR("here"),
                               .now_ms = world->now_ms,
                               .ttl_ms = 15000};
    enum err err = lease_acquire(db, &lease, &world->epoch);

    return err ? err : tournaments_clocks_reset(db, world->now_ms);
}

static void process_dies(struct world *world)
{
    uint64_t old = world->epoch;

    world->deaths++;
    db_close(fixture_db);
    open_again();
    world->now_ms += 1 + rng_below(&world->rng, 10 * NO_SHOW_MS);
    EXPECT_OK(TXN(clock_take(db, world)));
    EXPECT(world->epoch > old);
}

static struct tournaments_step_args step_args(const struct world *world, uint64_t id,
                                              uint64_t user_id)
{
    return (struct tournaments_step_args){.tournament_id = id,
                                          .user_id = user_id,
                                          .lease_epoch = user_id ? 0 : world->epoch,
                                          .recipe = RECIPE,
                                          .rating_mode = STR("quick"),
                                          .no_show_ms = NO_SHOW_MS,
                                          .now_ms = world->now_ms};
}

/* What the services do with a step; now and then it dies before it is durable. */
static void sweep(struct world *world, uint64_t id)
{
    struct tournaments_step_args args = step_args(world, id, 0);

    if (rng_below(&world->rng, 8) == 0) {
        world->deaths++;
        EXPECT_OK(tournaments_sweep(fixture_begin(), &args, &board));
        (void)fixture_end(ERR_STORE);
    }
    EXPECT_OK(TXN(tournaments_sweep(db, &args, &board)));
}

/* -- matches and players --------------------------------------------------------------------- */

static void end_some_match(struct world *world)
{
    uint64_t ids[BRACKET_NODES_MAX];
    struct matches_finish_args args;
    struct matches_finished finished;
    size_t count;
    uint64_t match_id;

    EXPECT_OK(TXN(matches_list_live(db, 0, ids, BRACKET_NODES_MAX, &count)));
    if (count == 0)
        return;
    match_id = ids[rng_below(&world->rng, count)];
    args = end_args(match_id, take(match_id), (int8_t)((int)rng_below(&world->rng, 5) % 3 - 1));
    if (args.winner_seat >= 0 && rng_below(&world->rng, 3) == 0)
        args.reason = MATCH_REASON_NO_SHOW;
    EXPECT_OK(TXN(matches_finish(db, &args, &finished)));
}

static void somebody_leaves(struct world *world, uint64_t id, uint16_t count)
{
    uint64_t user_id = world->user_ids[rng_below(&world->rng, count)];
    struct tournaments_step_args args = step_args(world, id, user_id);
    bool was_in;

    EXPECT_OK(TXN(tournaments_leave(db, &args, &board, &was_in)));
}

static uint64_t begin(struct world *world, uint16_t count)
{
    struct tournaments_create_args create = {.name = STR("Cup"),
                                             .creator_id = world->user_ids[0],
                                             .player_limit = count,
                                             .is_by_rating = rng_below(&world->rng, 2) == 0,
                                             .seed = rng_next(&world->rng) >> 1,
                                             .now_ms = world->now_ms};
    struct tournaments_step_args args;
    uint64_t id;
    bool is_new;

    EXPECT_OK(TXN(tournaments_create(db, &create, &id)));
    for (uint16_t i = 0; i < count; i++) {
        struct tournaments_player_args player = {
            .tournament_id = id, .user_id = world->user_ids[i], .now_ms = world->now_ms};
        EXPECT_OK(TXN(tournaments_join(db, &player, &is_new)));
    }
    args = step_args(world, id, world->user_ids[0]);
    EXPECT_OK(TXN(tournaments_start(db, &args, &board)));
    return id;
}

static struct tournament_row find(uint64_t id)
{
    struct tournament_row row;

    EXPECT_OK(TXN(tournaments_find(db, id, &row)));
    return row;
}

/* -- the run --------------------------------------------------------------------------------- */

static void check_end(uint64_t id, uint16_t count)
{
    struct tournament_node_row nodes[BRACKET_NODES_MAX];
    struct tournament_row row = find(id);
    size_t node_count;
    int decided = 0;

    EXPECT_OK(TXN(tournaments_nodes(db, id, nodes, BRACKET_NODES_MAX, &node_count)));
    for (size_t i = 0; i < node_count; i++) {
        bool is_seeds_bye = nodes[i].round == 1 && nodes[i].state == BRACKET_BYE;
        EXPECT(nodes[i].state >= BRACKET_FINISHED);
        decided += !is_seeds_bye;
    }
    EXPECT_INT(count - 1, decided);
    EXPECT(row.winner_id == nodes[node_count - 1].winner_id);
    EXPECT((row.winner_id == 0) == (nodes[node_count - 1].state == BRACKET_VOID));
}

static void run(struct world *world)
{
    uint16_t count = (uint16_t)(2 + rng_below(&world->rng, PLAYERS_MAX - 1));
    uint64_t id = begin(world, count);
    int steps = 0;

    while (find(id).state == TOURNAMENT_STARTED) {
        EXPECT(++steps < STEPS_MAX);
        world->now_ms += rng_below(&world->rng, NO_SHOW_MS / 4);
        if (rng_below(&world->rng, 12) == 0)
            somebody_leaves(world, id, count);
        if (rng_below(&world->rng, 20) == 0)
            process_dies(world);
        end_some_match(world);
        if (rng_below(&world->rng, 3) > 0)
            sweep(world, id);
    }
    check_end(id, count);
}

TEST(five_hundred_tournaments_end_whatever_dies_on_the_way)
{
    struct world world = {.now_ms = T0};

    rng_init(&world.rng, chosen_seed());
    fixture_open();
    db_close(fixture_db);
    open_again();
    for (int i = 0; i < PLAYERS_MAX; i++) {
        char name[] = "player-a";
        name[7] = (char)('a' + i);
        world.user_ids[i] = user_named(name);
    }
    EXPECT_OK(TXN(clock_take(db, &world)));
    for (int i = 0; i < TOURNAMENTS; i++) {
        run(&world);
        if (i % 100 == 99)
            EXPECT_INT(0, ways_audit());
    }
    EXPECT(world.deaths > TOURNAMENTS / 2);
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM matches WHERE ended_ms IS NULL"));
    EXPECT_INT(TOURNAMENTS, fixture_number("SELECT COUNT(*) FROM tournaments WHERE state = "
                                           "'finished'"));
    ways_close();
}
