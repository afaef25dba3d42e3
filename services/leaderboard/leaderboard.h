/* The role `leaderboard`: today the history of matches as dialect A reads it (protocol section 3).
 */
#ifndef RALLY_SERVICES_LEADERBOARD_LEADERBOARD_H
#define RALLY_SERVICES_LEADERBOARD_LEADERBOARD_H

#include "services/role.h"

extern const struct role ROLE_LEADERBOARD;

#endif
