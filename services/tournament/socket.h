/* `/ws/tournament/{id}/`: whoever is signed in may listen to a tournament. */
#ifndef RALLY_SERVICES_TOURNAMENT_SOCKET_H
#define RALLY_SERVICES_TOURNAMENT_SOCKET_H

#include "services/role.h"

#define TOURNAMENT_LISTEN_PERIOD_MS 1000

void tournament_socket_open(struct conn *conn, const struct socket_open *open);
enum err tournament_socket_start(struct context *context) MUST_USE;
enum err tournament_socket_reactor_start(struct reactor *reactor) MUST_USE;
void tournament_socket_reactor_stop(struct reactor *reactor);
/* Lets every hall look again: what a lost hint would have told, running scores. Role timer. */
void tournament_socket_refresh(struct context *context, uint64_t now_ms);

#endif
