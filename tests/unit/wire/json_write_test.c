/* The JSON writer: commas, escapes, numbers; what it writes is always valid JSON. */
#include "lib/wire/json.h"

#include "tests/unit/test.h"

static char memory[4096];

static struct json_writer writer(struct buf *buf)
{
    buf_init_fixed(buf, memory, sizeof(memory));
    return json_writer_of(buf);
}

static void expect_written(const char *want, const struct buf *buf)
{
    EXPECT(buf_ok(buf));
    EXPECT_STR(want, buf_str(buf));
    EXPECT(json_is_valid(buf_str(buf)));
}

TEST(commas_stand_between_members_and_elements_and_nowhere_else)
{
    struct buf buf;
    struct json_writer w = writer(&buf);

    json_object_begin(&w);
    json_c(&w, "a", "x");
    json_key(&w, "list");
    json_array_begin(&w);
    json_put_u64(&w, 1);
    json_put_null(&w);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_begin(&w);
    json_array_end(&w);
    json_put_bool(&w, true);
    json_array_end(&w);
    json_key(&w, "o");
    json_object_begin(&w);
    json_bool(&w, "b", false);
    json_null(&w, "n");
    json_object_end(&w);
    json_i64(&w, "i", -5);
    json_object_end(&w);
    expect_written(
        "{\"a\":\"x\",\"list\":[1,null,{},[],true],\"o\":{\"b\":false,\"n\":null},\"i\":-5}", &buf);
}

static void expect_quoted(const char *want, struct str value)
{
    struct buf buf;
    struct json_writer w = writer(&buf);

    json_put_str(&w, value);
    expect_written(want, &buf);
}

TEST(strings_are_escaped_where_json_needs_it)
{
    expect_quoted("\"\"", str_of(NULL, 0));
    expect_quoted("\"plain text of more than eight bytes\"",
                  STR("plain text of more than eight bytes"));
    expect_quoted("\"a\\\"b\\\\c\"", STR("a\"b\\c"));
    expect_quoted("\"\\b\\t\\n\\u000b\\f\\r\\u0000\\u001f\x7f/\"", STR("\b\t\n\v\f\r\0\x1f\x7f/"));
    expect_quoted("\"1234567\\\"\"", STR("1234567\""));
    expect_quoted("\"12345678\\\"9\"", STR("12345678\"9"));
    expect_quoted("\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8f\x93!\"",
                  STR("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8f\x93!"));
}

TEST(bytes_that_are_not_utf8_leave_as_the_replacement_character)
{
    expect_quoted("\"a\xef\xbf\xbd"
                  "b\"",
                  STR("a\xff"
                      "b"));
    expect_quoted("\"\xef\xbf\xbd\xef\xbf\xbd\"", STR("\xc0\x80"));
    expect_quoted("\"\xef\xbf\xbd\"", STR("\xc3"));
    expect_quoted("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", STR("\xed\xa0\x80"));
}

TEST(every_byte_in_every_place_of_a_word_is_escaped_alike)
{
    for (unsigned byte = 0; byte < 0x80; byte++)
        for (size_t at = 0; at < 17; at++) {
            char text[17];
            struct buf buf;
            struct json_writer w = writer(&buf);
            struct arena arena;
            struct str back;

            memset(text, 'x', sizeof(text));
            text[at] = (char)byte;
            arena_init(&arena, 4096);
            json_put_str(&w, str_of(text, sizeof(text)));
            EXPECT(json_is_valid(buf_str(&buf)));
            EXPECT_OK(json_value_str(buf_str(&buf), &arena, &back));
            EXPECT(str_eq(str_of(text, sizeof(text)), back));
            arena_release(&arena);
        }
}

static void expect_hundredths(const char *want, int64_t value)
{
    struct buf buf;
    struct json_writer w = writer(&buf);

    json_put_hundredths(&w, value);
    expect_written(want, &buf);
}

TEST(hundredths_have_at_most_two_decimals_and_no_trailing_zero)
{
    expect_hundredths("0", 0);
    expect_hundredths("12.5", 1250);
    expect_hundredths("12.55", 1255);
    expect_hundredths("12.05", 1205);
    expect_hundredths("12", 1200);
    expect_hundredths("0.01", 1);
    expect_hundredths("-0.01", -1);
    expect_hundredths("-0.1", -10);
    expect_hundredths("-800", -80000);
    expect_hundredths("92233720368547758.07", INT64_MAX);
    expect_hundredths("-92233720368547758.08", INT64_MIN);
}

