/* The list of what is wrong with a body, with JSON pointers (RFC 6901) to the places. */
#include "lib/wire/json.h"

#include "lib/wire/json_decode.h"
#include "lib/wire/utf8.h"

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

/* A new error for the whole body, or NULL. */
static struct json_error *error_add(struct json_errors *errors, const char *detail)
{
    struct json_error *error;

    if (!errors || errors->count == JSON_ERRORS_MAX)
        return NULL;
    error = &errors->list[errors->count++];
    error->detail = detail;
    error->pointer[0] = '\0';
    return error;
}

void json_errors_add_key(struct json_errors *errors, struct str key, const char *detail)
{
    struct json_error *error = error_add(errors, detail);
    struct buf pointer;

    if (!error)
        return;
    buf_init_fixed(&pointer, error->pointer, sizeof(error->pointer) - 1);
    pointer_put(&pointer, key);
    error->pointer[whole_characters(error->pointer, pointer.len)] = '\0';
}

void json_errors_add(struct json_errors *errors, const char *field, const char *detail)
{
    struct str key = str_from_c(field);

    if (key.len > 0)
        json_errors_add_key(errors, key, detail);
    else
        (void)error_add(errors, detail);
}
