/*
 * The audit finds what it is there to find: a healthy store is damaged by hand, rule by rule, and
 * each time the invariant that was broken must be among the findings.
 */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

struct damage {
    const char *invariant;
    const char *sql;
};

static const struct damage DAMAGES[] = {
    {"I1", "INSERT INTO tickets (id, mode, state, leader_id, member_count, enqueued_ms) "
           "VALUES (77, 'slow', 'queued', 5, 1, 1), (78, 'slow', 'queued', 5, 1, 1); "
           "INSERT INTO ticket_members (ticket_id, user_id) VALUES (77, 5), (78, 5);"},
    {"I1", "DELETE FROM claims WHERE kind = 'ticket';"},
    {"I1", "INSERT INTO claims (user_id, kind, ref_id, since_ms) VALUES (6, 'ticket', 1, 1);"},
    {"I2", "UPDATE tickets SET version = version + 1 WHERE state = 'matched';"},
    {"I2", "UPDATE tickets SET version = 2 WHERE state = 'queued';"},
    {"I2", "UPDATE tickets SET version = 3 WHERE state = 'cancelled';"},
    {"I2", "UPDATE tickets SET member_count = 2 WHERE state = 'matched';"},
    {"I3", "UPDATE match_players SET ticket_id = NULL WHERE match_id = 10000000 AND seat = 0;"},
    {"I3", "UPDATE tickets SET match_id = 10000001 WHERE match_id = 10000000;"},
    {"I8", "DELETE FROM ticket_members WHERE ticket_id IN (SELECT id FROM tickets "
           "WHERE state = 'cancelled'); DELETE FROM tickets WHERE state = 'cancelled';"},
    {"I8", "UPDATE sequences SET next_value = next_value + 1 WHERE name = 'match';"},
    {"I5", "DELETE FROM claims WHERE kind = 'match' AND user_id = 3;"},
    {"I5", "UPDATE claims SET ref_id = 10000000 WHERE user_id = 3;"},
    {"I5", "UPDATE match_players SET user_id = 3 WHERE match_id = 10000000 AND seat = 0; "
           "UPDATE matches SET state = 'running', ended_ms = NULL, reason = '', has_rated = 0 "
           "WHERE id = 10000000;"},
    {"I5", "INSERT INTO claims (user_id, kind, ref_id, since_ms) VALUES (6, 'duel', 1, 1);"},
    {"I33", "INSERT INTO tickets (id, mode, state, leader_id, member_count, enqueued_ms) "
            "VALUES (77, 'quick', 'queued', 6, 1, 1);"},
    {"I6", "DELETE FROM match_players WHERE match_id = 10000001 AND seat = 0;"},
    {"I11", "UPDATE matches SET winner_seat = 1 WHERE id = 10000000;"},
    {"I11", "UPDATE match_players SET outcome = '' WHERE match_id = 10000000 AND seat = 1;"},
    {"I11", "UPDATE match_players SET outcome = 'win' WHERE match_id = 10000001 AND seat = 1;"},
    {"I11", "UPDATE matches SET winner_seat = NULL WHERE id = 10000000;"},
    {"I11", "INSERT INTO outbox (id, topic, aggregate, payload, created_ms, due_ms) "
            "VALUES (99, 'match.finished', 'match:10000000', '', 1, 1);"},
    {"I13", "DELETE FROM rating_events WHERE user_id = 1;"},
    {"I13", "UPDATE matches SET has_rated = 0 WHERE id = 10000000;"},
    {"I13", "UPDATE rating_events SET outcome = 'draw' WHERE user_id = 1;"},
    {"I14", "UPDATE rating_events SET number = 9 WHERE user_id = 1;"},
    {"I14", "INSERT INTO rating_events SELECT user_id, mode, 2, 'season', NULL, '', 1, 1, 1, 1, "
            "1, 1, 1, 1, at_ms FROM rating_events WHERE user_id = 1;"},
    {"I14", "UPDATE rating_events SET rating_before_micro = 1 WHERE user_id = 1;"},
    {"I14", "UPDATE ratings SET rating_micro = rating_micro + 1 WHERE user_id = 1;"},
    {"I14", "UPDATE ratings SET mmr = mmr + 1 WHERE user_id = 2;"},
    {"I14", "UPDATE ratings SET wins = 0, losses = 1 WHERE user_id = 1;"},
    {"I14", "DELETE FROM ratings WHERE user_id = 2;"},
    {"I17", "UPDATE points SET epoch = 9 WHERE match_id = 10000000 AND number = 2;"},
    {"I17", "UPDATE matches SET epoch = 0 WHERE id = 10000000;"},
    {"I18", "DELETE FROM points WHERE match_id = 10000000 AND number = 2;"},
    {"I18", "UPDATE match_players SET score = 9 WHERE match_id = 10000000 AND seat = 0;"},
    {"I18", "UPDATE points SET score_left = 0, score_right = 1 WHERE match_id = 10000000 "
            "AND number = 1;"},
    {"I18", "UPDATE matches SET point_count = 3 WHERE id = 10000000;"},
    {"I34", "UPDATE users SET deleted_ms = 1, password_hash = NULL WHERE id = 6;"},
    {"I36", "UPDATE users SET username_folded = 'Alice' WHERE id = 1;"},
    {"I29", "UPDATE outbox SET done_ms = 1, parked_ms = 1;"},
};

