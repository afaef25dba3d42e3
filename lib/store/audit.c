/*
 * The stored invariants, as a table: a statement per rule that answers one text row for each
 * violation. The names are those of the design; what a rule says is what the operator reads.
 */
#include "lib/store/audit.h"

#include "lib/store/audit_ways_in.h"

static const struct audit_rule RULES[] = {
    /* -- tickets ------------------------------------------------------------------------------ */
    {"I1", "a player has at most one live ticket",
     "SELECT 'user ' || CAST(tm.user_id AS TEXT) || ' in ' || CAST(COUNT(*) AS TEXT) "
     "FROM ticket_members tm JOIN tickets t ON t.id = tm.ticket_id "
     "WHERE t.state IN ('queued', 'proposed') GROUP BY tm.user_id HAVING COUNT(*) > 1"},
    {"I2", "a ticket's version fits its state",
     "SELECT 'ticket ' || CAST(id AS TEXT) || ' ' || state || ' v' || CAST(version AS TEXT) "
     "FROM tickets WHERE CASE state WHEN 'queued' THEN version % 2 <> 1 "
     "WHEN 'matched' THEN version < 3 OR version % 2 <> 1 ELSE version % 2 <> 0 END"},
    {"I2", "a ticket has as many members as it says",
     "SELECT 'ticket ' || CAST(t.id AS TEXT) FROM tickets t WHERE t.member_count <> "
     "(SELECT COUNT(*) FROM ticket_members tm WHERE tm.ticket_id = t.id)"},
    {"I3", "a matched ticket's members play in the match it names",
     "SELECT 'ticket ' || CAST(t.id AS TEXT) || ' user ' || CAST(tm.user_id AS TEXT) "
     "FROM tickets t JOIN ticket_members tm ON tm.ticket_id = t.id "
     "WHERE t.state = 'matched' AND NOT EXISTS (SELECT 1 FROM match_players p "
     "WHERE p.match_id = t.match_id AND p.user_id = tm.user_id AND p.ticket_id = t.id)"},
    {"I3", "a seat's ticket names the match",
     "SELECT 'match ' || CAST(p.match_id AS TEXT) || ' seat ' || CAST(p.seat AS TEXT) "
     "FROM match_players p JOIN tickets t ON t.id = p.ticket_id "
     "WHERE t.match_id IS NULL OR t.match_id <> p.match_id"},
    {"I4", "the members of a ticket are on one team",
     "SELECT 'ticket ' || CAST(ticket_id AS TEXT) FROM match_players "
     "WHERE ticket_id IS NOT NULL GROUP BY ticket_id HAVING MIN(team) <> MAX(team)"},
    {"I8", "every ticket ever made is there",
     "SELECT CAST(s.next_value - s.first_value AS TEXT) || ' made, ' || "
     "CAST((SELECT COUNT(*) FROM tickets) AS TEXT) || ' there' FROM sequences s "
     "WHERE s.name = 'ticket' AND s.next_value - s.first_value <> (SELECT COUNT(*) FROM tickets)"},
    {"I8", "every match ever made is there",
     "SELECT CAST(s.next_value - s.first_value AS TEXT) || ' made, ' || "
     "CAST((SELECT COUNT(*) FROM matches) AS TEXT) || ' there' FROM sequences s "
     "WHERE s.name = 'match' AND s.next_value - s.first_value <> (SELECT COUNT(*) FROM matches)"},
    /* -- who does what ------------------------------------------------------------------------ */
    {"I5", "a player is in at most one live match",
     "SELECT 'user ' || CAST(p.user_id AS TEXT) || ' in ' || CAST(COUNT(*) AS TEXT) "
     "FROM match_players p JOIN matches m ON m.id = p.match_id "
     "WHERE m.ended_ms IS NULL AND p.user_id IS NOT NULL GROUP BY p.user_id HAVING COUNT(*) > 1"},
    {"I5", "a player of a live match is claimed by it",
     "SELECT 'user ' || CAST(p.user_id AS TEXT) || ' match ' || CAST(m.id AS TEXT) "
     "FROM matches m JOIN match_players p ON p.match_id = m.id "
     "WHERE m.ended_ms IS NULL AND p.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claims c "
     "WHERE c.user_id = p.user_id AND c.kind = 'match' AND c.ref_id = m.id)"},
    {"I1", "a member of a live ticket is claimed by it",
     "SELECT 'user ' || CAST(tm.user_id AS TEXT) || ' ticket ' || CAST(t.id AS TEXT) "
     "FROM tickets t JOIN ticket_members tm ON tm.ticket_id = t.id "
     "WHERE t.state IN ('queued', 'proposed') AND NOT EXISTS (SELECT 1 FROM claims c "
     "WHERE c.user_id = tm.user_id AND c.kind = 'ticket' AND c.ref_id = t.id)"},
    {"I5", "a claim is of a live match of that player",
     "SELECT 'user ' || CAST(c.user_id AS TEXT) || ' match ' || CAST(c.ref_id AS TEXT) "
     "FROM claims c WHERE c.kind = 'match' AND NOT EXISTS (SELECT 1 FROM matches m "
     "JOIN match_players p ON p.match_id = m.id "
     "WHERE m.id = c.ref_id AND m.ended_ms IS NULL AND p.user_id = c.user_id)"},
    {"I1", "a claim is of a live ticket of that player",
     "SELECT 'user ' || CAST(c.user_id AS TEXT) || ' ticket ' || CAST(c.ref_id AS TEXT) "
     "FROM claims c WHERE c.kind = 'ticket' AND NOT EXISTS (SELECT 1 FROM tickets t "
     "JOIN ticket_members tm ON tm.ticket_id = t.id WHERE t.id = c.ref_id "
     "AND t.state IN ('queued', 'proposed') AND tm.user_id = c.user_id)"},
    {"I5", "a claim is of a pending duel of that player",
     "SELECT 'user ' || CAST(c.user_id AS TEXT) || ' duel ' || CAST(c.ref_id AS TEXT) "
     "FROM claims c WHERE c.kind = 'duel' AND NOT EXISTS (SELECT 1 FROM duels d "
     "WHERE d.id = c.ref_id AND d.state = 'pending' AND c.user_id IN (d.challenger_id, "
     "d.target_id))"},
    {"I33", "no two compatible players wait in the quick queue",
     "SELECT CAST(a.leader_id AS TEXT) || ' and ' || CAST(b.leader_id AS TEXT) FROM tickets a "
     "JOIN tickets b ON b.mode = a.mode AND b.id > a.id WHERE a.mode = 'quick' "
     "AND a.state = 'queued' AND b.state = 'queued' AND NOT EXISTS (SELECT 1 FROM blocks k WHERE "
     "(k.user_id = a.leader_id AND k.blocked_id = b.leader_id) OR "
     "(k.user_id = b.leader_id AND k.blocked_id = a.leader_id))"},
    /* -- matches and their results ------------------------------------------------------------ */
    {"I6", "a match has its seats from 0 without gaps",
     "SELECT 'match ' || CAST(m.id AS TEXT) FROM matches m WHERE (SELECT COUNT(*) "
     "FROM match_players p WHERE p.match_id = m.id) <> (SELECT COALESCE(MAX(p.seat), 0) + 1 "
     "FROM match_players p WHERE p.match_id = m.id)"},
    {"I11", "a match that ended by play has one winner, and outcomes that say the same",
     "SELECT 'match ' || CAST(m.id AS TEXT) FROM matches m JOIN match_players p "
     "ON p.match_id = m.id WHERE m.ended_ms IS NOT NULL AND p.outcome <> CASE "
     "WHEN m.winner_seat IS NULL THEN '' WHEN m.winner_seat = p.seat THEN 'win' ELSE 'loss' END"},
    {"I11", "a match has a winner if and only if it was not cancelled",
     "SELECT 'match ' || CAST(id AS TEXT) FROM matches WHERE ended_ms IS NOT NULL "
     "AND winner_team IS NULL AND (winner_seat IS NULL) <> (state = 'cancelled')"},
    {"I11", "an ended match was announced exactly once",
     "SELECT 'match ' || CAST(o.aggregate AS TEXT) || ' ' || CAST(COUNT(*) AS TEXT) "
     "FROM outbox o WHERE o.topic = 'match.finished' GROUP BY o.aggregate HAVING COUNT(*) > 1"},
    {"I11", "a match that is still played has no outcome",
     "SELECT 'match ' || CAST(p.match_id AS TEXT) FROM match_players p "
     "JOIN matches m ON m.id = p.match_id WHERE m.ended_ms IS NULL AND p.outcome <> ''"},
    {"I13", "a rated match has one rating event per player, another none",
     "SELECT 'match ' || CAST(m.id AS TEXT) FROM matches m WHERE m.has_rated * "
     "(SELECT COUNT(*) FROM match_players p WHERE p.match_id = m.id) <> "
     "(SELECT COUNT(*) FROM rating_events e WHERE e.match_id = m.id)"},
    {"I13", "a rating event is of a player of its match",
     "SELECT 'match ' || CAST(e.match_id AS TEXT) || ' user ' || CAST(e.user_id AS TEXT) "
     "FROM rating_events e WHERE e.match_id IS NOT NULL AND NOT EXISTS (SELECT 1 "
     "FROM match_players p JOIN matches m ON m.id = p.match_id WHERE p.match_id = e.match_id "
     "AND p.user_id = e.user_id AND p.outcome = e.outcome AND m.mode = e.mode)"},
    /* -- ratings ------------------------------------------------------------------------------ */
    {"I14", "a player's rating events are numbered without gaps",
     "SELECT 'user ' || CAST(user_id AS TEXT) || ' ' || mode FROM rating_events "
     "GROUP BY user_id, mode HAVING COUNT(*) <> MAX(number)"},
    {"I14", "each rating event starts where the one before ended",
     "SELECT 'user ' || CAST(e.user_id AS TEXT) || ' ' || e.mode || ' ' || CAST(e.number AS TEXT) "
     "FROM rating_events e JOIN rating_events b ON b.user_id = e.user_id AND b.mode = e.mode "
     "AND b.number = e.number - 1 WHERE b.rating_after_micro <> e.rating_before_micro "
     "OR b.deviation_after_micro <> e.deviation_before_micro "
     "OR b.volatility_after_nano <> e.volatility_before_nano OR b.mmr_after <> e.mmr_before"},
    {"I14", "the first rating event starts from a new player's rating",
     "SELECT 'user ' || CAST(user_id AS TEXT) || ' ' || mode FROM rating_events "
     "WHERE number = 1 AND (rating_before_micro <> 1500000000 "
     "OR deviation_before_micro <> 350000000 OR volatility_before_nano <> 60000000)"},
    {"I14", "a rating is what its last event left",
     "SELECT 'user ' || CAST(r.user_id AS TEXT) || ' ' || r.mode FROM ratings r "
     "WHERE NOT EXISTS (SELECT 1 FROM rating_events e WHERE e.user_id = r.user_id "
     "AND e.mode = r.mode AND e.number = r.event_count "
     "AND e.rating_after_micro = r.rating_micro AND e.deviation_after_micro = r.deviation_micro "
     "AND e.volatility_after_nano = r.volatility_nano AND e.mmr_after = r.mmr)"},
    {"I14", "a rating counts its events, matches and outcomes",
     "SELECT 'user ' || CAST(r.user_id AS TEXT) || ' ' || r.mode FROM ratings r "
     "JOIN (SELECT user_id, mode, COUNT(*) AS events, COUNT(match_id) AS games, "
     "COUNT(CASE WHEN outcome = 'win' THEN 1 END) AS wins, "
     "COUNT(CASE WHEN outcome = 'loss' THEN 1 END) AS losses "
     "FROM rating_events GROUP BY user_id, mode) e ON e.user_id = r.user_id AND e.mode = r.mode "
     "WHERE r.event_count <> e.events OR r.games <> e.games OR r.wins <> e.wins "
     "OR r.losses <> e.losses"},
    {"I14", "rating events have their rating",
     "SELECT 'user ' || CAST(e.user_id AS TEXT) || ' ' || e.mode FROM rating_events e "
     "WHERE e.number = 1 AND NOT EXISTS (SELECT 1 FROM ratings r WHERE r.user_id = e.user_id "
     "AND r.mode = e.mode)"},
    /* -- points ------------------------------------------------------------------------------- */
    {"I18", "the points of a match are numbered without gaps and counted",
     "SELECT 'match ' || CAST(m.id AS TEXT) FROM matches m WHERE m.point_count <> "
     "(SELECT COUNT(*) FROM points p WHERE p.match_id = m.id) OR m.point_count <> "
     "(SELECT COALESCE(MAX(p.number), 0) FROM points p WHERE p.match_id = m.id)"},
    {"I18", "a seat's score is the number of its points",
     "SELECT 'match ' || CAST(p.match_id AS TEXT) || ' seat ' || CAST(p.seat AS TEXT) "
     "FROM match_players p WHERE p.score <> (SELECT COUNT(*) FROM points o "
     "WHERE o.match_id = p.match_id AND o.seat = p.seat)"},
    {"I18", "each point adds one to the score before it",
     "SELECT 'match ' || CAST(p.match_id AS TEXT) || ' point ' || CAST(p.number AS TEXT) "
     "FROM points p LEFT JOIN points b ON b.match_id = p.match_id AND b.number = p.number - 1 "
     "WHERE p.score_left <> COALESCE(b.score_left, 0) + CASE p.seat WHEN 0 THEN 1 ELSE 0 END "
     "OR p.score_right <> COALESCE(b.score_right, 0) + CASE p.seat WHEN 1 THEN 1 ELSE 0 END"},
    {"I17", "no point or owner is of an epoch that was not granted",
     "SELECT 'match ' || CAST(p.match_id AS TEXT) || ' point ' || CAST(p.number AS TEXT) "
     "FROM points p JOIN matches m ON m.id = p.match_id LEFT JOIN points b "
     "ON b.match_id = p.match_id AND b.number = p.number - 1 "
     "WHERE p.epoch > m.epoch OR p.epoch < 1 OR p.epoch < COALESCE(b.epoch, 0)"},
    /* -- people ------------------------------------------------------------------------------- */
    {"I34", "a family that ended or was never rotated keeps one unspent token at most",
     "SELECT 'family ' || CAST(id AS TEXT) FROM token_families "
     "WHERE previous_hash IS NOT NULL AND previous_hash = token_hash"},
    {"I34", "a deleted account has no living family, claim on a queue or identity",
     "SELECT 'user ' || CAST(u.id AS TEXT) FROM users u WHERE u.deleted_ms IS NOT NULL AND ("
     "EXISTS (SELECT 1 FROM token_families f WHERE f.user_id = u.id AND f.revoked_ms IS NULL) OR "
     "EXISTS (SELECT 1 FROM external_identities e WHERE e.user_id = u.id) OR "
     "EXISTS (SELECT 1 FROM claims c WHERE c.user_id = u.id AND c.kind <> 'match') OR "
     "u.username <> 'deleted-' || CAST(u.id AS TEXT))"},
    {"I36", "names are compared in their folded form",
     "SELECT 'user ' || CAST(id AS TEXT) FROM users WHERE username_folded <> LOWER(username)"},
    {"I29", "an outbox row is not both done and parked",
     "SELECT 'outbox ' || CAST(id AS TEXT) FROM outbox "
     "WHERE done_ms IS NOT NULL AND parked_ms IS NOT NULL"},
};

