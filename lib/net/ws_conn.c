/*
 * WebSocket connections: the upgrade, messages in, frames out, pings, the close handshake. Events
 * are queued behind a slow socket up to the caps, then it is closed with 4008; snapshots are
 * dropped while it is behind, and `drained` tells its owner when a fresh one will get through.
 */
#include "lib/net/inside.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Writable then means that the kernel holds next to nothing stale. */
#define NOTSENT_LOWAT_SIZE 4096
#define USER_TIMEOUT_MS 10000

const uint16_t NET_CLOSE_CODES[15] = {1000, 1001, 1002, 1003, 1006, 1007, 1009, 1012,
                                      4001, 4003, 4004, 4008, 4009, 4029, 4040};

static void tune(struct conn *conn)
{
    uv_os_fd_t fd;
    int lowat = NOTSENT_LOWAT_SIZE, timeout_ms = USER_TIMEOUT_MS;

    if (uv_fileno((uv_handle_t *)&conn->tcp, &fd) != 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(lowat));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

enum err ws_accept(struct conn *conn, struct str key, struct str protocol, struct str headers,
                   const struct socket_limits *limits, const struct socket_ops *ops)
{
    char accept[WS_ACCEPT_SIZE], memory[1024];
    struct buf out;
    enum err err = ws_accept_key(key, accept);

    if (err)
        return err;
    if (conn->state != CONN_HANDLING)
        return ERR_BAD_STATE;
    conn->ws = malloc(sizeof(*conn->ws));
    if (!conn->ws)
        return ERR_FULL;
    ws_reader_init(conn->ws, limits->message_size_max);
    conn->messages_per_s = limits->messages_per_s;
    conn->messages_burst = limits->messages_burst;
    conn->ops = ops;
    conn->pinged_ms = conn->heard_ms = reactor_now_ms(conn->reactor);
    COUNT(conn->reactor, websockets, 1);
    buf_init_fixed(&out, memory, sizeof(memory));
    buf_put_c(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    buf_put(&out, accept, sizeof(accept));
    if (protocol.len > 0) {
        buf_put_c(&out, "\r\nSec-WebSocket-Protocol: ");
        buf_put_str(&out, protocol);
    }
    buf_put_c(&out, "\r\n");
    buf_put_str(&out, headers);
    buf_put_c(&out, "\r\n");
    conn->state = CONN_SOCKET;
    if (!buf_ok(&out) || !conn_put(conn, out.ptr, out.len)) {
        conn_kill(conn);
        return OK; /* `closed` will come */
    }
    tune(conn);
    if (conn->has_eof)
        conn_kill(conn);
    else if (!conn->is_parsing)
        conn_resume_later(conn);
    return OK;
}

/* -- out ------------------------------------------------------------------------------------- */

void ws_send_frame(struct conn *conn, struct frame *frame)
{
    COUNT(conn->reactor, messages_out, 1);
    if (conn->tls) {
        tls_put(conn, frame->data + frame->at, frame->len);
        return;
    }
    frame_hold(frame);
    conn_out(conn, frame);
}

void socket_send(struct conn *conn, struct frame *frame)
{
    if (conn->state == CONN_SOCKET)
        ws_send_frame(conn, frame);
}

bool socket_send_latest(struct conn *conn, struct frame *frame)
{
    if (conn->state != CONN_SOCKET)
        return true;
    if (conn->is_writing || conn->is_behind) {
        COUNT(conn->reactor, conflated, 1);
        conn->is_behind = true;
        return false;
    }
    ws_send_frame(conn, frame);
    return true;
}

bool socket_is_behind(const struct conn *conn)
{
    return conn->is_behind;
}

void socket_caught_up(struct conn *conn)
{
    conn->is_behind = false;
}

void ws_drained(struct conn *conn)
{
    if (!conn->is_behind || conn->state != CONN_SOCKET)
        return;
    conn->is_behind = false;
    conn->ops->drained(conn);
}

void socket_send_text(struct conn *conn, struct str text)
{
    struct frame *frame;

    if (conn->state != CONN_SOCKET)
        return;
    frame = frame_new(conn->reactor, text.len);
    if (!frame) {
        conn->close_code = WS_CLOSE_SLOW;
        conn_kill(conn);
        return;
    }
    memcpy(frame_payload(frame), text.ptr, text.len);
    frame_finish(frame, WS_TEXT, text.len);
    ws_send_frame(conn, frame);
    frame_release(conn->reactor, frame);
}

static void send_control(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    char memory[140];
    struct buf out;

    buf_init_fixed(&out, memory, sizeof(memory));
    ws_frame_put(&out, opcode, payload);
    conn_put(conn, out.ptr, out.len);
}

void socket_close(struct conn *conn, uint16_t code, struct str reason)
{
    char memory[140];
    struct buf out;

    if (conn->state != CONN_SOCKET)
        return;
    conn->close_code = code;
    buf_init_fixed(&out, memory, sizeof(memory));
    ws_close_put(&out, code, reason);
    if (conn_put(conn, out.ptr, out.len))
        conn_finish(conn);
}

uint64_t socket_heard_ms(const struct conn *conn)
{
    return conn->heard_ms;
}

/* -- in -------------------------------------------------------------------------------------- */

/* The peer closes: echo its code (RFC 6455 section 5.5.1) and end. */
static void peer_closes(struct conn *conn, uint16_t code)
{
    conn->close_code = code;
    if (code == WS_CLOSE_NO_STATUS) {
        conn->close_code = WS_CLOSE_NORMAL;
        send_control(conn, WS_CLOSE, STR(""));
        conn_finish(conn);
        return;
    }
    socket_close(conn, code, STR(""));
}

/* GCRA over messages; state is the theoretical arrival time of the next one, in microseconds. */
static bool rate_allows(struct conn *conn)
{
    uint64_t now_us, step_us, burst_us;

    if (conn->messages_per_s == 0)
        return true;
    now_us = reactor_now_ms(conn->reactor) * 1000;
    step_us = 1000000 / conn->messages_per_s;
    burst_us = step_us * conn->messages_burst;
    if (conn->rate_at_us < now_us)
        conn->rate_at_us = now_us;
    if (conn->rate_at_us - now_us > burst_us)
        return false;
    conn->rate_at_us += step_us;
    return true;
}

static void take_message(struct conn *conn, const struct ws_event *event)
{
    COUNT(conn->reactor, messages_in, 1);
    if (!rate_allows(conn)) {
        socket_send_text(conn, STR("{\"type\":\"error\",\"code\":\"too_many_messages\","
                                   "\"detail\":\"Too many messages.\"}"));
        socket_close(conn, WS_CLOSE_TOO_MANY, STR("too many messages"));
        return;
    }
    conn->ops->message(conn, event->opcode, event->payload);
}

void ws_take(struct conn *conn, char *bytes, size_t len)
{
    size_t at = 0;

    while (conn->state == CONN_SOCKET) {
        struct ws_event event;
        size_t used = 0;
        enum ws_step step = ws_reader_next(conn->ws, bytes + at, len - at, &used, &event);

        at += used;
        switch (step) {
        case WS_STEP_MORE:
            return;
        case WS_STEP_MESSAGE:
            take_message(conn, &event);
            break;
        case WS_STEP_PING:
            if (!rate_allows(conn)) /* a flood of pings is a flood */
                socket_close(conn, WS_CLOSE_TOO_MANY, STR("too many messages"));
            else
                send_control(conn, WS_PONG, event.payload);
            break;
        case WS_STEP_PONG:
            break;
        case WS_STEP_CLOSE:
            peer_closes(conn, event.code);
            return;
        case WS_STEP_FAULT:
            socket_close(conn, event.code, STR(""));
            return;
        }
    }
}

/* -- time ------------------------------------------------------------------------------------ */

static bool write_is_stalled(struct conn *conn, uint64_t now_ms, uint64_t limit_ms)
{
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp);

    if (!conn->is_writing)
        return false;
    if (left < conn->blocked_size) {
        conn->blocked_size = left;
        conn->blocked_ms = now_ms;
    }
    return now_ms - conn->blocked_ms >= limit_ms;
}

void ws_sweep(struct conn *conn, uint64_t now_ms)
{
    if (write_is_stalled(conn, now_ms,
                         conn->state == CONN_SOCKET ? LIMIT_WS_STALL_MS
                                                    : LIMIT_HTTP_WRITE_STALL_MS)) {
        if (conn->ws)
            conn->close_code = WS_CLOSE_SLOW;
        conn_kill(conn);
        return;
    }
    if (conn->state != CONN_SOCKET)
        return;
    if (now_ms - conn->heard_ms >= LIMIT_WS_DEAD_MS) {
        conn_kill(conn);
    } else if (now_ms - conn->heard_ms >= LIMIT_WS_PING_MS &&
               now_ms - conn->pinged_ms >= LIMIT_WS_PING_MS) {
        conn->pinged_ms = now_ms;
        send_control(conn, WS_PING, STR(""));
    }
}

void ws_closed(struct conn *conn)
{
    conn->ops->closed(conn, conn->close_code);
    ws_reader_release(conn->ws);
    free(conn->ws);
    conn->ws = NULL;
}

void reactor_each_socket(struct reactor *reactor, void (*fn)(struct conn *conn, void *arg),
                         void *arg)
{
    uint32_t at = 1;
    struct slot_id id;
    struct conn *conn;

    while ((conn = slots_next(&reactor->conns, &at, &id)) != NULL)
        if (conn->state == CONN_SOCKET)
            fn(conn, arg);
}
