/*
 * What the JSON writer and reader share: finding the end of a run of plain characters inside a
 * string. Private to lib/wire.
 */
#ifndef RALLY_WIRE_JSON_PLAIN_H
#define RALLY_WIRE_JSON_PLAIN_H

#include "lib/base/str.h"

#define JSON_ONES 0x0101010101010101u
#define JSON_HIGHS 0x8080808080808080u

static inline bool json_is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Not zero when one of eight bytes is a control character, a quote, a backslash or not ASCII. The
 * lowest set bit marks the first such byte (in memory order on a little-endian machine); bits above
 * it may be wrong, because a borrow runs upwards from it. */
static inline uint64_t json_special_mask(uint64_t word)
{
    uint64_t quote = word ^ (JSON_ONES * '"');
    uint64_t backslash = word ^ (JSON_ONES * '\\');

    return (((word - JSON_ONES * 0x20) | (quote - JSON_ONES) | (backslash - JSON_ONES)) & ~word &
            JSON_HIGHS) |
           (word & JSON_HIGHS);
}

/* The first byte at or after `at` that needs a closer look, or `end`. */
static inline const char *json_skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word, mask;

        memcpy(&word, at, sizeof(word));
        mask = json_special_mask(word);
        if (mask != 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + (__builtin_ctzll(mask) >> 3);
#else
            break;
#endif
        }
        at += 8;
    }
    while (at < end && json_is_plain((unsigned char)*at))
        at++;
    return at;
}

#endif
