-- Ways into a game and what comes of them: parties, tickets, proposals, matches, points, ratings.

CREATE TABLE parties (
    id BIGINT NOT NULL PRIMARY KEY,
    leader_id BIGINT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL CHECK (state IN ('idle', 'queued', 'in_match', 'disbanded')),
    is_open BIGINT NOT NULL DEFAULT 0 CHECK (is_open IN (0, 1)),
    size_max BIGINT NOT NULL DEFAULT 5 CHECK (size_max BETWEEN 1 AND 10),
    region TEXT NOT NULL DEFAULT '',
    invite_code TEXT UNIQUE,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    disbanded_ms BIGINT,
    CHECK ((state = 'disbanded') = (disbanded_ms IS NOT NULL))
);

-- A player is in at most one party: the key is the player. Rows go when a party disbands.
CREATE TABLE party_members (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    party_id BIGINT NOT NULL REFERENCES parties (id),
    is_ready BIGINT NOT NULL DEFAULT 0 CHECK (is_ready IN (0, 1)),
    joined_ms BIGINT NOT NULL
);
CREATE INDEX party_members_party ON party_members (party_id, joined_ms, user_id);

CREATE TABLE party_invites (
    party_id BIGINT NOT NULL REFERENCES parties (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    from_user_id BIGINT NOT NULL REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (party_id, user_id)
);
CREATE INDEX party_invites_user ON party_invites (user_id);

-- seat 0 is left, 1 right. `epoch` is the highest ever granted to an owner of the match.
CREATE TABLE matches (
    id BIGINT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    game TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN
        ('queue', 'rematch', 'room', 'duel', 'tournament', 'party', 'practice', 'api')),
    seed BIGINT NOT NULL,
    win_score BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('pending', 'waiting', 'ready', 'running', 'paused',
        'finished', 'forfeited', 'cancelled')),
    reason TEXT NOT NULL DEFAULT ''
        CHECK (reason IN ('', 'score', 'forfeit', 'resign', 'no_show', 'cancelled')),
    winner_seat BIGINT,
    winner_team BIGINT,
    is_rated BIGINT NOT NULL CHECK (is_rated IN (0, 1)),
    has_rated BIGINT NOT NULL DEFAULT 0 CHECK (has_rated IN (0, 1)),
    is_private BIGINT NOT NULL DEFAULT 0 CHECK (is_private IN (0, 1)),
    has_begun BIGINT NOT NULL DEFAULT 0 CHECK (has_begun IN (0, 1)),
    point_count BIGINT NOT NULL DEFAULT 0,
    owner TEXT NOT NULL DEFAULT '',
    epoch BIGINT NOT NULL DEFAULT 0,
    region TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}',
    result_hash BYTEA,
    rematch_of BIGINT UNIQUE REFERENCES matches (id),
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    ended_ms BIGINT,
    duration_ms BIGINT NOT NULL DEFAULT 0,
    CHECK ((state IN ('finished', 'forfeited', 'cancelled')) = (ended_ms IS NOT NULL)),
    CHECK ((reason = '') = (ended_ms IS NULL)),
    CHECK ((state = 'cancelled') = (reason = 'cancelled')),
    CHECK (has_rated = 0 OR (is_rated = 1 AND reason IN ('score', 'forfeit', 'resign')))
);
CREATE INDEX matches_live ON matches (id) WHERE ended_ms IS NULL;
CREATE INDEX matches_ended ON matches (ended_ms, id) WHERE ended_ms IS NOT NULL;

CREATE TABLE proposals (
    id BIGINT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'void')),
    details TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    match_id BIGINT UNIQUE REFERENCES matches (id),
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    CHECK ((state = 'accepted') = (match_id IS NOT NULL))
);
CREATE INDEX proposals_open ON proposals (expires_ms) WHERE state = 'open';

-- enqueued_ms survives going back from a proposal or a failed allocation: the queue age is kept.
-- lost_ms: when the last queue socket closed; has_socket: there was one, so the grace applies.
CREATE TABLE tickets (
    id BIGINT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'proposed', 'matched', 'cancelled', 'expired')),
    party_id BIGINT REFERENCES parties (id),
    leader_id BIGINT NOT NULL REFERENCES users (id),
    member_count BIGINT NOT NULL CHECK (member_count > 0),
    region TEXT NOT NULL DEFAULT '',
    constraints TEXT NOT NULL DEFAULT '{}',
    rating_micro BIGINT NOT NULL DEFAULT 0,
    deviation_micro BIGINT NOT NULL DEFAULT 0,
    proposal_id BIGINT REFERENCES proposals (id),
    match_id BIGINT REFERENCES matches (id),
    has_socket BIGINT NOT NULL DEFAULT 0 CHECK (has_socket IN (0, 1)),
    lost_ms BIGINT,
    enqueued_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((state = 'matched') = (match_id IS NOT NULL)),
    CHECK ((state IN ('queued', 'proposed')) = (ended_ms IS NULL)),
    CHECK (state <> 'proposed' OR proposal_id IS NOT NULL)
);
CREATE INDEX tickets_queued ON tickets (mode, enqueued_ms, id) WHERE state = 'queued';
CREATE INDEX tickets_lost ON tickets (lost_ms) WHERE state = 'queued' AND lost_ms IS NOT NULL;
CREATE INDEX tickets_proposed ON tickets (proposal_id) WHERE state = 'proposed';
CREATE INDEX tickets_match ON tickets (match_id) WHERE match_id IS NOT NULL;

