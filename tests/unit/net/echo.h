/*
 * A small server on lib/net that answers with what it was asked, and a blocking client for it.
 *
 *   any path   replies "METHOD /path body"        /later  the same, but from a later turn
 *   /who       replies its reactor's index
 *   /ws        a WebSocket that echoes, each message behind its reactor's index: "0:hello"
 *   /move      the same, after the connection has moved to the next reactor
 *
 * Include once per test program, after test.h.
 */
#ifndef RALLY_TESTS_UNIT_NET_ECHO_H
#define RALLY_TESTS_UNIT_NET_ECHO_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/net/net.h"
#include "tests/unit/test.h"

#define ECHO_PATIENCE_S 20

/* -- the server -------------------------------------------------------------------------------- */

struct echo_late {
    struct reactor_msg msg;
    struct slot_id conn;
    char key[64];
    char text[256];
    bool moves;
};

static const struct socket_ops *echo_ops; /* of /ws and /move; a test may put its own */

static void echo_reply(struct conn *conn, struct str text)
{
    http_reply(conn,
               &(struct http_reply){.status = 200, .content_type = "text/plain", .body = text});
}

static void echo_accept(struct conn *conn, struct str key)
{
    static const struct socket_limits LIMITS = {.message_size_max = 65536};

    if (ws_accept(conn, key, STR(""), STR(""), &LIMITS, echo_ops))
        http_reply(conn, &(struct http_reply){.status = 400, .closes = true});
}

static void echo_arrived(struct reactor *reactor, struct conn *conn, void *arg)
{
    struct echo_late *late = arg;

    (void)reactor;
    if (conn)
        echo_accept(conn, str_from_c(late->key));
    free(late);
}

static void echo_late_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct echo_late *late = container_of(msg, struct echo_late, msg);
    struct server *server = reactor_server(reactor);
    struct conn *conn = conn_find(reactor, late->conn);

    if (conn && late->moves) {
        conn_move(
            conn,
            server_reactor(server, (reactor_index(reactor) + 1) % server_reactor_count(server)),
            echo_arrived, late);
        return;
    }
    if (conn)
        echo_reply(conn, str_from_c(late->text));
    free(late);
}

static void echo_later(struct conn *conn, struct str key, struct str text, bool moves)
{
    struct echo_late *late = calloc(1, sizeof(*late));

    CHECK(late && str_to_c(key, late->key, sizeof(late->key)) == OK);
    CHECK(str_to_c(text, late->text, sizeof(late->text)) == OK);
    late->moves = moves;
    late->conn = conn_id(conn);
    late->msg.run = echo_late_run;
    reactor_post(conn_reactor(conn), &late->msg);
}

static void echo_request(struct conn *conn, const struct http_head *head, struct str body)
{
    struct str key = http_header_get(head, "sec-websocket-key");
    struct buf out;

    if (str_eq(head->path, STR("/ws"))) {
        echo_accept(conn, key);
        return;
    }
    if (str_eq(head->path, STR("/who"))) {
        echo_reply(conn, reactor_index(conn_reactor(conn)) == 0 ? STR("0") : STR("1"));
        return;
    }
    if (str_eq(head->path, STR("/move"))) {
        echo_later(conn, key, STR(""), true);
        return;
    }
    buf_init(&out, 200000);
    buf_printf(&out, "%.*s %.*s %.*s\n", STR_ARGS(head->method_text), STR_ARGS(head->path),
               STR_ARGS(body));
    CHECK(buf_ok(&out));
    if (str_eq(head->path, STR("/later")))
        echo_later(conn, STR(""), buf_str(&out), false);
    else
        echo_reply(conn, buf_str(&out));
    buf_release(&out);
}

static void echo_refuse(struct conn *conn, enum err err)
{
    (void)err;
    http_reply(conn, &(struct http_reply){.status = 400, .closes = true});
}

static void echo_message(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    struct buf out;

    (void)opcode;
    buf_init(&out, 200000);
    buf_printf(&out, "%u:%.*s", reactor_index(conn_reactor(conn)), STR_ARGS(payload));
    socket_send_text(conn, buf_str(&out));
    buf_release(&out);
}

static void echo_drained(struct conn *conn)
{
    (void)conn;
}

static void echo_closed(struct conn *conn, uint16_t code)
{
    (void)conn;
    (void)code;
}

static const struct socket_ops ECHO_OPS = {
    .message = echo_message, .drained = echo_drained, .closed = echo_closed};

/* `cert` and `key` are files, or "". */
static inline struct server *echo_start(uint32_t reactors, const char *cert, const char *key)
{
    static const struct net_handlers HANDLERS = {.request = echo_request, .refuse = echo_refuse};
    struct net_config config = {.http_listen = "127.0.0.1:0",
                                .admin_listen = "",
                                .tls_cert = cert,
                                .tls_key = key,
                                .reactor_count = reactors,
                                .connections_max = 1000,
                                .handlers = &HANDLERS};
    struct server *server = NULL;

    if (!echo_ops)
        echo_ops = &ECHO_OPS;
    EXPECT_OK(server_start(&config, &server));
    return server;
}

