/* Odd generations are in use, even ones are free; that makes the walk and the check one read. */
#include "lib/base/slots.h"

#include <stdlib.h>

#define CHUNK_COUNT 64

enum err slots_init(struct slots *slots, size_t item_size, uint32_t count_max)
{
    uint32_t chunk_count = count_max / CHUNK_COUNT + 1;

    *slots = (struct slots){.item_size = (item_size + 15) & ~(size_t)15, .count_max = count_max};
    slots->chunks = calloc(chunk_count, sizeof(void *));
    slots->free_next = calloc((size_t)count_max + 1, sizeof(uint32_t));
    slots->generations = calloc((size_t)count_max + 1, sizeof(uint32_t));
    if (slots->chunks && slots->free_next && slots->generations)
        return OK;
    slots_release(slots);
    return ERR_FULL;
}

void slots_release(struct slots *slots)
{
    if (slots->chunks)
        for (uint32_t i = 0; i <= slots->count_max / CHUNK_COUNT; i++)
            free(slots->chunks[i]);
    free(slots->chunks);
    free(slots->free_next);
    free(slots->generations);
    *slots = (struct slots){0};
}

static void *item_at(const struct slots *slots, uint32_t index)
{
    uint32_t zero_based = index - 1;
    char *chunk = slots->chunks[zero_based / CHUNK_COUNT];

    return chunk + (zero_based % CHUNK_COUNT) * slots->item_size;
}

static uint32_t make_slot(struct slots *slots)
{
    uint32_t chunk = slots->made / CHUNK_COUNT;

    if (slots->made == slots->count_max)
        return 0;
    if (!slots->chunks[chunk])
        slots->chunks[chunk] = calloc(CHUNK_COUNT, slots->item_size);
    if (!slots->chunks[chunk])
        return 0;
    return ++slots->made;
}

void *slots_take(struct slots *slots, struct slot_id *id)
{
    uint32_t index = slots->free_head;
    void *item;

    if (index)
        slots->free_head = slots->free_next[index];
    else
        index = make_slot(slots);
    if (!index)
        return NULL;
    slots->generations[index]++;
    slots->count++;
    *id = (struct slot_id){.index = index, .generation = slots->generations[index]};
    item = item_at(slots, index);
    memset(item, 0, slots->item_size);
    return item;
}

void *slots_get(const struct slots *slots, struct slot_id id)
{
    if (id.index == 0 || id.index > slots->made || slots->generations[id.index] != id.generation ||
        id.generation % 2 == 0)
        return NULL;
    return item_at(slots, id.index);
}

void slots_free(struct slots *slots, struct slot_id id)
{
    CHECK(slots_get(slots, id) != NULL);
    slots->generations[id.index]++;
    slots->free_next[id.index] = slots->free_head;
    slots->free_head = id.index;
    slots->count--;
}

void *slots_next(const struct slots *slots, uint32_t *at, struct slot_id *id)
{
    for (uint32_t index = *at; index <= slots->made; index++) {
        if (slots->generations[index] % 2 == 0)
            continue;
        *id = (struct slot_id){.index = index, .generation = slots->generations[index]};
        *at = index + 1;
        return item_at(slots, index);
    }
    *at = slots->made + 1;
    return NULL;
}
