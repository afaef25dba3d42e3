/* Both alphabets through one pair of tables; only the last two characters and the padding differ.
 * Decoding accepts exactly what encoding writes, so equal bytes have one text. */
#include "lib/wire/base64.h"

#define BAD 0xff

struct alphabet {
    char digits[64];
    bool is_padded;
};

static const struct alphabet STANDARD = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true};
static const struct alphabet URL = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false};

static size_t encoded_size(const struct alphabet *alphabet, size_t len)
{
    size_t rest = len % 3;

    if (rest == 0)
        return len / 3 * 4;
    return len / 3 * 4 + (alphabet->is_padded ? 4 : rest + 1);
}

static void encode(const struct alphabet *alphabet, struct buf *buf, const unsigned char *in,
                   size_t len)
{
    size_t size = encoded_size(alphabet, len);
    char *out = buf_reserve(buf, size);
    size_t at = 0;

    if (!out)
        return;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;

        if (have > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            bits |= in[i + 2];
        for (size_t digit = 0; digit <= have; digit++)
            out[at++] = alphabet->digits[bits >> (18 - 6 * digit) & 63];
    }
    while (at < size)
        out[at++] = '=';
    buf_added(buf, size);
}

void base64_put(struct buf *buf, const void *ptr, size_t len)
{
    if (len > 0)
        encode(&STANDARD, buf, ptr, len);
}

void base64url_put(struct buf *buf, const void *ptr, size_t len)
{
    if (len > 0)
        encode(&URL, buf, ptr, len);
}

static uint8_t digit_value(const struct alphabet *alphabet, char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    if (c == alphabet->digits[62])
        return 62;
    return c == alphabet->digits[63] ? 63 : BAD;
}

/* Decodes `have` (2 to 4) digits to have - 1 bytes; the bits left over must be zero. */
static bool decode_group(const struct alphabet *alphabet, const char *in, size_t have,
                         unsigned char *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < have; i++) {
        uint8_t value = digit_value(alphabet, in[i]);

        if (value == BAD)
            return false;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    for (size_t i = 0; i + 1 < have; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return (bits & ((1u << (8 * (4 - have))) - 1)) == 0;
}

/* `in` without padding; nothing is added to `out` until all of it is good. */
static enum err decode(const struct alphabet *alphabet, struct str in, struct buf *out)
{
    size_t rest = in.len % 4;
    size_t size = in.len / 4 * 3 + (rest > 0 ? rest - 1 : 0);
    unsigned char *to;

    if (rest == 1)
        return ERR_INPUT;
    if (in.len == 0)
        return OK;
    to = (unsigned char *)buf_reserve(out, size);
    if (!to)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < in.len; i += 4) {
        size_t have = in.len - i < 4 ? in.len - i : 4;

        if (!decode_group(alphabet, in.ptr + i, have, to))
            return ERR_INPUT;
        to += have - 1;
    }
    buf_added(out, size);
    return OK;
}

enum err base64_decode(struct str in, struct buf *out)
{
    if (in.len % 4 != 0)
        return ERR_INPUT;
    for (unsigned i = 0; i < 2 && in.len > 0 && in.ptr[in.len - 1] == '='; i++)
        in.len--;
    return decode(&STANDARD, in, out);
}

enum err base64url_decode(struct str in, struct buf *out)
{
    return decode(&URL, in, out);
}
