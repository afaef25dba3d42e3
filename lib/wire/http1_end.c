/*
 * Where a request head ends. This step alone decides on line ends and sizes, in the order of the
 * bytes, so it gives the same verdict however the head arrives.
 */
#include "lib/wire/http1_parts.h"

#include "lib/wire/http1_chars.h"

/* Where the line begins that was not complete when `scanned` bytes were there. */
static size_t line_start(struct str in, size_t scanned)
{
    const char *newline = scanned > 0 ? memrchr(in.ptr, '\n', scanned) : NULL;

    return newline ? (size_t)(newline - in.ptr) + 1 : 0;
}

static enum err too_long(struct str in, size_t line)
{
    bool is_first = line == 0 || (line == 2 && in.ptr[0] == '\r');

    return is_first ? ERR_URI_TOO_LONG : ERR_HEADERS_TOO_LARGE;
}

/* Checks bytes [line, end) without the newline: the size of the line, which counts neither CR nor
 * LF, so that the CR of a line that is not complete yet may be one more. */
static enum err check_line_size(struct str in, size_t line, size_t end)
{
    size_t size = end - line;

    if (size > 0 && in.ptr[end - 1] == '\r')
        size--;
    return size > LIMIT_HTTP_LINE_SIZE ? too_long(in, line) : OK;
}

/* The complete line [line, newline]; *is_empty when nothing stands before its CRLF. */
static enum err check_line(struct str in, size_t line, size_t newline, bool *is_empty)
{
    enum err err = check_line_size(in, line, newline);

    if (err)
        return err;
    if (newline == line || in.ptr[newline - 1] != '\r')
        return ERR_INPUT;
    *is_empty = newline - line == 1;
    return OK;
}

/* No more newline within `seen` bytes. */
static enum err check_rest(struct str in, size_t line, size_t seen)
{
    enum err err = check_line_size(in, line, seen);

    if (err)
        return err;
    return seen == LIMIT_HTTP_HEAD_SIZE ? ERR_HEADERS_TOO_LARGE : ERR_AGAIN;
}

enum err http_head_end(struct str in, size_t *scanned, size_t *start, size_t *end)
{
    size_t seen = in.len < LIMIT_HTTP_HEAD_SIZE ? in.len : LIMIT_HTTP_HEAD_SIZE;
    size_t line = line_start(in, *scanned);
    bool has_blank = in.len > 0 && in.ptr[0] == '\r';

    if (in.len > 0 && !has_blank && !http_char_is(in.ptr[0], HTTP_CHAR_TOKEN))
        return ERR_INPUT;
    if (has_blank && in.len > 1 && in.ptr[1] != '\n')
        return ERR_INPUT;
    *start = has_blank ? 2 : 0;
    for (;;) {
        size_t from = line > *scanned ? line : *scanned;
        const char *newline = seen > from ? memchr(in.ptr + from, '\n', seen - from) : NULL;
        bool is_empty;
        enum err err;

        if (!newline)
            break;
        if ((err = check_line(in, line, (size_t)(newline - in.ptr), &is_empty)))
            return err;
        line = (size_t)(newline - in.ptr) + 1;
        if (is_empty && line > *start) {
            *end = line;
            return line == *start + 2 ? ERR_INPUT : OK;
        }
    }
    *scanned = seen;
    return check_rest(in, line, seen);
}
