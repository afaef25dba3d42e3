/* Inputs of the differential tests: on standard input, each as four bytes of length, little-endian,
 * and that many bytes. */
#ifndef RALLY_TESTS_DIFFERENTIAL_HARNESS_INPUT_H
#define RALLY_TESTS_DIFFERENTIAL_HARNESS_INPUT_H

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/str.h"

/* The next input in heap memory of just its size, or NULL at the end. free() it. */
static inline char *harness_input(size_t *len)
{
    unsigned char prefix[4];
    char *bytes;

    if (fread(prefix, 1, sizeof(prefix), stdin) != sizeof(prefix))
        return NULL;
    *len = (size_t)prefix[0] | (size_t)prefix[1] << 8 | (size_t)prefix[2] << 16 |
           (size_t)prefix[3] << 24;
    bytes = malloc(*len > 0 ? *len : 1);
    CHECK(bytes != NULL);
    CHECK(fread(bytes, 1, *len, stdin) == *len);
    return bytes;
}

#endif
