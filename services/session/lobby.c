/* See lobby.h. Events are hints here too: who has sat down in the lobby looks at the store again.
 */
#include "services/session/lobby.h"

#include <stdlib.h>

#include "games/registry.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/bus/bus.h"
#include "lib/store/room_codes.h"
#include "lib/wire/url.h"
#include "services/session/dialect.h"
#include "services/session/room.h"
#include "services/work.h"

#define LOBBY_GAME "pong"
#define LOBBY_RULESET "arcade"

static uint32_t lobby_index(struct context *context, const char *code)
{
    struct str text = str_from_c(code);

    return (uint32_t)(hash_keyed(text.ptr, text.len) % server_reactor_count(context->server));
}

/* -- the key ----------------------------------------------------------------------------------- */

bool lobby_has_key(const struct socket_open *open, char code[ROOMCODE_SIZE])
{
    struct arena arena;
    struct str kind = STR("room");
    bool has_letter = false;
    enum err err;

    if (roomcode_fold(open->param, code))
        return false;
    for (size_t i = 0; i < ROOMCODE_LEN; i++)
        has_letter |= code[i] >= 'A';
    arena_init(&arena, 1024);
    err = query_get(open->query, STR("kind"), &arena, &kind);
    has_letter = has_letter && (!err || err == ERR_NOT_FOUND) && str_eq(kind, STR("room"));
    arena_release(&arena);
    return has_letter;
}

/* -- waiting ----------------------------------------------------------------------------------- */

/* What the room will be, shown before it is: nobody moves, one seat is taken. */
static void send_pending(struct conn *conn, struct room_socket *socket)
{
    struct room *room = calloc(1, sizeof(*room));
    char memory[ROOM_MESSAGE_SIZE];
    struct buf text;

    if (!room)
        return;
    room->reactor = conn_reactor(conn);
    room->context = socket->socket.context;
    room->game = registry_find(STR(LOBBY_GAME));
    CHECK(room->game &&
          registry_ruleset_find(room->game, STR(LOBBY_RULESET), &room->config.ruleset) == OK);
    room->config.win_score = room->context->settings->ruleset_win[room->config.ruleset];
    room->game->init(room->state, &room->config, 0);
    memcpy(room->code, socket->code, sizeof(room->code));
    room->seats[SEAT_LEFT].user_id = socket->socket.caller.user_id;
    room->seats[SEAT_LEFT].conn = socket->socket.conn;
    memcpy(room->seats[SEAT_LEFT].username, socket->socket.caller.username, USER_NAME_SIZE);
    buf_init_fixed(&text, memory, sizeof(memory));
    socket->dialect->put_state(&text, room, SEAT_LEFT, reactor_now_ms(room->reactor));
    CHECK(buf_ok(&text));
    socket_send_text(conn, buf_str(&text));
    free(room);
}

/* The lobby's socket of a code, or NULL. */
static struct room_socket *waiting_for(struct reactor *reactor, const char *code)
{
    list_for_each (node, &rooms_of(reactor)->lobby) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        if (memcmp(socket->code, code, ROOMCODE_SIZE) == 0)
            return socket;
    }
    return NULL;
}

static void lobby_end(struct reactor *reactor, const char *code, enum err err, struct str detail)
{
    struct room_socket *socket;

    while ((socket = waiting_for(reactor, code)) != NULL) {
        struct conn *conn = conn_find(reactor, socket->socket.conn);
        list_remove(&socket->link);
        if (!conn)
            continue;
        socket_error(conn, err, detail);
        socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
    }
}

/* Everybody who waits goes to the door of the match's room. */
static void lobby_begin(struct reactor *reactor, const char *code, uint64_t match_id)
{
    struct context *context = rooms_of(reactor)->context;
    struct room_socket *socket;
    struct room *room;

    room_pin(match_id, lobby_index(context, code));
    room = room_home(context, match_id) == reactor ? room_open(reactor, match_id) : NULL;
    if (!room) {
        lobby_end(reactor, code, ERR_FULL, STR("Connect again."));
        return;
    }
    while ((socket = waiting_for(reactor, code)) != NULL) {
        list_remove(&socket->link);
        socket->code[0] = '\0';
        room_socket_enter(room, socket);
    }
}

struct beginning {
    struct reactor_msg msg;
    char code[ROOMCODE_SIZE];
    uint64_t match_id; /* 0: the room is gone */
};

static void beginning_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct beginning *beginning = container_of(msg, struct beginning, msg);

    if (beginning->match_id)
        lobby_begin(reactor, beginning->code, beginning->match_id);
    else
        lobby_end(reactor, beginning->code, ERR_NO_SUCH_ROOM, STR("The room has been closed."));
    free(beginning);
}

