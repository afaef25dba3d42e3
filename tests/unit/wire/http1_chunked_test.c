/* The chunked coding: the same verdict and the same body for every cut of every row. */
#include "lib/wire/http1.h"

#include <stdlib.h>

#include "tests/unit/test.h"

#define BODY_MAX 20

struct row {
    enum err want;
    const char *body;
    struct str in;
};

#define R(want, body, text)                                                                        \
    {                                                                                              \
        want, body, STR_INIT(text)                                                                 \
    }

static const struct row ROWS[] = {
    R(OK, "", "0\r\n\r\n"),
    R(OK, "{}", "2\r\n{}\r\n0\r\n\r\n"),
    R(OK, "hello world", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
    R(OK, "0123456789abcdef", "0000000000000010\r\n0123456789abcdef\r\n000\r\n\r\n"),
    R(OK, "abcdefghij", "A\r\nabcdefghij\r\n0\r\n\r\n"),
    R(OK, "abcdefghij", "a\r\nabcdefghij\r\n0\r\n\r\n"),
    R(OK, "\r\n0\r\n\r\n", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"),
    R(OK, "{}", "2;a\r\n{}\r\n0;b\r\n\r\n"),
    R(OK, "{}", "2;name=value;x;y=\"a \\\" b\\\\;\"\r\n{}\r\n0\r\n\r\n"),
    R(OK, "{}", "2;a=\"\"\r\n{}\r\n0\r\n\r\n"),
    R(OK, "{}", "2\r\n{}\r\n0\r\nX-Trailer: x\r\nY:\r\n\r\n"),
    R(OK, "{}", "2\r\n{}\r\n0\r\nX: \t\x80\xff \r\n\r\n"),
    R(OK, "12345678901234567890", "14\r\n12345678901234567890\r\n0\r\n\r\n"),
    /* sizes */
    R(ERR_INPUT, "", "\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "Z\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "+2\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "-2\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "0x2\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", " 2\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2 \r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2\t\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2,3\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2_0\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "00000000000000002\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", ";a\r\n{}\r\n0\r\n\r\n"),
    R(ERR_TOO_LARGE, "", "ffffffffffffffff\r\n{}"),
    R(ERR_TOO_LARGE, "", "15\r\n"),
    R(ERR_TOO_LARGE, "abcdefghij", "a\r\nabcdefghij\r\nb\r\n"),
    /* line ends and data */
    R(ERR_INPUT, "", "2\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2\r{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2\r\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "{}", "2\r\n{}x\r\n0\r\n\r\n"),
    R(ERR_INPUT, "{}\r", "3\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "{}", "2\r\n{}\n0\r\n\r\n"),
    R(ERR_INPUT, "{}", "2\r\n{}\rx0\r\n\r\n"),
    R(ERR_INPUT, "{}", "2\r\n{}0\r\n\r\n"),
    R(ERR_INPUT, "{}", "2\r\n{}\r\n\r\n"),
    /* extensions */
    R(ERR_INPUT, "", "2;\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;=a\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2 ;a\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2; a\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a =b\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a= b\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=b \r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=b=c\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a\nb\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a\rb\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=\"\n\"\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=\"\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=\"\\\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a=\"\"b\r\n{}\r\n0\r\n\r\n"),
    R(ERR_INPUT, "", "2;a\x00\r\n{}\r\n0\r\n\r\n"),
    /* trailers */
    R(ERR_INPUT, "", "0\r\nX : y\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\n: y\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX: y\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX: y\r\n z\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX: \x00\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX: y\rz\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\n\n"),
    R(ERR_INPUT, "", "0\r\n\r\r"),
    R(ERR_INPUT, "", "0\r\nX: y\r\n\rz"),
    R(ERR_INPUT, "", "0\r\nContent-Length: 5\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nX: y\r\ntransfer-ENCODING: chunked\r\n\r\n"),
    R(ERR_INPUT, "", "0\r\nHost:\r\n\r\n"),
    R(OK, "", "0\r\nHos: a\r\nHosts: a\r\nContent-Type: b\r\nTransfer-Encodin: c\r\n\r\n"),
    R(OK, "", "0\r\nXHost: a\r\nContent-Lengths: 5\r\nTE: b\r\n\r\n"),
    /* not yet */
    R(ERR_AGAIN, "", ""),
    R(ERR_AGAIN, "", "2"),
    R(ERR_AGAIN, "{", "2\r\n{"),
    R(ERR_AGAIN, "{}", "2\r\n{}\r\n0\r\n"),
    R(ERR_AGAIN, "{}", "2\r\n{}\r\n0\r\n\r"),
};

/* Feeds pieces of `first` and then `step` bytes until there is a verdict. */
static enum err feed(struct str in, size_t first, size_t step, struct buf *body, size_t *total)
{
    struct http_chunked chunked = {0};
    enum err err = ERR_AGAIN;
    size_t size = first;

    *total = 0;
    do {
        struct str piece = str_slice(in, *total, *total + size);
        char *copy = malloc(piece.len ? piece.len : 1);
        size_t used;

        memcpy(copy, piece.ptr, piece.len);
        err = http_chunked_feed(&chunked, str_of(copy, piece.len), &used, body);
        free(copy);
        if (err == ERR_AGAIN)
            EXPECT_INT(piece.len, used);
        *total += used;
        size = step;
    } while (err == ERR_AGAIN && *total < in.len);
    return err;
}

static void expect_row(const struct row *row, size_t first, size_t step)
{
    struct buf body;
    size_t total;
    enum err err;

    buf_init(&body, BODY_MAX);
    err = feed(row->in, first, step, &body, &total);
    if (err != row->want || !str_eq(str_from_c(row->body), buf_str(&body)) ||
        (err == OK && total != row->in.len))
        fail_msg("wanted %s, got %s, %zu of %zu bytes, body \"%.*s\", first piece %zu: %.*s",
                 err_code(row->want), err_code(err), total, row->in.len, STR_ARGS(buf_str(&body)),
                 first, STR_ARGS(row->in));
    buf_release(&body);
}

TEST(every_row_has_one_verdict_and_one_body_however_it_arrives)
{
    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        for (size_t first = 0; first <= ROWS[i].in.len; first++)
            expect_row(&ROWS[i], first, ROWS[i].in.len);
        expect_row(&ROWS[i], 1, 1);
    }
}

TEST(the_body_ends_where_the_next_request_begins)
{
    struct str in = STR("2\r\n{}\r\n0\r\n\r\nGET / HTTP/1.1\r\n");

    for (size_t first = 0; first <= in.len; first++) {
        struct buf body;
        size_t total;

        buf_init(&body, BODY_MAX);
        EXPECT_OK(feed(in, first, in.len, &body, &total));
        EXPECT_INT(12, total);
        EXPECT_STR("{}", buf_str(&body));
        buf_release(&body);
    }
}

static enum err feed_whole(const struct buf *in)
{
    struct buf body;
    size_t total;
    enum err err, slow;

    buf_init(&body, 65536);
    err = feed(buf_str(in), in->len, in->len, &body, &total);
    buf_clear(&body);
    slow = feed(buf_str(in), 1, 1, &body, &total);
    EXPECT_ERR(err, slow);
    buf_release(&body);
    return err;
}

TEST(an_extension_may_have_64_bytes)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf in;

        buf_init(&in, 4096);
        buf_put_c(&in, "1;");
        for (size_t i = 1; i < LIMIT_HTTP_CHUNK_EXT_SIZE + more; i++)
            buf_put_char(&in, 'a');
        buf_put_c(&in, "\r\nx\r\n0;b\r\n\r\n");
        EXPECT_ERR(more ? ERR_INPUT : OK, feed_whole(&in));
        buf_release(&in);
    }
}

TEST(there_may_be_100_trailer_fields_in_16384_bytes)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf in;

        buf_init(&in, 1 << 16);
        buf_put_c(&in, "0\r\n");
        for (size_t i = 0; i < LIMIT_HTTP_HEADER_COUNT + more; i++)
            buf_put_c(&in, "a: b\r\n");
        buf_put_c(&in, "\r\n");
        EXPECT_ERR(more ? ERR_HEADERS_TOO_LARGE : OK, feed_whole(&in));
        buf_clear(&in);
        buf_put_c(&in, "0;ext\r\na:"); /* the extension does not count */
        while (in.len < 7 + LIMIT_HTTP_HEAD_SIZE - 4 + more)
            buf_put_char(&in, 'x');
        buf_put_c(&in, "\r\n\r\n");
        EXPECT_ERR(more ? ERR_HEADERS_TOO_LARGE : OK, feed_whole(&in));
        buf_release(&in);
    }
}

