/*
 * Percent-decoding and query strings: what is decoded is text without NUL, encoded and decoded
 * again it is the same; a query written down from its pairs has the same pairs.
 */
#include "fuzz/fuzz_input.h"
#include "lib/wire/url.h"
#include "lib/wire/utf8.h"

#define ARENA_MAX (1 << 22)

static void check_text(struct str text)
{
    CHECK(utf8_is_valid(text));
    CHECK(text.len == 0 || !memchr(text.ptr, '\0', text.len));
}

static void check_path(struct str in, struct arena *arena)
{
    struct str out, back;
    struct buf buf;

    if (url_decode(in, arena, &out))
        return;
    CHECK(out.len <= in.len);
    check_text(out);
    buf_init(&buf, ARENA_MAX);
    url_put_encoded(&buf, out);
    CHECK(url_decode(buf_str(&buf), arena, &back) == OK);
    CHECK(str_eq(out, back));
    buf_release(&buf);
}

/* Writes the pairs of `query` down in plain form; false when one of them is malformed. */
static bool pairs_put(struct str query, struct arena *arena, struct buf *out)
{
    struct str name, value;
    size_t at = 0, last = 0;
    enum err err;

    while ((err = query_next(query, &at, arena, &name, &value)) == OK) {
        CHECK(at > last && at <= query.len);
        last = at;
        check_text(name);
        check_text(value);
        buf_put_char(out, '&');
        url_put_encoded(out, name);
        buf_put_char(out, '=');
        url_put_encoded(out, value);
    }
    CHECK(err == ERR_END || err == ERR_INPUT);
    return err == ERR_END;
}

static void check_first_is_got(struct str query, struct arena *arena)
{
    struct str name, value, got;
    size_t at = 0;

    if (query_next(query, &at, arena, &name, &value))
        return;
    CHECK(query_get(query, name, arena, &got) == OK);
    CHECK(str_eq(value, got));
}

static void check_query(struct str in, struct arena *arena)
{
    struct buf once, twice;

    buf_init(&once, ARENA_MAX);
    buf_init(&twice, ARENA_MAX);
    if (pairs_put(in, arena, &once)) {
        CHECK(pairs_put(buf_str(&once), arena, &twice));
        CHECK(str_eq(buf_str(&once), buf_str(&twice)));
    }
    check_first_is_got(in, arena);
    buf_release(&twice);
    buf_release(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(str_of(data, size));
    struct arena arena;

    arena_init(&arena, ARENA_MAX);
    check_path(str_of(copy, size), &arena);
    check_query(str_of(copy, size), &arena);
    arena_release(&arena);
    free(copy);
    return 0;
}
