/*
 * A table of equal structs referred to by {index, generation} ids instead of pointers. A stale id
 * (the slot was freed or used again) finds nothing, which is the normal case and not a bug: it is
 * how an answer that arrives late meets a connection that has gone.
 * Slots are allocated in chunks that never move, so a pointer is good until the slot is freed.
 */
#ifndef RALLY_BASE_SLOTS_H
#define RALLY_BASE_SLOTS_H

#include "lib/base/str.h"

/* {0, 0} is no slot. */
struct slot_id {
    uint32_t index; /* 1 and up */
    uint32_t generation;
};

struct slots {
    void **chunks;
    uint32_t *free_next; /* per slot: next free index */
    uint32_t *generations;
    uint32_t free_head; /* 0: none */
    uint32_t count;     /* slots in use */
    uint32_t made;      /* slots ever made; they are reused, never given back */
    uint32_t count_max;
    size_t item_size;
};

static inline bool slot_id_is_none(struct slot_id id)
{
    return id.index == 0;
}

static inline bool slot_id_eq(struct slot_id a, struct slot_id b)
{
    return a.index == b.index && a.generation == b.generation;
}

/* ERR_FULL when there is no memory for the table of `count_max` entries. */
enum err slots_init(struct slots *slots, size_t item_size, uint32_t count_max) MUST_USE;
void slots_release(struct slots *slots);
/* A zeroed item and its id, or NULL when `count_max` are in use. */
void *slots_take(struct slots *slots, struct slot_id *id);
/* The item, or NULL when the id is stale. */
void *slots_get(const struct slots *slots, struct slot_id id);
/* Frees a slot that is in use. */
void slots_free(struct slots *slots, struct slot_id id);
/* Walk: the first item in use at or after index `*at` (start with 1), or NULL. Advances *at. */
void *slots_next(const struct slots *slots, uint32_t *at, struct slot_id *id);

#endif
