/*
 * Sockets of a room coming and going. Whoever has a seat in the match plays, everybody else who is
 * signed in watches. A newer socket of the same player takes the seat over at once; the old one is
 * told and closed with 4009.
 */
#include "services/session/room.h"

#include <stdlib.h>

#include "lib/wire/url.h"
#include "services/session/keys.h"
#include "services/session/dialect.h"
#include "services/session/lobby.h"

struct conn *room_socket_conn(const struct room *room, const struct room_socket *socket)
{
    return conn_find(room->reactor, socket->socket.conn);
}

int8_t room_seat_of(const struct room *room, uint64_t user_id)
{
    for (int8_t seat = 0; seat < MATCH_SEATS; seat++)
        if (room->seats[seat].user_id == user_id)
            return seat;
    return MATCH_NO_SEAT;
}

/* -- going ------------------------------------------------------------------------------------- */

static void seat_is_left(struct room *room, int8_t seat)
{
    struct match_effects effects;

    room->seats[seat].conn = (struct slot_id){0};
    match_leave(&room->match, (uint8_t)seat, reactor_now_ms(room->reactor), &effects);
    room_effects_apply(room, &effects);
}

static void on_closed(struct conn *conn, struct socket *socket, uint16_t code)
{
    struct room_socket *own = container_of(socket, struct room_socket, socket);
    struct room *room = own->room;
    int8_t seat = own->seat;
    bool holds_seat = room && room->phase == ROOM_OPEN && seat >= 0 &&
                      slot_id_eq(room->seats[seat].conn, conn_id(conn));

    (void)code;
    list_remove(&own->link);
    free(own);
    if (holds_seat)
        seat_is_left(room, seat);
    else if (room && room->phase == ROOM_OPEN && seat < 0)
        room->spectator_count--;
}

static void on_drained(struct conn *conn, struct socket *socket)
{
    struct room_socket *own = container_of(socket, struct room_socket, socket);

    (void)conn;
    if (own->room)
        room_send_state(own->room, own);
}

/* -- coming ------------------------------------------------------------------------------------ */

static void let_go(struct room_socket *socket, enum err err, struct str detail)
{
    struct conn *conn = room_socket_conn(socket->room, socket);

    list_remove(&socket->link);
    socket->room = NULL;
    if (!conn)
        return;
    socket_error(conn, err, detail);
    socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
}

static struct room_socket *holder_of(struct room *room, int8_t seat)
{
    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        if (slot_id_eq(socket->socket.conn, room->seats[seat].conn))
            return socket;
    }
    return NULL;
}

static void send_over(struct room *room, struct room_socket *socket)
{
    char memory[512];
    struct conn *conn = room_socket_conn(room, socket);
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    socket->dialect->put_over(&text, room, socket->seat, room->seq);
    if (conn && buf_ok(&text))
        socket_send_text(conn, buf_str(&text));
}

/* Intents and their numbers start anew with each connection. */
static void seat_take(struct room_socket *socket, int8_t seat)
{
    struct room *room = socket->room;
    struct room_seat *player = &room->seats[seat];
    struct game_input rest = {.kind = GAME_INPUT_MOVE, .direction = 0};
    struct room_socket *older = slot_id_is_none(player->conn) ? NULL : holder_of(room, seat);

    player->conn = socket->socket.conn; /* before the old one closes: it no longer holds the seat */
    player->has_input = false;
    player->has_target = false;
    player->direction = 0;
    player->wants_serve = false;
    player->has_seq = false;
    player->seq_seen = 0;
    player->ack = 0;
    room->game->input(room->state, (uint8_t)seat, &rest);
    if (older)
        let_go(older, ERR_REPLACED, STR(""));
}

static void player_sits(struct room_socket *socket, int8_t seat)
{
    struct room *room = socket->room;
    struct match_effects effects;

    socket->seat = seat;
    seat_take(socket, seat);
    room_send_state(room, socket);
    if (room->is_ended)
        send_over(room, socket);
    match_join(&room->match, (uint8_t)seat, reactor_now_ms(room->reactor), &effects);
    room_effects_apply(room, &effects);
}

