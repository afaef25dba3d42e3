/* One decoder for paths and forms; they differ in what '+' means. */
#include "lib/wire/url.h"

#include "lib/wire/http1_chars.h"
#include "lib/wire/utf8.h"

/* The byte that "%XX" at `at` stands for; -1 when it is not such an escape, or a NUL. */
static int escape_value(struct str in, size_t at)
{
    unsigned value;

    if (in.len - at < 3 || !http_char_is(in.ptr[at + 1], HTTP_CHAR_HEX) ||
        !http_char_is(in.ptr[at + 2], HTTP_CHAR_HEX))
        return -1;
    value = http_hex_value(in.ptr[at + 1]) << 4 | http_hex_value(in.ptr[at + 2]);
    return value > 0 ? (int)value : -1;
}

static bool needs_decoding(struct str in, bool plus_is_space)
{
    return str_find(in, '%', 0) < in.len || (plus_is_space && str_find(in, '+', 0) < in.len);
}

/* Decodes to `to`, which has room for in.len bytes. */
static enum err decode_bytes(struct str in, bool plus_is_space, char *to, size_t *len)
{
    size_t out = 0;

    for (size_t at = 0; at < in.len; at++) {
        char c = in.ptr[at];

        if (c == '%') {
            int value = escape_value(in, at);

            if (value < 0)
                return ERR_INPUT;
            c = (char)value;
            at += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[out++] = c;
    }
    *len = out;
    return OK;
}

static enum err decode(struct str in, bool plus_is_space, struct arena *arena, struct str *out)
{
    struct str result = in;

    if (in.len > 0 && memchr(in.ptr, '\0', in.len))
        return ERR_INPUT;
    if (needs_decoding(in, plus_is_space)) {
        char *to = arena_alloc(arena, in.len);

        if (!to)
            return ERR_TOO_LARGE;
        if (decode_bytes(in, plus_is_space, to, &result.len))
            return ERR_INPUT;
        result.ptr = to;
    }
    if (!utf8_is_valid(result))
        return ERR_INPUT;
    *out = result;
    return OK;
}

enum err url_decode(struct str in, struct arena *arena, struct str *out)
{
    return decode(in, false, arena, out);
}

enum err query_next(struct str query, size_t *at, struct arena *arena, struct str *name,
                    struct str *value)
{
    struct str pair, decoded_name;
    size_t end, equals;
    enum err err;

    while (*at < query.len && query.ptr[*at] == '&')
        ++*at;
    if (*at >= query.len)
        return ERR_END;
    end = str_find(query, '&', *at);
    pair = str_slice(query, *at, end);
    equals = str_find(pair, '=', 0);
    if ((err = decode(str_slice(pair, 0, equals), true, arena, &decoded_name)) ||
        (err = decode(str_slice(pair, equals + 1, pair.len), true, arena, value)))
        return err;
    *name = decoded_name;
    *at = end;
    return OK;
}

enum err query_get(struct str query, struct str name, struct arena *arena, struct str *out)
{
    struct str found, value;
    size_t at = 0;
    enum err err;

    while ((err = query_next(query, &at, arena, &found, &value)) == OK) {
        if (str_eq(found, name)) {
            *out = value;
            return OK;
        }
    }
    return err == ERR_END ? ERR_NOT_FOUND : err;
}

void url_put_encoded(struct buf *buf, struct str in)
{
    static const char HEX[] = "0123456789ABCDEF";

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];

        if (http_char_is(in.ptr[i], HTTP_CHAR_UNRESERVED))
            buf_put_char(buf, in.ptr[i]);
        else
            buf_put(buf, (char[3]){'%', HEX[c >> 4], HEX[c & 15]}, 3);
    }
}
