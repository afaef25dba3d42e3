/* The gateway's life, and what lib/net calls with every request. */
#include "services/gateway/inside.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "services/metrics.h"
#include "services/socket.h"

/* -- one request ----------------------------------------------------------------------------- */

/* 26 characters of Crockford base32: wall time, reactor and count; unique, and sortable by time. */
static void id_make(struct reactor *reactor, struct gateway_reactor *state, char *out)
{
    static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t number = ++state->request_number;
    uint64_t seed[3] = {clock_mono_ns(), number, reactor_index(reactor)};
    uint64_t time_ms = clock_wall_ms(), tail = hash_keyed(seed, sizeof(seed));

    for (int i = 9; i >= 0; i--, time_ms >>= 5)
        out[i] = DIGITS[time_ms & 31];
    for (int i = 25; i >= 22; i--, number >>= 5)
        out[i] = DIGITS[number & 31];
    for (int i = 21; i >= 10; i--, tail >>= 5)
        out[i] = DIGITS[tail & 31];
    out[26] = '\0';
}

static struct str without_trailing_slashes(struct str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

static bool list_has(struct str list, struct str wanted)
{
    while (list.len > 0) {
        size_t end = str_find(list, ',', 0);
        if (str_eq(str_trim(str_slice(list, 0, end)), wanted))
            return true;
        list = str_slice(list, end + 1, list.len);
    }
    return false;
}

/* Behind declared proxies the client is the rightmost forwarded address that is no proxy. */
static void address_find(struct conn *conn, const struct settings *settings,
                         const struct http_head *head, char *out)
{
    struct str trusted = str_from_c(settings->trusted_proxies);
    struct str peer = conn_address(conn);
    struct str forwarded = http_header_get(head, "x-forwarded-for");

    while (trusted.len > 0 && list_has(trusted, peer) && forwarded.len > 0) {
        size_t comma = forwarded.len;
        while (comma > 0 && forwarded.ptr[comma - 1] != ',')
            comma--;
        peer = str_trim(str_slice(forwarded, comma, forwarded.len));
        forwarded = str_slice(forwarded, 0, comma > 0 ? comma - 1 : 0);
    }
    if (peer.len == 0 || str_to_c(peer, out, 46))
        (void)!str_to_c(conn_address(conn), out, 46);
}

static void put_method(struct buf *out, uint32_t allowed, enum http_method method, const char *name)
{
    if (!(allowed & 1u << method))
        return;
    if (out->len > 0)
        buf_put_c(out, ", ");
    buf_put_c(out, name);
}

static void refuse_method(struct conn *conn, const struct edge_request *request, uint32_t allowed)
{
    char memory[64];
    struct buf text;
    struct reply_headers headers = {0};

    buf_init_fixed(&text, memory, sizeof(memory));
    put_method(&text, allowed, HTTP_GET, "GET, HEAD");
    put_method(&text, allowed, HTTP_POST, "POST");
    put_method(&text, allowed, HTTP_PUT, "PUT");
    put_method(&text, allowed, HTTP_PATCH, "PATCH");
    put_method(&text, allowed, HTTP_DELETE, "DELETE");
    headers.allow = buf_str(&text);
    edge_problem(conn, request, ERR_METHOD, STR(""), &headers);
}

static void on_request(struct conn *conn, const struct http_head *head, struct str body)
{
    struct reactor *reactor = conn_reactor(conn);
    struct gateway *gateway = gateway_of(reactor);
    struct edge_request request = {.head = head,
                                   .body = body,
                                   .path = without_trailing_slashes(head->path),
                                   .started_ns = clock_mono_ns()};
    struct route_match match;
    bool is_refused;
    enum err err;

    id_make(reactor, reactor_state(reactor, REACTOR_SLOT_GATEWAY), request.id);
    address_find(conn, gateway->context->settings, head, request.address);
    request.origin = origin_allowed(gateway->context->settings, head, &is_refused);
    if (head->is_websocket && !conn_is_admin(conn)) {
        upgrade_start(conn, &request);
        return;
    }
    if (edge_answer(conn, &request))
        return;
    err = router_find(&gateway->router, head->method, request.path, &match);
    if (!err && (strcmp(match.entry->role, ROLE_GATEWAY.name) == 0) != conn_is_admin(conn))
        err = ERR_NOT_FOUND; /* metrics are the operator's, everything else is the public's */
    if (err == ERR_NOT_FOUND && edge_has_path(conn, &request)) {
        err = ERR_METHOD;
        match.allowed = 1u << HTTP_GET;
    }
    if (!err)
        call_start(conn, &request, &match);
    else if (err == ERR_METHOD)
        refuse_method(conn, &request, match.allowed);
    else
        edge_problem(conn, &request, err, STR(""), NULL);
}

/* There is no request to speak of, but there is an answer with an id like any other. */
static void on_refuse(struct conn *conn, enum err err)
{
    static const struct http_head NO_HEAD = {.method = HTTP_GET};
    struct reactor *reactor = conn_reactor(conn);
    struct edge_request request = {.head = &NO_HEAD, .started_ns = clock_mono_ns()};

    id_make(reactor, reactor_state(reactor, REACTOR_SLOT_GATEWAY), request.id);
    edge_problem(conn, &request, err, STR(""), NULL);
}

/* -- per reactor ------------------------------------------------------------------------------- */

static enum err on_reactor_start(struct reactor *reactor)
{
    struct gateway *gateway = gateway_of(reactor);
    struct reactor_state *state = calloc(1, sizeof(*state));
    struct gateway_reactor *own = calloc(1, sizeof(*own));
    enum err err = OK;

    CHECK(state && own);
    gateway->context->server = reactor_server(reactor); /* before anybody can be asked for it */
    own->tokens = token_cache_new();
    CHECK(own->tokens != NULL);
    reactor_user_set(reactor, state);
    reactor_state_set(reactor, REACTOR_SLOT_GATEWAY, own);
    for (size_t i = 0; !err && i < gateway->role_count; i++)
        if (gateway->roles[i]->reactor_start)
            err = gateway->roles[i]->reactor_start(reactor);
    return err;
}

static void on_reactor_stop(struct reactor *reactor)
{
    struct gateway *gateway = gateway_of(reactor);
    struct gateway_reactor *own = reactor_state(reactor, REACTOR_SLOT_GATEWAY);

    for (size_t i = 0; i < gateway->role_count; i++)
        if (gateway->roles[i]->reactor_stop)
            gateway->roles[i]->reactor_stop(reactor);
    token_cache_free(own->tokens);
    free(own);
    free(reactor_user(reactor));
}

const struct net_handlers GATEWAY_HANDLERS = {
    .request = on_request,
    .refuse = on_refuse,
    .reactor_start = on_reactor_start,
    .reactor_stop = on_reactor_stop,
};

/* -- to all sockets ---------------------------------------------------------------------------- */

struct broadcast {
    struct reactor_msg msg;
    void (*fn)(struct conn *conn, void *arg);
    uint64_t number;
};

static void broadcast_run(struct reactor *reactor, struct reactor_msg *msg)
{
    struct broadcast *broadcast = container_of(msg, struct broadcast, msg);

    reactor_each_socket(reactor, broadcast->fn, &broadcast->number);
    free(broadcast);
}

static void to_all_sockets(struct gateway *gateway, void (*fn)(struct conn *, void *),
                           uint64_t number)
{
    struct server *server = gateway->context->server;

    for (uint32_t i = 0; i < server_reactor_count(server); i++) {
        struct broadcast *broadcast = calloc(1, sizeof(*broadcast));
        CHECK(broadcast != NULL);
        *broadcast = (struct broadcast){.msg.run = broadcast_run, .fn = fn, .number = number};
        reactor_post(server_reactor(server, i), &broadcast->msg);
    }
}

static void tell_drain(struct conn *conn, void *arg)
{
    char memory[96];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "{\"type\":\"server_draining\",\"deadline_ms\":%llu}",
               (unsigned long long)*(uint64_t *)arg);
    socket_send_text(conn, buf_str(&text));
}

