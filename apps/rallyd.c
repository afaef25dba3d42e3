/*
 * rallyd: the composition root. It reads the configuration, makes every part once, hands them to
 * each other, and ends them in the opposite order. Nothing here decides anything about a game.
 *
 * Signals: SIGTERM or SIGINT drains (no new matches, sockets are told, rooms finish, results are
 * flushed, exit 0); a second one ends at once but still flushes; SIGHUP reloads the certificate.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "apps/config.h"
#include "apps/timers.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/crypt/random.h"
#include "lib/crypt/signer.h"
#include "lib/kv/kv.h"
#include "services/gateway/gateway.h"
#include "services/identity.h"
#include "services/leaderboard/leaderboard.h"
#include "services/limiter.h"
#include "services/lobby/feed.h"
#include "services/lobby/lobby.h"
#include "services/lobby/presence_watch.h"
#include "services/matchmaker/matchmaker.h"
#include "services/presence.h"
#include "services/profile/profile.h"
#include "services/publisher.h"
#include "services/revocations.h"
#include "services/rooms/rooms.h"
#include "services/session/session.h"
#include "services/tickets_ws.h"
#include "services/tournament/tournament.h"
#include "services/webhook.h"
#include "services/work.h"

#define KV_COUNT_MAX 65536
#define KV_SIZE_MAX (16u * 1024 * 1024)
#define HASH_THREADS_MAX 2
#define SOCKETS_CLOSE_MS 1500
#define RESULTS_FLUSH_MS 3000

static const struct role *const ROLES[] = {
    &ROLE_GATEWAY, &ROLE_PROFILE,   &ROLE_MATCHMAKER, &ROLE_SESSION, &ROLE_LEADERBOARD,
    &ROLE_LOBBY,   &ROLE_PUBLISHER, &ROLE_TOURNAMENT, &ROLE_ROOMS,   &ROLE_WEBHOOK,
};

struct rallyd {
    struct settings settings;
    struct context context;
    struct queue worker_queue, hash_queue;
    struct work_pool *workers, *hashers;
    struct timers *timers;
    struct timers *slow_timers; /* of roles whose jobs wait for somebody outside */
    struct server *server;
};

/* -- making ---------------------------------------------------------------------------------- */

static enum err data_dir_make(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    log_event(LOG_ERROR, "data_dir_unusable", LOG_C("path", path));
    return ERR_INPUT;
}

static enum err store_make(struct rallyd *rallyd)
{
    struct store_config config = {.url = rallyd->settings.db_url,
                                  .reader_count = rallyd->settings.workers + 2};

    return store_open(&config, &rallyd->context.store);
}

static enum err signer_make(struct rallyd *rallyd)
{
    struct signer_config config = {
        .signing_key_pem = str_from_c(rallyd->settings.signing_key),
        .data_dir = rallyd->settings.data_dir,
        .hs256_secret = str_from_c(rallyd->settings.jwt_hs256_secret),
        .is_production = rallyd->settings.is_production,
    };

    return signer_open(&config, &rallyd->context.signer);
}

static enum err parts_make(struct rallyd *rallyd)
{
    struct context *context = &rallyd->context;
    enum err err = data_dir_make(rallyd->settings.data_dir);

    context->settings = &rallyd->settings;
    if (!err)
        err = signer_make(rallyd);
    if (!err)
        err = store_make(rallyd);
    if (err)
        return err;
    context->kv = kv_new_memory(KV_COUNT_MAX, KV_SIZE_MAX);
    context->bus = bus_new_local();
    context->limiter = limiter_new(rallyd->settings.rate_limits, rallyd->settings.is_production);
    context->revocations = revocations_new();
    context->presence = presence_new();
    context->queue_presence = presence_new();
    context->tickets_ws = tickets_ws_new();
    context->feed = feed_new();
    context->presence_watch = presence_watch_new();
    context->identities = identities_new();
    CHECK(context->kv && context->bus && context->limiter && context->revocations);
    CHECK(context->tickets_ws && context->identities);
    CHECK(context->feed && context->presence_watch);
    return OK;
}

