/* See json_scan.h. Recursion is bounded by LIMIT_JSON_DEPTH. */
#include "lib/wire/json_scan.h"

#include "lib/wire/utf8.h"

/* -1 unless four hex digits are next; passes them. */
static int32_t take_hex4(struct json_scan *scan)
{
    int32_t value = 0;

    if (scan->end - scan->at < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)scan->at[i];
        unsigned char folded = c | 0x20;

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (folded >= 'a' && folded <= 'f')
            value = value * 16 + (folded - 'a' + 10);
        else
            return -1;
    }
    scan->at += 4;
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The code point of an escape, behind its 'u'; a surrogate must be half of a pair. -1 otherwise. */
static int32_t take_unicode(struct json_scan *scan)
{
    int32_t unit = take_hex4(scan);
    int32_t low;

    if (unit < 0 || is_low_surrogate(unit))
        return -1;
    if (!is_high_surrogate(unit))
        return unit;
    if (!json_take(scan, '\\') || !json_take(scan, 'u'))
        return -1;
    low = take_hex4(scan);
    if (!is_low_surrogate(low))
        return -1;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

int32_t json_take_escape(struct json_scan *scan)
{
    if (scan->at == scan->end)
        return -1;
    switch (*scan->at++) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '/':
        return '/';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        return take_unicode(scan);
    default:
        return -1;
    }
}

/* Passes one byte that is not plain and not the closing quote, with what belongs to it. */
static bool take_special(struct json_scan *scan, bool *has_escapes)
{
    size_t size;

    if (*scan->at == '\\') {
        *has_escapes = true;
        scan->at++;
        return json_take_escape(scan) >= 0;
    }
    if ((unsigned char)*scan->at < 0x80) /* a control character */
        return false;
    size = utf8_char_size(str_of(scan->at, (size_t)(scan->end - scan->at)));
    scan->at += size;
    return size > 0;
}

bool json_scan_string_rest(struct json_scan *scan, const char *start, struct json_text *out)
{
    bool has_escapes = false;

    for (;;) {
        if (scan->at == scan->end)
            return false;
        if (*scan->at == '"')
            break;
        if (!take_special(scan, &has_escapes))
            return false;
        scan->at = json_skip_plain(scan->at, scan->end);
    }
    *out = (struct json_text){.raw = str_of(start, (size_t)(scan->at - start)),
                              .has_escapes = has_escapes};
    scan->at++;
    return true;
}

static bool next_is_digit(const struct json_scan *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool take_digits(struct json_scan *scan)
{
    if (!next_is_digit(scan))
        return false;
    while (next_is_digit(scan))
        scan->at++;
    return true;
}

/* Nineteen digits always fit in 64 bits, so only the ones behind them are added with care. */
static uint64_t digits_value(struct json_scan *scan, bool *fits)
{
    const char *at = scan->at;
    const char *safe_end = scan->end - at > 19 ? at + 19 : scan->end;
    uint64_t value = 0;

    for (; at < safe_end && (unsigned char)(*at - '0') < 10; at++)
        value = value * 10 + (unsigned char)(*at - '0');
    for (; at < scan->end && (unsigned char)(*at - '0') < 10; at++)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            *fits = false;
    scan->at = at;
    return value;
}

/* The integer part: "0", or digits that do not start with it. */
static bool take_integer(struct json_scan *scan, struct json_number *out)
{
    if (!next_is_digit(scan))
        return false;
    if (json_take(scan, '0'))
        return true;
    out->magnitude = digits_value(scan, &out->fits);
    return true;
}

bool json_scan_number(struct json_scan *scan, struct json_number *out)
{
    *out = (struct json_number){.is_integer = true, .fits = true};
    out->is_negative = json_take(scan, '-');
    if (!take_integer(scan, out))
        return false;
    if (scan->at == scan->end || (*scan->at != '.' && (*scan->at | 0x20) != 'e'))
        return true;
    out->is_integer = false;
    if (json_take(scan, '.') && !take_digits(scan))
        return false;
    if (json_take(scan, 'e') || json_take(scan, 'E')) {
        if (!json_take(scan, '+'))
            (void)json_take(scan, '-');
        return take_digits(scan);
    }
    return true;
}

bool json_scan_literal(struct json_scan *scan, struct str literal)
{
    if ((size_t)(scan->end - scan->at) < literal.len ||
        memcmp(scan->at, literal.ptr, literal.len) != 0)
        return false;
    scan->at += literal.len;
    return true;
}

/* Behind a member or an element: true with *more telling whether another one must follow. */
static bool take_separator(struct json_scan *scan, char close, bool *more)
{
    json_skip_space(scan);
    *more = json_take(scan, ',');
    if (!*more)
        return json_take(scan, close);
    json_skip_space(scan);
    return true;
}

static bool scan_object(struct json_scan *scan, unsigned depth)
{
    struct json_keys keys;
    bool more = true;

    keys.count = 0;
    scan->at++;
    json_skip_space(scan);
    if (json_take(scan, '}'))
        return true;
    while (more) {
        struct json_text key;

        if (!json_scan_key(scan, &key) || !json_keys_add(&keys, key) ||
            !json_scan_value(scan, depth) || !take_separator(scan, '}', &more))
            return false;
    }
    return true;
}

static bool scan_array(struct json_scan *scan, unsigned depth)
{
    bool more = true;

    scan->at++;
    json_skip_space(scan);
    if (json_take(scan, ']'))
        return true;
    while (more)
        if (!json_scan_value(scan, depth) || !take_separator(scan, ']', &more))
            return false;
    return true;
}

bool json_scan_value(struct json_scan *scan, unsigned depth)
{
    struct json_number number;
    struct json_text text;

    if (scan->at == scan->end)
        return false;
    switch (*scan->at) {
    case '{':
        return depth < LIMIT_JSON_DEPTH && scan_object(scan, depth + 1);
    case '[':
        return depth < LIMIT_JSON_DEPTH && scan_array(scan, depth + 1);
    case '"':
        return json_scan_string(scan, &text);
    case 't':
        return json_scan_literal(scan, STR("true"));
    case 'f':
        return json_scan_literal(scan, STR("false"));
    case 'n':
        return json_scan_literal(scan, STR("null"));
    default:
        return json_scan_number(scan, &number);
    }
}
