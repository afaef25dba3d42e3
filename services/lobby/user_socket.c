/* See user_socket.h. */
#include "services/lobby/user_socket.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/bus/bus.h"
#include "services/lobby/feed.h"
#include "services/lobby/presence_watch.h"
#include "services/lobby/reactor.h"
#include "services/lobby/snapshot.h"
#include "services/notify.h"
#include "services/socket.h"
#include "services/work.h"

/* A client that resumes says so at once: so long nothing else is sent, or it would come twice. */
#define HOLD_MS 250
/* A long log goes out in pieces, so that it does not fill the socket's own queue. */
#define PIECE_COUNT 32
#define PIECE_MS 20
#define ENVELOPE_SIZE 512

struct user_socket {
    struct socket socket;
    struct hub_link link;
    struct reactor_timer timer; /* end of the hold, or the next piece */
    uint64_t sent;              /* number of the newest event that was sent, or stands for such */
    bool is_held;
    bool is_asking; /* a snapshot is on its way */
};

struct snapshot_work {
    struct work work;
    struct slot_id conn;
    uint64_t user_id;
    uint64_t last; /* newest event before the store was read */
    struct buf data;
    enum err err;
};

static struct user_socket *user_socket_of(struct socket *socket)
{
    return container_of(socket, struct user_socket, socket);
}

/* -- to the client --------------------------------------------------------------------------- */

/* What is no event of the log has the number of the newest event before it. */
static void send_aside(struct conn *conn, const struct user_socket *user, const char *event,
                       struct str data)
{
    struct buf text;

    buf_init(&text, data.len + ENVELOPE_SIZE);
    feed_envelope_put(&text, str_from_c(event), data, clock_wall_ms(), user->sent);
    if (buf_ok(&text))
        socket_send_text(conn, buf_str(&text));
    buf_release(&text);
}

