/*
 * The chunked coding, in pieces that the input chooses: the same verdict, body and end as in one
 * piece; a body that was decoded, sent again as one chunk, is the same body.
 */
#include "fuzz/fuzz_input.h"
#include "lib/wire/http1.h"

#define BODY_MAX 512

static enum err feed(struct str in, struct fuzz_cuts *cuts, struct buf *body, size_t *total)
{
    struct http_chunked chunked = {0};
    enum err err = ERR_AGAIN;

    *total = 0;
    while (err == ERR_AGAIN && *total < in.len) {
        struct str piece = cuts ? fuzz_piece(cuts, in, *total) : in;
        char *copy = fuzz_copy(piece);
        size_t used;

        err = http_chunked_feed(&chunked, str_of(copy, piece.len), &used, body);
        free(copy);
        CHECK(used <= piece.len);
        CHECK(err != ERR_AGAIN || used == piece.len);
        *total += used;
    }
    return err;
}

static void check_same_body_as_one_chunk(struct str body)
{
    struct buf sent, got;
    size_t total;

    buf_init(&sent, 2 * BODY_MAX);
    buf_init(&got, BODY_MAX);
    if (body.len > 0)
        buf_printf(&sent, "%zx\r\n", body.len);
    buf_put_str(&sent, body);
    buf_put_c(&sent, body.len > 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
    CHECK(feed(buf_str(&sent), NULL, &got, &total) == OK);
    CHECK(total == sent.len);
    CHECK(str_eq(body, buf_str(&got)));
    buf_release(&got);
    buf_release(&sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = fuzz_cuts_take(&data, &size);
    struct str in = str_of(data, size);
    struct buf whole, pieces;
    size_t total, total_in_pieces;
    enum err err;

    buf_init(&whole, BODY_MAX);
    buf_init(&pieces, BODY_MAX);
    err = feed(in, NULL, &whole, &total);
    CHECK(err == OK || err == ERR_AGAIN || err == ERR_INPUT || err == ERR_TOO_LARGE ||
          err == ERR_HEADERS_TOO_LARGE);
    CHECK(feed(in, &cuts, &pieces, &total_in_pieces) == err);
    CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
    CHECK(total == total_in_pieces);
    if (err == OK) {
        check_same_body_as_one_chunk(buf_str(&whole));
        buf_clear(&pieces);
        CHECK(feed(str_slice(in, 0, total - 1), NULL, &pieces, &total_in_pieces) == ERR_AGAIN);
    }
    buf_release(&pieces);
    buf_release(&whole);
    return 0;
}
