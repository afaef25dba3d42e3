/*
 * The scanner below the JSON reader: well-formedness alone, no meaning. Private to lib/wire.
 * Every function takes the scan at the first byte of what it names and leaves it behind the last;
 * false means that the text is not JSON within the limits, and the scan is of no more use.
 */
#ifndef RALLY_WIRE_JSON_SCAN_H
#define RALLY_WIRE_JSON_SCAN_H

#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/base/str.h"
#include "lib/wire/json_plain.h"

struct json_scan {
    const char *at;
    const char *end;
};

/* What stands between the quotes of a string, still escaped. */
struct json_text {
    struct str raw;
    bool has_escapes;
};

struct json_number {
    uint64_t magnitude; /* of an integer that fits */
    bool is_negative;
    bool is_integer; /* neither fraction nor exponent */
    bool fits;       /* the magnitude fits in 64 bits */
};

/* The keys of one object so far, to refuse a second one of the same decoded text. */
struct json_keys {
    struct {
        uint64_t hash;
        struct json_text text;
    } list[LIMIT_JSON_KEYS];
    size_t count;
};

/* An empty text may come without memory, and NULL has no end to compute. */
static inline struct json_scan json_scan_of(struct str text)
{
    return (struct json_scan){.at = text.ptr, .end = text.len > 0 ? text.ptr + text.len : text.ptr};
}

static inline void json_skip_space(struct json_scan *scan)
{
    while (scan->at < scan->end && (unsigned char)*scan->at <= ' ' &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

/* Passes `c` when it is next. */
static inline bool json_take(struct json_scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* A string from `start`, whose plain beginning ends at the scan. */
bool json_scan_string_rest(struct json_scan *scan, const char *start,
                           struct json_text *out) MUST_USE;
/* Nearly every string is plain to its end: that much is done in place. */
static inline MUST_USE bool json_scan_string(struct json_scan *scan, struct json_text *out)
{
    const char *start, *stop;

    if (!json_take(scan, '"'))
        return false;
    start = scan->at;
    stop = json_skip_plain(start, scan->end);
    scan->at = stop;
    if (stop == scan->end || *stop != '"')
        return json_scan_string_rest(scan, start, out);
    out->raw = str_of(start, (size_t)(stop - start));
    out->has_escapes = false;
    scan->at = stop + 1;
    return true;
}
bool json_scan_number(struct json_scan *scan, struct json_number *out) MUST_USE;
/* The short integers that fill messages: at most eighteen digits and neither fraction nor exponent.
 * False leaves the scan where it was, for json_scan_number. */
static inline MUST_USE bool json_scan_short(struct json_scan *scan, struct json_number *out)
{
    const char *at = scan->at + (*scan->at == '-');
    const char *end = scan->end - at > 19 ? at + 19 : scan->end;
    const char *first = at;
    uint64_t value = 0;

    for (; at < end && (unsigned char)(*at - '0') < 10; at++)
        value = value * 10 + (unsigned char)(*at - '0');
    if (at == end || at == first || (*first == '0' && at > first + 1) || *at == '.' ||
        (*at | 0x20) == 'e')
        return false;
    *out = (struct json_number){
        .magnitude = value, .is_negative = *scan->at == '-', .is_integer = true, .fits = true};
    scan->at = at;
    return true;
}
/* "true", "false" or "null". */
bool json_scan_literal(struct json_scan *scan, struct str literal) MUST_USE;
/* Any value; `depth` containers are already open around it. */
bool json_scan_value(struct json_scan *scan, unsigned depth) MUST_USE;
/* A key, the colon and the space around it. */
static inline MUST_USE bool json_scan_key(struct json_scan *scan, struct json_text *out)
{
    if (!json_scan_string(scan, out))
        return false;
    json_skip_space(scan);
    if (!json_take(scan, ':'))
        return false;
    json_skip_space(scan);
    return true;
}

/* The code point that an escape stands for, from behind its backslash; -1 when there is none. */
int32_t json_take_escape(struct json_scan *scan);
/* Writes the decoded text to `out`, which has room for raw.len bytes; returns its length. */
size_t json_unescape(struct json_text text, char *out);
/* The decoded text: the raw one when nothing is escaped, else in the arena. ERR_TOO_LARGE. */
enum err json_text_decode_escapes(struct json_text text, struct arena *arena,
                                  struct str *out) MUST_USE;
static inline MUST_USE enum err json_text_decode(struct json_text text, struct arena *arena,
                                                 struct str *out)
{
    if (text.has_escapes)
        return json_text_decode_escapes(text, arena, out);
    *out = text.raw;
    return OK;
}

/* False when the key is there already or LIMIT_JSON_KEYS are. */
bool json_keys_add(struct json_keys *keys, struct json_text text) MUST_USE;

#endif
