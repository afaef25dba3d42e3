/*
 * Telling a person something on the per-user socket `/v1/ws`, from any role. It is a hint on the
 * bus (subject `user.event`): the lobby of every node numbers it, keeps it for a while for sockets
 * that resume, and sends it to the user's sockets. Nobody who has neither a socket nor had one
 * lately is told anything: the truth is in the store, and a socket's `snapshot` reads it there.
 */
#ifndef RALLY_SERVICES_NOTIFY_H
#define RALLY_SERVICES_NOTIFY_H

#include "services/role.h"

#define NOTIFY_SUBJECT "user.event"
/* An event's data and name, as JSON: what is longer is our own bug. */
#define NOTIFY_DATA_MAX 4096

/* Sends {"event": event, "data": data} to the user. `event` is ours (plain ASCII), `data` a JSON
 * object. What it says must be durable. From any thread. */
void notify_user(struct context *context, uint64_t user_id, const char *event, struct str data);
/* The same from a handler: it leaves behind the commit that the reply waits for. */
void notify_with_reply(struct request *request, struct reply *reply, uint64_t user_id,
                       const char *event, struct str data);

#endif
