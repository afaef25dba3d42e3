/* See map.h. */
#include "lib/base/map.h"

#include <stdlib.h>

#include "lib/base/hash.h"

#define CAPACITY_FIRST 16

void map_init(struct map *map, size_t count_max)
{
    *map = (struct map){.count_max = count_max};
}

void map_release(struct map *map)
{
    free(map->entries);
    *map = (struct map){.count_max = map->count_max};
}

/* The key's entry, or the free entry where it would go. */
static size_t find(const struct map *map, uint64_t key)
{
    size_t mask = map->capacity - 1;
    size_t at = (size_t)hash_keyed(&key, sizeof(key)) & mask;

    while (map->entries[at].is_used && map->entries[at].key != key)
        at = (at + 1) & mask;
    return at;
}

bool map_get(const struct map *map, uint64_t key, uint64_t *value)
{
    size_t at;

    if (map->count == 0)
        return false;
    at = find(map, key);
    if (!map->entries[at].is_used)
        return false;
    *value = map->entries[at].value;
    return true;
}

static bool grow(struct map *map)
{
    struct map bigger = *map;

    bigger.capacity = map->capacity ? map->capacity * 2 : CAPACITY_FIRST;
    bigger.entries = calloc(bigger.capacity, sizeof(struct map_entry));
    if (!bigger.entries)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].is_used)
            bigger.entries[find(&bigger, map->entries[i].key)] = map->entries[i];
    free(map->entries);
    *map = bigger;
    return true;
}

enum err map_set(struct map *map, uint64_t key, uint64_t value)
{
    size_t at;

    if (map->capacity > 0) {
        at = find(map, key);
        if (map->entries[at].is_used) {
            map->entries[at].value = value;
            return OK;
        }
    }
    if (map->count == map->count_max)
        return ERR_FULL;
    if ((map->count + 1) * 2 > map->capacity && !grow(map))
        return ERR_FULL;
    at = find(map, key);
    map->entries[at] = (struct map_entry){.key = key, .value = value, .is_used = true};
    map->count++;
    return OK;
}

bool map_remove(struct map *map, uint64_t key)
{
    size_t mask = map->capacity - 1, hole, at;

    if (map->count == 0)
        return false;
    hole = find(map, key);
    if (!map->entries[hole].is_used)
        return false;
    for (at = (hole + 1) & mask; map->entries[at].is_used; at = (at + 1) & mask) {
        size_t home = (size_t)hash_keyed(&map->entries[at].key, sizeof(uint64_t)) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole].is_used = false;
    map->count--;
    return true;
}

const struct map_entry *map_next(const struct map *map, size_t *at)
{
    while (*at < map->capacity) {
        const struct map_entry *entry = &map->entries[(*at)++];
        if (entry->is_used)
            return entry;
    }
    return NULL;
}
