/* Seeding: the order of the entrants before a bracket starts. */
#include "lib/core/bracket.h"

/* splitmix64 (Steele, Lea, Flood 2014): a shuffle that a seed reproduces needs no more. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* In [0, bound); the bias of at most 512 in 2^32 favours nobody that could be named. */
static uint16_t random_below(uint64_t *state, uint16_t bound)
{
    return (uint16_t)((random_next(state) >> 32) * bound >> 32);
}

static void swap(struct bracket_entrant *a, struct bracket_entrant *b)
{
    struct bracket_entrant kept = *a;

    *a = *b;
    *b = kept;
}

/* Fisher and Yates. */
static void shuffle(struct bracket_entrant *entrants, uint16_t count, uint64_t seed)
{
    for (uint16_t left = count; left > 1; left--)
        swap(&entrants[left - 1], &entrants[random_below(&seed, left)]);
}

/* By insertion: stable, and 512 entrants are 131,000 steps once in a tournament. */
static void sort_by_rating(struct bracket_entrant *entrants, uint16_t count)
{
    for (uint16_t i = 1; i < count; i++) {
        for (uint16_t at = i; at > 0 && entrants[at].rating > entrants[at - 1].rating; at--)
            swap(&entrants[at], &entrants[at - 1]);
    }
}

void bracket_order(struct bracket_entrant *entrants, uint16_t count, enum bracket_seeding seeding,
                   uint64_t seed)
{
    CHECK(count <= BRACKET_ENTRANTS_MAX);
    switch (seeding) {
    case BRACKET_SEEDING_GIVEN:
        return;
    case BRACKET_SEEDING_RANDOM:
        shuffle(entrants, count, seed);
        return;
    case BRACKET_SEEDING_RATING:
        sort_by_rating(entrants, count);
        return;
    }
}
