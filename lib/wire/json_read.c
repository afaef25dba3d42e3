/*
 * The schema-driven half of the JSON reader: one pass over the object puts each value where the
 * schema says. A fault of form ends the pass at once; a fault of content is noted and the pass goes
 * on, because the rest of the text may still turn out not to be JSON, which is the graver answer.
 */
#include "lib/wire/json.h"

#include "lib/wire/json_decode.h"

_Static_assert(LIMIT_JSON_KEYS <= 64, "one bit per field of a schema says that it was seen");

/* Not strncmp: a decoded key may contain NUL. */
static bool field_is(const struct json_field *field, struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (field->name[i] == '\0' || field->name[i] != key.ptr[i])
            return false;
    return field->name[key.len] == '\0';
}

/* Index of the field of that name, or the schema's count. */
static size_t field_find(struct json_decode *decode, struct str key)
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

static enum err unknown_add(struct json_decode *decode, struct json_text key)
{
    if (!decode->unknown)
        decode->unknown = arena_alloc(decode->arena, sizeof(*decode->unknown));
    if (!decode->unknown)
        return ERR_TOO_LARGE;
    return json_keys_add(decode->unknown, key) ? OK : ERR_JSON;
}

static enum err decode_unknown(struct json_decode *decode, struct json_text key, struct str decoded)
{
    enum err err = unknown_add(decode, key);

    if (err)
        return err;
    if (!json_scan_value(&decode->scan, 1))
        return ERR_JSON;
    if (!decode->schema->allows_unknown) {
        decode->is_invalid = true;
        json_errors_add_key(decode->errors, decoded, "is not a known key");
    }
    return OK;
}

static enum err decode_member(struct json_decode *decode)
{
    struct json_text text;
    struct str key;
    enum err err;
    size_t at;

    if (decode->key_count++ == LIMIT_JSON_KEYS || !json_scan_key(&decode->scan, &text))
        return ERR_JSON;
    if ((err = json_text_decode(text, decode->arena, &key)))
        return err;
    at = field_find(decode, key);
    if (at == decode->schema->count)
        return decode_unknown(decode, text, key);
    if (decode->seen >> at & 1)
        return ERR_JSON;
    decode->seen |= (uint64_t)1 << at;
    return json_decode_field(decode, &decode->schema->fields[at]);
}

static enum err decode_members(struct json_decode *decode)
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

static void require_fields(struct json_decode *decode)
{
    for (size_t i = 0; i < decode->schema->count; i++) {
        const struct json_field *field = &decode->schema->fields[i];

        if (field->is_required && !(decode->seen >> i & 1))
            json_field_error(decode, field, "is required");
    }
}

static enum err decode_body(struct json_decode *decode)
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
    struct json_decode decode = {
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
