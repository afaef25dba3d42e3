/*
 * The request head. Whatever the bytes: one verdict, whole or in pieces. When it is OK, what was
 * read is within the bytes and consistent, nothing shorter is a head, and writing the parts down
 * plainly gives a head that reads the same.
 */
#include "fuzz/fuzz_input.h"
#include "lib/wire/http1.h"

static struct http_head head, again;

static bool is_within(struct str part, struct str whole)
{
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static bool is_text(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static void check_fields(struct str in)
{
    CHECK(head.header_count <= LIMIT_HTTP_HEADER_COUNT);
    for (size_t i = 0; i < head.header_count; i++) {
        struct http_header *header = &head.headers[i];

        CHECK(is_within(header->name, in));
        CHECK(is_within(header->value, in));
        CHECK(header->name.len > 0);
        CHECK(is_text(header->value));
        CHECK(str_eq(header->value, str_trim(header->value)));
    }
}

static void check_meaning(struct str in)
{
    size_t lengths = http_header_count(&head, "content-length");
    size_t codings = http_header_count(&head, "transfer-encoding");

    CHECK(str_ends_with(in, STR("\r\n\r\n")));
    CHECK(is_within(head.method_text, in) && head.method_text.len > 0);
    CHECK(is_within(head.target, in) && head.target.len > 0);
    CHECK(head.path.len > 0);
    CHECK(head.path.ptr[0] == '/' || head.method == HTTP_OPTIONS);
    CHECK(lengths + codings <= 1);
    CHECK(head.is_chunked == (codings == 1));
    CHECK(lengths == 1 || head.content_length == 0);
    CHECK(head.minor <= 1);
    CHECK(head.minor == 1 || !(head.is_chunked || head.expects_continue || head.is_websocket));
    CHECK(http_header_count(&head, "host") <= 1);
    CHECK(head.minor == 0 || (http_header_count(&head, "host") == 1 && head.host.len > 0));
    CHECK(!head.is_websocket || (head.method == HTTP_GET && head.content_length == 0));
}

static void check_same(const struct http_head *a, const struct http_head *b)
{
    CHECK(a->method == b->method && a->minor == b->minor);
    CHECK(str_eq(a->target, b->target) && str_eq(a->path, b->path) && str_eq(a->query, b->query));
    CHECK(str_eq(a->host, b->host));
    CHECK(a->content_length == b->content_length && a->is_chunked == b->is_chunked);
    CHECK(a->keep_alive == b->keep_alive && a->is_websocket == b->is_websocket);
    CHECK(a->expects_continue == b->expects_continue && a->header_count == b->header_count);
    for (size_t i = 0; i < a->header_count; i++) {
        CHECK(str_eq(a->headers[i].name, b->headers[i].name));
        CHECK(str_eq(a->headers[i].value, b->headers[i].value));
    }
}

/* Writes the head down as an honest client would. */
static void head_put(struct buf *out)
{
    buf_put_str(out, head.method_text);
    buf_put_char(out, ' ');
    buf_put_str(out, head.target);
    buf_put_c(out, head.minor == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (size_t i = 0; i < head.header_count; i++) {
        buf_put_str(out, head.headers[i].name);
        buf_put_char(out, ':');
        buf_put_str(out, head.headers[i].value);
        buf_put_c(out, "\r\n");
    }
    buf_put_c(out, "\r\n");
}

static void check_round_trip(void)
{
    size_t scanned = 0, used;
    struct buf out;

    buf_init(&out, 1 << 20);
    head_put(&out);
    CHECK(http_head_parse(buf_str(&out), &scanned, &again, &used) == OK);
    CHECK(used == out.len);
    check_same(&head, &again);
    buf_release(&out);
}

/* The verdict when the bytes come in the pieces that the cuts say. */
static enum err parse_in_pieces(struct str in, struct fuzz_cuts *cuts, size_t *used)
{
    size_t scanned = 0, len = 0;
    enum err err;

    do {
        char *copy;

        len += fuzz_piece(cuts, in, len).len;
        copy = fuzz_copy(str_slice(in, 0, len));
        err = http_head_parse(str_of(copy, len), &scanned, &again, used);
        free(copy);
    } while (err == ERR_AGAIN && len < in.len);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = fuzz_cuts_take(&data, &size);
    char *copy = fuzz_copy(str_of(data, size));
    struct str in = str_of(copy, size);
    size_t scanned = 0, used = 0, used_in_pieces = 0;
    enum err err = http_head_parse(in, &scanned, &head, &used);

    CHECK(err == OK || err == ERR_AGAIN || err == ERR_INPUT || err == ERR_URI_TOO_LONG ||
          err == ERR_HEADERS_TOO_LARGE || err == ERR_EXPECTATION || err == ERR_NOT_IMPLEMENTED ||
          err == ERR_HTTP_VERSION);
    CHECK(parse_in_pieces(in, &cuts, &used_in_pieces) == err);
    if (err == OK) {
        CHECK(used == used_in_pieces);
        CHECK(used <= size && used <= LIMIT_HTTP_HEAD_SIZE);
        check_fields(str_slice(in, 0, used));
        check_meaning(str_slice(in, 0, used));
        check_round_trip();
        scanned = 0;
        CHECK(http_head_parse(str_slice(in, 0, used - 1), &scanned, &again, &used) == ERR_AGAIN);
    }
    free(copy);
    return 0;
}
