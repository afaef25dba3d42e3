/*
 * Reads each input as all that arrives on one connection and prints what Rally's parser makes of
 * it: a line "message METHOD TARGET VERSION BODY_IN_HEX" for each request that is complete, then
 * "end WHY PART OFFSET". WHY is "again" (more bytes would be needed), "close" (the last request
 * said so) or the code of the error that ends the connection; PART is "body" when a head was
 * accepted whose body is not complete, else "head"; OFFSET is the end of the last request.
 */
#include "lib/wire/http1.h"

#include "tests/differential/harness_input.h"

#define BODY_MAX (1 << 20)

static struct http_head head;
static bool is_in_body;

/* The body that follows the head; *at moves behind it. */
static enum err take_body(struct str in, size_t *at, struct buf *body)
{
    struct http_chunked chunked = {0};
    size_t used;
    enum err err;

    if (head.is_chunked) {
        err = http_chunked_feed(&chunked, str_slice(in, *at, in.len), &used, body);
        *at += used;
        return err;
    }
    if (head.content_length > BODY_MAX)
        return ERR_TOO_LARGE;
    if (in.len - *at < head.content_length)
        return ERR_AGAIN;
    buf_put(body, in.ptr + *at, (size_t)head.content_length);
    *at += (size_t)head.content_length;
    return OK;
}

static void print_message(const struct buf *body)
{
    printf("message %.*s %.*s 1.%d ", STR_ARGS(head.method_text), STR_ARGS(head.target),
           head.minor);
    for (size_t i = 0; i < body->len; i++)
        printf("%02x", (unsigned char)body->ptr[i]);
    printf("\n");
}

/* One request; *at moves behind it when it is complete. */
static enum err take_message(struct str in, size_t *at)
{
    size_t scanned = 0, used, end;
    struct buf body;
    enum err err = http_head_parse(str_slice(in, *at, in.len), &scanned, &head, &used);

    is_in_body = err == OK;
    if (err)
        return err;
    end = *at + used;
    buf_init(&body, BODY_MAX);
    err = take_body(in, &end, &body);
    if (err == OK) {
        print_message(&body);
        *at = end;
    }
    buf_release(&body);
    return err;
}

int main(void)
{
    size_t len;
    char *bytes;

    while ((bytes = harness_input(&len))) {
        size_t at = 0;
        enum err err;

        do {
            err = take_message(str_of(bytes, len), &at);
        } while (err == OK && head.keep_alive);
        printf("end %s %s %zu\n", err == OK ? "close" : err_code(err),
               err && is_in_body ? "body" : "head", at);
        free(bytes);
    }
    return 0;
}
