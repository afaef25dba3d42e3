/*
 * JSON. The decoder calls a text malformed just when json_is_valid does, whatever the schema; what
 * it decodes keeps the bounds of the schema; what it decodes, written and decoded again, is the
 * same; every key and element that a walk visits is well-formed.
 */
#include "fuzz/fuzz_input.h"
#include "lib/wire/json.h"
#include "lib/wire/utf8.h"

#define ARENA_MAX (1 << 22)

struct sample {
    struct str type;
    int64_t direction;
    uint64_t seq;
    uint64_t id;
    bool flag;
    struct str data;
    struct str object;
    struct str list;
    bool has_direction;
    bool has_flag;
};

static const struct json_field FIELDS[] = {
    {"type", JSON_STR, true, false, offsetof(struct sample, type), SIZE_MAX, 1, 16},
    {"direction", JSON_I64, false, true, offsetof(struct sample, direction),
     offsetof(struct sample, has_direction), -1, 1},
    {"seq", JSON_U64, false, false, offsetof(struct sample, seq), SIZE_MAX, 1, 4294967295},
    {"id", JSON_ID, false, false, offsetof(struct sample, id), SIZE_MAX, 0, 0},
    {"flag", JSON_BOOL, false, false, offsetof(struct sample, flag),
     offsetof(struct sample, has_flag), 0, 0},
    {"data", JSON_RAW, false, false, offsetof(struct sample, data), SIZE_MAX, 0, 0},
    {"object", JSON_OBJECT, false, true, offsetof(struct sample, object), SIZE_MAX, 0, 0},
    {"list", JSON_ARRAY, false, false, offsetof(struct sample, list), SIZE_MAX, 0, 0},
};
static const struct json_schema STRICT = {FIELDS, ARRAY_COUNT(FIELDS), false};
static const struct json_schema LENIENT = {FIELDS, ARRAY_COUNT(FIELDS), true};
static const struct json_schema EMPTY = {NULL, 0, true};

static void check_sample(const struct sample *s)
{
    size_t count = utf8_count(s->type);

    CHECK(count >= 1 && count <= 16);
    CHECK(utf8_is_valid(s->type));
    CHECK(!memchr(s->type.ptr, '\0', s->type.len));
    CHECK(!s->has_direction || (s->direction >= -1 && s->direction <= 1));
    CHECK(s->seq <= 4294967295);
    CHECK(!s->data.ptr || json_is_valid(s->data));
    CHECK(!s->object.ptr || (s->object.ptr[0] == '{' && json_is_valid(s->object)));
    CHECK(!s->list.ptr || (s->list.ptr[0] == '[' && json_is_valid(s->list)));
}

static void sample_put(struct buf *buf, const struct sample *s)
{
    struct json_writer w = json_writer_of(buf);

    json_object_begin(&w);
    if (s->list.ptr) {
        json_key(&w, "list");
        json_put_raw(&w, s->list);
    }
    if (s->object.ptr) {
        json_key(&w, "object");
        json_put_raw(&w, s->object);
    }
    if (s->data.ptr) {
        json_key(&w, "data");
        json_put_raw(&w, s->data);
    }
    if (s->has_flag)
        json_bool(&w, "flag", s->flag);
    json_u64_text(&w, "id", s->id);
    if (s->seq > 0)
        json_u64(&w, "seq", s->seq);
    if (s->has_direction)
        json_i64(&w, "direction", s->direction);
    json_str(&w, "type", s->type);
    json_object_end(&w);
}

static void check_round_trip(const struct sample *s, struct arena *arena)
{
    struct sample back = {0};
    struct buf buf;

    buf_init(&buf, ARENA_MAX);
    sample_put(&buf, s);
    CHECK(json_decode(buf_str(&buf), &STRICT, arena, &back, NULL) == OK);
    CHECK(str_eq(s->type, back.type) && s->direction == back.direction && s->seq == back.seq);
    CHECK(s->id == back.id && s->flag == back.flag && str_eq(s->data, back.data));
    CHECK(str_eq(s->object, back.object) && str_eq(s->list, back.list));
    CHECK(s->has_direction == back.has_direction && s->has_flag == back.has_flag);
    buf_release(&buf);
}

/* A string, written and read, is the same. */
static void check_string(struct str text, struct arena *arena)
{
    struct json_writer w;
    struct buf buf;
    struct str back;

    buf_init(&buf, ARENA_MAX);
    w = json_writer_of(&buf);
    json_put_str(&w, text);
    CHECK(json_is_valid(buf_str(&buf)));
    CHECK(json_value_str(buf_str(&buf), arena, &back) == OK);
    CHECK(utf8_is_valid(back));
    CHECK(str_eq(text, back) == utf8_is_valid(text));
    buf_release(&buf);
}

static void check_walk(struct str text, struct arena *arena)
{
    struct str key, value;
    size_t at = 0, count = 0;

    while (json_object_next(text, &at, arena, &key, &value)) {
        CHECK(++count <= LIMIT_JSON_KEYS);
        CHECK(json_is_valid(value));
        check_string(key, arena);
    }
    at = 0;
    while (json_array_next(text, &at, &value))
        CHECK(json_is_valid(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(str_of(data, size));
    struct str text = str_of(copy, size);
    bool is_valid = json_is_valid(text);
    struct json_errors errors = {0};
    struct sample sample = {0}, lenient = {0};
    struct arena arena;
    enum err err;

    arena_init(&arena, ARENA_MAX);
    err = json_decode(text, &STRICT, &arena, &sample, &errors);
    CHECK(err == OK || err == ERR_JSON || err == ERR_INVALID);
    CHECK((err == ERR_JSON) == !is_valid);
    CHECK(is_valid || json_decode(text, &EMPTY, &arena, &lenient, NULL) == ERR_JSON);
    CHECK((err == ERR_INVALID) <= (errors.count > 0));
    for (size_t i = 0; i < errors.count; i++)
        CHECK(utf8_is_valid(str_from_c(errors.list[i].pointer)));
    if (err == OK) {
        CHECK(errors.count == 0);
        CHECK(json_decode(text, &LENIENT, &arena, &lenient, NULL) == OK);
        check_sample(&sample);
        check_round_trip(&sample, &arena);
    }
    if (is_valid)
        check_walk(text, &arena);
    check_string(text, &arena);
    arena_release(&arena);
    free(copy);
    return 0;
}
