/* The table of the role and its timers. */
#include "services/lobby/lobby.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/store/chat.h"
#include "services/lobby/chat_socket.h"
#include "services/lobby/duel.h"
#include "services/lobby/feed.h"
#include "services/lobby/handlers.h"
#include "services/lobby/presence_watch.h"
#include "services/lobby/reactor.h"
#include "services/lobby/user_socket.h"

/* A challenge ends at most this much later than it says. */
#define DUEL_EXPIRE_PERIOD_MS 500
#define PRESENCE_PERIOD_MS 500
#define FEED_PURGE_PERIOD_MS 10000
#define CHAT_KEEP_MS (30ull * 24 * 3600 * 1000)
#define CHAT_PURGE_PERIOD_MS 60000
#define CHAT_PURGE_COUNT 1000

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_POST, .pattern = "/v1/duels", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = duel_open_handle, .summary = "Challenges a player who is online."},
    {.method = HTTP_POST, .pattern = "/v1/duels/{id}/accept", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = duel_accept_handle, .summary = "The challenged player says yes: makes the match."},
    {.method = HTTP_POST, .pattern = "/v1/duels/{id}/decline", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = duel_decline_handle, .summary = "The challenged player says no."},
    {.method = HTTP_POST, .pattern = "/v1/duels/{id}/cancel", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = duel_cancel_handle, .summary = "The challenger takes the challenge back."},
    {.method = HTTP_GET, .pattern = "/v1/friends", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = friends_list_handle,
     .summary = "The caller's friends with their presence, and requests either way."},
    {.method = HTTP_POST, .pattern = "/v1/friends", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = friends_add_handle,
     .summary = "Asks a player to be a friend, or accepts what that player has asked."},
    {.method = HTTP_DELETE, .pattern = "/v1/friends/{player}", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .handle = friends_remove_handle,
     .summary = "Ends a friendship, takes a request back or turns one down."},
    {.method = HTTP_GET, .pattern = "/v1/blocks", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = blocks_list_handle,
     .summary = "Whom the caller has blocked."},
    {.method = HTTP_POST, .pattern = "/v1/blocks", .auth = AUTH_PLAYER, .rate = RATE_WRITE,
     .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = blocks_add_handle,
     .summary = "Blocks a player at once; ends a friendship and a pending duel."},
    {.method = HTTP_DELETE, .pattern = "/v1/blocks/{player}", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .handle = blocks_remove_handle,
     .summary = "Lifts a block."},
};
/* clang-format on */

static void purge(struct context *context, uint64_t now_ms)
{
    feed_purge(context->feed, now_ms);
}

struct chat_age {
    uint64_t before_ms;
    uint64_t purged;
};

static enum err chat_purge_txn(struct db *db, void *arg)
{
    struct chat_age *age = arg;

    return chat_purge(db, age->before_ms, CHAT_PURGE_COUNT, &age->purged);
}

static void chat_forget(struct context *context, uint64_t now_ms)
{
    struct chat_age age = {.before_ms = now_ms > CHAT_KEEP_MS ? now_ms - CHAT_KEEP_MS : 0};
    enum err err = store_write_durable(context->store, chat_purge_txn, &age);

    if (err)
        log_event(LOG_WARN, "chat_purge_failed", LOG_C("error", err_code(err)));
}

static const struct role_timer TIMERS[] = {
    {.name = "chat_forget", .period_ms = CHAT_PURGE_PERIOD_MS, .run = chat_forget},
    {.name = "duel_expire", .period_ms = DUEL_EXPIRE_PERIOD_MS, .run = duel_expire},
    {.name = "presence_watch", .period_ms = PRESENCE_PERIOD_MS, .run = presence_watch_run},
    {.name = "feed_purge", .period_ms = FEED_PURGE_PERIOD_MS, .run = purge},
};

static const struct socket_route SOCKETS[] = {
    {.pattern = "/v1/ws", .open = user_socket_open},
    {.pattern = "/ws/chat/{room}", .open = chat_socket_open},
};

static enum err start(struct context *context)
{
    enum err err = user_socket_start(context);

    if (!err)
        err = presence_watch_start(context);
    return err ? err : chat_socket_start(context);
}

static enum err reactor_start(struct reactor *reactor)
{
    struct lobby_reactor *lobby = calloc(1, sizeof(*lobby));

    if (!lobby)
        return ERR_FULL;
    hub_init(&lobby->users);
    hub_init(&lobby->chatters);
    hub_init(&lobby->chat_room);
    reactor_state_set(reactor, REACTOR_SLOT_LOBBY, lobby);
    return OK;
}

static void reactor_stop(struct reactor *reactor)
{
    struct lobby_reactor *lobby = lobby_of(reactor);

    hub_release(&lobby->users);
    hub_release(&lobby->chatters);
    hub_release(&lobby->chat_room);
    free(lobby);
}

const struct role ROLE_LOBBY = {
    .name = "lobby",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .sockets = SOCKETS,
    .socket_count = ARRAY_COUNT(SOCKETS),
    .start = start,
    .reactor_start = reactor_start,
    .reactor_stop = reactor_stop,
};
