/*
 * The process is killed, at every system call through which it reaches the disk and at random
 * moments under load. Afterwards every acknowledged fact must be there and the audit clean.
 *
 * A child process does the work and writes one record into a pipe for each fact it was told is
 * durable; what the parent reads from the pipe is what was acknowledged to the world. A kill takes
 * nothing from the kernel, so the child's syncs are counted but not carried out: thousands of
 * deaths in seconds.
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <sys/wait.h>

#include "tests/unit/store/faults.h"
#include "tests/unit/store/fixture.h"

#include "lib/base/rng.h"
#include "lib/store/families.h"
#include "lib/store/store.h"

enum fact_kind { FACT_USER, FACT_TICKET, FACT_POINT, FACT_RESULT, FACT_FAMILY };

struct fact {
    uint64_t kind;
    uint64_t id;     /* user, ticket, match, family */
    uint64_t number; /* point, generation, winner seat */
};

static struct store *store;
static int facts_fd;

/* A pipe write of this size is whole or not there. */
static void acknowledge(enum fact_kind kind, uint64_t id, uint64_t number)
{
    struct fact fact = {kind, id, number};

    if (write(facts_fd, &fact, sizeof(fact)) != sizeof(fact))
        _exit(1);
}

/* -- the child's work ------------------------------------------------------------------------ */

struct job {
    uint64_t user_id, other_id, match_id, epoch, family_id, ticket_id;
    uint32_t number;
    uint16_t scores[2];
    char name[32];
    enum err verdict;
};

static enum err create_job(struct db *db, void *arg)
{
    struct job *job = arg;
    struct user_create_args args = {
        .username = str_from_c(job->name), .password_hash = STR("$argon2id$x"), .now_ms = T0};
    struct family_create_args family = {.token_hash = str_of(job->name, FAMILY_HASH_SIZE),
                                        .now_ms = T0,
                                        .expires_ms = T0 + 1000000};
    struct user user;
    enum err err;

    if ((err = user_create(db, &args, &user)))
        return err;
    job->user_id = family.user_id = user.id;
    if ((err = family_next_id(db, &family.family_id)))
        return err;
    job->family_id = family.family_id;
    return family_create(db, &family);
}

static enum err join_job(struct db *db, void *arg)
{
    struct job *job = arg;
    struct ticket_join_args args = join_args(job->user_id, T0);
    struct ticket_joined joined;
    struct matches_take_args take_args = {.node = STR("here"), .now_ms = T0};
    enum err err = ticket_join(db, &args, &joined);

    if (err)
        return err;
    job->ticket_id = joined.ticket_id;
    job->match_id = take_args.match_id = joined.match_id;
    return joined.match_id ? matches_take(db, &take_args, &job->epoch) : OK;
}

static enum err point_job(struct db *db, void *arg)
{
    struct job *job = arg;
    struct matches_point_args args = {.match_id = job->match_id,
                                      .epoch = job->epoch,
                                      .number = job->number,
                                      .seat = (uint8_t)(job->number % 2),
                                      .scores = {job->scores[0], job->scores[1]},
                                      .tick = job->number,
                                      .now_ms = T0};

    return matches_add_point(db, &args);
}

static enum err finish_job(struct db *db, void *arg)
{
    struct job *job = arg;
    struct matches_finish_args args =
        finish_args(job->match_id, job->epoch, SEAT_RIGHT, job->scores[0], job->scores[1]);
    struct matches_finished finished;

    return matches_finish(db, &args, &finished);
}

static enum err rotate_job(struct db *db, void *arg)
{
    struct job *job = arg;
    char next[FAMILY_HASH_SIZE] = {0}, present[FAMILY_HASH_SIZE] = {0};
    struct family_rotate_args args = {.family_id = job->family_id,
                                      .generation = job->number,
                                      .token_hash = str_of(present, FAMILY_HASH_SIZE),
                                      .next_hash = str_of(next, FAMILY_HASH_SIZE),
                                      .now_ms = T0,
                                      .expires_ms = T0 + 1000000};
    struct family_rotated out;
    enum err err;