/* 1 and 2 have played, 3 and 4 are playing, 5 waits, 6 has left the queue. */
static void open_busy_store(void)
{
    static const char *const NAMES[] = {"alice", "bob", "carol", "dave", "erin", "frank"};
    struct matches_finished finished;
    struct ticket_joined joined;
    uint64_t ticket_id;

    fixture_open();
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        EXPECT_INT(i + 1, user_named(NAMES[i]));
    play(match_of(1, 2), &finished);
    match_of(3, 4);
    EXPECT_OK(join(6, T0, &joined));
    EXPECT_OK(TXN(ticket_leave(db, 6, T0, &ticket_id)));
    EXPECT_OK(join(5, T0, &joined));
}

struct findings {
    const char *wanted;
    size_t wanted_count;
    size_t row_count;
};

static void note(void *context, const char *invariant, const char *rule, struct str row)
{
    struct findings *findings = context;

    (void)rule;
    findings->wanted_count += str_eq(str_from_c(invariant), str_from_c(findings->wanted));
    findings->row_count += row.len > 0;
}

TEST(a_store_in_use_is_clean)
{
    open_busy_store();
    EXPECT_INT(0, fixture_audit());
    fixture_close();
}

TEST(each_kind_of_damage_is_found_under_its_invariant)
{
    open_busy_store();
    /* Damage is done behind the schema's back, as a bug or a disk would. */
    EXPECT_OK(db_script(fixture_db, "PRAGMA foreign_keys = OFF; "
                                    "PRAGMA ignore_check_constraints = ON;"));
    for (size_t i = 0; i < ARRAY_COUNT(DAMAGES); i++) {
        struct findings findings = {.wanted = DAMAGES[i].invariant};
        uint64_t count = 0;
        EXPECT_OK(db_begin(fixture_db));
        EXPECT_OK(db_script(fixture_db, DAMAGES[i].sql));
        EXPECT_OK(audit_run(fixture_db, note, &findings, &count));
        db_rollback(fixture_db);
        if (findings.wanted_count == 0)
            print_error("not found: %s %s\n", DAMAGES[i].invariant, DAMAGES[i].sql);
        EXPECT(findings.wanted_count > 0);
        EXPECT_INT(count, findings.row_count);
    }
    fixture_close();
}

TEST(many_violations_are_counted_and_the_first_are_told)
{
    struct findings findings = {.wanted = "I36"};
    uint64_t count = 0;
    struct buf name;
    char memory[32];

    fixture_open();
    for (int i = 0; i < AUDIT_ROWS_MAX + 5; i++) {
        buf_init_fixed(&name, memory, sizeof(memory));
        buf_printf(&name, "player%d", i);
        user_named(memory);
    }
    EXPECT_OK(db_begin(fixture_db));
    EXPECT_OK(db_script(fixture_db, "UPDATE users SET username_folded = 'X' || id;"));
    EXPECT_OK(audit_run(fixture_db, note, &findings, &count));
    db_rollback(fixture_db);
    EXPECT_INT(AUDIT_ROWS_MAX + 5, count);
    EXPECT_INT(AUDIT_ROWS_MAX, findings.wanted_count);
    fixture_close();
}
