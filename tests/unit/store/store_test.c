/*
 * The writer, its batches and the readers beside it, under many threads. Where a test needs jobs to
 * pile up it holds the writer inside a job, so that nothing depends on how fast the disk is.
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "tests/unit/store/fixture.h"

#include "lib/base/limits.h"
#include "lib/store/store.h"

static struct store *store;

static void open_store(uint32_t reader_count)
{
    struct store_config config = {.reader_count = reader_count};

    fixture_folder_make();
    config.url = fixture_path;
    EXPECT_OK(store_open(&config, &store));
}

/* Every test ends with a clean audit of what is on the disk. */
static void close_store(void)
{
    store_close(store);
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(db_check(fixture_db));
    fixture_close();
}

/* -- jobs ------------------------------------------------------------------------------------ */

static enum err add_user(struct db *db, void *arg)
{
    struct user_create_args args = {
        .username = str_from_c(arg), .password_hash = STR("$argon2id$x"), .now_ms = T0};
    struct user user;

    return user_create(db, &args, &user);
}

static enum err count_users(struct db *db, void *arg)
{
    struct db_rows *rows;
    enum err err = db_query(db, "SELECT COUNT(*) FROM users", NULL, 0, &rows);

    if (err)
        return err;
    err = db_next(rows);
    if (!err)
        *(int64_t *)arg = db_i64(rows, 0);
    db_done(rows);
    return err;
}

static int64_t users(void)
{
    int64_t count = -1;

    EXPECT_OK(store_read(store, count_users, &count));
    return count;
}

/* A job that keeps the writer inside its batch until it is let go. */
struct gate {
    struct store_job job;
    sem_t is_inside, may_go, is_done;
};

static enum err gate_run(struct db *db, void *arg)
{
    struct gate *gate = arg;

    (void)db;
    sem_post(&gate->is_inside);
    while (sem_wait(&gate->may_go))
        continue;
    return OK;
}

static void gate_done(struct store_job *job, enum err err)
{
    (void)err;
    sem_post(&container_of(job, struct gate, job)->is_done);
}

static void gate_close(struct gate *gate)
{
    *gate = (struct gate){.job = {.run = gate_run, .arg = gate, .done = gate_done}};
    EXPECT_INT(0, sem_init(&gate->is_inside, 0, 0));
    EXPECT_INT(0, sem_init(&gate->may_go, 0, 0));
    EXPECT_INT(0, sem_init(&gate->is_done, 0, 0));
    EXPECT_OK(store_submit(store, &gate->job));
    while (sem_wait(&gate->is_inside))
        continue;
}

static void gate_open(struct gate *gate)
{
    sem_post(&gate->may_go);
    while (sem_wait(&gate->is_done))
        continue;
}

static atomic_int done_count;
static atomic_int failed_count;

static void count_done(struct store_job *job, enum err err)
{
    (void)job;
    atomic_fetch_add(&done_count, 1);
    if (err)
        atomic_fetch_add(&failed_count, 1);
}

/* -- one caller ------------------------------------------------------------------------------ */

TEST(a_durable_write_is_seen_by_the_next_reader)
{
    char name[] = "alice";

    open_store(2);
    EXPECT_INT(0, users());
    EXPECT_OK(store_write_durable(store, add_user, name));
    EXPECT_INT(1, users());
    EXPECT_ERR(ERR_USERNAME_TAKEN, store_write_durable(store, add_user, name));
    EXPECT_INT(1, users());
    close_store();
}

TEST(a_second_process_or_store_cannot_open_the_same_file)
{
    struct store_config config = {.url = fixture_path, .reader_count = 1};
    struct store *second = NULL;

    open_store(1);
    EXPECT_ERR(ERR_STORE, store_open(&config, &second));
    EXPECT_NULL(second);
    close_store();
}

static enum err write_on_reader(struct db *db, void *arg)
{
    return add_user(db, arg);
}

TEST(a_reader_cannot_write_through_the_store)
{
    char name[] = "alice";

    open_store(1);
    EXPECT_ERR(ERR_STORE, store_read(store, write_on_reader, name));
    EXPECT_INT(0, users());
    close_store();
}

struct durable_wait {
    struct store_job job;
    sem_t is_done;
    enum err err;
    pthread_t thread;
};

static void durable_done(struct store_job *job, enum err err)
{
    struct durable_wait *wait = container_of(job, struct durable_wait, job);

    wait->err = err;
    wait->thread = pthread_self();
    sem_post(&wait->is_done);
}

