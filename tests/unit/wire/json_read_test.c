/* The JSON reader: what is JSON within the limits, and what a schema makes of it. */
#include "lib/wire/json.h"

#include <stdlib.h>

#include "tests/unit/test.h"

#define WHOLE(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct bytes {
    const char *ptr;
    size_t len;
};

static const struct bytes VALID[] = {
    WHOLE("{}"),
    WHOLE("[]"),
    WHOLE("null"),
    WHOLE("true"),
    WHOLE("false"),
    WHOLE("0"),
    WHOLE("-0"),
    WHOLE("1.5e+10"),
    WHOLE("1E5"),
    WHOLE("-0.0e-0"),
    WHOLE("\"\""),
    WHOLE(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n"),
    WHOLE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83C\\uDFD3\\u0000\""),
    WHOLE("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
          "\xf4\x8f\xbf\xbf\""),
    WHOLE("\"\x7f\""),
    WHOLE("[[[[[[[[]]]]]]]]"), /* eight deep */
    WHOLE("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}"),
    WHOLE("123456789012345678901234567890123456789012345678901234567890"),
    WHOLE("{\"a\":1,\"A\":1,\"aa\":1,\"\":1}"),
    WHOLE("[{\"a\":1},{\"a\":1}]"),
};

static const struct bytes NOT_VALID[] = {
    WHOLE(""),
    WHOLE(" "),
    WHOLE("{"),
    WHOLE("}"),
    WHOLE("["),
    WHOLE("]"),
    WHOLE("[1"),
    WHOLE("[1,]"),
    WHOLE("[,1]"),
    WHOLE("[1 2]"),
    WHOLE("[1]]"),
    WHOLE("{\"a\"}"),
    WHOLE("{\"a\":}"),
    WHOLE("{\"a\":1,}"),
    WHOLE("{,\"a\":1}"),
    WHOLE("{\"a\" 1}"),
    WHOLE("{a:1}"),
    WHOLE("{'a':1}"),
    WHOLE("{1:1}"),
    WHOLE("{\"a\":1 \"b\":2}"),
    WHOLE("{} {}"),
    WHOLE("{}x"),
    WHOLE("1 2"),
    WHOLE("nul"),
    WHOLE("nulll"),
    WHOLE("True"),
    WHOLE("NaN"),
    WHOLE("Infinity"),
    WHOLE("-"),
    WHOLE("+1"),
    WHOLE("01"),
    WHOLE("-01"),
    WHOLE("1."),
    WHOLE(".5"),
    WHOLE("1.e5"),
    WHOLE("1e"),
    WHOLE("1e+"),
    WHOLE("0x10"),
    WHOLE("--1"),
    WHOLE("1_000"),
    WHOLE("\""),
    WHOLE("\"a"),
    WHOLE("\"\\\""),
    WHOLE("\"\\x41\""),
    WHOLE("\"\\u12\""),
    WHOLE("\"\\u12g4\""),
    WHOLE("\"\\U0041\""),
    WHOLE("\"\n\""),
    WHOLE("\"\t\""),
    WHOLE("\"\x00\""),
    WHOLE("\"\x1f\""),
    WHOLE("\"\\"),
    WHOLE("\"\\u"),
    WHOLE("\"\\ud800\""),
    WHOLE("\"\\ud800x\""),
    WHOLE("\"\\ud800\\n\""),
    WHOLE("\"\\ud800\\ud800\""),
    WHOLE("\"\\udc00\""),
    WHOLE("\"\\udc00\\ud800\""),
    WHOLE("\"\x80\""),
    WHOLE("\"\xc0\x80\""),
    WHOLE("\"\xc3\""),
    WHOLE("\"\xc3\x28\""),
    WHOLE("\"\xe0\x9f\xbf\""),
    WHOLE("\"\xed\xa0\x80\""),
    WHOLE("\"\xf0\x8f\xbf\xbf\""),
    WHOLE("\"\xf4\x90\x80\x80\""),
    WHOLE("\"\xf5\x80\x80\x80\""),
    WHOLE("\"\xff\""),
    WHOLE("\xef\xbb\xbf{}"), /* a byte order mark */
    WHOLE("\xc2\xa0{}"),
    WHOLE("{}\x00"),
    WHOLE("\x0b{}"),
    WHOLE("/**/{}"),
    WHOLE("{}//"),
    WHOLE("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"),
    WHOLE("[[[[[[[[[]]]]]]]]]"), /* nine deep */
    WHOLE("{\"a\":1,\"a\":1}"),
    WHOLE("{\"a\":1,\"\\u0061\":1}"),
    WHOLE("{\"a\\n\":1,\"\\u0061\\n\":1}"),
    WHOLE("[{\"k\":{\"x\":1,\"x\":2}}]"),
    WHOLE("{\"\xf0\x9f\x8f\x93\":1,\"\\ud83c\\udfd3\":1}"),
    WHOLE("{\"\":1,\"\":2}"),
};

