/*
 * The chunked coding as a machine that takes one byte at a time, but for the data itself:
 *
 *     SIZE --;--> EXT...            TRAILER: a field line, or the CRLF that ends the body
 *      |CR         |CR
 *      v           v
 *     SIZE_LF ----> DATA -> DATA_CR -> DATA_LF -> SIZE
 *        \--last chunk--> TRAILER ... -> DONE
 *
 * The extension is held to its grammar, less the white space that it calls bad: a recipient that
 * reads an extension otherwise than its neighbour sees other chunks.
 */
#include "lib/wire/http1.h"

#include "lib/wire/http1_chars.h"

enum state {
    STATE_SIZE,
    STATE_EXT_NAME_FIRST, /* behind ';' */
    STATE_EXT_NAME,
    STATE_EXT_VALUE_FIRST, /* behind '=' */
    STATE_EXT_VALUE,
    STATE_EXT_QUOTED,
    STATE_EXT_ESCAPED, /* behind a backslash inside quotes */
    STATE_EXT_QUOTE_END,
    STATE_SIZE_LF,
    STATE_DATA,
    STATE_DATA_CR,
    STATE_DATA_LF,
    STATE_TRAILER, /* at the start of a line */
    STATE_TRAILER_NAME,
    STATE_TRAILER_VALUE,
    STATE_TRAILER_LF,
    STATE_LAST_LF,
    STATE_DONE,
    STATE_FAILED,
};

#define SIZE_DIGITS_MAX 16 /* what 64 bits hold */

static enum err expect(struct http_chunked *chunked, char got, char want, uint8_t next)
{
    if (got != want)
        return ERR_INPUT;
    chunked->state = next;
    return OK;
}

/* What may stand behind the size, a name, a value: the next extension or the end of the line. */
static enum err ext_or_end(struct http_chunked *chunked, char c)
{
    if (c == '\r') {
        chunked->state = STATE_SIZE_LF;
        return OK;
    }
    return expect(chunked, c, ';', STATE_EXT_NAME_FIRST);
}

static enum err take_size(struct http_chunked *chunked, char c)
{
    if (http_char_is(c, HTTP_CHAR_HEX)) {
        if (chunked->digits == SIZE_DIGITS_MAX)
            return ERR_INPUT;
        chunked->digits++;
        chunked->left = chunked->left << 4 | http_hex_value(c);
        return OK;
    }
    return chunked->digits > 0 ? ext_or_end(chunked, c) : ERR_INPUT;
}

/* A token: its first character, or any that follows. */
static enum err take_token(struct http_chunked *chunked, char c, bool is_first, uint8_t next)
{
    if (http_char_is(c, HTTP_CHAR_TOKEN)) {
        chunked->state = next;
        return OK;
    }
    if (is_first)
        return ERR_INPUT;
    if (next == STATE_EXT_NAME && c == '=') {
        chunked->state = STATE_EXT_VALUE_FIRST;
        return OK;
    }
    return ext_or_end(chunked, c);
}

static enum err take_quoted(struct http_chunked *chunked, char c)
{
    if (!http_char_is(c, HTTP_CHAR_FIELD))
        return ERR_INPUT;
    if (chunked->state == STATE_EXT_ESCAPED)
        chunked->state = STATE_EXT_QUOTED;
    else if (c == '\\')
        chunked->state = STATE_EXT_ESCAPED;
    else if (c == '"')
        chunked->state = STATE_EXT_QUOTE_END;
    return OK;
}

static enum err take_ext(struct http_chunked *chunked, char c)
{
    if (c != '\r' && ++chunked->line_size > LIMIT_HTTP_CHUNK_EXT_SIZE)
        return ERR_INPUT;
    switch (chunked->state) {
    case STATE_EXT_NAME_FIRST:
        return take_token(chunked, c, true, STATE_EXT_NAME);
    case STATE_EXT_NAME:
        return take_token(chunked, c, false, STATE_EXT_NAME);
    case STATE_EXT_VALUE_FIRST:
        if (c == '"') {
            chunked->state = STATE_EXT_QUOTED;
            return OK;
        }
        return take_token(chunked, c, true, STATE_EXT_VALUE);
    case STATE_EXT_VALUE:
        return take_token(chunked, c, false, STATE_EXT_VALUE);
    case STATE_EXT_QUOTE_END:
        return ext_or_end(chunked, c);
    default:
        return take_quoted(chunked, c);
    }
}

/* The size line is complete: a chunk of data, or the last one. */
static enum err size_end(struct http_chunked *chunked, char c, const struct buf *body)
{
    if (c != '\n')
        return ERR_INPUT;
    if (chunked->left > body->size_max - body->len)
        return ERR_TOO_LARGE;
    chunked->state = chunked->left > 0 ? STATE_DATA : STATE_TRAILER;
    chunked->digits = 0;
    chunked->line_size = 0;
    return OK;
}

