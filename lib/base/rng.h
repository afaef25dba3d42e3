/*
 * Seeded generator for simulations, tests and jitter: xoshiro256** (Blackman, Vigna 2018), seeded
 * through splitmix64. Never for secrets: those come from lib/crypt/random.h.
 */
#ifndef RALLY_BASE_RNG_H
#define RALLY_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Uniform in [0, bound); bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
