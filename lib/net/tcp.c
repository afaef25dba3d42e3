/*
 * A connection's bytes: accepting, reading into the reactor's one buffer, the write queue, the end.
 * A write is tried at once; only what the kernel refuses is queued, with at most one uv_write in
 * flight. `closed` callbacks come from the handle's close callback only, never from inside a send,
 * so a broadcast may walk its receivers without any of them vanishing under it.
 */
#include "lib/net/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"

#define WRITE_BUFS_MAX 16
#define LINGER_MS 1000

static struct conn *conn_of(uv_handle_t *handle)
{
    return container_of(handle, struct conn, tcp);
}

static int fd_of(struct conn *conn)
{
    uv_os_fd_t fd = -1;

    return uv_fileno((uv_handle_t *)&conn->tcp, &fd) == 0 ? fd : -1;
}

/* -- the end ------------------------------------------------------------------------------- */

static void out_drop(struct conn *conn)
{
    struct out_queue *out = &conn->out;

    while (out->count > 0) {
        frame_release(conn->reactor, out->items[out->at & (out->size - 1)].frame);
        out->at++;
        out->count--;
    }
    free(out->items);
    *out = (struct out_queue){0};
}

static void count_close(struct conn *conn)
{
    int i = 0;

    while (i < 15 && NET_CLOSE_CODES[i] != conn->close_code)
        i++;
    COUNT(conn->reactor, closes[i], 1);
}

static void conn_release(struct conn *conn)
{
    struct reactor *reactor = conn->reactor;

    if (conn->ws) {
        count_close(conn);
        COUNT(reactor, websockets, -1);
        ws_closed(conn);
    }
    list_remove(&conn->resume_link);
    out_drop(conn);
    buf_release(&conn->in);
    if (conn->pending) {
        buf_release(&conn->pending->body);
        free(conn->pending);
    }
    tls_free(conn->tls);
    if (conn->counts_address)
        addresses_give(reactor->server->addresses, conn->address_key);
    COUNT(reactor, connections, -1);
    atomic_fetch_sub(&reactor->server->connections, 1);
    slots_free(&reactor->conns, conn->id);
}

static void close_done(uv_handle_t *handle)
{
    conn_release(conn_of(handle));
}

void conn_kill(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn->state = CONN_CLOSED;
    uv_close((uv_handle_t *)&conn->tcp, close_done);
}

static void linger(struct conn *conn)
{
    int fd = fd_of(conn);

    if (conn->has_eof || fd < 0 || shutdown(fd, SHUT_WR) != 0) {
        conn_kill(conn);
        return;
    }
    conn->deadline_ms = reactor_now_ms(conn->reactor) + LINGER_MS;
    conn_read_start(conn);
}

void conn_finish(struct conn *conn)
{
    if (conn->state == CONN_CLOSED || conn->closes_after)
        return;
    if (conn->tls)
        tls_finish(conn);
    if (conn->state == CONN_CLOSED)
        return;
    conn->closes_after = true;
    conn->state = CONN_LINGER;
    /* A large reply may take a while on a thin line; one that stands still is ended by ws_sweep. */
    conn->deadline_ms =
        reactor_now_ms(conn->reactor) + (conn->ws ? LIMIT_WS_STALL_MS : LIMIT_HTTP_IDLE_TIMEOUT_MS);
    if (!conn->is_writing && conn->out.count == 0)
        linger(conn);
}

/* -- writing ------------------------------------------------------------------------------- */

static bool out_push(struct conn *conn, struct frame *frame, uint32_t offset)
{
    struct out_queue *out = &conn->out;

    if (out->count == out->size) {
        uint32_t size = out->size ? out->size * 2 : 4;
        struct out_item *items = malloc(size * sizeof(*items));
        if (!items)
            return false;
        for (uint32_t i = 0; i < out->count; i++)
            items[i] = out->items[(out->at + i) & (out->size - 1)];
        free(out->items);
        out->items = items;
        out->at = 0;
        out->size = size;
    }
    out->items[(out->at + out->count) & (out->size - 1)] =
        (struct out_item){.frame = frame, .offset = offset};
    out->count++;
    out->bytes += frame->len - offset;
    return true;
}

static void write_more(struct conn *conn);

