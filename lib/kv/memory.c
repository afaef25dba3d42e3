/*
 * kv.h in this process's memory: chained hash table under one lock. Each write also looks at a few
 * other entries and drops what has expired, so nothing needs a timer and memory follows use.
 */
#include "lib/kv/kv.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/hash.h"

#define BUCKETS_MIN 64
/* How many buckets a write looks into for expired entries. */
#define SWEEP_BUCKETS 4
/* Among how many living entries the victim is chosen when the table is full. */
#define VICTIMS_LOOKED_AT 16
/* What an entry costs beyond its bytes. */
#define ENTRY_OVERHEAD sizeof(struct entry)
#define NUMBER_SIZE 24

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t expires_ms;
    uint16_t key_len;
    uint16_t value_len;
    char bytes[]; /* key, then value */
};

struct kv {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t count_max;
    size_t size_max;
    size_t sweep_at; /* the next bucket to look into */
    struct kv_stats stats;
};

struct kv *kv_new_memory(size_t count_max, size_t size_max)
{
    struct kv *kv = calloc(1, sizeof(*kv));

    CHECK(count_max > 0);
    if (!kv)
        return NULL;
    kv->buckets = calloc(BUCKETS_MIN, sizeof(struct entry *));
    if (!kv->buckets) {
        free(kv);
        return NULL;
    }
    kv->bucket_count = BUCKETS_MIN;
    kv->count_max = count_max;
    kv->size_max = size_max;
    CHECK(pthread_mutex_init(&kv->lock, NULL) == 0);
    return kv;
}

void kv_free(struct kv *kv)
{
    if (!kv)
        return;
    for (size_t i = 0; i < kv->bucket_count; i++) {
        while (kv->buckets[i]) {
            struct entry *entry = kv->buckets[i];
            kv->buckets[i] = entry->next;
            free(entry);
        }
    }
    free(kv->buckets);
    pthread_mutex_destroy(&kv->lock);
    free(kv);
}

/* -- entries --------------------------------------------------------------------------------- */

static size_t entry_size(const struct entry *entry)
{
    return ENTRY_OVERHEAD + entry->key_len + entry->value_len;
}

static struct str entry_value(const struct entry *entry)
{
    return str_of(entry->bytes + entry->key_len, entry->value_len);
}

static struct entry **bucket_of(struct kv *kv, uint64_t hash)
{
    return &kv->buckets[hash & (kv->bucket_count - 1)];
}

/* Frees the entry that `*link` points at. */
static void unlink_entry(struct kv *kv, struct entry **link)
{
    struct entry *entry = *link;

    *link = entry->next;
    kv->stats.count--;
    kv->stats.size -= entry_size(entry);
    free(entry);
}

/* The link to the living entry of this key, or NULL. One that has expired is dropped on the way. */
static struct entry **find(struct kv *kv, struct str key, uint64_t now_ms)
{
    uint64_t hash = hash_keyed(key.ptr, key.len);
    struct entry **link = bucket_of(kv, hash);

    for (; *link; link = &(*link)->next) {
        struct entry *entry = *link;
        if (entry->hash != hash || !str_eq(str_of(entry->bytes, entry->key_len), key))
            continue;
        if (entry->expires_ms > now_ms)
            return link;
        unlink_entry(kv, link);
        return NULL;
    }
    return NULL;
}

/* -- room for one more ----------------------------------------------------------------------- */

static void sweep(struct kv *kv, uint64_t now_ms)
{
    for (int i = 0; i < SWEEP_BUCKETS; i++) {
        struct entry **link = &kv->buckets[kv->sweep_at++ & (kv->bucket_count - 1)];
        while (*link) {
            if ((*link)->expires_ms <= now_ms)
                unlink_entry(kv, link);
            else
                link = &(*link)->next;
        }
    }
}

/* An expired entry, or the one nearest to its end among the first few met from a moving place. */
static void evict_one(struct kv *kv, uint64_t now_ms)
{
    struct entry **victim = NULL;
    int looked_at = 0;

    for (size_t i = 0; i < kv->bucket_count && looked_at < VICTIMS_LOOKED_AT; i++) {
        struct entry **link = &kv->buckets[kv->sweep_at++ & (kv->bucket_count - 1)];
        for (; *link; link = &(*link)->next, looked_at++) {
            if (!victim || (*link)->expires_ms < (*victim)->expires_ms)
                victim = link;
        }
    }
    CHECK(victim);
    if ((*victim)->expires_ms > now_ms)
        kv->stats.evicted++;
    unlink_entry(kv, victim);
}

static void grow(struct kv *kv)
{
    size_t count = kv->bucket_count * 2;
    struct entry **buckets;

    CHECK(count > 0);
    buckets = calloc(count, sizeof(struct entry *));
    if (!buckets)
        return; /* longer chains, nothing worse */
    for (size_t i = 0; i < kv->bucket_count; i++) {
        while (kv->buckets[i]) {
            struct entry *entry = kv->buckets[i];
            kv->buckets[i] = entry->next;
            entry->next = buckets[entry->hash & (count - 1)];
            buckets[entry->hash & (count - 1)] = entry;
        }
    }
    free(kv->buckets);
    kv->buckets = buckets;
    kv->bucket_count = count;
}

static void make_room(struct kv *kv, size_t size, uint64_t now_ms)
{
    sweep(kv, now_ms);
    while (kv->stats.count > 0 &&
           (kv->stats.count >= kv->count_max || kv->stats.size + size > kv->size_max))
        evict_one(kv, now_ms);
    if (kv->stats.count >= kv->bucket_count)
        grow(kv);
}

