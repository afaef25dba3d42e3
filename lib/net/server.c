/* Listeners (one per reactor, SO_REUSEPORT), the reactors' threads, and their sums. */
#include "lib/net/inside.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "lib/base/log.h"

#define FILES_KEPT 256

/* -- listeners ------------------------------------------------------------------------------- */

static enum err address_parse(const char *text, struct sockaddr_storage *out)
{
    struct str whole = str_from_c(text), host, port_text;
    char host_c[64];
    uint64_t port;
    size_t colon = whole.len;

    while (colon > 0 && whole.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return ERR_INPUT;
    host = str_slice(whole, 0, colon - 1);
    port_text = str_slice(whole, colon, whole.len);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = str_slice(host, 1, host.len - 1);
    if (str_to_u64(port_text, 65535, &port) || str_to_c(host, host_c, sizeof(host_c)))
        return ERR_INPUT;
    if (str_eq(host, STR("localhost")))
        memcpy(host_c, "127.0.0.1", sizeof("127.0.0.1"));
    if (uv_ip4_addr(host_c, (int)port, (struct sockaddr_in *)(void *)out) == 0 ||
        uv_ip6_addr(host_c, (int)port, (struct sockaddr_in6 *)(void *)out) == 0)
        return OK;
    return ERR_INPUT;
}

static void port_set(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
}

static uint16_t port_of(uv_tcp_t *tcp)
{
    struct sockaddr_storage address = {0};
    int len = sizeof(address);

    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return address.ss_family == AF_INET
               ? ntohs(((struct sockaddr_in *)(void *)&address)->sin_port)
               : ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
}

static void accept_public(uv_stream_t *listener, int status)
{
    if (status == 0)
        tcp_accept(container_of(listener, struct reactor, listener), (uv_tcp_t *)listener, false);
}

static void accept_admin(uv_stream_t *listener, int status)
{
    if (status == 0)
        tcp_accept(container_of(listener, struct reactor, admin_listener), (uv_tcp_t *)listener,
                   true);
}

static enum err listen_on(struct reactor *reactor, uv_tcp_t *tcp, const char *where, uint16_t *port,
                          uv_connection_cb accept_cb)
{
    struct sockaddr_storage address = {0};
    uv_os_fd_t fd;
    int one = 1, status;

    if (address_parse(where, &address)) {
        log_event(LOG_ERROR, "listen_address_invalid", LOG_C("address", where));
        return ERR_INPUT;
    }
    if (*port)
        port_set(&address, *port);
    CHECK(uv_tcp_init_ex(&reactor->loop, tcp, address.ss_family) == 0);
    if (uv_fileno((uv_handle_t *)tcp, &fd) == 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    status = uv_tcp_bind(tcp, (const struct sockaddr *)&address, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)tcp, LIMIT_LISTEN_BACKLOG, accept_cb);
    if (status != 0) {
        log_event(LOG_ERROR, "listen_failed", LOG_C("address", where),
                  LOG_C("reason", uv_strerror(status)));
        return ERR_INPUT;
    }
    *port = port_of(tcp);
    return OK;
}

/* SO_REUSEPORT would share a port with a second rallyd silently; the first bind asks without it. */
static void accept_nobody(uv_stream_t *listener, int status)
{
    (void)listener; /* the probe closes at once; whoever came meanwhile will try again */
    (void)status;
}

static void probe_closed(uv_handle_t *handle)
{
    free(handle);
}

static enum err port_is_free(struct reactor *reactor, const char *where)
{
    struct sockaddr_storage address = {0};
    uv_tcp_t *probe = calloc(1, sizeof(*probe));
    int status;

    if (!probe || address_parse(where, &address)) {
        free(probe);
        return ERR_INPUT;
    }
    CHECK(uv_tcp_init(&reactor->loop, probe) == 0);
    status = uv_tcp_bind(probe, (const struct sockaddr *)&address, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)probe, 1, accept_nobody);
    uv_close((uv_handle_t *)probe, probe_closed);
    uv_run(&reactor->loop, UV_RUN_NOWAIT);
    if (status == 0)
        return OK;
    log_event(LOG_ERROR, "listen_failed", LOG_C("address", where),
              LOG_C("reason", uv_strerror(status)));
    return ERR_INPUT;
}

