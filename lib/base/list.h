/*
 * Intrusive doubly linked list. The node sits inside the struct it links; a node is in one list or
 * in none. Before walking a list that callbacks may change, move it to a local one.
 */
#ifndef RALLY_BASE_LIST_H
#define RALLY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/check.h"

struct list {
    struct list *prev;
    struct list *next;
};

static inline void list_init(struct list *list)
{
    list->prev = list;
    list->next = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* Adds `node` at the end. */
static inline void list_append(struct list *list, struct list *node)
{
    node->prev = list->prev;
    node->next = list;
    list->prev->next = node;
    list->prev = node;
}

/* Takes `node` out of whatever list it is in; a node in no list stays in none. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* First node taken out, or NULL. */
static inline struct list *list_pop(struct list *list)
{
    struct list *node = list->next;

    if (node == list)
        return NULL;
    /* The linter does not follow a ring: to it, what was popped and freed might be popped again. */
    list_remove(node); /* NOLINT(clang-analyzer-unix.Malloc) */
    return node;
}

/* Moves all nodes of `from` to `to`, which must be empty. */
static inline void list_move(struct list *from, struct list *to)
{
    CHECK(list_is_empty(to));
    if (list_is_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

/* `node` may not be removed inside; use list_pop on a moved list for that. */
#define list_for_each(node, head)                                                                  \
    for (struct list *node = (head)->next; node != (head); node = node->next)

#endif
