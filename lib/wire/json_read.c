/*
 * The schema-driven half of the JSON reader: one pass over the object puts each value where the
 * schema says. A fault of form ends the pass at once; a fault of content is noted and the pass goes
 * on, because the rest of the text may still turn out not to be JSON, which is the graver answer.
 */
#include "lib/wire/json.h"

#include "lib/wire/json_scan.h"
#include "lib/wire/utf8.h"

_Static_assert(LIMIT_JSON_KEYS <= 64, "one bit per field of a schema says that it was seen");

struct decode {
    struct json_scan scan;
    const struct json_schema *schema;
    struct arena *arena;
    char *out;
    struct json_errors *errors;
    struct json_keys *unknown; /* made when the first unknown key comes */
    size_t key_count;
    size_t field_next; /* clients send keys in a steady order: look here first */
    uint64_t seen;
    bool is_invalid;
};

static void pointer_put(struct buf *buf, struct str key)
{
    buf_put_char(buf, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '~')
            buf_put(buf, "~0", 2);
        else if (key.ptr[i] == '/')
            buf_put(buf, "~1", 2);
        else
            buf_put_char(buf, key.ptr[i]);
    }
}

/* Ends the text before a character that was cut. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t size = utf8_char_size(str_of(text + at, len - at));

        if (size == 0)
            break;
        at += size;
    }
    return at;
}

static void errors_add(struct json_errors *errors, struct str key, bool has_key, const char *detail)
{
    struct json_error *error;
    struct buf pointer;

    if (!errors || errors->count == JSON_ERRORS_MAX)
        return;
    error = &errors->list[errors->count++];
    error->detail = detail;
    buf_init_fixed(&pointer, error->pointer, sizeof(error->pointer) - 1);
    if (has_key)
        pointer_put(&pointer, key);
    error->pointer[whole_characters(error->pointer, pointer.len)] = '\0';
}

void json_errors_add(struct json_errors *errors, const char *field, const char *detail)
{
    struct str key = str_from_c(field);

    errors_add(errors, key, key.len > 0, detail);
}

static void field_error(struct decode *decode, const struct json_field *field, const char *detail)
{
    decode->is_invalid = true;
    json_errors_add(decode->errors, field->name, detail);
}

/* Passes a value of the wrong type. */
static enum err mismatch(struct decode *decode, const struct json_field *field, const char *detail)
{
    if (!json_scan_value(&decode->scan, 1))
        return ERR_JSON;
    field_error(decode, field, detail);
    return OK;
}

static void present_set(struct decode *decode, const struct json_field *field)
{
    bool is_present = true;

    if (field->present_offset != SIZE_MAX)
        memcpy(decode->out + field->present_offset, &is_present, sizeof(is_present));
}

static bool has_bounds(const struct json_field *field)
{
    return field->min != 0 || field->max != 0;
}

static enum err text_decode(struct json_text text, struct arena *arena, struct str *out)
{
    char *to;

    if (!text.has_escapes) {
        *out = text.raw;
        return OK;
    }
    to = arena_alloc(arena, text.raw.len);
    if (!to)
        return ERR_TOO_LARGE;
    *out = str_of(to, json_unescape(text, to));
    return OK;
}

static enum err decode_str(struct decode *decode, const struct json_field *field)
{
    struct json_text text;
    struct str value;
    enum err err;

    if (*decode->scan.at != '"')
        return mismatch(decode, field, "must be a string");
    if (!json_scan_string(&decode->scan, &text))
        return ERR_JSON;
    if ((err = text_decode(text, decode->arena, &value)))
        return err;
    if (text.has_escapes && memchr(value.ptr, '\0', value.len)) {
        field_error(decode, field, "must not contain a NUL character");
        return OK;
    }
    if (has_bounds(field)) {
        int64_t count = (int64_t)utf8_count(value);

        if (count < field->min || count > field->max) {
            field_error(decode, field, count < field->min ? "is too short" : "is too long");
            return OK;
        }
    }
    memcpy(decode->out + field->offset, &value, sizeof(value));
    present_set(decode, field);
    return OK;
}

static bool number_to_i64(const struct json_number *number, int64_t *out)
{
    if (!number->fits || number->magnitude > (uint64_t)INT64_MAX + number->is_negative)
        return false;
    *out = (int64_t)(number->is_negative ? 0 - number->magnitude : number->magnitude);
    return true;
}

