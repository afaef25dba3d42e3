/* The request head: good and bad ones with the exact answer, read whole, cut at every place and
 * octet by octet; every limit at its figure and one beyond. */
#include "lib/wire/http1.h"

#include <stdlib.h>

#include "lib/wire/http1_chars.h"
#include "tests/unit/test.h"

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: rally.test\r\n"
#define HEAD GET HOST
#define END "\r\n"

static struct http_head head; /* of the last parse: 3 KiB */

/* Parses from heap memory of just its size, so that a read behind it is seen. head.* strs of OK
 * point into *copy. */
static enum err parse_copy(struct str in, size_t *scanned, size_t *used, char **copy)
{
    *copy = malloc(in.len ? in.len : 1);
    memcpy(*copy, in.ptr, in.len);
    return http_head_parse(str_of(*copy, in.len), scanned, &head, used);
}

static enum err parse_from(struct str in, size_t len, size_t *scanned, size_t *used)
{
    char *copy;
    enum err err = parse_copy(str_slice(in, 0, len), scanned, used, &copy);

    free(copy);
    return err;
}

/* The verdict when `first` bytes are there at once and the rest comes in steps. */
static enum err parse_in_pieces(struct str in, size_t first, size_t step, size_t *used)
{
    size_t scanned = 0;

    for (size_t len = first;; len += step) {
        enum err err = parse_from(in, len < in.len ? len : in.len, &scanned, used);

        if (err != ERR_AGAIN || len >= in.len)
            return err;
    }
}

static void expect_verdict(enum err want, struct str in, size_t want_used)
{
    for (size_t first = 0; first <= in.len + 1; first++) {
        /* The last round goes octet by octet. */
        size_t used = 0;
        enum err err = first > in.len ? parse_in_pieces(in, 0, 1, &used)
                                      : parse_in_pieces(in, first, in.len, &used);

        if (err != want || (want == OK && used != want_used))
            fail_msg(
                "wanted %s and %zu bytes, got %s and %zu when first %zu of %zu were there: %.*s",
                err_code(want), want_used, err_code(err), used, first, in.len, STR_ARGS(in));
    }
}

struct row {
    enum err want;
    struct str in;
};

#define R(want, text)                                                                              \
    {                                                                                              \
        want, STR_INIT(text)                                                                       \
    }

