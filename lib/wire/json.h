/*
 * JSON (RFC 8259): a writer that streams into a buf, and a bounded, schema-driven reader that
 * decodes an object straight into a C struct. The reader refuses duplicate keys, invalid UTF-8,
 * lone surrogates, depth over LIMIT_JSON_DEPTH, more than LIMIT_JSON_KEYS keys in an object and
 * trailing bytes; what is well-formed but not what the schema says is reported per field.
 */
#ifndef RALLY_WIRE_JSON_H
#define RALLY_WIRE_JSON_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"

/* -- writer -------------------------------------------------------------------------------- */

/* Commas come by themselves. Values after json_key, or inside arrays. */
struct json_writer {
    struct buf *buf;
    bool needs_comma;
};

static inline struct json_writer json_writer_of(struct buf *buf)
{
    return (struct json_writer){.buf = buf};
}
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
/* Keys are ours: plain ASCII, not escaped. Those of the calls below are literals, whose length the
 * compiler knows. */
void json_put_key(struct json_writer *w, const char *key, size_t len);
static inline void json_key(struct json_writer *w, const char *key)
{
    json_put_key(w, key, strlen(key));
}
/* Escapes what must be escaped; bytes that are not UTF-8 become U+FFFD. */
void json_put_str(struct json_writer *w, struct str value);
void json_put_c(struct json_writer *w, const char *value);
void json_put_u64(struct json_writer *w, uint64_t value);
void json_put_i64(struct json_writer *w, int64_t value);
void json_put_bool(struct json_writer *w, bool value);
void json_put_null(struct json_writer *w);
void json_put_u64_text(struct json_writer *w, uint64_t value); /* "123": ids in /v1 */
/* `value` / 100 with at most two decimals, trailing zeros trimmed: 1250 -> 12.5 */
void json_put_hundredths(struct json_writer *w, int64_t value);
void json_put_time(struct json_writer *w, uint64_t wall_ms); /* RFC 3339 with milliseconds */
void json_put_raw(struct json_writer *w, struct str json);   /* already JSON */
/* Key and value in one call. */
static inline void json_str(struct json_writer *w, const char *key, struct str value)
{
    json_key(w, key);
    json_put_str(w, value);
}
static inline void json_c(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_put_c(w, value);
}
static inline void json_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, key);
    json_put_u64(w, value);
}
static inline void json_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_put_i64(w, value);
}
static inline void json_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_put_bool(w, value);
}
static inline void json_null(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_put_null(w);
}
static inline void json_u64_text(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, key);
    json_put_u64_text(w, value);
}
static inline void json_hundredths(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_put_hundredths(w, value);
}
static inline void json_time(struct json_writer *w, const char *key, uint64_t wall_ms)
{
    json_key(w, key);
    json_put_time(w, wall_ms);
}

/* -- reader -------------------------------------------------------------------------------- */

enum json_type {
    JSON_STR,    /* struct str; min/max are its length in code points */
    JSON_U64,    /* uint64_t; a JSON number without fraction or exponent; min/max its value */
    JSON_I64,    /* int64_t; likewise */
    JSON_BOOL,   /* bool */
    JSON_ID,     /* uint64_t from a decimal string or a number */
    JSON_RAW,    /* struct str: the value's own bytes, any type, checked for well-formedness */
    JSON_OBJECT, /* struct str: raw bytes of an object */
    JSON_ARRAY,  /* struct str: raw bytes of an array */
};

/* One key of an object. Unset optional fields keep what the caller initialised. */
struct json_field {
    const char *name;
    enum json_type type;
    bool is_required;
    bool is_nullable;      /* null counts as absent */
    size_t offset;         /* of the value in the target struct */
    size_t present_offset; /* of a bool that is set when the key is there; SIZE_MAX: none */
    int64_t min;           /* min and max both 0: no bounds */
    int64_t max;
};

struct json_schema {
    const struct json_field *fields;
    size_t count;        /* at most LIMIT_JSON_KEYS */
    bool allows_unknown; /* otherwise an unknown key is a field error */
};

#define JSON_ERRORS_MAX 8
struct json_error {
    char pointer[64];   /* RFC 6901, "/username" (cut at a character); "" for the whole body */
    const char *detail; /* static sentence */
};
struct json_errors {
    struct json_error list[JSON_ERRORS_MAX];
    size_t count;
};

/* Adds one error (dropped beyond JSON_ERRORS_MAX). `detail` is static; `field` may be "". */
void json_errors_add(struct json_errors *errors, const char *field, const char *detail);

/*
 * Decodes the object `text` into `out`. Strings are unescaped into the arena (or point into `text`
 * when nothing had to be unescaped); a string with a NUL character is a field error.
 * ERR_JSON: not well-formed (400). ERR_INVALID: well-formed, but `errors` says what is wrong (422);
 * errors are added to those that are there, and `errors` may be NULL. ERR_TOO_LARGE: the arena is
 * full. On error, some fields of `out` may have been set.
 */
enum err json_decode(struct str text, const struct json_schema *schema, struct arena *arena,
                     void *out, struct json_errors *errors) MUST_USE;
/* True when `text` is one well-formed JSON value within the limits. */
bool json_is_valid(struct str text);
/* Walks the elements of a raw array that json_decode has checked: *at starts at 0, raw bytes of
 * each element; false after the last. */
bool json_array_next(struct str array, size_t *at, struct str *element);
/* Walks the members of a raw object likewise; `key` is unescaped into the arena. */
bool json_object_next(struct str object, size_t *at, struct arena *arena, struct str *key,
                      struct str *value);
/* A raw value as a string (unescaped into the arena, NUL allowed; ERR_TOO_LARGE when the arena is
 * full) or as a whole number within [min, max]; ERR_INPUT when it is not one. */
enum err json_value_str(struct str value, struct arena *arena, struct str *out) MUST_USE;
enum err json_value_i64(struct str value, int64_t min, int64_t max, int64_t *out) MUST_USE;

#endif
