/* A table of rules, as in audit.c: each statement answers one text row for each violation. */
#include "lib/store/audit_ways_in.h"

#define NODE_NAME(n)                                                                               \
    "'tournament ' || CAST(" n ".tournament_id AS TEXT) || ' round ' || CAST(" n                   \
    ".round AS TEXT) || ' slot ' || CAST(" n ".slot AS TEXT)"
#define SAME_NODE(a, b)                                                                            \
    a ".tournament_id = " b ".tournament_id AND " a ".round = " b ".round AND " a ".slot = " b     \
      ".slot"

const struct audit_rule AUDIT_WAYS_IN[] = {
    /* -- tournaments -------------------------------------------------------------------------- */
    {"I27", "a node's players are those who came out of its feeders",
     "SELECT " NODE_NAME(
         "n") " FROM tournament_nodes n "
              "LEFT JOIN tournament_edges a ON a.tournament_id = n.tournament_id "
              "AND a.round = n.round - 1 AND a.slot = 2 * n.slot "
              "LEFT JOIN tournament_edges b ON b.tournament_id = n.tournament_id "
              "AND b.round = n.round - 1 AND b.slot = 2 * n.slot + 1 "
              "WHERE n.round > 1 AND (COALESCE(n.left_id, 0) <> COALESCE(a.user_id, 0) "
              "OR COALESCE(n.right_id, 0) <> COALESCE(b.user_id, 0))"},
    {"I27", "a node waits if and only if a feeder is undecided",
     "SELECT " NODE_NAME("n") " FROM tournament_nodes n WHERE (n.state = 'pending') = "
                              "(n.round = 1 OR 2 = (SELECT COUNT(*) FROM tournament_edges e "
                              "WHERE e.tournament_id = n.tournament_id AND e.round = n.round - 1 "
                              "AND e.slot IN (2 * n.slot, 2 * n.slot + 1)))"},
    {"I27", "who wins a node is one of its players, and a void node has no winner",
     "SELECT " NODE_NAME(
         "n") " FROM tournament_nodes n WHERE CASE "
              "WHEN n.state IN ('finished', 'bye', 'walkover') THEN n.winner_id IS NULL "
              "OR n.winner_id NOT IN (COALESCE(n.left_id, 0), COALESCE(n.right_id, 0)) "
              "ELSE n.winner_id IS NOT NULL END"},
    {"I27", "a node is played by two, and given to one who has nobody to meet",
     "SELECT " NODE_NAME(
         "n") " FROM tournament_nodes n WHERE CASE "
              "WHEN n.state IN ('called', 'running', 'finished', 'walkover') "
              "THEN n.left_id IS NULL OR n.right_id IS NULL OR n.left_id = n.right_id "
              "WHEN n.state = 'bye' THEN (n.left_id IS NULL) = (n.right_id IS NULL) ELSE 1 = 0 "
              "END"},
    {"I27", "a started tournament has the nodes of its players' tree",
     "SELECT 'tournament ' || CAST(t.id AS TEXT) FROM tournaments t WHERE t.started_ms IS NOT NULL "
     "AND 2 * (SELECT COUNT(*) FROM tournament_nodes n WHERE n.tournament_id = t.id "
     "AND n.round = 1) - (SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id "
     "AND p.seed IS NOT NULL) <> (SELECT COUNT(*) FROM tournament_nodes n "
     "WHERE n.tournament_id = t.id AND n.round = 1 AND n.state = 'bye')"},
    {"I27", "a finished tournament of N players has exactly N - 1 decided nodes",
     "SELECT 'tournament ' || CAST(t.id AS TEXT) FROM tournaments t WHERE t.state = 'finished' "
     "AND (SELECT COUNT(*) FROM tournament_nodes n WHERE n.tournament_id = t.id "
     "AND n.decided_ms IS NOT NULL AND NOT (n.round = 1 AND n.state = 'bye')) <> "
     "(SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id "
     "AND p.seed IS NOT NULL) - 1"},
    {"I27", "a finished tournament has no open node, a started one has",
     "SELECT 'tournament ' || CAST(t.id AS TEXT) FROM tournaments t "
     "WHERE t.state IN ('started', 'finished') AND (t.state = 'finished') = EXISTS (SELECT 1 "
     "FROM tournament_nodes n WHERE n.tournament_id = t.id AND n.decided_ms IS NULL)"},
    {"I27", "the winner of a tournament came out of its final, and nobody else has place 1",
     "SELECT 'tournament ' || CAST(t.id AS TEXT) FROM tournaments t WHERE t.state = 'finished' "
     "AND (COALESCE(t.winner_id, 0) <> (SELECT COALESCE(e.user_id, 0) FROM tournament_edges e "
     "WHERE e.tournament_id = t.id ORDER BY e.round DESC LIMIT 1) "
     "OR (SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id "
     "AND p.place = 1 AND p.user_id = COALESCE(t.winner_id, 0)) <> "
     "(SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id AND p.place = 1) "
     "OR (t.winner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tournament_players p "
     "WHERE p.tournament_id = t.id AND p.user_id = t.winner_id AND p.place = 1)))"},
    {"I27", "a tournament has at most as many players as it allows",
     "SELECT 'tournament ' || CAST(t.id AS TEXT) FROM tournaments t WHERE t.player_limit < "
     "(SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id)"},
    {"I28", "a node is decided exactly when its winner has moved up, and it is the same one",
     "SELECT " NODE_NAME(
         "n") " FROM tournament_nodes n LEFT JOIN tournament_edges e "
              "ON " SAME_NODE("e", "n") " WHERE (n.decided_ms IS NULL) <> (e.created_ms IS NULL) "
                                        "OR (e.created_ms IS NOT NULL AND COALESCE(e.user_id, 0) "
                                        "<> COALESCE(n.winner_id, 0))"},
    {"I28", "a node's match is played by the node's players",
     "SELECT " NODE_NAME("n") " FROM tournament_nodes n JOIN match_players l "
                              "ON l.match_id = n.match_id AND l.seat = 0 JOIN match_players r "
                              "ON r.match_id = n.match_id AND r.seat = 1 "
                              "WHERE l.user_id <> n.left_id OR r.user_id <> n.right_id"},
    {"I28", "a node with a match was decided as its match was",
     "SELECT " NODE_NAME("n") " FROM tournament_nodes n JOIN matches m ON m.id = n.match_id "
                              "WHERE n.decided_ms IS NOT NULL AND (m.ended_ms IS NULL OR "
                              "COALESCE(n.winner_id, 0) <> CASE "
                              "WHEN m.winner_seat = 0 THEN n.left_id WHEN m.winner_seat = 1 THEN "
                              "n.right_id ELSE 0 END)"},
    {"I28", "a tournament's match belongs to a node",
     "SELECT 'match ' || CAST(m.id AS TEXT) FROM matches m WHERE m.origin = 'tournament' "
     "AND NOT EXISTS (SELECT 1 FROM tournament_nodes n WHERE n.match_id = m.id)"},
    {"I8", "every tournament, duel and room ever made is there",
     "SELECT s.name || ': ' || CAST(s.next_value - s.first_value AS TEXT) || ' made' "
     "FROM sequences s WHERE s.name IN ('tournament', 'duel', 'room') "
     "AND s.next_value - s.first_value <> CASE s.name "
     "WHEN 'tournament' THEN (SELECT COUNT(*) FROM tournaments) "
     "WHEN 'duel' THEN (SELECT COUNT(*) FROM duels) ELSE (SELECT COUNT(*) FROM rooms) END"},
    /* -- duels and rooms ---------------------------------------------------------------------- */
    {"I5", "both of a pending duel are claimed by it",
     "SELECT 'duel ' || CAST(d.id AS TEXT) FROM duels d WHERE d.state = 'pending' "
     "AND 2 <> (SELECT COUNT(*) FROM claims c WHERE c.kind = 'duel' AND c.ref_id = d.id "
     "AND c.user_id IN (d.challenger_id, d.target_id))"},
    {"I6", "an accepted duel's match is played by the two",
     "SELECT 'duel ' || CAST(d.id AS TEXT) FROM duels d WHERE d.state = 'accepted' "
     "AND 2 <> (SELECT COUNT(*) FROM match_players p WHERE p.match_id = d.match_id "
     "AND p.user_id = CASE p.seat WHEN 0 THEN d.challenger_id ELSE d.target_id END)"},
    {"I6", "a room has a guest and a match from the moment it is played in",
     "SELECT 'room ' || CAST(r.id AS TEXT) FROM rooms r WHERE CASE "
     "WHEN r.state IN ('playing', 'ended') THEN r.guest_id IS NULL OR r.match_id IS NULL "
     "ELSE r.guest_id IS NOT NULL OR r.match_id IS NOT NULL END"},
    {"I6", "a room's match is played by its creator and its guest",
     "SELECT 'room ' || CAST(r.id AS TEXT) FROM rooms r WHERE r.match_id IS NOT NULL "
     "AND 2 <> (SELECT COUNT(*) FROM match_players p WHERE p.match_id = r.match_id "
     "AND p.user_id = CASE p.seat WHEN 0 THEN r.creator_id ELSE r.guest_id END)"},
    {"I5", "a room has ended only when its match has",
     "SELECT 'room ' || CAST(r.id AS TEXT) FROM rooms r JOIN matches m ON m.id = r.match_id "
     "WHERE r.state = 'ended' AND m.ended_ms IS NULL"},
    /* -- people ------------------------------------------------------------------------------- */
    {"I6", "nobody is the friend of somebody he or she blocks, nor challenged by",
     "SELECT 'user ' || CAST(b.user_id AS TEXT) || ' and ' || CAST(b.blocked_id AS TEXT) "
     "FROM blocks b WHERE EXISTS (SELECT 1 FROM friendships f "
     "WHERE f.low_id IN (b.user_id, b.blocked_id) AND f.high_id IN (b.user_id, b.blocked_id)) "
     "OR EXISTS (SELECT 1 FROM duels d WHERE d.state = 'pending' "
     "AND d.challenger_id IN (b.user_id, b.blocked_id) "
     "AND d.target_id IN (b.user_id, b.blocked_id))"},
    {"I36", "a private message is in the channel of its two people",
     "SELECT 'message ' || CAST(m.id AS TEXT) FROM chat_messages m WHERE "
     "(m.to_user_id IS NULL) = (m.channel LIKE 'dm:%') OR (m.to_user_id IS NOT NULL AND m.channel "
     "<> 'dm:' || CASE WHEN m.user_id < m.to_user_id "
     "THEN CAST(m.user_id AS TEXT) || ':' || CAST(m.to_user_id AS TEXT) "
     "ELSE CAST(m.to_user_id AS TEXT) || ':' || CAST(m.user_id AS TEXT) END)"},
    /* -- webhooks ----------------------------------------------------------------------------- */
    {"I29", "a result that is told outside is of a match that was played to an end, and told once",
     "SELECT o.aggregate FROM outbox o LEFT JOIN matches m "
     "ON 'match:' || CAST(m.id AS TEXT) = o.aggregate WHERE o.topic = 'webhook.result' "
     "GROUP BY o.aggregate HAVING COUNT(*) <> 1 "
     "OR COUNT(CASE WHEN m.state IN ('finished', 'forfeited') THEN 1 END) <> 1"},
};

const size_t AUDIT_WAYS_IN_COUNT = ARRAY_COUNT(AUDIT_WAYS_IN);
