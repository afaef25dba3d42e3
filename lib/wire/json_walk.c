/*
 * Walking raw values that json_decode handed out. They were checked then; every step scans again
 * all the same, so a caller who passes something else gets `false` and never a read out of bounds.
 */
#include "lib/wire/json.h"

#include "lib/wire/json_scan.h"

bool json_is_valid(struct str text)
{
    struct json_scan scan = json_scan_of(text);

    json_skip_space(&scan);
    if (!json_scan_value(&scan, 0))
        return false;
    json_skip_space(&scan);
    return scan.at == scan.end;
}

/* Moves to the next element or member of a container; false at its end. */
static bool step(struct json_scan *scan, struct str text, size_t at, char open, char close)
{
    if (at >= text.len)
        return false;
    *scan = json_scan_of(str_slice(text, at, text.len));
    json_skip_space(scan);
    if (!json_take(scan, at == 0 ? open : ','))
        return false;
    json_skip_space(scan);
    return at > 0 || !json_take(scan, close);
}

static bool take_value(struct json_scan *scan, struct str *value)
{
    const char *start = scan->at;

    if (!json_scan_value(scan, 1))
        return false;
    *value = str_of(start, (size_t)(scan->at - start));
    return true;
}

bool json_array_next(struct str array, size_t *at, struct str *element)
{
    struct json_scan scan;

    if (!step(&scan, array, *at, '[', ']') || !take_value(&scan, element))
        return false;
    *at = (size_t)(scan.at - array.ptr);
    return true;
}

bool json_object_next(struct str object, size_t *at, struct arena *arena, struct str *key,
                      struct str *value)
{
    struct json_scan scan;
    struct json_text text;

    if (!step(&scan, object, *at, '{', '}') || !json_scan_key(&scan, &text) ||
        json_text_decode(text, arena, key) || !take_value(&scan, value))
        return false;
    *at = (size_t)(scan.at - object.ptr);
    return true;
}

enum err json_value_str(struct str value, struct arena *arena, struct str *out)
{
    struct json_scan scan = json_scan_of(value);
    struct json_text text;

    if (!json_scan_string(&scan, &text) || scan.at != scan.end)
        return ERR_INPUT;
    return json_text_decode(text, arena, out);
}

enum err json_value_i64(struct str value, int64_t min, int64_t max, int64_t *out)
{
    struct json_scan scan = json_scan_of(value);
    struct json_number number;
    int64_t result;

    if (!json_scan_number(&scan, &number) || scan.at != scan.end || !number.is_integer ||
        !number.fits || number.magnitude > (uint64_t)INT64_MAX + number.is_negative)
        return ERR_INPUT;
    result = (int64_t)(number.is_negative ? 0 - number.magnitude : number.magnitude);
    if (result < min || result > max)
        return ERR_INPUT;
    *out = result;
    return OK;
}