static struct arena arena_of(size_t size_max)
{
    struct arena arena;

    arena_init(&arena, size_max);
    return arena;
}

/* Heap memory of exactly the text's size lets the address sanitizer see a read behind the end. */
static char *exact_copy(struct str text)
{
    char *copy = malloc(text.len ? text.len : 1);

    CHECK(copy != NULL);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

static bool valid(struct str text)
{
    char *copy = exact_copy(text);
    bool is_valid = json_is_valid(str_of(copy, text.len));

    free(copy);
    return is_valid;
}

TEST(every_valid_text_of_the_table_is_accepted)
{
    for (size_t i = 0; i < ARRAY_COUNT(VALID); i++)
        if (!valid(str_of(VALID[i].ptr, VALID[i].len)))
            fail_msg("row %zu is refused: %s", i, VALID[i].ptr);
}

TEST(every_invalid_text_of_the_table_is_refused)
{
    for (size_t i = 0; i < ARRAY_COUNT(NOT_VALID); i++)
        if (valid(str_of(NOT_VALID[i].ptr, NOT_VALID[i].len)))
            fail_msg("row %zu is accepted: %s", i, NOT_VALID[i].ptr);
}

TEST(no_proper_prefix_of_an_object_is_valid)
{
    struct str text = STR("{\"type\":\"player_move\",\"n\":[-1.5e3,{\"x\":null}],\"t\":true,"
                          "\"s\":\"\\ud83c\\udfd3\\u00e9\xc3\xa9\"}");

    EXPECT(valid(text));
    for (size_t len = 0; len < text.len; len++)
        EXPECT_FALSE(valid(str_slice(text, 0, len)));
}

/* An object or array of objects with `count` different keys. */
static struct str object_of(struct buf *buf, size_t count)
{
    buf_put_char(buf, '{');
    for (size_t i = 0; i < count; i++)
        buf_printf(buf, "%s\"k%zu\":%zu", i ? "," : "", i, i);
    buf_put_char(buf, '}');
    return buf_str(buf);
}

TEST(an_object_has_at_most_64_keys)
{
    struct buf buf;

    buf_init(&buf, 65536);
    EXPECT(valid(object_of(&buf, LIMIT_JSON_KEYS)));
    buf_clear(&buf);
    EXPECT_FALSE(valid(object_of(&buf, LIMIT_JSON_KEYS + 1)));
    buf_release(&buf);
}

/* -- decoding -------------------------------------------------------------------------------- */

struct sample {
    struct str name;
    uint64_t count;
    int64_t delta;
    bool flag;
    uint64_t id;
    struct str raw;
    struct str object;
    struct str array;
    bool has_name;
    bool has_delta;
};

static const struct json_field FIELDS[] = {
    {"name", JSON_STR, true, false, offsetof(struct sample, name),
     offsetof(struct sample, has_name), 1, 5},
    {"count", JSON_U64, false, false, offsetof(struct sample, count), SIZE_MAX, 1, 100},
    {"delta", JSON_I64, false, true, offsetof(struct sample, delta),
     offsetof(struct sample, has_delta), -3, 3},
    {"flag", JSON_BOOL, false, false, offsetof(struct sample, flag), SIZE_MAX, 0, 0},
    {"id", JSON_ID, false, false, offsetof(struct sample, id), SIZE_MAX, 0, 0},
    {"raw", JSON_RAW, false, false, offsetof(struct sample, raw), SIZE_MAX, 0, 0},
    {"object", JSON_OBJECT, false, false, offsetof(struct sample, object), SIZE_MAX, 0, 0},
    {"array", JSON_ARRAY, false, true, offsetof(struct sample, array), SIZE_MAX, 0, 0},
};
static const struct json_schema STRICT = {FIELDS, ARRAY_COUNT(FIELDS), false};
static const struct json_schema LENIENT = {FIELDS, ARRAY_COUNT(FIELDS), true};

static enum err decode(struct str text, const struct json_schema *schema, struct arena *arena,
                       struct sample *sample, struct json_errors *errors)
{
    *sample = (struct sample){.count = 77};
    *errors = (struct json_errors){0};
    return json_decode(text, schema, arena, sample, errors);
}

TEST(an_object_becomes_a_struct)
{
    struct arena arena = arena_of(65536);
    struct json_errors errors;
    struct sample sample;

    EXPECT_OK(decode(STR(" { \"id\":\"18446744073709551615\",\"name\":\"\\u0061\\n\\ud83c\\udfd3\","
                         "\"delta\":-3,\"flag\":true,\"raw\":[1, {\"x\":null}] ,"
                         "\"object\":{\"y\" : 2},\"array\":[ ] } "),
                     &STRICT, &arena, &sample, &errors));
    EXPECT_STR("a\n\xf0\x9f\x8f\x93", sample.name);
    EXPECT(sample.has_name && sample.has_delta && sample.flag);
    EXPECT_INT(77, sample.count);
    EXPECT_INT(-3, sample.delta);
    EXPECT(sample.id == UINT64_MAX);
    EXPECT_STR("[1, {\"x\":null}]", sample.raw);
    EXPECT_STR("{\"y\" : 2}", sample.object);
    EXPECT_STR("[ ]", sample.array);
    arena_release(&arena);
}

TEST(an_unescaped_string_points_into_the_text_and_needs_no_memory)
{
    struct str text = STR("{\"name\":\"anna\"}");
    struct arena arena = arena_of(0);
    struct json_errors errors;
    struct sample sample;

    EXPECT_OK(decode(text, &STRICT, &arena, &sample, &errors));
    EXPECT(sample.name.ptr == text.ptr + 9);
    EXPECT_ERR(ERR_TOO_LARGE,
               decode(STR("{\"name\":\"\\u0061\"}"), &STRICT, &arena, &sample, &errors));
}

struct invalid_row {
    const char *text;
    const char *pointer;
    const char *detail;
};

static const struct invalid_row INVALID[] = {
    {"{}", "/name", "is required"},
    {"[]", "", "must be an object"},
    {"\"name\"", "", "must be an object"},
    {"{\"name\":1}", "/name", "must be a string"},
    {"{\"name\":null}", "/name", "must not be null"},
    {"{\"name\":\"\"}", "/name", "is too short"},
    {"{\"name\":\"sixsix\"}", "/name", "is too long"},
    {"{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", "/name", "is too long"},
    {"{\"name\":\"a\\u0000b\"}", "/name", "must not contain a NUL character"},
    {"{\"name\":\"a\",\"count\":0}", "/count", "is out of range"},
    {"{\"name\":\"a\",\"count\":101}", "/count", "is out of range"},
    {"{\"name\":\"a\",\"count\":-1}", "/count", "is out of range"},
    {"{\"name\":\"a\",\"count\":18446744073709551616}", "/count", "is out of range"},
    {"{\"name\":\"a\",\"count\":1.0}", "/count", "must be a whole number"},
    {"{\"name\":\"a\",\"count\":1e2}", "/count", "must be a whole number"},
    {"{\"name\":\"a\",\"count\":\"5\"}", "/count", "must be a whole number"},
    {"{\"name\":\"a\",\"count\":null}", "/count", "must not be null"},
    {"{\"name\":\"a\",\"delta\":4}", "/delta", "is out of range"},
    {"{\"name\":\"a\",\"delta\":-4}", "/delta", "is out of range"},
    {"{\"name\":\"a\",\"delta\":9223372036854775808}", "/delta", "is out of range"},
    {"{\"name\":\"a\",\"delta\":-9223372036854775809}", "/delta", "is out of range"},
    {"{\"name\":\"a\",\"flag\":1}", "/flag", "must be true or false"},
    {"{\"name\":\"a\",\"flag\":\"true\"}", "/flag", "must be true or false"},
    {"{\"name\":\"a\",\"id\":\"x\"}", "/id", "must be an id"},
    {"{\"name\":\"a\",\"id\":\"01\"}", "/id", "must be an id"},
    {"{\"name\":\"a\",\"id\":\"\"}", "/id", "must be an id"},
    {"{\"name\":\"a\",\"id\":\"18446744073709551616\"}", "/id", "must be an id"},
    {"{\"name\":\"a\",\"id\":[1]}", "/id", "must be an id"},
    {"{\"name\":\"a\",\"id\":-1}", "/id", "is out of range"},
    {"{\"name\":\"a\",\"object\":[]}", "/object", "must be an object"},
    {"{\"name\":\"a\",\"array\":{}}", "/array", "must be an array"},
    {"{\"name\":\"a\",\"other\":1}", "/other", "is not a known key"},
    {"{\"name\":\"a\",\"a/b~c\":1}", "/a~1b~0c", "is not a known key"},
    {"{\"name\":\"a\",\"\\u00e9\":1}", "/\xc3\xa9", "is not a known key"},
    {"{\"name\":\"a\",\"nam\":1}", "/nam", "is not a known key"},
    {"{\"name\":\"a\",\"name\\u0000\":1}", "/name", "is not a known key"},
    {"{\"name\":\"a\",\"\":1}", "/", "is not a known key"},
};

TEST(each_fault_of_content_names_its_field)
{
    for (size_t i = 0; i < ARRAY_COUNT(INVALID); i++) {
        struct arena arena = arena_of(65536);
        struct json_errors errors;
        struct sample sample;

        EXPECT_ERR(ERR_INVALID,
                   decode(str_from_c(INVALID[i].text), &STRICT, &arena, &sample, &errors));
        EXPECT_INT(1, errors.count);
        assert_string_equal(INVALID[i].pointer, errors.list[0].pointer);
        assert_string_equal(INVALID[i].detail, errors.list[0].detail);
        EXPECT_ERR(ERR_INVALID,
                   json_decode(str_from_c(INVALID[i].text), &STRICT, &arena, &sample, NULL));
        arena_release(&arena);
    }
}

TEST(a_fault_of_form_behind_a_fault_of_content_is_the_graver)
{
    static const char *const TEXTS[] = {
        "{\"name\":1,}",
        "{\"name\":1",
        "{\"name\":1,\"name\":2}",
        "{\"other\":1} x",
        "{\"other\":1,\"other\":1}",
        "{\"other\":1,\"\\u006fther\":1}",
        "[1,]",
        "{\"name\":\"\\ud800\"}",
        "{\"raw\":{\"a\":1,\"a\":2}}",
        "{\"name\":[[[[[[[[]]]]]]]]}",
        "{\"flag\":tru}",
        "{\"count\":-}",
        "{\"count\":01}",
        "{\"delta\":nul}",
        "{\"id\":\"}",
    };

    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
        struct arena arena = arena_of(65536);
        struct json_errors errors;
        struct sample sample;

        EXPECT_ERR(ERR_JSON, decode(str_from_c(TEXTS[i]), &STRICT, &arena, &sample, &errors));
        EXPECT_ERR(ERR_JSON, decode(str_from_c(TEXTS[i]), &LENIENT, &arena, &sample, &errors));
        arena_release(&arena);
    }
}

