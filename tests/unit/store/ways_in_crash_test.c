/*
 * The process is killed while tournaments, duels and rooms go on, at every few system calls through
 * which it reaches the disk. Whoever comes back finds a clean store and can carry on: the same
 * tournament is played to its end, with every node decided once.
 *
 * As in crash_test.c a child does the work and its syncs are skipped: a kill takes nothing from the
 * kernel.
 */
#include "tests/unit/test.h"

#include <sys/wait.h>

#include "tests/unit/store/faults.h"
#include "tests/unit/store/ways_in.h"

#include "lib/store/duels.h"
#include "lib/store/outbox.h"
#include "lib/store/room_codes.h"
#include "lib/store/store.h"
#include "lib/store/tournaments.h"
#include "lib/store/webhooks.h"

#define PLAYERS 6

static struct store *store;
static struct tournament_board board;
static int said_fd;

static void must(enum err err)
{
    if (err)
        _exit(4);
}

static void run(store_fn fn, void *arg)
{
    must(store_write_durable(store, fn, arg));
}

/* What was acknowledged: a step's number and an id. The parent asks for it afterwards. */
struct said {
    uint64_t kind;
    uint64_t id;
};
enum said_kind { SAID_TOURNAMENT, SAID_STARTED, SAID_RESULT, SAID_DUEL, SAID_ROOM_RESULT };

static void say(enum said_kind kind, uint64_t id)
{
    struct said said = {kind, id};

    if (write(said_fd, &said, sizeof(said)) != sizeof(said))
        _exit(1);
}

/* -- the work, in whatever process ----------------------------------------------------------- */

static struct tournaments_step_args step_args(uint64_t tournament_id)
{
    return (struct tournaments_step_args){.tournament_id = tournament_id,
                                          .recipe = RECIPE,
                                          .rating_mode = STR("quick"),
                                          .no_show_ms = 60000,
                                          .now_ms = T0 + 1};
}

static enum err people_run(struct db *db, void *arg)
{
    (void)arg;
    for (int i = 1; i <= PLAYERS; i++) {
        char name[32];
        struct buf buf;
        struct user user;
        struct user_create_args args = {.password_hash = STR("x"), .now_ms = T0};
        enum err err;

        buf_init_fixed(&buf, name, sizeof(name));
        buf_printf(&buf, "player-%d", i);
        args.username = buf_str(&buf);
        err = user_create(db, &args, &user);
        if (err && err != ERR_USERNAME_TAKEN)
            return err;
    }
    return OK;
}

static enum err open_run(struct db *db, void *arg)
{
    struct tournaments_create_args args = {
        .name = STR("cup"), .creator_id = 1, .player_limit = PLAYERS, .seed = 5, .now_ms = T0};
    uint64_t *id = arg;
    enum err err = tournaments_create(db, &args, id);
    bool is_new;

    for (uint64_t i = 1; i <= PLAYERS && !err; i++) {
        struct tournaments_player_args join_args = {
            .tournament_id = *id, .user_id = i, .now_ms = T0 + i};
        err = tournaments_join(db, &join_args, &is_new);
    }
    return err;
}

static enum err start_run(struct db *db, void *arg)
{
    struct tournaments_step_args args = step_args(*(uint64_t *)arg);

    return tournaments_start(db, &args, &board);
}

static enum err sweep_run(struct db *db, void *arg)
{
    struct tournaments_step_args args = step_args(*(uint64_t *)arg);

    return tournaments_sweep(db, &args, &board);
}

/* Neither came to the tournament's second match. */
static int8_t winner_of(uint64_t match_id)
{
    return match_id == MATCH_ID_FIRST + 1 ? -1 : (int8_t)(match_id % 2);
}

/* Ends the oldest live match; ERR_END when there is none. What it tells outside goes with it. */
static enum err end_run(struct db *db, void *arg)
{
    uint64_t *match_id = arg;
    struct matches_take_args take_args = {.node = STR("here"), .now_ms = T0};
    struct matches_finish_args finish;
    struct matches_finished finished;
    size_t count;
    uint64_t epoch;
    enum err err = matches_list_live(db, 0, match_id, 1, &count);

    if (err || count == 0)
        return err ? err : ERR_END;
    take_args.match_id = *match_id;
    if ((err = matches_take(db, &take_args, &epoch)))
        return err;
    finish = end_args(*match_id, epoch, winner_of(*match_id));
    if ((err = matches_finish(db, &finish, &finished)))
        return err;
    if ((err = room_codes_match_ended(db, *match_id, finish.now_ms)))
        return err;
    return webhooks_add_result(db, &finished.match);
}

static enum err duel_run(struct db *db, void *arg)
{
    struct duels_open_args open = {.challenger_id = 1,
                                   .target_id = 2,
                                   .is_target_online = true,
                                   .game = STR("pong"),
                                   .timeout_ms = DUEL_TIMEOUT_MS,
                                   .now_ms = T0};
    struct duels_opened opened;
    enum err err = duels_open(db, &open, &opened);

    *(uint64_t *)arg = opened.duel.id;
    return err;
}

static enum err accept_run(struct db *db, void *arg)
{
    struct duels_answer_args args = {
        .duel_id = *(uint64_t *)arg, .user_id = 2, .recipe = RECIPE, .now_ms = T0 + 1};
    struct duel_row row;

    return duels_accept(db, &args, &row);
}

static enum err room_run(struct db *db, void *arg)
{
    struct room_codes_create_args create = {
        .code = STR("ABC234"), .creator_id = 3, .now_ms = T0, .expires_ms = T0 + 1000};
    struct room_codes_join_args join_args = {
        .code = STR("ABC234"), .user_id = 4, .recipe = RECIPE, .now_ms = T0};
    struct room_codes_joined joined;
    struct room_row room;
    enum err err = room_codes_create(db, &create, &room);

