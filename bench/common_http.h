/*
 * A batch of HTTP requests over a few keep-alive connections, one outstanding request on each. It
 * serves both the preparation of a run (guests, joins) and the request benches. Replies need a
 * Content-Length or no body at all, which is what the servers measured here send.
 */
#ifndef BENCH_COMMON_HTTP_H
#define BENCH_COMMON_HTTP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_REQUEST_SIZE_MAX = 4096, HTTP_REPLY_SIZE_MAX = 65536 };

struct http_reply {
    int status;
    const char *body; /* valid during the call only, not terminated */
    size_t body_len;
    uint64_t latency_ns; /* from the write of the request to the read of its last byte */
};

struct http_batch {
    struct sockaddr_in address;
    size_t conn_count;
    size_t request_count;
    uint64_t timeout_ns; /* for the whole batch */
    void *context;
    /* Writes request `index`, to be sent on connection `conn`, and returns its size. */
    size_t (*request)(void *context, size_t index, size_t conn, char *out);
    void (*reply)(void *context, size_t index, const struct http_reply *reply);
};

/* Runs the batch to its end or dies: a refused connection, a cut reply or the timeout. */
void http_batch_run(const struct http_batch *batch);

/* One GET, blocking; the body (terminated) is the caller's to free. Dies unless it is a 200. */
char *http_get(struct sockaddr_in address, const char *path);

/* Finds "key": in a flat JSON text and copies its value (text or number) into out; 0 when
 * absent or null. */
size_t json_value_copy(const char *text, size_t len, const char *key, char *out, size_t out_size);

/* Opens a TCP connection to a loopback address with TCP_NODELAY; dies when refused. */
int tcp_connect(struct sockaddr_in address);

#endif
