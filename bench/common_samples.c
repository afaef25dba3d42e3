/* Quantiles by sorting; see common_samples.h for why. */
#include "bench/common_samples.h"

#include "bench/common_base.h"

#include <stdlib.h>

void samples_init(struct samples *samples, size_t count_max)
{
    samples->values = memory_new(count_max, sizeof *samples->values);
    samples->count = 0;
    samples->count_max = count_max;
}

void samples_release(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

void samples_clear(struct samples *samples)
{
    samples->count = 0;
}

void samples_add(struct samples *samples, int64_t value)
{
    if (samples->count == samples->count_max)
        die("more than the %zu samples that were planned", samples->count_max);
    samples->values[samples->count++] = value;
}

static int value_compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int64_t samples_quantile(struct samples *samples, double fraction)
{
    if (samples->count == 0)
        return 0;
    qsort(samples->values, samples->count, sizeof *samples->values, value_compare);
    size_t index = (size_t)(fraction * (double)samples->count);
    return samples->values[index < samples->count ? index : samples->count - 1];
}
