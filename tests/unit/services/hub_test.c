/* Which sockets belong to whom, on one reactor. */
#include "tests/unit/test.h"

#include "services/hub.h"

static unsigned count_of(const struct hub *hub, uint64_t user_id)
{
    unsigned count = 0;

    for (struct hub_link *link = hub_find(hub, user_id); link; link = link->next) {
        EXPECT_INT(user_id, link->user_id);
        count++;
    }
    return count;
}

TEST(a_user_has_all_sockets_that_were_added_and_not_removed)
{
    /* Removed in every order: the first, the middle and the last one of the chain. */
    static const int ORDERS[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct hub hub;

    hub_init(&hub);
    for (size_t i = 0; i < 6; i++) {
        struct hub_link links[3] = {{.user_id = 7}, {.user_id = 7}, {.user_id = 7}};
        struct hub_link other = {.user_id = 8};
        EXPECT_OK(hub_add(&hub, &other));
        for (int k = 0; k < 3; k++)
            EXPECT_OK(hub_add(&hub, &links[k]));
        EXPECT_INT(3, count_of(&hub, 7));
        EXPECT_FALSE(hub_remove(&hub, &links[ORDERS[i][0]]));
        EXPECT_INT(2, count_of(&hub, 7));
        EXPECT_FALSE(hub_remove(&hub, &links[ORDERS[i][1]]));
        EXPECT_INT(1, count_of(&hub, 7));
        EXPECT(hub_find(&hub, 7) == &links[ORDERS[i][2]]);
        EXPECT(hub_remove(&hub, &links[ORDERS[i][2]])); /* the last one here */
        EXPECT_NULL(hub_find(&hub, 7));
        EXPECT_INT(1, count_of(&hub, 8));
        EXPECT(hub_remove(&hub, &other));
    }
    hub_release(&hub);
}

TEST(removing_what_was_never_added_changes_nothing)
{
    struct hub_link in = {.user_id = 7}, out = {.user_id = 7}, stranger = {.user_id = 9};
    struct hub hub;

    hub_init(&hub);
    EXPECT_OK(hub_add(&hub, &in));
    EXPECT_FALSE(hub_remove(&hub, &out));
    EXPECT_FALSE(hub_remove(&hub, &stranger));
    EXPECT_INT(1, count_of(&hub, 7));
    hub_release(&hub);
}

TEST(a_full_hub_refuses_new_users_and_still_takes_sockets_of_known_ones)
{
    static struct hub_link links[LIMIT_CONNECTIONS_PER_REACTOR];
    struct hub_link late = {.user_id = 1000000}, known = {.user_id = 1};
    struct hub hub;

    hub_init(&hub);
    for (size_t i = 0; i < ARRAY_COUNT(links); i++) {
        links[i] = (struct hub_link){.user_id = i + 1};
        EXPECT_OK(hub_add(&hub, &links[i]));
    }
    EXPECT_ERR(ERR_FULL, hub_add(&hub, &late));
    EXPECT_NULL(hub_find(&hub, 1000000));
    EXPECT_OK(hub_add(&hub, &known));
    EXPECT_INT(2, count_of(&hub, 1));
    EXPECT(hub_remove(&hub, &links[5]));
    EXPECT_OK(hub_add(&hub, &late));
    hub_release(&hub);
}
