/*
 * The socket asks and is told; every fact is read from or written to the store by a worker. A hint
 * on the bus only makes the sockets concerned read again; every few seconds they do so anyway, so a
 * lost hint costs time and nothing else. What could not be asked or written for want of a worker or
 * a store is tried again until it is.
 */
#include "services/matchmaker/queue_socket.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/bus/bus.h"
#include "services/hub.h"
#include "services/matchmaker/quick.h"
#include "services/presence.h"
#include "services/reactor_state.h"
#include "services/socket.h"
#include "services/work.h"

#define LOOK_MS 5000        /* whoever waits is told anew, hint or not */
#define TROUBLE_LOOK_MS 500 /* something is to be tried again */

struct queue_socket {
    struct socket socket;
    struct hub_link link;
    bool is_queued;      /* as last told */
    bool is_counted;     /* the player's place may depend on this socket: its end must be written */
    bool is_asking;      /* a status is on its way */
    bool asks_again;     /* a hint came meanwhile */
    bool is_owed;        /* a status could not be had: to be asked for again */
    uint64_t told_match; /* match_created has been sent for it */
};

enum queue_op { OP_STATUS, OP_JOIN, OP_LEAVE };

/* One question of a socket to the workers. */
struct queue_work {
    struct work work;
    enum queue_op op;
    uint64_t user_id;
    struct slot_id conn;
    enum err err;
    struct quick_joined joined;
    struct quick_status status;
    bool has_status;
};

/* What the endpoint has on each reactor. */
struct queue_reactor {
    struct hub hub;
    struct list uncounted; /* struct count: to be written again */
    struct reactor_timer timer;
    bool has_trouble; /* the timer is at TROUBLE_LOOK_MS */
};

static struct queue_reactor *own_of(struct reactor *reactor)
{
    return reactor_state(reactor, REACTOR_SLOT_MATCHMAKER);
}

static struct hub *hub_of(struct reactor *reactor)
{
    return &own_of(reactor)->hub;
}

static void look(struct reactor *reactor, struct reactor_timer *timer);

static void look_soon(struct reactor *reactor)
{
    struct queue_reactor *own = own_of(reactor);

    if (own->has_trouble)
        return;
    own->has_trouble = true;
    CHECK(reactor_timer_start(reactor, &own->timer, reactor_now_ms(reactor) + TROUBLE_LOOK_MS,
                              look) == OK);
}

/* -- sockets of a player whose place depends on them ------------------------------------------- */

/* A write without a worker: it is owed to the other players even when all workers are busy, or a
 * match would be made with somebody who is gone. */
struct count {
    struct store_job job;
    struct reactor_msg msg;
    struct list link; /* in uncounted */
    struct reactor *reactor;
    struct context *context;
    uint64_t user_id;
};

/* How many sockets are open is read inside the transaction: there is one writer, so the last of
 * several such writes has seen the latest count. */
static enum err count_txn(struct db *db, void *arg)
{
    struct count *count = arg;

    if (presence_sockets(count->context->queue_presence, count->user_id) > 0)
        return ticket_socket_back(db, count->user_id);
    return ticket_socket_lost(db, count->user_id, clock_wall_ms());
}

static void count_later(struct reactor *reactor, struct count *count)
{
    list_append(&own_of(reactor)->uncounted, &count->link);
    look_soon(reactor);
}

static void count_failed(struct reactor *reactor, struct reactor_msg *msg)
{
    count_later(reactor, container_of(msg, struct count, msg));
}

/* On the writer. Whatever else went wrong, there is no place that depends on the sockets. */
static void count_done(struct store_job *job, enum err err)
{
    struct count *count = container_of(job, struct count, job);

    if (err != ERR_STORE && err != ERR_FULL) {
        free(count);
        return;
    }
    count->msg.run = count_failed;
    reactor_post(count->reactor, &count->msg);
}

static void count_submit(struct count *count)
{
    if (!count->context->store) { /* the next start gives every place a fresh grace */
        free(count);
        return;
    }
    count->job = (struct store_job){.run = count_txn, .arg = count, .done = count_done};
    if (store_submit(count->context->store, &count->job))
        count_later(count->reactor, count);
}

static void count_sockets(struct reactor *reactor, struct context *context, uint64_t user_id)
{
    struct count *count = calloc(1, sizeof(*count));

    CHECK(count != NULL);
    list_init(&count->link);
    count->reactor = reactor;
    count->context = context;
    count->user_id = user_id;
    count_submit(count);
}

/* -- on the worker ----------------------------------------------------------------------------- */

