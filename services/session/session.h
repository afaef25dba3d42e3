/* The role `session`: live matches in rooms (protocol section 10). */
#ifndef RALLY_SERVICES_SESSION_SESSION_H
#define RALLY_SERVICES_SESSION_SESSION_H

#include "services/role.h"

struct room;

extern const struct role ROLE_SESSION;

/* Keeps the gauge of rooms by state; call when a room's state may have changed and at its end. */
void session_room_count(struct room *room, bool is_there);
/* Rooms with a match that has not ended, on this node. For draining. */
uint32_t session_live_rooms(void);

#endif
