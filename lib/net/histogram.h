/* Counts in fixed buckets with one writer and any number of readers (relaxed atomics). */
#ifndef RALLY_NET_HISTOGRAM_H
#define RALLY_NET_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 16

/* Bucket i counts values <= HISTOGRAM_NS_BOUNDS[i]; the last one the rest. */
extern const uint64_t HISTOGRAM_NS_BOUNDS[HISTOGRAM_BUCKETS - 1];

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t sum;
};

static inline unsigned histogram_bucket(uint64_t ns)
{
    unsigned bucket = 0;

    while (bucket < HISTOGRAM_BUCKETS - 1 && ns > HISTOGRAM_NS_BOUNDS[bucket])
        bucket++;
    return bucket;
}

/* One writer: a plain load and store, atomic so that a reader never sees half a number. */
static inline void histogram_add(struct histogram *histogram, uint64_t ns, uint64_t times)
{
    uint64_t *count = &histogram->counts[histogram_bucket(ns)];

    __atomic_store_n(count, *count + times, __ATOMIC_RELAXED);
    __atomic_store_n(&histogram->sum, histogram->sum + ns * times, __ATOMIC_RELAXED);
}

static inline void histogram_sum(struct histogram *into, const struct histogram *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += __atomic_load_n(&from->counts[i], __ATOMIC_RELAXED);
    into->sum += __atomic_load_n(&from->sum, __ATOMIC_RELAXED);
}

#endif
