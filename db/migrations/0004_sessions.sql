-- External game servers and the matches allocated to them.

CREATE TABLE game_servers (
    id TEXT NOT NULL PRIMARY KEY,
    region TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    capacity BIGINT NOT NULL CHECK (capacity >= 0),
    modes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'draining', 'gone')),
    api_key_id BIGINT REFERENCES api_keys (id),
    heartbeat_ms BIGINT NOT NULL,
    registered_ms BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);

-- One row per allocation; a new one for the same match has a higher epoch and ends the older. Only
-- the holder of the credential at the present epoch changes anything.
CREATE TABLE allocations (
    match_id BIGINT NOT NULL REFERENCES matches (id),
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    server_id TEXT REFERENCES game_servers (id),
    state TEXT NOT NULL CHECK (state IN ('allocating', 'active', 'ended', 'cancelled')),
    region TEXT NOT NULL DEFAULT '',
    credential_hash BYTEA UNIQUE,
    result TEXT,
    result_hash BYTEA,
    active_players BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL,
    taken_ms BIGINT,
    heartbeat_ms BIGINT,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    PRIMARY KEY (match_id, epoch),
    CHECK ((state IN ('ended', 'cancelled')) = (ended_ms IS NOT NULL))
);
CREATE UNIQUE INDEX allocations_live ON allocations (match_id) WHERE ended_ms IS NULL;
CREATE INDEX allocations_server ON allocations (server_id) WHERE ended_ms IS NULL;