CREATE TABLE ticket_members (
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (ticket_id, user_id)
);
CREATE INDEX ticket_members_user ON ticket_members (user_id, ticket_id);

CREATE TABLE proposal_answers (
    proposal_id BIGINT NOT NULL REFERENCES proposals (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    answer TEXT NOT NULL CHECK (answer IN ('accept', 'decline')),
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (proposal_id, user_id)
);

-- A seat without a user is a bot's. The unique pair is also how a player's history is walked: a
-- player is in one match at a time, so the order of ids is the order of play.
CREATE TABLE match_players (
    match_id BIGINT NOT NULL REFERENCES matches (id),
    seat BIGINT NOT NULL CHECK (seat >= 0),
    user_id BIGINT REFERENCES users (id),
    team BIGINT NOT NULL,
    ticket_id BIGINT REFERENCES tickets (id),
    score BIGINT NOT NULL DEFAULT 0 CHECK (score >= 0),
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'win', 'loss', 'draw')),
    absence_used_ms BIGINT NOT NULL DEFAULT 0,
    pauses_used BIGINT NOT NULL DEFAULT 0,
    bot_level BIGINT NOT NULL DEFAULT 0,
    stats TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (match_id, seat),
    UNIQUE (user_id, match_id)
);

CREATE TABLE points (
    match_id BIGINT NOT NULL REFERENCES matches (id),
    number BIGINT NOT NULL CHECK (number > 0),
    seat BIGINT NOT NULL,
    score_left BIGINT NOT NULL,
    score_right BIGINT NOT NULL,
    tick BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (match_id, number),
    CHECK (score_left + score_right = number)
);

CREATE TABLE match_replays (
    match_id BIGINT NOT NULL PRIMARY KEY REFERENCES matches (id),
    rules_version BIGINT NOT NULL,
    data BYTEA NOT NULL,
    created_ms BIGINT NOT NULL
);

-- The present rating is the last event's; `games` is the number of rated matches.
CREATE TABLE ratings (
    user_id BIGINT NOT NULL REFERENCES users (id),
    mode TEXT NOT NULL,
    rating_micro BIGINT NOT NULL,
    deviation_micro BIGINT NOT NULL,
    volatility_nano BIGINT NOT NULL,
    mmr BIGINT NOT NULL,
    event_count BIGINT NOT NULL,
    games BIGINT NOT NULL,
    wins BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    draws BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, mode),
    CHECK (games = wins + losses + draws)
);
CREATE INDEX ratings_ladder ON ratings (mode, mmr DESC, user_id);

-- Append-only. (user, mode, number) makes the order of the fold explicit and a lost update
-- impossible; (match, user) makes a second effect of one match impossible.
CREATE TABLE rating_events (
    user_id BIGINT NOT NULL REFERENCES users (id),
    mode TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    kind TEXT NOT NULL CHECK (kind IN ('match', 'season')),
    match_id BIGINT REFERENCES matches (id),
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'win', 'loss', 'draw')),
    rating_before_micro BIGINT NOT NULL,
    deviation_before_micro BIGINT NOT NULL,
    volatility_before_nano BIGINT NOT NULL,
    mmr_before BIGINT NOT NULL,
    rating_after_micro BIGINT NOT NULL,
    deviation_after_micro BIGINT NOT NULL,
    volatility_after_nano BIGINT NOT NULL,
    mmr_after BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, mode, number),
    CHECK ((kind = 'match') = (match_id IS NOT NULL))
);
CREATE UNIQUE INDEX rating_events_match ON rating_events (match_id, user_id)
    WHERE match_id IS NOT NULL;

CREATE TABLE seasons (
    id TEXT NOT NULL PRIMARY KEY,
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    archived_ms BIGINT,
    CHECK (ends_ms > starts_ms)
);

CREATE TABLE season_ranks (
    season_id TEXT NOT NULL REFERENCES seasons (id),
    mode TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id),
    rank BIGINT NOT NULL CHECK (rank > 0),
    mmr BIGINT NOT NULL,
    rating_micro BIGINT NOT NULL,
    deviation_micro BIGINT NOT NULL,
    games BIGINT NOT NULL,
    wins BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    PRIMARY KEY (season_id, mode, user_id)
);
CREATE INDEX season_ranks_order ON season_ranks (season_id, mode, rank, user_id);
