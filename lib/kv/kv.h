/*
 * What may vanish: presence, one-use tickets, caches, rate windows, room directory. A bounded map
 * from short text keys to short byte values with a time to live. Losing all of it at any moment
 * breaks no promise. Safe from any thread.
 */
#ifndef RALLY_KV_KV_H
#define RALLY_KV_KV_H

#include "lib/base/buf.h"

#define KV_KEY_SIZE_MAX 128
#define KV_VALUE_SIZE_MAX 4096

struct kv;

/* In this process's memory; at most `count_max` keys and `size_max` bytes of keys and values. NULL
 * when there is no memory. Beyond the maximum expired keys go first, then the one nearest to its
 * end among a few looked at. */
struct kv *kv_new_memory(size_t count_max, size_t size_max);
void kv_free(struct kv *kv);

/* Sets or replaces. `ttl_ms` > 0. ERR_TOO_LARGE for a key or value beyond the sizes above. */
enum err kv_set(struct kv *kv, struct str key, struct str value, uint64_t ttl_ms,
                uint64_t now_ms) MUST_USE;
/* Sets only when the key is not there: ERR_EXISTS otherwise. */
enum err kv_add(struct kv *kv, struct str key, struct str value, uint64_t ttl_ms,
                uint64_t now_ms) MUST_USE;
/* Appends the value to `out`. ERR_NOT_FOUND, ERR_TOO_LARGE when `out` is too small. */
enum err kv_get(struct kv *kv, struct str key, uint64_t now_ms, struct buf *out) MUST_USE;
/* The same, and removes it: of several callers exactly one gets it. */
enum err kv_take(struct kv *kv, struct str key, uint64_t now_ms, struct buf *out) MUST_USE;
/* True when it was there. */
bool kv_delete(struct kv *kv, struct str key, uint64_t now_ms);
/* Adds to a decimal number; a missing key counts as 0 and gets `ttl_ms`, an existing one keeps its
 * end. ERR_BAD_STATE when the value is no number. */
enum err kv_increment(struct kv *kv, struct str key, int64_t delta, uint64_t ttl_ms,
                      uint64_t now_ms, int64_t *out) MUST_USE;

struct kv_stats {
    size_t count;
    size_t size;
    uint64_t evicted; /* living keys that had to go */
};
void kv_stats(struct kv *kv, struct kv_stats *out);

#endif
