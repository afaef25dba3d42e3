/* The handlers of the role's route table; their contract is role.h's. */
#ifndef RALLY_SERVICES_MATCHMAKER_HANDLERS_H
#define RALLY_SERVICES_MATCHMAKER_HANDLERS_H

#include "services/role.h"

enum err queue_join_handle(struct request *request, struct reply *reply);
enum err queue_leave_handle(struct request *request, struct reply *reply);
enum err queue_status_handle(struct request *request, struct reply *reply);

#endif
