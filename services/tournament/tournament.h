/*
 * Role tournament: single elimination from the form to the champion (protocol section 6), over
 * HTTP, on `/ws/tournament/{id}/`, and the clock that carries it on by itself.
 */
#ifndef RALLY_SERVICES_TOURNAMENT_TOURNAMENT_H
#define RALLY_SERVICES_TOURNAMENT_TOURNAMENT_H

#include "services/role.h"

extern const struct role ROLE_TOURNAMENT;

#endif
