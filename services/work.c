/* See work.h. */
#include "services/work.h"

#include <stdlib.h>
#include <sys/prctl.h>

#include "lib/base/clock.h"
#include "lib/bus/bus.h"

enum err work_submit(struct work *work, const char *role)
{
    return bus_call(work->context->bus, role, work);
}

static void come_home(struct reactor *reactor, struct reactor_msg *msg)
{
    struct work *work = container_of(msg, struct work, msg);

    work->done(reactor, work);
}

static void go_home(struct work *work)
{
    if (work->settled)
        work->settled(work);
    work->msg.run = come_home;
    reactor_post(work->home, &work->msg);
}

static void committed(struct store_job *job, enum err err)
{
    struct work *work = container_of(job, struct work, job);

    work->commit = err;
    go_home(work);
}

static void work_run(struct work *work)
{
    if (work->deadline_ms != 0 && clock_mono_ms() > work->deadline_ms) {
        work->commit = ERR_TIMEOUT;
        go_home(work);
        return;
    }
    work->run(work);
    work->job.done = committed;
    store_when_durable(work->context->store, work->batch, &work->job);
}

struct work_pool {
    struct queue *queue;
    const char *name;
    uint32_t thread_count;
    pthread_t threads[];
};

static void *worker_main(void *arg)
{
    struct work_pool *pool = arg;
    struct work *work;

    prctl(PR_SET_NAME, pool->name);
    while ((work = queue_pop(pool->queue)) != NULL)
        work_run(work);
    return NULL;
}

struct work_pool *work_pool_new(struct queue *queue, uint32_t thread_count, const char *name)
{
    struct work_pool *pool = calloc(1, sizeof(*pool) + thread_count * sizeof(pthread_t));

    CHECK(pool != NULL);
    pool->queue = queue;
    pool->name = name;
    pool->thread_count = thread_count;
    for (uint32_t i = 0; i < thread_count; i++)
        CHECK(pthread_create(&pool->threads[i], NULL, worker_main, pool) == 0);
    return pool;
}

void work_pool_join(struct work_pool *pool)
{
    for (uint32_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool);
}
