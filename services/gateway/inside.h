/*
 * What the files of the gateway share. Not for others.
 *
 *   gateway.c  its life, the handlers of lib/net   call.c     a request to a role and its reply
 *   router.c   path -> row                         upgrade.c  WebSocket handshakes
 *   auth.c     tokens                              edge.c     health, problem pages, static files
 *   headers.c  headers of every reply              files.c    the built web client in memory
 */
#ifndef RALLY_SERVICES_GATEWAY_INSIDE_H
#define RALLY_SERVICES_GATEWAY_INSIDE_H

#include "services/gateway/auth.h"
#include "services/gateway/files.h"
#include "services/gateway/gateway.h"
#include "services/gateway/router.h"
#include "services/limiter.h"
#include "services/reactor_state.h"
#include "services/work.h"

#define LOADS_MAX 8

struct gateway {
    struct context *context;
    struct router router;
    struct files files;
    const struct role *roles[16];
    size_t role_count;
    uint64_t started_ms;
};

struct gateway_reactor {
    struct token_cache *tokens;
    uint64_t request_number;
};

static inline struct gateway *gateway_of(struct reactor *reactor)
{
    struct context *context = reactor_ctx(reactor);

    return context->gateway;
}

/* What is known of a request before anybody is asked. strs point into the head. */
struct edge_request {
    const struct http_head *head;
    struct str body;
    struct str path; /* without trailing slashes */
    struct str origin;
    char address[46];
    char id[REQUEST_ID_SIZE];
    uint64_t started_ns;
};

/* headers.c */
struct reply_headers {
    const char *request_id;
    struct str origin;                /* of the request, when it may read the reply; else empty */
    const struct limit_answer *limit; /* NULL: the route is not limited */
    uint32_t retry_after_s;           /* 0: none */
    bool challenges;                  /* WWW-Authenticate */
    struct str set_cookie;
    struct str allow;  /* value of Allow; empty: none */
    const char *cache; /* Cache-Control; NULL: no-store */
    struct str etag;
    bool names_ws_version; /* RFC 6455 section 4.2.2: which version we speak */
    bool is_page;          /* HTML: the page's own security headers */
    bool is_tls;
    bool is_gzip;
};
void headers_put(struct buf *out, const struct reply_headers *headers);
/* The Origin header if it is this host's or an allowed one, else empty; *is_refused when it is
 * somebody else's. */
struct str origin_allowed(const struct settings *settings, const struct http_head *head,
                          bool *is_refused);

/* edge.c: what needs no role. False: not the edge's business. */
bool edge_answer(struct conn *conn, const struct edge_request *request);
/* True when the edge has something at this path, for GET. */
bool edge_has_path(struct conn *conn, const struct edge_request *request);
void edge_problem(struct conn *conn, const struct edge_request *request, enum err err,
                  struct str detail, const struct reply_headers *more);

/* call.c */
void call_start(struct conn *conn, const struct edge_request *request,
                const struct route_match *match);

/* upgrade.c */
void upgrade_start(struct conn *conn, const struct edge_request *request);

#endif