static const struct row ROWS[] = {
    /* heads as clients send them */
    R(OK, HEAD END),
    R(OK, "\r\n" HEAD END),
    R(OK, "GET /a/b%20c?x=1&y=%C3%A9 HTTP/1.1\r\n" HOST END),
    R(OK, "GET /-._~!$&'()*+,;=:@/?/? HTTP/1.1\r\n" HOST END),
    R(OK, "GET //x HTTP/1.1\r\n" HOST END),
    R(OK, "OPTIONS * HTTP/1.1\r\n" HOST END),
    R(OK, "OPTIONS / HTTP/1.1\r\n" HOST END),
    R(OK, "BREW / HTTP/1.1\r\n" HOST END),
    R(OK, "GET http://rally.test/x HTTP/1.1\r\n" HOST END),
    R(OK, "GET HTTP://RALLY.test HTTP/1.1\r\n" HOST END),
    R(OK, "GET https://rally.test?q HTTP/1.1\r\n" HOST END),
    R(OK, "GET / HTTP/1.0\r\n" END),
    R(OK, "GET / HTTP/1.0\r\n" HOST END),
    R(OK, "GET http://rally.test/ HTTP/1.0\r\n" END),
    R(OK, GET "host:rally.test\r\n" END),
    R(OK, GET "HOST: \t rally.test:8080 \t \r\n" END),
    R(OK, GET "Host: [::1]:65535\r\n" END),
    R(OK, GET "Host: 127.0.0.1:0\r\n" END),
    R(OK, HEAD "X-Empty:\r\nX-Blank: \t \r\n" END),
    R(OK, HEAD "X-Any: \x21~\x80\xff\t two\r\n" END),
    R(OK, HEAD "!#$%&'*+-.^_`|~09AZaz: x\r\n" END),
    R(OK, HEAD "Content-Length: 0\r\n" END),
    R(OK, HEAD "Content-Length: 18446744073709551615\r\n" END),
    R(OK, HEAD "Transfer-Encoding: Chunked\r\n" END),
    R(OK, HEAD "Expect: 100-Continue\r\n" END),
    R(OK, "GET / HTTP/1.0\r\nExpect: something\r\n" END),
    R(OK, HEAD "Connection: close, x\r\nConnection: y\r\n" END),
    /* two lengths, or one that is not a length */
    R(ERR_INPUT, HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n" END),
    R(ERR_INPUT, HEAD "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 0\r\nTransfer-Encoding: xchunked\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 2\r\nContent-Length: 3\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 2\r\nCONTENT-LENGTH: 2\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 2, 2\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: +1\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: -1\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 0x1\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 1 2\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 01\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 1.0\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length:\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 18446744073709551616\r\n" END),
    R(ERR_INPUT, HEAD "Content-Length: 99999999999999999999999999999999\r\n" END),
    /* transfer codings */
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: xchunked\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: gzip, chunked\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: chunked, chunked\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: chunked, identity\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: chunked,\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: identity\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: chunked;x=y\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding: \"chunked\"\r\n" END),
    R(ERR_NOT_IMPLEMENTED, HEAD "Transfer-Encoding:\r\n" END),
    R(ERR_INPUT, HEAD "Transfer-Encoding: \x0b"
                      "chunked\r\n" END),
    R(ERR_INPUT, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END),
    R(ERR_INPUT, HEAD "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END),
    R(ERR_INPUT, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END),
    /* Host */
    R(ERR_INPUT, GET END),
    R(ERR_INPUT, HEAD HOST END),
    R(ERR_INPUT, "GET / HTTP/1.0\r\n" HOST HOST END),
    R(ERR_INPUT, GET "Host:\r\n" END),
    R(ERR_INPUT, GET "Host: a b\r\n" END),
    R(ERR_INPUT, GET "Host: a/b\r\n" END),
    R(ERR_INPUT, GET "Host: a@b\r\n" END),
    R(ERR_INPUT, GET "Host: a,b\r\n" END),
    R(ERR_INPUT, GET "Host: a%41\r\n" END),
    R(ERR_INPUT, GET "Host: :80\r\n" END),
    R(ERR_INPUT, GET "Host: a:\r\n" END),
    R(ERR_INPUT, GET "Host: a:x\r\n" END),
    R(ERR_INPUT, GET "Host: a:65536\r\n" END),
    R(ERR_INPUT, GET "Host: a:080\r\n" END),
    R(ERR_INPUT, GET "Host: a:4294967376\r\n" END),
    R(ERR_INPUT, GET "Host: a:1:2\r\n" END),
    R(ERR_INPUT, GET "Host: [::1\r\n" END),
    R(ERR_INPUT, GET "Host: []\r\n" END),
    R(ERR_INPUT, GET "Host: [::1]x\r\n" END),
    R(ERR_INPUT, GET "Host: [v1.x]\r\n" END),
    R(ERR_INPUT, GET "Host: \xc3\xa9\r\n" END),
    /* field lines */
    R(ERR_INPUT, GET "Host : rally.test\r\n" END),
    R(ERR_INPUT, GET "Host\t: rally.test\r\n" END),
    R(ERR_INPUT, GET " Host: rally.test\r\n" END),
    R(ERR_INPUT, HEAD "X-A: one\r\n two\r\n" END),
    R(ERR_INPUT, HEAD "X-A: one\r\n\ttwo\r\n" END),
    R(ERR_INPUT, HEAD "X-A: one\r\n \r\n" END),
    R(ERR_INPUT, HEAD ": x\r\n" END),
    R(ERR_INPUT, HEAD "X-A\r\n" END),
    R(ERR_INPUT, HEAD "X A: x\r\n" END),
    R(ERR_INPUT, HEAD "X(A): x\r\n" END),
    R(ERR_INPUT, HEAD "X\xe9: x\r\n" END),
    R(ERR_INPUT, HEAD "X\x00: x\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\x00"
                      "b\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\x01"
                      "b\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\x1f"
                      "bcdefghi\r\n" END),
    R(ERR_INPUT, HEAD "X-A: abcdefghi\x7f\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\rb\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\rbX-B: c\r\n" END),
    R(ERR_INPUT, HEAD "X-A: a\r\r\n" END),
    R(ERR_INPUT, HEAD "\r\r\n" END),
    /* line ends */
    R(ERR_INPUT, "GET / HTTP/1.1\nHost: rally.test\n\n"),
    R(ERR_INPUT, "GET / HTTP/1.1\n"),
    R(ERR_INPUT, HEAD "X-A: a\nX-B: b\r\n" END),
    R(ERR_INPUT, HEAD "\n"),
    R(ERR_INPUT, "\n" HEAD END),
    R(ERR_INPUT, "\r\n\r\n" HEAD END),
    R(ERR_INPUT, "\rGET / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "\r\r\n" HEAD END),
    /* request line */
    R(ERR_INPUT, "GET  / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /  HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET\t/ HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET / HTTP/1.1 \r\n" HOST END),
    R(ERR_INPUT, " GET / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /\r\n" HOST END),
    R(ERR_INPUT, "GET\r\n" HOST END),
    R(ERR_INPUT, "GET  HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "G@T / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /a b HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET a HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET ?a HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET * HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /#x HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /\xe9 HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /\x00 HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /\x7f HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /\"<>\\^`{|} HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /[] HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /% HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /%4 HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /%zz HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET /?%4z HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET http://other.test/ HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET http://rally.test:80/ HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET http://a@rally.test/ HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET http:///x HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET http:/x HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET ftp://rally.test/ HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "CONNECT / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "PRI / HTTP/1.1\r\n" HOST END),
    R(ERR_INPUT, "CONNECT rally.test:80 HTTP/1.1\r\nHost: rally.test:80\r\n" END),
    /* versions */
    R(ERR_HTTP_VERSION, "GET / HTTP/9.9\r\n" HOST END),
    R(ERR_HTTP_VERSION, "GET / HTTP/2.0\r\n" HOST END),
    R(ERR_HTTP_VERSION, "GET / HTTP/1.2\r\n" HOST END),
    R(ERR_HTTP_VERSION, "GET / HTTP/0.9\r\n" HOST END),
    R(ERR_HTTP_VERSION, "PRI * HTTP/2.0\r\n\r\n"),
    R(ERR_INPUT, "GET / HTTP/1.10\r\n" HOST END),
    R(ERR_INPUT, "GET / HTTP/01.1\r\n" HOST END),
    R(ERR_INPUT, "GET / HTTP/1\r\n" HOST END),
    R(ERR_INPUT, "GET / HTTP/1.x\r\n" HOST END),
    R(ERR_INPUT, "GET / HTTP/1,1\r\n" HOST END),
    R(ERR_INPUT, "GET / http/1.1\r\n" HOST END),
    R(ERR_INPUT, "GET / XTTP/1.1\r\n" HOST END),
    /* something else altogether */
    R(ERR_INPUT, "\x16\x03\x01\x02"),
    R(ERR_INPUT, "\x00"),
    R(ERR_INPUT, "{\"type\":1}"),
    /* expectations */
    R(ERR_EXPECTATION, HEAD "Expect: 200-ok\r\n" END),
    R(ERR_EXPECTATION, HEAD "Expect:\r\n" END),
    R(ERR_EXPECTATION, HEAD "Expect: 100-continue, x\r\n" END),
    R(ERR_EXPECTATION, HEAD "Expect: 100-continue\r\nExpect: x\r\n" END),
    /* not yet */
    R(ERR_AGAIN, ""),
    R(ERR_AGAIN, "\r"),
    R(ERR_AGAIN, "\r\n"),
    R(ERR_AGAIN, "GET / HTTP/1.1\r"),
    R(ERR_AGAIN, HEAD),
    R(ERR_AGAIN, HEAD "\r"),
};

TEST(every_row_has_one_verdict_however_it_arrives)
{
    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++)
        expect_verdict(ROWS[i].want, ROWS[i].in, ROWS[i].in.len);
}

TEST(a_head_ends_where_the_next_bytes_begin)
{
    expect_verdict(OK, STR(HEAD END HEAD END), sizeof(HEAD END) - 1);
    expect_verdict(OK, STR(HEAD END "\n\0\xff"), sizeof(HEAD END) - 1);
    expect_verdict(OK, STR("\r\n" HEAD END "body"), sizeof("\r\n" HEAD END) - 1);
}

/* -- what a head says ---------------------------------------------------------------------- */

static char *kept; /* the bytes that `head` points into */

static const struct http_head *parse(const char *text)
{
    size_t scanned = 0, used;

    free(kept);
    memset(&head, 0xee, sizeof(head)); /* nothing may depend on what was there */
    EXPECT_OK(parse_copy(str_from_c(text), &scanned, &used, &kept));
    return &head;
}

TEST(the_parts_of_a_request_are_taken_apart)
{
    const struct http_head *h = parse("POST /a%20b/?x=1&y HTTP/1.1\r\nhOST:\trally.test:80 \r\n"
                                      "X-A: one, two \r\nx-a:\r\nContent-Length: 12\r\n\r\n");

    EXPECT_INT(HTTP_POST, h->method);
    EXPECT_STR("POST", h->method_text);
    EXPECT_STR("/a%20b/?x=1&y", h->target);
    EXPECT_STR("/a%20b/", h->path);
    EXPECT_STR("x=1&y", h->query);
    EXPECT_STR("rally.test:80", h->host);
    EXPECT_INT(1, h->minor);
    EXPECT_INT(12, h->content_length);
    EXPECT(h->keep_alive);
    EXPECT_FALSE(h->is_chunked || h->expects_continue || h->is_websocket);
    EXPECT_INT(4, h->header_count);
    EXPECT_STR("X-A", h->headers[1].name);
    EXPECT_STR("one, two", h->headers[1].value);
    EXPECT_STR("one, two", http_header_get(h, "x-A"));
    EXPECT_INT(2, http_header_count(h, "X-a"));
    EXPECT_INT(0, http_header_count(h, "X-"));
    EXPECT_NULL(http_header_get(h, "absent").ptr);
}

TEST(every_method_that_rally_routes_has_its_name)
{
    static const struct {
        const char *line;
        enum http_method method;
    } METHODS[] = {
        {"GET / HTTP/1.1\r\n" HOST END, HTTP_GET},
        {"HEAD / HTTP/1.1\r\n" HOST END, HTTP_HEAD},
        {"POST / HTTP/1.1\r\n" HOST END, HTTP_POST},
        {"PUT / HTTP/1.1\r\n" HOST END, HTTP_PUT},
        {"PATCH / HTTP/1.1\r\n" HOST END, HTTP_PATCH},
        {"DELETE / HTTP/1.1\r\n" HOST END, HTTP_DELETE},
        {"OPTIONS / HTTP/1.1\r\n" HOST END, HTTP_OPTIONS},
        {"get / HTTP/1.1\r\n" HOST END, HTTP_OTHER},
        {"TRACE / HTTP/1.1\r\n" HOST END, HTTP_OTHER},
        {"GETX / HTTP/1.1\r\n" HOST END, HTTP_OTHER},
    };

    for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++)
        EXPECT_INT(METHODS[i].method, parse(METHODS[i].line)->method);
}

TEST(the_absolute_form_gives_the_path_behind_the_authority)
{
    EXPECT_STR("/x", parse("GET http://rally.test/x?y HTTP/1.1\r\n" HOST END)->path);
    EXPECT_STR("y", parse("GET http://rally.test/x?y HTTP/1.1\r\n" HOST END)->query);
    EXPECT_STR("/", parse("GET http://rally.test HTTP/1.1\r\n" HOST END)->path);
    EXPECT_STR("/", parse("GET http://rally.test?y HTTP/1.1\r\n" HOST END)->path);
    EXPECT_STR("y", parse("GET http://rally.test?y HTTP/1.1\r\n" HOST END)->query);
    EXPECT_STR("rally.test", parse("GET http://rally.test HTTP/1.0\r\n" END)->host);
    EXPECT_NULL(parse("GET / HTTP/1.0\r\n" END)->host.ptr);
    EXPECT_STR("*", parse("OPTIONS * HTTP/1.1\r\n" HOST END)->path);
}

TEST(a_connection_is_kept_as_its_version_and_fields_say)
{
    EXPECT(parse(HEAD END)->keep_alive);
    EXPECT_FALSE(parse(HEAD "Connection: close\r\n" END)->keep_alive);
    EXPECT_FALSE(parse(HEAD "Connection: x , CLOSE\r\n" END)->keep_alive);
    EXPECT_FALSE(parse(HEAD "Connection: keep-alive\r\nConnection: close\r\n" END)->keep_alive);
    EXPECT(parse(HEAD "Connection: closed, xclose\r\n" END)->keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n" END)->keep_alive);
    EXPECT(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" END)->keep_alive);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n" END)->keep_alive);
}

TEST(a_websocket_upgrade_is_a_get_with_both_fields_and_no_body)
{
#define UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\n"
    EXPECT(parse(HEAD UPGRADE END)->is_websocket);
    EXPECT(parse(HEAD UPGRADE "Content-Length: 0\r\n" END)->is_websocket);
    EXPECT_FALSE(parse(HEAD UPGRADE "Content-Length: 1\r\n" END)->is_websocket);
    EXPECT_FALSE(parse(HEAD UPGRADE "Transfer-Encoding: chunked\r\n" END)->is_websocket);
    EXPECT_FALSE(parse(HEAD "Upgrade: websocket\r\n" END)->is_websocket);
    EXPECT_FALSE(parse(HEAD "Connection: upgrade\r\n" END)->is_websocket);
    EXPECT_FALSE(parse(HEAD "Connection: upgrade\r\nUpgrade: websockets\r\n" END)->is_websocket);
    EXPECT_FALSE(parse("POST / HTTP/1.1\r\n" HOST UPGRADE END)->is_websocket);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n" HOST UPGRADE END)->is_websocket);
}

TEST(a_client_that_waits_for_100_is_known)
{
    EXPECT(parse(HEAD "Expect: 100-continue\r\nContent-Length: 5\r\n" END)->expects_continue);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n" END)->expects_continue);
    EXPECT(parse(HEAD "Transfer-Encoding: chunked\r\n" END)->is_chunked);
}

TEST(cookies_are_found_over_all_fields)
{
    const struct http_head *h = parse(HEAD "Cookie: a=1; rally_rt=x.y=; b\r\n"
                                           "cookie: A=2;c = 3; d=\"q\"; e=\r\n" END);

    EXPECT_STR("1", http_cookie_get(h, "a"));
    EXPECT_STR("x.y=", http_cookie_get(h, "rally_rt"));
    EXPECT_STR("2", http_cookie_get(h, "A"));
    EXPECT_STR("\"q\"", http_cookie_get(h, "d"));
    EXPECT_STR("", http_cookie_get(h, "e"));
    EXPECT_NOT_NULL(http_cookie_get(h, "e").ptr);
    EXPECT_NULL(http_cookie_get(h, "b").ptr);
    EXPECT_NULL(http_cookie_get(h, "rt").ptr);
    EXPECT_NULL(http_cookie_get(h, "c").ptr);
}

TEST(a_list_is_searched_by_whole_tokens)
{
    EXPECT(http_list_has(STR("a, B ,\tc"), STR("b")));
    EXPECT(http_list_has(STR(",,c"), STR("c")));
    EXPECT_FALSE(http_list_has(STR("ab, bc"), STR("b")));
    EXPECT_FALSE(http_list_has(STR(""), STR("b")));
    EXPECT_FALSE(http_list_has(str_of(NULL, 0), STR("b")));
}

/* -- limits -------------------------------------------------------------------------------- */

static struct buf made(void)
{
    struct buf buf;

    buf_init(&buf, 1 << 20);
    return buf;
}

static void fill(struct buf *buf, size_t len)
{
    char *to = buf_reserve(buf, len);

    memset(to, 'a', len);
    buf_added(buf, len);
}

/* Whole, in two cuts near the ends and in steps: enough, as all cuts of 16 KiB would take long. */
static void expect_limit(enum err want, struct str in)
{
    static const size_t STEPS[] = {1, 7, 100, 8191, 8192, 8193, 16383, 16384};
    size_t used;

    EXPECT_ERR(want, parse_in_pieces(in, in.len, in.len, &used));
    for (size_t i = 0; i < ARRAY_COUNT(STEPS); i++)
        EXPECT_ERR(want, parse_in_pieces(in, 0, STEPS[i], &used));
    for (size_t cut = 1; cut < 6 && cut < in.len; cut++)
        EXPECT_ERR(want, parse_in_pieces(in, in.len - cut, in.len, &used));
}

TEST(a_request_line_may_have_8192_bytes)
{
    for (size_t more = 0; more < 3; more++) {
        struct buf buf = made();

        buf_put_c(&buf, "GET /");
        fill(&buf, LIMIT_HTTP_LINE_SIZE - 14 + more);
        buf_put_c(&buf, " HTTP/1.1\r\n" HOST END);
        expect_limit(more ? ERR_URI_TOO_LONG : OK, buf_str(&buf));
        buf_release(&buf);
    }
}

TEST(a_request_line_behind_an_empty_line_has_the_same_limit)
{
    struct buf buf = made();

    buf_put_c(&buf, "\r\nGET /");
    fill(&buf, LIMIT_HTTP_LINE_SIZE - 13);
    buf_put_c(&buf, " HTTP/1.1\r\n" HOST END);
    expect_limit(ERR_URI_TOO_LONG, buf_str(&buf));
    buf_release(&buf);
}

TEST(a_line_that_never_ends_is_refused_at_its_limit)
{
    struct buf buf = made();
    size_t scanned = 0, used;

    fill(&buf, LIMIT_HTTP_LINE_SIZE + 1);
    EXPECT_ERR(ERR_AGAIN, parse_from(buf_str(&buf), LIMIT_HTTP_LINE_SIZE, &scanned, &used));
    EXPECT_ERR(ERR_URI_TOO_LONG, parse_from(buf_str(&buf), buf.len, &scanned, &used));
    buf_release(&buf);
}

TEST(a_field_line_may_have_8192_bytes)
{
    for (size_t more = 0; more < 3; more++) {
        struct buf buf = made();

        buf_put_c(&buf, HEAD "X-A: ");
        fill(&buf, LIMIT_HTTP_LINE_SIZE - 5 + more);
        buf_put_c(&buf, "\r\n\r\n");
        expect_limit(more ? ERR_HEADERS_TOO_LARGE : OK, buf_str(&buf));
        buf_release(&buf);
    }
}

TEST(a_head_may_have_16384_bytes)
{
    for (size_t more = 0; more < 3; more++) {
        struct buf buf = made();

        buf_put_c(&buf, HEAD "X-A: ");
        fill(&buf, 8180);
        buf_put_c(&buf, "\r\nX-B: ");
        fill(&buf, LIMIT_HTTP_HEAD_SIZE - buf.len - 4 + more);
        buf_put_c(&buf, "\r\n\r\n");
        EXPECT_INT(LIMIT_HTTP_HEAD_SIZE + more, buf.len);
        expect_limit(more ? ERR_HEADERS_TOO_LARGE : OK, buf_str(&buf));
        buf_release(&buf);
    }
}

TEST(a_head_that_fills_its_limit_without_an_end_is_refused_at_once)
{
    struct buf buf = made();
    size_t scanned = 0, used;

    buf_put_c(&buf, HEAD);
    while (buf.len < LIMIT_HTTP_HEAD_SIZE)
        buf_put_c(&buf, "X: y\r\n");
    EXPECT_ERR(ERR_AGAIN, parse_from(buf_str(&buf), LIMIT_HTTP_HEAD_SIZE - 1, &scanned, &used));
    EXPECT_ERR(ERR_HEADERS_TOO_LARGE,
               parse_from(buf_str(&buf), LIMIT_HTTP_HEAD_SIZE, &scanned, &used));
    buf_release(&buf);
}

TEST(a_head_may_have_100_fields)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf buf = made();

        buf_put_c(&buf, HEAD);
        for (size_t i = 1; i < LIMIT_HTTP_HEADER_COUNT + more; i++)
            buf_printf(&buf, "X-%zu: v\r\n", i);
        buf_put_c(&buf, "\r\n");
        expect_limit(more ? ERR_HEADERS_TOO_LARGE : OK, buf_str(&buf));
        buf_release(&buf);
    }
}

