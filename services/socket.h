/*
 * What all WebSocket endpoints share: the one way to refuse, error messages and the budget of
 * faulty messages, presence of the caller, the end when the caller's token family is revoked.
 * An endpoint's own state starts with a struct socket, which is the connection's user pointer.
 */
#ifndef RALLY_SERVICES_SOCKET_H
#define RALLY_SERVICES_SOCKET_H

#include "lib/net/net.h"
#include "services/role.h"

struct socket {
    struct context *context;
    struct caller caller;
    struct slot_id conn;
    uint64_t fault_window_ms; /* start of the present window of faulty messages */
    uint32_t fault_count;
    void (*message)(struct conn *conn, struct socket *socket, struct str text);
    void (*drained)(struct conn *conn, struct socket *socket);               /* may be NULL */
    void (*closed)(struct conn *conn, struct socket *socket, uint16_t code); /* frees the socket */
};

/* The close code that goes with an error: 4001, 4003, 4004, ... */
uint16_t socket_close_code(enum err err);

/* Everything needed to accept, kept while the endpoint is still deciding. */
struct socket_knock {
    char ws_key[32];
    char protocol[16]; /* chosen; empty: none was asked for */
};
/* Picks the first of `ours` (NULL-terminated, in our order) that the client offers. */
void socket_knock_init(struct socket_knock *knock, const struct socket_open *open,
                       const char *const *ours);

/*
 * Accepts the upgrade for an endpoint. On success the socket is the connection's; its callbacks
 * come from here on. When the caller has too many sockets (ERR_TOO_MANY_MESSAGES) or the upgrade is
 * malformed (answered with 400) the connection is refused and `socket` stays the caller's.
 */
enum err socket_accept(struct conn *conn, const struct socket_knock *knock,
                       struct socket *socket) MUST_USE;
/* Accepts the upgrade, explains with an `error` message, closes with the error's code. */
void socket_refuse(struct conn *conn, const struct socket_knock *knock, enum err err,
                   struct str detail);

/* Sends {"type":"error","code","detail"}; `message` is there too for dialect A's clients. */
void socket_error(struct conn *conn, enum err err, struct str detail);
/* The same for a message that was not understood: too many of them in a row close with 4040. */
void socket_fault(struct conn *conn, struct socket *socket, enum err err, struct str detail);

/* The socket of a connection; NULL when it has none (yet). */
struct socket *socket_of(const struct conn *conn);

#endif