    memcpy(present, job->name, FAMILY_HASH_SIZE);
    memcpy(next, job->name, FAMILY_HASH_SIZE);
    present[31] = (char)(job->number - 1);
    next[31] = (char)job->number;
    err = family_rotate(db, &args, &out);
    job->verdict = out.verdict;
    return err;
}

static void must(enum err err)
{
    if (err)
        _exit(4);
}

static void run(store_fn fn, struct job *job)
{
    must(store_write_durable(store, fn, job));
}

static void name_job(struct job *job, uint64_t thread, uint64_t number)
{
    struct buf buf;

    memset(job->name, 0, sizeof(job->name));
    buf_init_fixed(&buf, job->name, sizeof(job->name));
    buf_printf(&buf, "u-%llu-%llu", (unsigned long long)thread, (unsigned long long)number);
}

static void play_match(struct job *job)
{
    for (job->number = 1; job->number <= 5; job->number++) {
        job->scores[job->number % 2]++;
        run(point_job, job);
        acknowledge(FACT_POINT, job->match_id, job->number);
    }
    run(finish_job, job);
    acknowledge(FACT_RESULT, job->match_id, SEAT_RIGHT);
}

/* A new player arrives, refreshes twice, joins; whoever completes a match plays it for both. */
static void one_player(uint64_t thread, uint64_t number)
{
    struct job job = {0};

    name_job(&job, thread, number);
    run(create_job, &job);
    acknowledge(FACT_USER, job.user_id, 0);
    for (job.number = 1; job.number <= 2; job.number++) {
        run(rotate_job, &job);
        must(job.verdict);
        acknowledge(FACT_FAMILY, job.family_id, job.number + 1);
    }
    run(join_job, &job);
    acknowledge(FACT_TICKET, job.ticket_id, 0);
    if (job.match_id)
        play_match(&job);
}

static void open_in_child(void)
{
    struct store_config config = {.url = fixture_path, .reader_count = 1};

    must(store_open(&config, &store));
}

/* -- the parent's checks --------------------------------------------------------------------- */

static const char *const CHECKS[] = {
    [FACT_USER] = "SELECT COUNT(*) FROM users WHERE id = $1 AND $2 = 0",
    [FACT_TICKET] = "SELECT COUNT(*) FROM tickets WHERE id = $1 AND $2 = 0",
    [FACT_POINT] = "SELECT COUNT(*) FROM points WHERE match_id = $1 AND number = $2",
    [FACT_RESULT] = ("SELECT COUNT(*) FROM matches WHERE id = $1 AND winner_seat = $2 "
                     "AND has_rated = 1"),
    [FACT_FAMILY] = "SELECT COUNT(*) FROM token_families WHERE id = $1 AND generation >= $2",
};

static bool is_stored(const struct fact *fact)
{
    struct db_rows *rows;
    bool is_there;

    EXPECT(fact->kind < ARRAY_COUNT(CHECKS));
    EXPECT_OK(DB_QUERY(fixture_db, CHECKS[fact->kind], &rows, DB_ARG_I64(fact->id),
                       DB_ARG_I64(fact->number)));
    EXPECT_OK(db_next(rows));
    is_there = db_i64(rows, 0) == 1;
    db_done(rows);
    return is_there;
}

#define FACTS_MAX 20000
static struct fact facts[FACTS_MAX];
static size_t fact_count;

static void check_store(void)
{
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(db_check(fixture_db));
    EXPECT_OK(migrate(fixture_db, T0));
    for (size_t i = 0; i < fact_count; i++) {
        if (!is_stored(&facts[i])) {
            print_error("lost: kind %llu id %llu number %llu\n", (unsigned long long)facts[i].kind,
                        (unsigned long long)facts[i].id, (unsigned long long)facts[i].number);
            EXPECT(false);
        }
    }
    EXPECT_INT(0, fixture_audit());
    db_close(fixture_db);
}

static bool read_fact(int fd)
{
    EXPECT(fact_count < FACTS_MAX);
    if (read(fd, &facts[fact_count], sizeof(struct fact)) != sizeof(struct fact))
        return false;
    fact_count++;
    return true;
}