static void write_done(uv_write_t *write, int status)
{
    struct conn *conn = container_of(write, struct conn, write);
    struct out_queue *out = &conn->out;
    uint32_t sent = (uint32_t)(uintptr_t)write->data;

    conn->is_writing = false;
    for (uint32_t i = 0; i < sent && out->count > 0; i++) {
        struct out_item *item = &out->items[out->at & (out->size - 1)];
        out->bytes -= item->frame->len - item->offset;
        frame_release(conn->reactor, item->frame);
        out->at++;
        out->count--;
    }
    if (conn->state == CONN_CLOSED)
        return;
    if (status < 0) {
        conn_kill(conn);
        return;
    }
    if (out->count > 0) {
        write_more(conn);
        return;
    }
    free(out->items);
    *out = (struct out_queue){0};
    if (conn->closes_after)
        linger(conn);
    else if (conn->ws)
        ws_drained(conn);
    else if (conn->state == CONN_READING)
        http_resume(conn);
}

static void write_more(struct conn *conn)
{
    struct out_queue *out = &conn->out;
    uv_buf_t bufs[WRITE_BUFS_MAX];
    uint32_t count = 0;

    while (count < out->count && count < WRITE_BUFS_MAX) {
        struct out_item *item = &out->items[(out->at + count) & (out->size - 1)];
        bufs[count++] = uv_buf_init(item->frame->data + item->frame->at + item->offset,
                                    item->frame->len - item->offset);
    }
    conn->write.data = (void *)(uintptr_t)count;
    conn->is_writing = true;
    conn->blocked_ms = reactor_now_ms(conn->reactor);
    conn->blocked_size = SIZE_MAX;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, bufs, count, write_done) != 0) {
        conn->is_writing = false;
        conn_kill(conn);
    }
}

/* Past the caps of a socket nothing more is kept for it: what it could still get would be old. */
static bool out_is_full(const struct conn *conn, uint32_t len)
{
    return conn->ws && conn->state == CONN_SOCKET &&
           (conn->out.count >= LIMIT_WS_OUT_COUNT || conn->out.bytes + len > LIMIT_WS_OUT_SIZE);
}

void conn_out(struct conn *conn, struct frame *frame)
{
    uint32_t sent = 0;

    if (conn->state == CONN_CLOSED || conn->closes_after) {
        frame_release(conn->reactor, frame);
        return;
    }
    if (!conn->is_writing && conn->out.count == 0) {
        /* send, not uv_try_write: a write goes through the file layer, which costs a frame 6 %. The
         * queue is empty here, so nothing of libuv's is overtaken. */
        ssize_t n =
            send(fd_of(conn), frame->data + frame->at, frame->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        bool is_blocked = n < 0 && (errno == EAGAIN || errno == EINTR);
        if (n == (ssize_t)frame->len || (n < 0 && !is_blocked)) {
            frame_release(conn->reactor, frame);
            if (n < 0)
                conn_kill(conn);
            return;
        }
        sent = n > 0 ? (uint32_t)n : 0;
    }
    if (out_is_full(conn, frame->len) || !out_push(conn, frame, sent)) {
        frame_release(conn->reactor, frame);
        conn->close_code = WS_CLOSE_SLOW;
        conn_kill(conn);
        return;
    }
    if (!conn->is_writing)
        write_more(conn);
}

bool conn_put(struct conn *conn, const void *ptr, size_t len)
{
    struct frame *frame;

    if (conn->tls)
        return tls_put(conn, ptr, len);
    frame = frame_of_bytes(conn->reactor, ptr, len);
    if (!frame) {
        conn_kill(conn);
        return false;
    }
    conn_out(conn, frame);
    return conn->state != CONN_CLOSED;
}

/* -- reading ------------------------------------------------------------------------------- */

static void read_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    (void)hint;
    *buf = uv_buf_init(conn_of(handle)->reactor->read_buffer, READ_BUFFER_SIZE);
}

void conn_take_bytes(struct conn *conn, char *bytes, size_t len)
{
    if (conn->state == CONN_SOCKET) {
        ws_take(conn, bytes, len);
    } else if (conn->state == CONN_READING) {
        http_take(conn, bytes, len);
    } else if (conn->state == CONN_HANDLING) {
        buf_put(&conn->in, bytes, len);
        if (!buf_ok(&conn->in))
            conn_kill(conn); /* cannot happen: reading stops well before the maximum */
        else if (conn->in.len >= LIMIT_HTTP_PIPELINE_SIZE)
            conn_read_stop(conn);
    }
}

/* A client may close its half once it has asked; the answers still go out. */
static void peer_ended(struct conn *conn, bool is_orderly)
{
    bool is_owed = conn->state == CONN_HANDLING || (conn->out.count > 0 && !conn->ws);

    conn->has_eof = true;
    if (is_orderly && is_owed && !conn->tls)
        conn_read_stop(conn);
    else
        conn_kill(conn);
}

