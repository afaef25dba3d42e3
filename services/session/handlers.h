/* The handlers of the role's route table; their contract is role.h's. */
#ifndef RALLY_SERVICES_SESSION_HANDLERS_H
#define RALLY_SERVICES_SESSION_HANDLERS_H

#include "services/role.h"

enum err practice_handle(struct request *request, struct reply *reply);

#endif
