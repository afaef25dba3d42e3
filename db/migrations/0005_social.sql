-- Rooms by code, duels, friends, blocks, chat.

-- Codes are used again, but never by two rooms at once.
CREATE TABLE rooms (
    id BIGINT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    creator_id BIGINT NOT NULL REFERENCES users (id),
    guest_id BIGINT REFERENCES users (id),
    match_id BIGINT UNIQUE REFERENCES matches (id),
    is_private BIGINT NOT NULL DEFAULT 0 CHECK (is_private IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('open', 'playing', 'ended', 'cancelled', 'expired')),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX rooms_code ON rooms (code) WHERE state IN ('open', 'playing');
CREATE INDEX rooms_expiry ON rooms (expires_ms) WHERE state = 'open';
CREATE INDEX rooms_creator ON rooms (creator_id) WHERE state IN ('open', 'playing');

CREATE TABLE duels (
    id BIGINT NOT NULL PRIMARY KEY,
    challenger_id BIGINT NOT NULL REFERENCES users (id),
    target_id BIGINT NOT NULL REFERENCES users (id),
    game TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('pending', 'accepted', 'declined', 'cancelled', 'expired')),
    match_id BIGINT UNIQUE REFERENCES matches (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (challenger_id <> target_id),
    CHECK ((state = 'accepted') = (match_id IS NOT NULL))
);
CREATE INDEX duels_pending ON duels (expires_ms) WHERE state = 'pending';
CREATE INDEX duels_challenger ON duels (challenger_id, id);
CREATE INDEX duels_target ON duels (target_id, id);

-- One row per pair, whoever asked: low_id < high_id.
CREATE TABLE friendships (
    low_id BIGINT NOT NULL REFERENCES users (id),
    high_id BIGINT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL CHECK (state IN ('requested', 'friends')),
    requested_by BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id),
    CHECK (requested_by IN (low_id, high_id))
);
CREATE INDEX friendships_high ON friendships (high_id, low_id);

CREATE TABLE blocks (
    user_id BIGINT NOT NULL REFERENCES users (id),
    blocked_id BIGINT NOT NULL REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, blocked_id),
    CHECK (user_id <> blocked_id)
);
CREATE INDEX blocks_blocked ON blocks (blocked_id, user_id);

-- to_user_id: seen by the two only.
CREATE TABLE chat_messages (
    id BIGINT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id),
    to_user_id BIGINT REFERENCES users (id),
    text TEXT NOT NULL,
    sent_ms BIGINT NOT NULL
);
CREATE INDEX chat_messages_channel ON chat_messages (channel, id);
CREATE INDEX chat_messages_user ON chat_messages (user_id, id);
CREATE INDEX chat_messages_to ON chat_messages (to_user_id, id) WHERE to_user_id IS NOT NULL;
CREATE INDEX chat_messages_age ON chat_messages (sent_ms);
