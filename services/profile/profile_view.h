/* A profile as its owner and as others see it: the two JSON objects of protocol section 2. */
#ifndef RALLY_SERVICES_PROFILE_PROFILE_VIEW_H
#define RALLY_SERVICES_PROFILE_PROFILE_VIEW_H

#include "lib/store/users.h"
#include "services/role.h"

/* What the player is doing: "in_match", "queued", "invited", "idle" or "offline". */
const char *profile_status(const struct context *context, const struct user_profile *profile);
void profile_put_own(struct json_writer *w, const struct context *context,
                     const struct user_profile *profile);
/* Without address, preferences, latencies, status and whereabouts. */
void profile_put_public(struct json_writer *w, const struct user_profile *profile);

#endif