static void send_connected(struct conn *conn, const struct user_socket *user)
{
    char memory[256];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    buf_init_fixed(&data, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64_text(&w, "player_id", user->socket.caller.user_id);
    json_str(&w, "username", str_from_c(user->socket.caller.username));
    json_u64(&w, "last_seq", user->sent);
    json_object_end(&w);
    send_aside(conn, user, "connected", buf_str(&data));
}

static void ask_snapshot(struct conn *conn, struct user_socket *user);
static void pump(struct conn *conn, struct user_socket *user);

static void on_timer(struct reactor *reactor, struct reactor_timer *timer)
{
    struct user_socket *user = container_of(timer, struct user_socket, timer);
    struct conn *conn = conn_find(reactor, user->socket.conn);

    user->is_held = false;
    if (conn)
        pump(conn, user);
}

static void pump_later(struct conn *conn, struct user_socket *user, uint32_t after_ms)
{
    struct reactor *reactor = conn_reactor(conn);

    if (reactor_timer_start(reactor, &user->timer, reactor_now_ms(reactor) + after_ms, on_timer))
        socket_close(conn, WS_CLOSE_RESTART, STR("overloaded"));
}

static void pump(struct conn *conn, struct user_socket *user)
{
    char memory[FEED_EVENT_SIZE_MAX];
    struct feed *feed = user->socket.context->feed;
    enum err err = OK;
    struct buf text;

    if (user->is_held || user->is_asking)
        return;
    for (int i = 0; i < PIECE_COUNT && !err; i++) {
        buf_init_fixed(&text, memory, sizeof(memory));
        err = feed_next(feed, user->socket.caller.user_id, user->sent, &text, &user->sent);
        if (!err)
            socket_send_text(conn, buf_str(&text));
    }
    if (err == ERR_NOT_FOUND)
        ask_snapshot(conn, user);
    else if (!err)
        pump_later(conn, user, PIECE_MS);
}

/* -- snapshots ------------------------------------------------------------------------------- */

static void snapshot_run(struct work *work)
{
    struct snapshot_work *op = container_of(work, struct snapshot_work, work);

    op->last = feed_last(work->context->feed, op->user_id);
    op->err = snapshot_put(work->context, op->user_id, &op->data);
}

static void snapshot_done(struct reactor *home, struct work *work)
{
    struct snapshot_work *op = container_of(work, struct snapshot_work, work);
    struct conn *conn = conn_find(home, op->conn);

    if (conn && (work->commit || op->err)) {
        socket_close(conn, WS_CLOSE_RESTART, STR("no snapshot; connect again"));
    } else if (conn) {
        struct user_socket *user = user_socket_of(socket_of(conn));
        user->is_asking = false;
        user->sent = op->last;
        send_aside(conn, user, "snapshot", buf_str(&op->data));
        pump(conn, user);
    }
    buf_release(&op->data);
    free(op);
}

static void ask_snapshot(struct conn *conn, struct user_socket *user)
{
    struct snapshot_work *op = calloc(1, sizeof(*op));

    CHECK(op != NULL);
    op->work = (struct work){.home = conn_reactor(conn),
                             .context = user->socket.context,
                             .run = snapshot_run,
                             .done = snapshot_done};
    op->conn = conn_id(conn);
    op->user_id = user->socket.caller.user_id;
    buf_init(&op->data, SNAPSHOT_SIZE_MAX);
    user->is_asking = true;
    if (work_submit(&op->work, "lobby") == OK)
        return;
    free(op);
    socket_close(conn, WS_CLOSE_RESTART, STR("overloaded"));
}

/* -- from the client ------------------------------------------------------------------------- */

struct user_message {
    struct str type;
    uint64_t last_seq;
    bool has_last_seq;
};

/* A number that this log never had, or no longer has, ends in a snapshot. */
static void resume(struct conn *conn, struct user_socket *user, const struct user_message *message)
{
    if (!message->has_last_seq) {
        socket_fault(conn, &user->socket, ERR_PROTOCOL, STR("\"resume\" needs \"last_seq\"."));
        return;
    }
    if (user->is_asking) /* what comes is newer than anything to be repeated */
        return;
    user->sent = message->last_seq;
    pump(conn, user);
}

static enum err message_decode(struct str text, struct arena *arena, struct user_message *out)
{
    static const struct json_field FIELDS[] = {
        {.name = "type",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct user_message, type),
         .present_offset = SIZE_MAX,
         .max = 64},
        {.name = "last_seq",
         .type = JSON_U64,
         .offset = offsetof(struct user_message, last_seq),
         .present_offset = offsetof(struct user_message, has_last_seq),
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};

    return json_decode(text, &SCHEMA, arena, out, &errors);
}

static void on_message(struct conn *conn, struct socket *socket, struct str text)
{
    struct user_socket *user = user_socket_of(socket);
    struct user_message message = {0};
    struct arena arena;
    enum err err;

    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE * 2);
    err = message_decode(text, &arena, &message);
    if (err == ERR_JSON)
        socket_fault(conn, socket, ERR_JSON, STR("Invalid JSON format"));
    else if (err)
        socket_fault(conn, socket, ERR_PROTOCOL, STR("A message needs a \"type\"."));
    else if (str_eq(message.type, STR("ping")))
        send_aside(conn, user, "pong", STR("{}"));
    else if (str_eq(message.type, STR("resume"))) {
        user->is_held = false;
        resume(conn, user, &message);
    } else
        socket_fault(conn, socket, ERR_PROTOCOL, STR("Unknown message type."));
    arena_release(&arena);
}

/* -- opening and closing --------------------------------------------------------------------- */

static void forget(struct reactor *reactor, struct user_socket *user)
{
    struct context *context = user->socket.context;
    uint64_t user_id = user->socket.caller.user_id;

    reactor_timer_stop(reactor, &user->timer);
    (void)hub_remove(&lobby_of(reactor)->users, &user->link);
    feed_leave(context->feed, user_id, clock_wall_ms());
    presence_watch_look(context->presence_watch, user_id);
    free(user);
}

static void on_closed(struct conn *conn, struct socket *socket, uint16_t code)
{
    (void)code;
    forget(conn_reactor(conn), user_socket_of(socket));
}

static struct user_socket *user_socket_new(struct conn *conn, const struct socket_open *open)
{
    struct lobby_reactor *lobby = lobby_of(conn_reactor(conn));
    struct user_socket *user = calloc(1, sizeof(*user));

    CHECK(user != NULL);
    user->socket = (struct socket){.context = open->context,
                                   .caller = open->caller,
                                   .message = on_message,
                                   .closed = on_closed};
    user->is_held = true;
    user->link = (struct hub_link){.user_id = open->caller.user_id, .conn = conn_id(conn)};
    if (feed_enter(open->context->feed, open->caller.user_id, clock_wall_ms(), &user->sent)) {
        free(user);
        return NULL;
    }
    if (hub_add(&lobby->users, &user->link)) {
        feed_leave(open->context->feed, open->caller.user_id, clock_wall_ms());
        free(user);
        return NULL;
    }
    return user;
}

