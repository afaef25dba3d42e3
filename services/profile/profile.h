/* The role `profile`: accounts, passwords, refresh-token families, profiles (protocol section 2).
 */
#ifndef RALLY_SERVICES_PROFILE_PROFILE_H
#define RALLY_SERVICES_PROFILE_PROFILE_H

#include "services/role.h"

extern const struct role ROLE_PROFILE;

#endif