static void queue_run(struct work *work)
{
    struct queue_work *op = container_of(work, struct queue_work, work);
    struct context *context = work->context;
    uint64_t now_ms = clock_wall_ms();

    switch (op->op) {
    case OP_JOIN:
        op->err = atomic_load(&context->is_draining)
                      ? ERR_DRAINING
                      : quick_join(context, op->user_id, true, now_ms, &op->joined, &work->batch);
        return;
    case OP_LEAVE:
        op->err = quick_leave(context, op->user_id, now_ms, &work->batch);
        return;
    case OP_STATUS:
        op->err = quick_status(context, op->user_id, now_ms, &op->status);
        op->has_status = !op->err;
        return;
    }
}

/* -- to the client ----------------------------------------------------------------------------- */

static void send_success(struct conn *conn, const char *message)
{
    char memory[128];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "{\"type\":\"success\",\"message\":\"%s\"}", message);
    socket_send_text(conn, buf_str(&text));
}

static void send_status(struct conn *conn, const struct quick_status *status)
{
    bool is_queued = status->place.state == TICKET_QUEUED;
    char memory[256];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "queue_status");
    json_bool(&w, "in_queue", is_queued);
    json_key(&w, "position");
    if (is_queued)
        json_put_u64(&w, status->place.position);
    else
        json_put_null(&w);
    json_u64(&w, "total_players", status->place.total);
    if (is_queued) {
        json_u64(&w, "waited_ms", status->waited_ms);
        if (status->has_eta)
            json_u64(&w, "eta_ms", status->eta_ms);
    }
    json_object_end(&w);
    socket_send_text(conn, buf_str(&text));
}

static void send_match(struct conn *conn, const struct quick_status *status)
{
    char memory[256];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "match_created");
    json_u64(&w, "game_id", status->place.match_id);
    json_c(&w, "side", quick_side(status->place.seat));
    json_str(&w, "opponent", str_from_c(status->place.opponent));
    json_object_end(&w);
    socket_send_text(conn, buf_str(&text));
}

/* -- back on the reactor ----------------------------------------------------------------------- */

static void ask(struct conn *conn, struct queue_socket *queue, enum queue_op op);

static void tell_status(struct conn *conn, struct queue_socket *queue,
                        const struct quick_status *status)
{
    queue->is_queued = status->place.state == TICKET_QUEUED;
    if (queue->is_queued && !queue->is_counted) {
        queue->is_counted = true;
        count_sockets(conn_reactor(conn), queue->socket.context, queue->socket.caller.user_id);
    }
    send_status(conn, status);
    if (status->place.state == TICKET_MATCHED && status->place.match_id != queue->told_match) {
        queue->told_match = status->place.match_id;
        send_match(conn, status);
    }
}

/* Said once; the answer comes when it can be had. */
static void status_is_owed(struct conn *conn, struct queue_socket *queue, enum err err)
{
    if (!queue->is_owed)
        socket_error(conn, err, STR(""));
    queue->is_owed = true;
    look_soon(conn_reactor(conn));
}

static void status_done(struct conn *conn, struct queue_socket *queue, const struct queue_work *op)
{
    queue->is_asking = false;
    if (!op->has_status) {
        queue->asks_again = false;
        status_is_owed(conn, queue, op->err);
        return;
    }
    queue->is_owed = false;
    tell_status(conn, queue, &op->status);
    if (queue->asks_again) {
        queue->asks_again = false;
        ask(conn, queue, OP_STATUS);
    }
}

static void publish(const struct queue_work *op)
{
    char memory[QUICK_PAYLOAD_SIZE];
    struct buf payload;

    if (op->err || op->op == OP_STATUS)
        return;
    buf_init_fixed(&payload, memory, sizeof(memory));
    if (op->op == OP_JOIN && op->joined.ticket.match_id != 0) {
        quick_match_created_put(&payload, &op->joined);
        bus_publish(op->work.context->bus, QUICK_SUBJECT_MATCH, buf_str(&payload));
        buf_clear(&payload);
    }
    quick_changed_put(&payload, op->user_id);
    bus_publish(op->work.context->bus, QUICK_SUBJECT_CHANGED, buf_str(&payload));
}

/* The answer first, the hints it causes after it. */
static void queue_done(struct reactor *home, struct work *work)
{
    struct queue_work *op = container_of(work, struct queue_work, work);
    struct conn *conn = conn_find(home, op->conn);
    struct queue_socket *queue =
        conn ? container_of(socket_of(conn), struct queue_socket, socket) : NULL;

    if (work->commit)
        op->err = work->commit;
    if (queue && op->op == OP_STATUS)
        status_done(conn, queue, op);
    else if (queue && op->err)
        socket_error(conn, op->err, STR(""));
    else if (queue)
        send_success(conn, op->op == OP_JOIN ? "Joined queue" : "Left queue");
    /* A socket may be counted as lost before its join has run, and then nothing would ever end the
     * place. */
    if (!queue && op->op == OP_JOIN && !op->err)
        count_sockets(home, work->context, op->user_id);
    publish(op);
    free(op);
}