TEST(limits_hold_exactly_at_their_figure)
{
    struct arena arena = arena_of(65536);
    struct json_errors errors;
    struct sample sample;

    EXPECT_OK(decode(STR("{\"name\":\"a\",\"count\":1}"), &STRICT, &arena, &sample, &errors));
    EXPECT_OK(decode(STR("{\"name\":\"fivee\",\"count\":100}"), &STRICT, &arena, &sample, &errors));
    EXPECT_INT(100, sample.count);
    EXPECT_OK(decode(STR("{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\",\"delta\":3}"),
                     &STRICT, &arena, &sample, &errors));
    EXPECT_INT(3, sample.delta);
    EXPECT_OK(
        decode(STR("{\"name\":\"a\",\"delta\":-0,\"id\":0}"), &STRICT, &arena, &sample, &errors));
    EXPECT_INT(0, sample.delta);
    /* The object itself is the first of eight levels. */
    EXPECT_OK(
        decode(STR("{\"name\":\"a\",\"raw\":[[[[[[[]]]]]]]}"), &STRICT, &arena, &sample, &errors));
    EXPECT_ERR(ERR_JSON, decode(STR("{\"name\":\"a\",\"raw\":[[[[[[[[]]]]]]]]}"), &STRICT, &arena,
                                &sample, &errors));
    arena_release(&arena);
}

