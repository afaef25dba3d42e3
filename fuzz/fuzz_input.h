/*
 * What the fuzz targets share: exact heap copies, so that the address sanitizer sees a read one
 * byte behind the input, and cutting an input into pieces whose sizes the input itself chooses.
 */
#ifndef RALLY_FUZZ_FUZZ_INPUT_H
#define RALLY_FUZZ_FUZZ_INPUT_H

#include <stdlib.h>

#include "lib/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of just the size; free() it. */
static inline char *fuzz_copy(struct str in)
{
    char *copy = malloc(in.len > 0 ? in.len : 1);

    CHECK(copy != NULL);
    if (in.len > 0)
        memcpy(copy, in.ptr, in.len);
    return copy;
}

/* Sizes of pieces, used in turn. */
#define FUZZ_CUTS_MAX 15
struct fuzz_cuts {
    uint8_t sizes[FUZZ_CUTS_MAX];
    size_t count;
    size_t at;
};

/* Takes the cuts from the front of the input: a count, then that many sizes. */
static inline struct fuzz_cuts fuzz_cuts_take(const uint8_t **data, size_t *size)
{
    struct fuzz_cuts cuts = {0};

    if (*size == 0)
        return cuts;
    cuts.count = **data % (FUZZ_CUTS_MAX + 1);
    if (cuts.count > *size - 1)
        cuts.count = *size - 1;
    memcpy(cuts.sizes, *data + 1, cuts.count);
    *data += 1 + cuts.count;
    *size -= 1 + cuts.count;
    return cuts;
}

/* The next piece of `in` from `at`; single bytes when no cuts were given. May be empty, but not
 * forever. */
static inline struct str fuzz_piece(struct fuzz_cuts *cuts, struct str in, size_t at)
{
    size_t size = 1;

    if (cuts->count > 0)
        size = cuts->sizes[cuts->at % cuts->count];
    if (cuts->at >= cuts->count && size == 0)
        size = 1;
    cuts->at++;
    return str_slice(in, at, at + size);
}

#endif
