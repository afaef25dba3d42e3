/* Who is here, how many sockets they may have, and that no thread's count gets lost. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "lib/base/limits.h"
#include "services/presence.h"

TEST(a_user_is_online_while_a_socket_is_open_and_a_moment_longer)
{
    struct presence *presence = presence_new();

    EXPECT_FALSE(presence_is_online(presence, 7));
    EXPECT_OK(presence_enter(presence, 7, 0));
    EXPECT(presence_is_online(presence, 7));
    EXPECT_FALSE(presence_is_online(presence, 8));
    presence_leave(presence, 7);
    EXPECT_INT(0, presence_sockets(presence, 7));
    EXPECT(presence_is_online(presence, 7)); /* PRESENCE_LINGER_MS */
    presence_purge(presence);
    EXPECT(presence_is_online(presence, 7)); /* a purge shortens nobody's moment */
    presence_free(presence);
}

TEST(a_user_has_so_many_sockets_and_no_more)
{
    struct presence *presence = presence_new();

    for (uint32_t i = 0; i < LIMIT_SOCKETS_PER_USER; i++)
        EXPECT_OK(presence_enter(presence, 7, LIMIT_SOCKETS_PER_USER));
    EXPECT_ERR(ERR_TOO_MANY_MESSAGES, presence_enter(presence, 7, LIMIT_SOCKETS_PER_USER));
    EXPECT_INT(LIMIT_SOCKETS_PER_USER, presence_sockets(presence, 7));
    EXPECT_OK(presence_enter(presence, 8, LIMIT_SOCKETS_PER_USER));
    presence_leave(presence, 7);
    EXPECT_OK(presence_enter(presence, 7, LIMIT_SOCKETS_PER_USER));
    EXPECT_OK(presence_enter(presence, 7, 0)); /* where any number is allowed */
    EXPECT_INT(LIMIT_SOCKETS_PER_USER + 1, presence_sockets(presence, 7));
    presence_free(presence);
}

TEST(leaving_without_having_come_changes_nothing)
{
    struct presence *presence = presence_new();

    presence_leave(presence, 7);
    EXPECT_FALSE(presence_is_online(presence, 7));
    EXPECT_OK(presence_enter(presence, 7, 1));
    presence_leave(presence, 7);
    presence_leave(presence, 7);
    EXPECT_INT(0, presence_sockets(presence, 7));
    EXPECT_OK(presence_enter(presence, 7, 1));
    presence_free(presence);
}

TEST(a_full_table_refuses_the_next_user)
{
    struct presence *presence = presence_new();

    for (uint64_t user_id = 1; user_id <= PRESENCE_USERS_MAX; user_id++)
        EXPECT_OK(presence_enter(presence, user_id, 4));
    EXPECT_ERR(ERR_FULL, presence_enter(presence, PRESENCE_USERS_MAX + 1, 4));
    EXPECT_OK(presence_enter(presence, 1, 4));
    presence_free(presence);
}

static void *come_and_go(void *arg)
{
    struct presence *presence = arg;

    for (int i = 0; i < 20000; i++) {
        if (presence_enter(presence, 7, 3) == OK)
            presence_leave(presence, 7);
        presence_purge(presence);
        CHECK(presence_sockets(presence, 7) <= 3);
    }
    return NULL;
}

TEST(threads_that_come_and_go_at_once_leave_nobody_behind)
{
    struct presence *presence = presence_new();
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        EXPECT_INT(0, pthread_create(&threads[i], NULL, come_and_go, presence));
    for (int i = 0; i < 4; i++)
        EXPECT_INT(0, pthread_join(threads[i], NULL));
    EXPECT_INT(0, presence_sockets(presence, 7));
    presence_free(presence);
}
