/*
 * The only sockets of the server. A reactor is one thread with one loop that never blocks; it owns
 * its connections, timers and ticking things, and nobody else touches them. Other threads speak to
 * it by reactor_post only.
 *
 * A struct conn pointer is good inside the callback that hands it out. What has to survive a wait
 * is its id: conn_find answers NULL when the connection is gone, which is the normal case.
 */
#ifndef RALLY_NET_NET_H
#define RALLY_NET_NET_H

#include "lib/base/list.h"
#include "lib/base/mpsc.h"
#include "lib/base/slots.h"
#include "lib/net/histogram.h"
#include "lib/wire/http1.h"
#include "lib/wire/ws.h"

struct server;
struct reactor;
struct conn;

/* -- messages to a reactor ------------------------------------------------------------------- */

/* Embedded in whatever is handed over; `run` is called once on the reactor's thread. */
struct reactor_msg {
    struct mpsc_node node;
    void (*run)(struct reactor *reactor, struct reactor_msg *msg);
};
/* From any thread. The message belongs to the reactor until run is called. */
void reactor_post(struct reactor *reactor, struct reactor_msg *msg);

/* -- server ---------------------------------------------------------------------------------- */

struct net_handlers {
    /* A whole request. head and body are good during the call only. Answer now or later with
     * http_reply, or accept with ws_accept, or move it; until then no further request is read. */
    void (*request)(struct conn *conn, const struct http_head *head, struct str body);
    /* The bytes were no request, or the handler's time is over: answer with a problem document. The
     * connection closes after it. */
    void (*refuse)(struct conn *conn, enum err err);
    /* Once per reactor, in the thread of server_start before any reactor runs and in that of
     * server_free after all have stopped. */
    enum err (*reactor_start)(struct reactor *reactor);
    void (*reactor_stop)(struct reactor *reactor);
};

struct net_config {
    const char *http_listen;  /* "127.0.0.1:8080"; port 0 picks one */
    const char *admin_listen; /* on reactor 0 */
    const char *tls_cert;     /* PEM file, or "" for plain HTTP */
    const char *tls_key;
    uint32_t reactor_count;
    uint32_t connections_max; /* over all reactors; beyond it new ones are closed at once */
    bool has_address_caps;    /* LIMIT_CONNECTIONS_PER_ADDRESS */
    const struct net_handlers *handlers;
    void *ctx;
};

/* Binds, loads the certificate and starts the reactors' threads. A failure's reason is logged. */
enum err server_start(const struct net_config *config, struct server **out) MUST_USE;
uint16_t server_http_port(const struct server *server);
uint16_t server_admin_port(const struct server *server);
uint32_t server_reactor_count(const struct server *server);
struct reactor *server_reactor(struct server *server, uint32_t index);
/* No new connections; idle keep-alive ones close, others after their next reply. Any thread. */
void server_stop_listening(struct server *server);
/* Reads certificate and key again; a failure is logged and the old ones stay. Any thread. */
void server_reload_tls(struct server *server);
/* Closes everything and ends the reactors' threads; messages may still be posted. Not from a
 * reactor. Then, when nobody posts any more, server_free runs the last messages and frees. */
void server_stop(struct server *server);
void server_free(struct server *server);

/* What the reactors count, summed over all; read without stopping them. */
struct net_stats {
    uint64_t connections;
    uint64_t websockets;
    uint64_t messages_in;
    uint64_t messages_out;
    uint64_t snapshots_conflated;
    uint64_t tick_slips;
    uint64_t ticking; /* things in the tick wheels */
    struct histogram tick_lateness_ns;
    struct histogram tick_duration_ns;
    uint64_t closes_by_code[16]; /* by NET_CLOSE_CODES; the last is any other */
};
extern const uint16_t NET_CLOSE_CODES[15];
void server_stats(struct server *server, struct net_stats *out);

/* -- reactor --------------------------------------------------------------------------------- */

void *reactor_ctx(struct reactor *reactor); /* net_config.ctx */
struct server *reactor_server(struct reactor *reactor);
uint32_t reactor_index(const struct reactor *reactor);
void *reactor_user(struct reactor *reactor); /* set by reactor_start */
void reactor_user_set(struct reactor *reactor, void *user);
uint64_t reactor_now_ms(struct reactor *reactor); /* monotonic, as of this turn */

/* A one-shot timer inside whatever it belongs to; zeroed is idle. */
struct reactor_timer {
    uint64_t due_ms;
    uint64_t order;
    size_t place; /* in the reactor's heap + 1; 0: idle */
    void (*fire)(struct reactor *reactor, struct reactor_timer *timer);
};
/* Starts or moves it. ERR_FULL at the heap's maximum. */
enum err reactor_timer_start(struct reactor *reactor, struct reactor_timer *timer, uint64_t due_ms,
                             void (*fire)(struct reactor *, struct reactor_timer *)) MUST_USE;
