/* The role `rooms`: rooms by code over HTTP (protocol section 4). Their games are the session's. */
#ifndef RALLY_SERVICES_ROOMS_ROOMS_H
#define RALLY_SERVICES_ROOMS_ROOMS_H

#include "services/role.h"

extern const struct role ROLE_ROOMS;

#endif
