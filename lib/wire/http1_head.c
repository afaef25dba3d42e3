/*
 * The request head in two steps. First the end is looked for, line by line: that step alone decides
 * on line ends and sizes, in the order of the bytes, so it gives the same verdict however the head
 * arrives. Then the whole head is parsed once, and what the fields say about framing is weighed
 * together at the end: there must be exactly one way to read where the body ends.
 */
#include "lib/wire/http1.h"

#include "lib/wire/http1_chars.h"

/* What the fields said, before it is weighed. */
struct framing {
    struct str authority; /* of an absolute-form target */
    struct str coding;
    struct str length;
    unsigned host_count;
    unsigned coding_count;
    unsigned length_count;
    bool says_close;
    bool says_keep_alive;
    bool says_upgrade;
    bool upgrades_to_websocket;
    bool expects_continue;
    bool expects_other;
};

/* -- the end of the head ------------------------------------------------------------------- */

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

/* *start and *end of the head: behind an empty line at most, up to and with the last CRLF. */
static enum err find_end(struct str in, size_t *scanned, size_t *start, size_t *end)
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
        size_t newline = str_find(str_of(in.ptr, seen), '\n', line > *scanned ? line : *scanned);
        bool is_empty;
        enum err err;

        if (newline == seen)
            break;
        if ((err = check_line(in, line, newline, &is_empty)))
            return err;
        line = newline + 1;
        if (is_empty && line > *start) {
            *end = line;
            return line == *start + 2 ? ERR_INPUT : OK;
        }
    }
    *scanned = seen;
    return check_rest(in, line, seen);
}

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
static enum err split_absolute(struct http_head *head, struct framing *framing)
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

static enum err split_target(struct http_head *head, struct framing *framing)
{
    if (!escapes_are_whole(head->target))
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
                                   struct framing *framing)
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

bool http_list_has(struct str value, struct str token)
{
    size_t at = 0;

    while (at < value.len) {
        size_t comma = str_find(value, ',', at);

        if (str_eq_nocase(str_trim(str_slice(value, at, comma)), token))
            return true;
        at = comma + 1;
    }
    return false;
}

static void note_connection(struct framing *framing, struct str value)
{
    framing->says_close |= http_list_has(value, STR("close"));
    framing->says_keep_alive |= http_list_has(value, STR("keep-alive"));
    framing->says_upgrade |= http_list_has(value, STR("upgrade"));
}

static void note_expect(struct framing *framing, struct str value)
{
    if (str_eq_nocase(value, STR("100-continue")))
        framing->expects_continue = true;
    else
        framing->expects_other = true;
}

/* Keeps what a field says about framing. The size of its name tells most fields apart. */
static void note_field(struct framing *framing, struct http_head *head, struct str name,
                       struct str value)
{
    switch (name.len) {
    case 4:
        if (str_eq_nocase(name, STR("host"))) {
            framing->host_count++;
            head->host = value;
        }
        return;
    case 6:
        if (str_eq_nocase(name, STR("expect")))
            note_expect(framing, value);
        return;
    case 7:
        if (str_eq_nocase(name, STR("upgrade")))
            framing->upgrades_to_websocket |= http_list_has(value, STR("websocket"));
        return;
    case 10:
        if (str_eq_nocase(name, STR("connection")))
            note_connection(framing, value);
        return;
    case 14:
        if (str_eq_nocase(name, STR("content-length"))) {
            framing->length_count++;
            framing->length = value;
        }
        return;
    case 17:
        if (str_eq_nocase(name, STR("transfer-encoding"))) {
            framing->coding_count++;
            framing->coding = value;
        }
        return;
    default:
        return;
    }
}

/* Not zero when one of eight bytes is a control character other than a byte above 0x7f. HTAB is
 * one too; the caller looks again. */
static uint64_t control_mask(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t del = word ^ (ones * 0x7f);

    return ((word - ones * 0x20) | (del - ones)) & ~word & (ones * 0x80);
}

static bool is_field_text(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        if (control_mask(word) != 0 && http_skip_class(at, at + 8, HTTP_CHAR_FIELD) != at + 8)
            return false;
    }
    return http_skip_class(at, end, HTTP_CHAR_FIELD) == end;
}

