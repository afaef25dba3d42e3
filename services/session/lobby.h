/*
 * The way to a game by its room's code. Behind a code stands a match, or a room whose second player
 * has not come yet: then the creator's socket waits in the lobby of one reactor, which the code
 * names, and the match is opened on that very reactor, so that the socket need not move.
 */
#ifndef RALLY_SERVICES_SESSION_LOBBY_H
#define RALLY_SERVICES_SESSION_LOBBY_H

#include "lib/core/roomcode.h"
#include "services/socket.h"

/* True when the key looks like a room's code (and the query asks for no other kind of thing). */
bool lobby_has_key(const struct socket_open *open, char code[ROOMCODE_SIZE]);
/* Takes the connection over: finds out what the code means, then seats or refuses it. */
void lobby_knock(struct conn *conn, const struct socket_open *open,
                 const struct socket_knock *knock, const char *code);
/* The room's match has been made. From any thread. */
void lobby_start_later(struct context *context, struct str code, uint64_t match_id);
enum err lobby_start(struct context *context) MUST_USE;

#endif
