/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104) by libsodium. */
#include "lib/crypt/digest.h"

#include <sodium.h>

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.ptr;
}

void sha256(struct str in, uint8_t out[SHA256_SIZE])
{
    crypto_hash_sha256(out, bytes_of(in), in.len);
}

void hmac_sha256(struct str key, struct str in, uint8_t out[SHA256_SIZE])
{
    crypto_auth_hmacsha256_state state;

    /* The streaming form takes keys of any length, the one-shot form only 32 bytes. */
    crypto_auth_hmacsha256_init(&state, bytes_of(key), key.len);
    crypto_auth_hmacsha256_update(&state, bytes_of(in), in.len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

bool secret_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void secret_wipe(void *ptr, size_t len)
{
    sodium_memzero(ptr, len);
}