TEST(numbers_are_written_whole_at_both_ends_of_their_range)
{
    struct buf buf;
    struct json_writer w = writer(&buf);

    json_array_begin(&w);
    json_put_u64(&w, UINT64_MAX);
    json_put_i64(&w, INT64_MIN);
    json_put_i64(&w, INT64_MAX);
    json_put_u64_text(&w, UINT64_MAX);
    json_put_u64_text(&w, 0);
    json_array_end(&w);
    expect_written("[18446744073709551615,-9223372036854775808,9223372036854775807,"
                   "\"18446744073709551615\",\"0\"]",
                   &buf);
}

TEST(times_and_raw_json_take_part_in_the_commas)
{
    struct buf buf;
    struct json_writer w = writer(&buf);

    json_object_begin(&w);
    json_time(&w, "at", 0);
    json_key(&w, "raw");
    json_put_raw(&w, STR("{\"x\":1}"));
    json_hundredths(&w, "y", 150);
    json_u64_text(&w, "id", 10000001);
    json_u64(&w, "n", 7);
    json_str(&w, "s", STR("t"));
    json_object_end(&w);
    expect_written("{\"at\":\"1970-01-01T00:00:00.000Z\",\"raw\":{\"x\":1},\"y\":1.5,"
                   "\"id\":\"10000001\",\"n\":7,\"s\":\"t\"}",
                   &buf);
}

TEST(a_full_buffer_is_told_at_the_end_whatever_the_size)
{
    for (size_t size = 1; size < 40; size++) {
        struct buf buf;
        struct json_writer w;

        buf_init_fixed(&buf, memory, size);
        w = json_writer_of(&buf);
        json_object_begin(&w);
        json_c(&w, "key", "some longer value \"quoted\" here");
        json_i64(&w, "n", -12345);
        json_object_end(&w);
        EXPECT_FALSE(buf_ok(&buf));
        EXPECT(buf.len <= size);
    }
}

static void put_sample(struct json_writer *w)
{
    json_object_begin(w);
    json_c(w, "key", "text \"quoted\"");
    json_i64(w, "n", -12345);
    json_hundredths(w, "h", 1205);
    json_u64_text(w, "id", 7);
    json_bool(w, "b", true);
    json_time(w, "t", 0);
    json_key(w, "list");
    json_array_begin(w);
    json_put_null(w);
    json_put_raw(w, STR("{}"));
    json_array_end(w);
    json_object_end(w);
}

TEST(a_buffer_of_just_the_size_is_enough_and_one_byte_less_is_not)
{
    struct buf buf;
    struct json_writer w = writer(&buf);
    size_t size;

    put_sample(&w);
    size = buf.len;
    EXPECT(json_is_valid(buf_str(&buf)));
    for (size_t less = 0; less < 2; less++) {
        buf_init_fixed(&buf, memory, size - less);
        w = json_writer_of(&buf);
        put_sample(&w);
        EXPECT_INT(less == 0, buf_ok(&buf));
    }
}

TEST(keys_and_strings_of_every_length_are_written_whole)
{
    static const char TEXT[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

    for (size_t len = 0; len < sizeof(TEXT); len++) {
        char key[sizeof(TEXT)] = {0}, want[2 * sizeof(TEXT) + 16];
        struct buf buf;
        struct json_writer w = writer(&buf);

        memcpy(key, TEXT, len);
        json_object_begin(&w);
        json_str(&w, key, str_of(TEXT + sizeof(TEXT) - 1 - len, len));
        json_object_end(&w);
        (void)snprintf(want, sizeof(want), "{\"%s\":\"%s\"}", key, TEXT + sizeof(TEXT) - 1 - len);
        expect_written(want, &buf);
    }
}

TEST(numbers_of_every_length_are_written_whole)
{
    uint64_t value = 0;

    for (unsigned digits = 1; digits <= 20; digits++) {
        char want[32];
        struct buf buf;
        struct json_writer w = writer(&buf);

        value = digits == 20 ? UINT64_MAX : value * 10 + digits % 10;
        json_put_u64(&w, value);
        (void)snprintf(want, sizeof(want), "%llu", (unsigned long long)value);
        expect_written(want, &buf);
    }
}