void reactor_timer_stop(struct reactor *reactor, struct reactor_timer *timer);

/* A thing that ticks at exactly 60 Hz, in one of 16 phases of the period. Zeroed is idle. */
#define TICK_HZ 60
struct ticker {
    struct list link;
    uint8_t phase;
    bool is_on;
    void (*tick)(struct reactor *reactor, struct ticker *ticker);
};
/* Joins the emptiest phase; the first tick comes within one period. */
void ticker_start(struct reactor *reactor, struct ticker *ticker,
                  void (*tick)(struct reactor *, struct ticker *));
/* Also from inside its own tick. */
void ticker_stop(struct reactor *reactor, struct ticker *ticker);

/* -- connections ----------------------------------------------------------------------------- */

struct slot_id conn_id(const struct conn *conn);
struct conn *conn_find(struct reactor *reactor, struct slot_id id);
struct reactor *conn_reactor(struct conn *conn);
void *conn_user(const struct conn *conn);
void conn_user_set(struct conn *conn, void *user);
struct str conn_address(const struct conn *conn); /* "203.0.113.7" */
bool conn_is_tls(const struct conn *conn);
bool conn_is_admin(const struct conn *conn);

struct http_reply {
    int status;
    const char *content_type; /* NULL: no body, no type */
    struct str headers;       /* whole lines, each ending in CRLF */
    struct str body;
    bool is_head; /* the request was HEAD: the length is told, the body is not sent */
    bool closes;  /* close after this reply */
};
/* Answers the request in hand. The bytes are copied or written before it returns. */
void http_reply(struct conn *conn, const struct http_reply *reply);

/* What a WebSocket endpoint does. Callbacks come on the connection's reactor. */
struct socket_ops {
    void (*message)(struct conn *conn, enum ws_opcode opcode, struct str payload);
    /* What was dropped by socket_send_latest may be sent anew. */
    void (*drained)(struct conn *conn);
    void (*closed)(struct conn *conn, uint16_t code); /* once; the last use of conn */
};
/* Answers an upgrade with 101. `protocol` is the chosen subprotocol or empty, `headers` as above.
 * `message_size_max` and the message rate are per endpoint; rate 0: unlimited. */
struct socket_limits {
    uint32_t message_size_max;
    uint32_t messages_per_s;
    uint32_t messages_burst;
};
enum err ws_accept(struct conn *conn, struct str key, struct str protocol, struct str headers,
                   const struct socket_limits *limits, const struct socket_ops *ops) MUST_USE;

/* A prebuilt WebSocket frame, shared by all its receivers on one reactor. */
struct frame {
    struct frame *next_free;
    uint32_t refs;
    uint32_t size; /* bytes of room in data */
    uint32_t at;   /* first byte of the finished frame */
    uint32_t len;  /* bytes of the finished frame */
    uint8_t size_class;
    char data[];
};
/* A frame with room for `payload_max` bytes, held by the caller; from the reactor's pool. NULL
 * beyond LIMIT_WS_OUT_SIZE or without memory. */
struct frame *frame_new(struct reactor *reactor, size_t payload_max);
char *frame_payload(struct frame *frame);
/* Sets the payload's length and writes the head in front of it. */
void frame_finish(struct frame *frame, enum ws_opcode opcode, size_t payload_len);
void frame_release(struct reactor *reactor, struct frame *frame);

/* An event: sent or queued, never dropped; past the caps the connection is closed with 4008. */
void socket_send(struct conn *conn, struct frame *frame);
/* A snapshot: sent, or dropped when the connection is behind; `drained` comes when it caught up.
 * True when it was taken. */
bool socket_send_latest(struct conn *conn, struct frame *frame);
/* True between a dropped snapshot and `drained`. */
bool socket_is_behind(const struct conn *conn);
/* The owner sends a fresh snapshot as an event instead of waiting for `drained`. */
void socket_caught_up(struct conn *conn);
void socket_send_text(struct conn *conn, struct str text);
/* Sends a close frame and ends the connection soon after; `closed` comes with this code. */
void socket_close(struct conn *conn, uint16_t code, struct str reason);
/* Time of the last byte from the peer, monotonic ms. */
uint64_t socket_heard_ms(const struct conn *conn);

/*
 * Takes a connection whose upgrade request is being answered over to another reactor, where
 * arrived(conn, arg) goes on. When the connection dies on the way, arrived is called with NULL so
 * that arg can be freed. Same reactor: arrived is called at once.
 */
void conn_move(struct conn *conn, struct reactor *target,
               void (*arrived)(struct reactor *reactor, struct conn *conn, void *arg), void *arg);

/* Walk over the connections of a reactor that are WebSockets; fn may close them. */
void reactor_each_socket(struct reactor *reactor, void (*fn)(struct conn *conn, void *arg),
                         void *arg);

#endif
