/* The table of the role. */
#include "services/leaderboard/leaderboard.h"

#include "services/leaderboard/handlers.h"

/* clang-format off */
static const struct route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/game/history", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = history_own_handle,
     .summary = "The caller's matches, newest first."},
    {.method = HTTP_GET, .pattern = "/api/game/history/{user_id}", .auth = AUTH_PLAYER,
     .rate = RATE_READ, .pool = POOL_WORKERS, .handle = history_of_handle,
     .summary = "A player's matches, newest first."},
    {.method = HTTP_GET, .pattern = "/api/game/history/{user_id}/winrate", .auth = AUTH_PLAYER,
     .rate = RATE_READ, .pool = POOL_WORKERS, .handle = winrate_handle,
     .summary = "A player's wins and losses, and the wins as percent of both."},
    {.method = HTTP_GET, .pattern = "/game/{id}/info", .auth = AUTH_PLAYER, .rate = RATE_READ,
     .pool = POOL_WORKERS, .handle = match_info_handle,
     .summary = "A match and its players."},
};
/* clang-format on */

const struct role ROLE_LEADERBOARD = {
    .name = "leaderboard",
    .routes = ROUTES,
    .route_count = ARRAY_COUNT(ROUTES),
};
