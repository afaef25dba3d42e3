/* Base64, UTF-8, percent-encoding and tokens: tables of good and bad, and round trips. */
#include "lib/wire/base64.h"

#include <stdlib.h>

#include "lib/base/limits.h"
#include "lib/base/rng.h"
#include "lib/wire/jws.h"
#include "lib/wire/url.h"
#include "lib/wire/utf8.h"
#include "tests/unit/test.h"

/* -- base64 -------------------------------------------------------------------------------- */

TEST(base64_of_the_rfc_examples)
{
    static const struct {
        const char *plain;
        const char *text;
        const char *url;
    } ROWS[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/", "-_-_"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        struct buf buf;

        buf_init(&buf, 64);
        base64_put(&buf, ROWS[i].plain, strlen(ROWS[i].plain));
        EXPECT_STR(ROWS[i].text, buf_str(&buf));
        buf_clear(&buf);
        base64url_put(&buf, ROWS[i].plain, strlen(ROWS[i].plain));
        EXPECT_STR(ROWS[i].url, buf_str(&buf));
        buf_clear(&buf);
        EXPECT_OK(base64_decode(str_from_c(ROWS[i].text), &buf));
        EXPECT_STR(ROWS[i].plain, buf_str(&buf));
        buf_clear(&buf);
        EXPECT_OK(base64url_decode(str_from_c(ROWS[i].url), &buf));
        EXPECT_STR(ROWS[i].plain, buf_str(&buf));
        buf_release(&buf);
    }
}

TEST(base64_that_encoding_does_not_write_is_refused)
{
    static const char *const BAD[] = {
        "Z",    "Zg",   "Zg=",   "Zg===",  "Zh==",   "Zm9=",     "Zm9v=", "=",        "====",
        "Zg=a", "Z===", " Zg==", "Zg==\n", "Zm9vZg", "Zg==Zm9v", "Zm-_",  "Zm9v====",
    };
    static const char *const BAD_URL[] = {"A",   "Zm9vA", "Z",    "Zg==",   "Zg=",   "Zh",
                                          "Zm9", "Zm9vZ", "Zm+/", "Zm9v\n", "Zm 9v", "Zm9v."};
    struct buf buf;

    buf_init(&buf, 64);
    buf_put_c(&buf, "kept");
    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
        EXPECT_ERR(ERR_INPUT, base64_decode(str_from_c(BAD[i]), &buf));
    for (size_t i = 0; i < ARRAY_COUNT(BAD_URL); i++)
        EXPECT_ERR(ERR_INPUT, base64url_decode(str_from_c(BAD_URL[i]), &buf));
    EXPECT_STR("kept", buf_str(&buf));
    buf_release(&buf);
}

TEST(base64_beyond_the_buffer_is_told)
{
    char memory[4];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    EXPECT_ERR(ERR_TOO_LARGE, base64_decode(STR("Zm9vYmE="), &buf));
    EXPECT_INT(0, buf.len);
    buf_clear(&buf);
    EXPECT_OK(base64_decode(STR("Zm9vYg=="), &buf));
}

TEST(base64_round_trips_every_length)
{
    struct rng rng;

    rng_init(&rng, 1);
    for (size_t len = 0; len < 100; len++) {
        unsigned char bytes[100];
        struct buf text, back;

        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)rng_next(&rng);
        buf_init(&text, 256);
        buf_init(&back, 256);
        base64_put(&text, bytes, len);
        EXPECT_OK(base64_decode(buf_str(&text), &back));
        EXPECT(str_eq(str_of(bytes, len), buf_str(&back)));
        buf_clear(&text);
        buf_clear(&back);
        base64url_put(&text, bytes, len);
        EXPECT_OK(base64url_decode(buf_str(&text), &back));
        EXPECT(str_eq(str_of(bytes, len), buf_str(&back)));
        buf_release(&text);
        buf_release(&back);
    }
}

/* -- UTF-8 --------------------------------------------------------------------------------- */

/* What RFC 3629 says, written down in another way: encode and compare. */
static size_t encode(uint32_t point, unsigned char *out)
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (unsigned char)(0xc0 + point / 64);
        out[1] = (unsigned char)(0x80 + point % 64);
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (unsigned char)(0xe0 + point / 4096);
        out[1] = (unsigned char)(0x80 + point / 64 % 64);
        out[2] = (unsigned char)(0x80 + point % 64);
        return 3;
    }
    out[0] = (unsigned char)(0xf0 + point / 262144);
    out[1] = (unsigned char)(0x80 + point / 4096 % 64);
    out[2] = (unsigned char)(0x80 + point / 64 % 64);
    out[3] = (unsigned char)(0x80 + point % 64);
    return 4;
}

