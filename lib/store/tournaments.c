/* Tournaments before and around play: making, joining, reading, and what the clock has to do. The
 * steps of a started one are in tournament_steps.c. */
#include "lib/store/tournaments.h"

#include "lib/store/tournament_rows.h"

static const char *const STATES[TOURNAMENT_STATE_COUNT] = {"open", "started", "finished",
                                                           "cancelled"};

const char *tournament_state_name(enum tournament_state state)
{
    CHECK(state < TOURNAMENT_STATE_COUNT);
    return STATES[state];
}

/* -- making and joining ---------------------------------------------------------------------- */

static enum err must_not_be_banned(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    struct user user;
    enum err err = user_find(db, user_id, &user);

    if (err)
        return err;
    return user.banned_until_ms > now_ms ? ERR_BANNED : OK;
}

static enum err insert(struct db *db, const struct tournaments_create_args *args, uint64_t id)
{
    return ROW_CHANGE(
        db,
        "INSERT INTO tournaments (id, name, creator_id, state, seeding, player_limit, seed, "
        "extras, created_ms, auto_start_ms) VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (creator_id) WHERE state = 'open' DO NOTHING",
        ERR_HAS_OPEN_TOURNAMENT, DB_ARG_I64(id), DB_ARG_TEXT(args->name),
        DB_ARG_I64(args->creator_id),
        DB_ARG_TEXT(args->is_by_rating ? STR("rating") : STR("random")),
        DB_ARG_I64(args->player_limit), DB_ARG_I64(args->seed),
        DB_ARG_TEXT(args->extras.len ? args->extras : STR("{}")), DB_ARG_I64(args->now_ms),
        row_id_or_null(args->auto_start_ms));
}

enum err tournaments_create(struct db *db, const struct tournaments_create_args *args,
                            uint64_t *tournament_id)
{
    uint64_t id;
    enum err err;

    CHECK(args->player_limit >= BRACKET_ENTRANTS_MIN);
    CHECK(args->player_limit <= BRACKET_ENTRANTS_MAX);
    if (args->name.len >= TOURNAMENT_NAME_SIZE || args->extras.len >= TOURNAMENT_EXTRAS_SIZE)
        return ERR_TOO_LARGE;
    if ((err = must_not_be_banned(db, args->creator_id, args->now_ms)))
        return err;
    if ((err = row_next_id(db, STR("tournament"), &id)))
        return err;
    if ((err = insert(db, args, id)))
        return err;
    *tournament_id = id;
    return OK;
}

enum err tournament_touch(struct db *db, uint64_t tournament_id)
{
    return ROW_CHANGE(db, "UPDATE tournaments SET version = version + 1 WHERE id = $1",
                      ERR_NOT_FOUND, DB_ARG_I64(tournament_id));
}

static enum err is_player(struct db *db, const struct tournaments_player_args *args, bool *out)
{
    uint64_t count;
    enum err err = ROW_NUMBER(db,
                              "SELECT COUNT(*) FROM tournament_players "
                              "WHERE tournament_id = $1 AND user_id = $2",
                              &count, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->user_id));

    *out = !err && count > 0;
    return err;
}

/* The tournament's row is changed first: two joins for the last place wait for each other there. */
enum err tournaments_join(struct db *db, const struct tournaments_player_args *args, bool *is_new)
{
    struct tournament_row row;
    bool is_in;
    enum err err;

    if ((err = must_not_be_banned(db, args->user_id, args->now_ms)))
        return err;
    if ((err = tournament_touch(db, args->tournament_id)))
        return err;
    if ((err = tournaments_find(db, args->tournament_id, &row)))
        return err;
    if ((err = is_player(db, args, &is_in)))
        return err;
    *is_new = !is_in;
    if (is_in)
        return OK;
    if (row.state != TOURNAMENT_OPEN)
        return ERR_NOT_OPEN;
    if (row.player_count >= row.player_limit)
        return ERR_TOURNAMENT_FULL;
    return DB_RUN(db,
                  "INSERT INTO tournament_players (tournament_id, user_id, joined_ms) "
                  "VALUES ($1, $2, $3)",
                  NULL, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->user_id),
                  DB_ARG_I64(args->now_ms));
}

/* -- reading --------------------------------------------------------------------------------- */

#define TOURNAMENT_COLUMNS                                                                         \
    "t.id, t.name, t.creator_id, c.username, t.state, t.seeding, t.player_limit, "                 \
    "(SELECT COUNT(*) FROM tournament_players p WHERE p.tournament_id = t.id), t.round, t.seed, "  \
    "t.winner_id, w.username, t.extras, t.version, t.created_ms, t.auto_start_ms, t.started_ms, "  \
    "t.ended_ms FROM tournaments t JOIN users c ON c.id = t.creator_id "                           \
    "LEFT JOIN users w ON w.id = t.winner_id "

