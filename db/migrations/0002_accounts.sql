-- People: accounts, outside identities, sessions (refresh-token families), keys of tools.

-- A deleted account keeps its row and id, so that histories keep an opponent; everything personal
-- is gone and the name is deleted-<id> (names of that form cannot be registered).
CREATE TABLE users (
    id BIGINT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    email TEXT,
    email_folded TEXT UNIQUE,
    display_name TEXT NOT NULL DEFAULT '',
    region TEXT NOT NULL DEFAULT '',
    password_hash TEXT,
    is_guest BIGINT NOT NULL DEFAULT 0 CHECK (is_guest IN (0, 1)),
    is_external BIGINT NOT NULL DEFAULT 0 CHECK (is_external IN (0, 1)),
    role TEXT NOT NULL DEFAULT 'player' CHECK (role IN ('player', 'admin')),
    preferences TEXT NOT NULL DEFAULT '{}',
    latencies TEXT NOT NULL DEFAULT '{}',
    banned_until_ms BIGINT NOT NULL DEFAULT 0,
    ban_reason TEXT NOT NULL DEFAULT '',
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    deleted_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((email IS NULL) = (email_folded IS NULL)),
    CHECK (is_guest = 0 OR password_hash IS NULL),
    CHECK (deleted_ms IS NULL OR (password_hash IS NULL AND email IS NULL))
);

CREATE TABLE external_identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX external_identities_user ON external_identities (user_id);

-- One unspent token per family: the present generation. Hashes are SHA-256 of tokens.
CREATE TABLE token_families (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id),
    generation BIGINT NOT NULL CHECK (generation > 0),
    token_hash BYTEA NOT NULL UNIQUE,
    previous_hash BYTEA,
    rotated_ms BIGINT,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoke_reason TEXT NOT NULL DEFAULT ''
        CHECK (revoke_reason IN ('', 'logout', 'reused', 'password', 'deleted', 'banned', 'limit')),
    CHECK ((generation = 1) = (previous_hash IS NULL)),
    CHECK ((revoked_ms IS NULL) = (revoke_reason = ''))
);
CREATE INDEX token_families_user ON token_families (user_id, id) WHERE revoked_ms IS NULL;
CREATE INDEX token_families_revoked ON token_families (revoked_ms, id)
    WHERE revoked_ms IS NOT NULL;
CREATE INDEX token_families_expiry ON token_families (expires_ms);

CREATE TABLE api_keys (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    key_hash BYTEA NOT NULL UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('server', 'admin')),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT
);

-- What the per-user socket repeats after a short absence.
CREATE TABLE user_events (
    user_id BIGINT NOT NULL REFERENCES users (id),
    seq BIGINT NOT NULL CHECK (seq > 0),
    event TEXT NOT NULL,
    data TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX user_events_age ON user_events (created_ms);

-- What a player is doing. The primary key is the promise: one thing at a time.
CREATE TABLE claims (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('ticket', 'duel', 'match')),
    ref_id BIGINT NOT NULL,
    since_ms BIGINT NOT NULL
);
CREATE INDEX claims_ref ON claims (kind, ref_id);
