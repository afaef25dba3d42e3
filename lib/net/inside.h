/*
 * What the files of lib/net share: the reactor, the connection and how bytes leave. Not for others.
 *
 *   tcp.c      accept, read, write queue, close        http_conn.c  requests and replies
 *   ws_conn.c  messages, pings, close handshake        tls.c        OpenSSL over memory BIOs
 *   reactor.c  loop, mailbox, timers, sweep            ticks.c      the 60 Hz wheel
 *   server.c   listeners, threads, sums                frame.c      shared frames
 */
#ifndef RALLY_NET_INSIDE_H
#define RALLY_NET_INSIDE_H

#include <pthread.h>
#include <uv.h>

#include "lib/base/limits.h"
#include "lib/net/net.h"

#define READ_BUFFER_SIZE 65536
#define TICK_PHASES 16
#define FRAME_CLASSES 2

enum conn_state {
    CONN_TLS,      /* handshake */
    CONN_READING,  /* HTTP: waiting for a request or reading one */
    CONN_HANDLING, /* HTTP: a request is with the handlers */
    CONN_SOCKET,   /* WebSocket */
    CONN_LINGER,   /* our last bytes are sent or being sent; input is discarded until EOF */
    CONN_CLOSED,   /* handle is closing; only its slot is left */
};

/* A request whose body has not arrived as a whole; its head stays at the front of conn->in. */
struct http_pending {
    size_t head_size;
    uint64_t content_length;
    bool is_chunked;
    bool has_continued;
    struct http_chunked chunked;
    struct buf body; /* of a chunked request */
    uint64_t started_ms;
};

/* Waiting to be written: a shared frame, or bytes of our own as a frame with one holder. */
struct out_item {
    struct frame *frame;
    uint32_t offset;
};

struct out_queue {
    struct out_item *items; /* ring of size 0 or a power of two */
    uint32_t at;
    uint32_t count;
    uint32_t size;
    uint32_t bytes;
};

struct tls;

struct conn {
    uv_tcp_t tcp;
    uv_write_t write;
    struct reactor *reactor;
    struct slot_id id;
    enum conn_state state;
    bool is_admin;
    bool is_writing;   /* the uv_write is in flight */
    bool closes_after; /* when the queue is empty */
    bool is_behind;    /* a snapshot was dropped */
    bool has_eof;      /* the peer sends no more; what it has sent is still answered */
    bool keep_alive;   /* of the request in hand */
    bool counts_address;
    bool is_reading;
    bool is_parsing; /* inside the loop over pipelined requests */
    uint16_t close_code;
    uint64_t deadline_ms; /* by state: head, body, handler, linger */
    uint64_t heard_ms;
    uint64_t pinged_ms;
    uint64_t blocked_ms; /* since when the write in flight makes no progress */
    size_t blocked_size; /* what libuv still had to write then */
    struct buf in;       /* bytes not yet used; no memory while empty */
    size_t scanned;      /* of the head in `in` */
    struct http_pending *pending;
    uint32_t requests;
    struct out_queue out;
    struct tls *tls;
    struct ws_reader *ws; /* NULL until accepted */
    const struct socket_ops *ops;
    uint32_t messages_per_s, messages_burst;
    uint64_t rate_at_us; /* GCRA over messages */
    void *user;
    struct list resume_link; /* in reactor->resuming */
    uint64_t address_key;
    char address[46];
};

struct timer_heap {
    struct reactor_timer **items;
    size_t count;
    size_t size;
    uint64_t order;
};

struct tick_wheel {
    struct list phases[TICK_PHASES];
    uint32_t counts[TICK_PHASES];
    uint32_t total;
    uint64_t start_ns; /* of step 0 */
    uint64_t step;     /* next step to run; 960 steps a second */
    int fd;            /* timerfd */
    uv_poll_t poll;
    bool is_armed;
};

struct net_counters {
    uint64_t connections, websockets, messages_in, messages_out, conflated, slips;
    uint64_t closes[16];
    struct histogram tick_lateness_ns, tick_duration_ns;
};

