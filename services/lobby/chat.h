/*
 * Chat as use cases: who may enter a room, what was said there, and saying something, commands
 * included. Blocking: for workers. The socket (chat_socket.c) is the shell around it.
 */
#ifndef RALLY_SERVICES_LOBBY_CHAT_H
#define RALLY_SERVICES_LOBBY_CHAT_H

#include "lib/store/chat.h"
#include "lib/store/friends.h"
#include "services/lobby/duel.h"

#define CHAT_CHARACTERS_MAX 500
#define CHAT_ROOM_SIZE 65 /* "dm:<username>" and the like, terminated */

/* Where a name like "lobby", "match:<id>" or "dm:<username>" leads. */
struct chat_room {
    char channel[CHAT_CHANNEL_SIZE];
    uint64_t other_id; /* dm; else 0 */
};
/* ERR_NOT_FOUND (no such room or person, oneself), ERR_FORBIDDEN (a private match), ERR_BLOCKED,
 * ERR_STORE. */
enum err chat_room_find(struct context *context, struct str name, uint64_t user_id,
                        struct chat_room *out) MUST_USE;

struct chat_history {
    struct chat_row rows[CHAT_HISTORY_MAX];
    size_t count;
    uint64_t blocked_ids[BLOCKS_MAX]; /* whom the viewer does not hear */
    size_t blocked_count;
};
enum err chat_history_read(struct context *context, const struct chat_room *room, uint64_t user_id,
                           struct chat_history *out) MUST_USE;

enum chat_outcome {
    CHAT_SAID,   /* to everybody in the channel; to_user_id set: in the channel of two */
    CHAT_PM,     /* to one person, wherever that is */
    CHAT_HELP,   /* nothing happened; the commands are asked for */
    CHAT_DUELED, /* `challenge` says how it went */
};
struct chat_say {
    struct context *context;
    const struct chat_room *room;
    uint64_t user_id;
    struct str text; /* trimmed, not empty, within the limits */
    uint64_t now_ms;
    enum chat_outcome outcome;
    uint64_t id; /* of the message */
    uint64_t to_user_id;
    char to_username[USER_NAME_SIZE];
    struct str said;                  /* the part of `text` that is the message */
    const char *detail;               /* static; NULL: the error's own sentence */
    struct duel_challenge *challenge; /* of a /duel: the caller frees it; else NULL */
};
/* Does what the text says; tell the world when `*batch` is durable. ERR_INVALID with `detail` (an
 * unknown command, or one without what it needs), chat_append's and duels_open's errors. */
enum err chat_say(struct chat_say *say, uint64_t *batch) MUST_USE;

#endif