static enum err check_sizes(struct str key, struct str value)
{
    return key.len > KV_KEY_SIZE_MAX || value.len > KV_VALUE_SIZE_MAX ? ERR_TOO_LARGE : OK;
}

/* A key that is not there yet. */
static enum err insert(struct kv *kv, struct str key, struct str value, uint64_t expires_ms,
                       uint64_t now_ms)
{
    struct entry *entry = malloc(sizeof(*entry) + key.len + value.len);
    struct entry **bucket;

    if (!entry)
        return ERR_FULL;
    make_room(kv, ENTRY_OVERHEAD + key.len + value.len, now_ms);
    entry->hash = hash_keyed(key.ptr, key.len);
    entry->expires_ms = expires_ms;
    entry->key_len = (uint16_t)key.len;
    entry->value_len = (uint16_t)value.len;
    memcpy(entry->bytes, key.ptr, key.len);
    if (value.len > 0)
        memcpy(entry->bytes + key.len, value.ptr, value.len);
    bucket = bucket_of(kv, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
    kv->stats.count++;
    kv->stats.size += entry_size(entry);
    return OK;
}

/* -- the interface --------------------------------------------------------------------------- */

enum err kv_set(struct kv *kv, struct str key, struct str value, uint64_t ttl_ms, uint64_t now_ms)
{
    enum err err = check_sizes(key, value);
    struct entry **link;

    if (err)
        return err;
    pthread_mutex_lock(&kv->lock);
    link = find(kv, key, now_ms);
    if (link)
        unlink_entry(kv, link);
    err = insert(kv, key, value, now_ms + ttl_ms, now_ms);
    pthread_mutex_unlock(&kv->lock);
    return err;
}

enum err kv_add(struct kv *kv, struct str key, struct str value, uint64_t ttl_ms, uint64_t now_ms)
{
    enum err err = check_sizes(key, value);

    if (err)
        return err;
    pthread_mutex_lock(&kv->lock);
    err = find(kv, key, now_ms) ? ERR_EXISTS : insert(kv, key, value, now_ms + ttl_ms, now_ms);
    pthread_mutex_unlock(&kv->lock);
    return err;
}

/* Appends all of it or nothing. */
static enum err copy_out(const struct entry *entry, struct buf *out)
{
    struct str value = entry_value(entry);
    char *to = buf_reserve(out, value.len);

    if (!to)
        return ERR_TOO_LARGE;
    memcpy(to, value.ptr, value.len);
    buf_added(out, value.len);
    return OK;
}

static enum err get(struct kv *kv, struct str key, uint64_t now_ms, bool is_take, struct buf *out)
{
    enum err err = ERR_NOT_FOUND;
    struct entry **link;

    pthread_mutex_lock(&kv->lock);
    link = find(kv, key, now_ms);
    if (link)
        err = copy_out(*link, out);
    if (!err && is_take)
        unlink_entry(kv, link);
    pthread_mutex_unlock(&kv->lock);
    return err;
}

enum err kv_get(struct kv *kv, struct str key, uint64_t now_ms, struct buf *out)
{
    return get(kv, key, now_ms, false, out);
}

enum err kv_take(struct kv *kv, struct str key, uint64_t now_ms, struct buf *out)
{
    return get(kv, key, now_ms, true, out);
}

bool kv_delete(struct kv *kv, struct str key, uint64_t now_ms)
{
    struct entry **link;

    pthread_mutex_lock(&kv->lock);
    link = find(kv, key, now_ms);
    if (link)
        unlink_entry(kv, link);
    pthread_mutex_unlock(&kv->lock);
    return link != NULL;
}

/* The number in an entry plus delta, which must stay a number. */
static enum err add_to(const struct entry *entry, int64_t delta, int64_t *sum)
{
    int64_t number = 0;

    if (entry && str_to_i64(entry_value(entry), INT64_MIN, INT64_MAX, &number))
        return ERR_BAD_STATE;
    return __builtin_add_overflow(number, delta, sum) ? ERR_BAD_STATE : OK;
}

static enum err increment(struct kv *kv, struct str key, int64_t delta, uint64_t ttl_ms,
                          uint64_t now_ms, int64_t *out)
{
    struct entry **link = find(kv, key, now_ms);
    uint64_t expires_ms = link ? (*link)->expires_ms : now_ms + ttl_ms;
    char memory[NUMBER_SIZE];
    struct buf text;
    int64_t sum;
    enum err err = add_to(link ? *link : NULL, delta, &sum);

    if (err)
        return err;
    if (link)
        unlink_entry(kv, link);
    buf_init_fixed(&text, memory, sizeof(memory));
    buf_put_i64(&text, sum);
    if ((err = insert(kv, key, buf_str(&text), expires_ms, now_ms)))
        return err;
    *out = sum;
    return OK;
}

enum err kv_increment(struct kv *kv, struct str key, int64_t delta, uint64_t ttl_ms,
                      uint64_t now_ms, int64_t *out)
{
    enum err err = check_sizes(key, STR(""));

    if (err)
        return err;
    pthread_mutex_lock(&kv->lock);
    err = increment(kv, key, delta, ttl_ms, now_ms, out);
    pthread_mutex_unlock(&kv->lock);
    return err;
}

void kv_stats(struct kv *kv, struct kv_stats *out)
{
    pthread_mutex_lock(&kv->lock);
    *out = kv->stats;
    pthread_mutex_unlock(&kv->lock);
}