static enum err parse_field(const char *at, const char *end, struct http_head *head,
                            struct framing *framing)
{
    const char *colon = http_skip_class(at, end, HTTP_CHAR_TOKEN);
    struct http_header *header;

    if (colon == at || colon == end || *colon != ':' || !is_field_text(colon + 1, end))
        return ERR_INPUT;
    if (head->header_count == LIMIT_HTTP_HEADER_COUNT)
        return ERR_HEADERS_TOO_LARGE;
    header = &head->headers[head->header_count++];
    header->name = str_of(at, (size_t)(colon - at));
    header->value = str_trim(str_of(colon + 1, (size_t)(end - colon - 1)));
    note_field(framing, head, header->name, header->value);
    return OK;
}

/* -- what it all means --------------------------------------------------------------------- */

static bool port_is_valid(struct str port)
{
    uint64_t value;

    return port.len <= 5 && str_to_u64(port, UINT16_MAX, &value) == OK;
}

/* An address in brackets: hex digits, colons and dots. Whether it is one that exists matters to
 * nobody here; that it cannot hold anything else does. */
static bool literal_is_valid(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!http_char_is(text.ptr[i], HTTP_CHAR_HEX) && text.ptr[i] != ':' && text.ptr[i] != '.')
            return false;
    return text.len > 0;
}

/* uri-host [ ":" port ], without the parts of the grammar that no host name uses. */
static bool host_is_valid(struct str host)
{
    const char *end = host.ptr + host.len;
    const char *at;

    if (host.len == 0)
        return false;
    if (host.ptr[0] == '[') {
        size_t close = str_find(host, ']', 0);

        if (close == host.len || !literal_is_valid(str_slice(host, 1, close)))
            return false;
        at = host.ptr + close + 1;
    } else {
        at = http_skip_class(host.ptr, end, HTTP_CHAR_UNRESERVED);
        if (at == host.ptr)
            return false;
    }
    if (at == end)
        return true;
    return *at == ':' && port_is_valid(str_of(at + 1, (size_t)(end - at - 1)));
}

static enum err weigh_host(struct http_head *head, const struct framing *framing)
{
    if (framing->host_count > 1 || (framing->host_count == 0 && head->minor == 1))
        return ERR_INPUT;
    if (framing->host_count == 0)
        head->host = framing->authority;
    if (head->host.ptr && !host_is_valid(head->host))
        return ERR_INPUT;
    if (framing->authority.ptr && !str_eq_nocase(framing->authority, head->host))
        return ERR_INPUT;
    return OK;
}

static enum err weigh_body(struct http_head *head, const struct framing *framing)
{
    if (framing->length_count + framing->coding_count > 1)
        return ERR_INPUT;
    if (framing->coding_count == 1) {
        if (head->minor == 0)
            return ERR_INPUT;
        if (!str_eq_nocase(framing->coding, STR("chunked")))
            return ERR_NOT_IMPLEMENTED;
        head->is_chunked = true;
    }
    if (framing->length_count == 1)
        return str_to_u64(framing->length, UINT64_MAX, &head->content_length);
    return OK;
}

static enum err weigh(struct http_head *head, const struct framing *framing)
{
    enum err err;

    if ((err = weigh_host(head, framing)) || (err = weigh_body(head, framing)))
        return err;
    if (head->minor == 1 && framing->expects_other)
        return ERR_EXPECTATION;
    head->expects_continue = head->minor == 1 && framing->expects_continue;
    head->keep_alive = !framing->says_close && (head->minor == 1 || framing->says_keep_alive);
    head->is_websocket = head->minor == 1 && head->method == HTTP_GET && framing->says_upgrade &&
                         framing->upgrades_to_websocket && !head->is_chunked &&
                         head->content_length == 0;
    return OK;
}

/* [at, end) is a head whose lines all end with CRLF and whose last line alone is empty. */
static enum err parse_lines(const char *at, const char *end, struct http_head *head)
{
    struct framing framing = {0};
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    enum err err = parse_request_line(at, newline - 1, head, &framing);

    for (at = newline + 1; !err && end - at > 2; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        err = parse_field(at, newline - 1, head, &framing);
    }
    return err ? err : weigh(head, &framing);
}

enum err http_head_parse(struct str in, size_t *scanned, struct http_head *head, size_t *used)
{
    size_t start, end;
    enum err err = find_end(in, scanned, &start, &end);

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
