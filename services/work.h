/*
 * One piece of control-plane work that a reactor asks for: run on a worker (plain blocking code),
 * held until the commit it depends on is durable, then brought back to the reactor that asked.
 *
 *     reactor --work_submit--> worker: run --> (writer: commit) --> settled --> reactor: done
 *
 * The memory belongs to whoever made it and is free to go inside `done`, which is called exactly
 * once for every accepted work, also when the deadline passed in the queue (commit = ERR_TIMEOUT,
 * run was not called) or the commit failed (ERR_STORE).
 */
#ifndef RALLY_SERVICES_WORK_H
#define RALLY_SERVICES_WORK_H

#include "lib/base/queue.h"
#include "lib/net/net.h"
#include "services/context.h"

struct work {
    struct store_job job;
    struct reactor_msg msg;
    struct reactor *home;
    struct context *context;
    uint64_t deadline_ms; /* monotonic; 0: none. Work that waited longer is not begun. */
    uint64_t batch;       /* raised by `run` when it wrote */
    enum err commit;      /* OK: what run did is durable */
    void (*run)(struct work *work);
    void (*settled)(struct work *work); /* may be NULL; on any thread, must not block */
    void (*done)(struct reactor *home, struct work *work);
};

/* Hands the work to the role's workers. ERR_FULL or ERR_NOT_FOUND: nothing will be called. */
enum err work_submit(struct work *work, const char *role) MUST_USE;

/* A pool of threads over one bounded queue. */
struct work_pool;
struct work_pool *work_pool_new(struct queue *queue, uint32_t thread_count, const char *name);
/* Waits until all that is queued has run. The queue must have been closed. */
void work_pool_join(struct work_pool *pool);

#endif
