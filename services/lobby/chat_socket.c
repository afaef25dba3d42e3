/*
 * A socket is accepted, finds its room, listens to it, and reads what was said before. What is said
 * between listening and having read makes it read again, so nothing is missed and nothing comes
 * twice: message ids are given by one writer, so all up to the newest one read were read.
 */
#include "services/lobby/chat_socket.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/wire/utf8.h"
#include "services/lobby/chat.h"
#include "services/lobby/chat_spread.h"
#include "services/lobby/reactor.h"
#include "services/work.h"

#define WAITING_MAX 16
/* A room in which something is said faster than it can be read: better a gap than no entry. */
#define READS_MAX 5

static const struct ratelimit_rule CHAT_RULE = {.count = 5, .period_ms = 5000, .burst = 10};

enum chat_op_kind { OP_ENTER, OP_READ, OP_SAY };

/* One question of a socket to the workers. */
struct chat_op {
    struct work work;
    struct list link; /* in waiting */
    enum chat_op_kind kind;
    struct slot_id conn;
    struct caller caller;
    char name[CHAT_ROOM_SIZE]; /* ENTER */
    struct chat_room room;
    char text[CHAT_TEXT_MAX + 1]; /* SAY */
    struct chat_say say;
    struct chat_history *history; /* READ */
    enum err err;
};

/* -- on the worker --------------------------------------------------------------------------- */

static void op_run(struct work *work)
{
    struct chat_op *op = container_of(work, struct chat_op, work);
    uint64_t user_id = op->caller.user_id;

    switch (op->kind) {
    case OP_ENTER:
        op->err = chat_room_find(work->context, str_from_c(op->name), user_id, &op->room);
        return;
    case OP_READ:
        op->err = chat_history_read(work->context, &op->room, user_id, op->history);
        return;
    case OP_SAY:
        op->say = (struct chat_say){.context = work->context,
                                    .room = &op->room,
                                    .user_id = user_id,
                                    .text = str_from_c(op->text),
                                    .now_ms = clock_wall_ms()};
        op->err = chat_say(&op->say, &work->batch);
        return;
    }
}

/* -- asking ---------------------------------------------------------------------------------- */

static void op_done(struct reactor *home, struct work *work);

static struct chat_op *op_new(struct conn *conn, const struct chat_socket *chat,
                              enum chat_op_kind kind)
{
    struct chat_op *op = calloc(1, sizeof(*op));

    CHECK(op != NULL);
    op->work = (struct work){.home = conn_reactor(conn),
                             .context = chat->socket.context,
                             .run = op_run,
                             .done = op_done};
    list_init(&op->link);
    op->kind = kind;
    op->conn = conn_id(conn);
    op->caller = chat->socket.caller;
    op->room = chat->room;
    if (kind == OP_READ) {
        op->history = calloc(1, sizeof(*op->history));
        CHECK(op->history != NULL);
    }
    return op;
}

static void op_free(struct chat_op *op)
{
    free(op->history);
    free(op->say.challenge);
    free(op);
}

static void next_op(struct conn *conn, struct chat_socket *chat);

static void submit(struct conn *conn, struct chat_socket *chat, struct chat_op *op)
{
    enum chat_op_kind kind = op->kind;

    chat->is_busy = true;
    if (work_submit(&op->work, "lobby") == OK)
        return;
    chat->is_busy = false;
    op_free(op);
    socket_error(conn, ERR_FULL, STR(""));
    if (kind != OP_SAY)
        socket_close(conn, WS_CLOSE_RESTART, STR("overloaded"));
    else
        next_op(conn, chat);
}

/* What was said while the socket was busy, in order. */
static void next_op(struct conn *conn, struct chat_socket *chat)
{
    struct list *node = list_pop(&chat->waiting);
    struct chat_op *op;

    if (!node)
        return;
    chat->waiting_count--;
    op = container_of(node, struct chat_op, link);
    op->room = chat->room;
    submit(conn, chat, op);
}

/* -- back on the reactor --------------------------------------------------------------------- */

static void refuse(struct conn *conn, enum err err)
{
    if (err == ERR_NOT_FOUND)
        socket_error(conn, err, STR("There is no such room."));
    else
        socket_error(conn, err, STR(""));
    socket_close(conn, socket_close_code(err), str_from_c(err_code(err)));
}

static void entered(struct conn *conn, struct chat_socket *chat, const struct chat_op *op)
{
    struct lobby_reactor *lobby = lobby_of(conn_reactor(conn));

    if (op->err) {
        refuse(conn, op->err);
        return;
    }
    chat->room = op->room;
    chat->room_link =
        (struct hub_link){.user_id = chat_room_key(op->room.channel), .conn = conn_id(conn)};
    if (hub_add(&lobby->chat_room, &chat->room_link)) {
        refuse(conn, ERR_FULL);
        return;
    }
    chat->is_in_room = true;
    submit(conn, chat, op_new(conn, chat, OP_READ));
}

