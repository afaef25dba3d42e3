/*
 * The writer thread and its batches.
 *
 *     queue -> BEGIN, each job under its own savepoint, more jobs as they arrive -> COMMIT -> tell
 *
 * No timer makes a batch: whatever arrived while the last commit waited for the disk is the next
 * one. A batch has a number; numbers are settled in order, durable or failed, and whoever must not
 * speak before then waits for the number.
 *
 * When the operating system cannot make a commit durable (a failed fsync), nobody knows what the
 * disk holds: everybody waiting is told of the failure, then the process ends and the next start
 * recovers from the log. A full disk is milder: the batch fails, the next one may work again.
 */
#include "lib/store/store.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/limits.h"
#include "lib/base/log.h"
#include "lib/store/migrate.h"

/* A batch takes no new jobs after this, however many arrive: somebody waits for its end. */
#define BATCH_NS_MAX 2000000
/* The log is moved into the file when nothing has come for this long, or when it is this large. */
#define CHECKPOINT_IDLE_MS 200
#define CHECKPOINT_SIZE 4194304
/* How many settled batches are remembered by outcome. A worker asks within milliseconds; one that
 * slept through more than these is told ERR_STORE, which is the honest "unknown". */
#define OUTCOMES_KEPT 65536

const uint64_t STORE_COMMIT_NS_BOUNDS[15] = {
    100000,   250000,   500000,    1000000,   2000000,   4000000,    8000000,   16000000,
    32000000, 64000000, 128000000, 256000000, 512000000, 1000000000, 2500000000};
const uint64_t STORE_BATCH_BOUNDS[15] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192};

struct store {
    struct db *writer;
    pthread_t thread;
    struct mpsc queue;
    sem_t wake;
    _Atomic size_t queued; /* accepted and not run yet */
    atomic_bool is_closing;

    /* The writer's own. */
    struct mpsc_node *backlog; /* taken from the queue, oldest first */
    struct store_job *ran;     /* of this batch, told after the commit */
    struct store_job **ran_end;
    size_t batch_size;

    pthread_mutex_t settle_lock; /* guards what follows */
    uint64_t settled;            /* every batch up to this one is durable or has failed */
    struct store_job *waiting;   /* for the open batch */
    struct store_job **waiting_end;
    uint8_t has_failed[OUTCOMES_KEPT / 8];
    struct store_stats stats;

    pthread_mutex_t readers_lock;
    sem_t readers; /* how many are idle; not a condition variable: see lib/base/queue.c */
    struct db **idle_readers; /* a stack: the reader used last has the warmest cache */
    uint32_t idle_count;
    uint32_t reader_count;
};

/* A store_write in progress; lives on the worker's stack until `has_run` is posted. */
struct write_wait {
    struct store_job job;
    sem_t has_run;
};

static void semaphore_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore))
        CHECK(errno == EINTR);
}

/* -- the writer ------------------------------------------------------------------------------ */

static void write_has_run(struct store_job *job, enum err err)
{
    (void)err;
    sem_post(&container_of(job, struct write_wait, job)->has_run);
}

/* A worker waiting in store_write goes on at once, and its job's memory is gone then; others are
 * told after the commit. */
static void job_ran(struct store *store, struct store_job *job, enum err result)
{
    job->result = result;
    job->batch = store->settled + 1;
    store->batch_size++;
    atomic_fetch_sub_explicit(&store->queued, 1, memory_order_relaxed);
    if (job->done == write_has_run) {
        job->done(job, result);
        return;
    }
    job->next = NULL;
    *store->ran_end = job;
    store->ran_end = &job->next;
}

static struct store_job *next_job(struct store *store)
{
    struct mpsc_node *node;

    if (!store->backlog)
        store->backlog = mpsc_take_all(&store->queue);
    node = store->backlog;
    if (!node)
        return NULL;
    store->backlog = node->next;
    return container_of(node, struct store_job, node);
}

