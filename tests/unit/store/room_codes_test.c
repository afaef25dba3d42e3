/* Rooms by code, their results told outside, and what of them survives. */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/store/friends.h"
#include "lib/store/outbox.h"
#include "lib/store/room_codes.h"
#include "lib/store/webhooks.h"

#define EXPIRY_MS 600000

static uint64_t alice, bob, carol;

static void open_store(void)
{
    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    carol = user_named("carol");
}

static enum err create(const char *code, uint64_t creator_id, uint64_t now_ms, struct room_row *out)
{
    struct room_codes_create_args args = {.code = str_from_c(code),
                                          .creator_id = creator_id,
                                          .now_ms = now_ms,
                                          .expires_ms = now_ms + EXPIRY_MS};

    return TXN(room_codes_create(db, &args, out));
}

static enum err sit(const char *code, uint64_t user_id, uint64_t now_ms,
                    struct room_codes_joined *out)
{
    struct room_codes_join_args args = {.code = str_from_c(code),
                                        .user_id = user_id,
                                        .recipe = RECIPE,
                                        .seed = 3,
                                        .now_ms = now_ms};

    return TXN(room_codes_join(db, &args, out));
}

static enum err check(const char *code, uint64_t now_ms, struct room_row *out)
{
    return TXN(room_codes_find(db, str_from_c(code), now_ms, out));
}

static enum err cancel(const char *code, uint64_t user_id, uint64_t now_ms)
{
    struct room_codes_cancel_args args = {
        .code = str_from_c(code), .user_id = user_id, .now_ms = now_ms};
    struct room_row room;

    return TXN(room_codes_cancel(db, &args, &room));
}

/* A room in which alice and bob play; its match. */
static uint64_t playing(const char *code)
{
    struct room_codes_joined joined;
    struct room_row room;

    EXPECT_OK(create(code, alice, T0, &room));
    EXPECT_OK(sit(code, bob, T0 + 1, &joined));
    return joined.room.match_id;
}

TEST(the_second_to_join_makes_the_match)
{
    struct room_codes_joined joined;
    struct match_row match;
    struct room_row room;

    open_store();
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_INT(ROOM_WAITING, room.state);
    EXPECT_INT(0, room.match_id);
    EXPECT_INT(CLAIM_NONE, claim_of(alice).kind); /* a promise claims nobody */
    EXPECT_OK(sit("ABC234", bob, T0 + 1, &joined));
    EXPECT_INT(SEAT_RIGHT, joined.seat);
    EXPECT_FALSE(joined.is_reconnecting);
    EXPECT_INT(ROOM_PLAYING, joined.room.state);
    EXPECT_STR("bob", str_from_c(joined.room.guest));
    EXPECT_OK(TXN(matches_find(db, joined.room.match_id, &match)));
    EXPECT_INT(alice, match.players[SEAT_LEFT].user_id);
    EXPECT_STR("room", str_from_c(match.origin));
    EXPECT_INT(CLAIM_MATCH, claim_of(alice).kind);
    ways_close();
}

TEST(who_sits_already_comes_back_and_a_third_finds_it_full)
{
    struct room_codes_joined joined;
    struct room_row room;

    open_store();
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_OK(sit("ABC234", alice, T0, &joined)); /* the creator's own join, before anybody */
    EXPECT(joined.is_reconnecting);
    EXPECT_INT(SEAT_LEFT, joined.seat);
    EXPECT_INT(0, joined.room.match_id);
    EXPECT_OK(sit("ABC234", bob, T0 + 1, &joined));
    EXPECT_OK(sit("ABC234", bob, T0 + 2, &joined));
    EXPECT(joined.is_reconnecting);
    EXPECT_INT(SEAT_RIGHT, joined.seat);
    EXPECT_ERR(ERR_ROOM_FULL, sit("ABC234", carol, T0 + 3, &joined));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM matches"));
    ways_close();
}

TEST(an_unknown_code_is_no_room_and_none_is_made)
{
    struct room_codes_joined joined;
    struct room_row room;

    open_store();
    EXPECT_ERR(ERR_NO_SUCH_ROOM, sit("ZZZ999", bob, T0, &joined));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, check("ZZZ999", T0, &room));
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM rooms"));
    ways_close();
}