TEST(every_code_point_but_surrogates_is_valid_text)
{
    for (uint32_t point = 0; point < 0x120000; point++) {
        bool is_valid = point < 0x110000 && !(point >= 0xd800 && point < 0xe000);
        unsigned char bytes[4];
        struct str text = str_of(bytes, encode(point, bytes));

        if (utf8_is_valid(text) != is_valid)
            fail_msg("U+%04X", point);
        EXPECT_INT(is_valid ? text.len : 0, utf8_char_size(text));
        if (text.len > 1) {
            EXPECT_FALSE(utf8_is_valid(str_slice(text, 0, text.len - 1)));
            EXPECT_FALSE(utf8_is_valid(str_slice(text, 1, text.len)));
        }
    }
}

/* All strings of two bytes, and of three behind every lead: valid just when they are characters. */
static bool is_valid_by_decoding(const unsigned char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        unsigned lead = bytes[at];
        size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
        unsigned char again[4];

        if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8 || len - at < size)
            return false;
        for (size_t i = 1; i < size; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80)
                return false;
            point = point << 6 | (bytes[at + i] & 0x3f);
        }
        if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ||
            encode(point, again) != size || memcmp(again, bytes + at, size) != 0)
            return false;
        at += size;
    }
    return true;
}

TEST(all_short_strings_are_judged_as_decoding_judges_them)
{
    unsigned char bytes[4] = {0};

    for (unsigned pair = 0; pair < 65536; pair++) {
        bytes[0] = (unsigned char)(pair >> 8);
        bytes[1] = (unsigned char)pair;
        EXPECT_INT(is_valid_by_decoding(bytes, 2), utf8_is_valid(str_of(bytes, 2)));
        for (unsigned third = 0x7f; third < 0xc1; third += 8) {
            bytes[2] = (unsigned char)third;
            bytes[3] = 0xbf;
            EXPECT_INT(is_valid_by_decoding(bytes, 3), utf8_is_valid(str_of(bytes, 3)));
            EXPECT_INT(is_valid_by_decoding(bytes, 4), utf8_is_valid(str_of(bytes, 4)));
        }
    }
}

TEST(text_is_judged_alike_in_pieces_and_fails_at_the_first_bad_byte)
{
    static const char *const BAD[] = {
        "01234567\xff", "0123456701234567\xc0",
        "\xe2\x82\x28", "\xed\xa0",
        "\xf4\x90",     "\xf0\x8f",
        "\xe0\x9f",     "\xc3\xc3",
        "\x80",
    };
    struct str good = STR("0123456\xe2\x82\xac"
                          "01234567\xf0\x9f\x8f\x93"
                          "0123456789abcdef\xc3\xa9");

    for (size_t cut = 0; cut <= good.len; cut++) {
        struct utf8 utf8 = {0};

        EXPECT_OK(utf8_feed(&utf8, str_slice(good, 0, cut)));
        EXPECT_OK(utf8_feed(&utf8, str_slice(good, cut, good.len)));
        EXPECT(utf8_is_complete(&utf8));
    }
    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
        struct str text = str_from_c(BAD[i]);
        struct utf8 utf8 = {0};

        for (size_t at = 0; at < text.len; at++)
            EXPECT_ERR(at + 1 < text.len ? OK : ERR_INPUT,
                       utf8_feed(&utf8, str_slice(text, at, at + 1)));
    }
    EXPECT_INT(7 + 1 + 8 + 1 + 16 + 1, utf8_count(good));
    EXPECT(utf8_is_valid(str_of(NULL, 0)));
    EXPECT_INT(0, utf8_count(str_of(NULL, 0)));
    EXPECT_INT(0, utf8_char_size(str_of(NULL, 0)));
}

/* -- URLs ---------------------------------------------------------------------------------- */

static struct arena arena_of(size_t size_max)
{
    struct arena arena;

    arena_init(&arena, size_max);
    return arena;
}

static void expect_decoded(const char *want, const char *in)
{
    struct arena arena = arena_of(4096);
    struct str out;

    EXPECT_OK(url_decode(str_from_c(in), &arena, &out));
    EXPECT_STR(want, out);
    arena_release(&arena);
}

TEST(a_path_is_decoded_once)
{
    expect_decoded("", "");
    expect_decoded("plain+text", "plain+text");
    expect_decoded("a+b c", "a+b%20c");
    expect_decoded("a b/c", "a%20b%2Fc");
    expect_decoded("a%20b", "a%2520b");
    expect_decoded("tournament#1", "tournament%231");
    expect_decoded("\xc3\xa9", "%c3%A9");
    expect_decoded("\xc3\xa9", "\xc3\xa9");
}

TEST(what_is_not_an_escape_or_not_text_is_refused)
{
    static const char *const BAD[] = {"%",    "%4",     "a%",        "%zz",    "%4z", "%z4",
                                      "%-1",  "%00",    "a%00b",     "%ff",    "%c3", "%c3%28",
                                      "\xff", "%c0%80", "%ed%a0%80", "%u0041", "%%41"};
    struct arena arena = arena_of(4096);
    struct str out;

    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
        EXPECT_ERR(ERR_INPUT, url_decode(str_from_c(BAD[i]), &arena, &out));
    EXPECT_ERR(ERR_INPUT, url_decode(STR("a\0b"), &arena, &out));
    arena_release(&arena);
}

