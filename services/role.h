/*
 * What a role gives to the house: its routes as a table, each row one handler. The gateway turns
 * bytes into a request, checks token and rate, and sends it over the bus to the role's workers; a
 * handler is plain blocking code that reads top to bottom, makes at most one write transaction and
 * fills a reply. The reply leaves when the commit it depends on is durable.
 *
 *     enum err profile_read_handle(struct request *request, struct reply *reply);
 *
 * A handler returns OK with reply->status and body set, or an error of err.h, which becomes a
 * problem document (RFC 9457); field errors go to reply->errors, extra members to reply->extra.
 */
#ifndef RALLY_SERVICES_ROLE_H
#define RALLY_SERVICES_ROLE_H

#include "lib/wire/http1.h"
#include "lib/wire/json.h"
#include "lib/base/arena.h"
#include "services/context.h"

#define REQUEST_PARAMS_MAX 3
#define REQUEST_ID_SIZE 27

struct conn;
struct reactor;

/* Who asks; all zero without a token. */
struct caller {
    uint64_t user_id;
    uint64_t session_id; /* token family, `sid` */
    char username[33];
    bool is_external; /* token of an existing user service (HS256) */
};

struct request {
    const struct route *route;
    struct context *context;
    struct arena *arena; /* lives until the reply is gone */
    enum http_method method;
    struct str path;
    struct str query;
    struct str params[REQUEST_PARAMS_MAX]; /* {name} parts of the pattern, percent-decoded */
    struct str body;
    struct str content_type;
    struct str authorization;   /* whole header */
    struct str idempotency_key; /* empty: none */
    struct str refresh_cookie;  /* value of rally_rt or __Host-rally_rt; empty: none */
    struct str address;         /* of the client, for rate limits; "127.0.0.1" */
    struct str host;            /* as the client called this server; empty: it did not say */
    bool is_web;                /* X-Rally-Web: 1 */
    bool is_tls;
    struct caller caller;
    char id[REQUEST_ID_SIZE]; /* X-Request-Id */
    uint64_t now_ms;          /* wall */
};

/* A password change may end every live family but one (FAMILY_LIVE_MAX), each with its event. */
#define REPLY_EVENTS_MAX 32

/* A hint for the bus, published after the commit. */
struct reply_event {
    const char *subject; /* static, "match.created" */
    struct str payload;  /* JSON, in the request's arena */
};

struct reply {
    int status;               /* 200 unless set */
    const char *content_type; /* static; application/json unless set */
    struct buf body;
    struct str set_cookie;  /* whole header value, in the request's arena; empty: none */
    uint32_t retry_after_s; /* with 429 and 503; 0: the default of 1 */
    uint64_t batch;         /* commit to wait for; 0: none */
    struct json_errors errors;
    struct str detail; /* instead of the error's own sentence; in the arena or static */
    struct str extra;  /* further members of the problem, JSON without braces: "\"game_id\":1" */
    struct reply_event events[REPLY_EVENTS_MAX];
    size_t event_count;
    bool is_secret; /* never stored for Idempotency-Key */
    /* Of services/reply.c, for Idempotency-Key: */
    bool is_claimed; /* the key was claimed with the effect; the reply is to be kept */
    bool is_replay;  /* status, content_type and body are those of the first time */
};

enum route_auth {
    AUTH_NONE,     /* a token is not looked at */
    AUTH_OPTIONAL, /* checked when there, 401 when bad */
    AUTH_PLAYER,   /* 401 first */
};

enum route_pool {
    POOL_WORKERS,
    POOL_HASHING, /* the handler hashes a password: own threads, own short queue, deadline */
};

/* Rate classes of reliability.md section 5; the figures are in services/limiter.c. */
enum rate_class {
    RATE_NONE,
    RATE_READ,     /* 120/min */
    RATE_WRITE,    /* 30/min */
    RATE_LOGIN,    /* 20/min per address; per account in the handler */
    RATE_REGISTER, /* 3/h per address; more in development */
    RATE_GUEST,    /* 60/h per address, burst 20; more in development */
    RATE_REFRESH,
    RATE_TICKET, /* ws tickets: 20/min burst 10 */
    RATE_QUEUE,  /* join and leave: 10/min */
    RATE_COUNT,
};