TEST(null_counts_as_absent_where_it_is_allowed)
{
    struct arena arena = arena_of(65536);
    struct json_errors errors;
    struct sample sample;

    EXPECT_OK(decode(STR("{\"name\":\"a\",\"delta\":null,\"array\":null,\"raw\":null}"), &STRICT,
                     &arena, &sample, &errors));
    EXPECT_FALSE(sample.has_delta);
    EXPECT_NULL(sample.array.ptr);
    EXPECT_STR("null", sample.raw);
    arena_release(&arena);
}

TEST(unknown_keys_may_be_allowed_but_still_count)
{
    struct arena arena = arena_of(65536);
    struct json_errors errors;
    struct sample sample;
    struct buf buf;

    EXPECT_OK(
        decode(STR("{\"zz\":[1],\"name\":\"a\",\"yy\":{}}"), &LENIENT, &arena, &sample, &errors));
    EXPECT_STR("a", sample.name);
    buf_init(&buf, 65536);
    (void)object_of(&buf, LIMIT_JSON_KEYS - 1);
    buf.len--;
    buf_put_c(&buf, ",\"name\":\"a\"}");
    EXPECT_OK(decode(buf_str(&buf), &LENIENT, &arena, &sample, &errors));
    buf.len--;
    buf_put_c(&buf, ",\"more\":1}");
    EXPECT_ERR(ERR_JSON, decode(buf_str(&buf), &LENIENT, &arena, &sample, &errors));
    buf_release(&buf);
    arena_release(&arena);
}

