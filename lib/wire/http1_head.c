/*
 * The request head in two steps. First the end is looked for, line by line: that step alone decides
 * on line ends and sizes, in the order of the bytes, so it gives the same verdict however the head
 * arrives. Then the whole head is parsed once, and what the fields say about framing is weighed
 * together at the end: there must be exactly one way to read where the body ends.
 */
#include "lib/wire/http1.h"

#include "lib/wire/http1_chars.h"
#include "lib/wire/http1_parts.h"

/* -- the request line ---------------------------------------------------------------------- */

static enum http_method method_of(struct str text)
{
    static const struct {
        struct str text;
        enum http_method method;
    } METHODS[] = {
        {STR_INIT("GET"), HTTP_GET},         {STR_INIT("POST"), HTTP_POST},
        {STR_INIT("HEAD"), HTTP_HEAD},       {STR_INIT("PUT"), HTTP_PUT},
        {STR_INIT("PATCH"), HTTP_PATCH},     {STR_INIT("DELETE"), HTTP_DELETE},
        {STR_INIT("OPTIONS"), HTTP_OPTIONS},
    };

    for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++)
        if (str_eq(text, METHODS[i].text))
            return METHODS[i].method;
    return HTTP_OTHER;
}

static bool escapes_are_whole(struct str text)
{
    for (size_t at = str_find(text, '%', 0); at < text.len; at = str_find(text, '%', at + 3))
        if (text.len - at < 3 || !http_char_is(text.ptr[at + 1], HTTP_CHAR_HEX) ||
            !http_char_is(text.ptr[at + 2], HTTP_CHAR_HEX))
            return false;
    return true;
}

static void split_query(struct str text, struct http_head *head)
{
    size_t mark = str_find(text, '?', 0);

    head->path = str_slice(text, 0, mark);
    head->query = str_slice(text, mark + 1, text.len);
    if (head->path.len == 0)
        head->path = STR("/");
}

/* The absolute-form, which a client may send although no proxy is there (RFC 9112 3.2.2). */
static enum err split_absolute(struct http_head *head, struct http_framing *framing)
{
    struct str target = head->target;
    size_t from, to;

    if (target.len >= 7 && str_eq_nocase(str_slice(target, 0, 7), STR("http://")))
        from = 7;
    else if (target.len >= 8 && str_eq_nocase(str_slice(target, 0, 8), STR("https://")))
        from = 8;
    else
        return ERR_INPUT;
    to = from;
    while (to < target.len && target.ptr[to] != '/' && target.ptr[to] != '?')
        to++;
    framing->authority = str_slice(target, from, to);
    split_query(str_slice(target, to, target.len), head);
    return framing->authority.len > 0 ? OK : ERR_INPUT;
}

/* CONNECT asks for a tunnel, PRI is how HTTP/2 begins (RFC 9113 section 3.4): whoever knows them
 * reads what follows as something else than a request, so they never pass as unknown methods. */
static bool is_another_protocol(struct str method)
{
    return str_eq(method, STR("CONNECT")) || str_eq(method, STR("PRI"));
}

static enum err split_target(struct http_head *head, struct http_framing *framing)
{
    if (!escapes_are_whole(head->target) || is_another_protocol(head->method_text))
        return ERR_INPUT;
    if (head->target.ptr[0] == '/') {
        split_query(head->target, head);
        return OK;
    }
    if (head->method == HTTP_OPTIONS && str_eq(head->target, STR("*"))) {
        head->path = head->target;
        head->query = str_of(NULL, 0);
        return OK;
    }
    return split_absolute(head, framing);
}

static enum err parse_version(struct str text, struct http_head *head)
{
    if (text.len != 8 || memcmp(text.ptr, "HTTP/", 5) != 0 || text.ptr[6] != '.' ||
        text.ptr[5] < '0' || text.ptr[5] > '9' || text.ptr[7] < '0' || text.ptr[7] > '9')
        return ERR_INPUT;
    if (text.ptr[5] != '1' || text.ptr[7] > '1')
        return ERR_HTTP_VERSION;
    head->minor = (uint8_t)(text.ptr[7] - '0');
    return OK;
}