struct route {
    enum http_method method;
    const char *pattern; /* "/v1/profile/{player}"; no trailing slash; params are whole segments */
    enum route_auth auth;
    enum rate_class rate;
    enum route_pool pool;
    bool takes_body;        /* JSON body allowed; an empty body counts as {} when not required */
    bool is_idempotent_key; /* honours Idempotency-Key */
    enum err (*handle)(struct request *request, struct reply *reply);
    const char *summary; /* one sentence, for the OpenAPI document */
};

/* A periodic job on a worker: runs every `period_ms`. */
struct role_timer {
    const char *name;
    uint32_t period_ms;
    void (*run)(struct context *context, uint64_t now_ms);
};

struct reactor;
struct socket_route;

struct socket_route;

struct role {
    const char *name; /* "profile" */
    const struct route *routes;
    size_t route_count;
    const struct role_timer *timers;
    size_t timer_count;
    bool has_slow_timers; /* they wait for somebody outside: a thread apart from the others' */
    const struct socket_route *sockets;
    size_t socket_count;
    /* All may be NULL. start: once, after the store is open and before anything is served. */
    enum err (*start)(struct context *context);
    /* On each reactor's thread, around its life. State goes to reactor_state.h. */
    enum err (*reactor_start)(struct reactor *reactor);
    void (*reactor_stop)(struct reactor *reactor);
    /* Appends the role's own metrics (Prometheus text); on a worker. */
    void (*metrics)(struct context *context, struct buf *out);
};

/* -- sockets --------------------------------------------------------------------------------- */

struct conn;

/* What a WebSocket endpoint is told when somebody has knocked; lives during `open` only. */
struct socket_open {
    struct context *context;
    struct str param; /* {key} of the pattern, percent-decoded */
    struct str query;
    struct str ws_key;    /* Sec-WebSocket-Key */
    struct str protocols; /* Sec-WebSocket-Protocol, as sent */
    enum err auth;        /* OK and `caller`, or why there is none: accept, explain, close 4001 */
    struct caller caller;
};

/* One endpoint. `open` runs on the reactor with the request in hand: it accepts (socket.h), refuses
 * or moves the connection. */
struct socket_route {
    const char *pattern; /* "/ws/game/{key}" */
    void (*open)(struct conn *conn, const struct socket_open *open);
};

/* -- helpers for handlers (services/reply.c) ------------------------------------------------- */

/* Decodes the body by schema into `out`; ERR_MEDIA_TYPE, ERR_JSON or ERR_INVALID with
 * reply->errors filled. An empty body is read as {} . */
enum err request_decode(struct request *request, struct reply *reply,
                        const struct json_schema *schema, void *out) MUST_USE;
/* Runs a write on the store and remembers the commit that the reply must wait for. */
enum err request_write(struct request *request, struct reply *reply,
                       enum err (*fn)(struct db *db, void *arg), void *arg) MUST_USE;
/*
 * The same for a write whose reply follows from it alone: `render` appends the body from `arg`
 * inside the transaction, so that with an Idempotency-Key effect and reply are durable together.
 * It may run more than once. reply->status is set before.
 */
typedef void (*reply_render_fn)(struct reply *reply, const void *arg);
enum err request_write_reply(struct request *request, struct reply *reply,
                             enum err (*fn)(struct db *db, void *arg), void *arg,
                             reply_render_fn render) MUST_USE;
/* Reads on a snapshot. */
enum err request_read(struct request *request, enum err (*fn)(struct db *db, void *arg),
                      void *arg) MUST_USE;
/* Adds an event to publish after the commit; `format` makes the JSON payload in the arena. */
void reply_event(struct request *request, struct reply *reply, const char *subject,
                 const char *format, ...) PRINTF_LIKE(4, 5);
/* Keeps the reply for its Idempotency-Key, if one was claimed. For the gateway. */
enum err reply_keep(struct request *request, struct reply *reply) MUST_USE;
/* Sets a field error and returns ERR_INVALID. */
enum err reply_invalid(struct reply *reply, const char *field, const char *detail);

#endif
