/* The compact form of a signed token (RFC 7515 section 3.1), taken apart strictly. What the parts
 * mean and whether the signature is good is lib/crypt's and services' business. */
#ifndef RALLY_WIRE_JWS_H
#define RALLY_WIRE_JWS_H

#include "lib/base/str.h"

/* All of them point into the token. */
struct jws {
    struct str signing_input; /* header.payload, as sent */
    struct str header;        /* base64url, as sent */
    struct str payload;
    struct str signature;
};

/* Exactly three non-empty parts of base64url characters, at most LIMIT_TOKEN_SIZE bytes in all;
 * else ERR_INPUT. Whether a part decodes, base64url_decode tells. */
enum err jws_split(struct str token, struct jws *out) MUST_USE;

#endif