/* False when the database gave up the whole transaction and with it the batch. */
static bool run_job(struct store *store, struct store_job *job)
{
    struct db *db = store->writer;
    enum err err = db_savepoint(db);

    if (!err) {
        err = job->run(db, job->arg);
        if (err)
            db_savepoint_rollback(db);
        else
            err = db_savepoint_release(db);
    }
    if (!db_in_transaction(db)) {
        job_ran(store, job, ERR_STORE);
        return false;
    }
    job_ran(store, job, err);
    return true;
}

static void fail_queued(struct store *store)
{
    struct store_job *job;

    while (store->batch_size < LIMIT_STORE_BATCH && (job = next_job(store)))
        job_ran(store, job, ERR_STORE);
}

/* Runs everything that is queued or arrives meanwhile, within the bounds of a batch. */
static enum err run_batch(struct store *store, struct store_job *first)
{
    struct db *db = store->writer;
    uint64_t started_ns = clock_mono_ns();
    struct store_job *job = first;

    if (db_begin(db)) {
        job_ran(store, first, ERR_STORE);
        fail_queued(store);
        return ERR_STORE;
    }
    do {
        if (!run_job(store, job))
            return ERR_STORE;
    } while (store->batch_size < LIMIT_STORE_BATCH && clock_mono_ns() - started_ns < BATCH_NS_MAX &&
             (job = next_job(store)));
    if (db_commit(db)) {
        db_rollback(db);
        return ERR_STORE;
    }
    return OK;
}

static void count_in(uint64_t buckets[16], const uint64_t bounds[15], uint64_t value)
{
    size_t at = 0;

    while (at < 15 && value > bounds[at])
        at++;
    buckets[at]++;
}

static void stats_add(struct store_stats *stats, size_t batch_size, uint64_t ns)
{
    stats->commits++;
    stats->jobs += batch_size;
    stats->commit_ns_sum += ns;
    count_in(stats->commit_ns_buckets, STORE_COMMIT_NS_BOUNDS, ns);
    count_in(stats->batch_size_buckets, STORE_BATCH_BOUNDS, batch_size);
}

static void outcome_set(struct store *store, uint64_t batch, bool has_failed)
{
    uint8_t bit = (uint8_t)(1u << (batch % 8));
    uint8_t *byte = &store->has_failed[batch % OUTCOMES_KEPT / 8];

    *byte = (uint8_t)(has_failed ? *byte | bit : *byte & ~bit);
}

static enum err outcome_of(const struct store *store, uint64_t batch)
{
    if (batch == 0)
        return OK;
    if (store->settled - batch >= OUTCOMES_KEPT)
        return ERR_STORE;
    return store->has_failed[batch % OUTCOMES_KEPT / 8] >> (batch % 8) & 1 ? ERR_STORE : OK;
}

static void tell(struct store_job *job, enum err outcome)
{
    while (job) {
        struct store_job *next = job->next; /* job's memory is the caller's again after done */
        job->done(job, job->result ? job->result : outcome);
        job = next;
    }
}

static void settle(struct store *store, enum err outcome, uint64_t ns)
{
    struct store_job *ran = store->ran;
    struct store_job *waiting;

    pthread_mutex_lock(&store->settle_lock);
    outcome_set(store, store->settled + 1, outcome != OK);
    store->settled++;
    waiting = store->waiting;
    store->waiting = NULL;
    store->waiting_end = &store->waiting;
    stats_add(&store->stats, store->batch_size, ns);
    store->stats.log_size = db_log_size(store->writer);
    pthread_mutex_unlock(&store->settle_lock);
    store->ran = NULL;
    store->ran_end = &store->ran;
    store->batch_size = 0;
    tell(ran, outcome);
    tell(waiting, outcome);
}

static void checkpoint(struct store *store)
{
    if (db_checkpoint(store->writer))
        log_event(LOG_WARN, "checkpoint_failed", LOG_U64("size", db_log_size(store->writer)));
    pthread_mutex_lock(&store->settle_lock);
    store->stats.log_size = db_log_size(store->writer);
    pthread_mutex_unlock(&store->settle_lock);
}

