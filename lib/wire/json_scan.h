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
    uint64_t magnitude; /* of an integer that fits; else 0 */
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
    while (scan->at < scan->end &&
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

bool json_scan_string(struct json_scan *scan, struct json_text *out) MUST_USE;
bool json_scan_number(struct json_scan *scan, struct json_number *out) MUST_USE;
/* "true", "false" or "null". */
bool json_scan_literal(struct json_scan *scan, struct str literal) MUST_USE;
/* Any value; `depth` containers are already open around it. */
bool json_scan_value(struct json_scan *scan, unsigned depth) MUST_USE;
/* A key, the colon and the space around it. */
bool json_scan_key(struct json_scan *scan, struct json_text *out) MUST_USE;

/* The code point that an escape stands for, from behind its backslash; -1 when there is none. */
int32_t json_take_escape(struct json_scan *scan);
/* Writes the decoded text to `out`, which has room for raw.len bytes; returns its length. */
size_t json_unescape(struct json_text text, char *out);
/* The decoded text: the raw one when nothing is escaped, else in the arena. ERR_TOO_LARGE. */
enum err json_text_decode(struct json_text text, struct arena *arena, struct str *out) MUST_USE;
/* False when the key is there already or LIMIT_JSON_KEYS are. */
bool json_keys_add(struct json_keys *keys, struct json_text text) MUST_USE;

#endif
