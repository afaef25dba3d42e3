/* The role `matchmaker`: today the quick queue (protocol section 3). */
#ifndef RALLY_SERVICES_MATCHMAKER_MATCHMAKER_H
#define RALLY_SERVICES_MATCHMAKER_MATCHMAKER_H

#include "services/role.h"

extern const struct role ROLE_MATCHMAKER;

#endif
