/*
 * Hashes: SipHash-1-3 with a key drawn at start for keys that an outsider chooses (names, tokens,
 * addresses), and a fixed 64-bit mix for state hashes that must be equal in every build.
 */
#ifndef RALLY_BASE_HASH_H
#define RALLY_BASE_HASH_H

#include "lib/base/str.h"

/* Sets the process-wide key; call once before any map is used. */
void hash_key_set(uint64_t k0, uint64_t k1);
/* Keyed: SipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012). */
uint64_t hash_keyed(const void *ptr, size_t len);
/* Unkeyed FNV-1a over bytes, finished with a 64-bit mix: the same in every process. */
uint64_t hash_fixed(const void *ptr, size_t len, uint64_t start);

#endif