static void read_done(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *conn = conn_of((uv_handle_t *)stream);

    if (n == 0)
        return;
    if (n < 0) {
        peer_ended(conn, n == UV_EOF);
        return;
    }
    conn->heard_ms = reactor_now_ms(conn->reactor);
    if (conn->state == CONN_LINGER)
        return;
    if (!conn->tls)
        conn_take_bytes(conn, buf->base, (size_t)n);
    else if (!tls_take(conn, buf->base, (size_t)n))
        conn_kill(conn);
}

void conn_read_start(struct conn *conn)
{
    if (conn->is_reading || conn->has_eof || conn->state == CONN_CLOSED)
        return;
    conn->is_reading = true;
    if (uv_read_start((uv_stream_t *)&conn->tcp, read_alloc, read_done) != 0)
        conn_kill(conn);
}

void conn_read_stop(struct conn *conn)
{
    if (!conn->is_reading)
        return;
    conn->is_reading = false;
    uv_read_stop((uv_stream_t *)&conn->tcp);
}

void conn_in_trim(struct conn *conn)
{
    if (conn->in.len == 0)
        buf_release(&conn->in);
}

/* -- opening ------------------------------------------------------------------------------- */

/* One IPv4 address, or one IPv6 /64: what one subscriber has. A listener on [::] sees IPv4 clients
 * as ::ffff:a.b.c.d, all in one /64; they are IPv4 clients nevertheless. */
static void address_read(struct conn *conn)
{
    struct sockaddr_storage peer;
    const struct sockaddr_in *v4 = (const void *)&peer;
    const struct sockaddr_in6 *v6 = (const void *)&peer;
    const void *bytes = NULL;
    int len = sizeof(peer);

    conn->address[0] = '\0';
    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&peer, &len) != 0)
        return;
    if (peer.ss_family == AF_INET)
        bytes = &v4->sin_addr;
    else if (peer.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        bytes = &v6->sin6_addr.s6_addr[12];
    if (bytes) {
        (void)inet_ntop(AF_INET, bytes, conn->address, sizeof(conn->address));
        conn->address_key = hash_keyed(bytes, 4);
    } else if (peer.ss_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, conn->address, sizeof(conn->address));
        conn->address_key = hash_keyed(&v6->sin6_addr, 8);
    }
}

static struct conn *conn_new(struct reactor *reactor)
{
    struct slot_id id;
    struct conn *conn = slots_take(&reactor->conns, &id);

    if (!conn)
        return NULL;
    conn->id = id;
    conn->reactor = reactor;
    conn->close_code = 1006; /* no close frame seen, RFC 6455 section 7.1.5 */
    conn->heard_ms = reactor_now_ms(reactor);
    list_init(&conn->resume_link);
    buf_init(&conn->in, LIMIT_HTTP_HEAD_SIZE + LIMIT_HTTP_BODY_SIZE + 2 * READ_BUFFER_SIZE);
    CHECK(uv_tcp_init(&reactor->loop, &conn->tcp) == 0);
    COUNT(reactor, connections, 1);
    atomic_fetch_add(&reactor->server->connections, 1);
    return conn;
}

static bool may_open(struct conn *conn)
{
    struct server *server = conn->reactor->server;

    if (conn->is_admin)
        return true; /* health must answer when everything else is full */
    if (atomic_load(&server->connections) > server->config.connections_max)
        return false;
    if (!server->config.has_address_caps)
        return true;
    conn->counts_address =
        addresses_take(server->addresses, conn->address_key, LIMIT_CONNECTIONS_PER_ADDRESS);
    return conn->counts_address;
}

static void refused_closed(uv_handle_t *handle)
{
    free(handle);
}

/* The slot table is full. libuv has accepted already and goes on listening only when the connection
 * is taken from it, so it is taken and closed. */
static void accept_refused(struct reactor *reactor, uv_tcp_t *listener)
{
    uv_tcp_t *refused = calloc(1, sizeof(*refused));

    CHECK(refused != NULL);
    CHECK(uv_tcp_init(&reactor->loop, refused) == 0);
    (void)uv_accept((uv_stream_t *)listener, (uv_stream_t *)refused);
    uv_close((uv_handle_t *)refused, refused_closed);
}

