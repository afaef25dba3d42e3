/* Friends, blocks and chat: who hears whom. */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/store/chat.h"
#include "lib/store/friends.h"

static uint64_t alice, bob, carol;

static void open_store(void)
{
    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    carol = user_named("carol");
}

static struct friends_pair pair_of(uint64_t user_id, uint64_t other_id)
{
    return (struct friends_pair){.user_id = user_id, .other_id = other_id, .now_ms = T0};
}

static enum err ask(uint64_t user_id, uint64_t other_id, struct friends_asked *out)
{
    struct friends_pair pair = pair_of(user_id, other_id);

    return TXN(friends_request(db, &pair, out));
}

static enum err unfriend(uint64_t user_id, uint64_t other_id)
{
    struct friends_pair pair = pair_of(user_id, other_id);

    return TXN(friends_remove(db, &pair));
}

static enum err block(uint64_t user_id, uint64_t other_id)
{
    struct friends_pair pair = pair_of(user_id, other_id);
    uint64_t duel_id;

    return TXN(blocks_add(db, &pair, &duel_id));
}

static enum err unblock(uint64_t user_id, uint64_t other_id)
{
    struct friends_pair pair = pair_of(user_id, other_id);

    return TXN(blocks_remove(db, &pair));
}

TEST(a_request_waits_for_the_other_one_and_then_they_are_friends)
{
    struct friend_row rows[4];
    struct friends_asked asked;
    uint64_t ids[4];
    size_t count;

    open_store();
    EXPECT_OK(ask(alice, bob, &asked));
    EXPECT_INT(FRIEND_REQUESTED, asked.state);
    EXPECT(asked.is_new);
    EXPECT_OK(ask(alice, bob, &asked));
    EXPECT_INT(FRIEND_REQUESTED, asked.state);
    EXPECT_FALSE(asked.is_new);
    EXPECT_OK(TXN(friends_list(db, bob, rows, 4, &count)));
    EXPECT_INT(1, count);
    EXPECT_INT(FRIEND_PENDING, rows[0].state);
    EXPECT_OK(TXN(friends_ids(db, bob, ids, 4, &count)));
    EXPECT_INT(0, count); /* presence is for friends */
    EXPECT_OK(ask(bob, alice, &asked));
    EXPECT_INT(FRIEND_FRIENDS, asked.state);
    EXPECT(asked.is_new);
    EXPECT_OK(ask(carol, alice, &asked));
    EXPECT_OK(TXN(friends_list(db, alice, rows, 4, &count)));
    EXPECT_INT(2, count);
    EXPECT_STR("bob", str_from_c(rows[0].username));
    EXPECT_INT(FRIEND_FRIENDS, rows[0].state);
    EXPECT_INT(FRIEND_PENDING, rows[1].state);
    EXPECT_OK(TXN(friends_ids(db, alice, ids, 4, &count)));
    EXPECT_INT(1, count);
    EXPECT_INT(bob, ids[0]);
    ways_close();
}

TEST(a_friendship_ends_for_both_at_once)
{
    struct friends_asked asked;

    open_store();
    EXPECT_ERR(ERR_NOT_FOUND, unfriend(alice, bob));
    EXPECT_OK(ask(alice, bob, &asked));
    EXPECT_OK(ask(bob, alice, &asked));
    EXPECT_OK(unfriend(bob, alice));
    EXPECT_ERR(ERR_NOT_FOUND, unfriend(alice, bob));
    EXPECT_OK(ask(alice, bob, &asked)); /* turned down is not blocked */
    EXPECT_INT(FRIEND_REQUESTED, asked.state);
    EXPECT_OK(unfriend(bob, alice));
    ways_close();
}

TEST(nobody_befriends_oneself_or_nobody)
{
    struct friends_asked asked;

    open_store();
    EXPECT_ERR(ERR_INVALID, ask(alice, alice, &asked));
    EXPECT_ERR(ERR_NOT_FOUND, ask(alice, 99, &asked));
    EXPECT_ERR(ERR_INVALID, block(alice, alice));
    EXPECT_ERR(ERR_NOT_FOUND, block(alice, 99));
    ways_close();
}

TEST(a_block_ends_a_friendship_and_works_both_ways)
{
    struct friend_row rows[4];
    struct friends_asked asked;
    bool is_blocked;
    size_t count;

    open_store();
    EXPECT_OK(ask(alice, bob, &asked));
    EXPECT_OK(ask(bob, alice, &asked));
    EXPECT_OK(block(bob, alice));
    EXPECT_OK(block(bob, alice)); /* again changes nothing */
    EXPECT_OK(TXN(friends_list(db, alice, rows, 4, &count)));
    EXPECT_INT(0, count);
    EXPECT_ERR(ERR_BLOCKED, ask(alice, bob, &asked));
    EXPECT_ERR(ERR_BLOCKED, ask(bob, alice, &asked));
    EXPECT_OK(TXN(blocks_between(db, alice, bob, &is_blocked)));
    EXPECT(is_blocked);
    EXPECT_OK(TXN(blocks_list(db, bob, rows, 4, &count)));
    EXPECT_INT(1, count);
    EXPECT_STR("alice", str_from_c(rows[0].username));
    EXPECT_OK(TXN(blocks_list(db, alice, rows, 4, &count)));
    EXPECT_INT(0, count); /* who is blocked is not told */
    EXPECT_OK(unblock(bob, alice));
    EXPECT_ERR(ERR_NOT_FOUND, unblock(bob, alice));
    EXPECT_OK(ask(alice, bob, &asked));
    ways_close();
}

