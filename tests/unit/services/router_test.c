/* Which row a path belongs to, which methods it has, and what its parameters are. */
#include "tests/unit/test.h"

#include "services/gateway/router.h"

static enum err handle(struct request *request, struct reply *reply)
{
    (void)request;
    (void)reply;
    return OK;
}

#define ROW(method_, pattern_)                                                                     \
    {                                                                                              \
        .method = (method_), .pattern = (pattern_), .handle = handle                               \
    }

static const struct route PEOPLE[] = {
    ROW(HTTP_GET, "/v1/people/{person}"), ROW(HTTP_DELETE, "/v1/people/{person}"),
    ROW(HTTP_GET, "/v1/people/me"),       ROW(HTTP_PATCH, "/v1/people/me"),
    ROW(HTTP_POST, "/v1/people"),         ROW(HTTP_PUT, "/v1/people/me"),
};
static const struct route GAMES[] = {
    ROW(HTTP_GET, "/v1/games/{game}/rounds/{round}"),
    ROW(HTTP_GET, "/v1/games/{game}/rounds/last"),
    ROW(HTTP_GET, "/v1/games/new/rounds/{round}"),
    ROW(HTTP_PUT, "/v1/{kind}/{game}"),
};
static const struct socket_route SOCKETS[] = {
    {.pattern = "/ws/queue"},
    {.pattern = "/ws/game/{key}"},
};

static const struct role ROLES[] = {
    {.name = "people", .routes = PEOPLE, .route_count = ARRAY_COUNT(PEOPLE)},
    {.name = "games",
     .routes = GAMES,
     .route_count = ARRAY_COUNT(GAMES),
     .sockets = SOCKETS,
     .socket_count = ARRAY_COUNT(SOCKETS)},
};

static const struct router *router(void)
{
    static struct router made;

    if (made.route_count == 0)
        for (size_t i = 0; i < ARRAY_COUNT(ROLES); i++)
            router_add(&made, &ROLES[i]);
    return &made;
}

static enum err find(enum http_method method, const char *path, struct route_match *match)
{
    return router_find(router(), method, str_from_c(path), match);
}

TEST(a_row_is_found_with_its_role_and_its_parameters)
{
    struct route_match match;

    EXPECT_OK(find(HTTP_GET, "/v1/people/zoe", &match));
    EXPECT(match.entry->route == &PEOPLE[0]);
    EXPECT_STR("people", str_from_c(match.entry->role));
    EXPECT_STR("zoe", match.params[0]);
    EXPECT_OK(find(HTTP_GET, "/v1/games/12/rounds/3", &match));
    EXPECT(match.entry->route == &GAMES[0]);
    EXPECT_STR("12", match.params[0]);
    EXPECT_STR("3", match.params[1]);
    EXPECT_INT(0, match.params[2].len);
}

TEST(rows_are_numbered_over_all_roles)
{
    struct route_match match;

    EXPECT_OK(find(HTTP_GET, "/v1/people/zoe", &match));
    EXPECT_INT(0, match.entry->index);
    EXPECT_OK(find(HTTP_GET, "/v1/games/1/rounds/2", &match));
    EXPECT_INT(ARRAY_COUNT(PEOPLE), match.entry->index);
}

TEST(literal_segments_win_over_parameters_wherever_they_stand_in_the_table)
{
    struct route_match match;

    EXPECT_OK(find(HTTP_GET, "/v1/people/me", &match));
    EXPECT(match.entry->route == &PEOPLE[2]);
    EXPECT_OK(find(HTTP_GET, "/v1/games/1/rounds/last", &match));
    EXPECT(match.entry->route == &GAMES[1]);
    EXPECT_STR("1", match.params[0]);
    EXPECT_OK(find(HTTP_GET, "/v1/games/new/rounds/7", &match));
    EXPECT(match.entry->route == &GAMES[2]);
    EXPECT_STR("7", match.params[0]);
    EXPECT_OK(find(HTTP_PUT, "/v1/people/me", &match)); /* the other one comes later */
    EXPECT(match.entry->route == &PEOPLE[5]);
    EXPECT_OK(find(HTTP_DELETE, "/v1/people/me", &match)); /* only the other row has it */
    EXPECT(match.entry->route == &PEOPLE[1]);
    EXPECT_STR("me", match.params[0]);
}

TEST(a_path_with_other_methods_says_which)
{
    struct route_match match;

    EXPECT_ERR(ERR_METHOD, find(HTTP_POST, "/v1/people/zoe", &match));
    EXPECT_INT(1u << HTTP_GET | 1u << HTTP_DELETE | 0u, match.allowed & ~(1u << HTTP_PUT));
    EXPECT(match.allowed & 1u << HTTP_PUT); /* "/v1/{kind}/{game}" fits as well */
    EXPECT_ERR(ERR_METHOD, find(HTTP_GET, "/v1/people", &match));
    EXPECT_INT(1u << HTTP_POST, match.allowed);
    EXPECT_ERR(ERR_METHOD, find(HTTP_OTHER, "/v1/people", &match));
    EXPECT_INT(1u << HTTP_POST, match.allowed);
}

TEST(head_finds_what_get_finds)
{
    struct route_match match;

    EXPECT_OK(find(HTTP_HEAD, "/v1/people/me", &match));
    EXPECT(match.entry->route == &PEOPLE[2]);
    EXPECT_ERR(ERR_METHOD, find(HTTP_HEAD, "/v1/people", &match));
}

TEST(what_is_no_path_of_ours_is_not_found)
{
    static const char *const PATHS[] = {
        "",
        "/",
        "/v1",
        "/v1/people/",
        "/v1/people//",
        "/v1/peopleme",
        "/v1/people/zoe/more",
        "/V1/people/zoe",
        "/v1/games//rounds/1",
        "/v1/games/1/rounds",
        "/v1/games/1/rounds/",
        "/v1/games/1/rounds/2/3",
        "v1/people/zoe",
        "//v1/people/zoe",
        "/v1/{kind}",
        "*",
    };
    struct route_match match;

    for (size_t i = 0; i < ARRAY_COUNT(PATHS); i++) {
        EXPECT_ERR(ERR_NOT_FOUND, find(HTTP_GET, PATHS[i], &match));
        EXPECT_INT(0, match.allowed);
        EXPECT_NULL(match.entry);
    }
}

TEST(sockets_have_their_own_paths)
{
    struct str params[REQUEST_PARAMS_MAX] = {{0}};

    EXPECT(router_find_socket(router(), STR("/ws/queue"), params) == &SOCKETS[0]);
    EXPECT(router_find_socket(router(), STR("/ws/game/k7"), params) == &SOCKETS[1]);
    EXPECT_STR("k7", params[0]);
    EXPECT_NULL(router_find_socket(router(), STR("/ws/game"), params));
    EXPECT_NULL(router_find_socket(router(), STR("/ws/game/"), params));
    EXPECT_NULL(router_find_socket(router(), STR("/v1/people/me"), params));
}
