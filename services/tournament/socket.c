/*
 * The listeners of one tournament on one reactor share a hall. The hall reads the tournament as a
 * whole, one reading at a time, when somebody comes, on a hint and every second; each listener is
 * then told what he lacks. So a listener who comes late, or whose hint was lost, hears the same
 * lines as everybody else, and one who reads slowly gets the newest state instead of all states.
 */
#include "services/tournament/socket.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/bus/bus.h"
#include "services/reactor_state.h"
#include "services/socket.h"
#include "services/tournament/lines.h"
#include "services/tournament/steps.h"
#include "services/tournament/view.h"
#include "services/work.h"

/* Below what a socket may have queued: the rest follows when these have left. */
#define LINES_AT_ONCE 128

struct halls {
    struct map by_tournament; /* tournament id -> struct hall */
};

struct hall {
    uint64_t tournament_id;
    struct list sockets;
    bool is_reading;
    bool reads_again; /* a hint came meanwhile */
};

struct listener {
    struct socket socket;
    struct list link; /* in hall->sockets */
    struct hall *hall;
    struct lines_told told;
    uint64_t told_hash; /* of the last tournament_update that was taken; 0: none */
};

static struct halls *halls_of(struct reactor *reactor)
{
    return reactor_state(reactor, REACTOR_SLOT_TOURNAMENT);
}

static struct hall *hall_find(struct reactor *reactor, uint64_t tournament_id)
{
    uint64_t value = 0;

    if (!map_get(&halls_of(reactor)->by_tournament, tournament_id, &value))
        return NULL;
    return (struct hall *)(uintptr_t)value;
}

static struct hall *hall_open(struct reactor *reactor, uint64_t tournament_id)
{
    struct hall *hall = hall_find(reactor, tournament_id);

    if (hall)
        return hall;
    hall = calloc(1, sizeof(*hall));
    if (!hall)
        return NULL;
    hall->tournament_id = tournament_id;
    list_init(&hall->sockets);
    if (map_set(&halls_of(reactor)->by_tournament, tournament_id, (uint64_t)(uintptr_t)hall)) {
        free(hall);
        return NULL;
    }
    return hall;
}

static void hall_close_if_empty(struct reactor *reactor, struct hall *hall)
{
    if (!list_is_empty(&hall->sockets))
        return;
    (void)map_remove(&halls_of(reactor)->by_tournament, hall->tournament_id);
    free(hall);
}

/* -- reading, on a worker -------------------------------------------------------------------- */

struct reading {
    struct work work;
    uint64_t tournament_id;
    enum err err;
    struct arena arena;
    struct tournament_view view;
    struct buf update; /* the whole tournament_update message */
    uint64_t hash;
};

static enum err reading_txn(struct db *db, void *arg)
{
    struct reading *reading = arg;

    return tournament_view_load(db, reading->tournament_id, &reading->arena, &reading->view);
}

static void reading_run(struct work *work)
{
    struct reading *reading = container_of(work, struct reading, work);
    struct json_writer w = json_writer_of(&reading->update);

    reading->err = store_read(work->context->store, reading_txn, reading);
    if (reading->err)
        return;
    json_object_begin(&w);
    json_c(&w, "type", "tournament_update");
    json_key(&w, "tournament");
    tournament_view_put(&w, &reading->view);
    json_object_end(&w);
    if (buf_ok(&reading->update))
        reading->hash = hash_fixed(reading->update.ptr, reading->update.len, 1);
}

/* -- telling --------------------------------------------------------------------------------- */

static void send_line(struct conn *conn, struct str line)
{
    char memory[LINES_TEXT_SIZE + 64];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "tournament_message");
    json_str(&w, "message", line);
    json_object_end(&w);
    socket_send_text(conn, buf_str(&text));
}

/* True when nothing is left to say. */
static bool tell_lines(struct conn *conn, struct listener *listener,
                       const struct tournament_view *view)
{
    char memory[LINES_TEXT_SIZE];
    struct buf line;

    buf_init_fixed(&line, memory, sizeof(memory));
    for (int i = 0; i < LINES_AT_ONCE; i++) {
        buf_clear(&line);
        if (!lines_next(view, &listener->told, &line))
            return true;
        send_line(conn, buf_str(&line));
    }
    return false;
}

static struct frame *update_frame(struct reactor *reactor, const struct reading *reading)
{
    struct frame *frame;

    if (!buf_ok(&reading->update) || reading->update.len == 0)
        return NULL;
    frame = frame_new(reactor, reading->update.len);
    if (!frame)
        return NULL;
    memcpy(frame_payload(frame), reading->update.ptr, reading->update.len);
    frame_finish(frame, WS_TEXT, reading->update.len);
    return frame;
}