static enum err wait_durable(uint64_t batch, struct durable_wait *wait)
{
    *wait = (struct durable_wait){.job = {.done = durable_done}};
    EXPECT_INT(0, sem_init(&wait->is_done, 0, 0));
    store_when_durable(store, batch, &wait->job);
    while (sem_wait(&wait->is_done))
        continue;
    return wait->err;
}

TEST(what_has_run_is_announced_only_when_its_batch_is_durable)
{
    struct durable_wait wait;
    char name[] = "alice";
    uint64_t batch = 0;

    open_store(1);
    EXPECT_OK(wait_durable(0, &wait)); /* nothing to wait for: at once, here */
    EXPECT(pthread_equal(wait.thread, pthread_self()));
    EXPECT_OK(store_write(store, add_user, name, &batch));
    EXPECT(batch > 0);
    EXPECT_OK(wait_durable(batch, &wait));
    EXPECT_INT(1, users());
    EXPECT_OK(wait_durable(batch, &wait)); /* known by now: at once again */
    EXPECT(pthread_equal(wait.thread, pthread_self()));
    close_store();
}

TEST(an_error_names_a_batch_to_wait_for_as_well)
{
    char name[] = "alice";
    uint64_t batch = 0;

    open_store(1);
    EXPECT_OK(store_write_durable(store, add_user, name));
    EXPECT_ERR(ERR_USERNAME_TAKEN, store_write(store, add_user, name, &batch));
    EXPECT(batch > 0);
    close_store();
}

/* -- one batch ------------------------------------------------------------------------------- */

struct named_job {
    struct store_job job;
    char name[16];
    enum err err;
};

static void named_done(struct store_job *job, enum err err)
{
    container_of(job, struct named_job, job)->err = err;
    atomic_fetch_add(&done_count, 1);
}

static void submit_named(struct named_job *job, const char *prefix, int number)
{
    struct buf buf;

    *job = (struct named_job){.job = {.run = add_user, .arg = job->name, .done = named_done}};
    buf_init_fixed(&buf, job->name, sizeof(job->name));
    buf_printf(&buf, "%s%d", prefix, number);
    EXPECT_OK(store_submit(store, &job->job));
}

/* How many commits 200 waiting jobs cost: the gate's batch may run out of its time first, so the
 * jobs may need a second one, but never one each. */
TEST(jobs_share_commits)
{
    static struct named_job jobs[200];
    struct store_stats stats;
    struct gate gate;
    char last[] = "last";

    open_store(1);
    gate_close(&gate);
    for (int i = 0; i < 200; i++)
        submit_named(&jobs[i], "user", i);
    store_stats(store, &stats);
    EXPECT_INT(201, stats.queued); /* the gate has not run to its end */
    gate_open(&gate);
    EXPECT_OK(store_write_durable(store, add_user, last));
    store_stats(store, &stats);
    EXPECT_INT(202, stats.jobs);
    print_message("%llu jobs in %llu commits\n", (unsigned long long)stats.jobs,
                  (unsigned long long)stats.commits);
    EXPECT(stats.jobs >= 4 * stats.commits);
    EXPECT_INT(0, stats.queued);
    close_store();
}

TEST(a_failing_job_takes_nothing_of_its_neighbours_with_it)
{
    static struct named_job jobs[30];
    struct gate gate;
    char last[] = "last";

    open_store(1);
    gate_close(&gate);
    for (int i = 0; i < 30; i++)
        submit_named(&jobs[i], "user", i % 10);
    gate_open(&gate);
    EXPECT_OK(store_write_durable(store, add_user, last));
    for (int i = 0; i < 30; i++)
        EXPECT_ERR(i < 10 ? OK : ERR_USERNAME_TAKEN, jobs[i].err);
    EXPECT_INT(11, users());
    close_store();
}

static enum err half_done(struct db *db, void *arg)
{
    enum err err = add_user(db, arg);

    return err ? err : ERR_CONFLICT;
}

TEST(an_error_undoes_what_the_job_had_done)
{
    char name[] = "alice";

    open_store(1);
    EXPECT_ERR(ERR_CONFLICT, store_write_durable(store, half_done, name));
    EXPECT_INT(0, users());
    EXPECT_OK(store_write_durable(store, add_user, name));
    close_store();
}

static enum err nothing(struct db *db, void *arg)
{
    (void)db;
    (void)arg;
    return OK;
}

