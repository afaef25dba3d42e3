-- What every aggregate uses: ids, leases, the outbox, idempotency. The same text runs on SQLite and
-- PostgreSQL: BIGINT, TEXT, BYTEA; booleans are BIGINT 0 and 1; times are milliseconds since 1970
-- in columns named *_ms; JSON is TEXT. States are words, checked here.

-- Ids are taken inside the transaction that uses them, so there are no gaps: next - first rows of
-- an aggregate have ever been made, which the audit compares with what is there.
CREATE TABLE sequences (
    name TEXT NOT NULL PRIMARY KEY,
    first_value BIGINT NOT NULL,
    next_value BIGINT NOT NULL,
    CHECK (next_value >= first_value)
);
INSERT INTO sequences (name, first_value, next_value) VALUES
    ('user', 1, 1),
    ('family', 1, 1),
    ('api_key', 1, 1),
    ('outbox', 1, 1),
    ('ticket', 1, 1),
    ('proposal', 1, 1),
    ('duel', 1, 1),
    ('room', 1, 1),
    ('message', 1, 1),
    ('match', 10000000, 10000000),
    ('party', 10000000, 10000000),
    ('tournament', 10000000, 10000000);

-- Ownership with a fence: the epoch grows with each change of hands and never goes back, also when
-- a lease is given up.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    acquired_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE outbox (
    id BIGINT NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    aggregate TEXT NOT NULL,
    payload TEXT NOT NULL,
    dedupe TEXT,
    created_ms BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    done_ms BIGINT,
    parked_ms BIGINT,
    problem TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX outbox_dedupe ON outbox (topic, dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX outbox_due ON outbox (due_ms, id) WHERE done_ms IS NULL AND parked_ms IS NULL;
CREATE INDEX outbox_order ON outbox (topic, aggregate, id)
    WHERE done_ms IS NULL AND parked_ms IS NULL;
CREATE INDEX outbox_done ON outbox (done_ms) WHERE done_ms IS NOT NULL;

-- The row is written with the effect (status NULL), the reply is added when it is known.
CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT,
    content_type TEXT,
    body BYTEA,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_expiry ON idempotency_keys (expires_ms);
