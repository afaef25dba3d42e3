/* See hub.h. */
#include "services/hub.h"

void hub_init(struct hub *hub)
{
    map_init(&hub->users, LIMIT_CONNECTIONS_PER_REACTOR);
}

void hub_release(struct hub *hub)
{
    map_release(&hub->users);
}

struct hub_link *hub_find(const struct hub *hub, uint64_t user_id)
{
    uint64_t value = 0;

    return map_get(&hub->users, user_id, &value) ? (struct hub_link *)(uintptr_t)value : NULL;
}

enum err hub_add(struct hub *hub, struct hub_link *link)
{
    link->next = hub_find(hub, link->user_id);
    return map_set(&hub->users, link->user_id, (uint64_t)(uintptr_t)link);
}

bool hub_remove(struct hub *hub, struct hub_link *link)
{
    struct hub_link *first = hub_find(hub, link->user_id);

    if (first == link) {
        if (!link->next)
            return map_remove(&hub->users, link->user_id);
        CHECK(map_set(&hub->users, link->user_id, (uint64_t)(uintptr_t)link->next) == OK);
        return false;
    }
    for (struct hub_link *at = first; at; at = at->next)
        if (at->next == link)
            at->next = link->next;
    return false;
}
