/*
 * Which sockets of one reactor belong to which user, for pushing events to people. One hub per
 * reactor and per purpose; used on that reactor's thread only.
 */
#ifndef RALLY_SERVICES_HUB_H
#define RALLY_SERVICES_HUB_H

#include "lib/base/map.h"
#include "lib/net/net.h"

/* Sits inside the endpoint's socket struct. */
struct hub_link {
    uint64_t user_id;
    struct slot_id conn;
    struct hub_link *next; /* other sockets of the same user */
};

struct hub {
    struct map users; /* user id -> first struct hub_link */
};

void hub_init(struct hub *hub);
void hub_release(struct hub *hub);
/* ERR_FULL at the map's maximum. */
enum err hub_add(struct hub *hub, struct hub_link *link) MUST_USE;
/* True when it was the user's last one here. */
bool hub_remove(struct hub *hub, struct hub_link *link);
/* First of the user's links, or NULL. */
struct hub_link *hub_find(const struct hub *hub, uint64_t user_id);

#endif
