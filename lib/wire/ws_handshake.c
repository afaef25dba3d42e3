/*
 * The one computation of the opening handshake (RFC 6455 section 4.2.2). SHA-1 (FIPS 180-4) is
 * written out here so that this layer needs no crypto library; it proves nothing about security,
 * it only shows that the answer comes from something that speaks WebSocket.
 */
#include "lib/wire/ws.h"

#include "lib/wire/base64.h"

#define KEY_SIZE 24 /* base64 of 16 bytes */
#define DIGEST_SIZE 20
#define BLOCK_SIZE 64

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static uint32_t rotate_left(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void expand(const unsigned char *block, uint32_t *words)
{
    for (unsigned i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (unsigned i = 16; i < 80; i++)
        words[i] = rotate_left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
}

/* The round's function of three words plus its constant. */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5a827999u;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    if (round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void block_add(uint32_t *state, const unsigned char *block)
{
    uint32_t words[80];
    uint32_t v[5];

    expand(block, words);
    memcpy(v, state, sizeof(v));
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next = rotate_left(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + words[i];

        v[4] = v[3];
        v[3] = v[2];
        v[2] = rotate_left(v[1], 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        state[i] += v[i];
}

/* SHA-1 of exactly key and GUID: 60 bytes, which with the padding makes two blocks. */
static void digest(struct str key, unsigned char *out)
{
    uint32_t state[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    unsigned char blocks[2 * BLOCK_SIZE] = {0};
    const size_t size = KEY_SIZE + sizeof(GUID) - 1;

    _Static_assert(KEY_SIZE + sizeof(GUID) - 1 + 9 <= 2 * BLOCK_SIZE, "two blocks hold it");
    memcpy(blocks, key.ptr, KEY_SIZE);
    memcpy(blocks + KEY_SIZE, GUID, sizeof(GUID) - 1);
    blocks[size] = 0x80;
    blocks[sizeof(blocks) - 2] = (unsigned char)(size * 8 >> 8);
    blocks[sizeof(blocks) - 1] = (unsigned char)(size * 8);
    block_add(state, blocks);
    block_add(state, blocks + BLOCK_SIZE);
    for (unsigned i = 0; i < DIGEST_SIZE; i++)
        out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

enum err ws_accept_key(struct str key, char *out)
{
    unsigned char bytes[DIGEST_SIZE];
    struct buf buf;

    buf_init_fixed(&buf, bytes, sizeof(bytes));
    if (key.len != KEY_SIZE || base64_decode(key, &buf) || buf.len != 16)
        return ERR_INPUT;
    digest(key, bytes);
    buf_init_fixed(&buf, out, WS_ACCEPT_SIZE);
    base64_put(&buf, bytes, sizeof(bytes));
    return OK;
}
