/* See socket.h. */
#include "services/socket.h"

#include "services/presence.h"

uint16_t socket_close_code(enum err err)
{
    switch (err) {
    case ERR_UNAUTHENTICATED:
    case ERR_TOKEN_INVALID:
        return WS_CLOSE_UNAUTHENTICATED;
    case ERR_NO_SUCH_MATCH:
    case ERR_NO_SUCH_ROOM:
    case ERR_NOT_FOUND:
    case ERR_MATCH_ENDED:
        return WS_CLOSE_NOT_FOUND;
    case ERR_REPLACED:
        return WS_CLOSE_REPLACED;
    case ERR_TOO_MANY_MESSAGES:
    case ERR_RATE_LIMITED:
        return WS_CLOSE_TOO_MANY;
    case ERR_PROTOCOL:
        return WS_CLOSE_PROTOCOL_ERRORS;
    case ERR_FULL:
    case ERR_STORE:
    case ERR_TIMEOUT:
    case ERR_DRAINING:
    case ERR_CONFLICT:
        return WS_CLOSE_RESTART;
    default:
        return WS_CLOSE_FORBIDDEN;
    }
}

struct socket *socket_of(const struct conn *conn)
{
    return conn_user(conn);
}

/* -- errors ---------------------------------------------------------------------------------- */

void socket_error(struct conn *conn, enum err err, struct str detail)
{
    char memory[512];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    if (detail.len == 0)
        detail = str_from_c(err_sentence(err));
    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "error");
    json_c(&w, "code", err_code(err));
    json_str(&w, "detail", detail);
    json_str(&w, "message", detail);
    json_object_end(&w);
    if (buf_ok(&text))
        socket_send_text(conn, buf_str(&text));
}

void socket_fault(struct conn *conn, struct socket *socket, enum err err, struct str detail)
{
    uint64_t now_ms = reactor_now_ms(conn_reactor(conn));

    if (now_ms - socket->fault_window_ms >= LIMIT_WS_PROTOCOL_WINDOW_MS) {
        socket->fault_window_ms = now_ms;
        socket->fault_count = 0;
    }
    socket_error(conn, err, detail);
    if (++socket->fault_count >= LIMIT_WS_PROTOCOL_ERRORS)
        socket_close(conn, WS_CLOSE_PROTOCOL_ERRORS, STR("too many faulty messages"));
}

/* -- callbacks of lib/net ---------------------------------------------------------------------- */

static void on_message(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    struct socket *socket = socket_of(conn);

    if (opcode != WS_TEXT) {
        socket_error(conn, ERR_PROTOCOL, STR("Messages are JSON text here."));
        socket_close(conn, WS_CLOSE_UNSUPPORTED, STR("text only"));
        return;
    }
    socket->message(conn, socket, payload);
}

static void on_drained(struct conn *conn)
{
    struct socket *socket = socket_of(conn);

    if (socket->drained)
        socket->drained(conn, socket);
}

static void on_closed(struct conn *conn, uint16_t code)
{
    struct socket *socket = socket_of(conn);

    conn_user_set(conn, NULL);
    presence_leave(socket->context->presence, socket->caller.user_id);
    socket->closed(conn, socket, code);
}

static const struct socket_ops OPS = {
    .message = on_message, .drained = on_drained, .closed = on_closed};

/* A refused connection has no socket: it says its reason and ends. */
static void nobody_message(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    (void)conn;
    (void)opcode;
    (void)payload;
}

static void nobody_drained(struct conn *conn)
{
    (void)conn;
}

static void nobody_closed(struct conn *conn, uint16_t code)
{
    (void)conn;
    (void)code;
}

static const struct socket_ops NOBODY_OPS = {
    .message = nobody_message, .drained = nobody_drained, .closed = nobody_closed};

/* -- opening ----------------------------------------------------------------------------------- */

void socket_knock_init(struct socket_knock *knock, const struct socket_open *open,
                       const char *const *ours)
{
    *knock = (struct socket_knock){0};
    if (str_to_c(open->ws_key, knock->ws_key, sizeof(knock->ws_key)))
        knock->ws_key[0] = '\0'; /* refused by ws_accept */
    for (; *ours; ours++) {
        if (!http_list_has(open->protocols, str_from_c(*ours)))
            continue;
        CHECK(str_to_c(str_from_c(*ours), knock->protocol, sizeof(knock->protocol)) == OK);
        return;
    }
}

static void answer_bad_upgrade(struct conn *conn)
{
    http_reply(conn,
               &(struct http_reply){
                   .status = 400,
                   .content_type = "application/problem+json",
                   .body = STR("{\"type\":\"/problems/bad_request\",\"title\":\"Bad Request\","
                               "\"status\":400,\"detail\":\"Sec-WebSocket-Key is not valid.\","
                               "\"code\":\"bad_request\","
                               "\"error\":\"Sec-WebSocket-Key is not valid.\"}"),
               });
}

static enum err accept_with(struct conn *conn, const struct socket_knock *knock,
                            const struct context *context, const struct socket_ops *ops)
{
    struct socket_limits limits = {
        .message_size_max = LIMIT_WS_MESSAGE_SIZE,
        .messages_per_s = LIMIT_WS_MESSAGES_PER_S,
        .messages_burst = LIMIT_WS_MESSAGES_BURST,
    };
    enum err err;

    if (!context->settings->rate_limits)
        limits.messages_per_s = 0;
    err = ws_accept(conn, str_from_c(knock->ws_key), str_from_c(knock->protocol), STR(""), &limits,
                    ops);
    if (err)
        answer_bad_upgrade(conn);
    return err;
}

enum err socket_accept(struct conn *conn, const struct socket_knock *knock, struct socket *socket)
{
    uint32_t sockets_max = socket->context->settings->rate_limits ? LIMIT_SOCKETS_PER_USER : 0;
    enum err err = presence_enter(socket->context->presence, socket->caller.user_id, sockets_max);

    if (err) {
        conn_user_set(conn, NULL);
        if (accept_with(conn, knock, socket->context, &NOBODY_OPS) == OK) {
            socket_error(conn, err, STR("Too many sockets of this account are open."));
            socket_close(conn, WS_CLOSE_TOO_MANY, STR("too many sockets"));
        }
        return err;
    }
    socket->conn = conn_id(conn);
    conn_user_set(conn, socket);
    err = accept_with(conn, knock, socket->context, &OPS);
    if (err) {
        presence_leave(socket->context->presence, socket->caller.user_id);
        conn_user_set(conn, NULL);
    }
    return err;
}

void socket_refuse(struct conn *conn, const struct socket_knock *knock, enum err err,
                   struct str detail)
{
    struct context *context = reactor_ctx(conn_reactor(conn));

    conn_user_set(conn, NULL);
    if (accept_with(conn, knock, context, &NOBODY_OPS) != OK)
        return;
    socket_error(conn, err, detail);
    socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
}