static void tournament_read(const struct db_rows *rows, struct tournament_row *out)
{
    out->id = row_u64(rows, 0);
    row_text(rows, 1, out->name, sizeof(out->name));
    out->creator_id = row_u64(rows, 2);
    row_text(rows, 3, out->creator, sizeof(out->creator));
    out->state = (enum tournament_state)row_word(rows, 4, STATES, TOURNAMENT_STATE_COUNT);
    out->is_by_rating = str_eq(db_text(rows, 5), STR("rating"));
    out->player_limit = (uint16_t)db_i64(rows, 6);
    out->player_count = (uint16_t)db_i64(rows, 7);
    out->round = (uint8_t)db_i64(rows, 8);
    out->seed = row_u64(rows, 9);
    out->winner_id = row_u64(rows, 10);
    row_text(rows, 11, out->winner, sizeof(out->winner));
    row_text(rows, 12, out->extras, sizeof(out->extras));
    out->version = row_u64(rows, 13);
    out->created_ms = row_u64(rows, 14);
    out->auto_start_ms = row_u64(rows, 15);
    out->started_ms = row_u64(rows, 16);
    out->ended_ms = row_u64(rows, 17);
}

enum err tournaments_find(struct db *db, uint64_t tournament_id, struct tournament_row *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT " TOURNAMENT_COLUMNS "WHERE t.id = $1", ERR_NOT_FOUND, &rows,
                           DB_ARG_I64(tournament_id));

    if (err)
        return err;
    tournament_read(rows, out);
    db_done(rows);
    return OK;
}

static struct db_value state_arg(int state)
{
    return DB_ARG_TEXT(state < 0 ? STR("") : str_from_c(STATES[state]));
}

