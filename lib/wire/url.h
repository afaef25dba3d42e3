/* Percent-decoding, query strings and form bodies (RFC 3986; WHATWG URL for forms). Strict: a '%'
 * without two hex digits, a NUL, or decoded bytes that are not UTF-8 are ERR_INPUT. */
#ifndef RALLY_WIRE_URL_H
#define RALLY_WIRE_URL_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"

/* Decodes `in` once into the arena; '+' stays a plus. */
enum err url_decode(struct str in, struct arena *arena, struct str *out) MUST_USE;
/* Value of the first `name` in a query or form body, decoded ('+' is a space).
 * ERR_NOT_FOUND when absent; ERR_INPUT when the pair is malformed. */
enum err query_get(struct str query, struct str name, struct arena *arena,
                   struct str *out) MUST_USE;
/* Walks all pairs: *at starts at 0. ERR_END after the last one. Names and values are decoded. */
enum err query_next(struct str query, size_t *at, struct arena *arena, struct str *name,
                    struct str *value) MUST_USE;
/* Appends `in` percent-encoded as one path segment. */
void url_put_encoded(struct buf *buf, struct str in);

#endif
