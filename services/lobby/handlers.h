/* The handlers of the role's route table; their contract is role.h's. */
#ifndef RALLY_SERVICES_LOBBY_HANDLERS_H
#define RALLY_SERVICES_LOBBY_HANDLERS_H

#include "services/role.h"

enum err duel_open_handle(struct request *request, struct reply *reply);
enum err duel_accept_handle(struct request *request, struct reply *reply);
enum err duel_decline_handle(struct request *request, struct reply *reply);
enum err duel_cancel_handle(struct request *request, struct reply *reply);
enum err friends_list_handle(struct request *request, struct reply *reply);
enum err friends_add_handle(struct request *request, struct reply *reply);
enum err friends_remove_handle(struct request *request, struct reply *reply);
enum err blocks_list_handle(struct request *request, struct reply *reply);
enum err blocks_add_handle(struct request *request, struct reply *reply);
enum err blocks_remove_handle(struct request *request, struct reply *reply);

#endif
