/*
 * The one hand-off between threads: many producers push nodes, one consumer takes them all, in the
 * order pushed. Lock-free stack; the consumer exchanges the head for NULL and reverses. A push
 * tells whether the stack was empty, so the producer wakes the consumer only on that edge.
 * The queue itself has no bound: its users count what is in flight and refuse beyond their limit.
 */
#ifndef RALLY_BASE_MPSC_H
#define RALLY_BASE_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mpsc_node {
    struct mpsc_node *next;
};

struct mpsc {
    _Atomic(struct mpsc_node *) head;
};

static inline void mpsc_init(struct mpsc *queue)
{
    atomic_init(&queue->head, NULL);
}

/* True when the queue was empty: wake the consumer. The node belongs to the consumer from here. */
static inline bool mpsc_push(struct mpsc *queue, struct mpsc_node *node)
{
    struct mpsc_node *head = atomic_load_explicit(&queue->head, memory_order_relaxed);

    do {
        node->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&queue->head, &head, node, memory_order_release,
                                                    memory_order_relaxed));
    return head == NULL;
}

/* All nodes, oldest first, linked by next; NULL when there are none. */
static inline struct mpsc_node *mpsc_take_all(struct mpsc *queue)
{
    struct mpsc_node *node = atomic_exchange_explicit(&queue->head, NULL, memory_order_acquire);
    struct mpsc_node *oldest = NULL;

    while (node) {
        struct mpsc_node *next = node->next;
        node->next = oldest;
        oldest = node;
        node = next;
    }
    return oldest;
}

#endif
