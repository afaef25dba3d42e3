/*
 * The only truth. A store has one writer (thread and connection) and a pool of readers. Functions
 * that write run on the writer inside a savepoint of the batch that is open; all that waits is
 * committed under one fsync (group commit), and nobody is told of an effect before it is durable.
 *
 * A function given to the store may run more than once (serialization failures on PostgreSQL), so
 * it has no side effects but the database and its own argument. An error it returns rolls its
 * savepoint back and is handed to the caller unchanged; others in the batch are not disturbed.
 */
#ifndef RALLY_STORE_STORE_H
#define RALLY_STORE_STORE_H

#include "lib/base/mpsc.h"
#include "lib/db/db.h"

struct store;

typedef enum err (*store_fn)(struct db *db, void *arg);

struct store_config {
    const char *url; /* SQLite file */
    uint32_t reader_count;
};

/* Opens, checks (quick_check), migrates, starts the writer. ERR_STORE with the reason logged: no
 * access, in use by another process, damaged, or of a newer or altered schema. */
enum err store_open(const struct store_config *config, struct store **out) MUST_USE;
/* Runs what is queued, checkpoints, closes. Nobody may use the store any more. */
void store_close(struct store *store);

/*
 * One piece of work for the writer. The memory is the caller's until `done` has been called, once,
 * on the writer thread, after the commit (or the failure). `done` must not block.
 */
struct store_job {
    struct mpsc_node node;
    store_fn run;
    void *arg;
    void (*done)(struct store_job *job, enum err err);
    enum err result;        /* of run */
    uint64_t batch;         /* number of the commit that makes it durable, or fails */
    struct store_job *next; /* the writer's own */
};

/* From any thread, never blocks. ERR_FULL when LIMIT_STORE_QUEUE jobs are queued: nothing happens
 * and `done` is not called. */
enum err store_submit(struct store *store, struct store_job *job) MUST_USE;

/*
 * From a worker: runs `fn` on the writer and returns its result as soon as it has RUN, before the
 * commit; *batch is raised to the commit it belongs to, also when it returns an error (which may
 * rest on what others have done in the same batch). Whatever tells the outside world must wait for
 * that commit: see store_when_durable. ERR_FULL when the queue is full.
 */
enum err store_write(struct store *store, store_fn fn, void *arg, uint64_t *batch) MUST_USE;

/* Calls job->done(job, OK or ERR_STORE) once batch is durable or has failed: at once, on this
 * thread, when that is known already (also for batch 0), otherwise on the writer thread. */
void store_when_durable(struct store *store, uint64_t batch, struct store_job *job);

/* Like store_write, and waits for the commit. For start-up, timers and tools. */
enum err store_write_durable(struct store *store, store_fn fn, void *arg) MUST_USE;

/* From a worker: runs `fn` on an idle reader, inside a read transaction (one snapshot). It sees
 * what is committed, not what a store_write of the same worker has left in an open batch. */
enum err store_read(struct store *store, store_fn fn, void *arg) MUST_USE;

struct store_stats {
    uint64_t commits;
    uint64_t jobs;
    uint64_t queued;                /* accepted and not run yet */
    uint64_t log_size;              /* bytes of the write-ahead log that are not in the file yet */
    uint64_t commit_ns_buckets[16]; /* cumulative counts are the metrics' business */
    uint64_t batch_size_buckets[16];
    uint64_t commit_ns_sum;
};
/* Upper bounds of the buckets above (the last is +Inf). */
extern const uint64_t STORE_COMMIT_NS_BOUNDS[15];
extern const uint64_t STORE_BATCH_BOUNDS[15];
void store_stats(struct store *store, struct store_stats *out);
/* True while the last commit has failed (a full disk): readiness says so. Any thread. */
bool store_has_failed(struct store *store);

#endif
