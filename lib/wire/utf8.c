/*
 * One state machine serves whole and incremental validation. Text on the wire is nearly all ASCII,
 * so runs of it are passed eight bytes at a time; only what is left goes byte by byte.
 */
#include "lib/wire/utf8.h"

#define HIGH_BITS 0x8080808080808080u

static uint64_t load_u64(const unsigned char *ptr)
{
    uint64_t word;

    memcpy(&word, ptr, sizeof(word));
    return word;
}

static const unsigned char *skip_ascii(const unsigned char *at, const unsigned char *end)
{
    while (end - at >= 8 && (load_u64(at) & HIGH_BITS) == 0)
        at += 8;
    while (at < end && *at < 0x80)
        at++;
    return at;
}

/* The ranges of RFC 3629 section 4: the byte after some leads is narrower than 80-BF, which is what
 * shuts out overlong forms, surrogates and values above U+10FFFF. */
static bool lead(struct utf8 *utf8, unsigned char byte)
{
    utf8->low = 0x80;
    utf8->high = 0xbf;
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    if (byte < 0xe0) {
        utf8->left = 1;
    } else if (byte < 0xf0) {
        utf8->left = 2;
        if (byte == 0xe0)
            utf8->low = 0xa0;
        if (byte == 0xed)
            utf8->high = 0x9f;
    } else {
        utf8->left = 3;
        if (byte == 0xf0)
            utf8->low = 0x90;
        if (byte == 0xf4)
            utf8->high = 0x8f;
    }
    return true;
}

static bool follow(struct utf8 *utf8, unsigned char byte)
{
    if (byte < utf8->low || byte > utf8->high)
        return false;
    utf8->left--;
    utf8->low = 0x80;
    utf8->high = 0xbf;
    return true;
}

enum err utf8_feed(struct utf8 *utf8, struct str in)
{
    const unsigned char *at = (const unsigned char *)in.ptr;
    const unsigned char *end;

    if (in.len == 0)
        return OK;
    end = at + in.len;
    while (at < end) {
        if (utf8->left == 0) {
            at = skip_ascii(at, end);
            if (at < end && !lead(utf8, *at++))
                return ERR_INPUT;
        } else if (!follow(utf8, *at++)) {
            return ERR_INPUT;
        }
    }
    return OK;
}

bool utf8_is_valid(struct str in)
{
    struct utf8 utf8 = {0};

    return utf8_feed(&utf8, in) == OK && utf8_is_complete(&utf8);
}

size_t utf8_char_size(struct str in)
{
    const unsigned char *bytes = (const unsigned char *)in.ptr;
    struct utf8 utf8 = {0};

    if (in.len == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    if (!lead(&utf8, bytes[0]))
        return 0;
    for (size_t size = 1; size < in.len; size++) {
        if (!follow(&utf8, bytes[size]))
            return 0;
        if (utf8_is_complete(&utf8))
            return size + 1;
    }
    return 0;
}

size_t utf8_count(struct str in)
{
    size_t count = 0;

    for (size_t i = 0; i < in.len; i++)
        count += ((unsigned char)in.ptr[i] & 0xc0) != 0x80;
    return count;
}