/* A list has an end, and the answer says so. */
TEST(a_list_of_blocks_that_is_full_takes_no_more)
{
    open_store();
    for (int i = 0; i < BLOCKS_MAX; i++) {
        char name[32];
        struct buf buf;

        buf_init_fixed(&buf, name, sizeof(name));
        buf_printf(&buf, "pest-%d", i);
        buf_put_char(&buf, '\0');
        EXPECT_OK(block(alice, user_named(name)));
    }
    EXPECT_ERR(ERR_LIST_FULL, block(alice, bob));
    EXPECT_OK(block(bob, alice));
    ways_close();
}

/* -- chat ------------------------------------------------------------------------------------ */

static enum err tell(const char *channel, uint64_t user_id, uint64_t to_user_id, const char *text)
{
    struct chat_append_args args = {.channel = str_from_c(channel),
                                    .user_id = user_id,
                                    .to_user_id = to_user_id,
                                    .text = str_from_c(text),
                                    .now_ms = T0};
    uint64_t id;

    return TXN(chat_append(db, &args, &id));
}

static struct chat_row heard[CHAT_HISTORY_MAX];

static size_t hear(const char *channel, uint64_t viewer_id, size_t limit)
{
    struct chat_recent_args args = {
        .channel = str_from_c(channel), .viewer_id = viewer_id, .limit = limit};
    size_t count;

    EXPECT_OK(TXN(chat_recent(db, &args, heard, &count)));
    return count;
}

TEST(the_last_messages_come_in_the_order_they_were_said)
{
    open_store();
    EXPECT_OK(tell("lobby", alice, 0, "one"));
    EXPECT_OK(tell("match:10000000", bob, 0, "elsewhere"));
    EXPECT_OK(tell("lobby", bob, 0, "two"));
    EXPECT_OK(tell("lobby", alice, 0, "three"));
    EXPECT_INT(3, hear("lobby", carol, CHAT_HISTORY_MAX));
    EXPECT_STR("one", str_from_c(heard[0].text));
    EXPECT_STR("alice", str_from_c(heard[0].username));
    EXPECT_STR("three", str_from_c(heard[2].text));
    EXPECT_INT(2, hear("lobby", carol, 2));
    EXPECT_STR("two", str_from_c(heard[0].text));
    EXPECT(heard[0].id < heard[1].id);
    ways_close();
}

TEST(a_private_message_is_seen_by_two_people_only)
{
    char channel[CHAT_CHANNEL_SIZE], other[CHAT_CHANNEL_SIZE];

    open_store();
    EXPECT_OK(tell("", alice, bob, "psst"));
    chat_dm_channel(alice, bob, channel);
    chat_dm_channel(bob, alice, other);
    EXPECT_STR(channel, str_from_c(other));
    EXPECT_INT(1, hear(channel, alice, 50));
    EXPECT_INT(1, hear(channel, bob, 50));
    EXPECT_INT(bob, heard[0].to_user_id);
    EXPECT_INT(0, hear(channel, carol, 50)); /* even one who knows the channel's name */
    EXPECT_INT(0, hear("lobby", bob, 50));
    EXPECT_ERR(ERR_INVALID, tell("", alice, alice, "me"));
    EXPECT_ERR(ERR_NOT_FOUND, tell("", alice, 99, "hello?"));
    ways_close();
}

TEST(who_is_blocked_is_not_heard_and_cannot_write_to_the_other)
{
    open_store();
    EXPECT_OK(tell("lobby", alice, 0, "before"));
    EXPECT_OK(block(bob, alice));
    EXPECT_OK(tell("lobby", alice, 0, "after"));
    EXPECT_INT(0, hear("lobby", bob, 50));
    EXPECT_INT(2, hear("lobby", carol, 50));
    EXPECT_ERR(ERR_BLOCKED, tell("", alice, bob, "why"));
    EXPECT_ERR(ERR_BLOCKED, tell("", bob, alice, "because"));
    ways_close();
}

TEST(empty_and_endless_messages_are_refused)
{
    char text[CHAT_TEXT_MAX + 2];

    open_store();
    memset(text, 'x', sizeof(text));
    text[CHAT_TEXT_MAX + 1] = '\0';
    EXPECT_ERR(ERR_INVALID, tell("lobby", alice, 0, ""));
    EXPECT_ERR(ERR_TOO_LARGE, tell("lobby", alice, 0, text));
    text[CHAT_TEXT_MAX] = '\0';
    EXPECT_OK(tell("lobby", alice, 0, text));
    EXPECT_INT(1, hear("lobby", bob, 50));
    EXPECT_INT(CHAT_TEXT_MAX, strlen(heard[0].text));
    ways_close();
}

TEST(old_messages_are_forgotten_a_few_at_a_time)
{
    uint64_t purged;

    open_store();
    for (int i = 0; i < 5; i++)
        EXPECT_OK(tell("lobby", alice, 0, "words"));
    EXPECT_OK(TXN(chat_purge(db, T0 + 1, 3, &purged)));
    EXPECT_INT(3, purged);
    EXPECT_OK(TXN(chat_purge(db, T0, 3, &purged)));
    EXPECT_INT(0, purged);
    EXPECT_INT(2, hear("lobby", bob, 50));
    ways_close();
}