void tcp_accept(struct reactor *reactor, uv_tcp_t *listener, bool is_admin)
{
    struct conn *conn = conn_new(reactor);

    if (!conn) {
        accept_refused(reactor, listener);
        return;
    }
    conn->is_admin = is_admin;
    if (uv_accept((uv_stream_t *)listener, (uv_stream_t *)&conn->tcp) != 0) {
        conn_kill(conn);
        return;
    }
    address_read(conn);
    if (!may_open(conn)) {
        conn_kill(conn);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    if (reactor->server->config.tls_cert[0] && !is_admin) {
        conn->tls = server_tls_new(reactor->server);
        if (!conn->tls) {
            conn_kill(conn);
            return;
        }
        conn->state = CONN_TLS;
        conn->deadline_ms = reactor_now_ms(reactor) + LIMIT_TLS_HANDSHAKE_MS;
    } else {
        http_opened(conn);
    }
    conn_read_start(conn);
}

/* -- moving -------------------------------------------------------------------------------- */

/* All that a connection is, on its way to another reactor. */
struct cargo {
    struct reactor_msg msg;
    int fd;
    struct buf in;
    struct tls *tls;
    uint32_t requests;
    bool is_admin, counts_address, keep_alive;
    uint64_t address_key;
    char address[46];
    void (*arrived)(struct reactor *, struct conn *, void *);
    void *arg;
};

static void cargo_lose(struct reactor *reactor, struct cargo *cargo)
{
    if (cargo->fd >= 0)
        close(cargo->fd);
    buf_release(&cargo->in);
    tls_free(cargo->tls);
    if (cargo->counts_address)
        addresses_give(reactor->server->addresses, cargo->address_key);
    cargo->arrived(reactor, NULL, cargo->arg);
    free(cargo);
}

static void cargo_arrives(struct reactor *reactor, struct reactor_msg *msg)
{
    struct cargo *cargo = container_of(msg, struct cargo, msg);
    struct conn *conn = cargo->fd >= 0 && !reactor->is_stopping ? conn_new(reactor) : NULL;

    if (!conn) {
        cargo_lose(reactor, cargo);
        return;
    }
    if (uv_tcp_open(&conn->tcp, cargo->fd) != 0) {
        conn_kill(conn);
        cargo_lose(reactor, cargo);
        return;
    }
    conn->state = CONN_HANDLING;
    conn->deadline_ms = reactor_now_ms(reactor) + LIMIT_HANDLER_TIMEOUT_MS;
    conn->in = cargo->in;
    conn->tls = cargo->tls;
    conn->requests = cargo->requests;
    conn->is_admin = cargo->is_admin;
    conn->keep_alive = cargo->keep_alive;
    conn->counts_address = cargo->counts_address;
    conn->address_key = cargo->address_key;
    memcpy(conn->address, cargo->address, sizeof(conn->address));
    conn_read_start(conn);
    cargo->arrived(reactor, conn, cargo->arg);
    free(cargo);
}

void conn_move(struct conn *conn, struct reactor *target,
               void (*arrived)(struct reactor *, struct conn *, void *), void *arg)
{
    struct cargo *cargo;
    int fd;

    if (conn->state != CONN_HANDLING) { /* closed, or its handler's time was over meanwhile */
        arrived(conn->reactor, NULL, arg);
        return;
    }
    if (target == conn->reactor) {
        arrived(target, conn, arg);
        return;
    }
    CHECK(!conn->is_parsing); /* the request itself would still be in conn->in */
    cargo = calloc(1, sizeof(*cargo));
    CHECK(cargo != NULL);
    /* Replies still queued belong to earlier requests; nobody pipelines in front of an upgrade. */
    fd = conn->out.count == 0 ? fd_of(conn) : -1;
    *cargo = (struct cargo){
        .msg.run = cargo_arrives,
        .fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1,
        .in = conn->in,
        .tls = conn->tls,
        .requests = conn->requests,
        .is_admin = conn->is_admin,
        .keep_alive = conn->keep_alive,
        .counts_address = conn->counts_address,
        .address_key = conn->address_key,
        .arrived = arrived,
        .arg = arg,
    };
    memcpy(cargo->address, conn->address, sizeof(cargo->address));
    buf_init(&conn->in, conn->in.size_max);
    conn->tls = NULL;
    conn->counts_address = false;
    conn_read_stop(conn);
    conn_kill(conn);
    reactor_post(target, &cargo->msg);
}

/* -- what others ask of a connection --------------------------------------------------------- */

struct slot_id conn_id(const struct conn *conn)
{
    return conn->id;
}

struct conn *conn_find(struct reactor *reactor, struct slot_id id)
{
    struct conn *conn = slots_get(&reactor->conns, id);

    return conn && conn->state != CONN_CLOSED ? conn : NULL;
}

struct reactor *conn_reactor(struct conn *conn)
{
    return conn->reactor;
}

void *conn_user(const struct conn *conn)
{
    return conn->user;
}

void conn_user_set(struct conn *conn, void *user)
{
    conn->user = user;
}

struct str conn_address(const struct conn *conn)
{
    return str_from_c(conn->address);
}

bool conn_is_tls(const struct conn *conn)
{
    return conn->tls != NULL;
}

bool conn_is_admin(const struct conn *conn)
{
    return conn->is_admin;
}
