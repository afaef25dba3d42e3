/*
 * The rules about rooms, duels, friends and tournaments find what they are there to find: a healthy
 * store is damaged by hand and the invariant that was broken must be among the findings.
 */
#include "tests/unit/test.h"

#include "tests/unit/store/ways_in.h"

#include "lib/store/chat.h"
#include "lib/store/duels.h"
#include "lib/store/friends.h"
#include "lib/store/room_codes.h"
#include "lib/store/tournaments.h"
#include "lib/store/webhooks.h"

struct damage {
    const char *invariant;
    const char *sql;
};

/* Tournament 10000000 (users 1 to 5) is over, 10000001 (users 1 to 3) is being played. */
#define NODE " WHERE tournament_id = 10000000 AND round = 3 AND slot = 0;"
static const struct damage DAMAGES[] = {
    {"I27", "UPDATE tournament_nodes SET left_id = right_id" NODE},
    {"I27", "UPDATE tournament_nodes SET left_id = 6" NODE},
    {"I27", "UPDATE tournament_nodes SET winner_id = 6" NODE},
    {"I27", "UPDATE tournament_nodes SET winner_id = NULL" NODE},
    {"I27", "UPDATE tournament_nodes SET state = 'void'" NODE},
    {"I27", "UPDATE tournament_nodes SET state = 'bye'" NODE},
    {"I27", "UPDATE tournament_nodes SET state = 'pending', decided_ms = NULL" NODE},
    {"I27", "UPDATE tournament_nodes SET state = 'called' WHERE tournament_id = 10000001 "
            "AND round = 2;"},
    {"I27", "UPDATE tournament_nodes SET state = 'pending' WHERE tournament_id = 10000001 "
            "AND state = 'called';"},
    {"I27", "INSERT INTO tournament_players (tournament_id, user_id, seed, joined_ms) "
            "VALUES (10000000, 6, 6, 1);"},
    {"I27", "UPDATE tournaments SET state = 'started', ended_ms = NULL WHERE id = 10000000;"},
    {"I27", "UPDATE tournaments SET state = 'finished', ended_ms = 1 WHERE id = 10000001;"},
    {"I27", "UPDATE tournaments SET winner_id = 6 WHERE id = 10000000;"},
    {"I27", "UPDATE tournament_players SET place = 1 WHERE tournament_id = 10000000 AND seed = 4;"},
    {"I27", "UPDATE tournament_players SET place = 2 WHERE tournament_id = 10000000;"},
    {"I27", "UPDATE tournaments SET player_limit = 2;"},
    {"I28", "DELETE FROM tournament_edges" NODE},
    {"I28", "UPDATE tournament_edges SET user_id = 6" NODE},
    {"I28", "UPDATE match_players SET user_id = 6 WHERE seat = 0 AND match_id = "
            "(SELECT MIN(match_id) FROM tournament_nodes);"},
    {"I28", "UPDATE matches SET winner_seat = 1 - winner_seat WHERE origin = 'tournament';"},
    {"I28", "UPDATE matches SET ended_ms = NULL WHERE origin = 'tournament';"},
    {"I28", "UPDATE tournament_nodes SET match_id = NULL" NODE},
    {"I8", "UPDATE sequences SET next_value = next_value + 1 WHERE name = 'tournament';"},
    {"I8", "UPDATE sequences SET next_value = next_value + 1 WHERE name = 'duel';"},
    {"I8", "DELETE FROM rooms;"},
    {"I5", "DELETE FROM claims WHERE kind = 'duel' AND user_id = 7;"},
    {"I6", "UPDATE duels SET challenger_id = 6 WHERE state = 'accepted';"},
    {"I6", "UPDATE rooms SET guest_id = NULL WHERE state <> 'open';"},
    {"I6", "UPDATE rooms SET match_id = 10000000, guest_id = 2 WHERE state = 'open';"},
    {"I6", "UPDATE rooms SET creator_id = 6 WHERE state <> 'open';"},
    {"I5", "UPDATE matches SET ended_ms = NULL WHERE origin = 'room';"},
    {"I6", "INSERT INTO blocks (user_id, blocked_id, created_ms) VALUES (2, 1, 1);"},
    {"I6", "INSERT INTO blocks (user_id, blocked_id, created_ms) VALUES (8, 7, 1);"},
    {"I36", "UPDATE chat_messages SET channel = 'lobby' WHERE to_user_id IS NOT NULL;"},
    {"I36", "UPDATE chat_messages SET to_user_id = 3 WHERE to_user_id IS NOT NULL;"},
    {"I36", "UPDATE chat_messages SET to_user_id = 2 WHERE to_user_id IS NULL;"},
    {"I29", "UPDATE matches SET state = 'cancelled' WHERE origin = 'room';"},
    {"I29", "INSERT INTO outbox (id, topic, aggregate, payload, created_ms, due_ms) "
            "VALUES (99, 'webhook.result', 'match:5', '', 1, 1);"},
    {"I29", "UPDATE outbox SET dedupe = NULL WHERE topic = 'webhook.result'; "
            "INSERT INTO outbox (id, topic, aggregate, payload, created_ms, due_ms) "
            "SELECT 98, topic, aggregate, payload, 1, 1 FROM outbox "
            "WHERE topic = 'webhook.result';"},
};

static struct tournament_board board;

static struct tournaments_step_args step_args(uint64_t tournament_id)
{
    return (struct tournaments_step_args){.tournament_id = tournament_id,
                                          .recipe = RECIPE,
                                          .rating_mode = STR("quick"),
                                          .no_show_ms = 60000,
                                          .now_ms = T0 + 1};
}

