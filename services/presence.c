/* One locked map from user to {sockets, when the last one closed}. */
#include "services/presence.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/map.h"

struct presence {
    pthread_mutex_t lock;
    struct map users; /* user id -> sockets << 48 | left_ms */
};

#define LEFT_MASK 0xffffffffffffu

struct presence *presence_new(void)
{
    struct presence *presence = calloc(1, sizeof(*presence));

    CHECK(presence != NULL);
    CHECK(pthread_mutex_init(&presence->lock, NULL) == 0);
    map_init(&presence->users, PRESENCE_USERS_MAX);
    return presence;
}

void presence_free(struct presence *presence)
{
    map_release(&presence->users);
    pthread_mutex_destroy(&presence->lock);
    free(presence);
}

enum err presence_enter(struct presence *presence, uint64_t user_id, uint32_t sockets_max)
{
    uint64_t value = 0;
    enum err err;

    pthread_mutex_lock(&presence->lock);
    (void)map_get(&presence->users, user_id, &value);
    if (sockets_max > 0 && value >> 48 >= sockets_max)
        err = ERR_TOO_MANY_MESSAGES;
    else
        err = map_set(&presence->users, user_id, ((value >> 48) + 1) << 48);
    pthread_mutex_unlock(&presence->lock);
    return err;
}

void presence_leave(struct presence *presence, uint64_t user_id)
{
    uint64_t value = 0;

    pthread_mutex_lock(&presence->lock);
    if (map_get(&presence->users, user_id, &value) && value >> 48 > 0)
        CHECK(map_set(&presence->users, user_id,
                      ((value >> 48) - 1) << 48 | (clock_mono_ms() & LEFT_MASK)) == OK);
    pthread_mutex_unlock(&presence->lock);
}

uint32_t presence_sockets(struct presence *presence, uint64_t user_id)
{
    uint64_t value = 0;

    pthread_mutex_lock(&presence->lock);
    (void)map_get(&presence->users, user_id, &value);
    pthread_mutex_unlock(&presence->lock);
    return (uint32_t)(value >> 48);
}

bool presence_is_online(struct presence *presence, uint64_t user_id)
{
    uint64_t value = 0;
    bool is_known;

    pthread_mutex_lock(&presence->lock);
    is_known = map_get(&presence->users, user_id, &value);
    pthread_mutex_unlock(&presence->lock);
    return is_known &&
           (value >> 48 > 0 || clock_mono_ms() - (value & LEFT_MASK) < PRESENCE_LINGER_MS);
}

void presence_purge(struct presence *presence)
{
    uint64_t gone[256], now_ms = clock_mono_ms();
    size_t at = 0, count = 0;
    const struct map_entry *entry;

    pthread_mutex_lock(&presence->lock);
    while (count < ARRAY_COUNT(gone) && (entry = map_next(&presence->users, &at)) != NULL)
        if (entry->value >> 48 == 0 && now_ms - (entry->value & LEFT_MASK) >= PRESENCE_LINGER_MS)
            gone[count++] = entry->key;
    for (size_t i = 0; i < count; i++)
        (void)map_remove(&presence->users, gone[i]);
    pthread_mutex_unlock(&presence->lock);
}
