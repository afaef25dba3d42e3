/* Percent-decoding, query strings and form bodies (RFC 3986; WHATWG URL for forms). Strict: a '%'
 * without two hex digits, a NUL, or decoded bytes that are not UTF-8 are ERR_INPUT.
 * Results point into the arena, or into the input when nothing had to be decoded; ERR_TOO_LARGE
 * when the arena is full. */
#ifndef RALLY_WIRE_URL_H
#define RALLY_WIRE_URL_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"

/* Decodes `in` once; '+' stays a plus. */
enum err url_decode(struct str in, struct arena *arena, struct str *out) MUST_USE;
/* Value of the first `name` in a query or form body, decoded ('+' is a space).
 * ERR_NOT_FOUND when absent; ERR_INPUT when that pair or one before it is malformed. */
enum err query_get(struct str query, struct str name, struct arena *arena,
                   struct str *out) MUST_USE;
/* Walks all pairs: *at starts at 0. ERR_END after the last one. Names and values are decoded; a
 * pair without '=' has an empty value, empty pairs are passed over. */
enum err query_next(struct str query, size_t *at, struct arena *arena, struct str *name,
                    struct str *value) MUST_USE;
/* Appends `in` percent-encoded as one path segment: all but unreserved characters. */
void url_put_encoded(struct buf *buf, struct str in);

#endif
