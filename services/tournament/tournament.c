/* The table of the role and its life. */
#include "services/tournament/tournament.h"

#include "services/tournament/clock.h"
#include "services/tournament/handlers.h"
#include "services/tournament/socket.h"
#include "services/tournament/steps.h"

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/game/tournaments/create_tournament_form",
     .auth = AUTH_PLAYER, .rate = RATE_READ, .pool = POOL_WORKERS,
     .handle = tournament_form_handle, .summary = "The form to create a tournament, as HTML."},
    {.method = HTTP_POST, .pattern = "/game/tournaments/create_tournament_form",
     .auth = AUTH_PLAYER, .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true,
     .is_idempotent_key = true, .handle = tournament_create_handle,
     .summary = "Creates a tournament, from the form or from JSON; the creator does not play "
                "unless joining."},
    {.method = HTTP_GET, .pattern = "/game/tournaments/open_tournaments", .auth = AUTH_NONE,
     .rate = RATE_READ, .pool = POOL_WORKERS, .handle = tournament_open_list_handle,
     .summary = "The newest tournaments that can be joined."},
    {.method = HTTP_POST, .pattern = "/game/tournaments/{tournament}/join", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = tournament_join_handle, .summary = "Joins an open tournament."},
    {.method = HTTP_POST, .pattern = "/game/tournaments/{tournament}/leave", .auth = AUTH_PLAYER,
     .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true, .is_idempotent_key = true,
     .handle = tournament_leave_handle,
     .summary = "Leaves a tournament; after the start whoever is met goes up."},
    {.method = HTTP_POST, .pattern = "/game/tournaments/{tournament}/start_tournament",
     .auth = AUTH_PLAYER, .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true,
     .is_idempotent_key = true, .handle = tournament_start_handle,
     .summary = "Draws the bracket and calls the first round; the creator's."},
    {.method = HTTP_POST, .pattern = "/game/tournaments/{tournament}/next_round",
     .auth = AUTH_PLAYER, .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true,
     .is_idempotent_key = true, .handle = tournament_next_round_handle,
     .summary = "Says whether the next round has begun; rounds advance by themselves."},
    {.method = HTTP_DELETE, .pattern = "/game/tournaments/{tournament}/delete_tournament",
     .auth = AUTH_PLAYER, .rate = RATE_WRITE, .pool = POOL_WORKERS, .takes_body = true,
     .handle = tournament_delete_handle, .summary = "Calls a tournament off; the creator's."},
    {.method = HTTP_GET, .pattern = "/game/tournaments/{tournament}/player_list",
     .auth = AUTH_PLAYER, .rate = RATE_READ, .pool = POOL_WORKERS,
     .handle = tournament_players_handle, .summary = "Who is in it, with places."},
    {.method = HTTP_GET, .pattern = "/v1/tournaments", .auth = AUTH_NONE, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = tournament_list_handle,
     .summary = "Tournaments, newest first, by state, page or cursor."},
    {.method = HTTP_GET, .pattern = "/v1/tournaments/{tournament}", .auth = AUTH_NONE,
     .rate = RATE_READ, .pool = POOL_WORKERS, .handle = tournament_detail_handle,
     .summary = "A tournament with its bracket and players."},
};
/* clang-format on */

static const struct role_timer TIMERS[] = {
    {.name = "tournament_lease",
     .period_ms = TOURNAMENT_LEASE_PERIOD_MS,
     .run = tournament_lease_run},
    {.name = "tournament_clock",
     .period_ms = TOURNAMENT_CLOCK_PERIOD_MS,
     .run = tournament_clock_run},
    {.name = "tournament_listeners",
     .period_ms = TOURNAMENT_LISTEN_PERIOD_MS,
     .run = tournament_socket_refresh},
};

static const struct socket_route SOCKETS[] = {
    {.pattern = "/ws/tournament/{tournament}", .open = tournament_socket_open},
};

static enum err start(struct context *context)
{
    enum err err;

    if ((err = tournament_steps_start(context)))
        return err;
    if ((err = tournament_socket_start(context)))
        return err;
    return tournament_clock_start(context);
}

const struct role ROLE_TOURNAMENT = {
    .name = "tournament",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
    .timers = TIMERS,
    .timer_count = ARRAY_COUNT(TIMERS),
    .sockets = SOCKETS,
    .socket_count = ARRAY_COUNT(SOCKETS),
    .start = start,
    .reactor_start = tournament_socket_reactor_start,
    .reactor_stop = tournament_socket_reactor_stop,
};