static void spectator_sits(struct room_socket *socket)
{
    struct room *room = socket->room;

    if (room->is_private || room->spectator_count >= LIMIT_ROOM_SPECTATORS) {
        let_go(socket, room->is_private ? ERR_FORBIDDEN : ERR_FULL,
               room->is_private ? STR("This game is private.")
                                : STR("No more spectators fit into this room."));
        return;
    }
    room->spectator_count++;
    socket->seat = MATCH_NO_SEAT;
    room_send_state(room, socket);
    if (room->is_ended)
        send_over(room, socket);
}

static void take_place(struct room_socket *socket)
{
    int8_t seat = room_seat_of(socket->room, socket->socket.caller.user_id);

    if (seat >= 0)
        player_sits(socket, seat);
    else
        spectator_sits(socket);
}

/* On its way to the reactor of its room, then waiting until the room is open. */
struct arrival {
    struct list link; /* in room->arrivals */
    struct context *context;
    struct caller caller;
    struct socket_knock knock;
    struct slot_id conn;
    uint64_t match_id;
    bool is_by_code;
    uint64_t tournament_id; /* of its key; 0: the key names the match alone */
};

/* -- knocking ---------------------------------------------------------------------------------- */

struct room_socket *room_socket_new(struct context *context, const struct caller *caller,
                                    const struct dialect *dialect)
{
    struct room_socket *socket = calloc(1, sizeof(*socket));

    CHECK(socket != NULL);
    socket->socket = (struct socket){.context = context,
                                     .caller = *caller,
                                     .message = dialect->hear,
                                     .drained = on_drained,
                                     .closed = on_closed};
    socket->seat = MATCH_NO_SEAT;
    socket->dialect = dialect;
    list_init(&socket->link);
    return socket;
}

void room_socket_enter(struct room *room, struct room_socket *socket)
{
    if (room->phase == ROOM_LOADING) {
        list_append(&room->early, &socket->link);
        return;
    }
    socket->room = room;
    list_append(&room->sockets, &socket->link);
    take_place(socket);
}

static void sit(struct room *room, struct conn *conn, const struct arrival *arrival)
{
    struct room_socket *socket;

    if (arrival->tournament_id != 0 && arrival->tournament_id != room->tournament_id) {
        socket_refuse(conn, &arrival->knock, ERR_NO_SUCH_MATCH,
                      STR("The match is not one of this tournament."));
        return;
    }
    socket = room_socket_new(arrival->context, &arrival->caller,
                             dialect_of(arrival->knock.protocol, arrival->is_by_code));
    if (socket_accept(conn, &arrival->knock, &socket->socket)) {
        free(socket);
        return;
    }
    room_socket_enter(room, socket);
}

void room_arrivals_sit(struct room *room)
{
    struct list *node;

    while ((node = list_pop(&room->early)) != NULL)
        room_socket_enter(room, container_of(node, struct room_socket, link));
    while ((node = list_pop(&room->arrivals)) != NULL) {
        struct arrival *arrival = container_of(node, struct arrival, link);
        struct conn *conn = conn_find(room->reactor, arrival->conn);
        if (conn)
            sit(room, conn, arrival);
        free(arrival);
    }
}

void room_arrivals_refuse(struct room *room, enum err err, struct str detail)
{
    struct list *node;

    while ((node = list_pop(&room->early)) != NULL) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        struct conn *conn = room_socket_conn(room, socket);
        if (!conn)
            continue;
        socket_error(conn, err, detail);
        socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
    }
    while ((node = list_pop(&room->arrivals)) != NULL) {
        struct arrival *arrival = container_of(node, struct arrival, link);
        struct conn *conn = conn_find(room->reactor, arrival->conn);
        if (conn)
            socket_refuse(conn, &arrival->knock, err, detail);
        free(arrival);
    }
}