TEST(at_most_eight_errors_are_told_and_long_names_are_cut_at_a_character)
{
    struct arena arena = arena_of(65536);
    struct json_errors errors;
    struct sample sample;
    struct buf buf;

    buf_init(&buf, 65536);
    EXPECT_ERR(ERR_INVALID, decode(object_of(&buf, 20), &STRICT, &arena, &sample, &errors));
    EXPECT_INT(JSON_ERRORS_MAX, errors.count);
    buf_clear(&buf);
    buf_put_c(&buf, "{\"name\":\"a\",\"x");
    for (unsigned i = 0; i < 40; i++)
        buf_put_c(&buf, "\xc3\xa9");
    buf_put_c(&buf, "\":1}");
    EXPECT_ERR(ERR_INVALID, decode(buf_str(&buf), &STRICT, &arena, &sample, &errors));
    EXPECT_INT(62, strlen(errors.list[0].pointer)); /* "/x" and 30 whole characters of 63 bytes */
    buf_release(&buf);
    arena_release(&arena);
}

TEST(a_walk_visits_each_element_and_member_once)
{
    struct str array = STR("[ 1 , \"a\" ,[2,3],{\"x\":4} ]");
    struct str object = STR("{ \"\\u0061\" : 1 , \"b\":[] }");
    struct arena arena = arena_of(4096);
    struct str key, value;
    size_t at = 0;

    EXPECT(json_array_next(array, &at, &value));
    EXPECT_STR("1", value);
    EXPECT(json_array_next(array, &at, &value));
    EXPECT_STR("\"a\"", value);
    EXPECT(json_array_next(array, &at, &value));
    EXPECT_STR("[2,3]", value);
    EXPECT(json_array_next(array, &at, &value));
    EXPECT_STR("{\"x\":4}", value);
    EXPECT_FALSE(json_array_next(array, &at, &value));
    EXPECT_FALSE(json_array_next(array, &at, &value));
    at = 0;
    EXPECT(json_object_next(object, &at, &arena, &key, &value));
    EXPECT_STR("a", key);
    EXPECT_STR("1", value);
    EXPECT(json_object_next(object, &at, &arena, &key, &value));
    EXPECT_STR("b", key);
    EXPECT_STR("[]", value);
    EXPECT_FALSE(json_object_next(object, &at, &arena, &key, &value));
    at = 0;
    EXPECT_FALSE(json_array_next(STR("[]"), &at, &value));
    at = 0;
    EXPECT_FALSE(json_array_next(STR(" [ ] "), &at, &value));
    at = 0;
    EXPECT_FALSE(json_object_next(STR("{}"), &at, &arena, &key, &value));
    at = 0;
    EXPECT_FALSE(json_array_next(STR("{}"), &at, &value));
    arena_release(&arena);
}