TEST(an_arena_that_is_full_is_told)
{
    struct arena arena = arena_of(0);
    struct str out;

    EXPECT_OK(url_decode(STR("plain"), &arena, &out));
    EXPECT_ERR(ERR_TOO_LARGE, url_decode(STR("%41"), &arena, &out));
    EXPECT_ERR(ERR_TOO_LARGE, query_get(STR("a=%41"), STR("a"), &arena, &out));
}

TEST(a_query_is_walked_pair_by_pair)
{
    struct str query = STR("&a=1&&b=x+y%2B&c&=v&a=2&d==&");
    static const char *const NAMES[] = {"a", "b", "c", "", "a", "d"};
    static const char *const VALUES[] = {"1", "x y+", "", "v", "2", "="};
    struct arena arena = arena_of(4096);
    struct str name, value;
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        EXPECT_OK(query_next(query, &at, &arena, &name, &value));
        EXPECT_STR(NAMES[i], name);
        EXPECT_STR(VALUES[i], value);
    }
    EXPECT_ERR(ERR_END, query_next(query, &at, &arena, &name, &value));
    EXPECT_ERR(ERR_END, query_next(query, &at, &arena, &name, &value));
    at = 0;
    EXPECT_ERR(ERR_END, query_next(str_of(NULL, 0), &at, &arena, &name, &value));
    arena_release(&arena);
}

TEST(the_first_pair_of_a_name_counts)
{
    struct arena arena = arena_of(4096);
    struct str out;

    EXPECT_OK(query_get(STR("x=0&to%6ben=a%2eb&token=c"), STR("token"), &arena, &out));
    EXPECT_STR("a.b", out);
    EXPECT_ERR(ERR_NOT_FOUND, query_get(STR("tok=1&Token=2"), STR("token"), &arena, &out));
    EXPECT_ERR(ERR_NOT_FOUND, query_get(STR(""), STR("token"), &arena, &out));
    EXPECT_ERR(ERR_INPUT, query_get(STR("token=%f"), STR("token"), &arena, &out));
    EXPECT_ERR(ERR_INPUT, query_get(STR("x=%ff&token=1"), STR("token"), &arena, &out));
    arena_release(&arena);
}

TEST(encoding_a_segment_and_decoding_it_gives_it_back)
{
    struct arena arena = arena_of(65536);
    struct buf buf;
    struct str back;

    buf_init(&buf, 4096);
    url_put_encoded(&buf, STR("Az09-._~ /?#%+&=\xc3\xa9"));
    EXPECT_STR("Az09-._~%20%2F%3F%23%25%2B%26%3D%C3%A9", buf_str(&buf));
    EXPECT_OK(url_decode(buf_str(&buf), &arena, &back));
    EXPECT_STR("Az09-._~ /?#%+&=\xc3\xa9", back);
    buf_release(&buf);
    arena_release(&arena);
}

/* -- tokens -------------------------------------------------------------------------------- */

TEST(a_token_has_three_parts)
{
    struct jws jws;

    EXPECT_OK(jws_split(STR("aA0-.b_.c"), &jws));
    EXPECT_STR("aA0-", jws.header);
    EXPECT_STR("b_", jws.payload);
    EXPECT_STR("c", jws.signature);
    EXPECT_STR("aA0-.b_", jws.signing_input);
}

TEST(anything_else_is_no_token)
{
    static const char *const BAD[] = {
        "",       ".",       "..",           "...",    "a",      "a.b",    "a.b.",   "a..c",
        ".b.c",   "a.b.c.",  "a.b.c.d",      ".a.b.c", "a.b.c=", "a+.b.c", "a.b/.c", " a.b.c",
        "a.b.c ", "a.b.c\n", "a.\xc3\xa9.c",
    };
    struct jws jws;

    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
        EXPECT_ERR(ERR_INPUT, jws_split(str_from_c(BAD[i]), &jws));
    EXPECT_ERR(ERR_INPUT, jws_split(STR("a.b\0.c"), &jws));
    EXPECT_ERR(ERR_INPUT, jws_split(str_of(NULL, 0), &jws));
}

TEST(a_token_may_have_1024_bytes)
{
    char token[LIMIT_TOKEN_SIZE + 1];
    struct jws jws;

    memset(token, 'a', sizeof(token));
    token[10] = token[20] = '.';
    EXPECT_OK(jws_split(str_of(token, LIMIT_TOKEN_SIZE), &jws));
    EXPECT_ERR(ERR_INPUT, jws_split(str_of(token, LIMIT_TOKEN_SIZE + 1), &jws));
}
