/* The role `session`: live matches in rooms (protocol section 10). */
#ifndef RALLY_SERVICES_SESSION_SESSION_H
#define RALLY_SERVICES_SESSION_SESSION_H

#include "services/role.h"

struct room;

extern const struct role ROLE_SESSION;

/* Keeps the gauge of rooms by state; call when a room's state may have changed and at its end. */
void session_room_count(struct room *room, bool is_there);
/* Rooms whose match has not ended, or whose result is not stored yet, on this node. For draining.
 */
uint32_t session_live_rooms(void);
/* Of these, about how many have ended: what must not be left behind even in a hurry. */
uint32_t session_unstored_results(void);

#endif