/* Fields that say where a message ends or to whom it goes: in a trailer they come too late to be
 * honest (RFC 9110 section 6.5.1), and who merges trailers into the head reads another message.
 * Their first letters differ, so one candidate is enough. */
static const struct str FORBIDDEN[] = {
    STR_INIT("content-length"),
    STR_INIT("transfer-encoding"),
    STR_INIT("host"),
};
#define FORBIDDEN_NONE ARRAY_COUNT(FORBIDDEN)

static char lower(char c)
{
    return (char)(c | 0x20); /* of a letter; any other token character turns into no letter */
}

/* Follows the name of a trailer field, letter by letter. */
static void name_follow(struct http_chunked *chunked, char c)
{
    if (chunked->forbidden < FORBIDDEN_NONE) {
        struct str name = FORBIDDEN[chunked->forbidden];

        if (chunked->name_size == name.len || lower(c) != name.ptr[chunked->name_size++])
            chunked->forbidden = FORBIDDEN_NONE;
    }
}

static bool name_is_forbidden(const struct http_chunked *chunked)
{
    return chunked->forbidden < FORBIDDEN_NONE &&
           chunked->name_size == FORBIDDEN[chunked->forbidden].len;
}

static void name_begin(struct http_chunked *chunked, char c)
{
    chunked->forbidden = 0;
    while (chunked->forbidden < FORBIDDEN_NONE && FORBIDDEN[chunked->forbidden].ptr[0] != lower(c))
        chunked->forbidden++;
    chunked->name_size = 1;
    chunked->state = STATE_TRAILER_NAME;
}

static enum err trailer_begin(struct http_chunked *chunked, char c)
{
    if (c == '\r') {
        chunked->state = STATE_LAST_LF;
        return OK;
    }
    if (!http_char_is(c, HTTP_CHAR_TOKEN))
        return ERR_INPUT;
    if (chunked->trailer_count == LIMIT_HTTP_HEADER_COUNT)
        return ERR_HEADERS_TOO_LARGE;
    chunked->trailer_count++;
    name_begin(chunked, c);
    return OK;
}

static enum err take_trailer_name(struct http_chunked *chunked, char c)
{
    if (http_char_is(c, HTTP_CHAR_TOKEN)) {
        name_follow(chunked, c);
        return OK;
    }
    if (name_is_forbidden(chunked))
        return ERR_INPUT;
    return expect(chunked, c, ':', STATE_TRAILER_VALUE);
}

static enum err take_trailer(struct http_chunked *chunked, char c)
{
    if (++chunked->line_size > LIMIT_HTTP_HEAD_SIZE)
        return ERR_HEADERS_TOO_LARGE;
    switch (chunked->state) {
    case STATE_TRAILER:
        return trailer_begin(chunked, c);
    case STATE_TRAILER_NAME:
        return take_trailer_name(chunked, c);
    case STATE_TRAILER_VALUE:
        if (http_char_is(c, HTTP_CHAR_FIELD))
            return OK;
        return expect(chunked, c, '\r', STATE_TRAILER_LF);
    case STATE_TRAILER_LF:
        return expect(chunked, c, '\n', STATE_TRAILER);
    default:
        return expect(chunked, c, '\n', STATE_DONE);
    }
}

static enum err take_byte(struct http_chunked *chunked, char c, const struct buf *body)
{
    switch (chunked->state) {
    case STATE_SIZE:
        if (c == ';')
            chunked->line_size = 1;
        return take_size(chunked, c);
    case STATE_SIZE_LF:
        return size_end(chunked, c, body);
    case STATE_DATA_CR:
        return expect(chunked, c, '\r', STATE_DATA_LF);
    case STATE_DATA_LF:
        return expect(chunked, c, '\n', STATE_SIZE);
    case STATE_FAILED:
        return ERR_INPUT;
    default:
        return chunked->state < STATE_SIZE_LF ? take_ext(chunked, c) : take_trailer(chunked, c);
    }
}

static enum err take_data(struct http_chunked *chunked, struct str in, size_t *used,
                          struct buf *body)
{
    size_t len = in.len - *used;

    if (len > chunked->left)
        len = (size_t)chunked->left;
    buf_put(body, in.ptr + *used, len);
    if (!buf_ok(body))
        return ERR_TOO_LARGE;
    *used += len;
    chunked->left -= len;
    if (chunked->left == 0)
        chunked->state = STATE_DATA_CR;
    return OK;
}

enum err http_chunked_feed(struct http_chunked *chunked, struct str in, size_t *used,
                           struct buf *body)
{
    enum err err = OK;

    *used = 0;
    while (!err && chunked->state != STATE_DONE && *used < in.len) {
        if (chunked->state == STATE_DATA)
            err = take_data(chunked, in, used, body);
        else
            err = take_byte(chunked, in.ptr[(*used)++], body);
    }
    if (err)
        chunked->state = STATE_FAILED;
    else if (chunked->state != STATE_DONE)
        err = ERR_AGAIN;
    return err;
}
