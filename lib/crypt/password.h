/*
 * Passwords as argon2id PHC strings (RFC 9106; m = 19456 KiB, t = 2, p = 1, 16-byte salt). One hash
 * costs tens of milliseconds: only threads of the hashing pool call these.
 */
#ifndef RALLY_CRYPT_PASSWORD_H
#define RALLY_CRYPT_PASSWORD_H

#include "lib/base/str.h"

#define PASSWORD_HASH_SIZE 129

/* ERR_FULL when there is no memory for the hash. */
enum err password_hash(struct str password, char out[PASSWORD_HASH_SIZE]) MUST_USE;
/* OK, or ERR_CREDENTIALS. *needs_rehash: stored with other parameters than today's. */
enum err password_verify(struct str password, const char *hash, bool *needs_rehash) MUST_USE;
/* Costs the same as a verification and always fails: for user names that do not exist. */
void password_verify_nobody(struct str password);

#endif
