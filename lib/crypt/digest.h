/* SHA-256, HMAC-SHA-256 and constant-time comparison. */
#ifndef RALLY_CRYPT_DIGEST_H
#define RALLY_CRYPT_DIGEST_H

#include "lib/base/str.h"

#define SHA256_SIZE 32

void sha256(struct str in, uint8_t out[SHA256_SIZE]);
void hmac_sha256(struct str key, struct str in, uint8_t out[SHA256_SIZE]);
/* Equal in constant time; lengths are not secret. */
bool secret_eq(struct str a, struct str b);
/* Overwrites memory that held a secret. */
void secret_wipe(void *ptr, size_t len);

#endif
