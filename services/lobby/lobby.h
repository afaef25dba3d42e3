/* The role `lobby`: what people have to do with each other (protocol section 5, `/v1/ws`). */
#ifndef RALLY_SERVICES_LOBBY_LOBBY_H
#define RALLY_SERVICES_LOBBY_LOBBY_H

#include "services/role.h"

extern const struct role ROLE_LOBBY;

#endif