struct reactor {
    struct server *server;
    uint32_t index;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t timer;
    uv_timer_t sweep;
    uv_tcp_t listener, admin_listener;
    bool has_listener, has_admin;
    bool has_loop;    /* reactor_init came as far as the loop */
    bool has_started; /* the handlers' reactor_start succeeded */
    bool is_stopping;
    pthread_t thread;
    struct mpsc mailbox;
    struct list resuming; /* upgraded connections with frames behind their request */
    struct slots conns;
    struct timer_heap timers;
    struct tick_wheel wheel;
    struct frame *free_frames[FRAME_CLASSES];
    uint32_t free_counts[FRAME_CLASSES];
    struct net_counters counters;
    void *user;
    char date[40]; /* HTTP date of this second */
    uint64_t date_s;
    char *read_buffer;
    char *tls_buffer;
};

struct address_table;

struct server {
    struct net_config config;
    struct reactor *reactors;
    uint32_t reactor_count;
    uint16_t http_port, admin_port;
    void *tls_ctx; /* SSL_CTX; under tls_lock once the reactors run */
    atomic_uint connections;
    atomic_bool is_draining;
    struct address_table *addresses;
    pthread_mutex_t tls_lock;
};

#define COUNT(reactor, field, n)                                                                   \
    __atomic_store_n(&(reactor)->counters.field, (reactor)->counters.field + (uint64_t)(n),        \
                     __ATOMIC_RELAXED)

/* tcp.c */
void tcp_accept(struct reactor *reactor, uv_tcp_t *listener, bool is_admin);
void conn_read_start(struct conn *conn);
void conn_read_stop(struct conn *conn);
/* Ciphertext or plain bytes to the socket, as they are: takes over one hold of the frame. */
void conn_out(struct conn *conn, struct frame *frame);
/* Bytes of one connection's own, through TLS when there is TLS. False: the caps were reached and
 * the connection is being closed. */
bool conn_put(struct conn *conn, const void *ptr, size_t len);
/* Goes on, in this turn or the next, with the bytes behind an upgrade: not from inside the handler
 * that has just accepted it. */
void conn_resume_later(struct conn *conn);
/* Sends what is queued, then FIN, then waits a moment for the peer's end. */
void conn_finish(struct conn *conn);
/* Ends it now. */
void conn_kill(struct conn *conn);
/* Plain bytes have arrived (after TLS). May close the connection. */
void conn_take_bytes(struct conn *conn, char *bytes, size_t len);
void conn_in_trim(struct conn *conn);

/* http_conn.c */
void http_take(struct conn *conn, char *bytes, size_t len);
void http_resume(struct conn *conn);
/* After an upgrade what follows in conn->in are frames. */
void http_pass_rest(struct conn *conn);
void http_opened(struct conn *conn);
void http_sweep(struct conn *conn, uint64_t now_ms);
const char *http_date(struct reactor *reactor);

/* ws_conn.c */
void ws_take(struct conn *conn, char *bytes, size_t len);
void ws_sweep(struct conn *conn, uint64_t now_ms);
void ws_drained(struct conn *conn);
void ws_closed(struct conn *conn);
void ws_send_frame(struct conn *conn, struct frame *frame);

/* tls.c */
void *tls_ctx_new(const char *cert, const char *key);
void tls_ctx_free(void *ctx);
struct tls *tls_new(void *ctx);
/* server.c: a new session of the present certificate; NULL without memory. */
struct tls *server_tls_new(struct server *server);
void tls_free(struct tls *tls);
/* Ciphertext in; plain bytes go to conn_take_bytes. False: a fault, the connection must end. */
bool tls_take(struct conn *conn, const char *bytes, size_t len);
bool tls_put(struct conn *conn, const void *ptr, size_t len);
void tls_finish(struct conn *conn);

/* reactor.c */
enum err reactor_init(struct reactor *reactor, struct server *server, uint32_t index) MUST_USE;
void reactor_loop(struct reactor *reactor);
void reactor_shut(struct reactor *reactor);
/* After every loop has returned: late messages; false when there were none. */
bool reactor_drain(struct reactor *reactor);
/* Then the handlers' own end. */
void reactor_end(struct reactor *reactor);

/* ticks.c */
enum err wheel_init(struct reactor *reactor) MUST_USE;
void wheel_close(struct reactor *reactor);

/* frame.c */
void frame_hold(struct frame *frame);
void frame_pool_free(struct reactor *reactor);
struct frame *frame_of_bytes(struct reactor *reactor, const void *ptr, size_t len);

/* addresses.c: connections per IPv4 address or IPv6 /64, over all reactors. */
struct address_table *addresses_new(void);
void addresses_free(struct address_table *table);
bool addresses_take(struct address_table *table, uint64_t key, uint32_t count_max);
void addresses_give(struct address_table *table, uint64_t key);

#endif
