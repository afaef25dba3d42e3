/*
 * Access tokens: compact JWS signed with Ed25519 (RFC 8037, `alg` EdDSA). One algorithm per key;
 * the algorithm is chosen by the key, never by the token's header. Optionally HS256 tokens of an
 * existing user service are accepted too. Thread-safe after signer_open.
 */
#ifndef RALLY_CRYPT_SIGNER_H
#define RALLY_CRYPT_SIGNER_H

#include "lib/base/buf.h"

struct signer;

/* What an access token says. Times in wall milliseconds (seconds on the wire). */
struct access_claims {
    uint64_t user_id;
    uint64_t session_id; /* `sid` */
    char username[33];
    uint64_t issued_at_ms;
    uint64_t expires_at_ms;
    bool is_external; /* HS256: external_subject instead of user_id */
    char external_subject[65];
};

struct signer_config {
    struct str signing_key_pem; /* empty: load or generate data_dir/signing_key.pem (0600) */
    const char *data_dir;
    struct str hs256_secret; /* empty: HS256 is refused */
    bool is_production;      /* refuses generated, short or world-readable secrets */
};

/* ERR_INPUT with the reason logged when a secret is not acceptable. */
enum err signer_open(const struct signer_config *config, struct signer **out) MUST_USE;
void signer_close(struct signer *signer);

/* Appends the token to `out`. */
enum err signer_sign_access(struct signer *signer, const struct access_claims *claims,
                            struct buf *out) MUST_USE;
/*
 * Checks signature, header, type, issuer and expiry (30 s leeway). ERR_TOKEN_INVALID whatever is
 * wrong. Costs about 60 us: callers cache by token.
 */
enum err signer_verify_access(struct signer *signer, struct str token, uint64_t now_ms,
                              struct access_claims *out) MUST_USE;
/* The public keys, RFC 7517. */
void signer_put_jwks(const struct signer *signer, struct buf *out);
/* A key for HMACs of our own (refresh tokens, cursors), derived from the signing key per label. */
void signer_derive(const struct signer *signer, const char *label, uint8_t out[32]);

#endif
