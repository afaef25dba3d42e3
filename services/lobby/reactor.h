/* What the role has on each reactor. */
#ifndef RALLY_SERVICES_LOBBY_REACTOR_H
#define RALLY_SERVICES_LOBBY_REACTOR_H

#include "services/hub.h"
#include "services/reactor_state.h"

struct lobby_reactor {
    struct hub users;     /* sockets of /v1/ws by user */
    struct hub chatters;  /* sockets of /ws/chat by user */
    struct hub chat_room; /* the same by their channel's key */
};

static inline struct lobby_reactor *lobby_of(struct reactor *reactor)
{
    return reactor_state(reactor, REACTOR_SLOT_LOBBY);
}

#endif