TEST(garbage_behind_a_complete_head_changes_nothing)
{
    struct buf buf = made();

    buf_put_c(&buf, HEAD END);
    fill(&buf, 40000);
    expect_limit(OK, buf_str(&buf));
    buf_release(&buf);
}

/* -- the table of classes ------------------------------------------------------------------ */

static bool is_alnum(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_in(int c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

TEST(the_classes_are_those_of_the_rfcs)
{
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;

        EXPECT_INT(is_alnum(c) || is_in(c, "!#$%&'*+-.^_`|~"), http_char_is(byte, HTTP_CHAR_TOKEN));
        EXPECT_INT(is_alnum(c) || is_in(c, "-._~!$&'()*+,;=:@/?%"),
                   http_char_is(byte, HTTP_CHAR_TARGET));
        EXPECT_INT(is_alnum(c) || is_in(c, "-._~"), http_char_is(byte, HTTP_CHAR_UNRESERVED));
        EXPECT_INT(c == '\t' || (c >= ' ' && c != 0x7f), http_char_is(byte, HTTP_CHAR_FIELD));
        EXPECT_INT(is_in(c, "0123456789abcdefABCDEF"), http_char_is(byte, HTTP_CHAR_HEX));
    }
}

TEST(statuses_have_their_words)
{
    EXPECT_STR("Unprocessable Content", str_from_c(http_reason(422)));
    EXPECT_STR("Switching Protocols", str_from_c(http_reason(101)));
    EXPECT_STR("", str_from_c(http_reason(299)));
    for (enum err err = OK; err < ERR_COUNT; err++)
        EXPECT(http_reason(err_status(err))[0] != '\0');
}