static void queues_make(struct rallyd *rallyd)
{
    struct context *context = &rallyd->context;
    uint32_t hash_threads =
        rallyd->settings.workers < HASH_THREADS_MAX ? rallyd->settings.workers : HASH_THREADS_MAX;

    CHECK(queue_init(&rallyd->worker_queue, LIMIT_WORKER_QUEUE) == OK);
    CHECK(queue_init(&rallyd->hash_queue, LIMIT_HASH_QUEUE) == OK);
    context->worker_queue = &rallyd->worker_queue;
    context->hash_queue = &rallyd->hash_queue;
    for (size_t i = 0; i < ARRAY_COUNT(ROLES); i++)
        CHECK(bus_serve(context->bus, ROLES[i]->name, &rallyd->worker_queue) == OK);
    CHECK(bus_serve(context->bus, "hashing", &rallyd->hash_queue) == OK);
    rallyd->workers = work_pool_new(&rallyd->worker_queue, rallyd->settings.workers, "worker");
    rallyd->hashers = work_pool_new(&rallyd->hash_queue, hash_threads, "hasher");
}

static enum err server_make(struct rallyd *rallyd)
{
    const struct settings *settings = &rallyd->settings;
    struct net_config config = {
        .http_listen = settings->http_listen,
        .admin_listen = settings->admin_listen,
        .tls_cert = settings->tls_cert,
        .tls_key = settings->tls_key,
        .reactor_count = settings->reactors,
        .connections_max = LIMIT_CONNECTIONS_PER_REACTOR * settings->reactors,
        .has_address_caps = settings->rate_limits,
        .handlers = &GATEWAY_HANDLERS,
        .ctx = &rallyd->context,
    };

    return server_start(&config, &rallyd->server);
}

static enum err roles_start(struct rallyd *rallyd)
{
    enum err err = OK;

    (void)gateway_new(&rallyd->context, ROLES, ARRAY_COUNT(ROLES));
    for (size_t i = 0; !err && i < ARRAY_COUNT(ROLES); i++)
        if (ROLES[i]->start)
            err = ROLES[i]->start(&rallyd->context);
    if (err)
        log_event(LOG_ERROR, "start_failed", LOG_C("code", err_code(err)));
    return err;
}

/* Host as configured, port as bound. */
static void print_address(const char *what, const char *scheme, const char *listen, uint16_t port)
{
    struct str text = str_from_c(listen);
    size_t colon = text.len;

    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    printf("%s %s://%.*s:%u\n", what, scheme, (int)(colon > 0 ? colon - 1 : 0), listen, port);
}

static void print_ready(struct rallyd *rallyd)
{
    const struct settings *settings = &rallyd->settings;

    if (settings->admin_listen[0])
        print_address("admin on", "http", settings->admin_listen,
                      server_admin_port(rallyd->server));
    print_address("listening on", settings->tls_cert[0] ? "https" : "http", settings->http_listen,
                  server_http_port(rallyd->server));
    fflush(stdout);
    log_event(LOG_INFO, "started", LOG_C("version", RALLY_VERSION), LOG_C("node", settings->node),
              LOG_U64("port", server_http_port(rallyd->server)),
              LOG_U64("reactors", settings->reactors), LOG_U64("workers", settings->workers));
}

/* -- ending ---------------------------------------------------------------------------------- */

static bool is_end(int signal_number)
{
    return signal_number == SIGTERM || signal_number == SIGINT;
}

/* True when a second end signal came within the time. */
static bool wait_for_signal(const sigset_t *signals, uint64_t timeout_ms)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ms / 1000),
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000};

    return is_end(sigtimedwait(signals, NULL, &timeout));
}

