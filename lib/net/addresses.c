/* Connections per address over all reactors: one small locked map, touched at open and close. */
#include "lib/net/inside.h"

#include <stdlib.h>

#include "lib/base/map.h"

#define ADDRESSES_MAX 131072

struct address_table {
    pthread_mutex_t lock;
    struct map counts;
};

struct address_table *addresses_new(void)
{
    struct address_table *table = calloc(1, sizeof(*table));

    if (!table)
        return NULL;
    CHECK(pthread_mutex_init(&table->lock, NULL) == 0);
    map_init(&table->counts, ADDRESSES_MAX);
    return table;
}

void addresses_free(struct address_table *table)
{
    if (!table)
        return;
    map_release(&table->counts);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

bool addresses_take(struct address_table *table, uint64_t key, uint32_t count_max)
{
    uint64_t count = 0;
    bool is_allowed;

    pthread_mutex_lock(&table->lock);
    (void)map_get(&table->counts, key, &count);
    is_allowed = count < count_max && map_set(&table->counts, key, count + 1) == OK;
    pthread_mutex_unlock(&table->lock);
    return is_allowed;
}

void addresses_give(struct address_table *table, uint64_t key)
{
    uint64_t count = 0;

    pthread_mutex_lock(&table->lock);
    if (map_get(&table->counts, key, &count)) {
        if (count <= 1)
            (void)map_remove(&table->counts, key);
        else
            CHECK(map_set(&table->counts, key, count - 1) == OK); /* replaces: cannot be full */
    }
    pthread_mutex_unlock(&table->lock);
}
