/*
 * HTTP/1.1 request parsing as pure functions over bytes (RFC 9112), strict: one meaning per byte
 * sequence, or an error and the connection is closed. No obs-fold, no bare LF, no space before the
 * colon, exactly one Host in HTTP/1.1, Content-Length digits only and at most once (equal
 * repetitions refused too), Transfer-Encoding only "chunked", never beside Content-Length and never
 * in HTTP/1.0, no absolute-form with another authority than Host. All strs point into the input
 * (but for the "/" of an absolute-form without a path).
 */
#ifndef RALLY_WIRE_HTTP1_H
#define RALLY_WIRE_HTTP1_H

#include "lib/base/buf.h"
#include "lib/base/limits.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* well-formed token that Rally has no route for; CONNECT and PRI are refused */
};

struct http_header {
    struct str name;  /* as sent; compare with str_eq_nocase */
    struct str value; /* without surrounding blanks */
};

struct http_head {
    enum http_method method;
    struct str method_text;
    struct str target; /* as sent */
    struct str
        path; /* before '?', still percent-encoded; starts with '/' (or is "*" for OPTIONS) */
    struct str query; /* after '?', may be empty */
    struct str host;  /* with its port; {NULL, 0} only in HTTP/1.0 */
    uint8_t minor;    /* 0 or 1 */
    bool keep_alive;
    bool expects_continue; /* HTTP/1.1 only, as RFC 9110 section 10.1.1 asks */
    bool is_chunked;
    bool is_websocket; /* Upgrade: websocket and Connection: upgrade on a GET with HTTP/1.1 and
                        * without a body */
    uint64_t content_length; /* 0 when absent or chunked; not yet compared with any limit */
    size_t header_count;
    struct http_header headers[LIMIT_HTTP_HEADER_COUNT];
};

/*
 * Parses one request head at the start of `in`. *scanned is how far an earlier call looked for the
 * end (start with 0), so that a head which arrives byte by byte costs linear time.
 * OK: *used bytes belong to the head. ERR_AGAIN: more bytes are needed. Otherwise the error whose
 * status answers the request (400, 414, 417, 431, 501, 505), after which the connection is closed.
 * The verdict depends on the bytes alone, not on how they were cut. Never ERR_AGAIN when
 * LIMIT_HTTP_HEAD_SIZE bytes are there. Empty lines before the request line are skipped (at most
 * one CRLF).
 */
enum err http_head_parse(struct str in, size_t *scanned, struct http_head *head,
                         size_t *used) MUST_USE;

/* The value of the first header of that name; {NULL, 0} when there is none. */
struct str http_header_get(const struct http_head *head, const char *name);
/* How many headers of that name there are. */
size_t http_header_count(const struct http_head *head, const char *name);
/* The value of cookie `name` over all Cookie headers (RFC 6265 section 4.2.1), or {NULL, 0}. */
struct str http_cookie_get(const struct http_head *head, const char *name);
/* True when the comma-separated list `value` contains `token` (case-insensitive). */
bool http_list_has(struct str value, struct str token);

/* Chunked body (RFC 9112 section 7.1). Zeroed state starts a body. Trailer fields are parsed
 * strictly and dropped; at most LIMIT_HTTP_HEADER_COUNT of them and LIMIT_HTTP_HEAD_SIZE bytes, and
 * none that would change the framing or the host.
 * Chunk extensions up to LIMIT_HTTP_CHUNK_EXT_SIZE bytes, without white space, dropped. */
struct http_chunked {
    uint8_t state;
    uint8_t digits;         /* of the chunk size so far */
    uint16_t line_size;     /* bytes of the extension, or of all trailer fields, so far */
    uint16_t trailer_count; /* fields so far */
    uint8_t forbidden;      /* the forbidden trailer field that this one's name may yet be */
    uint8_t name_size;      /* of that name so far */
    uint64_t left;          /* bytes of the current chunk still to come */
};
/*
 * Takes bytes from `in` and appends the body's to `body`.
 * OK: the body is complete after *used bytes. ERR_AGAIN: all of `in` was used, more is needed.
 * ERR_TOO_LARGE: beyond the maximum of `body`, told as soon as a chunk announces it; ERR_INPUT: not
 * chunked coding; ERR_HEADERS_TOO_LARGE: too many trailer fields. The connection is closed then.
 */
enum err http_chunked_feed(struct http_chunked *chunked, struct str in, size_t *used,
                           struct buf *body) MUST_USE;

/* "Unprocessable Content" for 422 and so on; "" for a status Rally never sends. */
const char *http_reason(int status);

#endif