static enum err listen_all(struct server *server)
{
    const struct net_config *config = &server->config;
    enum err err = port_is_free(&server->reactors[0], config->http_listen);

    for (uint32_t i = 0; !err && i < server->reactor_count; i++) {
        struct reactor *reactor = &server->reactors[i];
        reactor->has_listener = true;
        err = listen_on(reactor, &reactor->listener, config->http_listen, &server->http_port,
                        accept_public);
    }
    if (err || !config->admin_listen[0])
        return err;
    err = port_is_free(&server->reactors[0], config->admin_listen);
    if (err)
        return err;
    server->reactors[0].has_admin = true;
    return listen_on(&server->reactors[0], &server->reactors[0].admin_listener,
                     config->admin_listen, &server->admin_port, accept_admin);
}

/* -- threads --------------------------------------------------------------------------------- */

static void *reactor_main(void *arg)
{
    struct reactor *reactor = arg;

    reactor_loop(reactor);
    return NULL;
}

/* Raises the limit of open files and answers how many of them may be connections: the store, the
 * listeners and the admin's own connections must still find theirs. */
static uint32_t files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return UINT32_MAX;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    if (limit.rlim_cur <= 2 * FILES_KEPT)
        return (uint32_t)limit.rlim_cur / 2;
    return limit.rlim_cur > UINT32_MAX ? UINT32_MAX : (uint32_t)limit.rlim_cur - FILES_KEPT;
}

static void reactor_free(struct reactor *reactor)
{
    if (reactor->has_loop)
        CHECK(uv_loop_close(&reactor->loop) == 0);
    slots_release(&reactor->conns);
    frame_pool_free(reactor);
    free(reactor->timers.items);
    free(reactor->read_buffer);
    free(reactor->tls_buffer);
}

static void server_release(struct server *server)
{
    tls_ctx_free(server->tls_ctx);
    addresses_free(server->addresses);
    pthread_mutex_destroy(&server->tls_lock);
    free(server->reactors);
    free(server);
}

/* One message may make another, for a reactor that was drained before. */
static void drain_all(struct server *server)
{
    bool had_any;

    do {
        had_any = false;
        for (uint32_t i = 0; i < server->reactor_count; i++)
            had_any = reactor_drain(&server->reactors[i]) || had_any;
    } while (had_any);
}

static void end_all(struct server *server)
{
    drain_all(server);
    for (uint32_t i = 0; i < server->reactor_count; i++)
        reactor_end(&server->reactors[i]);
    for (uint32_t i = 0; i < server->reactor_count; i++)
        reactor_free(&server->reactors[i]);
    server_release(server);
}

/* Start-up has failed: nothing runs yet, so every loop is ended from here. */
static void unwind(struct server *server)
{
    for (uint32_t i = 0; i < server->reactor_count; i++) {
        if (!server->reactors[i].has_loop)
            continue;
        reactor_shut(&server->reactors[i]);
        reactor_loop(&server->reactors[i]);
    }
    end_all(server);
}

static enum err tls_load(struct server *server)
{
    void *ctx;

    if (!server->config.tls_cert[0])
        return OK;
    ctx = tls_ctx_new(server->config.tls_cert, server->config.tls_key);
    if (!ctx)
        return ERR_INPUT;
    server->tls_ctx = ctx;
    return OK;
}

/* Handlers may give work to other threads as soon as they are started, so they come last: what can
 * still fail (an address in use) has been tried by then. */
static enum err reactors_make(struct server *server)
{
    const struct net_handlers *handlers = server->config.handlers;
    enum err err = OK;

    for (uint32_t i = 0; !err && i < server->reactor_count; i++)
        err = reactor_init(&server->reactors[i], server, i);
    if (!err)
        err = listen_all(server);
    for (uint32_t i = 0; !err && i < server->reactor_count; i++) {
        if (handlers->reactor_start)
            err = handlers->reactor_start(&server->reactors[i]);
        server->reactors[i].has_started = !err;
    }
    return err;
}

enum err server_start(const struct net_config *config, struct server **out)
{
    struct server *server = calloc(1, sizeof(*server));
    uint32_t files;
    enum err err;