static void to_lobby(struct context *context, struct str code, uint64_t match_id)
{
    struct beginning *beginning = calloc(1, sizeof(*beginning));

    if (!beginning)
        return; /* a hint */
    beginning->msg.run = beginning_run;
    beginning->match_id = match_id;
    if (roomcode_fold(code, beginning->code)) {
        free(beginning);
        return;
    }
    reactor_post(server_reactor(context->server, lobby_index(context, beginning->code)),
                 &beginning->msg);
}

void lobby_start_later(struct context *context, struct str code, uint64_t match_id)
{
    char folded[ROOMCODE_SIZE];

    if (roomcode_fold(code, folded))
        return;
    room_pin(match_id, lobby_index(context, folded)); /* before anybody can name the match */
    to_lobby(context, code, match_id);
}

static void on_room_closed(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "room_code",
         .type = JSON_STR,
         .is_required = true,
         .present_offset = SIZE_MAX,
         .max = 16},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct arena arena;
    struct str code;

    (void)subject;
    arena_init(&arena, 1024);
    if (json_decode(payload, &SCHEMA, &arena, &code, &errors) == OK)
        to_lobby(ctx, code, 0);
    arena_release(&arena);
}

enum err lobby_start(struct context *context)
{
    return bus_subscribe(context->bus, "room.closed", on_room_closed, context);
}

/* -- looking at the store ---------------------------------------------------------------------- */

struct look {
    struct work work;
    struct slot_id conn;
    struct caller caller;
    struct socket_knock knock;
    char code[ROOMCODE_SIZE];
    enum err err;
    struct room_row room;
};

static enum err look_txn(struct db *db, void *arg)
{
    struct look *look = arg;

    return room_codes_find(db, str_from_c(look->code), clock_wall_ms(), &look->room);
}

static void look_run(struct work *work)
{
    struct look *look = container_of(work, struct look, work);

    look->err = store_read(work->context->store, look_txn, look);
}

static enum err look_submit(struct look *look, struct reactor *home, struct context *context,
                            void (*done)(struct reactor *, struct work *))
{
    look->work = (struct work){.home = home, .context = context, .run = look_run, .done = done};
    return work_submit(&look->work, "session");
}

/* What came of the second look, which a waiting socket's place depends on. */
static void looked_again(struct reactor *home, struct work *work)
{
    struct look *look = container_of(work, struct look, work);

    if (!work->commit && !look->err && look->room.state == ROOM_PLAYING)
        lobby_begin(home, look->code, look->room.match_id);
    else if (!work->commit && look->err == ERR_NO_SUCH_ROOM)
        lobby_end(home, look->code, ERR_NO_SUCH_ROOM, STR("The room has been closed."));
    free(look);
}

static void lobby_arrived(struct reactor *reactor, struct conn *conn, void *arg)
{
    struct look *look = arg;
    struct context *context = rooms_of(reactor)->context;
    struct room_socket *socket =
        conn ? room_socket_new(context, &look->caller, dialect_of(look->knock.protocol, true))
             : NULL;

    if (!socket || socket_accept(conn, &look->knock, &socket->socket)) {
        free(socket);
        free(look);
        return;
    }
    memcpy(socket->code, look->code, sizeof(socket->code));
    lobby_end(reactor, look->code, ERR_REPLACED, STR(""));
    list_append(&rooms_of(reactor)->lobby, &socket->link);
    send_pending(conn, socket);
    if (look_submit(look, reactor, context, looked_again))
        free(look); /* the event will tell */
}

static void refuse(struct conn *conn, struct look *look, enum err err, struct str detail)
{
    socket_refuse(conn, &look->knock, err, detail);
    free(look);
}

static void looked(struct reactor *home, struct work *work)
{
    struct look *look = container_of(work, struct look, work);
    struct conn *conn = conn_find(home, look->conn);
    enum err err = work->commit ? work->commit : look->err;

    if (!conn) {
        free(look);
    } else if (err) {
        refuse(conn, look, err, STR(""));
    } else if (look->room.state == ROOM_ENDED) {
        refuse(conn, look, ERR_MATCH_ENDED, STR("Game has already ended"));
    } else if (look->room.state == ROOM_PLAYING) {
        room_socket_go(conn, work->context, &look->caller, &look->knock, look->room.match_id, 0,
                       true);
        free(look);
    } else if (look->room.creator_id != look->caller.user_id) {
        refuse(conn, look, ERR_FORBIDDEN, STR("Join the room first."));
    } else {
        conn_move(conn,
                  server_reactor(work->context->server, lobby_index(work->context, look->code)),
                  lobby_arrived, look);
    }
}

void lobby_knock(struct conn *conn, const struct socket_open *open,
                 const struct socket_knock *knock, const char *code)
{
    struct look *look = calloc(1, sizeof(*look));
    enum err err;

    CHECK(look != NULL);
    look->conn = conn_id(conn);
    look->caller = open->caller;
    look->knock = *knock;
    memcpy(look->code, code, sizeof(look->code));
    err = look_submit(look, conn_reactor(conn), open->context, looked);
    if (err)
        refuse(conn, look, ERR_FULL, STR(""));
}
