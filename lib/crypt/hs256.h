/*
 * HS256 tokens of an existing user service (RFC 7518 section 3.2), accepted when a secret is
 * configured. Not for tokens of our own. The algorithm is pinned: the header must say HS256 and
 * must not ask for anything more.
 */
#ifndef RALLY_CRYPT_HS256_H
#define RALLY_CRYPT_HS256_H

#include "lib/crypt/signer.h"
#include "lib/wire/jws.h"

/* RFC 7518: a key as long as the hash output, or longer. */
#define HS256_SECRET_SIZE_MIN 32

/*
 * Fills is_external, external_subject (`user_id`, or `sub` when there is none), username (when it
 * is one that Rally allows, else empty), issued_at_ms and expires_at_ms, which the caller compares
 * with its clock. `nbf` may not be later than `latest_start_ms`. ERR_TOKEN_INVALID otherwise.
 */
enum err hs256_verify(struct str secret, const struct jws *jws, uint64_t latest_start_ms,
                      struct access_claims *out) MUST_USE;

#endif
