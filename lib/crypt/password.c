/* argon2id by libsodium, which writes and reads PHC strings and fixes p at 1. */
#include "lib/crypt/password.h"

#include <sodium.h>

#define PASSES 2
#define MEMORY_SIZE (19456ull * 1024)

_Static_assert(PASSWORD_HASH_SIZE > crypto_pwhash_STRBYTES, "a PHC string fits");

/*
 * No password has this tag: it is the text "nobody..." and not the output of any hash we made. What
 * it is for is its parameters, which are today's, so that verifying it costs what a real one costs.
 */
static const char NOBODY[] = "$argon2id$v=19$m=19456,t=2,p=1$cmFsbHktbm9ib2R5LXNhbA$"
                             "bm9ib2R5LW5vYm9keS1ub2JvZHktbm9ib2R5LW5vYm8";

enum err password_hash(struct str password, char out[PASSWORD_HASH_SIZE])
{
    memset(out, 0, PASSWORD_HASH_SIZE);
    if (crypto_pwhash_str_alg(out, password.ptr, password.len, PASSES, MEMORY_SIZE,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ERR_FULL;
    return OK;
}

enum err password_verify(struct str password, const char *hash, bool *needs_rehash)
{
    char stored[crypto_pwhash_STRBYTES] = {0}; /* libsodium reads all of such an array */

    if (str_to_c(str_from_c(hash), stored, sizeof(stored)) ||
        crypto_pwhash_str_verify(stored, password.ptr, password.len) != 0)
        return ERR_CREDENTIALS;
    *needs_rehash = crypto_pwhash_str_needs_rehash(stored, PASSES, MEMORY_SIZE) != 0;
    return OK;
}

void password_verify_nobody(struct str password)
{
    bool needs_rehash;

    CHECK(password_verify(password, NOBODY, &needs_rehash) != OK);
}
