/* The hint that a block list has changed: {"user_id","other_id","is_blocked"}. */
#ifndef RALLY_SERVICES_LOBBY_BLOCKED_H
#define RALLY_SERVICES_LOBBY_BLOCKED_H

#define BLOCKED_SUBJECT "blocks.changed"

#endif