enum err tournaments_list(struct db *db, const struct tournaments_list_args *args,
                          struct tournament_row *out, size_t *count)
{
    int64_t before_id = args->before_id ? (int64_t)args->before_id : INT64_MAX;
    struct db_rows *rows;
    enum err err =
        DB_QUERY(db,
                 "SELECT " TOURNAMENT_COLUMNS "WHERE ($1 = '' OR t.state = $1) AND t.id < $2 "
                 "ORDER BY t.id DESC LIMIT $3 OFFSET $4",
                 &rows, state_arg(args->state), DB_ARG_I64(before_id), DB_ARG_I64(args->limit),
                 DB_ARG_I64(args->skip));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        tournament_read(rows, &out[(*count)++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err tournaments_count(struct db *db, int state, uint64_t *count)
{
    return ROW_NUMBER(db, "SELECT COUNT(*) FROM tournaments WHERE ($1 = '' OR state = $1)", count,
                      state_arg(state));
}

enum err tournaments_players(struct db *db, uint64_t tournament_id,
                             struct tournament_player_row *out, size_t max, size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT p.user_id, u.username, p.seed, p.place, p.left_ms, p.joined_ms "
                            "FROM tournament_players p JOIN users u ON u.id = p.user_id "
                            "WHERE p.tournament_id = $1 "
                            "ORDER BY COALESCE(p.seed, 0), p.joined_ms, p.user_id LIMIT $2",
                            &rows, DB_ARG_I64(tournament_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        struct tournament_player_row *row = &out[(*count)++];
        row->user_id = row_u64(rows, 0);
        row_text(rows, 1, row->username, sizeof(row->username));
        row->seed = (uint16_t)db_i64(rows, 2);
        row->place = (uint16_t)db_i64(rows, 3);
        row->has_left = !db_is_null(rows, 4);
        row->joined_ms = row_u64(rows, 5);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static enum bracket_node_state node_state_of(struct str word)
{
    for (int i = 0; i < BRACKET_STATE_COUNT; i++) {
        if (str_eq(word, str_from_c(bracket_state_name((enum bracket_node_state)i))))
            return (enum bracket_node_state)i;
    }
    return BRACKET_PENDING;
}

/* A live match knows better than the node, which is written when it has ended. */
static void node_read(const struct db_rows *rows, struct tournament_node_row *out)
{
    *out = (struct tournament_node_row){
        .round = (uint8_t)db_i64(rows, 0),
        .slot = (uint16_t)db_i64(rows, 1),
        .state = node_state_of(db_text(rows, 2)),
        .user_ids = {row_u64(rows, 3), row_u64(rows, 4)},
        .winner_id = row_u64(rows, 5),
        .match_id = row_u64(rows, 6),
        .scores = {row_u32(rows, 7), row_u32(rows, 8)},
        .called_ms = row_u64(rows, 9),
    };
    if (out->state != BRACKET_CALLED || !row_bool(rows, 10))
        return;
    out->state = BRACKET_RUNNING;
    out->scores[SEAT_LEFT] = row_u32(rows, 11);
    out->scores[SEAT_RIGHT] = row_u32(rows, 12);
}

enum err tournaments_nodes(struct db *db, uint64_t tournament_id, struct tournament_node_row *out,
                           size_t max, size_t *count)
{
    struct db_rows *rows;
    enum err err =
        DB_QUERY(db,
                 "SELECT n.round, n.slot, n.state, n.left_id, n.right_id, n.winner_id, n.match_id, "
                 "n.score_left, n.score_right, n.called_ms, m.has_begun, l.score, r.score "
                 "FROM tournament_nodes n LEFT JOIN matches m ON m.id = n.match_id "
                 "LEFT JOIN match_players l ON l.match_id = n.match_id AND l.seat = 0 "
                 "LEFT JOIN match_players r ON r.match_id = n.match_id AND r.seat = 1 "
                 "WHERE n.tournament_id = $1 ORDER BY n.round, n.slot LIMIT $2",
                 &rows, DB_ARG_I64(tournament_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        node_read(rows, &out[(*count)++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err tournaments_of_match(struct db *db, uint64_t match_id, struct tournament_match_row *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT tournament_id, round, slot FROM tournament_nodes "
                           "WHERE match_id = $1",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(match_id));

    if (err)
        return err;
    out->tournament_id = row_u64(rows, 0);
    out->round = (uint8_t)db_i64(rows, 1);
    out->slot = (uint16_t)db_i64(rows, 2);
    db_done(rows);
    return OK;
}

/* -- the clock ------------------------------------------------------------------------------- */

static enum err add_due(struct db *db, const char *sql, uint64_t time_ms, enum tournament_duty duty,
                        struct tournaments_due *out)
{
    struct db_rows *rows;
    enum err err =
        DB_QUERY(db, sql, &rows, DB_ARG_I64(time_ms), DB_ARG_I64(TOURNAMENTS_DUE_MAX - out->count));

    if (err)
        return err;
    while ((err = db_next(rows)) == OK)
        out->list[out->count++] =
            (struct tournament_due){.tournament_id = row_u64(rows, 0), .duty = duty};
    db_done(rows);
    return err == ERR_END ? OK : err;
}

/* Waiting for a match to be made, for the end of one that has ended, or for one that somebody has
 * left. $1 is there for the sake of one shape. */
static const char TO_SWEEP[] =
    "SELECT t.id FROM tournaments t WHERE t.state = 'started' AND $1 >= 0 AND EXISTS (SELECT 1 "
    "FROM tournament_nodes n LEFT JOIN matches m ON m.id = n.match_id "
    "WHERE n.tournament_id = t.id AND n.state IN ('called', 'running') "
    "AND (n.match_id IS NULL OR m.ended_ms IS NOT NULL OR EXISTS (SELECT 1 "
    "FROM tournament_players p WHERE p.tournament_id = t.id AND p.left_ms IS NOT NULL "
    "AND p.user_id IN (n.left_id, n.right_id)))) ORDER BY t.id LIMIT $2";

enum err tournaments_due(struct db *db, uint64_t now_ms, uint64_t open_before_ms,
                         struct tournaments_due *out)
{
    enum err err;

    out->count = 0;
    if ((err = add_due(db, TO_SWEEP, now_ms, TOURNAMENT_DUTY_SWEEP, out)))
        return err;
    err = add_due(db,
                  "SELECT id FROM tournaments WHERE state = 'open' AND auto_start_ms IS NOT NULL "
                  "AND auto_start_ms <= $1 ORDER BY auto_start_ms, id LIMIT $2",
                  now_ms, TOURNAMENT_DUTY_START, out);
    if (err)
        return err;
    return add_due(db,
                   "SELECT id FROM tournaments WHERE state = 'open' AND auto_start_ms IS NULL "
                   "AND created_ms < $1 ORDER BY created_ms, id LIMIT $2",
                   open_before_ms, TOURNAMENT_DUTY_CANCEL, out);
}

enum err tournaments_clocks_reset(struct db *db, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE tournament_nodes SET called_ms = $1 "
                  "WHERE state = 'called' AND match_id IS NULL",
                  NULL, DB_ARG_I64(now_ms));
}
