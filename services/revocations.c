/* A map under a read-write lock; while nothing is revoked, which is most of the time, a check costs
 * one atomic load. */
#include "services/revocations.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"

#define REVOCATIONS_MAX 65536

struct revocations {
    pthread_rwlock_t lock;
    atomic_size_t count; /* of the map, readable without the lock */
    struct map until_ms; /* by session id */
};

struct revocations *revocations_new(void)
{
    struct revocations *revocations = calloc(1, sizeof(*revocations));

    if (!revocations)
        return NULL;
    map_init(&revocations->until_ms, REVOCATIONS_MAX);
    CHECK(pthread_rwlock_init(&revocations->lock, NULL) == 0);
    return revocations;
}

void revocations_free(struct revocations *revocations)
{
    if (!revocations)
        return;
    pthread_rwlock_destroy(&revocations->lock);
    map_release(&revocations->until_ms);
    free(revocations);
}

static void count_set(struct revocations *revocations)
{
    atomic_store(&revocations->count, revocations->until_ms.count);
}

/* Removal moves entries, so each round starts again where the last one found something. */
static void purge_locked(struct revocations *revocations, uint64_t now_ms)
{
    const struct map_entry *entry;
    size_t at = 0, before;

    for (before = at; (entry = map_next(&revocations->until_ms, &at)); before = at) {
        if (entry->value > now_ms)
            continue;
        map_remove(&revocations->until_ms, entry->key);
        at = before;
    }
}

/* The one whose tokens die first anyway. */
static void forget_earliest(struct revocations *revocations)
{
    const struct map_entry *entry;
    uint64_t earliest_ms = UINT64_MAX, session_id = 0;
    size_t at = 0;

    while ((entry = map_next(&revocations->until_ms, &at))) {
        if (entry->value < earliest_ms) {
            earliest_ms = entry->value;
            session_id = entry->key;
        }
    }
    map_remove(&revocations->until_ms, session_id);
    log_event(LOG_WARN, "revocations_full", LOG_U64("maximum", REVOCATIONS_MAX));
}

void revocations_add(struct revocations *revocations, uint64_t session_id, uint64_t until_ms)
{
    uint64_t earlier_ms;

    pthread_rwlock_wrlock(&revocations->lock);
    if (revocations->until_ms.count >= REVOCATIONS_MAX)
        purge_locked(revocations, clock_wall_ms());
    if (map_get(&revocations->until_ms, session_id, &earlier_ms) && earlier_ms > until_ms)
        until_ms = earlier_ms;
    if (map_set(&revocations->until_ms, session_id, until_ms)) {
        forget_earliest(revocations);
        if (map_set(&revocations->until_ms, session_id, until_ms))
            log_event(LOG_ERROR, "revocation_lost", LOG_U64("session_id", session_id));
    }
    count_set(revocations);
    pthread_rwlock_unlock(&revocations->lock);
}

bool revocations_has(struct revocations *revocations, uint64_t session_id)
{
    uint64_t until_ms;
    bool is_revoked;

    if (atomic_load(&revocations->count) == 0)
        return false;
    pthread_rwlock_rdlock(&revocations->lock);
    is_revoked = map_get(&revocations->until_ms, session_id, &until_ms);
    pthread_rwlock_unlock(&revocations->lock);
    return is_revoked;
}

void revocations_purge(struct revocations *revocations, uint64_t now_ms)
{
    pthread_rwlock_wrlock(&revocations->lock);
    purge_locked(revocations, now_ms);
    count_set(revocations);
    pthread_rwlock_unlock(&revocations->lock);
}
