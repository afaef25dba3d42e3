/*
 * `/v1/ws`: everything that concerns the caller, numbered. A socket remembers the number it was
 * sent last and takes what follows from the user's log (feed.h), so order and completeness do not
 * depend on who woke it. What it has missed for good is replaced by a `snapshot`.
 */
#ifndef RALLY_SERVICES_LOBBY_USER_SOCKET_H
#define RALLY_SERVICES_LOBBY_USER_SOCKET_H

#include "services/role.h"

void user_socket_open(struct conn *conn, const struct socket_open *open);
/* Listens on the bus for what users are to be told. Once, at start. */
enum err user_socket_start(struct context *context) MUST_USE;

#endif
