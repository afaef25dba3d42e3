/* The handlers of the role's route table; their contract is role.h's. */
#ifndef RALLY_SERVICES_LEADERBOARD_HANDLERS_H
#define RALLY_SERVICES_LEADERBOARD_HANDLERS_H

#include "services/role.h"

enum err history_own_handle(struct request *request, struct reply *reply);
enum err history_of_handle(struct request *request, struct reply *reply);
enum err winrate_handle(struct request *request, struct reply *reply);
enum err match_info_handle(struct request *request, struct reply *reply);

/* The id in params[0]. ERR_NOT_FOUND when it is no id: such a thing cannot exist. */
enum err param_id(const struct request *request, uint64_t *id) MUST_USE;

#endif
