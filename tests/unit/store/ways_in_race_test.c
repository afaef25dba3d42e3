/*
 * Several threads want what only one can have: the last place, a challenge's one answer, a room's
 * second seat, a node's one decision. A real store with its writer; all threads start at once, many
 * times. One of them gets it, the others are told, the audit is clean.
 */
#include "tests/unit/test.h"

#include <pthread.h>

#include "tests/unit/store/ways_in.h"

#include "lib/store/duels.h"
#include "lib/store/room_codes.h"
#include "lib/store/store.h"
#include "lib/store/tournaments.h"

#define THREADS 4
#define ROUNDS 60

static struct store *store;

struct racer {
    pthread_t thread;
    pthread_barrier_t *barrier;
    store_fn run;
    int number;
    uint64_t id;      /* what is wanted */
    uint64_t user_id; /* by whom */
    char code[ROOMCODE_SIZE];
    uint64_t made; /* matches by this step */
    enum err err;
};

static void *racer_main(void *arg)
{
    struct racer *racer = arg;
    uint64_t batch = 0;

    pthread_barrier_wait(racer->barrier);
    racer->err = store_write(store, racer->run, racer, &batch);
    return NULL;
}

static void race(struct racer racers[THREADS], store_fn run)
{
    pthread_barrier_t barrier;

    EXPECT_INT(0, pthread_barrier_init(&barrier, NULL, THREADS));
    for (int i = 0; i < THREADS; i++) {
        racers[i].barrier = &barrier;
        racers[i].number = i;
        racers[i].run = run;
        EXPECT_INT(0, pthread_create(&racers[i].thread, NULL, racer_main, &racers[i]));
    }
    for (int i = 0; i < THREADS; i++)
        EXPECT_INT(0, pthread_join(racers[i].thread, NULL));
    pthread_barrier_destroy(&barrier);
}

static int count_of(const struct racer racers[THREADS], enum err err)
{
    int count = 0;

    for (int i = 0; i < THREADS; i++)
        count += racers[i].err == err;
    return count;
}

/* People first, without a store's threads; then the store over the same file. */
static void open_with_users(int count)
{
    struct store_config config = {.url = fixture_path, .reader_count = 1};

    fixture_open();
    for (int i = 1; i <= count; i++) {
        char name[32];
        struct buf buf;

        buf_init_fixed(&buf, name, sizeof(name));
        buf_printf(&buf, "racer-%d", i);
        buf_put_char(&buf, '\0');
        EXPECT_INT(i, user_named(name));
    }
    db_close(fixture_db);
    EXPECT_OK(store_open(&config, &store));
}

static void close_and_audit(void)
{
    store_close(store);
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    ways_close();
}

/* -- the last place -------------------------------------------------------------------------- */

static enum err create_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct tournaments_create_args args = {
        .name = STR("cup"), .creator_id = 1, .player_limit = 2, .seed = 5, .now_ms = T0};

    return tournaments_create(db, &args, &racer->id);
}

static enum err enter_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct tournaments_player_args args = {
        .tournament_id = racer->id, .user_id = racer->user_id, .now_ms = T0};
    bool is_new;

    return tournaments_join(db, &args, &is_new);
}

static struct tournaments_step_args step_args(uint64_t tournament_id)
{
    return (struct tournaments_step_args){.tournament_id = tournament_id,
                                          .recipe = RECIPE,
                                          .rating_mode = STR("quick"),
                                          .no_show_ms = 60000,
                                          .now_ms = T0 + 1};
}

static enum err cancel_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct tournaments_step_args args = step_args(racer->id);
    struct tournaments_cancelled cancelled;

    return tournaments_cancel(db, &args, &cancelled);
}

TEST(of_several_joins_for_the_last_place_one_wins)
{
    struct racer host = {0};
    struct racer racers[THREADS];

    open_with_users(1 + THREADS);
    for (int round = 0; round < ROUNDS; round++) {
        EXPECT_OK(store_write_durable(store, create_run, &host));
        host.user_id = 1;
        EXPECT_OK(store_write_durable(store, enter_run, &host));
        for (int i = 0; i < THREADS; i++)
            racers[i] = (struct racer){.id = host.id, .user_id = (uint64_t)i + 2};
        race(racers, enter_run);
        EXPECT_INT(1, count_of(racers, OK));
        EXPECT_INT(THREADS - 1, count_of(racers, ERR_TOURNAMENT_FULL));
        EXPECT_OK(store_write_durable(store, cancel_run, &host));
    }
    close_and_audit();
}

/* -- one start, one decision ----------------------------------------------------------------- */

static enum err start_run(struct db *db, void *arg)
{
    static __thread struct tournament_board board;
    struct racer *racer = arg;
    struct tournaments_step_args args = step_args(racer->id);
    enum err err = tournaments_start(db, &args, &board);

    racer->made = err ? 0 : board.made_count;
    return err;
}

static enum err end_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct matches_take_args take_args = {.node = STR("here"), .now_ms = T0};
    struct matches_finish_args finish;
    struct matches_finished finished;
    size_t count;
    uint64_t epoch;
    enum err err = matches_list_live(db, 0, &racer->id, 1, &count);

    if (err || count == 0)
        return err ? err : ERR_END;
    take_args.match_id = racer->id;
    if ((err = matches_take(db, &take_args, &epoch)))
        return err;
    finish = end_args(racer->id, epoch, SEAT_LEFT);
    return matches_finish(db, &finish, &finished);
}

static enum err sweep_run(struct db *db, void *arg)
{
    static __thread struct tournament_board board;
    struct racer *racer = arg;
    struct tournaments_step_args args = step_args(racer->id);
    enum err err = tournaments_sweep(db, &args, &board);