/* True when the listener lacks nothing. A state that was not taken is made good by `drained`. */
static bool tell(struct conn *conn, struct listener *listener, const struct reading *reading,
                 struct frame *frame)
{
    if (!tell_lines(conn, listener, &reading->view))
        return false;
    if (frame && listener->told_hash != reading->hash && socket_send_latest(conn, frame))
        listener->told_hash = reading->hash;
    return true;
}

static void tell_all(struct reactor *reactor, struct hall *hall, const struct reading *reading)
{
    struct frame *frame = update_frame(reactor, reading);

    list_for_each (node, &hall->sockets) {
        struct listener *listener = container_of(node, struct listener, link);
        struct conn *conn = conn_find(reactor, listener->socket.conn);
        if (conn && !tell(conn, listener, reading, frame))
            hall->reads_again = true;
    }
    if (frame)
        frame_release(reactor, frame);
}

static void refuse_all(struct reactor *reactor, struct hall *hall, enum err err)
{
    struct list gone;
    struct list *node;

    list_init(&gone);
    list_move(&hall->sockets, &gone);
    while ((node = list_pop(&gone)) != NULL) {
        struct listener *listener = container_of(node, struct listener, link);
        struct conn *conn = conn_find(reactor, listener->socket.conn);
        listener->hall = NULL;
        if (!conn)
            continue;
        socket_error(conn, err, err == ERR_NOT_FOUND ? STR("No such tournament.") : STR(""));
        socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
    }
    hall_close_if_empty(reactor, hall);
}

/* -- refreshing ------------------------------------------------------------------------------ */

static void hall_refresh(struct reactor *reactor, struct hall *hall);

static void reading_free(struct reading *reading)
{
    arena_release(&reading->arena);
    buf_release(&reading->update);
    free(reading);
}

/* What could not be read now is read within a second; only a tournament that is not there ends it.
 */
static void reading_done(struct reactor *home, struct work *work)
{
    struct reading *reading = container_of(work, struct reading, work);
    struct hall *hall = hall_find(home, reading->tournament_id);

    if (!hall) {
        reading_free(reading);
        return;
    }
    hall->is_reading = false;
    if (reading->err == ERR_NOT_FOUND) {
        refuse_all(home, hall, ERR_NOT_FOUND);
        reading_free(reading);
        return;
    }
    if (reading->err == OK)
        tell_all(home, hall, reading);
    if (hall->reads_again) {
        hall->reads_again = false;
        hall_refresh(home, hall);
    }
    reading_free(reading);
}

static void hall_refresh(struct reactor *reactor, struct hall *hall)
{
    struct reading *reading;

    if (hall->is_reading) {
        hall->reads_again = true;
        return;
    }
    reading = calloc(1, sizeof(*reading));
    if (!reading)
        return;
    reading->work = (struct work){
        .home = reactor, .context = reactor_ctx(reactor), .run = reading_run, .done = reading_done};
    reading->tournament_id = hall->tournament_id;
    arena_init(&reading->arena, TOURNAMENT_VIEW_ARENA_SIZE);
    buf_init(&reading->update, TOURNAMENT_VIEW_SIZE_MAX);
    if (work_submit(&reading->work, "tournament"))
        reading_free(reading);
    else
        hall->is_reading = true;
}

/* -- a listener ------------------------------------------------------------------------------ */

struct message {
    struct str type;
};

/* `ready` is what clients of dialect C say; a tournament's match is readied on its own socket. */
static void on_message(struct conn *conn, struct socket *socket, struct str text)
{
    static const struct json_field FIELDS[] = {
        {.name = "type",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct message, type),
         .present_offset = SIZE_MAX,
         .max = 64},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct message message = {0};
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE * 2);
    err = json_decode(text, &SCHEMA, &arena, &message, &errors);
    if (err == ERR_JSON)
        socket_fault(conn, socket, ERR_JSON, STR("Invalid JSON format"));
    else if (err)
        socket_fault(conn, socket, ERR_PROTOCOL, STR("A message needs a \"type\"."));
    else if (str_eq(message.type, STR("ping")))
        socket_send_text(conn, STR("{\"type\":\"pong\"}"));
    else if (!str_eq(message.type, STR("ready")))
        socket_fault(conn, socket, ERR_PROTOCOL, STR("Unknown message type."));
    arena_release(&arena);
}

static void on_drained(struct conn *conn, struct socket *socket)
{
    struct listener *listener = container_of(socket, struct listener, socket);

    socket_caught_up(conn);
    if (listener->hall)
        hall_refresh(conn_reactor(conn), listener->hall);
}

static void on_closed(struct conn *conn, struct socket *socket, uint16_t code)
{
    struct listener *listener = container_of(socket, struct listener, socket);
    struct hall *hall = listener->hall;

    (void)code;
    list_remove(&listener->link);
    free(listener);
    if (hall)
        hall_close_if_empty(conn_reactor(conn), hall);
}

static void greet(struct conn *conn, const struct caller *caller)
{
    char memory[160];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "{\"type\":\"connection\",\"message\":\"connected %s\"}", caller->username);
    socket_send_text(conn, buf_str(&text));
}

