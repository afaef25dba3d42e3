/* The value of one field of a schema, by its type. */
#include "lib/wire/json_decode.h"

#include "lib/wire/utf8.h"

void json_field_error(struct json_decode *decode, const struct json_field *field,
                      const char *detail)
{
    decode->is_invalid = true;
    json_errors_add(decode->errors, field->name, detail);
}

/* Passes a value of the wrong type. */
static enum err mismatch(struct json_decode *decode, const struct json_field *field,
                         const char *detail)
{
    if (!json_scan_value(&decode->scan, 1))
        return ERR_JSON;
    json_field_error(decode, field, detail);
    return OK;
}

static void present_set(struct json_decode *decode, const struct json_field *field)
{
    bool is_present = true;

    if (field->present_offset != SIZE_MAX)
        memcpy(decode->out + field->present_offset, &is_present, sizeof(is_present));
}

static bool has_bounds(const struct json_field *field)
{
    return field->min != 0 || field->max != 0;
}

/* NULL when the number of characters is within bounds. They are counted only when the number of
 * bytes, of which each takes one to four, leaves it open. */
static const char *length_fault(const struct json_field *field, struct str value)
{
    int64_t size = (int64_t)value.len;
    int64_t count;

    if (size <= field->max && (size + 3) / 4 >= field->min)
        return NULL;
    count = (int64_t)utf8_count(value);
    if (count < field->min)
        return "is too short";
    return count > field->max ? "is too long" : NULL;
}

static enum err decode_str(struct json_decode *decode, const struct json_field *field)
{
    const char *detail;
    struct json_text text;
    struct str value;
    enum err err;

    if (*decode->scan.at != '"')
        return mismatch(decode, field, "must be a string");
    if (!json_scan_string(&decode->scan, &text))
        return ERR_JSON;
    if ((err = json_text_decode(text, decode->arena, &value)))
        return err;
    if (text.has_escapes && memchr(value.ptr, '\0', value.len)) {
        json_field_error(decode, field, "must not contain a NUL character");
        return OK;
    }
    if (has_bounds(field) && (detail = length_fault(field, value))) {
        json_field_error(decode, field, detail);
        return OK;
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

static enum err put_u64(struct json_decode *decode, const struct json_field *field,
                        const struct json_number *number)
{
    if (!number->fits || (number->is_negative && number->magnitude != 0) ||
        !u64_is_within(field, number->magnitude)) {
        json_field_error(decode, field, "is out of range");
        return OK;
    }
    memcpy(decode->out + field->offset, &number->magnitude, sizeof(number->magnitude));
    present_set(decode, field);
    return OK;
}

static enum err put_i64(struct json_decode *decode, const struct json_field *field,
                        const struct json_number *number)
{
    int64_t value;

    if (!number_to_i64(number, &value) ||
        (has_bounds(field) && (value < field->min || value > field->max))) {
        json_field_error(decode, field, "is out of range");
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

static enum err decode_number(struct json_decode *decode, const struct json_field *field)
{
    struct json_number number;

    if (!is_number_start(*decode->scan.at))
        return mismatch(decode, field, "must be a whole number");
    if (!json_scan_short(&decode->scan, &number) && !json_scan_number(&decode->scan, &number))
        return ERR_JSON;
    if (!number.is_integer) {
        json_field_error(decode, field, "must be a whole number");
        return OK;
    }
    if (field->type == JSON_I64)
        return put_i64(decode, field, &number);
    return put_u64(decode, field, &number);
}

static enum err decode_id(struct json_decode *decode, const struct json_field *field)
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
        json_field_error(decode, field, "must be an id");
        return OK;
    }
    return put_u64(decode, field, &number);
}

static enum err decode_bool(struct json_decode *decode, const struct json_field *field)
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

static enum err decode_raw(struct json_decode *decode, const struct json_field *field)
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

static enum err decode_null(struct json_decode *decode, const struct json_field *field)
{
    if (!json_scan_literal(&decode->scan, STR("null")))
        return ERR_JSON;
    if (!field->is_nullable)
        json_field_error(decode, field, "must not be null");
    else if (field->is_required)
        json_field_error(decode, field, "is required");
    return OK;
}

enum err json_decode_field(struct json_decode *decode, const struct json_field *field)
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