/* At most AUDIT_ROWS_MAX are told, all are counted. */
static enum err check_rule(struct db *db, const struct audit_rule *rule, audit_fn found,
                           void *context, uint64_t *count)
{
    struct db_rows *rows;
    uint64_t seen = 0;
    enum err err = db_query(db, rule->sql, NULL, 0, &rows);

    if (err)
        return err;
    while ((err = db_next(rows)) == OK) {
        if (seen++ < AUDIT_ROWS_MAX)
            found(context, rule->invariant, rule->text, db_text(rows, 0));
    }
    db_done(rows);
    *count += seen;
    return err == ERR_END ? OK : err;
}

static enum err check_all(struct db *db, const struct audit_rule *rules, size_t rule_count,
                          audit_fn found, void *context, uint64_t *count)
{
    enum err err = OK;

    for (size_t i = 0; i < rule_count && !err; i++)
        err = check_rule(db, &rules[i], found, context, count);
    return err;
}

enum err audit_run(struct db *db, audit_fn found, void *context, uint64_t *count)
{
    enum err err;

    *count = 0;
    err = check_all(db, RULES, ARRAY_COUNT(RULES), found, context, count);
    return err ? err : check_all(db, AUDIT_WAYS_IN, AUDIT_WAYS_IN_COUNT, found, context, count);
}