/* A sync that failed may be claimed to work when asked again, so nobody asks again. */
static void end_if_sync_is_lost(struct store *store)
{
    if (!db_has_lost_sync(store->writer))
        return;
    log_event(LOG_ERROR, "store_lost_sync", LOG_C("action", "the process ends to recover"));
    abort();
}

/* Each push on the empty queue has posted; jobs of all but the last may be long done. */
static void wake_drain(struct store *store)
{
    while (sem_trywait(&store->wake) == 0)
        continue;
}

/* Waits for a job; moves the log into the file when there is nothing else to do. */
static void wait_for_work(struct store *store)
{
    struct timespec until;

    if (db_log_size(store->writer) == 0) {
        semaphore_wait(&store->wake);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CHECKPOINT_IDLE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (sem_clockwait(&store->wake, CLOCK_MONOTONIC, &until) && errno == ETIMEDOUT) {
        checkpoint(store);
        end_if_sync_is_lost(store);
        semaphore_wait(&store->wake);
    }
}

static void *writer_main(void *arg)
{
    struct store *store = arg;

    for (;;) {
        struct store_job *job = next_job(store);
        uint64_t started_ns;
        enum err outcome;

        if (!job && atomic_load(&store->is_closing))
            return NULL;
        if (!job) {
            wait_for_work(store);
            wake_drain(store);
            continue;
        }
        started_ns = clock_mono_ns();
        outcome = run_batch(store, job);
        settle(store, outcome, clock_mono_ns() - started_ns);
        end_if_sync_is_lost(store);
        if (db_log_size(store->writer) > CHECKPOINT_SIZE)
            checkpoint(store);
        end_if_sync_is_lost(store);
    }
}

/* -- open and close -------------------------------------------------------------------------- */

static enum err readers_open(struct store *store, const struct store_config *config)
{
    store->idle_readers = calloc(config->reader_count, sizeof(struct db *));
    if (!store->idle_readers)
        return ERR_STORE;
    while (store->reader_count < config->reader_count) {
        enum err err = db_open(config->url, DB_READER, &store->idle_readers[store->idle_count]);
        if (err)
            return err;
        store->idle_count++;
        store->reader_count++;
        sem_post(&store->readers);
    }
    return OK;
}

/* Readers first: the writer's last checkpoint must meet nobody. */
static void store_free(struct store *store)
{
    CHECK(store->idle_count == store->reader_count);
    for (uint32_t i = 0; i < store->reader_count; i++)
        db_close(store->idle_readers[i]);
    free(store->idle_readers);
    db_close(store->writer);
    sem_destroy(&store->readers);
    pthread_mutex_destroy(&store->readers_lock);
    pthread_mutex_destroy(&store->settle_lock);
    sem_destroy(&store->wake);
    free(store);
}

static struct store *store_alloc(void)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        return NULL;
    mpsc_init(&store->queue);
    store->ran_end = &store->ran;
    store->waiting_end = &store->waiting;
    CHECK(sem_init(&store->wake, 0, 0) == 0);
    CHECK(pthread_mutex_init(&store->settle_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&store->readers_lock, NULL) == 0);
    CHECK(sem_init(&store->readers, 0, 0) == 0);
    return store;
}

enum err store_open(const struct store_config *config, struct store **out)
{
    struct store *store = store_alloc();
    enum err err;

    CHECK(config->reader_count > 0);
    if (!store)
        return ERR_STORE;
    if ((err = db_open(config->url, DB_WRITER, &store->writer)))
        goto free_store;
    if ((err = db_check(store->writer)))
        goto free_store;
    if ((err = migrate(store->writer, clock_wall_ms())))
        goto free_store;
    if ((err = readers_open(store, config)))
        goto free_store;
    if (pthread_create(&store->thread, NULL, writer_main, store)) {
        err = ERR_STORE;
        goto free_store;
    }
    pthread_setname_np(store->thread, "store-writer");
    *out = store;
    return OK;

free_store:
    store_free(store);
    return err;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    atomic_store(&store->is_closing, true);
    sem_post(&store->wake);
    pthread_join(store->thread, NULL);
    CHECK(!store->waiting);
    store_free(store);
}

/* -- callers --------------------------------------------------------------------------------- */

