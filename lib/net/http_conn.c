/*
 * Requests out of bytes and replies into bytes. One request of a connection is handled at a time;
 * what a pipelining client sends meanwhile waits in conn->in, up to LIMIT_HTTP_PIPELINE_SIZE, then
 * the socket is not read. A request that cannot be understood is answered once and the connection
 * closed: after a framing fault nobody can say where the next request starts.
 *
 *   READING --whole request--> HANDLING --http_reply--> READING ... or LINGER
 *                                  \--ws_accept--> SOCKET
 */
#include "lib/net/inside.h"

#include <stdlib.h>
#include <time.h>

#define BODY_RATE_MIN 256 /* bytes a second, once a body has had two seconds */

const char *http_date(struct reactor *reactor)
{
    struct timespec now;
    struct tm utc;
    time_t second;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    second = now.tv_sec;
    if ((uint64_t)second != reactor->date_s) {
        reactor->date_s = (uint64_t)second;
        gmtime_r(&second, &utc);
        strftime(reactor->date, sizeof(reactor->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    return reactor->date;
}

/* -- replies --------------------------------------------------------------------------------- */

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void put_head(struct conn *conn, struct buf *out, const struct http_reply *reply,
                     bool keep_alive)
{
    buf_put_c(out, "HTTP/1.1 ");
    buf_put_u64(out, (uint64_t)reply->status);
    buf_put_char(out, ' ');
    buf_put_c(out, http_reason(reply->status));
    buf_put_c(out, "\r\nDate: ");
    buf_put_c(out, http_date(conn->reactor));
    if (reply->content_type && (reply->body.len > 0 || reply->is_head)) {
        buf_put_c(out, "\r\nContent-Type: ");
        buf_put_c(out, reply->content_type);
    }
    if (status_has_body(reply->status)) {
        buf_put_c(out, "\r\nContent-Length: ");
        buf_put_u64(out, reply->body.len);
    }
    buf_put_c(out, keep_alive ? "\r\n" : "\r\nConnection: close\r\n");
    buf_put_str(out, reply->headers);
    buf_put_c(out, "\r\n");
}

static void reading_again(struct conn *conn)
{
    conn->state = CONN_READING;
    conn->deadline_ms =
        reactor_now_ms(conn->reactor) +
        (conn->in.len > 0 ? LIMIT_HTTP_HEAD_TIMEOUT_MS : LIMIT_HTTP_IDLE_TIMEOUT_MS);
}

void http_reply(struct conn *conn, const struct http_reply *reply)
{
    char head_memory[2048];
    struct buf head;
    bool keep_alive =
        conn->keep_alive && !reply->closes && !atomic_load(&conn->reactor->server->is_draining);
    bool sends_body = status_has_body(reply->status) && !reply->is_head && reply->body.len > 0;

    if (conn->state != CONN_HANDLING)
        return; /* the handler's deadline has answered for it */
    buf_init_fixed(&head, head_memory, sizeof(head_memory));
    if (reply->headers.len > 1024 ||
        reply->body.len + reply->headers.len > sizeof(head_memory) - 512)
        buf_init(&head, 1024 + reply->headers.len + reply->body.len);
    put_head(conn, &head, reply, keep_alive);
    if (sends_body)
        buf_put_str(&head, reply->body);
    if (buf_ok(&head) && conn_put(conn, head.ptr, head.len)) {
        if (keep_alive)
            reading_again(conn);
        else
            conn_finish(conn);
    } else {
        conn_kill(conn);
    }
    buf_release(&head);
    if (conn->state == CONN_READING && !conn->is_parsing)
        http_resume(conn);
}

/* An answer of the edge itself, in place of any handler; nothing more is read. */
static void refuse(struct conn *conn, enum err err)
{
    conn->state = CONN_HANDLING;
    conn->keep_alive = false;
    conn->reactor->server->config.handlers->refuse(conn, err);
}

/* -- requests -------------------------------------------------------------------------------- */

void http_opened(struct conn *conn)
{
    conn->state = CONN_READING;
    conn->deadline_ms = reactor_now_ms(conn->reactor) + LIMIT_HTTP_HEAD_TIMEOUT_MS;
}

static void pending_free(struct conn *conn)
{
    if (!conn->pending)
        return;
    buf_release(&conn->pending->body);
    free(conn->pending);
    conn->pending = NULL;
}

static void hand_over(struct conn *conn, const struct http_head *head, struct str body)
{
    conn->requests++;
    conn->keep_alive = head->keep_alive && conn->requests < LIMIT_HTTP_REQUESTS_PER_CONNECTION;
    conn->state = CONN_HANDLING;
    conn->deadline_ms = reactor_now_ms(conn->reactor) + LIMIT_HANDLER_TIMEOUT_MS;
    conn->reactor->server->config.handlers->request(conn, head, body);
}

/* The head is there and more of its body must come: keep all of it at the front of conn->in. */
static void wait_for_body(struct conn *conn, const struct http_head *head, size_t head_size)
{
    struct http_pending *pending = calloc(1, sizeof(*pending));

    if (!pending) {
        conn_kill(conn);
        return;
    }
    pending->head_size = head_size;
    pending->content_length = head->content_length;
    pending->is_chunked = head->is_chunked;
    pending->started_ms = reactor_now_ms(conn->reactor);
    buf_init(&pending->body, LIMIT_HTTP_BODY_SIZE);
    conn->pending = pending;
    conn->deadline_ms = pending->started_ms + LIMIT_HTTP_BODY_TIMEOUT_MS;
    if (head->expects_continue)
        conn_put(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* Parses a request at the front of `data`, which is conn->in itself when `is_kept`. Returns how
 * many bytes were used; 0 means more are needed (or the connection has ended). */
static size_t take_head(struct conn *conn, struct str data, bool is_kept)
{
    struct http_head head;
    size_t used = 0;
    enum err err = http_head_parse(data, &conn->scanned, &head, &used);

    if (err == ERR_AGAIN)
        return 0;
    conn->scanned = 0;
    if (err) {
        refuse(conn, err);
        return 0;
    }
    if (head.content_length > LIMIT_HTTP_BODY_SIZE) {
        refuse(conn, ERR_TOO_LARGE);
        return 0;
    }
    if (head.is_chunked || data.len - used < head.content_length) {
        if (!is_kept)
            buf_put(&conn->in, data.ptr, data.len);
        if (buf_ok(&conn->in))
            wait_for_body(conn, &head, used);
        else
            conn_kill(conn);
        return is_kept ? 0 : data.len;
    }
    hand_over(conn, &head, str_slice(data, used, used + (size_t)head.content_length));
    return used + (size_t)head.content_length;
}

/* The body of conn->pending, out of conn->in. True when the request was handed over. */
static bool take_body(struct conn *conn)
{
    struct http_pending *pending = conn->pending;
    struct str rest = str_slice(buf_str(&conn->in), pending->head_size, conn->in.len);
    struct http_head head;
    size_t scanned = 0, head_size, used = 0, total;
    enum err err = OK;

    if (pending->is_chunked) {
        err = http_chunked_feed(&pending->chunked, rest, &used, &pending->body);
        if (used > 0) { /* decoded: only the head stays in front of what follows */
            memmove(conn->in.ptr + pending->head_size, rest.ptr + used, rest.len - used);
            conn->in.len -= used;
        }
        total = pending->head_size;
    } else {
        if (rest.len < pending->content_length)
            return false;
        total = pending->head_size + (size_t)pending->content_length;
    }
    if (err == ERR_AGAIN)
        return false;
    if (err) {
        refuse(conn, err);
        return false;
    }
    CHECK(http_head_parse(buf_str(&conn->in), &scanned, &head, &head_size) == OK);
    conn->pending = NULL;
    hand_over(conn, &head,
              pending->is_chunked ? buf_str(&pending->body)
                                  : str_slice(rest, 0, (size_t)pending->content_length));
    buf_release(&pending->body);
    free(pending);
    /* Moved or closed connections have given their bytes away already. */
    if (conn->in.len >= total)
        buf_consume(&conn->in, total);
    return true;
}

/* Our replies are not read as fast as requests come: no more is done for this client meanwhile. */
static bool is_held_up(const struct conn *conn)
{
    return conn->out.bytes >= LIMIT_WS_OUT_SIZE;
}

/* Runs over what is in conn->in. */
static void parse_kept(struct conn *conn)
{
    conn->is_parsing = true;
    while (conn->state == CONN_READING && conn->in.len > 0 && !is_held_up(conn)) {
        if (conn->pending) {
            if (!take_body(conn))
                break;
        } else {
            size_t used = take_head(conn, buf_str(&conn->in), true);
            if (used == 0 && !conn->pending)
                break;
            if (used > 0 && conn->in.len >= used)
                buf_consume(&conn->in, used);
        }
    }
    conn->is_parsing = false;
    conn_in_trim(conn);
}

void http_pass_rest(struct conn *conn)
{
    struct buf rest = conn->in;

    if (conn->state != CONN_SOCKET || rest.len == 0)
        return;
    buf_init(&conn->in, rest.size_max);
    ws_take(conn, rest.ptr, rest.len);
    buf_release(&rest);
}

void http_resume(struct conn *conn)
{
    if (conn->state == CONN_READING) {
        conn_read_start(conn);
        parse_kept(conn);
        if (conn->state == CONN_READING && is_held_up(conn)) {
            if (conn->in.len >= LIMIT_HTTP_PIPELINE_SIZE)
                conn_read_stop(conn);
        } else if (conn->state == CONN_READING && conn->has_eof) {
            conn_finish(conn); /* all that came is answered */
        }
    }
    http_pass_rest(conn);
}

void http_take(struct conn *conn, char *bytes, size_t len)
{
    size_t at = 0;

    if (conn->in.len == 0 && !conn->pending) { /* the common case: no copy at all */
        conn->is_parsing = true;
        while (at < len && conn->state == CONN_READING && !conn->pending && !is_held_up(conn)) {
            size_t used = take_head(conn, str_of(bytes + at, len - at), false);
            if (used == 0)
                break;
            at += used;
        }
        conn->is_parsing = false;
    }
    if (conn->state == CONN_CLOSED || conn->state == CONN_LINGER)
        return;
    if (at < len) {
        bool is_first = conn->in.len == 0; /* a head begins here: its time is absolute */
        buf_put(&conn->in, bytes + at, len - at);
        if (!buf_ok(&conn->in)) {
            conn_kill(conn);
            return;
        }
        if (conn->state == CONN_READING && is_first && !conn->pending)
            conn->deadline_ms = reactor_now_ms(conn->reactor) + LIMIT_HTTP_HEAD_TIMEOUT_MS;
    }
    if (conn->in.len > 0 || conn->pending)
        http_resume(conn);
}

/* -- time ------------------------------------------------------------------------------------ */

static bool body_is_too_slow(const struct conn *conn, uint64_t now_ms)
{
    const struct http_pending *pending = conn->pending;
    uint64_t elapsed_ms = pending ? now_ms - pending->started_ms : 0;
    uint64_t got = pending ? conn->in.len - pending->head_size + pending->body.len : 0;

    return pending && elapsed_ms > 2000 && got * 1000 < elapsed_ms * BODY_RATE_MIN;
}

void http_sweep(struct conn *conn, uint64_t now_ms)
{
    if (conn->state == CONN_READING && is_held_up(conn)) {
        /* It is we who wait; a client that does not read at all is ended by ws_sweep. */
        conn->deadline_ms = now_ms + LIMIT_HTTP_HEAD_TIMEOUT_MS;
    } else if (conn->state == CONN_READING &&
               (now_ms >= conn->deadline_ms || body_is_too_slow(conn, now_ms))) {
        if (conn->in.len > 0)
            refuse(conn, ERR_REQUEST_TIMEOUT);
        else
            conn_kill(conn); /* idle between requests: nothing to say */
        pending_free(conn);
    } else if (conn->state == CONN_HANDLING && now_ms >= conn->deadline_ms) {
        refuse(conn, ERR_TIMEOUT);
    } else if ((conn->state == CONN_LINGER || conn->state == CONN_TLS) &&
               now_ms >= conn->deadline_ms) {
        conn_kill(conn);
    } else if (conn->state == CONN_READING && conn->in.len == 0 && !conn->pending &&
               conn->requests > 0 && atomic_load(&conn->reactor->server->is_draining)) {
        conn_kill(conn);
    }
}