static bool u64_is_within(const struct json_field *field, uint64_t value)
{
    if (!has_bounds(field))
        return true;
    return field->max >= 0 && value <= (uint64_t)field->max &&
           (field->min <= 0 || value >= (uint64_t)field->min);
}

static enum err put_u64(struct decode *decode, const struct json_field *field,
                        const struct json_number *number)
{
    if (!number->fits || (number->is_negative && number->magnitude != 0) ||
        !u64_is_within(field, number->magnitude)) {
        field_error(decode, field, "is out of range");
        return OK;
    }
    memcpy(decode->out + field->offset, &number->magnitude, sizeof(number->magnitude));
    present_set(decode, field);
    return OK;
}

static enum err put_i64(struct decode *decode, const struct json_field *field,
                        const struct json_number *number)
{
    int64_t value;

    if (!number_to_i64(number, &value) ||
        (has_bounds(field) && (value < field->min || value > field->max))) {
        field_error(decode, field, "is out of range");
        return OK;
    }
    memcpy(decode->out + field->offset, &value, sizeof(value));
    present_set(decode, field);
    return OK;
}

static bool is_number_start(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

static enum err decode_number(struct decode *decode, const struct json_field *field)
{
    struct json_number number;

    if (!is_number_start(*decode->scan.at))
        return mismatch(decode, field, "must be a whole number");
    if (!json_scan_number(&decode->scan, &number))
        return ERR_JSON;
    if (!number.is_integer) {
        field_error(decode, field, "must be a whole number");
        return OK;
    }
    if (field->type == JSON_I64)
        return put_i64(decode, field, &number);
    return put_u64(decode, field, &number);
}

static enum err decode_id(struct decode *decode, const struct json_field *field)
{
    struct json_number number = {.fits = true, .is_integer = true};
    struct json_text text;

    if (is_number_start(*decode->scan.at))
        return decode_number(decode, field);
    if (*decode->scan.at != '"')
        return mismatch(decode, field, "must be an id");
    if (!json_scan_string(&decode->scan, &text))
        return ERR_JSON;
    if (str_to_u64(text.raw, UINT64_MAX, &number.magnitude)) {
        field_error(decode, field, "must be an id");
        return OK;
    }
    return put_u64(decode, field, &number);
}

static enum err decode_bool(struct decode *decode, const struct json_field *field)
{
    bool value = *decode->scan.at == 't';

    if (!value && *decode->scan.at != 'f')
        return mismatch(decode, field, "must be true or false");
    if (!json_scan_literal(&decode->scan, value ? STR("true") : STR("false")))
        return ERR_JSON;
    memcpy(decode->out + field->offset, &value, sizeof(value));
    present_set(decode, field);
    return OK;
}

static enum err decode_raw(struct decode *decode, const struct json_field *field)
{
    const char *start = decode->scan.at;
    struct str value;

    if (field->type == JSON_OBJECT && *start != '{')
        return mismatch(decode, field, "must be an object");
    if (field->type == JSON_ARRAY && *start != '[')
        return mismatch(decode, field, "must be an array");
    if (!json_scan_value(&decode->scan, 1))
        return ERR_JSON;
    value = str_of(start, (size_t)(decode->scan.at - start));
    memcpy(decode->out + field->offset, &value, sizeof(value));
    present_set(decode, field);
    return OK;
}

static enum err decode_null(struct decode *decode, const struct json_field *field)
{
    if (!json_scan_literal(&decode->scan, STR("null")))
        return ERR_JSON;
    if (!field->is_nullable)
        field_error(decode, field, "must not be null");
    else if (field->is_required)
        field_error(decode, field, "is required");
    return OK;
}

static enum err decode_value(struct decode *decode, const struct json_field *field)
{
    if (decode->scan.at == decode->scan.end)
        return ERR_JSON;
    if (*decode->scan.at == 'n' && (field->is_nullable || field->type != JSON_RAW))
        return decode_null(decode, field);
    switch (field->type) {
    case JSON_STR:
        return decode_str(decode, field);
    case JSON_U64:
    case JSON_I64:
        return decode_number(decode, field);
    case JSON_BOOL:
        return decode_bool(decode, field);
    case JSON_ID:
        return decode_id(decode, field);
    case JSON_RAW:
    case JSON_OBJECT:
    case JSON_ARRAY:
        return decode_raw(decode, field);
    }
    CHECK(false); /* a field type that is not in the table */
    return ERR_JSON;
}

/* Not strncmp: a decoded key may contain NUL. */
static bool field_is(const struct json_field *field, struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (field->name[i] == '\0' || field->name[i] != key.ptr[i])
            return false;
    return field->name[key.len] == '\0';
}

/* Index of the field of that name, or the schema's count. */
static size_t field_find(struct decode *decode, struct str key)
{
    size_t count = decode->schema->count;
    size_t at = decode->field_next;

    for (size_t i = 0; i < count; i++, at++) {
        if (at >= count)
            at = 0;
        if (field_is(&decode->schema->fields[at], key)) {
            decode->field_next = at + 1;
            return at;
        }
    }
    return count;
}

static enum err unknown_add(struct decode *decode, struct json_text key)
{
    if (!decode->unknown)
        decode->unknown = arena_alloc(decode->arena, sizeof(*decode->unknown));
    if (!decode->unknown)
        return ERR_TOO_LARGE;
    return json_keys_add(decode->unknown, key) ? OK : ERR_JSON;
}

static enum err decode_unknown(struct decode *decode, struct json_text key, struct str decoded)
{
    enum err err = unknown_add(decode, key);

    if (err)
        return err;
    if (!json_scan_value(&decode->scan, 1))
        return ERR_JSON;
    if (!decode->schema->allows_unknown) {
        decode->is_invalid = true;
        errors_add(decode->errors, decoded, true, "is not a known key");
    }
    return OK;
}

static enum err decode_member(struct decode *decode)
{
    struct json_text text;
    struct str key;
    enum err err;
    size_t at;

    if (decode->key_count++ == LIMIT_JSON_KEYS || !json_scan_key(&decode->scan, &text))
        return ERR_JSON;
    if ((err = text_decode(text, decode->arena, &key)))
        return err;
    at = field_find(decode, key);
    if (at == decode->schema->count)
        return decode_unknown(decode, text, key);
    if (decode->seen >> at & 1)
        return ERR_JSON;
    decode->seen |= (uint64_t)1 << at;
    return decode_value(decode, &decode->schema->fields[at]);
}

static enum err decode_members(struct decode *decode)
{
    struct json_scan *scan = &decode->scan;
    enum err err;

    scan->at++;
    json_skip_space(scan);
    if (json_take(scan, '}'))
        return OK;
    for (;;) {
        if ((err = decode_member(decode)))
            return err;
        json_skip_space(scan);
        if (json_take(scan, '}'))
            return OK;
        if (!json_take(scan, ','))
            return ERR_JSON;
        json_skip_space(scan);
    }
}

static void require_fields(struct decode *decode)
{
    for (size_t i = 0; i < decode->schema->count; i++) {
        const struct json_field *field = &decode->schema->fields[i];

        if (field->is_required && !(decode->seen >> i & 1))
            field_error(decode, field, "is required");
    }
}

static enum err decode_body(struct decode *decode)
{
    if (decode->scan.at == decode->scan.end)
        return ERR_JSON;
    if (*decode->scan.at == '{')
        return decode_members(decode);
    if (!json_scan_value(&decode->scan, 0))
        return ERR_JSON;
    decode->is_invalid = true;
    decode->seen = UINT64_MAX; /* one error says it all */
    json_errors_add(decode->errors, "", "must be an object");
    return OK;
}

enum err json_decode(struct str text, const struct json_schema *schema, struct arena *arena,
                     void *out, struct json_errors *errors)
{
    struct decode decode = {
        .scan = json_scan_of(text),
        .schema = schema,
        .arena = arena,
        .out = out,
        .errors = errors,
    };
    enum err err;

    CHECK(schema->count <= LIMIT_JSON_KEYS);
    json_skip_space(&decode.scan);
    if ((err = decode_body(&decode)))
        return err;
    json_skip_space(&decode.scan);
    if (decode.scan.at != decode.scan.end)
        return ERR_JSON;
    require_fields(&decode);
    return decode.is_invalid ? ERR_INVALID : OK;
}