enum err store_submit(struct store *store, struct store_job *job)
{
    size_t queued = atomic_fetch_add_explicit(&store->queued, 1, memory_order_relaxed);

    if (queued >= LIMIT_STORE_QUEUE) {
        atomic_fetch_sub_explicit(&store->queued, 1, memory_order_relaxed);
        return ERR_FULL;
    }
    if (mpsc_push(&store->queue, &job->node))
        sem_post(&store->wake);
    return OK;
}

enum err store_write(struct store *store, store_fn fn, void *arg, uint64_t *batch)
{
    struct write_wait wait = {.job = {.run = fn, .arg = arg, .done = write_has_run}};
    enum err err;

    CHECK(!pthread_equal(pthread_self(), store->thread));
    CHECK(sem_init(&wait.has_run, 0, 0) == 0);
    err = store_submit(store, &wait.job);
    if (!err) {
        semaphore_wait(&wait.has_run);
        err = wait.job.result;
        if (wait.job.batch > *batch)
            *batch = wait.job.batch;
    }
    sem_destroy(&wait.has_run);
    return err;
}

void store_when_durable(struct store *store, uint64_t batch, struct store_job *job)
{
    enum err outcome = OK;
    bool is_settled;

    job->batch = batch;
    job->result = OK;
    job->next = NULL;
    pthread_mutex_lock(&store->settle_lock);
    CHECK(batch <= store->settled + 1);
    is_settled = batch <= store->settled;
    if (is_settled) {
        outcome = outcome_of(store, batch);
    } else {
        *store->waiting_end = job;
        store->waiting_end = &job->next;
    }
    pthread_mutex_unlock(&store->settle_lock);
    if (is_settled)
        job->done(job, outcome);
}

/* Waits for the commit where store_write waits for the run. */
static void write_is_durable(struct store_job *job, enum err err)
{
    struct write_wait *wait = container_of(job, struct write_wait, job);

    job->result = err;
    sem_post(&wait->has_run);
}

enum err store_write_durable(struct store *store, store_fn fn, void *arg)
{
    struct write_wait wait = {.job = {.run = fn, .arg = arg, .done = write_is_durable}};
    enum err err;

    CHECK(!pthread_equal(pthread_self(), store->thread));
    CHECK(sem_init(&wait.has_run, 0, 0) == 0);
    err = store_submit(store, &wait.job);
    if (!err) {
        semaphore_wait(&wait.has_run);
        err = wait.job.result;
    }
    sem_destroy(&wait.has_run);
    return err;
}

static struct db *reader_take(struct store *store)
{
    struct db *reader;

    semaphore_wait(&store->readers);
    pthread_mutex_lock(&store->readers_lock);
    CHECK(store->idle_count > 0);
    reader = store->idle_readers[--store->idle_count];
    pthread_mutex_unlock(&store->readers_lock);
    return reader;
}

static void reader_give(struct store *store, struct db *reader)
{
    pthread_mutex_lock(&store->readers_lock);
    store->idle_readers[store->idle_count++] = reader;
    pthread_mutex_unlock(&store->readers_lock);
    sem_post(&store->readers);
}

enum err store_read(struct store *store, store_fn fn, void *arg)
{
    struct db *reader = reader_take(store);
    enum err err = db_begin(reader);

    if (!err) {
        err = fn(reader, arg);
        if (db_commit(reader)) {
            db_rollback(reader);
            err = err ? err : ERR_STORE;
        }
    }
    reader_give(store, reader);
    return err;
}

void store_stats(struct store *store, struct store_stats *out)
{
    pthread_mutex_lock(&store->settle_lock);
    *out = store->stats;
    pthread_mutex_unlock(&store->settle_lock);
    out->queued = atomic_load_explicit(&store->queued, memory_order_relaxed);
}

bool store_has_failed(struct store *store)
{
    bool has_failed;

    pthread_mutex_lock(&store->settle_lock);
    has_failed = outcome_of(store, store->settled) != OK;
    pthread_mutex_unlock(&store->settle_lock);
    return has_failed;
}
