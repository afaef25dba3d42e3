/*
 * What was said, on its way to the sockets: over the bus to every reactor, there to whoever is in
 * the room (or is one of the two, for a `/pm`) and has not blocked the speaker. Here is also the
 * state of a chat socket, which that decision reads.
 */
#ifndef RALLY_SERVICES_LOBBY_CHAT_SPREAD_H
#define RALLY_SERVICES_LOBBY_CHAT_SPREAD_H

#include "lib/base/list.h"
#include "lib/core/ratelimit.h"
#include "services/hub.h"
#include "services/lobby/chat.h"
#include "services/socket.h"

/* A message as sent: text with every byte escaped once, names, numbers. */
#define CHAT_MESSAGE_SIZE (2 * CHAT_TEXT_MAX + 512)

struct chat_socket {
    struct socket socket;
    struct hub_link user_link;
    struct hub_link room_link; /* when is_in_room; its user_id is chat_room_key */
    struct chat_room room;
    bool is_in_room;
    bool is_joined;   /* the history was sent */
    bool is_busy;     /* an op is with the workers */
    bool reads_again; /* something was said while the history was being read */
    uint8_t reads;
    uint64_t newest_read; /* id of the newest message of the history */
    struct list waiting;  /* struct chat_op of chat_socket.c, in order */
    size_t waiting_count;
    struct ratelimit limit;
    uint64_t *blocked_ids; /* whom this user does not hear; at most BLOCKS_MAX */
    size_t blocked_count;
};

static inline struct chat_socket *chat_socket_of(struct socket *socket)
{
    return container_of(socket, struct chat_socket, socket);
}

/* Key of a channel in the hub of rooms. */
uint64_t chat_room_key(const char *channel);
/* Adds to or takes from whom the socket's user does not hear. */
void chat_block(struct chat_socket *chat, uint64_t user_id, bool is_blocked);

struct chat_said {
    uint64_t id;
    uint64_t user_id;
    uint64_t to_user_id; /* 0: everybody in the channel */
    uint64_t sent_ms;
    bool is_pm; /* to both of the two, in whatever room they are */
    struct str channel;
    struct str username;
    struct str to_username; /* with to_user_id; may be empty */
    struct str message;
};
/* {"type":"message","id","message","username","sent_at","private"?,"to"?} */
void chat_message_put(struct buf *out, const struct chat_said *said);
/* Publishes it, and tells the receiver of a private one on /v1/ws. It must be durable. */
void chat_spread(struct context *context, const struct chat_said *said);
enum err chat_spread_start(struct context *context) MUST_USE;

#endif
