/*
 * Who is online, playing or gone, as their friends were told last; a change is told to the friends
 * on `/v1/ws`. Watched is whoever has opened that socket, until seen gone. Others only say "look at
 * this user"; a timer looks, reads the store and tells, so nobody waits for it and a burst of looks
 * is one. Thread-safe.
 */
#ifndef RALLY_SERVICES_LOBBY_PRESENCE_WATCH_H
#define RALLY_SERVICES_LOBBY_PRESENCE_WATCH_H

#include "lib/store/claims.h"
#include "services/context.h"

#define PRESENCE_WATCH_MAX 65536

struct presence_watch;

/* NULL when there is no memory. */
struct presence_watch *presence_watch_new(void);
void presence_watch_free(struct presence_watch *watch);
/* Something about the user may have changed. From any thread, does not block. A full table forgets
 * it: friends then learn of it by reading. */
void presence_watch_look(struct presence_watch *watch, uint64_t user_id);
/* Listens on the bus for ends of matches. Once, at start. */
enum err presence_watch_start(struct context *context) MUST_USE;
/* The timer: looks, and tells friends what has changed. On a worker. */
void presence_watch_run(struct context *context, uint64_t now_ms);

/* "online", "in_match" or "offline". Static storage. */
const char *presence_word(const struct context *context, uint64_t user_id,
                          const struct claim *claim);

#endif
