/*
 * Tokens and base64: a token's parts and their dots are the token; text that decodes is exactly
 * what encoding writes, so no token has a second spelling; any bytes survive the round trip.
 */
#include "fuzz/fuzz_input.h"
#include "lib/base/limits.h"
#include "lib/wire/base64.h"
#include "lib/wire/jws.h"
#include "lib/wire/ws.h"

#define SIZE_HERE (1 << 20)

static void check_split(struct str in)
{
    struct buf joined;
    struct jws jws;

    if (jws_split(in, &jws))
        return;
    CHECK(in.len <= LIMIT_TOKEN_SIZE);
    CHECK(jws.header.len > 0 && jws.payload.len > 0 && jws.signature.len > 0);
    buf_init(&joined, SIZE_HERE);
    buf_put_str(&joined, jws.header);
    buf_put_char(&joined, '.');
    buf_put_str(&joined, jws.payload);
    CHECK(str_eq(jws.signing_input, buf_str(&joined)));
    buf_put_char(&joined, '.');
    buf_put_str(&joined, jws.signature);
    CHECK(str_eq(in, buf_str(&joined)));
    buf_release(&joined);
}

static void check_spelling(struct str in, enum err (*decode)(struct str, struct buf *),
                           void (*encode)(struct buf *, const void *, size_t))
{
    struct buf bytes, text;

    buf_init(&bytes, SIZE_HERE);
    buf_init(&text, SIZE_HERE);
    if (decode(in, &bytes) == OK) {
        encode(&text, bytes.ptr, bytes.len);
        CHECK(str_eq(in, buf_str(&text)));
    } else {
        CHECK(bytes.len == 0);
    }
    buf_clear(&bytes);
    buf_clear(&text);
    encode(&text, in.ptr, in.len);
    CHECK(decode(buf_str(&text), &bytes) == OK);
    CHECK(str_eq(in, buf_str(&bytes)));
    buf_release(&text);
    buf_release(&bytes);
}

static void check_accept_key(struct str in)
{
    char accept[WS_ACCEPT_SIZE];
    struct buf digest;

    if (ws_accept_key(in, accept))
        return;
    CHECK(in.len == 24);
    buf_init(&digest, 64);
    CHECK(base64_decode(str_of(accept, sizeof(accept)), &digest) == OK);
    CHECK(digest.len == 20);
    buf_release(&digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(str_of(data, size));
    struct str in = str_of(copy, size);

    check_split(in);
    check_spelling(in, base64url_decode, base64url_put);
    check_spelling(in, base64_decode, base64_put);
    check_accept_key(in);
    free(copy);
    return 0;
}
