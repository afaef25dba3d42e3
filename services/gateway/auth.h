/* Who asks: access tokens out of headers and queries, checked once and remembered per reactor. */
#ifndef RALLY_SERVICES_GATEWAY_AUTH_H
#define RALLY_SERVICES_GATEWAY_AUTH_H

#include "lib/crypt/signer.h"
#include "services/role.h"

/* Verified tokens of one reactor, so that an Ed25519 verification is paid once per token. */
struct token_cache;
struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache);

/* The token of an Authorization header: ERR_UNAUTHENTICATED when there is none,
 * ERR_TOKEN_INVALID when it is of another scheme. */
enum err bearer_token(struct str authorization, struct str *token) MUST_USE;

/* Checks a token, its expiry and that its family has not been revoked. */
enum err token_check(struct token_cache *cache, struct context *context, struct str token,
                     uint64_t now_ms, struct access_claims *out) MUST_USE;
/* Claims as a caller; an external one has no user id yet (services/identity.h finds it). */
void caller_of_claims(const struct access_claims *claims, struct caller *out);

#endif