static void send_row(struct conn *conn, const struct chat_row *row)
{
    struct chat_said said = {.id = row->id,
                             .to_user_id = row->to_user_id,
                             .sent_ms = row->sent_ms,
                             .username = str_from_c(row->username),
                             .message = str_from_c(row->text)};
    char memory[CHAT_MESSAGE_SIZE];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    chat_message_put(&text, &said);
    socket_send_text(conn, buf_str(&text));
}

static void have_read(struct conn *conn, struct chat_socket *chat, const struct chat_op *op)
{
    const struct chat_history *history = op->history;

    if (op->err) {
        refuse(conn, op->err);
        return;
    }
    if (chat->reads_again && ++chat->reads < READS_MAX) {
        chat->reads_again = false;
        submit(conn, chat, op_new(conn, chat, OP_READ));
        return;
    }
    for (size_t i = 0; i < history->blocked_count; i++)
        chat_block(chat, history->blocked_ids[i], true);
    for (size_t i = 0; i < history->count; i++)
        send_row(conn, &history->rows[i]);
    chat->newest_read = history->count > 0 ? history->rows[history->count - 1].id : 0;
    chat->is_joined = true;
    socket_send_text(conn, STR("{\"type\":\"joined\"}"));
    next_op(conn, chat);
}

static void send_duel(struct conn *conn, const struct duel_row *row)
{
    char memory[DUEL_DATA_SIZE + 64];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "type", "duel");
    json_key(&w, "duel");
    duel_data_put(&w, row);
    json_object_end(&w);
    socket_send_text(conn, buf_str(&text));
}

static void answer(struct conn *conn, struct chat_socket *chat, const struct chat_op *op)
{
    if (op->err)
        socket_error(conn, op->err, str_from_c(op->say.detail));
    else if (op->say.outcome == CHAT_HELP)
        socket_send_text(conn, STR("{\"type\":\"help\",\"message\":\"/duel <user> challenges, "
                                   "/pm <user> <text> is seen by the two of you only, "
                                   "/help lists the commands\"}"));
    else if (op->say.outcome == CHAT_DUELED)
        send_duel(conn, &op->say.challenge->opened.duel);
    next_op(conn, chat);
}

/* To the rest of the world, also when the speaker has gone meanwhile. */
static void spread(struct context *context, const struct chat_op *op)
{
    const struct chat_say *say = &op->say;

    if (op->kind != OP_SAY || op->err || say->outcome == CHAT_HELP)
        return;
    if (say->outcome == CHAT_DUELED) {
        duel_tell(context, &say->challenge->opened.duel);
        duel_tell_expired(context, &say->challenge->expired);
        return;
    }
    chat_spread(context, &(struct chat_said){.id = say->id,
                                             .user_id = op->caller.user_id,
                                             .to_user_id = say->to_user_id,
                                             .sent_ms = say->now_ms,
                                             .is_pm = say->outcome == CHAT_PM,
                                             .channel = str_from_c(op->room.channel),
                                             .username = str_from_c(op->caller.username),
                                             .to_username = str_from_c(say->to_username),
                                             .message = say->said});
}

static void op_done(struct reactor *home, struct work *work)
{
    struct chat_op *op = container_of(work, struct chat_op, work);
    struct conn *conn = conn_find(home, op->conn);
    struct chat_socket *chat = conn ? chat_socket_of(socket_of(conn)) : NULL;

    if (work->commit)
        op->err = work->commit;
    spread(work->context, op);
    if (chat) {
        chat->is_busy = false;
        if (op->kind == OP_ENTER)
            entered(conn, chat, op);
        else if (op->kind == OP_READ)
            have_read(conn, chat, op);
        else
            answer(conn, chat, op);
    }
    op_free(op);
}

/* -- from the client ------------------------------------------------------------------------- */