TEST(a_full_queue_refuses_and_recovers)
{
    static struct store_job jobs[LIMIT_STORE_QUEUE + 1];
    struct gate gate;
    char name[] = "alice";
    uint64_t batch = 0;
    int accepted = 0;

    open_store(1);
    atomic_store(&done_count, 0);
    gate_close(&gate);
    for (int i = 0; i < LIMIT_STORE_QUEUE + 1; i++) {
        jobs[i] = (struct store_job){.run = nothing, .done = count_done};
        accepted += store_submit(store, &jobs[i]) == OK;
    }
    /* The gate itself still counts as queued while it runs. */
    EXPECT_INT(LIMIT_STORE_QUEUE - 1, accepted);
    EXPECT_ERR(ERR_FULL, store_write(store, add_user, name, &batch));
    EXPECT_INT(0, batch);
    gate_open(&gate);
    while (store_write_durable(store, add_user, name) == ERR_FULL)
        continue;
    EXPECT_INT(accepted, atomic_load(&done_count));
    EXPECT_INT(1, users());
    close_store();
}

TEST(closing_runs_what_is_queued)
{
    static struct named_job jobs[100];
    struct gate gate;

    open_store(1);
    atomic_store(&done_count, 0);
    gate_close(&gate);
    for (int i = 0; i < 100; i++)
        submit_named(&jobs[i], "user", i);
    sem_post(&gate.may_go);
    store_close(store);
    EXPECT_INT(100, atomic_load(&done_count));
    EXPECT_OK(store_open(&(struct store_config){.url = fixture_path, .reader_count = 1}, &store));
    EXPECT_INT(100, users());
    close_store();
}

static enum err write_large(struct db *db, void *arg)
{
    static char text[4000];
    struct str preferences = str_of(text, sizeof(text));
    struct user_patch_args args = {
        .user_id = *(uint64_t *)arg, .preferences = &preferences, .now_ms = T0};

    memset(text, 'x', sizeof(text));
    return user_patch(db, &args);
}

TEST(the_log_is_moved_into_the_file_while_writing_goes_on)
{
    uint64_t id = 1, largest = 0, falls = 0, before = 0;
    struct store_stats stats;
    char name[] = "alice";

    open_store(1);
    EXPECT_OK(store_write_durable(store, add_user, name));
    for (int i = 0; i < 900; i++) {
        EXPECT_OK(store_write_durable(store, write_large, &id));
        store_stats(store, &stats);
        largest = stats.log_size > largest ? stats.log_size : largest;
        falls += stats.log_size < before;
        before = stats.log_size;
    }
    EXPECT(falls > 0);
    EXPECT(largest < 5000000);
    close_store();
}

/* -- readers --------------------------------------------------------------------------------- */

struct snapshot {
    int64_t first, second;
};

static void *add_beside(void *arg)
{
    return store_write_durable(store, add_user, arg) == OK ? arg : NULL;
}

/* Between the two looks another thread's write becomes durable. */
static enum err look_twice(struct db *db, void *arg)
{
    struct snapshot *snapshot = arg;
    static char name[] = "beside";
    pthread_t thread;
    void *result = NULL;
    enum err err = count_users(db, &snapshot->first);

    if (err)
        return err;
    if (pthread_create(&thread, NULL, add_beside, name))
        return ERR_INTERNAL;
    pthread_join(thread, &result);
    if (!result)
        return ERR_INTERNAL;
    return count_users(db, &snapshot->second);
}

TEST(a_reader_sees_one_snapshot_while_others_write)
{
    struct snapshot snapshot;

    open_store(2);
    EXPECT_OK(store_read(store, look_twice, &snapshot));
    EXPECT_INT(0, snapshot.first);
    EXPECT_INT(0, snapshot.second);
    EXPECT_INT(1, users());
    close_store();
}

/* -- many threads ---------------------------------------------------------------------------- */

#define THREADS 8

struct worker {
    pthread_t thread;
    int number;
    void (*work)(struct worker *worker);
    uint64_t ids[8];
    size_t ok_count, refused_count, other_count;
};

static void *worker_main(void *arg)
{
    struct worker *worker = arg;

    worker->work(worker);
    return NULL;
}

static size_t run_workers(struct worker *workers, void (*work)(struct worker *worker))
{
    size_t ok_count = 0;

    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        workers[i].work = work;
        EXPECT_INT(0, pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        EXPECT_INT(0, workers[i].other_count);
        ok_count += workers[i].ok_count;
    }
    return ok_count;
}

static void note(struct worker *worker, enum err err, enum err refused)
{
    worker->ok_count += err == OK;
    worker->refused_count += err != OK && err == refused;
    worker->other_count += err != OK && err != refused;
}

static enum err join_job(struct db *db, void *arg)
{
    struct ticket_join_args args = join_args(*(uint64_t *)arg, T0);
    struct ticket_joined joined;

    return ticket_join(db, &args, &joined);
}

static void join_as_one(struct worker *worker)
{
    uint64_t id = 1;

    for (int i = 0; i < 20; i++)
        note(worker, store_write_durable(store, join_job, &id), ERR_ALREADY_QUEUED);
}

