/*
 * The JSON writer. It holds no stack of what is open: the caller's nesting is in the caller's code,
 * and one flag says whether a comma is due. Room for a whole piece is reserved at once, because
 * this runs for every snapshot of every room.
 */
#include "lib/wire/json.h"

#include "lib/base/clock.h"
#include "lib/wire/json_plain.h"
#include "lib/wire/utf8.h"

/* 20 digits of a u64, a sign, a point or two quotes. */
#define NUMBER_SIZE_MAX 24

/* Room for `len` bytes at the end, or NULL; nearly always there. */
static inline char *room(struct json_writer *w, size_t len)
{
    struct buf *buf = w->buf;

    if (buf->size - buf->len < len)
        return buf_reserve(buf, len);
    return buf->ptr + buf->len;
}

/* What was written in the room ends at `at`; `needs_comma` tells what may follow. */
static inline void written(struct json_writer *w, const char *at, bool needs_comma)
{
    w->buf->len = (size_t)(at - w->buf->ptr);
    w->needs_comma = needs_comma;
}

static inline char *put_comma(const struct json_writer *w, char *at)
{
    if (w->needs_comma)
        *at++ = ',';
    return at;
}

/* Keys and names are short: two overlapping moves beat a call. */
static inline char *put_short(char *at, const char *text, size_t len)
{
    if (len >= 8 && len <= 16) {
        memcpy(at, text, 8);
        memcpy(at + len - 8, text + len - 8, 8);
    } else if (len >= 4 && len < 8) {
        memcpy(at, text, 4);
        memcpy(at + len - 4, text + len - 4, 4);
    } else if (len > 16) {
        memcpy(at, text, len);
    } else {
        for (size_t i = 0; i < len; i++)
            at[i] = text[i];
    }
    return at + len;
}

static void put_token(struct json_writer *w, const char *token, size_t len)
{
    char *at = room(w, len + w->needs_comma);

    if (!at)
        return;
    written(w, put_short(put_comma(w, at), token, len), true);
}

static void put_open(struct json_writer *w, char c)
{
    char *at = room(w, 1u + w->needs_comma);

    if (!at)
        return;
    at = put_comma(w, at);
    *at++ = c;
    written(w, at, false);
}

static void put_close(struct json_writer *w, char c)
{
    char *at = room(w, 1);

    if (!at)
        return;
    *at++ = c;
    written(w, at, true);
}

void json_object_begin(struct json_writer *w)
{
    put_open(w, '{');
}

void json_array_begin(struct json_writer *w)
{
    put_open(w, '[');
}

void json_object_end(struct json_writer *w)
{
    put_close(w, '}');
}

void json_array_end(struct json_writer *w)
{
    put_close(w, ']');
}

void json_put_key(struct json_writer *w, const char *key, size_t len)
{
    char *at = room(w, len + 3 + w->needs_comma);

    if (!at)
        return;
    at = put_comma(w, at);
    *at++ = '"';
    at = put_short(at, key, len);
    *at++ = '"';
    *at++ = ':';
    written(w, at, false);
}