static uint64_t start_tournament(uint64_t players)
{
    struct tournaments_create_args create = {
        .name = STR("cup"), .creator_id = 1, .player_limit = 8, .now_ms = T0};
    struct tournaments_step_args step;
    uint64_t id;
    bool is_new;

    EXPECT_OK(TXN(tournaments_create(db, &create, &id)));
    for (uint64_t i = 1; i <= players; i++) {
        struct tournaments_player_args join_args = {
            .tournament_id = id, .user_id = i, .now_ms = T0 + i};
        EXPECT_OK(TXN(tournaments_join(db, &join_args, &is_new)));
    }
    step = step_args(id);
    EXPECT_OK(TXN(tournaments_start(db, &step, &board)));
    return id;
}

static void play_out(uint64_t tournament_id)
{
    struct tournaments_step_args step = step_args(tournament_id);

    while (!board.bracket.has_ended) {
        for (uint16_t at = 0; at < board.bracket.node_count; at++) {
            if (board.bracket.nodes[at].has_match && !bracket_is_decided(&board.bracket.nodes[at]))
                end_match(board.match_ids[at], SEAT_LEFT);
        }
        EXPECT_OK(TXN(tournaments_sweep(db, &step, &board)));
    }
}

static void play_room(void)
{
    struct room_codes_create_args create = {
        .code = STR("ABC234"), .creator_id = 4, .now_ms = T0, .expires_ms = T0 + 9};
    struct room_codes_join_args join_args = {
        .code = STR("ABC234"), .user_id = 5, .recipe = RECIPE, .now_ms = T0};
    struct room_codes_joined joined;
    struct match_row match;
    struct room_row room;

    EXPECT_OK(TXN(room_codes_create(db, &create, &room)));
    EXPECT_OK(TXN(room_codes_join(db, &join_args, &joined)));
    end_match(joined.room.match_id, SEAT_LEFT);
    EXPECT_OK(TXN(room_codes_match_ended(db, joined.room.match_id, T0)));
    EXPECT_OK(TXN(matches_find(db, joined.room.match_id, &match)));
    EXPECT_OK(TXN(webhooks_add_result(db, &match)));
    create.code = STR("ABC235");
    EXPECT_OK(TXN(room_codes_create(db, &create, &room)));
}

static void challenge_twice(void)
{
    struct duels_open_args open = {.challenger_id = 9,
                                   .target_id = 10,
                                   .is_target_online = true,
                                   .game = STR("pong"),
                                   .timeout_ms = 60000,
                                   .now_ms = T0};
    struct duels_answer_args answer = {.user_id = 10, .recipe = RECIPE, .now_ms = T0};
    struct duels_opened opened;
    struct duel_row row;

    EXPECT_OK(TXN(duels_open(db, &open, &opened)));
    answer.duel_id = opened.duel.id;
    EXPECT_OK(TXN(duels_accept(db, &answer, &row)));
    open.challenger_id = 7;
    open.target_id = 8;
    EXPECT_OK(TXN(duels_open(db, &open, &opened)));
}

static void talk(void)
{
    struct friends_pair pair = {.user_id = 1, .other_id = 2, .now_ms = T0};
    struct chat_append_args say = {.user_id = 1, .to_user_id = 2, .text = STR("hi"), .now_ms = T0};
    struct friends_asked asked;
    uint64_t id;

    EXPECT_OK(TXN(friends_request(db, &pair, &asked)));
    EXPECT_OK(TXN(chat_append(db, &say, &id)));
    say.channel = STR("lobby");
    say.to_user_id = 0;
    EXPECT_OK(TXN(chat_append(db, &say, &id)));
}

static void open_busy_store(void)
{
    static const char *const NAMES[] = {"u-1", "u-2", "u-3", "u-4", "u-5",
                                        "u-6", "u-7", "u-8", "u-9", "u-10"};

    fixture_open();
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        EXPECT_INT(i + 1, user_named(NAMES[i]));
    play_out(start_tournament(5));
    start_tournament(3);
    play_room();
    challenge_twice();
    talk();
}

struct findings {
    const char *wanted;
    size_t count;
};

static void note(void *context, const char *invariant, const char *rule, struct str row)
{
    struct findings *findings = context;

    (void)rule;
    (void)row;
    findings->count += str_eq(str_from_c(invariant), str_from_c(findings->wanted));
}

TEST(a_store_with_everything_in_it_is_clean)
{
    open_busy_store();
    ways_close();
}

TEST(each_kind_of_damage_is_found_under_its_invariant)
{
    open_busy_store();
    EXPECT_OK(db_script(fixture_db, "PRAGMA foreign_keys = OFF; "
                                    "PRAGMA ignore_check_constraints = ON;"));
    for (size_t i = 0; i < ARRAY_COUNT(DAMAGES); i++) {
        struct findings findings = {.wanted = DAMAGES[i].invariant};
        uint64_t count = 0;
        EXPECT_OK(db_begin(fixture_db));
        EXPECT_OK(db_script(fixture_db, DAMAGES[i].sql));
        EXPECT_OK(audit_run(fixture_db, note, &findings, &count));
        db_rollback(fixture_db);
        if (findings.count == 0)
            print_error("not found: %s %s\n", DAMAGES[i].invariant, DAMAGES[i].sql);
        EXPECT(findings.count > 0);
    }
    ways_close();
}