/* -- at every system call -------------------------------------------------------------------- */

/* Two players and their match, killed at the n-th call; true when it came through. */
static bool run_until_call(long call)
{
    int fds[2], status;
    pid_t child;

    EXPECT_INT(0, pipe(fds));
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        facts_fd = fds[1];
        atomic_store(&fault_kill_at, call);
        open_in_child();
        one_player(0, (uint64_t)call * 2);
        one_player(0, (uint64_t)call * 2 + 1);
        store_close(store);
        _exit(0);
    }
    close(fds[1]);
    while (read_fact(fds[0]))
        continue;
    close(fds[0]);
    EXPECT_INT(child, waitpid(child, &status, 0));
    if (WIFEXITED(status))
        EXPECT_INT(0, WEXITSTATUS(status));
    else
        EXPECT_INT(SIGKILL, WTERMSIG(status));
    return WIFEXITED(status);
}

/* Neighbouring calls mostly write pages of the same commit, so every third is looked at unless all
 * are asked for with RALLY_CRASH_EVERY=1. */
static long step_of_calls(void)
{
    const char *every = getenv("RALLY_CRASH_EVERY");
    uint64_t step = 3;

    if (every)
        EXPECT_OK(str_to_u64(str_from_c(every), 1000, &step));
    return step ? (long)step : 1;
}

TEST(killed_at_calls_to_the_disk_it_loses_nothing_it_acknowledged)
{
    long call = 1 - step_of_calls(), deaths = -1;
    bool came_through = false;

    atomic_store(&fault_sync_skips, true);
    while (!came_through) {
        fixture_folder_make(); /* a new store each time: making it is part of the story */
        fact_count = 0;
        came_through = run_until_call(call += step_of_calls());
        deaths++;
        check_store();
        fixture_folder_remove();
    }
    print_message("%ld deaths up to call %ld\n", deaths, call);
    EXPECT(call > 300);
}

/* The same store, killed again and again: recovery upon recovery. */
TEST(killed_in_each_recovery_it_still_loses_nothing)
{
    atomic_store(&fault_sync_skips, true);
    fixture_folder_make();
    fact_count = 0;
    for (long call = 1; call < 60; call++) {
        run_until_call(call);
        check_store();
    }
    fixture_folder_remove();
}

/* -- at random moments under load ------------------------------------------------------------ */

#define THREADS 6
#define ROUNDS 12

static void *load_main(void *arg)
{
    uint64_t thread = (uint64_t)(uintptr_t)arg;

    for (uint64_t i = 0;; i++)
        one_player(thread, i);
    return NULL;
}

static void load(uint64_t round)
{
    pthread_t thread;

    open_in_child();
    for (uint64_t i = 0; i < THREADS; i++) {
        if (pthread_create(&thread, NULL, load_main, (void *)(uintptr_t)(round * 100 + i)))
            _exit(5);
    }
    pause();
}

TEST(killed_at_random_moments_under_load_it_loses_nothing_it_acknowledged)
{
    struct rng rng;
    size_t acknowledged = 0;

    atomic_store(&fault_sync_skips, true);
    rng_init(&rng, 2026);
    fixture_folder_make();
    fact_count = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t wanted = 1 + rng_below(&rng, 300);
        int fds[2], status;
        pid_t child;

        EXPECT_INT(0, pipe(fds));
        child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            facts_fd = fds[1];
            load(round);
        }
        close(fds[1]);
        while (wanted-- > 0 && read_fact(fds[0]))
            continue;
        kill(child, SIGKILL);
        while (read_fact(fds[0])) /* what it had said before it died */
            continue;
        close(fds[0]);
        EXPECT_INT(child, waitpid(child, &status, 0));
        EXPECT(WIFSIGNALED(status));
        EXPECT_INT(SIGKILL, WTERMSIG(status));
        check_store();
    }
    acknowledged = fact_count;
    print_message("%zu facts acknowledged over %d kills\n", acknowledged, ROUNDS);
    EXPECT(acknowledged > ROUNDS);
    fixture_folder_remove();
}
