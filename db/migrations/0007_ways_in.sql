-- What the ways into a game need beyond 0005 and 0006.

-- Who left after the start: loses by walkover, now or when there is somebody to meet.
ALTER TABLE tournament_players ADD COLUMN left_ms BIGINT;

-- A creator has at most one open tournament.
CREATE UNIQUE INDEX tournaments_creator ON tournaments (creator_id) WHERE state = 'open';
CREATE INDEX tournaments_auto_start ON tournaments (auto_start_ms)
    WHERE state = 'open' AND auto_start_ms IS NOT NULL;
CREATE INDEX tournaments_open_age ON tournaments (created_ms) WHERE state = 'open';

-- Nodes that wait for a match to be made or to end.
CREATE INDEX tournament_nodes_waiting ON tournament_nodes (tournament_id, match_id)
    WHERE state IN ('called', 'running');

-- A room that has ended is still told apart from one that never was, for a while.
CREATE INDEX rooms_recent ON rooms (code, id);

-- Requests that wait for the other one's word are counted, so that nobody can pile them up.
CREATE INDEX friendships_requested ON friendships (requested_by) WHERE state = 'requested';

-- What was given up is looked at by people, and counted for them.
CREATE INDEX outbox_parked ON outbox (topic, id) WHERE parked_ms IS NOT NULL;