void gateway_announce_drain(struct gateway *gateway, uint64_t deadline_ms)
{
    to_all_sockets(gateway, tell_drain, deadline_ms);
}

static void close_restart(struct conn *conn, void *arg)
{
    (void)arg;
    socket_close(conn, WS_CLOSE_RESTART, STR("restart"));
}

void gateway_close_sockets(struct gateway *gateway)
{
    to_all_sockets(gateway, close_restart, 0);
}

/* A family has ended: its sockets close on every reactor. Called on the publisher's thread. */
static void close_if_of_session(struct conn *conn, void *arg)
{
    struct socket *socket = socket_of(conn);

    if (!socket || socket->caller.session_id != *(uint64_t *)arg)
        return;
    socket_error(conn, ERR_TOKEN_INVALID, STR("The session has ended."));
    socket_close(conn, WS_CLOSE_UNAUTHENTICATED, STR("session ended"));
}

static void on_session_revoked(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "session_id",
         .type = JSON_ID,
         .is_required = true,
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct gateway *gateway = ctx;
    struct json_errors errors = {0};
    struct arena arena;
    uint64_t session_id = 0;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &session_id, &errors) == OK)
        to_all_sockets(gateway, close_if_of_session, session_id);
    arena_release(&arena);
}

/* -- life -------------------------------------------------------------------------------------- */

struct gateway *gateway_new(struct context *context, const struct role *const *roles,
                            size_t role_count)
{
    struct gateway *gateway = calloc(1, sizeof(*gateway));

    CHECK(gateway && role_count <= ARRAY_COUNT(gateway->roles));
    gateway->context = context;
    gateway->started_ms = clock_mono_ms();
    for (size_t i = 0; i < role_count; i++) {
        gateway->roles[gateway->role_count++] = roles[i];
        router_add(&gateway->router, roles[i]);
    }
    files_load(&gateway->files, context->settings->web_dir);
    context->gateway = gateway;
    context->metrics = metrics_new(gateway->router.route_count);
    CHECK(bus_subscribe(context->bus, "session.revoked", on_session_revoked, gateway) == OK);
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    metrics_free(gateway->context->metrics);
    files_free(&gateway->files);
    free(gateway);
}
