/* See chat_spread.h. */
#include "services/lobby/chat_spread.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/bus/bus.h"
#include "services/lobby/blocked.h"
#include "services/lobby/reactor.h"
#include "services/notify.h"

#define CHAT_SUBJECT "chat.message"
#define PAYLOAD_SIZE (CHAT_MESSAGE_SIZE + 512)

uint64_t chat_room_key(const char *channel)
{
    return hash_keyed(channel, strlen(channel));
}

/* -- whom a socket does not hear ------------------------------------------------------------- */

static bool is_blocked(const struct chat_socket *chat, uint64_t user_id)
{
    for (size_t i = 0; i < chat->blocked_count; i++)
        if (chat->blocked_ids[i] == user_id)
            return true;
    return false;
}

static void block_add(struct chat_socket *chat, uint64_t user_id)
{
    uint64_t *ids;

    if (is_blocked(chat, user_id) || chat->blocked_count >= BLOCKS_MAX)
        return;
    ids = realloc(chat->blocked_ids, (chat->blocked_count + 1) * sizeof(*ids));
    CHECK(ids != NULL);
    ids[chat->blocked_count++] = user_id;
    chat->blocked_ids = ids;
}

void chat_block(struct chat_socket *chat, uint64_t user_id, bool is_added)
{
    if (is_added) {
        block_add(chat, user_id);
        return;
    }
    for (size_t i = 0; i < chat->blocked_count; i++)
        if (chat->blocked_ids[i] == user_id)
            chat->blocked_ids[i--] = chat->blocked_ids[--chat->blocked_count];
}

/* -- as text --------------------------------------------------------------------------------- */

void chat_message_put(struct buf *out, const struct chat_said *said)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_c(&w, "type", "message");
    json_u64(&w, "id", said->id);
    json_str(&w, "message", said->message);
    json_str(&w, "username", said->username);
    json_time(&w, "sent_at", said->sent_ms);
    if (said->to_user_id != 0)
        json_bool(&w, "private", true);
    if (said->to_username.len > 0)
        json_str(&w, "to", said->to_username);
    json_object_end(&w);
    CHECK(buf_ok(out));
}

