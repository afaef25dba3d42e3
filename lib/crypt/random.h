/* Randomness for secrets, ids and room codes, from the operating system (libsodium). */
#ifndef RALLY_CRYPT_RANDOM_H
#define RALLY_CRYPT_RANDOM_H

#include "lib/base/str.h"

/* Call once before anything else of lib/crypt; aborts when the system has no randomness. */
void crypt_init(void);
void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
/* Uniform in [0, bound). */
uint32_t random_below(uint32_t bound);

#endif