static void put_control(struct buf *buf, unsigned char c)
{
    static const char SHORT[] = "btnvfr"; /* 08 to 0d; JSON has no \v */
    static const char HEX[] = "0123456789abcdef";

    if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        buf_put(buf, (char[2]){'\\', SHORT[c - 0x08]}, 2);
    } else {
        buf_put(buf, (char[6]){'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]}, 6);
    }
}

/* Writes the character at `at`, which is not plain, and returns where the next one starts. Bytes
 * that are not UTF-8 become U+FFFD: whatever is stored, what leaves is valid JSON. */
static const char *put_special(struct buf *buf, const char *at, const char *end)
{
    unsigned char c = (unsigned char)*at;
    size_t size;

    if (c < 0x20) {
        put_control(buf, c);
        return at + 1;
    }
    if (c < 0x80) {
        buf_put(buf, (char[2]){'\\', *at}, 2);
        return at + 1;
    }
    size = utf8_char_size(str_of(at, (size_t)(end - at)));
    if (size == 0) {
        buf_put(buf, "\xef\xbf\xbd", 3);
        return at + 1;
    }
    buf_put(buf, at, size);
    return at + size;
}

/* The rest of a string whose plain beginning has been written. */
static void put_escaped(struct buf *buf, const char *at, const char *end)
{
    while (at < end) {
        const char *run;

        at = put_special(buf, at, end);
        run = json_skip_plain(at, end);
        buf_put(buf, at, (size_t)(run - at));
        at = run;
    }
}

void json_put_str(struct json_writer *w, struct str value)
{
    const char *end = value.len > 0 ? value.ptr + value.len : value.ptr;
    const char *run = json_skip_plain(value.ptr, end);
    size_t plain = (size_t)(run - value.ptr);
    char *at = room(w, plain + 2 + w->needs_comma);

    if (!at)
        return;
    at = put_comma(w, at);
    *at++ = '"';
    at = put_short(at, value.ptr, plain);
    *at++ = '"';
    written(w, at, true);
    if (run < end) {
        w->buf->len--; /* not the end of the string yet */
        put_escaped(w->buf, run, end);
        buf_put_char(w->buf, '"');
    }
}

void json_put_c(struct json_writer *w, const char *value)
{
    json_put_str(w, str_from_c(value));
}

/* Writes the digits at `at` and returns where they end. */
static inline char *put_digits(char *at, uint64_t value)
{
    static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    unsigned count = 1;
    char *end;

    for (uint64_t limit = 10; count < 20 && value >= limit; limit *= 10)
        count++;
    end = at + count;
    for (char *to = end; to > at + 1; value /= 100) {
        to -= 2;
        memcpy(to, PAIRS + value % 100 * 2, 2);
    }
    if (count % 2 == 1)
        *at = (char)('0' + value % 10);
    return end;
}

static inline uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* A number, and what may belong to it: a sign, hundredths, quotes. Always inlined with all but the
 * first known, so that each caller keeps only what it needs. */
static inline char *put_parts(char *at, uint64_t magnitude, bool is_negative, unsigned cents,
                              bool is_quoted)
{
    if (is_quoted)
        *at++ = '"';
    if (is_negative)
        *at++ = '-';
    at = put_digits(at, magnitude);
    if (cents != 0) {
        *at++ = '.';
        *at++ = (char)('0' + cents / 10);
        if (cents % 10 != 0)
            *at++ = (char)('0' + cents % 10);
    }
    if (is_quoted)
        *at++ = '"';
    return at;
}

/* Near the end of a buffer the number may fit although the longest would not. */
static void put_number_tight(struct json_writer *w, uint64_t magnitude, bool is_negative,
                             unsigned cents, bool is_quoted)
{
    char text[NUMBER_SIZE_MAX];
    char *end = put_parts(text, magnitude, is_negative, cents, is_quoted);

    put_token(w, text, (size_t)(end - text));
}

static inline void put_number(struct json_writer *w, uint64_t magnitude, bool is_negative,
                              unsigned cents, bool is_quoted)
{
    char *at;

    if (w->buf->size - w->buf->len <= NUMBER_SIZE_MAX) {
        put_number_tight(w, magnitude, is_negative, cents, is_quoted);
        return;
    }
    at = put_comma(w, w->buf->ptr + w->buf->len);
    written(w, put_parts(at, magnitude, is_negative, cents, is_quoted), true);
}

void json_put_u64(struct json_writer *w, uint64_t value)
{
    put_number(w, value, false, 0, false);
}

void json_put_i64(struct json_writer *w, int64_t value)
{
    put_number(w, magnitude_of(value), value < 0, 0, false);
}

void json_put_bool(struct json_writer *w, bool value)
{
    if (value)
        put_token(w, "true", 4);
    else
        put_token(w, "false", 5);
}

void json_put_null(struct json_writer *w)
{
    put_token(w, "null", 4);
}

void json_put_u64_text(struct json_writer *w, uint64_t value)
{
    put_number(w, value, false, 0, true);
}

void json_put_hundredths(struct json_writer *w, int64_t value)
{
    uint64_t magnitude = magnitude_of(value);

    put_number(w, magnitude / 100, value < 0, (unsigned)(magnitude % 100), false);
}

void json_put_time(struct json_writer *w, uint64_t wall_ms)
{
    char *at = room(w, 1u + w->needs_comma);

    if (!at)
        return;
    at = put_comma(w, at);
    *at++ = '"';
    written(w, at, true);
    time_put_rfc3339(w->buf, wall_ms);
    buf_put_char(w->buf, '"');
}

void json_put_raw(struct json_writer *w, struct str json)
{
    put_token(w, json.ptr, json.len);
}