static enum err submit(struct reactor *reactor, struct context *context, uint64_t user_id,
                       struct slot_id conn, enum queue_op what)
{
    struct queue_work *op = calloc(1, sizeof(*op));
    enum err err;

    if (!op)
        return ERR_FULL;
    op->work =
        (struct work){.home = reactor, .context = context, .run = queue_run, .done = queue_done};
    op->op = what;
    op->user_id = user_id;
    op->conn = conn;
    err = work_submit(&op->work, "matchmaker");
    if (err)
        free(op);
    return err;
}

static void ask(struct conn *conn, struct queue_socket *queue, enum queue_op op)
{
    enum err err;

    if (op == OP_STATUS && queue->is_asking) {
        queue->asks_again = true;
        return;
    }
    err = submit(conn_reactor(conn), queue->socket.context, queue->socket.caller.user_id,
                 conn_id(conn), op);
    if (err && op == OP_STATUS)
        status_is_owed(conn, queue, ERR_FULL);
    else if (err)
        socket_error(conn, ERR_FULL, STR(""));
    else if (op == OP_STATUS)
        queue->is_asking = true;
}

/* -- from the client --------------------------------------------------------------------------- */

struct queue_message {
    struct str type;
};

static void join(struct conn *conn, struct queue_socket *queue)
{
    queue->is_counted = true;
    ask(conn, queue, OP_JOIN);
}

static void on_message(struct conn *conn, struct socket *socket, struct str text)
{
    static const struct json_field FIELDS[] = {
        {.name = "type",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct queue_message, type),
         .present_offset = SIZE_MAX,
         .max = 64},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct queue_socket *queue = container_of(socket, struct queue_socket, socket);
    struct queue_message message = {0};
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE * 2);
    err = json_decode(text, &SCHEMA, &arena, &message, &errors);
    if (err == ERR_JSON)
        socket_fault(conn, socket, ERR_JSON, STR("Invalid JSON format"));
    else if (err)
        socket_fault(conn, socket, ERR_PROTOCOL, STR("A message needs a \"type\"."));
    else if (str_eq(message.type, STR("join_queue")))
        join(conn, queue);
    else if (str_eq(message.type, STR("leave_queue")))
        ask(conn, queue, OP_LEAVE);
    else
        socket_fault(conn, socket, ERR_PROTOCOL, STR("Unknown message type."));
    arena_release(&arena);
}

static void on_closed(struct conn *conn, struct socket *socket, uint16_t code)
{
    struct queue_socket *queue = container_of(socket, struct queue_socket, socket);
    struct reactor *reactor = conn_reactor(conn);

    (void)code;
    (void)hub_remove(hub_of(reactor), &queue->link);
    presence_leave(socket->context->queue_presence, socket->caller.user_id);
    /* A status on its way may be the one that would have told of a place. */
    if (queue->is_counted || queue->is_asking || queue->is_owed)
        count_sockets(reactor, socket->context, socket->caller.user_id);
    free(queue);
}

void queue_socket_open(struct conn *conn, const struct socket_open *open)
{
    static const char *const PROTOCOLS[] = {"rally.v1", NULL};
    struct queue_socket *queue;
    struct socket_knock knock;
    struct hub *hub = hub_of(conn_reactor(conn));

    socket_knock_init(&knock, open, PROTOCOLS);
    if (open->auth) {
        socket_refuse(conn, &knock, open->auth,
                      open->auth == ERR_UNAUTHENTICATED ? STR("Authentication required") : STR(""));
        return;
    }
    queue = calloc(1, sizeof(*queue));
    CHECK(queue != NULL);
    if (presence_enter(open->context->queue_presence, open->caller.user_id, 0)) {
        free(queue);
        socket_refuse(conn, &knock, ERR_FULL, STR(""));
        return;
    }
    queue->socket = (struct socket){.context = open->context,
                                    .caller = open->caller,
                                    .message = on_message,
                                    .closed = on_closed};
    queue->link = (struct hub_link){.user_id = open->caller.user_id, .conn = conn_id(conn)};
    if (hub_add(hub, &queue->link)) {
        presence_leave(open->context->queue_presence, open->caller.user_id);
        free(queue);
        socket_refuse(conn, &knock, ERR_FULL, STR(""));
        return;
    }
    if (socket_accept(conn, &knock, &queue->socket)) {
        (void)hub_remove(hub, &queue->link);
        presence_leave(open->context->queue_presence, open->caller.user_id);
        free(queue);
        return;
    }
    ask(conn, queue, OP_STATUS);
}