static void drain(struct rallyd *rallyd, const sigset_t *signals)
{
    uint64_t end_ms = clock_mono_ms() + rallyd->settings.drain_timeout_ms;
    bool is_urgent = false;
    struct net_stats stats;

    atomic_store(&rallyd->context.is_draining, true);
    log_event(LOG_INFO, "draining", LOG_U64("rooms", session_live_rooms()));
    gateway_announce_drain(rallyd->context.gateway, rallyd->settings.drain_timeout_ms);
    while (!is_urgent && session_live_rooms() > 0 && clock_mono_ms() < end_ms)
        is_urgent = wait_for_signal(signals, 50);
    server_stop_listening(rallyd->server);
    gateway_close_sockets(rallyd->context.gateway);
    end_ms = clock_mono_ms() + SOCKETS_CLOSE_MS;
    do {
        is_urgent = is_urgent || wait_for_signal(signals, 10);
        server_stats(rallyd->server, &stats);
    } while (!is_urgent && stats.websockets > 0 && clock_mono_ms() < end_ms);
    /* Even in a hurry: a result that has been decided is stored before the process ends. */
    end_ms = clock_mono_ms() + RESULTS_FLUSH_MS;
    while (session_unstored_results() > 0 && clock_mono_ms() < end_ms)
        (void)wait_for_signal(signals, 10);
}

static void parts_free(struct context *context)
{
    gateway_free(context->gateway);
    identities_free(context->identities);
    tickets_ws_free(context->tickets_ws);
    presence_watch_free(context->presence_watch);
    feed_free(context->feed);
    presence_free(context->queue_presence);
    presence_free(context->presence);
    revocations_free(context->revocations);
    limiter_free(context->limiter);
    bus_free(context->bus);
    kv_free(context->kv);
    signer_close(context->signer);
}

/* Producers first: sockets, workers, then the writer with all that is queued, then the rest. */
static void end(struct rallyd *rallyd)
{
    timers_stop(rallyd->timers);
    timers_stop(rallyd->slow_timers);
    queue_close(&rallyd->worker_queue);
    queue_close(&rallyd->hash_queue);
    work_pool_join(rallyd->workers);
    work_pool_join(rallyd->hashers);
    if (rallyd->server)
        server_stop(rallyd->server);
    store_close(rallyd->context.store);
    rallyd->context.store = NULL; /* rooms that hear of their last commit write nothing more */
    if (rallyd->server)
        server_free(rallyd->server);
    parts_free(&rallyd->context);
    queue_release(&rallyd->worker_queue);
    queue_release(&rallyd->hash_queue);
}

static void serve(struct rallyd *rallyd, const sigset_t *signals)
{
    int number = 0;

    while (!is_end(number)) {
        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGHUP)
            server_reload_tls(rallyd->server);
    }
    drain(rallyd, signals);
}

/* Threads inherit the mask: only main ever sees these. */
static void signals_block(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    CHECK(pthread_sigmask(SIG_BLOCK, signals, NULL) == 0);
}

int main(int argc, char **argv)
{
    static struct rallyd rallyd;
    enum log_level level;
    sigset_t signals;
    enum err err = config_load(argc, argv, &rallyd.settings);

    if (err)
        return err == ERR_END ? 0 : 2;
    if (log_level_parse(str_from_c(rallyd.settings.log_level), &level) == OK)
        log_level_set(level);
    signals_block(&signals);
    crypt_init();
    hash_key_set(random_u64(), random_u64());
    err = parts_make(&rallyd);
    if (err)
        return 2;
    queues_make(&rallyd);
    rallyd.timers = timers_new(&rallyd.context);
    rallyd.slow_timers = timers_new(&rallyd.context);
    err = roles_start(&rallyd);
    if (!err)
        err = server_make(&rallyd);
    if (!err) {
        for (size_t i = 0; i < ARRAY_COUNT(ROLES); i++)
            timers_add(ROLES[i]->has_slow_timers ? rallyd.slow_timers : rallyd.timers, ROLES[i]);
        timers_start(rallyd.timers);
        timers_start(rallyd.slow_timers);
        print_ready(&rallyd);
        serve(&rallyd, &signals);
    }
    end(&rallyd);
    log_event(LOG_INFO, "ended", LOG_U64("failed", err != OK));
    return err ? 2 : 0;
}
