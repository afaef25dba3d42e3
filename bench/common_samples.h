/*
 * A bag of measured values and its quantiles. Values are kept whole and sorted when asked, so that
 * a p99 is one of the measured values and not the edge of a histogram's bucket.
 */
#ifndef BENCH_COMMON_SAMPLES_H
#define BENCH_COMMON_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
    int64_t *values;
    size_t count;
    size_t count_max;
};

/* Room for count_max values; what comes after that ends the program, as it would bend a quantile.
 */
void samples_init(struct samples *samples, size_t count_max);
void samples_release(struct samples *samples);
void samples_clear(struct samples *samples);
void samples_add(struct samples *samples, int64_t value);

/* The value below which `fraction` (0..1) of all values lie; 0 for an empty bag. Sorts in place. */
int64_t samples_quantile(struct samples *samples, double fraction);

#endif
