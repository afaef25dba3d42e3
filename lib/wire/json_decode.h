/*
 * One pass of json_decode: its state, and the parts that json_read.c leaves to json_field.c and
 * json_errors.c. Private to lib/wire.
 */
#ifndef RALLY_WIRE_JSON_DECODE_H
#define RALLY_WIRE_JSON_DECODE_H

#include "lib/wire/json.h"
#include "lib/wire/json_scan.h"

struct json_decode {
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

/* Decodes the value that the scan is at and puts it where `field` says. ERR_JSON: not well-formed;
 * ERR_TOO_LARGE: the arena is full. A fault of content is noted only. */
enum err json_decode_field(struct json_decode *decode, const struct json_field *field) MUST_USE;
/* Notes a fault of content. */
void json_field_error(struct json_decode *decode, const struct json_field *field,
                      const char *detail);
/* As json_errors_add, for a key that came from outside and may be anything. */
void json_errors_add_key(struct json_errors *errors, struct str key, const char *detail);

#endif
