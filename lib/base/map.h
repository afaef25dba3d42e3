/*
 * Open addressing from a u64 key to a u64 value (an id, a packed slot, a pointer as uintptr_t).
 * Linear probing, backward-shift deletion, power-of-two capacity at most half full, a stated
 * maximum of entries. Keys that an outsider chooses as text go through hash_keyed first; the map
 * itself mixes integer keys with the same key, so ids cannot be chosen to collide.
 */
#ifndef RALLY_BASE_MAP_H
#define RALLY_BASE_MAP_H

#include "lib/base/str.h"

struct map_entry {
    uint64_t key;
    uint64_t value;
    bool is_used;
};

struct map {
    struct map_entry *entries;
    size_t capacity; /* 0 or a power of two */
    size_t count;
    size_t count_max;
};

void map_init(struct map *map, size_t count_max);
void map_release(struct map *map);
/* True and *value when the key is there. */
bool map_get(const struct map *map, uint64_t key, uint64_t *value);
/* Sets or replaces. ERR_FULL when `count_max` other keys are there or memory is out. */
enum err map_set(struct map *map, uint64_t key, uint64_t value) MUST_USE;
/* True when the key was there. */
bool map_remove(struct map *map, uint64_t key);
/* Walk in table order: start with *at = 0; NULL at the end. No changes meanwhile. */
const struct map_entry *map_next(const struct map *map, size_t *at);

#endif