static struct listener *listener_new(const struct socket_open *open)
{
    struct listener *listener = calloc(1, sizeof(*listener));

    if (!listener)
        return NULL;
    listener->socket = (struct socket){.context = open->context,
                                       .caller = open->caller,
                                       .message = on_message,
                                       .drained = on_drained,
                                       .closed = on_closed};
    list_init(&listener->link);
    return listener;
}

static void enter(struct conn *conn, const struct socket_open *open,
                  const struct socket_knock *knock, uint64_t tournament_id)
{
    struct reactor *reactor = conn_reactor(conn);
    struct hall *hall = hall_open(reactor, tournament_id);
    struct listener *listener = hall ? listener_new(open) : NULL;

    if (!listener) {
        if (hall)
            hall_close_if_empty(reactor, hall);
        socket_refuse(conn, knock, ERR_FULL, STR(""));
        return;
    }
    if (socket_accept(conn, knock, &listener->socket)) {
        hall_close_if_empty(reactor, hall);
        free(listener);
        return;
    }
    listener->hall = hall;
    list_append(&hall->sockets, &listener->link);
    greet(conn, &open->caller);
    hall_refresh(reactor, hall);
}

void tournament_socket_open(struct conn *conn, const struct socket_open *open)
{
    static const char *const PROTOCOLS[] = {"rally.v1", NULL};
    struct socket_knock knock;
    uint64_t tournament_id = 0;
    enum err err = open->auth;

    socket_knock_init(&knock, open, PROTOCOLS);
    if (!err && str_to_u64(open->param, INT64_MAX, &tournament_id))
        err = ERR_NOT_FOUND;
    if (err)
        socket_refuse(conn, &knock, err,
                      err == ERR_UNAUTHENTICATED ? STR("Authentication required") : STR(""));
    else
        enter(conn, open, &knock, tournament_id);
}

/* -- hints ----------------------------------------------------------------------------------- */

struct hint {
    struct reactor_msg msg;
    uint64_t tournament_id; /* 0: every hall */
};

static void refresh_every_hall(struct reactor *reactor)
{
    const struct map_entry *entry;
    size_t at = 0;

    while ((entry = map_next(&halls_of(reactor)->by_tournament, &at)) != NULL)
        hall_refresh(reactor, (struct hall *)(uintptr_t)entry->value);
}

static void hint_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct hint *hint = container_of(msg, struct hint, msg);
    struct hall *hall = hint->tournament_id ? hall_find(reactor, hint->tournament_id) : NULL;

    if (hall)
        hall_refresh(reactor, hall);
    else if (hint->tournament_id == 0)
        refresh_every_hall(reactor);
    free(hint);
}

static void to_reactors(struct context *context, uint64_t tournament_id)
{
    uint32_t count = context->server ? server_reactor_count(context->server) : 0;

    for (uint32_t i = 0; i < count; i++) {
        struct hint *hint = calloc(1, sizeof(*hint));
        if (!hint)
            return; /* a hint */
        *hint = (struct hint){.msg.run = hint_run, .tournament_id = tournament_id};
        reactor_post(server_reactor(context->server, i), &hint->msg);
    }
}

void tournament_socket_refresh(struct context *context, uint64_t now_ms)
{
    (void)now_ms;
    to_reactors(context, 0);
}

static void on_changed(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "tournament_id",
         .type = JSON_ID,
         .is_required = true,
         .present_offset = SIZE_MAX,
         .min = 1,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct arena arena;
    uint64_t tournament_id = 0;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &tournament_id, &errors) == OK)
        to_reactors(ctx, tournament_id);
    arena_release(&arena);
}

/* -- the role's life ------------------------------------------------------------------------- */

enum err tournament_socket_start(struct context *context)
{
    return bus_subscribe(context->bus, TOURNAMENT_SUBJECT_CHANGED, on_changed, context);
}

enum err tournament_socket_reactor_start(struct reactor *reactor)
{
    struct halls *halls = calloc(1, sizeof(*halls));

    if (!halls)
        return ERR_FULL;
    map_init(&halls->by_tournament, LIMIT_CONNECTIONS_PER_REACTOR);
    reactor_state_set(reactor, REACTOR_SLOT_TOURNAMENT, halls);
    return OK;
}

/* Sockets have been closed before; a hall that still has some goes with the process. */
void tournament_socket_reactor_stop(struct reactor *reactor)
{
    struct halls *halls = halls_of(reactor);
    const struct map_entry *entry;
    size_t at = 0;

    while ((entry = map_next(&halls->by_tournament, &at)) != NULL) {
        struct hall *hall = (struct hall *)(uintptr_t)entry->value;
        struct list *node;
        while ((node = list_pop(&hall->sockets)) != NULL)
            container_of(node, struct listener, link)->hall = NULL;
        free(hall);
    }
    map_release(&halls->by_tournament);
    free(halls);
}
