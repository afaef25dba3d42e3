/* Base64 and base64url (RFC 4648), strict: no white space, no missing or superfluous padding, no
 * non-zero trailing bits. base64url is always without padding, as in JOSE. */
#ifndef RALLY_WIRE_BASE64_H
#define RALLY_WIRE_BASE64_H

#include "lib/base/buf.h"

void base64_put(struct buf *buf, const void *ptr, size_t len);
void base64url_put(struct buf *buf, const void *ptr, size_t len);
/* Appends the decoded bytes to `out`. ERR_INPUT: not base64; ERR_TOO_LARGE: beyond out's maximum.
 * Either leaves the length of `out` as it was. */
enum err base64_decode(struct str in, struct buf *out) MUST_USE;
enum err base64url_decode(struct str in, struct buf *out) MUST_USE;

#endif