    if (!err)
        err = room_codes_join(db, &join_args, &joined);
    *(uint64_t *)arg = joined.room.match_id;
    return err;
}

static void play_tournament(uint64_t id)
{
    uint64_t match_id;

    for (;;) {
        enum err err = store_write_durable(store, end_run, &match_id);
        if (err == OK)
            say(SAID_RESULT, match_id);
        else if (err != ERR_END)
            _exit(4);
        run(sweep_run, &id);
        if (board.bracket.has_ended)
            return;
    }
}

static void whole_story(void)
{
    uint64_t tournament_id, duel_id, match_id;

    run(people_run, NULL);
    run(open_run, &tournament_id);
    say(SAID_TOURNAMENT, tournament_id);
    run(start_run, &tournament_id);
    say(SAID_STARTED, tournament_id);
    play_tournament(tournament_id);
    run(duel_run, &duel_id);
    run(accept_run, &duel_id);
    say(SAID_DUEL, duel_id);
    run(room_run, &match_id);
    run(end_run, &duel_id); /* the duel's match */
    run(end_run, &match_id);
    say(SAID_ROOM_RESULT, match_id);
}

static void open_store(void)
{
    struct store_config config = {.url = fixture_path, .reader_count = 1};

    must(store_open(&config, &store));
}

/* -- the child, and what is left of it ------------------------------------------------------- */

#define SAID_MAX 64
static struct said heard[SAID_MAX];
static size_t heard_count;

/* Runs the story until its n-th call to the disk; true when it came through. */
static bool run_until_call(long call)
{
    int fds[2], status;
    pid_t child;

    EXPECT_INT(0, pipe(fds));
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        said_fd = fds[1];
        atomic_store(&fault_kill_at, call);
        open_store();
        whole_story();
        store_close(store);
        _exit(0);
    }
    close(fds[1]);
    heard_count = 0;
    while (heard_count < SAID_MAX &&
           read(fds[0], &heard[heard_count], sizeof(struct said)) == sizeof(struct said))
        heard_count++;
    close(fds[0]);
    EXPECT_INT(child, waitpid(child, &status, 0));
    if (WIFEXITED(status))
        EXPECT_INT(0, WEXITSTATUS(status));
    else
        EXPECT_INT(SIGKILL, WTERMSIG(status));
    return WIFEXITED(status);
}

static const char *const CHECKS[] = {
    [SAID_TOURNAMENT] = "SELECT COUNT(*) FROM tournaments WHERE id = $1",
    [SAID_STARTED] = "SELECT COUNT(*) FROM tournaments WHERE id = $1 AND started_ms IS NOT NULL",
    [SAID_RESULT] = "SELECT COUNT(*) FROM matches WHERE id = $1 AND ended_ms IS NOT NULL",
    [SAID_DUEL] = "SELECT COUNT(*) FROM duels WHERE id = $1 AND state = 'accepted'",
    [SAID_ROOM_RESULT] = ("SELECT COUNT(*) FROM outbox WHERE topic = 'webhook.result' "
                          "AND aggregate = 'match:' || $1"),
};

static void check_said(void)
{
    for (size_t i = 0; i < heard_count; i++) {
        struct db_rows *rows;

        EXPECT(heard[i].kind < ARRAY_COUNT(CHECKS));
        EXPECT_OK(DB_QUERY(fixture_db, CHECKS[heard[i].kind], &rows, DB_ARG_I64(heard[i].id)));
        EXPECT_OK(db_next(rows));
        EXPECT_INT(1, db_i64(rows, 0));
        db_done(rows);
    }
}

/* In the next life: whatever tournament has started is played to its end. */
static void carry_on(void)
{
    static struct tournaments_due due;
    uint64_t match_id;

    while (fixture_number("SELECT COUNT(*) FROM tournaments WHERE state = 'started'") > 0) {
        enum err err = TXN(end_run(db, &match_id));

        EXPECT(err == OK || err == ERR_END);
        EXPECT_OK(TXN(tournaments_due(db, T0, 0, &due)));
        EXPECT_INT(1, due.count); /* somebody is always due, or it would hang */
        EXPECT_INT(TOURNAMENT_DUTY_SWEEP, due.list[0].duty);
        EXPECT_OK(TXN(sweep_run(db, &due.list[0].tournament_id)));
    }
}

static void check_store(void)
{
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(db_check(fixture_db));
    EXPECT_OK(migrate(fixture_db, T0));
    check_said();
    EXPECT_INT(0, ways_audit());
    EXPECT_INT(0, fixture_audit());
    carry_on();
    EXPECT_INT(0, ways_audit());
    EXPECT_INT(0, fixture_audit());
    db_close(fixture_db);
}

/* Every call when RALLY_CRASH_EVERY=1; neighbours mostly write pages of one commit. */
static long step_of_calls(void)
{
    const char *every = getenv("RALLY_CRASH_EVERY");
    uint64_t step = 7;

    if (every)
        EXPECT_OK(str_to_u64(str_from_c(every), 1000, &step));
    return step ? (long)step : 1;
}

TEST(killed_at_calls_to_the_disk_every_tournament_still_ends_and_nothing_acknowledged_is_lost)
{
    long step = step_of_calls(), call = 1 - step, deaths = -1;
    bool came_through = false;

    atomic_store(&fault_sync_skips, true);
    while (!came_through) {
        fixture_folder_make();
        came_through = run_until_call(call += step);
        deaths++;
        check_store();
        fixture_folder_remove();
    }
    print_message("%ld deaths up to call %ld\n", deaths, call);
    EXPECT(call > 100);
}
