/* A walk over the rows: some forty of them, each refused by its first differing segment. */
#include "services/gateway/router.h"

static struct str segment_at(struct str path, size_t at)
{
    return str_slice(path, at, str_find(path, '/', at));
}

/* How well the path fits: 0 not at all, otherwise more for more literal segments. */
static unsigned fit(const char *pattern_c, struct str path, struct str *params)
{
    struct str pattern = str_from_c(pattern_c);
    size_t pattern_at = 0, path_at = 0, param_count = 0;
    unsigned score = 1;

    while (pattern_at <= pattern.len && path_at <= path.len) {
        struct str want = segment_at(pattern, pattern_at), have = segment_at(path, path_at);
        if (want.len > 1 && want.ptr[0] == '{') {
            if (have.len == 0)
                return 0;
            CHECK(param_count < REQUEST_PARAMS_MAX);
            params[param_count++] = have;
        } else if (str_eq(want, have)) {
            score += 8;
        } else {
            return 0;
        }
        pattern_at += want.len + 1;
        path_at += have.len + 1;
    }
    return pattern_at > pattern.len && path_at > path.len ? score : 0;
}

void router_add(struct router *router, const struct role *role)
{
    for (size_t i = 0; i < role->route_count; i++) {
        const struct route *route = &role->routes[i];
        for (size_t j = 0; j < router->route_count; j++)
            CHECK(router->routes[j].route->method != route->method ||
                  strcmp(router->routes[j].route->pattern, route->pattern) != 0);
        CHECK(router->route_count < ROUTES_MAX);
        router->routes[router->route_count] =
            (struct route_entry){.route = route,
                                 .role = role->name,
                                 .literal_len = strcspn(route->pattern, "{"),
                                 .index = router->route_count};
        router->route_count++;
    }
    for (size_t i = 0; i < role->socket_count; i++) {
        CHECK(router->socket_count < ARRAY_COUNT(router->sockets));
        router->sockets[router->socket_count++] = &role->sockets[i];
    }
}

enum err router_find(const struct router *router, enum http_method method, struct str path,
                     struct route_match *match)
{
    enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
    unsigned best = 0;

    *match = (struct route_match){0};
    for (size_t i = 0; i < router->route_count; i++) {
        const struct route_entry *entry = &router->routes[i];
        struct str params[REQUEST_PARAMS_MAX] = {{0}};
        unsigned score;
        /* Nearly all rows differ before their first parameter. */
        if (path.len < entry->literal_len ||
            memcmp(path.ptr, entry->route->pattern, entry->literal_len) != 0)
            continue;
        score = fit(entry->route->pattern, path, params);
        if (score == 0)
            continue;
        match->allowed |= 1u << entry->route->method;
        if (entry->route->method != wanted || score <= best)
            continue;
        best = score;
        match->entry = entry;
        memcpy(match->params, params, sizeof(params));
    }
    if (match->entry)
        return OK;
    return match->allowed ? ERR_METHOD : ERR_NOT_FOUND;
}

const struct socket_route *router_find_socket(const struct router *router, struct str path,
                                              struct str params[REQUEST_PARAMS_MAX])
{
    for (size_t i = 0; i < router->socket_count; i++)
        if (fit(router->sockets[i]->pattern, path, params) > 0)
            return router->sockets[i];
    return NULL;
}
