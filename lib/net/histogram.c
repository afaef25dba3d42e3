/* Bounds from 1 us (a tick) to 2.5 s (a stalled request). */
#include "lib/net/histogram.h"

const uint64_t HISTOGRAM_NS_BOUNDS[HISTOGRAM_BUCKETS - 1] = {
    1000,    5000,    25000,    50000,    100000,    250000,    500000,     1000000,
    2500000, 5000000, 10000000, 25000000, 100000000, 500000000, 2500000000,
};
