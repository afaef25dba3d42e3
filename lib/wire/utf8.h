/* UTF-8 validation (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef RALLY_WIRE_UTF8_H
#define RALLY_WIRE_UTF8_H

#include "lib/base/str.h"

/* Incremental state; zero is "between characters". */
struct utf8 {
    uint8_t left; /* continuation bytes still expected */
    uint8_t low;  /* range of the next continuation byte */
    uint8_t high;
};

/* ERR_INPUT at the first byte that cannot be part of valid text (fail fast). */
enum err utf8_feed(struct utf8 *utf8, struct str in) MUST_USE;
static inline bool utf8_is_complete(const struct utf8 *utf8)
{
    return utf8->left == 0;
}
bool utf8_is_valid(struct str in);
/* Bytes (1 to 4) of the valid character that `in` starts with; 0 when it starts with none. */
size_t utf8_char_size(struct str in);
/* Number of code points of valid text. */
size_t utf8_count(struct str in);

#endif