static enum err parse_request_line(const char *at, const char *end, struct http_head *head,
                                   struct http_framing *framing)
{
    const char *method = at;
    const char *target;
    enum err err;

    at = http_skip_class(at, end, HTTP_CHAR_TOKEN);
    if (at == method || at == end || *at != ' ')
        return ERR_INPUT;
    head->method_text = str_of(method, (size_t)(at - method));
    head->method = method_of(head->method_text);
    target = ++at;
    at = http_skip_class(at, end, HTTP_CHAR_TARGET);
    if (at == target || at == end || *at != ' ')
        return ERR_INPUT;
    head->target = str_of(target, (size_t)(at - target));
    at++;
    if ((err = parse_version(str_of(at, (size_t)(end - at)), head)))
        return err;
    return split_target(head, framing);
}

/* -- fields -------------------------------------------------------------------------------- */

/* The high bit of each of eight bytes that is a control character. Bits above the lowest set one
 * may be wrong, because a borrow runs upwards from it. */
static inline uint64_t control_mask(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t del = word ^ (ones * 0x7f);

    return ((word - ones * 0x20) | (del - ones)) & ~word & (ones * 0x80);
}

/* The end of a field value: the first byte that may not be in one. There is one before `end`. */
static const char *skip_value(const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t word, mask;

        memcpy(&word, at, sizeof(word));
        mask = control_mask(word);
        if (mask == 0) {
            at += 8;
            continue;
        }
        at += __builtin_ctzll(mask) >> 3;
        if (*at != '\t')
            return at;
        at++;
    }
#endif
    return http_skip_class(at, end, HTTP_CHAR_FIELD);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One field line. *next is behind its CRLF; `end` is that of the head, which ends with CRLF twice
 * and has no CRLF that does not end a line. */
static enum err parse_field(const char *at, const char *end, struct http_head *head,
                            struct http_framing *framing, const char **next)
{
    const char *colon = http_skip_class(at, end, HTTP_CHAR_TOKEN);
    const char *value = colon + 1;
    const char *value_end;
    struct http_header *header;

    if (colon == at || *colon != ':')
        return ERR_INPUT;
    value_end = skip_value(value, end);
    if (value_end[0] != '\r' || value_end[1] != '\n')
        return ERR_INPUT;
    if (head->header_count == LIMIT_HTTP_HEADER_COUNT)
        return ERR_HEADERS_TOO_LARGE;
    *next = value_end + 2;
    while (is_blank(*value))
        value++;
    while (value_end > value && is_blank(value_end[-1]))
        value_end--;
    header = &head->headers[head->header_count++];
    header->name = str_of(at, (size_t)(colon - at));
    header->value = str_of(value, (size_t)(value_end - value));
    http_framing_note(framing, head, header->name, header->value);
    return OK;
}

/* [at, end) is a head whose lines all end with CRLF and whose last line alone is empty. */
static enum err parse_lines(const char *at, const char *end, struct http_head *head)
{
    struct http_framing framing = {0};
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    enum err err = parse_request_line(at, newline - 1, head, &framing);

    at = newline + 1;
    while (!err && end - at > 2)
        err = parse_field(at, end, head, &framing, &at);
    return err ? err : http_framing_weigh(&framing, head);
}

enum err http_head_parse(struct str in, size_t *scanned, struct http_head *head, size_t *used)
{
    size_t start, end;
    enum err err = http_head_end(in, scanned, &start, &end);

    if (err)
        return err;
    /* The headers behind header_count need no clearing: 3 KiB for each request. */
    memset(head, 0, offsetof(struct http_head, headers));
    err = parse_lines(in.ptr + start, in.ptr + end, head);
    if (err)
        return err;
    *scanned = 0;
    *used = end;
    return OK;
}