/* Text and line breaks, nothing that moves a cursor. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f)
            return false;
    }
    return true;
}

static enum err text_check(struct str text, struct str *detail)
{
    *detail = STR("A message is 1 to 500 characters of text.");
    if (utf8_count(text) > CHAT_CHARACTERS_MAX)
        return ERR_TOO_LARGE;
    return text.len > 0 && is_plain(text) ? OK : ERR_INVALID;
}

static bool may_speak(struct conn *conn, struct chat_socket *chat)
{
    struct ratelimit_answer answer;

    if (chat->waiting_count >= WAITING_MAX)
        return false;
    return !chat->socket.context->settings->rate_limits ||
           ratelimit_take(&chat->limit, &CHAT_RULE, reactor_now_ms(conn_reactor(conn)), 1, &answer);
}

static void say(struct conn *conn, struct chat_socket *chat, struct str text)
{
    struct chat_op *op;
    struct str detail;
    enum err err;

    text = str_trim(text);
    if ((err = text_check(text, &detail))) {
        socket_error(conn, err, detail);
        return;
    }
    if (!may_speak(conn, chat)) {
        socket_error(conn, ERR_RATE_LIMITED, STR("You are writing too fast."));
        return;
    }
    op = op_new(conn, chat, OP_SAY);
    CHECK(str_to_c(text, op->text, sizeof(op->text)) == OK);
    if (chat->is_joined && !chat->is_busy) {
        submit(conn, chat, op);
        return;
    }
    list_append(&chat->waiting, &op->link);
    chat->waiting_count++;
}

struct chat_message {
    struct str type;
    struct str message;
    bool has_message;
};

/* Further keys that the dialect's clients send, `username` among them, are not believed. */
static enum err message_decode(struct str text, struct arena *arena, struct chat_message *out)
{
    static const struct json_field FIELDS[] = {
        {.name = "type",
         .type = JSON_STR,
         .offset = offsetof(struct chat_message, type),
         .present_offset = SIZE_MAX,
         .max = 64},
        {.name = "message",
         .type = JSON_STR,
         .offset = offsetof(struct chat_message, message),
         .present_offset = offsetof(struct chat_message, has_message)},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};

    return json_decode(text, &SCHEMA, arena, out, &errors);
}

static void on_message(struct conn *conn, struct socket *socket, struct str text)
{
    struct chat_message message = {.has_message = false};
    struct arena arena;
    enum err err;

    arena_init(&arena, LIMIT_WS_MESSAGE_SIZE * 2);
    err = message_decode(text, &arena, &message);
    if (err == ERR_JSON)
        socket_fault(conn, socket, ERR_JSON, STR("Invalid JSON format"));
    else if (!err && str_eq(message.type, STR("ping")))
        socket_send_text(conn, STR("{\"type\":\"pong\"}"));
    else if (err || !message.has_message)
        socket_fault(conn, socket, ERR_PROTOCOL, STR("A message needs a \"message\"."));
    else
        say(conn, chat_socket_of(socket), message.message);
    arena_release(&arena);
}

/* -- opening and closing --------------------------------------------------------------------- */

static void forget(struct reactor *reactor, struct chat_socket *chat)
{
    struct lobby_reactor *lobby = lobby_of(reactor);
    struct list *node;

    (void)hub_remove(&lobby->chatters, &chat->user_link);
    if (chat->is_in_room)
        (void)hub_remove(&lobby->chat_room, &chat->room_link);
    while ((node = list_pop(&chat->waiting)) != NULL)
        op_free(container_of(node, struct chat_op, link));
    free(chat->blocked_ids);
    free(chat);
}

static void on_closed(struct conn *conn, struct socket *socket, uint16_t code)
{
    (void)code;
    forget(conn_reactor(conn), chat_socket_of(socket));
}

static struct chat_socket *chat_socket_new(struct conn *conn, const struct socket_open *open)
{
    struct chat_socket *chat = calloc(1, sizeof(*chat));

    CHECK(chat != NULL);
    chat->socket = (struct socket){.context = open->context,
                                   .caller = open->caller,
                                   .message = on_message,
                                   .closed = on_closed};
    list_init(&chat->waiting);
    chat->user_link = (struct hub_link){.user_id = open->caller.user_id, .conn = conn_id(conn)};
    if (hub_add(&lobby_of(conn_reactor(conn))->chatters, &chat->user_link)) {
        free(chat);
        return NULL;
    }
    return chat;
}

void chat_socket_open(struct conn *conn, const struct socket_open *open)
{
    static const char *const PROTOCOLS[] = {"rally.v1", "seed.c", NULL};
    char name[CHAT_ROOM_SIZE];
    struct socket_knock knock;
    struct chat_socket *chat;
    struct chat_op *op;

    socket_knock_init(&knock, open, PROTOCOLS);
    if (open->auth) {
        socket_refuse(conn, &knock, open->auth,
                      open->auth == ERR_UNAUTHENTICATED ? STR("Authentication required") : STR(""));
        return;
    }
    if (str_to_c(open->param, name, sizeof(name))) {
        socket_refuse(conn, &knock, ERR_NOT_FOUND, STR("There is no such room."));
        return;
    }
    chat = chat_socket_new(conn, open);
    if (!chat) {
        socket_refuse(conn, &knock, ERR_FULL, STR(""));
        return;
    }
    if (socket_accept(conn, &knock, &chat->socket)) {
        forget(conn_reactor(conn), chat);
        return;
    }
    op = op_new(conn, chat, OP_ENTER);
    CHECK(str_to_c(str_from_c(name), op->name, sizeof(op->name)) == OK);
    submit(conn, chat, op);
}

enum err chat_socket_start(struct context *context)
{
    return chat_spread_start(context);
}