void user_socket_open(struct conn *conn, const struct socket_open *open)
{
    static const char *const PROTOCOLS[] = {"rally.v1", NULL};
    struct user_socket *user;
    struct socket_knock knock;

    socket_knock_init(&knock, open, PROTOCOLS);
    if (open->auth) {
        socket_refuse(conn, &knock, open->auth,
                      open->auth == ERR_UNAUTHENTICATED ? STR("Authentication required") : STR(""));
        return;
    }
    user = user_socket_new(conn, open);
    if (!user) {
        socket_refuse(conn, &knock, ERR_FULL, STR(""));
        return;
    }
    if (socket_accept(conn, &knock, &user->socket)) {
        forget(conn_reactor(conn), user);
        return;
    }
    send_connected(conn, user);
    pump_later(conn, user, HOLD_MS);
    presence_watch_look(open->context->presence_watch, open->caller.user_id);
}

/* -- from the bus ---------------------------------------------------------------------------- */

struct wake {
    struct reactor_msg msg;
    uint64_t user_id;
};

static void wake_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct wake *wake = container_of(msg, struct wake, msg);
    struct hub_link *link = hub_find(&lobby_of(reactor)->users, wake->user_id);

    for (; link; link = link->next) {
        struct conn *conn = conn_find(reactor, link->conn);
        if (conn)
            pump(conn, container_of(link, struct user_socket, link));
    }
    free(wake);
}

static void tell(struct context *context, uint64_t user_id, struct str event, struct str data)
{
    uint32_t count = context->server ? server_reactor_count(context->server) : 0;

    if (!feed_append(context->feed, user_id, event, data, clock_wall_ms()))
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct wake *wake = calloc(1, sizeof(*wake));
        CHECK(wake != NULL);
        *wake = (struct wake){.msg.run = wake_run, .user_id = user_id};
        reactor_post(server_reactor(context->server, i), &wake->msg);
    }
}

struct told {
    uint64_t user_id;
    struct str event;
    struct str data;
};

static void on_told(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "user_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct told, user_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "event",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct told, event),
         .present_offset = SIZE_MAX,
         .max = 64},
        {.name = "data",
         .type = JSON_OBJECT,
         .is_required = true,
         .offset = offsetof(struct told, data),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct told told = {0};
    struct arena arena;

    (void)subject;
    arena_init(&arena, NOTIFY_DATA_MAX * 2);
    if (json_decode(payload, &SCHEMA, &arena, &told, &errors) == OK)
        tell(ctx, told.user_id, told.event, told.data);
    arena_release(&arena);
}

struct made {
    uint64_t match_id, left, right;
};

static void tell_match(struct context *context, uint64_t match_id, uint64_t user_id,
                       const char *side)
{
    char memory[160];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    if (user_id == 0) /* a bot's seat */
        return;
    buf_init_fixed(&data, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64_text(&w, "match_id", match_id);
    json_c(&w, "side", side);
    json_key(&w, "websocket_url");
    buf_printf(&data, "\"/ws/game/%llu/\"", (unsigned long long)match_id);
    w.needs_comma = true;
    json_object_end(&w);
    tell(context, user_id, STR("match_found"), buf_str(&data));
    if (feed_last(context->feed, user_id) != 0)
        presence_watch_look(context->presence_watch, user_id);
}

static void on_match(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "match_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct made, match_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "left",
         .type = JSON_ID,
         .offset = offsetof(struct made, left),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "right",
         .type = JSON_ID,
         .offset = offsetof(struct made, right),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct made made = {0};
    struct arena arena;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &made, &errors) == OK) {
        tell_match(ctx, made.match_id, made.left, "left");
        tell_match(ctx, made.match_id, made.right, "right");
    }
    arena_release(&arena);
}

enum err user_socket_start(struct context *context)
{
    enum err err = bus_subscribe(context->bus, NOTIFY_SUBJECT, on_told, context);

    return err ? err : bus_subscribe(context->bus, "match.created", on_match, context);
}