TEST(one_player_joining_from_many_threads_is_queued_once)
{
    struct worker workers[THREADS] = {0};
    char name[] = "alice";

    open_store(1);
    EXPECT_OK(store_write_durable(store, add_user, name));
    EXPECT_INT(1, run_workers(workers, join_as_one));
    close_store();
}

/* Each of 80 players joins from four threads at once. */
static void join_as_many(struct worker *worker)
{
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t id = 1 + (i + (uint64_t)worker->number * 10) % 80;
        enum err err = store_write_durable(store, join_job, &id);
        note(worker, err == ERR_IN_MATCH ? ERR_ALREADY_QUEUED : err, ERR_ALREADY_QUEUED);
    }
}

static enum err count_matches(struct db *db, void *arg)
{
    uint64_t ids[64];

    return matches_list_live(db, 0, ids, 64, arg);
}

TEST(many_players_joining_from_many_threads_are_paired_two_by_two)
{
    struct worker workers[THREADS] = {0};
    size_t matches = 0;

    open_store(1);
    for (int i = 0; i < 80; i++) {
        char name[16];
        struct buf buf;
        buf_init_fixed(&buf, name, sizeof(name));
        buf_printf(&buf, "user%d", i);
        EXPECT_OK(store_write_durable(store, add_user, name));
    }
    EXPECT_INT(80, run_workers(workers, join_as_many));
    EXPECT_OK(store_read(store, count_matches, &matches));
    EXPECT_INT(40, matches);
    close_store();
}

static uint64_t shared_match, shared_epoch;

static enum err make_match(struct db *db, void *arg)
{
    struct matches_take_args take_args = {.node = STR("here"), .now_ms = T0};
    uint64_t ids[2] = {1, 2};
    struct ticket_joined joined;
    enum err err;

    (void)arg;
    for (int i = 0; i < 2; i++) {
        struct ticket_join_args args = join_args(ids[i], T0);
        if ((err = ticket_join(db, &args, &joined)))
            return err;
    }
    shared_match = take_args.match_id = joined.match_id;
    return matches_take(db, &take_args, &shared_epoch);
}

static enum err finish_job(struct db *db, void *arg)
{
    struct matches_finish_args args = finish_args(shared_match, shared_epoch, SEAT_LEFT, 0, 0);
    struct matches_finished finished;
    enum err err;

    args.reason = MATCH_REASON_RESIGN;
    err = matches_finish(db, &args, &finished);
    if (!err)
        *(bool *)arg = finished.is_repeat;
    return err;
}

static void finish_many(struct worker *worker)
{
    for (int i = 0; i < 10; i++) {
        bool is_repeat = false;
        enum err err = store_write_durable(store, finish_job, &is_repeat);
        note(worker, err ? err : is_repeat ? ERR_CONFLICT : OK, ERR_CONFLICT);
    }
}

TEST(one_result_sent_by_many_threads_counts_once)
{
    struct worker workers[THREADS] = {0};
    char alice[] = "alice", bob[] = "bob";

    open_store(1);
    EXPECT_OK(store_write_durable(store, add_user, alice));
    EXPECT_OK(store_write_durable(store, add_user, bob));
    EXPECT_OK(store_write_durable(store, make_match, NULL));
    EXPECT_INT(1, run_workers(workers, finish_many)); /* 79 repeats */
    close_store();
}

/* Writers and readers at once, all through the public door. */
static void write_and_read(struct worker *worker)
{
    for (int i = 0; i < 25; i++) {
        struct durable_wait wait;
        char name[24];
        struct buf buf;
        uint64_t batch = 0;
        int64_t before = 0, after = 0;
        enum err err;
        buf_init_fixed(&buf, name, sizeof(name));
        buf_printf(&buf, "user-%d-%d", worker->number, i);
        err = store_read(store, count_users, &before);
        if (!err)
            err = store_write(store, add_user, name, &batch);
        if (!err)
            err = wait_durable(batch, &wait);
        if (!err)
            err = store_read(store, count_users, &after);
        note(worker, err ? err : after > before ? OK : ERR_INTERNAL, OK);
    }
}

TEST(writers_and_readers_do_not_disturb_each_other)
{
    struct worker workers[THREADS] = {0};
    struct store_stats stats;

    open_store(3);
    EXPECT_INT(THREADS * 25, run_workers(workers, write_and_read));
    EXPECT_INT(THREADS * 25, users());
    store_stats(store, &stats);
    EXPECT_INT(THREADS * 25, stats.jobs);
    print_message("%llu jobs in %llu commits\n", (unsigned long long)stats.jobs,
                  (unsigned long long)stats.commits);
    close_store();
}
