/*
 * A ring under one mutex: the critical sections are a few instructions long. Waiting is on a
 * semaphore and not on a condition variable: before version 2.41 glibc can lose the wake-up of one
 * when several threads wait (its bug 25847), and an item would lie there until the next push.
 */
#include "lib/base/queue.h"

#include <errno.h>
#include <stdlib.h>

enum err queue_init(struct queue *queue, size_t count_max)
{
    *queue = (struct queue){.count_max = count_max};
    queue->items = calloc(count_max, sizeof(void *));
    if (!queue->items)
        return ERR_FULL;
    CHECK(pthread_mutex_init(&queue->lock, NULL) == 0);
    CHECK(sem_init(&queue->wakes, 0, 0) == 0);
    return OK;
}

void queue_release(struct queue *queue)
{
    if (!queue->items)
        return;
    sem_destroy(&queue->wakes);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    queue->items = NULL;
}

/*
 * One waiter is woken at a time: it wakes the next itself when it finds more than it takes. A push
 * for each of many items in a row then costs one signal, and threads that share a core do not all
 * come running for work that the first of them would have done. Called with the lock; true: post
 * once it is let go.
 */
static bool should_wake(struct queue *queue)
{
    if (queue->count == 0 || queue->waiters == 0 || queue->is_waking)
        return false;
    queue->is_waking = true;
    return true;
}

enum err queue_push(struct queue *queue, void *item)
{
    enum err err = OK;
    bool wakes;

    pthread_mutex_lock(&queue->lock);
    if (queue->is_closed || queue->count == queue->count_max)
        err = ERR_FULL;
    else
        queue->items[(queue->at + queue->count++) % queue->count_max] = item;
    wakes = !err && should_wake(queue);
    pthread_mutex_unlock(&queue->lock);
    if (wakes)
        sem_post(&queue->wakes);
    return err;
}

static void *take(struct queue *queue)
{
    void *item;

    if (queue->count == 0)
        return NULL;
    item = queue->items[queue->at];
    queue->at = (queue->at + 1) % queue->count_max;
    queue->count--;
    return item;
}

void *queue_pop(struct queue *queue)
{
    void *item;
    bool wakes;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->is_closed) {
        queue->waiters++;
        pthread_mutex_unlock(&queue->lock);
        while (sem_wait(&queue->wakes))
            CHECK(errno == EINTR);
        pthread_mutex_lock(&queue->lock);
        queue->waiters--;
        queue->is_waking = false;
    }
    item = take(queue);
    wakes = should_wake(queue);
    pthread_mutex_unlock(&queue->lock);
    if (wakes)
        sem_post(&queue->wakes);
    return item;
}

void *queue_try_pop(struct queue *queue)
{
    void *item;

    pthread_mutex_lock(&queue->lock);
    item = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    for (size_t i = 0; i < queue->waiters; i++)
        sem_post(&queue->wakes);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_count(struct queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