static inline void echo_stop(struct server *server)
{
    server_stop(server);
    server_free(server);
}

/* -- what happens on a reactor's thread ----------------------------------------------------------
 */

struct errand {
    struct reactor_msg msg;
    void (*fn)(struct reactor *reactor, void *arg);
    void *arg;
    sem_t done;
};

static void errand_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct errand *errand = container_of(msg, struct errand, msg);

    if (errand->fn)
        errand->fn(reactor, errand->arg);
    CHECK(sem_post(&errand->done) == 0);
}

/* Runs fn there and waits for its end. */
static inline void on_reactor(struct server *server, uint32_t index,
                              void (*fn)(struct reactor *, void *), void *arg)
{
    struct errand errand = {.msg.run = errand_run, .fn = fn, .arg = arg};

    CHECK(sem_init(&errand.done, 0, 0) == 0);
    reactor_post(server_reactor(server, index), &errand.msg);
    while (sem_wait(&errand.done) != 0)
        ;
    CHECK(sem_destroy(&errand.done) == 0);
}

/* Everything sent on loopback before this has been read by the reactor after it: a loop that has
 * run two messages in different turns has looked at all sockets between them. The third one is for
 * a message that the sweep has run, before it looked at any socket. */
static inline void let_it_read(struct server *server)
{
    for (uint32_t i = 0; i < server_reactor_count(server); i++)
        for (int turn = 0; turn < 3; turn++)
            on_reactor(server, i, NULL, NULL);
}

/* -- the client ----------------------------------------------------------------------------------
 */

static inline int dial_with(const struct server *server, int receive_size)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server_http_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = ECHO_PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    CHECK(fd >= 0);
    if (receive_size > 0)
        CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size)) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
    CHECK(connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
    return fd;
}

static inline int dial(const struct server *server)
{
    return dial_with(server, 0);
}

static inline void say(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        EXPECT(n > 0);
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
}

/* Exactly so many bytes; false at the end of the stream, an error, or when patience ends. */
static inline bool hear(int fd, char *out, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, out, len, 0);
        if (n <= 0)
            return false;
        out += n;
        len -= (size_t)n;
    }
    return true;
}

typedef bool (*hear_fn)(void *from, char *out, size_t len);

static bool hear_socket(void *from, char *out, size_t len)
{
    return hear(*(int *)from, out, len);
}

/* A head up to its empty line, as a C string. */
static inline void hear_head(hear_fn fn, void *from, char *out, size_t size)
{
    size_t len = 0;

    while (len < 4 || memcmp(out + len - 4, "\r\n\r\n", 4) != 0) {
        EXPECT(len + 1 < size);
        EXPECT(fn(from, out + len, 1));
        len++;
    }
    out[len] = '\0';
}

/* One reply: its body goes behind what is in `out`. */
static inline int hear_reply(int fd, struct buf *out)
{
    char head[1024], body[8192];
    uint64_t length = 0;
    const char *at;

    hear_head(hear_socket, &fd, head, sizeof(head));
    at = strstr(head, "Content-Length: ");
    if (at)
        length = strtoull(at + 16, NULL, 10);
    EXPECT(length <= sizeof(body));
    EXPECT(hear(fd, body, (size_t)length));
    buf_put(out, body, (size_t)length);
    return (int)strtol(head + 9, NULL, 10);
}

/* One frame of a server: its payload, as a C string when it is text. Answers the opcode, -1 at the
 * end of the stream. */
static inline int hear_frame(hear_fn fn, void *from, char *out, size_t size, size_t *len)
{
    uint8_t head[8];
    uint64_t length;
    int opcode, extra;

    if (!fn(from, (char *)head, 2))
        return -1;
    opcode = head[0] & 15;
    EXPECT_INT(0x80, head[0] & 0xf0);
    EXPECT(head[1] < 128); /* a server does not mask */
    length = head[1];
    extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (extra) {
        if (!fn(from, (char *)head, (size_t)extra))
            return -1;
        length = 0;
        for (int i = 0; i < extra; i++)
            length = length << 8 | head[i];
    }
    EXPECT(length < size);
    if (!fn(from, out, (size_t)length))
        return -1;
    out[length] = '\0';
    *len = (size_t)length;
    return opcode;
}

/* A masked text frame, as clients send them; up to 125 bytes. */
static inline void put_client_frame(struct buf *out, struct str text)
{
    static const char MASK[4] = {0x11, 0x22, 0x33, 0x44};

    CHECK(text.len < 126);
    buf_put_char(out, (char)0x81);
    buf_put_char(out, (char)(0x80 | text.len));
    buf_put(out, MASK, 4);
    for (size_t i = 0; i < text.len; i++)
        buf_put_char(out, (char)(text.ptr[i] ^ MASK[i % 4]));
}

#define UPGRADE(path)                                                                              \
    "GET " path " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
/* The answer that RFC 6455 section 1.3 gives for this key. */
#define UPGRADE_ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

#endif