TEST(a_code_belongs_to_one_living_room)
{
    struct room_row room;

    open_store();
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_ERR(ERR_EXISTS, create("ABC234", bob, T0, &room));
    EXPECT_OK(cancel("ABC234", alice, T0 + 1));
    EXPECT_OK(create("ABC234", bob, T0 + 2, &room));
    EXPECT_OK(check("ABC234", T0 + 3, &room));
    EXPECT_INT(bob, room.creator_id);
    ways_close();
}

TEST(a_room_that_nobody_joins_expires)
{
    static struct room_codes_expired expired;
    struct room_codes_joined joined;
    struct room_row room;

    open_store();
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_OK(check("ABC234", T0 + EXPIRY_MS - 1, &room));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, check("ABC234", T0 + EXPIRY_MS, &room)); /* before any clock */
    EXPECT_ERR(ERR_NO_SUCH_ROOM, sit("ABC234", bob, T0 + EXPIRY_MS, &joined));
    EXPECT_OK(TXN(room_codes_expire(db, T0 + EXPIRY_MS, &expired)));
    EXPECT_INT(1, expired.count);
    EXPECT_INT(alice, expired.rooms[0].creator_id);
    EXPECT_OK(TXN(room_codes_expire(db, T0 + EXPIRY_MS, &expired)));
    EXPECT_INT(0, expired.count);
    ways_close();
}

TEST(a_room_that_has_ended_says_so_for_five_minutes)
{
    uint64_t end_ms = T0 + 100000; /* of finish_args */
    static struct room_codes_expired expired;
    struct room_codes_joined joined;
    struct room_row room;

    open_store();
    end_match(playing("ABC234"), SEAT_LEFT);
    EXPECT_OK(check("ABC234", end_ms + 1, &room));
    EXPECT_INT(ROOM_ENDED, room.state); /* though nobody has tidied the row */
    EXPECT_ERR(ERR_ROOM_ENDED, sit("ABC234", carol, end_ms + 1, &joined));
    EXPECT_ERR(ERR_ROOM_ENDED, sit("ABC234", alice, end_ms + 1, &joined));
    EXPECT_ERR(ERR_ROOM_ENDED, cancel("ABC234", alice, end_ms + 1));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, check("ABC234", end_ms + ROOM_ENDED_MS, &room));
    EXPECT_OK(TXN(room_codes_expire(db, end_ms, &expired)));
    EXPECT_INT(0, expired.count);
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM rooms WHERE state = 'ended'"));
    EXPECT_OK(create("ABC234", carol, end_ms + 2, &room)); /* the code is free again */
    ways_close();
}

TEST(only_the_creator_cancels_and_not_a_game)
{
    struct room_codes_joined joined;
    struct room_row room;

    open_store();
    EXPECT_ERR(ERR_NO_SUCH_ROOM, cancel("ABC234", alice, T0));
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_ERR(ERR_FORBIDDEN, cancel("ABC234", bob, T0));
    EXPECT_OK(sit("ABC234", bob, T0, &joined));
    EXPECT_ERR(ERR_ROOM_STARTED, cancel("ABC234", alice, T0));
    ways_close();
}

TEST(who_is_busy_or_blocked_does_not_sit_down)
{
    struct friends_pair pair = {.now_ms = T0};
    struct room_codes_joined joined;
    struct ticket_joined ticket;
    struct room_row room;
    uint64_t id;

    open_store();
    EXPECT_OK(create("ABC234", alice, T0, &room));
    EXPECT_OK(join(bob, T0, &ticket));
    EXPECT_ERR(ERR_ALREADY_QUEUED, sit("ABC234", bob, T0, &joined));
    EXPECT_OK(TXN(ticket_leave(db, bob, T0, &id)));
    EXPECT_OK(join(alice, T0, &ticket)); /* meanwhile the creator has gone elsewhere */
    EXPECT_ERR(ERR_BUSY, sit("ABC234", bob, T0, &joined));
    EXPECT_OK(TXN(ticket_leave(db, alice, T0, &id)));
    pair.user_id = alice;
    pair.other_id = bob;
    EXPECT_OK(TXN(blocks_add(db, &pair, &id)));
    EXPECT_ERR(ERR_BLOCKED, sit("ABC234", bob, T0, &joined));
    EXPECT_OK(sit("ABC234", carol, T0, &joined));
    ways_close();
}