/* The handshake is answered once the room can listen: nothing a client says at once is lost. */
static void arrive(struct conn *conn, struct arrival *arrival)
{
    struct room *room = room_open(conn_reactor(conn), arrival->match_id);

    if (!room) {
        socket_refuse(conn, &arrival->knock, ERR_FULL, STR(""));
        free(arrival);
    } else if (room->phase == ROOM_LOADING) {
        arrival->conn = conn_id(conn);
        list_append(&room->arrivals, &arrival->link);
    } else {
        sit(room, conn, arrival);
        free(arrival);
    }
}

static void arrived(struct reactor *reactor, struct conn *conn, void *arg)
{
    (void)reactor;
    if (conn)
        arrive(conn, arg);
    else
        free(arg);
}

/* The match a key names (protocol section 10). */
static enum err key_resolve(const struct socket_open *open, struct tournament_key *key)
{
    struct arena arena;
    struct str kind = STR("");
    enum err err;

    arena_init(&arena, 1024);
    err = query_get(open->query, STR("kind"), &arena, &kind);
    if (err == ERR_NOT_FOUND)
        err = OK;
    if (!err && (kind.len == 0 || str_eq(kind, STR("tournament"))) &&
        key_is_tournament(open->param, key)) {
        arena_release(&arena);
        return OK;
    }
    key->tournament_id = 0;
    if (!err && kind.len > 0 && !str_eq(kind, STR("game")))
        err = ERR_NO_SUCH_MATCH;
    if (!err && str_to_u64(open->param, INT64_MAX, &key->match_id))
        err = ERR_NO_SUCH_MATCH;
    arena_release(&arena);
    return err;
}

/* Moving takes the bytes behind the request along, so it waits until the request is done with. */
struct departure {
    struct reactor_msg msg;
    struct slot_id conn;
    struct arrival *arrival;
};

static void depart(struct reactor *reactor, struct reactor_msg *msg)
{
    struct departure *departure = container_of(msg, struct departure, msg);
    struct conn *conn = conn_find(reactor, departure->conn);
    struct arrival *arrival = departure->arrival;

    free(departure);
    if (conn)
        conn_move(conn, room_home(arrival->context, arrival->match_id), arrived, arrival);
    else
        free(arrival);
}

static void depart_later(struct conn *conn, struct arrival *arrival)
{
    struct departure *departure = calloc(1, sizeof(*departure));

    CHECK(departure != NULL);
    *departure = (struct departure){.msg.run = depart, .conn = conn_id(conn), .arrival = arrival};
    reactor_post(conn_reactor(conn), &departure->msg);
}

void room_socket_go(struct conn *conn, struct context *context, const struct caller *caller,
                    const struct socket_knock *knock, uint64_t match_id, uint64_t tournament_id,
                    bool is_by_code)
{
    struct arrival *arrival = calloc(1, sizeof(*arrival));

    CHECK(arrival != NULL);
    *arrival = (struct arrival){.context = context,
                                .caller = *caller,
                                .knock = *knock,
                                .match_id = match_id,
                                .tournament_id = tournament_id,
                                .is_by_code = is_by_code};
    if (room_home(context, match_id) == conn_reactor(conn)) {
        arrived(conn_reactor(conn), conn, arrival);
        return;
    }
    depart_later(conn, arrival);
}

void room_socket_open(struct conn *conn, const struct socket_open *open)
{
    static const char *const PROTOCOLS[] = {"rally.v1", "seed.b", NULL};
    struct socket_knock knock;
    char code[ROOMCODE_SIZE];
    struct tournament_key key = {0};
    enum err err = open->auth;

    socket_knock_init(&knock, open, PROTOCOLS);
    if (!err && lobby_has_key(open, code)) {
        lobby_knock(conn, open, &knock, code);
        return;
    }
    if (!err)
        err = key_resolve(open, &key);
    if (err) {
        socket_refuse(conn, &knock, err,
                      err == ERR_UNAUTHENTICATED ? STR("Authentication required") : STR(""));
        return;
    }
    room_socket_go(conn, open->context, &open->caller, &knock, key.match_id, key.tournament_id,
                   false);
}
