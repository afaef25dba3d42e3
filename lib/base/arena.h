/*
 * Memory for one request: many small pieces, freed together. An arena has a stated maximum;
 * beyond it arena_alloc answers NULL and the request is refused, not the process.
 */
#ifndef RALLY_BASE_ARENA_H
#define RALLY_BASE_ARENA_H

#include "lib/base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out, over all blocks */
    size_t size_max;
};

/* An empty arena; nothing is allocated until the first piece. */
void arena_init(struct arena *arena, size_t size_max);
/* Frees every piece. The arena may be used again. */
void arena_release(struct arena *arena);
/* Zeroed memory aligned for any type, or NULL when the maximum is reached. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy that lives as long as the arena; {NULL, 0} when the maximum is reached. */
struct str arena_copy(struct arena *arena, struct str s);
/* A NUL-terminated copy, or NULL. */
char *arena_copy_c(struct arena *arena, struct str s);

#endif
