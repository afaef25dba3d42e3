/* libsodium's generator, which reads getrandom(2): there is no seed of our own to lose or to leak.
 */
#include "lib/crypt/random.h"

#include <sodium.h>

void crypt_init(void)
{
    CHECK(sodium_init() >= 0);
}

void random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

uint64_t random_u64(void)
{
    uint64_t value;

    randombytes_buf(&value, sizeof(value));
    return value;
}

uint32_t random_below(uint32_t bound)
{
    CHECK(bound > 0);
    return randombytes_uniform(bound);
}
