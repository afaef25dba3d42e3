/*
 * The JSON writer. It holds no stack of what is open: the caller's nesting is in the caller's code,
 * and one flag says whether a comma is due. Room for a whole piece is reserved at once, because
 * this runs for every snapshot of every room.
 */
#include "lib/wire/json.h"

#include "lib/base/clock.h"
#include "lib/wire/json_plain.h"
#include "lib/wire/utf8.h"

/* 20 digits of a u64, a sign, a comma. */
#define NUMBER_SIZE_MAX 22

static void put_token(struct json_writer *w, const char *token, size_t len, bool needs_comma)
{
    char *to = buf_reserve(w->buf, len + 1);
    size_t at = 0;

    if (to) {
        if (w->needs_comma)
            to[at++] = ',';
        memcpy(to + at, token, len);
        buf_added(w->buf, at + len);
    }
    w->needs_comma = needs_comma;
}

void json_object_begin(struct json_writer *w)
{
    put_token(w, "{", 1, false);
}

void json_array_begin(struct json_writer *w)
{
    put_token(w, "[", 1, false);
}

void json_object_end(struct json_writer *w)
{
    w->needs_comma = false;
    put_token(w, "}", 1, true);
}

void json_array_end(struct json_writer *w)
{
    w->needs_comma = false;
    put_token(w, "]", 1, true);
}

void json_key(struct json_writer *w, const char *key)
{
    size_t len = strlen(key);
    char *to = buf_reserve(w->buf, len + 4);

    if (to) {
        char *at = to;

        if (w->needs_comma)
            *at++ = ',';
        *at++ = '"';
        memcpy(at, key, len);
        at += len;
        *at++ = '"';
        *at++ = ':';
        buf_added(w->buf, (size_t)(at - to));
    }
    w->needs_comma = false;
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

static void put_escaped(struct buf *buf, const char *at, const char *end)
{
    while (at < end) {
        const char *run = json_skip_plain(at, end);

        buf_put(buf, at, (size_t)(run - at));
        at = run < end ? put_special(buf, run, end) : end;
    }
}

void json_put_str(struct json_writer *w, struct str value)
{
    put_token(w, "\"", 1, true);
    if (value.len > 0)
        put_escaped(w->buf, value.ptr, value.ptr + value.len);
    buf_put_char(w->buf, '"');
}

void json_put_c(struct json_writer *w, const char *value)
{
    json_put_str(w, str_from_c(value));
}

/* Writes the digits so that the last one is before `end`; returns where they start. */
static char *digits_before(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static void put_number(struct json_writer *w, uint64_t magnitude, bool is_negative)
{
    char text[NUMBER_SIZE_MAX];
    char *end = text + sizeof(text);
    char *at = digits_before(end, magnitude);

    if (is_negative)
        *--at = '-';
    put_token(w, at, (size_t)(end - at), true);
}

void json_put_u64(struct json_writer *w, uint64_t value)
{
    put_number(w, value, false);
}

void json_put_i64(struct json_writer *w, int64_t value)
{
    put_number(w, magnitude_of(value), value < 0);
}

void json_put_bool(struct json_writer *w, bool value)
{
    if (value)
        put_token(w, "true", 4, true);
    else
        put_token(w, "false", 5, true);
}

void json_put_null(struct json_writer *w)
{
    put_token(w, "null", 4, true);
}

void json_put_u64_text(struct json_writer *w, uint64_t value)
{
    char text[NUMBER_SIZE_MAX];
    char *end = text + sizeof(text);
    char *at;

    *--end = '"';
    at = digits_before(end, value);
    *--at = '"';
    put_token(w, at, (size_t)(end + 1 - at), true);
}

void json_put_hundredths(struct json_writer *w, int64_t value)
{
    char text[NUMBER_SIZE_MAX + 1];
    char *end = text + sizeof(text);
    uint64_t magnitude = magnitude_of(value);
    unsigned cents = (unsigned)(magnitude % 100);
    char *at;

    if (cents == 0) {
        put_number(w, magnitude / 100, value < 0);
        return;
    }
    at = end;
    if (cents % 10 != 0)
        *--at = (char)('0' + cents % 10);
    *--at = (char)('0' + cents / 10);
    *--at = '.';
    at = digits_before(at, magnitude / 100);
    if (value < 0)
        *--at = '-';
    put_token(w, at, (size_t)(end - at), true);
}

void json_put_time(struct json_writer *w, uint64_t wall_ms)
{
    put_token(w, "\"", 1, true);
    time_put_rfc3339(w->buf, wall_ms);
    buf_put_char(w->buf, '"');
}

void json_put_raw(struct json_writer *w, struct str json)
{
    put_token(w, json.ptr, json.len, true);
}

void json_str(struct json_writer *w, const char *key, struct str value)
{
    json_key(w, key);
    json_put_str(w, value);
}

void json_c(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_put_c(w, value);
}

void json_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, key);
    json_put_u64(w, value);
}

void json_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_put_i64(w, value);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_put_bool(w, value);
}

void json_null(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_put_null(w);
}

void json_u64_text(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, key);
    json_put_u64_text(w, value);
}

void json_hundredths(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_put_hundredths(w, value);
}

void json_time(struct json_writer *w, const char *key, uint64_t wall_ms)
{
    json_key(w, key);
    json_put_time(w, wall_ms);
}