TEST(a_creator_has_a_few_open_rooms_and_loses_the_oldest)
{
    static const char *const CODES[] = {"AAAAA2", "AAAAA3", "AAAAA4", "AAAAA5", "AAAAA6"};
    struct room_row room;

    open_store();
    for (size_t i = 0; i < ARRAY_COUNT(CODES); i++)
        EXPECT_OK(create(CODES[i], alice, T0 + i, &room));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, check(CODES[0], T0 + 9, &room));
    EXPECT_OK(check(CODES[1], T0 + 9, &room));
    EXPECT_INT(ROOMS_OPEN_MAX, fixture_number("SELECT COUNT(*) FROM rooms WHERE state = 'open'"));
    ways_close();
}

/* -- the result, told outside ---------------------------------------------------------------- */

/* As matches_finish does it: all in one transaction. */
static enum err finish_and_tell(struct db *db, const struct matches_finish_args *args)
{
    struct matches_finished finished;
    enum err err = matches_finish(db, args, &finished);

    if (err)
        return err;
    if ((err = room_codes_match_ended(db, args->match_id, args->now_ms)))
        return err;
    return webhooks_add_result(db, &finished.match);
}

static void finish(uint64_t match_id, int8_t winner)
{
    struct matches_finish_args args = end_args(match_id, take(match_id), winner);

    EXPECT_OK(TXN(finish_and_tell(db, &args)));
}

TEST(a_result_is_told_with_its_eight_fields_and_the_match)
{
    struct outbox_take_args take_args = {
        .topic = STR(WEBHOOK_TOPIC), .now_ms = T0 + 200000, .again_ms = T0 + 300000, .limit = 4};
    struct webhooks_counts counts;
    struct outbox_row rows[4];
    struct matches_finish_args args;
    struct arena arena;
    uint64_t match_id, epoch;
    size_t count;

    open_store();
    arena_init(&arena, 65536);
    match_id = playing("ABC234");
    epoch = take(match_id);
    EXPECT_OK(point(match_id, epoch, 1, SEAT_RIGHT, 0, 1));
    args = finish_args(match_id, epoch, SEAT_RIGHT, 0, 1);
    args.duration_ms = 61007;
    EXPECT_OK(TXN(finish_and_tell(db, &args)));
    EXPECT_OK(TXN(finish_and_tell(db, &args))); /* told again: one row */
    EXPECT_OK(TXN(webhooks_count(db, &counts)));
    EXPECT_INT(1, counts.pending);
    EXPECT_OK(TXN(outbox_take(db, &take_args, &arena, rows, &count)));
    EXPECT_INT(1, count);
    EXPECT_STR("match:10000000", rows[0].aggregate);
    EXPECT_STR("{\"room_code\":\"ABC234\",\"player_1_id\":\"1\",\"player_2_id\":\"2\","
               "\"player_1_score\":0,\"player_2_score\":1,\"winner_id\":\"2\",\"duration\":61.007,"
               "\"finished_at\":1000000100.000,\"match_id\":10000000}",
               rows[0].payload);
    EXPECT_OK(TXN(outbox_park(db, rows[0].id, T0, STR("404"))));
    EXPECT_OK(TXN(webhooks_count(db, &counts)));
    EXPECT_INT(0, counts.pending);
    EXPECT_INT(1, counts.parked);
    EXPECT_OK(TXN(webhooks_unpark(db, rows[0].id, T0)));
    EXPECT_OK(TXN(webhooks_count(db, &counts)));
    EXPECT_INT(1, counts.pending);
    arena_release(&arena);
    ways_close();
}

TEST(a_rematch_is_told_with_the_code_of_its_room)
{
    struct matches_rematch_args args = {.seed = 5, .now_ms = T0 + 100001};
    struct matches_rematched rematched;

    open_store();
    args.match_id = playing("ABC234");
    finish(args.match_id, SEAT_LEFT);
    EXPECT_OK(TXN(matches_rematch(db, &args, &rematched)));
    finish(rematched.match_id, SEAT_RIGHT);
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM outbox WHERE topic = 'webhook.result' "
                                 "AND payload LIKE '{\"room_code\":\"ABC234\"%'"));
    ways_close();
}

TEST(neither_a_cancelled_game_nor_one_of_the_queue_is_told)
{
    open_store();
    finish(playing("ABC234"), -1);
    finish(match_of(alice, bob), SEAT_LEFT);
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM outbox WHERE topic = 'webhook.result'"));
    ways_close();
}