TEST(a_raw_value_is_read_as_what_it_is)
{
    struct arena arena = arena_of(4096);
    struct str text;
    int64_t number;

    EXPECT_OK(json_value_str(STR("\"a\\tb\""), &arena, &text));
    EXPECT_STR("a\tb", text);
    EXPECT_ERR(ERR_INPUT, json_value_str(STR("1"), &arena, &text));
    EXPECT_ERR(ERR_INPUT, json_value_str(STR("\"a\" "), &arena, &text));
    EXPECT_OK(json_value_i64(STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &number));
    EXPECT(number == INT64_MIN);
    EXPECT_ERR(ERR_INPUT, json_value_i64(STR("5"), 6, 7, &number));
    EXPECT_OK(json_value_i64(STR("6"), 6, 7, &number));
    EXPECT_OK(json_value_i64(STR("7"), 6, 7, &number));
    EXPECT_ERR(ERR_INPUT, json_value_i64(STR("8"), 6, 7, &number));
    EXPECT_ERR(ERR_INPUT, json_value_i64(STR("6.5"), 6, 7, &number));
    EXPECT_ERR(ERR_INPUT, json_value_i64(STR("\"6\""), 6, 7, &number));
    EXPECT_ERR(ERR_INPUT, json_value_i64(STR("9223372036854775808"), 0, INT64_MAX, &number));
    arena_release(&arena);
}

TEST(numbers_without_bounds_and_texts_with_a_lower_one)
{
    struct free_sample {
        int64_t number;
        struct str text;
    } sample;
    static const struct json_field FREE[] = {
        {"number", JSON_I64, false, false, offsetof(struct free_sample, number), SIZE_MAX, 0, 0},
        {"text", JSON_STR, false, false, offsetof(struct free_sample, text), SIZE_MAX, 3, 10},
    };
    static const struct json_schema SCHEMA = {FREE, ARRAY_COUNT(FREE), false};
    static const struct {
        enum err want;
        const char *text;
    } TEXTS[] = {
        {OK, "{\"number\":-9223372036854775808}"},
        {OK, "{\"number\":9223372036854775807}"},
        {ERR_INVALID, "{\"number\":-9223372036854775809}"},
        {ERR_INVALID, "{\"number\":9223372036854775808}"},
        {OK, "{\"text\":\"abc\"}"},
        {OK, "{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\"}"},
        {ERR_INVALID, "{\"text\":\"\xc3\xa9\xc3\xa9\"}"},
        {ERR_INVALID, "{\"text\":\"ab\"}"},
        {OK, "{\"text\":\"\xf0\x9f\x8f\x93\xf0\x9f\x8f\x93\xf0\x9f\x8f\x93\"}"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++) {
        struct arena arena = arena_of(4096);

        EXPECT_ERR(TEXTS[i].want,
                   json_decode(str_from_c(TEXTS[i].text), &SCHEMA, &arena, &sample, NULL));
        arena_release(&arena);
    }
}

TEST(a_control_character_is_refused_wherever_it_stands_in_a_string)
{
    for (unsigned byte = 0; byte < 0x20; byte++)
        for (size_t at = 0; at < 17; at++) {
            char text[19];

            memset(text, 'x', sizeof(text));
            text[0] = text[18] = '"';
            text[1 + at] = (char)byte;
            EXPECT_FALSE(valid(str_of(text, sizeof(text))));
        }
}
