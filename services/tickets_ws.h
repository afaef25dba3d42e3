/*
 * One-use tickets for WebSocket handshakes: a browser cannot send a header there, and a token in a
 * URL ends up in logs. A ticket is 128 random bits, good once and for 30 s, and stands for the
 * caller who asked for it, token family included: whoever takes it still checks that the family has
 * not been revoked meanwhile. In memory of this process, at most 16,384 waiting at once.
 * Thread-safe.
 */
#ifndef RALLY_SERVICES_TICKETS_WS_H
#define RALLY_SERVICES_TICKETS_WS_H

#include "services/role.h"

#define TICKET_WS_TTL_MS 30000
#define TICKETS_WS_MAX 16384
/* 16 bytes as base64url. */
#define TICKET_WS_TEXT_SIZE 22

struct tickets_ws;

/* NULL when there is no memory. */
struct tickets_ws *tickets_ws_new(void);
void tickets_ws_free(struct tickets_ws *tickets);
/* Appends a new ticket to `out`. ERR_FULL when TICKETS_WS_MAX are waiting to be used. */
enum err tickets_ws_issue(struct tickets_ws *tickets, const struct caller *caller, uint64_t now_ms,
                          struct buf *out) MUST_USE;
/* Whom the ticket stands for; it is gone afterwards. ERR_TOKEN_INVALID when there is no such ticket
 * (any more), whatever the reason. */
enum err tickets_ws_take(struct tickets_ws *tickets, struct str ticket, uint64_t now_ms,
                         struct caller *out) MUST_USE;

#endif
