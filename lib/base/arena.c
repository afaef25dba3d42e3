/* Bump allocation over a chain of blocks. */
#include "lib/base/arena.h"

#include <stdlib.h>

#define BLOCK_SIZE 4096
#define ALIGN 16

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    size_t pad; /* keeps the bytes behind the header aligned for any type */
};

_Static_assert(sizeof(struct arena_block) % ALIGN == 0, "pieces behind the header are aligned");

void arena_init(struct arena *arena, size_t size_max)
{
    *arena = (struct arena){.size_max = size_max};
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}

static struct arena_block *block_add(struct arena *arena, size_t need)
{
    size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct arena_block *block = malloc(sizeof(*block) + size);

    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    return block;
}

/* Memory as it is: for what is overwritten at once. */
static char *take(struct arena *arena, size_t size)
{
    size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_block *block = arena->blocks;
    char *ptr;

    if (need < size || need > arena->size_max - arena->used)
        return NULL;
    if (!block || block->size - block->used < need)
        block = block_add(arena, need);
    if (!block)
        return NULL;
    ptr = (char *)(block + 1) + block->used;
    block->used += need;
    arena->used += need;
    return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    char *ptr = take(arena, size);

    if (ptr)
        memset(ptr, 0, size);
    return ptr;
}

struct str arena_copy(struct arena *arena, struct str s)
{
    char *ptr = arena_copy_c(arena, s);

    return str_of(ptr, ptr ? s.len : 0);
}

char *arena_copy_c(struct arena *arena, struct str s)
{
    char *ptr = take(arena, s.len + 1);

    if (!ptr)
        return NULL;
    if (s.len > 0)
        memcpy(ptr, s.ptr, s.len);
    ptr[s.len] = '\0';
    return ptr;
}