/* -- hints ------------------------------------------------------------------------------------- */

struct hint {
    struct reactor_msg msg;
    uint64_t user_ids[2];
    bool is_about_all; /* places of everybody waiting may have changed */
};

static void refresh(struct reactor *reactor, uint64_t user_id)
{
    for (struct hub_link *link = hub_find(hub_of(reactor), user_id); link; link = link->next) {
        struct conn *conn = conn_find(reactor, link->conn);
        if (conn)
            ask(conn, container_of(link, struct queue_socket, link), OP_STATUS);
    }
}

static void refresh_one(struct reactor *reactor, struct hub_link *link, bool is_waiting_too)
{
    struct queue_socket *queue = container_of(link, struct queue_socket, link);
    struct conn *conn = conn_find(reactor, link->conn);

    if (conn && (queue->is_owed || (is_waiting_too && queue->is_queued)))
        ask(conn, queue, OP_STATUS);
}

/* Whoever is owed a status, and whoever waits in the queue as well. */
static void refresh_some(struct reactor *reactor, bool is_waiting_too)
{
    size_t at = 0;
    const struct map_entry *entry;

    while ((entry = map_next(&hub_of(reactor)->users, &at)) != NULL) {
        struct hub_link *link = (struct hub_link *)(uintptr_t)entry->value;
        for (; link; link = link->next)
            refresh_one(reactor, link, is_waiting_too);
    }
}

static void look(struct reactor *reactor, struct reactor_timer *timer)
{
    struct queue_reactor *own = container_of(timer, struct queue_reactor, timer);
    bool had_trouble = own->has_trouble;
    struct list uncounted, *node;

    own->has_trouble = false;
    CHECK(reactor_timer_start(reactor, timer, reactor_now_ms(reactor) + LOOK_MS, look) == OK);
    list_init(&uncounted);
    list_move(&own->uncounted, &uncounted);
    while ((node = list_pop(&uncounted)) != NULL)
        count_submit(container_of(node, struct count, link));
    refresh_some(reactor, !had_trouble);
}

static void hint_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct hint *hint = container_of(msg, struct hint, msg);

    for (int i = 0; i < 2; i++)
        if (hint->user_ids[i] != 0)
            refresh(reactor, hint->user_ids[i]);
    if (hint->is_about_all)
        refresh_some(reactor, true);
    free(hint);
}

static void to_reactors(struct context *context, uint64_t first, uint64_t second, bool is_about_all)
{
    uint32_t count = context->server ? server_reactor_count(context->server) : 0;

    for (uint32_t i = 0; i < count; i++) {
        struct hint *hint = calloc(1, sizeof(*hint));
        if (!hint)
            return; /* a hint */
        *hint = (struct hint){
            .msg.run = hint_run, .user_ids = {first, second}, .is_about_all = is_about_all};
        reactor_post(server_reactor(context->server, i), &hint->msg);
    }
}

struct hint_payload {
    uint64_t left, right, user_id;
};

static void on_hint(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "left",
         .type = JSON_ID,
         .offset = offsetof(struct hint_payload, left),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "right",
         .type = JSON_ID,
         .offset = offsetof(struct hint_payload, right),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "user_id",
         .type = JSON_ID,
         .offset = offsetof(struct hint_payload, user_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct hint_payload hint = {0};
    struct json_errors errors = {0};
    struct arena arena;

    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &hint, &errors) == OK)
        to_reactors(ctx, hint.left ? hint.left : hint.user_id, hint.right,
                    str_eq(subject, STR(QUICK_SUBJECT_CHANGED)));
    arena_release(&arena);
}

enum err queue_socket_start(struct context *context)
{
    enum err err = bus_subscribe(context->bus, QUICK_SUBJECT_MATCH, on_hint, context);

    return err ? err : bus_subscribe(context->bus, QUICK_SUBJECT_CHANGED, on_hint, context);
}

enum err queue_socket_reactor_start(struct reactor *reactor)
{
    struct queue_reactor *own = calloc(1, sizeof(*own));

    if (!own)
        return ERR_FULL;
    hub_init(&own->hub);
    list_init(&own->uncounted);
    reactor_state_set(reactor, REACTOR_SLOT_MATCHMAKER, own);
    return reactor_timer_start(reactor, &own->timer, reactor_now_ms(reactor) + LOOK_MS, look);
}

void queue_socket_reactor_stop(struct reactor *reactor)
{
    struct queue_reactor *own = own_of(reactor);
    struct list *node;

    while ((node = list_pop(&own->uncounted)) != NULL)
        free(container_of(node, struct count, link));
    reactor_timer_stop(reactor, &own->timer);
    hub_release(&own->hub);
    free(own);
}
