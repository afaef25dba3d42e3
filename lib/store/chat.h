/*
 * What was said where. A channel is a text: "lobby", "party:<id>", "match:<id>", or chat_dm_channel
 * of two people. Who may enter a channel is the services' to know; that a private message is seen
 * by two people only, and that a block is honoured, is kept here.
 */
#ifndef RALLY_STORE_CHAT_H
#define RALLY_STORE_CHAT_H

#include "lib/store/users.h"

#define CHAT_TEXT_MAX 2000 /* bytes of UTF-8: 500 characters */
#define CHAT_CHANNEL_SIZE 65
#define CHAT_HISTORY_MAX 50

/* The channel of two people, the same for both; terminated. */
void chat_dm_channel(uint64_t a_id, uint64_t b_id, char out[CHAT_CHANNEL_SIZE]);

struct chat_append_args {
    struct str channel;  /* empty for a private message: it goes to the channel of the two */
    uint64_t user_id;    /* from the token */
    uint64_t to_user_id; /* 0: for everybody in the channel; else private */
    struct str text;     /* UTF-8, checked by the caller */
    uint64_t now_ms;
};
/* Keeps a message; *id grows with every message. ERR_INVALID (empty, or to oneself), ERR_TOO_LARGE,
 * ERR_NOT_FOUND (no such receiver), ERR_BLOCKED (either has blocked the other). */
enum err chat_append(struct db *db, const struct chat_append_args *args, uint64_t *id) MUST_USE;

struct chat_row {
    uint64_t id;
    uint64_t user_id;
    char username[USER_NAME_SIZE];
    uint64_t to_user_id; /* 0: everybody */
    uint64_t sent_ms;
    char text[CHAT_TEXT_MAX + 1];
};
struct chat_recent_args {
    struct str channel;
    uint64_t viewer_id;
    size_t limit; /* <= CHAT_HISTORY_MAX */
};
/* The newest messages that the viewer may see, oldest first: none from people the viewer has
 * blocked, and of private ones only the viewer's own conversations. */
enum err chat_recent(struct db *db, const struct chat_recent_args *args, struct chat_row *out,
                     size_t *count) MUST_USE;

/* Forgets what was said before `before_ms`, at most `limit` messages at a time. */
enum err chat_purge(struct db *db, uint64_t before_ms, size_t limit, uint64_t *purged) MUST_USE;

#endif