    CHECK(server != NULL);
    signal(SIGPIPE, SIG_IGN);
    files = files_raise();
    server->config = *config;
    if (server->config.connections_max > files)
        server->config.connections_max = files;
    server->reactor_count = config->reactor_count;
    server->reactors = calloc(config->reactor_count, sizeof(struct reactor));
    server->addresses = addresses_new();
    CHECK(server->reactors && server->addresses);
    CHECK(pthread_mutex_init(&server->tls_lock, NULL) == 0);
    err = tls_load(server);
    if (!err)
        err = reactors_make(server);
    if (err) {
        unwind(server);
        return err;
    }
    for (uint32_t i = 0; i < server->reactor_count; i++)
        CHECK(pthread_create(&server->reactors[i].thread, NULL, reactor_main,
                             &server->reactors[i]) == 0);
    *out = server;
    return OK;
}

/* -- from other threads ---------------------------------------------------------------------- */

static void stop_listening(struct reactor *reactor, struct reactor_msg *msg)
{
    free(msg);
    if (reactor->has_listener && !uv_is_closing((uv_handle_t *)&reactor->listener))
        uv_close((uv_handle_t *)&reactor->listener, NULL);
}

static void shut(struct reactor *reactor, struct reactor_msg *msg)
{
    free(msg);
    reactor_shut(reactor);
}

static void post_all(struct server *server, void (*run)(struct reactor *, struct reactor_msg *))
{
    for (uint32_t i = 0; i < server->reactor_count; i++) {
        struct reactor_msg *msg = calloc(1, sizeof(*msg));
        CHECK(msg != NULL);
        msg->run = run;
        reactor_post(&server->reactors[i], msg);
    }
}

void server_stop_listening(struct server *server)
{
    atomic_store(&server->is_draining, true);
    post_all(server, stop_listening);
}

/* Old connections keep the context they were made from: OpenSSL counts its references. The files
 * are read outside the lock, so that no handshake waits for a disk. */
void server_reload_tls(struct server *server)
{
    void *ctx, *old;

    if (!server->config.tls_cert[0])
        return;
    ctx = tls_ctx_new(server->config.tls_cert, server->config.tls_key);
    if (!ctx)
        return;
    pthread_mutex_lock(&server->tls_lock);
    old = server->tls_ctx;
    server->tls_ctx = ctx;
    pthread_mutex_unlock(&server->tls_lock);
    tls_ctx_free(old);
    log_event(LOG_INFO, "tls_reloaded", LOG_C("certificate", server->config.tls_cert));
}

struct tls *server_tls_new(struct server *server)
{
    struct tls *tls;

    pthread_mutex_lock(&server->tls_lock);
    tls = tls_new(server->tls_ctx);
    pthread_mutex_unlock(&server->tls_lock);
    return tls;
}

void server_stop(struct server *server)
{
    post_all(server, shut);
    for (uint32_t i = 0; i < server->reactor_count; i++)
        pthread_join(server->reactors[i].thread, NULL);
}

void server_free(struct server *server)
{
    end_all(server);
}

/* -- asking ---------------------------------------------------------------------------------- */

uint16_t server_http_port(const struct server *server)
{
    return server->http_port;
}

uint16_t server_admin_port(const struct server *server)
{
    return server->admin_port;
}

uint32_t server_reactor_count(const struct server *server)
{
    return server->reactor_count;
}

struct reactor *server_reactor(struct server *server, uint32_t index)
{
    CHECK(index < server->reactor_count);
    return &server->reactors[index];
}

static uint64_t load(const uint64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

void server_stats(struct server *server, struct net_stats *out)
{
    *out = (struct net_stats){0};
    for (uint32_t i = 0; i < server->reactor_count; i++) {
        const struct net_counters *counters = &server->reactors[i].counters;
        out->connections += load(&counters->connections);
        out->websockets += load(&counters->websockets);
        out->messages_in += load(&counters->messages_in);
        out->messages_out += load(&counters->messages_out);
        out->snapshots_conflated += load(&counters->conflated);
        out->tick_slips += load(&counters->slips);
        out->ticking += __atomic_load_n(&server->reactors[i].wheel.total, __ATOMIC_RELAXED);
        histogram_sum(&out->tick_lateness_ns, &counters->tick_lateness_ns);
        histogram_sum(&out->tick_duration_ns, &counters->tick_duration_ns);
        for (int code = 0; code < 16; code++)
            out->closes_by_code[code] += load(&counters->closes[code]);
    }
}
