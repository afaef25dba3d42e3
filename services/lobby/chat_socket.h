/*
 * `/ws/chat/{room}`: in `{"message"}`, out
 * `{"type":"message","id","message","username","sent_at"}`, first the last fifty of the room. Who
 * speaks is what the token says. A socket's messages are handled one after the other, so they keep
 * their order.
 */
#ifndef RALLY_SERVICES_LOBBY_CHAT_SOCKET_H
#define RALLY_SERVICES_LOBBY_CHAT_SOCKET_H

#include "services/role.h"

void chat_socket_open(struct conn *conn, const struct socket_open *open);
/* Listens on the bus for what is said and for changed block lists. Once, at start. */
enum err chat_socket_start(struct context *context) MUST_USE;

#endif
