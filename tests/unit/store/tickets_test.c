/* The quick queue: who may join, in which order, when two become a match, who loses the place. */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

static struct ticket_place place_of(uint64_t user_id)
{
    struct ticket_place place;

    EXPECT_OK(TXN(ticket_status(db, user_id, STR("quick"), &place)));
    return place;
}

static void block(uint64_t user_id, uint64_t blocked_id)
{
    EXPECT_OK(
        TXN(DB_RUN(db, "INSERT INTO blocks (user_id, blocked_id, created_ms) VALUES ($1, $2, 0)",
                   NULL, DB_ARG_I64(user_id), DB_ARG_I64(blocked_id))));
}

TEST(the_first_to_join_waits_in_first_place)
{
    struct ticket_joined joined;
    struct ticket_place place;
    uint64_t alice;

    fixture_open();
    alice = user_named("alice");
    EXPECT_INT(TICKET_IDLE, place_of(alice).state);
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_INT(0, joined.match_id);
    EXPECT_INT(1, joined.position);
    EXPECT_INT(1, joined.total);
    place = place_of(alice);
    EXPECT_INT(TICKET_QUEUED, place.state);
    EXPECT_INT(1, place.position);
    EXPECT_INT(1, place.total);
    EXPECT_INT(T0, place.enqueued_ms);
    fixture_close();
}

TEST(a_second_join_of_the_same_player_is_refused_and_changes_nothing)
{
    struct ticket_joined joined;
    uint64_t alice;

    fixture_open();
    alice = user_named("alice");
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_ERR(ERR_ALREADY_QUEUED, join(alice, T0 + 1, &joined));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM tickets"));
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM matches"));
    fixture_close();
}

TEST(the_second_player_to_join_makes_the_match)
{
    struct ticket_joined joined;
    struct ticket_place place;
    struct match_row match;
    uint64_t alice, bob;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(join(bob, T0 + 5, &joined));
    EXPECT_INT(MATCH_ID_FIRST, joined.match_id);
    EXPECT_INT(alice, joined.opponent_id);
    EXPECT_STR("alice", str_from_c(joined.opponent));
    EXPECT_STR("bob", str_from_c(joined.username));
    EXPECT_INT(SEAT_RIGHT, joined.seat);
    EXPECT_OK(TXN(matches_find(db, joined.match_id, &match)));
    EXPECT_INT(2, match.player_count);
    EXPECT_INT(alice, match.players[SEAT_LEFT].user_id);
    EXPECT_INT(bob, match.players[SEAT_RIGHT].user_id);
    EXPECT_INT(MATCH_PENDING, match.state);
    EXPECT_INT(42, match.seed);
    place = place_of(alice); /* how the first one learns of it */
    EXPECT_INT(TICKET_MATCHED, place.state);
    EXPECT_INT(joined.match_id, place.match_id);
    EXPECT_INT(SEAT_LEFT, place.seat);
    EXPECT_STR("bob", str_from_c(place.opponent));
    EXPECT_INT(0, place.total);
    fixture_close();
}

TEST(the_random_bit_decides_the_sides)
{
    struct ticket_join_args args;
    struct ticket_joined joined;
    struct match_row match;
    uint64_t alice, bob;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_OK(join(alice, T0, &joined));
    args = join_args(bob, T0);
    args.swap_sides = true;
    EXPECT_OK(TXN(ticket_join(db, &args, &joined)));
    EXPECT_INT(SEAT_LEFT, joined.seat);
    EXPECT_OK(TXN(matches_find(db, joined.match_id, &match)));
    EXPECT_INT(bob, match.players[SEAT_LEFT].user_id);
    fixture_close();
}

TEST(a_player_in_a_match_is_told_which)
{
    struct ticket_joined joined;
    uint64_t alice, bob, match_id, ticket_id;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    match_id = match_of(alice, bob);
    EXPECT_ERR(ERR_IN_MATCH, join(bob, T0 + 9, &joined));
    EXPECT_INT(match_id, joined.match_id);
    EXPECT_INT(SEAT_RIGHT, joined.seat);
    EXPECT_ERR(ERR_IN_MATCH, TXN(ticket_leave(db, alice, T0, &ticket_id)));
    fixture_close();
}

TEST(strangers_and_banned_players_cannot_join)
{
    struct ticket_joined joined;
    uint64_t alice;

    fixture_open();
    alice = user_named("alice");
    EXPECT_ERR(ERR_NOT_FOUND, join(99, T0, &joined));
    EXPECT_OK(TXN(user_ban(db, alice, T0 + 100, STR("x"), T0)));
    EXPECT_ERR(ERR_BANNED, join(alice, T0 + 99, &joined));
    EXPECT_OK(join(alice, T0 + 100, &joined));
    fixture_close();
}

TEST(leaving_frees_the_place_and_leaving_twice_is_an_error)
{
    struct ticket_joined joined;
    uint64_t alice, bob, ticket_id;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_ERR(ERR_NOT_QUEUED, TXN(ticket_leave(db, alice, T0, &ticket_id)));
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(TXN(ticket_leave(db, alice, T0 + 1, &ticket_id)));
    EXPECT_INT(joined.ticket_id, ticket_id);
    EXPECT_ERR(ERR_NOT_QUEUED, TXN(ticket_leave(db, alice, T0 + 2, &ticket_id)));
    EXPECT_OK(join(bob, T0 + 3, &joined));
    EXPECT_INT(0, joined.match_id); /* nobody is there any more */
    EXPECT_OK(join(alice, T0 + 4, &joined));
    EXPECT(joined.match_id != 0);
    fixture_close();
}