static void tell_receiver(struct context *context, const struct chat_said *said)
{
    char memory[CHAT_MESSAGE_SIZE];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    buf_init_fixed(&data, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64_text(&w, "id", said->id);
    json_u64_text(&w, "player_id", said->user_id);
    json_str(&w, "username", said->username);
    json_str(&w, "message", said->message);
    json_time(&w, "sent_at", said->sent_ms);
    json_object_end(&w);
    CHECK(buf_ok(&data));
    notify_user(context, said->to_user_id, "private_message", buf_str(&data));
}

void chat_spread(struct context *context, const struct chat_said *said)
{
    char memory[PAYLOAD_SIZE];
    struct buf payload;
    struct json_writer w = json_writer_of(&payload);

    buf_init_fixed(&payload, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64(&w, "id", said->id);
    json_u64(&w, "user_id", said->user_id);
    json_u64(&w, "to_user_id", said->to_user_id);
    json_u64(&w, "sent_ms", said->sent_ms);
    json_bool(&w, "is_pm", said->is_pm);
    json_str(&w, "channel", said->channel);
    json_str(&w, "username", said->username);
    json_str(&w, "to_username", said->to_username);
    json_str(&w, "message", said->message);
    json_object_end(&w);
    CHECK(buf_ok(&payload));
    bus_publish(context->bus, CHAT_SUBJECT, buf_str(&payload));
    if (said->to_user_id != 0)
        tell_receiver(context, said);
}

/* -- to the sockets -------------------------------------------------------------------------- */

struct delivery {
    struct reactor_msg msg;
    uint64_t id, user_id, to_user_id;
    bool is_pm;
    char channel[CHAT_CHANNEL_SIZE];
    size_t len;
    char text[];
};

static void deliver_to(struct conn *conn, struct chat_socket *chat, const struct delivery *delivery)
{
    if (is_blocked(chat, delivery->user_id))
        return;
    socket_send_text(conn, str_of(delivery->text, delivery->len));
}

static void deliver_room(struct reactor *reactor, const struct delivery *delivery)
{
    struct hub_link *link =
        hub_find(&lobby_of(reactor)->chat_room, chat_room_key(delivery->channel));

    for (; link; link = link->next) {
        struct chat_socket *chat = container_of(link, struct chat_socket, room_link);
        struct conn *conn = conn_find(reactor, link->conn);
        if (!conn || strcmp(chat->room.channel, delivery->channel) != 0)
            continue;
        if (!chat->is_joined)
            chat->reads_again = true;
        else if (delivery->id > chat->newest_read)
            deliver_to(conn, chat, delivery);
    }
}

static void deliver_person(struct reactor *reactor, const struct delivery *delivery,
                           uint64_t user_id)
{
    struct hub_link *link = hub_find(&lobby_of(reactor)->chatters, user_id);

    for (; link; link = link->next) {
        struct conn *conn = conn_find(reactor, link->conn);
        if (conn)
            deliver_to(conn, container_of(link, struct chat_socket, user_link), delivery);
    }
}

static void deliver_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct delivery *delivery = container_of(msg, struct delivery, msg);

    if (delivery->is_pm) {
        deliver_person(reactor, delivery, delivery->user_id);
        deliver_person(reactor, delivery, delivery->to_user_id);
    } else {
        deliver_room(reactor, delivery);
    }
    free(delivery);
}

static void to_reactors(struct context *context, const struct chat_said *said)
{
    uint32_t count = context->server ? server_reactor_count(context->server) : 0;
    char memory[CHAT_MESSAGE_SIZE];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    chat_message_put(&text, said);
    for (uint32_t i = 0; i < count; i++) {
        struct delivery *delivery = calloc(1, sizeof(*delivery) + text.len);
        CHECK(delivery != NULL);
        delivery->msg.run = deliver_run;
        delivery->id = said->id;
        delivery->user_id = said->user_id;
        delivery->to_user_id = said->to_user_id;
        delivery->is_pm = said->is_pm;
        delivery->len = text.len;
        memcpy(delivery->text, text.ptr, text.len);
        CHECK(str_to_c(said->channel, delivery->channel, sizeof(delivery->channel)) == OK);
        reactor_post(server_reactor(context->server, i), &delivery->msg);
    }
}

#define NUMBER_FIELD(member)                                                                       \
    {                                                                                              \
        .name = #member, .type = JSON_ID, .is_required = true,                                     \
        .offset = offsetof(struct chat_said, member), .present_offset = SIZE_MAX, .max = INT64_MAX \
    }
#define TEXT_FIELD(member)                                                                         \
    {                                                                                              \
        .name = #member, .type = JSON_STR, .is_required = true,                                    \
        .offset = offsetof(struct chat_said, member), .present_offset = SIZE_MAX                   \
    }

static void on_said(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        NUMBER_FIELD(id),
        NUMBER_FIELD(user_id),
        NUMBER_FIELD(to_user_id),
        NUMBER_FIELD(sent_ms),
        TEXT_FIELD(channel),
        TEXT_FIELD(username),
        TEXT_FIELD(message),
        TEXT_FIELD(to_username),
        {.name = "is_pm",
         .type = JSON_BOOL,
         .is_required = true,
         .offset = offsetof(struct chat_said, is_pm),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct json_errors errors = {0};
    struct chat_said said = {0};
    struct arena arena;

    (void)subject;
    arena_init(&arena, PAYLOAD_SIZE * 2);
    if (json_decode(payload, &SCHEMA, &arena, &said, &errors) == OK)
        to_reactors(ctx, &said);
    arena_release(&arena);
}

/* -- changed block lists --------------------------------------------------------------------- */

struct block_change {
    struct reactor_msg msg;
    uint64_t user_id, other_id;
    bool is_blocked;
};

static void block_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct block_change *change = container_of(msg, struct block_change, msg);
    struct hub_link *link = hub_find(&lobby_of(reactor)->chatters, change->user_id);

    for (; link; link = link->next) {
        struct chat_socket *chat = container_of(link, struct chat_socket, user_link);
        chat_block(chat, change->other_id, change->is_blocked);
        chat->reads_again = true; /* the list on its way may be older */
    }
    free(change);
}

static void on_block(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "user_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct block_change, user_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "other_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct block_change, other_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "is_blocked",
         .type = JSON_BOOL,
         .is_required = true,
         .offset = offsetof(struct block_change, is_blocked),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct context *context = ctx;
    uint32_t count = context->server ? server_reactor_count(context->server) : 0;
    struct block_change change = {.user_id = 0};
    struct json_errors errors = {0};
    struct arena arena;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &change, &errors))
        count = 0;
    arena_release(&arena);
    for (uint32_t i = 0; i < count; i++) {
        struct block_change *copy = malloc(sizeof(*copy));
        CHECK(copy != NULL);
        *copy = change;
        copy->msg = (struct reactor_msg){.run = block_run};
        reactor_post(server_reactor(context->server, i), &copy->msg);
    }
}

enum err chat_spread_start(struct context *context)
{
    enum err err = bus_subscribe(context->bus, CHAT_SUBJECT, on_said, context);

    return err ? err : bus_subscribe(context->bus, BLOCKED_SUBJECT, on_block, context);
}
