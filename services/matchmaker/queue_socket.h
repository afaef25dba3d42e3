/*
 * `/ws/queue/` (protocol section 3): join and leave the quick queue over a socket, and hear of
 * one's place and match. In: join_queue, leave_queue. Out: queue_status{in_queue, position,
 * total_players}, success{message}, match_created{game_id, side, opponent}, error.
 * A player whose last queue socket closes keeps the place for RALLY_QUEUE_GRACE.
 */
#ifndef RALLY_SERVICES_MATCHMAKER_QUEUE_SOCKET_H
#define RALLY_SERVICES_MATCHMAKER_QUEUE_SOCKET_H

#include "services/role.h"

void queue_socket_open(struct conn *conn, const struct socket_open *open);
/* Subscribes to the hints; once, at start. */
enum err queue_socket_start(struct context *context) MUST_USE;
enum err queue_socket_reactor_start(struct reactor *reactor) MUST_USE;
void queue_socket_reactor_stop(struct reactor *reactor);

#endif