TEST(no_parity_two_who_wait_are_always_paired)
{
    struct ticket_joined joined;
    uint64_t users[5], ticket_id;

    fixture_open();
    for (int i = 0; i < 5; i++)
        users[i] = user_named((const char *[]){"u-a", "u-b", "u-c", "u-d", "u-e"}[i]);
    EXPECT_OK(join(users[0], T0, &joined));
    EXPECT_OK(TXN(ticket_leave(db, users[0], T0, &ticket_id)));
    EXPECT_OK(join(users[1], T0, &joined));
    EXPECT_OK(join(users[2], T0, &joined));
    EXPECT(joined.match_id != 0);
    EXPECT_OK(join(users[3], T0, &joined));
    EXPECT_INT(0, joined.match_id);
    EXPECT_OK(join(users[4], T0, &joined));
    EXPECT(joined.match_id != 0);
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM matches"));
    fixture_close();
}

TEST(blocked_players_wait_beside_each_other_and_the_first_compatible_one_is_taken)
{
    struct ticket_joined joined;
    uint64_t alice, bob, carol, dave;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    carol = user_named("carol");
    dave = user_named("dave");
    block(alice, bob);
    block(carol, alice);
    block(carol, bob);
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(join(bob, T0 + 1, &joined));
    EXPECT_INT(0, joined.match_id);
    EXPECT_INT(2, joined.position);
    EXPECT_OK(join(carol, T0 + 2, &joined));
    EXPECT_INT(3, joined.position);
    EXPECT_INT(3, joined.total);
    EXPECT_OK(join(dave, T0 + 3, &joined));
    EXPECT_INT(alice, joined.opponent_id); /* longest wait first */
    EXPECT_INT(1, place_of(bob).position);
    EXPECT_INT(2, place_of(carol).position);
    fixture_close();
}

/* -- sockets --------------------------------------------------------------------------------- */

static size_t expire(uint64_t lost_before_ms, struct ticket_expired *expired)
{
    EXPECT_OK(TXN(ticket_expire_lost(db, lost_before_ms, lost_before_ms + 30000, expired)));
    return expired->count;
}

static uint64_t join_with_socket(const char *name)
{
    struct ticket_join_args args = join_args(user_named(name), T0);
    struct ticket_joined joined;

    args.has_socket = true;
    EXPECT_OK(TXN(ticket_join(db, &args, &joined)));
    return args.user_id;
}

TEST(a_place_is_kept_over_a_lost_socket_for_the_grace_only)
{
    struct ticket_expired expired;
    uint64_t alice;

    fixture_open();
    alice = join_with_socket("alice");
    EXPECT_INT(0, expire(T0 + 100000, &expired));
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0 + 1000)));
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0 + 5000))); /* the first loss counts */
    EXPECT_INT(0, expire(T0 + 1000, &expired));
    EXPECT_OK(TXN(ticket_socket_back(db, alice)));
    EXPECT_INT(0, expire(T0 + 100000, &expired));
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0 + 2000)));
    EXPECT_INT(1, expire(T0 + 2001, &expired));
    EXPECT_INT(alice, expired.user_ids[0]);
    EXPECT_INT(TICKET_IDLE, place_of(alice).state);
    EXPECT_INT(0, expire(T0 + 2001, &expired));
    fixture_close();
}

TEST(who_never_had_a_socket_keeps_the_place)
{
    struct ticket_expired expired;
    struct ticket_joined joined;
    uint64_t alice;

    fixture_open();
    alice = user_named("alice");
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0)));
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0 + 1)));
    EXPECT_OK(TXN(ticket_sockets_reset(db, T0 + 1)));
    EXPECT_INT(0, expire(T0 + 100000, &expired));
    EXPECT_INT(TICKET_QUEUED, place_of(alice).state);
    fixture_close();
}

TEST(after_a_restart_every_socket_has_a_fresh_grace)
{
    struct ticket_expired expired;
    uint64_t alice;

    fixture_open();
    alice = join_with_socket("alice");
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0)));
    EXPECT_OK(TXN(ticket_sockets_reset(db, T0 + 500000)));
    EXPECT_INT(0, expire(T0 + 500000, &expired));
    EXPECT_INT(1, expire(T0 + 500001, &expired));
    fixture_close();
}

TEST(a_match_forgets_that_a_socket_was_lost)
{
    struct ticket_expired expired;
    struct ticket_joined joined;
    uint64_t alice;

    fixture_open();
    alice = join_with_socket("alice");
    EXPECT_OK(TXN(ticket_socket_lost(db, alice, T0)));
    EXPECT_OK(join(user_named("bob"), T0 + 1, &joined));
    EXPECT_INT(alice, joined.opponent_id);
    EXPECT_INT(0, expire(T0 + 100000, &expired));
    EXPECT_INT(TICKET_MATCHED, place_of(alice).state);
    fixture_close();
}

TEST(a_ticket_that_is_matched_cannot_be_ended)
{
    uint64_t alice, bob, count;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    match_of(alice, bob);
    EXPECT_ERR(ERR_CONFLICT, TXN(ticket_end(db, 1, false, T0)));
    EXPECT_OK(TXN(ticket_count(db, STR("quick"), &count)));
    EXPECT_INT(0, count);
    fixture_close();
}