TEST(a_body_may_fill_its_buffer_in_chunks_of_one_byte)
{
    struct buf in;

    buf_init(&in, 1 << 20);
    for (size_t i = 0; i < 65536; i++)
        buf_put_c(&in, "1\r\nx\r\n");
    buf_put_c(&in, "0\r\n\r\n");
    EXPECT_OK(feed_whole(&in));
    in.len -= 5;
    buf_put_c(&in, "1\r\nx\r\n0\r\n\r\n");
    EXPECT_ERR(ERR_TOO_LARGE, feed_whole(&in));
    buf_release(&in);
}

TEST(nothing_is_taken_behind_an_error_or_the_end)
{
    struct http_chunked chunked = {0};
    struct buf body;
    size_t used;

    buf_init(&body, BODY_MAX);
    EXPECT_ERR(ERR_INPUT, http_chunked_feed(&chunked, STR("x"), &used, &body));
    EXPECT_ERR(ERR_INPUT, http_chunked_feed(&chunked, STR("0\r\n\r\n"), &used, &body));
    chunked = (struct http_chunked){0};
    EXPECT_OK(http_chunked_feed(&chunked, STR("0\r\n\r\n"), &used, &body));
    EXPECT_OK(http_chunked_feed(&chunked, STR("0\r\n\r\n"), &used, &body));
    EXPECT_INT(0, used);
    buf_release(&body);
}