    racer->made = err ? 0 : board.effect_count;
    return err;
}

TEST(of_several_starts_one_calls_and_of_several_sweeps_one_decides)
{
    struct racer host = {0};
    struct racer racers[THREADS];

    open_with_users(2);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer ender = {0};

        EXPECT_OK(store_write_durable(store, create_run, &host));
        for (host.user_id = 1; host.user_id <= 2; host.user_id++)
            EXPECT_OK(store_write_durable(store, enter_run, &host));
        for (int i = 0; i < THREADS; i++)
            racers[i] = (struct racer){.id = host.id};
        race(racers, start_run);
        EXPECT_INT(1, count_of(racers, OK));
        EXPECT_INT(THREADS - 1, count_of(racers, ERR_NOT_OPEN));
        EXPECT_OK(store_write_durable(store, end_run, &ender));
        EXPECT_ERR(ERR_END, store_write_durable(store, end_run, &ender)); /* one match was made */
        race(racers, sweep_run);
        EXPECT_INT(1, count_of(racers, OK)); /* the others find it finished */
        EXPECT_INT(THREADS - 1, count_of(racers, ERR_NOT_STARTED));
    }
    close_and_audit();
}

/* -- a challenge's one answer ---------------------------------------------------------------- */

static enum err challenge_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct duels_open_args args = {.challenger_id = 1,
                                   .target_id = 2,
                                   .is_target_online = true,
                                   .game = STR("pong"),
                                   .timeout_ms = DUEL_TIMEOUT_MS,
                                   .now_ms = T0};
    struct duels_opened opened;
    enum err err = duels_open(db, &args, &opened);

    racer->id = err ? 0 : opened.duel.id;
    return err;
}

/* Accept, decline, cancel and the clock, all at once. */
static enum err answer_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct duels_answer_args args = {.duel_id = racer->id,
                                     .user_id = racer->number == 2 ? 1 : 2,
                                     .recipe = RECIPE,
                                     .now_ms = T0 + 1};
    static struct duels_expired expired;
    struct duel_row row;
    enum err err;

    switch (racer->number) {
    case 0:
        return duels_accept(db, &args, &row);
    case 1:
        return duels_decline(db, &args, &row);
    case 2:
        return duels_cancel(db, &args, &row);
    default:
        err = duels_expire(db, T0 + DUEL_TIMEOUT_MS, &expired);
        return err || expired.count ? err : ERR_CONFLICT;
    }
}

TEST(of_accept_decline_cancel_and_expiry_one_wins)
{
    int wins[THREADS] = {0};
    struct racer host = {0};
    struct racer racers[THREADS];

    open_with_users(2);
    for (int round = 0; round < 4 * ROUNDS; round++) {
        struct racer ender = {0};

        EXPECT_OK(store_write_durable(store, challenge_run, &host));
        for (int i = 0; i < THREADS; i++)
            racers[i] = (struct racer){.id = host.id};
        race(racers, answer_run);
        EXPECT_INT(1, count_of(racers, OK));
        EXPECT_INT(THREADS - 1, count_of(racers, ERR_CONFLICT));
        for (int i = 0; i < THREADS; i++)
            wins[i] += racers[i].err == OK;
        if (racers[0].err == OK)
            EXPECT_OK(store_write_durable(store, end_run, &ender));
    }
    print_message("accepted %d, declined %d, cancelled %d, expired %d\n", wins[0], wins[1], wins[2],
                  wins[3]);
    close_and_audit();
}

/* -- a room's second seat -------------------------------------------------------------------- */

static enum err room_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct room_codes_create_args args = {
        .code = str_from_c(racer->code), .creator_id = 1, .now_ms = T0, .expires_ms = T0 + 1000};
    struct room_row room;

    return room_codes_create(db, &args, &room);
}

/* The last one is the creator, who would rather not. */
static enum err sit_run(struct db *db, void *arg)
{
    struct racer *racer = arg;
    struct str code = str_from_c(racer->code);
    struct room_codes_join_args join_args = {
        .code = code, .user_id = racer->user_id, .recipe = RECIPE, .now_ms = T0};
    struct room_codes_cancel_args cancel = {.code = code, .user_id = 1, .now_ms = T0};
    struct room_codes_joined joined;
    struct room_row room;

    if (racer->number == THREADS - 1)
        return room_codes_cancel(db, &cancel, &room);
    return room_codes_join(db, &join_args, &joined);
}

TEST(of_several_who_know_the_code_one_sits_down_unless_the_creator_was_faster)
{
    struct racer host = {.code = "ABC234"};
    struct racer racers[THREADS];

    open_with_users(THREADS);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer ender = {0};

        host.code[5] = (char)('A' + round % 26);
        host.code[4] = (char)('A' + round / 26);
        EXPECT_OK(store_write_durable(store, room_run, &host));
        for (int i = 0; i < THREADS; i++) {
            racers[i] = (struct racer){.user_id = (uint64_t)i + 2};
            memcpy(racers[i].code, host.code, sizeof(host.code));
        }
        race(racers, sit_run);
        EXPECT_INT(1, count_of(racers, OK));
        if (racers[THREADS - 1].err == OK) {
            EXPECT_INT(THREADS - 1, count_of(racers, ERR_NO_SUCH_ROOM));
            continue;
        }
        EXPECT_INT(THREADS - 2, count_of(racers, ERR_ROOM_FULL));
        EXPECT_ERR(ERR_ROOM_STARTED, racers[THREADS - 1].err);
        EXPECT_OK(store_write_durable(store, end_run, &ender));
    }
    close_and_audit();
}
