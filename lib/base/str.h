/*
 * Text and bytes as {pointer, length}. A struct str owns nothing and is not NUL-terminated; whoever
 * hands it out says how long the bytes live. C strings exist only at the edge of foreign APIs.
 */
#ifndef RALLY_BASE_STR_H
#define RALLY_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/err.h"

struct str {
    const char *ptr;
    size_t len;
};

/* A literal as a str, usable in static tables too. */
#define STR(literal) ((struct str){.ptr = (literal), .len = sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    }
/* For printf-like calls: printf("%.*s", STR_ARGS(s)). */
#define STR_ARGS(s) (int)(s).len, (s).ptr

static inline struct str str_of(const void *ptr, size_t len)
{
    return (struct str){.ptr = ptr, .len = len};
}

static inline struct str str_from_c(const char *text)
{
    return (struct str){.ptr = text, .len = text ? strlen(text) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII only: the grammars of HTTP and of user names need no more. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Index of the first `c` at or after `from`, or s.len when there is none. */
size_t str_find(struct str s, char c, size_t from);
/* Bytes [from, to); both are clamped to the length. */
struct str str_slice(struct str s, size_t from, size_t to);
/* Without spaces and tabs at both ends. */
struct str str_trim(struct str s);
/* -1, 0, 1 in byte order; a prefix sorts first. */
int str_compare(struct str a, struct str b);

/*
 * Decimal digits only, no sign, no space, no leading zero except "0" itself.
 * ERR_INPUT when it is anything else or larger than `max`.
 */
enum err str_to_u64(struct str s, uint64_t max, uint64_t *out) MUST_USE;
/* As above with an optional leading '-'; the range is [min, max]. */
enum err str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out) MUST_USE;

/* Copies into `out` (size bytes) and terminates it. ERR_TOO_LARGE when it does not fit. */
enum err str_to_c(struct str s, char *out, size_t size) MUST_USE;

#endif
