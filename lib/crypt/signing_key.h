/*
 * The Ed25519 private key as PEM (RFC 7468) around PKCS#8 (RFC 5958, RFC 8410): 48 bytes of which
 * only the last 32, the seed, differ from key to key. Read from text, or from a file of the data
 * directory that is made on first start. Not a general PEM or DER reader: anything that is not
 * exactly such a key is refused.
 */
#ifndef RALLY_CRYPT_SIGNING_KEY_H
#define RALLY_CRYPT_SIGNING_KEY_H

#include "lib/base/buf.h"

#define SIGNING_KEY_SEED_SIZE 32
#define SIGNING_KEY_FILE "signing_key.pem"

/* ERR_INPUT when `pem` is not one Ed25519 private key. */
enum err signing_key_parse(struct str pem, uint8_t seed[SIGNING_KEY_SEED_SIZE]) MUST_USE;
/* Appends the key as PEM, the same bytes that `openssl genpkey -algorithm ed25519` writes. */
void signing_key_put(const uint8_t seed[SIGNING_KEY_SEED_SIZE], struct buf *out);
/*
 * Reads data_dir/signing_key.pem, or makes the directory, a key and the file (mode 0600, durable
 * before this returns). ERR_INPUT with the reason logged when the file cannot be read or written,
 * or is no key. For development: production is given its key.
 */
enum err signing_key_load_or_make(const char *data_dir,
                                  uint8_t seed[SIGNING_KEY_SEED_SIZE]) MUST_USE;

#endif
