-- Single elimination: node (round, slot) is fed by (round - 1, 2 slot) and (round - 1, 2 slot + 1).

CREATE TABLE tournaments (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    creator_id BIGINT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'started', 'finished', 'cancelled')),
    format TEXT NOT NULL DEFAULT 'single_elimination' CHECK (format IN ('single_elimination')),
    seeding TEXT NOT NULL DEFAULT 'random' CHECK (seeding IN ('random', 'rating')),
    player_limit BIGINT NOT NULL DEFAULT 16 CHECK (player_limit BETWEEN 2 AND 512),
    seed BIGINT NOT NULL,
    round BIGINT NOT NULL DEFAULT 0,
    winner_id BIGINT REFERENCES users (id),
    extras TEXT NOT NULL DEFAULT '{}',
    epoch BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    auto_start_ms BIGINT,
    started_ms BIGINT,
    ended_ms BIGINT,
    CHECK ((state IN ('finished', 'cancelled')) = (ended_ms IS NOT NULL))
);
CREATE INDEX tournaments_state ON tournaments (state, id);

CREATE TABLE tournament_players (
    tournament_id BIGINT NOT NULL REFERENCES tournaments (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    seed BIGINT,
    place BIGINT,
    joined_ms BIGINT NOT NULL,
    PRIMARY KEY (tournament_id, user_id),
    UNIQUE (tournament_id, seed)
);
CREATE INDEX tournament_players_user ON tournament_players (user_id);

CREATE TABLE tournament_nodes (
    tournament_id BIGINT NOT NULL REFERENCES tournaments (id),
    round BIGINT NOT NULL CHECK (round > 0),
    slot BIGINT NOT NULL CHECK (slot >= 0),
    state TEXT NOT NULL CHECK (state IN
        ('pending', 'called', 'running', 'finished', 'bye', 'walkover', 'void')),
    left_id BIGINT REFERENCES users (id),
    right_id BIGINT REFERENCES users (id),
    winner_id BIGINT REFERENCES users (id),
    match_id BIGINT UNIQUE REFERENCES matches (id),
    score_left BIGINT NOT NULL DEFAULT 0,
    score_right BIGINT NOT NULL DEFAULT 0,
    called_ms BIGINT,
    decided_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tournament_id, round, slot),
    CHECK (state <> 'bye' OR match_id IS NULL),
    CHECK ((state IN ('finished', 'bye', 'walkover', 'void')) = (decided_ms IS NOT NULL))
);

-- Who came out of a node and moved up: written once per node, which is what its key says. NULL: the
-- node was void and its parent gets a bye.
CREATE TABLE tournament_edges (
    tournament_id BIGINT NOT NULL,
    round BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    user_id BIGINT REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (tournament_id, round, slot),
    FOREIGN KEY (tournament_id, round, slot) REFERENCES tournament_nodes (tournament_id, round, slot)
);
