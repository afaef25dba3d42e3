/*
 * WebSocket handshakes: the origin must be ours (403 before anything else), the caller is found by
 * header, `?token=` or a one-use `?ticket=`, and the endpoint decides the rest. An outside
 * identity is looked up on a worker first.
 */
#include "services/gateway/inside.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/wire/url.h"
#include "services/identity.h"
#include "services/revocations.h"
#include "services/socket.h"
#include "services/tickets_ws.h"

static enum err caller_find(struct gateway_reactor *state, struct context *context,
                            const struct http_head *head, struct arena *arena,
                            struct access_claims *claims, struct caller *caller)
{
    uint64_t now_ms = clock_wall_ms();
    struct str token;
    enum err err;

    if (query_get(head->query, STR("ticket"), arena, &token) == OK) {
        err = tickets_ws_take(context->tickets_ws, token, now_ms, caller);
        if (err)
            return ERR_TOKEN_INVALID;
        return revocations_has(context->revocations, caller->session_id) ? ERR_TOKEN_INVALID : OK;
    }
    err = bearer_token(http_header_get(head, "authorization"), &token);
    if (err == ERR_UNAUTHENTICATED && query_get(head->query, STR("token"), arena, &token) == OK)
        err = OK;
    if (!err)
        err = token_check(state->tokens, context, token, now_ms, claims);
    if (!err)
        caller_of_claims(claims, caller);
    return err;
}

/* An outside identity on its way to a worker and back. */
struct identify {
    struct work work;
    struct arena arena;
    struct socket_open open;
    const struct socket_route *route;
    struct access_claims claims;
    struct slot_id conn;
};

static void identify_run(struct work *work)
{
    struct identify *identify = container_of(work, struct identify, work);

    identify->open.auth = identity_resolve_external(work->context, &identify->claims,
                                                    clock_wall_ms(), &identify->open.caller);
}

static void identify_done(struct reactor *home, struct work *work)
{
    struct identify *identify = container_of(work, struct identify, work);
    struct conn *conn = conn_find(home, identify->conn);

    if (work->commit)
        identify->open.auth = work->commit;
    if (conn)
        identify->route->open(conn, &identify->open);
    arena_release(&identify->arena);
    free(identify);
}

static enum err identify_start(struct conn *conn, const struct socket_route *route,
                               const struct socket_open *open, const struct access_claims *claims)
{
    struct identify *identify = calloc(1, sizeof(*identify));
    enum err err;

    if (!identify)
        return ERR_FULL;
    arena_init(&identify->arena, LIMIT_HTTP_HEAD_SIZE);
    identify->work = (struct work){.home = conn_reactor(conn),
                                   .context = open->context,
                                   .run = identify_run,
                                   .done = identify_done};
    identify->open = *open;
    identify->open.param = arena_copy(&identify->arena, open->param);
    identify->open.query = arena_copy(&identify->arena, open->query);
    identify->open.ws_key = arena_copy(&identify->arena, open->ws_key);
    identify->open.protocols = arena_copy(&identify->arena, open->protocols);
    identify->route = route;
    identify->claims = *claims;
    identify->conn = conn_id(conn);
    err = work_submit(&identify->work, "gateway");
    if (err) {
        arena_release(&identify->arena);
        free(identify);
    }
    return err;
}

static void open_socket(struct conn *conn, const struct socket_route *route,
                        const struct http_head *head, struct str param, struct arena *arena)
{
    struct reactor *reactor = conn_reactor(conn);
    struct access_claims claims = {0};
    struct socket_open open = {
        .context = reactor_ctx(reactor),
        .query = head->query,
        .ws_key = http_header_get(head, "sec-websocket-key"),
        .protocols = http_header_get(head, "sec-websocket-protocol"),
    };

    if (param.len > 0 && url_decode(param, arena, &open.param))
        open.param = STR("");
    open.auth = caller_find(reactor_state(reactor, REACTOR_SLOT_GATEWAY), open.context, head, arena,
                            &claims, &open.caller);
    if (!open.auth && open.caller.is_external && open.caller.user_id == 0) {
        open.auth = identify_start(conn, route, &open, &claims);
        if (!open.auth)
            return; /* goes on in identify_done */
    }
    route->open(conn, &open);
}

void upgrade_start(struct conn *conn, const struct edge_request *request)
{
    struct gateway *gateway = gateway_of(conn_reactor(conn));
    const struct http_head *head = request->head;
    struct str params[REQUEST_PARAMS_MAX] = {{0}};
    const struct socket_route *route = router_find_socket(&gateway->router, request->path, params);
    struct arena arena;
    bool is_refused;

    if (!route) {
        edge_problem(conn, request, ERR_NOT_FOUND, STR(""), NULL);
        return;
    }
    (void)origin_allowed(gateway->context->settings, head, &is_refused);
    if (is_refused) {
        edge_problem(conn, request, ERR_ORIGIN, STR(""), NULL);
        return;
    }
    if (http_header_count(head, "sec-websocket-key") > 1) { /* RFC 6455 section 4.1, item 7 */
        edge_problem(conn, request, ERR_INPUT, STR("Sec-WebSocket-Key must appear once."), NULL);
        return;
    }
    if (!str_eq(http_header_get(head, "sec-websocket-version"), STR("13"))) {
        edge_problem(conn, request, ERR_INPUT, STR("Sec-WebSocket-Version must be 13."),
                     &(struct reply_headers){.names_ws_version = true});
        return;
    }
    arena_init(&arena, LIMIT_HTTP_HEAD_SIZE * 2);
    open_socket(conn, route, head, params[0], &arena);
    arena_release(&arena);
}
