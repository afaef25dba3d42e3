/*
 * A bounded blocking queue of pointers between threads (reactors to workers, workers to the hash
 * pool). Full is an answer, never a wait: queue_push refuses. Closing wakes every waiter; what is
 * still inside is handed out before queue_pop answers NULL.
 */
#ifndef RALLY_BASE_QUEUE_H
#define RALLY_BASE_QUEUE_H

#include <pthread.h>
#include <semaphore.h>

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct queue {
    pthread_mutex_t lock;
    sem_t wakes; /* for waiters; a post is never lost */
    void **items;
    size_t at; /* index of the oldest */
    size_t count;
    size_t count_max;
    size_t waiters;
    bool is_waking; /* one of them has been posted to and has not come yet */
    bool is_closed;
};

/* ERR_FULL when there is no memory. */
enum err queue_init(struct queue *queue, size_t count_max) MUST_USE;
/* No thread may use the queue any more. */
void queue_release(struct queue *queue);
/* ERR_FULL when `count_max` items wait or the queue is closed. */
enum err queue_push(struct queue *queue, void *item) MUST_USE;
/* The oldest item; waits for one. NULL when the queue is closed and empty. */
void *queue_pop(struct queue *queue);
/* The oldest item, or NULL at once when there is none. */
void *queue_try_pop(struct queue *queue);
/* No more pushes; waiters drain what is there, then get NULL. */
void queue_close(struct queue *queue);
size_t queue_count(struct queue *queue);

#endif
