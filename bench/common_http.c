/*
 * The batch of common_http.h: one epoll, and per connection one buffer that holds first the request
 * and then the reply. A connection that the server closes between two requests (after its limit of
 * requests, or with Connection: close) is opened anew.
 */
#include "bench/common_http.h"

#include "bench/common_base.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, NO_REQUEST = -1 };

struct http_conn {
    int fd;
    int64_t request; /* index of the outstanding request or NO_REQUEST */
    uint64_t sent_ns;
    size_t reply_len;
    char reply[HTTP_REPLY_SIZE_MAX];
};

struct http_run {
    const struct http_batch *batch;
    int epoll;
    size_t sent_count;
    size_t done_count;
    struct http_conn *conns;
};

int tcp_connect(struct sockaddr_in address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("cannot connect to port %u", ntohs(address.sin_port));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void conn_connect(const struct http_run *run, struct http_conn *conn)
{
    conn->fd = tcp_connect(run->batch->address);
    conn->request = NO_REQUEST;
    conn->reply_len = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        die("epoll_ctl");
}

static void conn_send(struct http_run *run, struct http_conn *conn)
{
    if (run->sent_count == run->batch->request_count)
        return;
    char request[HTTP_REQUEST_SIZE_MAX];
    conn->request = (int64_t)run->sent_count++;
    size_t size = run->batch->request(run->batch->context, (size_t)conn->request,
                                      (size_t)(conn - run->conns), request);
    conn->reply_len = 0;
    conn->sent_ns = clock_mono_ns();
    if (send(conn->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
        die("cannot send a request");
}

/* The value of a header in a complete head, or NULL. */
static const char *header_find(const char *head, const char *head_end, const char *name)
{
    size_t name_len = strlen(name);
    const char *line = memmem(head, (size_t)(head_end - head), "\r\n", 2);
    while (line != NULL && line < head_end) {
        line += 2;
        if ((size_t)(head_end - line) > name_len && strncasecmp(line, name, name_len) == 0 &&
            line[name_len] == ':')
            return line + name_len + 1 + strspn(line + name_len + 1, " ");
        line = memmem(line, (size_t)(head_end - line), "\r\n", 2);
    }
    return NULL;
}

/* Returns whether the reply is complete and fills it in. */
static bool reply_parse(const struct http_conn *conn, struct http_reply *reply, bool *must_close)
{
    const char *head_end = memmem(conn->reply, conn->reply_len, "\r\n\r\n", 4);
    if (head_end == NULL)
        return false;
    if (conn->reply_len < 12 || memcmp(conn->reply, "HTTP/1.1 ", 9) != 0)
        die("not an HTTP/1.1 reply: %.40s", conn->reply);
    reply->status = (int)strtol(conn->reply + 9, NULL, 10);
    const char *length = header_find(conn->reply, head_end, "content-length");
    if (header_find(conn->reply, head_end, "transfer-encoding") != NULL)
        die("the reply is chunked, which this client does not read");
    const char *connection = header_find(conn->reply, head_end, "connection");
    *must_close = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    reply->body = head_end + 4;
    reply->body_len = length == NULL ? 0 : strtoul(length, NULL, 10);
    return (size_t)(conn->reply + conn->reply_len - reply->body) >= reply->body_len;
}

static void conn_reopen(struct http_run *run, struct http_conn *conn)
{
    close(conn->fd);
    conn_connect(run, conn);
    conn_send(run, conn);
}

static void conn_read(struct http_run *run, struct http_conn *conn)
{
    ssize_t size = recv(conn->fd, conn->reply + conn->reply_len,
                        sizeof conn->reply - 1 - conn->reply_len, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        if (conn->request != NO_REQUEST)
            die("the server closed before request %lld was answered", (long long)conn->request);
        conn_reopen(run, conn);
        return;
    }
    conn->reply_len += (size_t)size;
    conn->reply[conn->reply_len] = '\0';
    struct http_reply reply = {0};
    bool must_close = false;
    if (!reply_parse(conn, &reply, &must_close)) {
        if (conn->reply_len == sizeof conn->reply - 1)
            die("a reply of more than %d bytes", HTTP_REPLY_SIZE_MAX);
        return;
    }
    reply.latency_ns = clock_mono_ns() - conn->sent_ns;
    run->batch->reply(run->batch->context, (size_t)conn->request, &reply);
    run->done_count++;
    conn->request = NO_REQUEST;
    if (must_close)
        conn_reopen(run, conn);
    else
        conn_send(run, conn);
}

static void run_wait(struct http_run *run, uint64_t deadline_ns)
{
    while (run->done_count < run->batch->request_count) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(run->epoll, events, EVENTS_MAX, 100);
        for (int i = 0; i < count; i++)
            conn_read(run, events[i].data.ptr);
        errno = 0;
        if (clock_mono_ns() > deadline_ns)
            die("%zu of %zu requests answered in time", run->done_count, run->batch->request_count);
    }
}

void http_batch_run(const struct http_batch *batch)
{
    size_t conn_count = batch->conn_count;
    if (conn_count > batch->request_count)
        conn_count = batch->request_count;
    struct http_run run = {.batch = batch, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (run.epoll < 0)
        die("epoll");
    run.conns = memory_new(conn_count, sizeof *run.conns);
    for (size_t i = 0; i < conn_count; i++)
        conn_connect(&run, &run.conns[i]);
    for (size_t i = 0; i < conn_count; i++)
        conn_send(&run, &run.conns[i]);
    run_wait(&run, clock_mono_ns() + batch->timeout_ns);
    for (size_t i = 0; i < conn_count; i++)
        close(run.conns[i].fd);
    close(run.epoll);
    free(run.conns);
}

struct get {
    const char *path;
    char *body;
};

static size_t get_request(void *context, size_t index, size_t conn, char *out)
{
    const struct get *get = context;
    (void)index;
    (void)conn;
    int size = snprintf(out, HTTP_REQUEST_SIZE_MAX, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                        get->path);
    return (size_t)size;
}

static void get_reply(void *context, size_t index, const struct http_reply *reply)
{
    struct get *get = context;
    (void)index;
    if (reply->status != 200)
        die("%s answers %d", get->path, reply->status);
    get->body = memory_new(1, reply->body_len + 1);
    memcpy(get->body, reply->body, reply->body_len);
}

char *http_get(struct sockaddr_in address, const char *path)
{
    struct get get = {.path = path};
    struct http_batch batch = {.address = address,
                               .conn_count = 1,
                               .request_count = 1,
                               .timeout_ns = 5ULL * NS_PER_S,
                               .context = &get,
                               .request = get_request,
                               .reply = get_reply};
    http_batch_run(&batch);
    return get.body;
}

size_t json_value_copy(const char *text, size_t len, const char *key, char *out, size_t out_size)
{
    char quoted[64];
    int quoted_len = snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = memmem(text, len, quoted, (size_t)quoted_len);
    if (at == NULL)
        return 0;
    at += quoted_len;
    const char *end = text + len;
    bool is_text = at < end && *at == '"';
    at += is_text ? 1 : 0;
    size_t size = 0;
    while (at + size < end && (is_text ? at[size] != '"' : strchr(",}] \r\n", at[size]) == NULL))
        size++;
    bool is_null = !is_text && size == 4 && memcmp(at, "null", 4) == 0;
    if (size >= out_size || is_null)
        return 0;
    memcpy(out, at, size);
    out[size] = '\0';
    return size;
}
