/* Which handler a path belongs to. Patterns are "/v1/profile/{player}": literal segments and whole
 * segments in braces. Literal segments win over parameters. */
#ifndef RALLY_SERVICES_GATEWAY_ROUTER_H
#define RALLY_SERVICES_GATEWAY_ROUTER_H

#include "services/role.h"

#define ROUTES_MAX 256

struct route_entry {
    size_t literal_len; /* of the pattern, before its first parameter */
    const struct route *route;
    const char *role;
    size_t index; /* for metrics */
};

struct router {
    struct route_entry routes[ROUTES_MAX];
    size_t route_count;
    const struct socket_route *sockets[32];
    size_t socket_count;
};

/* Adds all routes of a role. Two rows with the same method and pattern are a bug (CHECK). */
void router_add(struct router *router, const struct role *role);

struct route_match {
    const struct route_entry *entry;
    struct str params[REQUEST_PARAMS_MAX]; /* as in the path, still encoded */
    uint32_t allowed;                      /* bits of methods that the path has (1 << method) */
};
/* OK; ERR_NOT_FOUND (no such path); ERR_METHOD (match->allowed says which there are). HEAD finds
 * GET rows. `path` has no trailing slash. */
enum err router_find(const struct router *router, enum http_method method, struct str path,
                     struct route_match *match) MUST_USE;
/* The endpoint of a socket path, or NULL. */
const struct socket_route *router_find_socket(const struct router *router, struct str path,
                                              struct str params[REQUEST_PARAMS_MAX]);

#endif
