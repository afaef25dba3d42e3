/*
 * The gateway: everything between the sockets and the roles. It owns tokens' verification, rate
 * limits, request ids, static files, problem documents and WebSocket handshakes; it decides nothing
 * about the game.
 */
#ifndef RALLY_SERVICES_GATEWAY_GATEWAY_H
#define RALLY_SERVICES_GATEWAY_GATEWAY_H

#include "lib/net/net.h"
#include "services/role.h"

/* Builds the route table of the roles (they stay the caller's) and reads the web client into
 * memory. Sets context->gateway and context->metrics. */
struct gateway *gateway_new(struct context *context, const struct role *const *roles,
                            size_t role_count);
void gateway_free(struct gateway *gateway);

/* For server_start. */
extern const struct net_handlers GATEWAY_HANDLERS;
/* The gateway's own routes (metrics). */
extern const struct role ROLE_GATEWAY;

/* Tells all sockets {"type":"server_draining","deadline_ms"}. Any thread. */
void gateway_announce_drain(struct gateway *gateway, uint64_t deadline_ms);
/* Closes all sockets with 1012. Any thread. */
void gateway_close_sockets(struct gateway *gateway);

#endif
