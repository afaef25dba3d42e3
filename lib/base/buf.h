/*
 * A growing run of bytes with a stated maximum. Reaching the maximum marks the buffer as failed
 * and drops what does not fit: a writer of many small pieces may ignore each result and ask once,
 * with buf_ok, at the end. A buffer over fixed memory never allocates.
 */
#ifndef RALLY_BASE_BUF_H
#define RALLY_BASE_BUF_H

#include <stdarg.h>

#include "lib/base/str.h"

struct buf {
    char *ptr;
    size_t len;
    size_t size;     /* bytes at ptr */
    size_t size_max; /* never more than this */
    bool is_fixed;   /* ptr belongs to somebody else */
    bool has_failed; /* something did not fit */
};

/* An empty heap buffer; nothing is allocated until something is written. */
void buf_init(struct buf *buf, size_t size_max);
/* An empty buffer over memory that the caller owns and keeps. */
void buf_init_fixed(struct buf *buf, void *memory, size_t size);
/* Gives the memory back (not that of a fixed buffer) and leaves an empty buffer. */
void buf_release(struct buf *buf);
/* Empties it, keeps the memory, clears the failure. */
void buf_clear(struct buf *buf);
/* False once anything did not fit. */
static inline bool buf_ok(const struct buf *buf)
{
    return !buf->has_failed;
}
static inline struct str buf_str(const struct buf *buf)
{
    return str_of(buf->ptr, buf->len);
}

/* Room for `len` more bytes at the end, or NULL (and failed). Call buf_added with what was used. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_added(struct buf *buf, size_t len);
/* Drops `len` bytes from the front, moving the rest. */
void buf_consume(struct buf *buf, size_t len);

void buf_put(struct buf *buf, const void *ptr, size_t len);
void buf_put_str(struct buf *buf, struct str s);
void buf_put_c(struct buf *buf, const char *text);
void buf_put_char(struct buf *buf, char c);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_i64(struct buf *buf, int64_t value);
/* `digits` decimal digits with leading zeros; higher digits are cut. */
void buf_put_padded(struct buf *buf, uint64_t value, unsigned digits);
void buf_put_hex(struct buf *buf, const void *ptr, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
