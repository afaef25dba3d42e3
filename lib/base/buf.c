/* Growth by doubling up to the stated maximum; the only realloc outside arenas. */
#include "lib/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define SIZE_FIRST 256

void buf_init(struct buf *buf, size_t size_max)
{
    *buf = (struct buf){.size_max = size_max};
}

void buf_init_fixed(struct buf *buf, void *memory, size_t size)
{
    *buf = (struct buf){.ptr = memory, .size = size, .size_max = size, .is_fixed = true};
}

void buf_release(struct buf *buf)
{
    if (!buf->is_fixed)
        free(buf->ptr);
    *buf = (struct buf){.size_max = buf->size_max};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->has_failed = false;
}

static bool grow(struct buf *buf, size_t need)
{
    size_t size = buf->size ? buf->size : SIZE_FIRST;
    char *ptr;

    if (buf->is_fixed || need > buf->size_max)
        return false;
    while (size < need)
        size = size > buf->size_max / 2 ? buf->size_max : size * 2;
    if (size > buf->size_max)
        size = buf->size_max;
    ptr = realloc(buf->ptr, size);
    if (!ptr)
        return false;
    buf->ptr = ptr;
    buf->size = size;
    return true;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->size - buf->len >= len && buf->ptr)
        return buf->ptr + buf->len;
    if (len > buf->size_max - buf->len || !grow(buf, buf->len + len)) {
        buf->has_failed = true;
        return NULL;
    }
    return buf->ptr + buf->len;
}

void buf_added(struct buf *buf, size_t len)
{
    CHECK(len <= buf->size - buf->len);
    buf->len += len;
}

void buf_consume(struct buf *buf, size_t len)
{
    CHECK(len <= buf->len);
    buf->len -= len;
    if (buf->len > 0 && len > 0)
        memmove(buf->ptr, buf->ptr + len, buf->len);
}

void buf_put(struct buf *buf, const void *ptr, size_t len)
{
    char *to;

    if (len == 0)
        return;
    to = buf_reserve(buf, len);
    if (!to)
        return;
    memcpy(to, ptr, len);
    buf->len += len;
}

void buf_put_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.ptr, s.len);
}

void buf_put_c(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_put_char(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

void buf_put_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_put(buf, digits + at, sizeof(digits) - at);
}

void buf_put_i64(struct buf *buf, int64_t value)
{
    if (value < 0)
        buf_put_char(buf, '-');
    buf_put_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_put_padded(struct buf *buf, uint64_t value, unsigned digits)
{
    char text[20];

    CHECK(digits <= sizeof(text));
    for (unsigned i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    buf_put(buf, text, digits);
}

void buf_put_hex(struct buf *buf, const void *ptr, size_t len)
{
    static const char HEX[] = "0123456789abcdef";
    const unsigned char *bytes = ptr;

    for (size_t i = 0; i < len; i++) {
        char pair[2] = {HEX[bytes[i] >> 4], HEX[bytes[i] & 15]};
        buf_put(buf, pair, 2);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    int len;
    char *to;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    to = buf_reserve(buf, (size_t)len + 1);
    if (to) {
        vsnprintf(to, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}
