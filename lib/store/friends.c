#include "lib/store/friends.h"

#include "lib/store/duels.h"
#include "lib/store/row.h"

static uint64_t low_of(const struct friends_pair *pair)
{
    return pair->user_id < pair->other_id ? pair->user_id : pair->other_id;
}

static uint64_t high_of(const struct friends_pair *pair)
{
    return pair->user_id < pair->other_id ? pair->other_id : pair->user_id;
}

static enum err must_be_two(struct db *db, const struct friends_pair *pair)
{
    struct user user;

    if (pair->user_id == pair->other_id)
        return ERR_INVALID;
    return user_find(db, pair->other_id, &user);
}

static enum err below(struct db *db, const char *sql, uint64_t user_id, uint64_t max)
{
    uint64_t count;
    enum err err = ROW_NUMBER(db, sql, &count, DB_ARG_I64(user_id));

    if (err)
        return err;
    return count < max ? OK : ERR_LIST_FULL;
}

/* -- friends --------------------------------------------------------------------------------- */

static enum err find_state(struct db *db, const struct friends_pair *pair, enum friend_state *out)
{
    struct db_rows *rows;
    enum err err =
        ROW_ONE(db,
                "SELECT state, requested_by FROM friendships "
                "WHERE low_id = $1 AND high_id = $2",
                ERR_NOT_FOUND, &rows, DB_ARG_I64(low_of(pair)), DB_ARG_I64(high_of(pair)));

    *out = FRIEND_NONE;
    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    if (str_eq(db_text(rows, 0), STR("friends")))
        *out = FRIEND_FRIENDS;
    else
        *out = row_u64(rows, 1) == pair->user_id ? FRIEND_REQUESTED : FRIEND_PENDING;
    db_done(rows);
    return OK;
}

static const char OWN_COUNT[] =
    "SELECT COUNT(*) FROM friendships WHERE (low_id = $1 OR high_id = $1) "
    "AND (state = 'friends' OR requested_by = $1)";
static const char PENDING_COUNT[] =
    "SELECT COUNT(*) FROM friendships WHERE (low_id = $1 OR high_id = $1) "
    "AND state = 'requested' AND requested_by <> $1";

static enum err ask(struct db *db, const struct friends_pair *pair)
{
    enum err err;

    if ((err = below(db, OWN_COUNT, pair->user_id, FRIENDS_MAX)))
        return err;
    if ((err = below(db, PENDING_COUNT, pair->other_id, FRIENDS_PENDING_MAX)))
        return err;
    return DB_RUN(db,
                  "INSERT INTO friendships (low_id, high_id, state, requested_by, created_ms) "
                  "VALUES ($1, $2, 'requested', $3, $4)",
                  NULL, DB_ARG_I64(low_of(pair)), DB_ARG_I64(high_of(pair)),
                  DB_ARG_I64(pair->user_id), DB_ARG_I64(pair->now_ms));
}

static enum err accept(struct db *db, const struct friends_pair *pair)
{
    enum err err = below(db, OWN_COUNT, pair->user_id, FRIENDS_MAX);

    if (err)
        return err;
    return ROW_CHANGE(db,
                      "UPDATE friendships SET state = 'friends', created_ms = $4 "
                      "WHERE low_id = $1 AND high_id = $2 AND state = 'requested' "
                      "AND requested_by <> $3",
                      ERR_CONFLICT, DB_ARG_I64(low_of(pair)), DB_ARG_I64(high_of(pair)),
                      DB_ARG_I64(pair->user_id), DB_ARG_I64(pair->now_ms));
}

enum err friends_request(struct db *db, const struct friends_pair *pair, struct friends_asked *out)
{
    enum friend_state state;
    bool is_blocked;
    enum err err;

    if ((err = must_be_two(db, pair)))
        return err;
    if ((err = blocks_between(db, pair->user_id, pair->other_id, &is_blocked)))
        return err;
    if (is_blocked)
        return ERR_BLOCKED;
    if ((err = find_state(db, pair, &state)))
        return err;
    if (state == FRIEND_NONE)
        err = ask(db, pair);
    else if (state == FRIEND_PENDING)
        err = accept(db, pair);
    if (err)
        return err;
    out->is_new = state == FRIEND_NONE || state == FRIEND_PENDING;
    out->state =
        state == FRIEND_NONE || state == FRIEND_REQUESTED ? FRIEND_REQUESTED : FRIEND_FRIENDS;
    return OK;
}

enum err friends_remove(struct db *db, const struct friends_pair *pair)
{
    return ROW_CHANGE(db, "DELETE FROM friendships WHERE low_id = $1 AND high_id = $2",
                      ERR_NOT_FOUND, DB_ARG_I64(low_of(pair)), DB_ARG_I64(high_of(pair)));
}

enum err friends_list(struct db *db, uint64_t user_id, struct friend_row *out, size_t max,
                      size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(
        db,
        "SELECT u.id, u.username, f.created_ms, CASE WHEN f.state = 'friends' THEN 3 "
        "WHEN f.requested_by = $1 THEN 1 ELSE 2 END AS word FROM friendships f "
        "JOIN users u ON u.id = CASE WHEN f.low_id = $1 THEN f.high_id ELSE f.low_id END "
        "WHERE f.low_id = $1 OR f.high_id = $1 ORDER BY word DESC, u.username_folded LIMIT $2",
        &rows, DB_ARG_I64(user_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        struct friend_row *row = &out[(*count)++];
        row->user_id = row_u64(rows, 0);
        row_text(rows, 1, row->username, sizeof(row->username));
        row->created_ms = row_u64(rows, 2);
        row->state = (enum friend_state)db_i64(rows, 3);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static enum err list_ids(struct db *db, const char *sql, uint64_t user_id, uint64_t *ids,
                         size_t max, size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db, sql, &rows, DB_ARG_I64(user_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        ids[(*count)++] = row_u64(rows, 0);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err friends_ids(struct db *db, uint64_t user_id, uint64_t *ids, size_t max, size_t *count)
{
    return list_ids(db,
                    "SELECT CASE WHEN low_id = $1 THEN high_id ELSE low_id END FROM friendships "
                    "WHERE (low_id = $1 OR high_id = $1) AND state = 'friends' LIMIT $2",
                    user_id, ids, max, count);
}

/* -- blocks ---------------------------------------------------------------------------------- */

enum err blocks_add(struct db *db, const struct friends_pair *pair, uint64_t *duel_id)
{
    enum err err;

    if ((err = must_be_two(db, pair)))
        return err;
    err = below(db, "SELECT COUNT(*) FROM blocks WHERE user_id = $1", pair->user_id, BLOCKS_MAX);
    if (err)
        return err;
    err = DB_RUN(db,
                 "INSERT INTO blocks (user_id, blocked_id, created_ms) VALUES ($1, $2, $3) "
                 "ON CONFLICT (user_id, blocked_id) DO NOTHING",
                 NULL, DB_ARG_I64(pair->user_id), DB_ARG_I64(pair->other_id),
                 DB_ARG_I64(pair->now_ms));
    if (err)
        return err;
    err = friends_remove(db, pair);
    if (err && err != ERR_NOT_FOUND)
        return err;
    return duels_end_between(db, pair->user_id, pair->other_id, pair->now_ms, duel_id);
}

enum err blocks_remove(struct db *db, const struct friends_pair *pair)
{
    return ROW_CHANGE(db, "DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2",
                      ERR_NOT_FOUND, DB_ARG_I64(pair->user_id), DB_ARG_I64(pair->other_id));
}

enum err blocks_list(struct db *db, uint64_t user_id, struct friend_row *out, size_t max,
                     size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT u.id, u.username, b.created_ms FROM blocks b "
                            "JOIN users u ON u.id = b.blocked_id WHERE b.user_id = $1 "
                            "ORDER BY u.username_folded LIMIT $2",
                            &rows, DB_ARG_I64(user_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        struct friend_row *row = &out[(*count)++];
        row->user_id = row_u64(rows, 0);
        row_text(rows, 1, row->username, sizeof(row->username));
        row->created_ms = row_u64(rows, 2);
        row->state = FRIEND_NONE;
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err blocks_between(struct db *db, uint64_t a_id, uint64_t b_id, bool *is_blocked)
{
    uint64_t count;
    enum err err =
        ROW_NUMBER(db,
                   "SELECT COUNT(*) FROM blocks WHERE (user_id = $1 AND blocked_id = $2) "
                   "OR (user_id = $2 AND blocked_id = $1)",
                   &count, DB_ARG_I64(a_id), DB_ARG_I64(b_id));

    if (err)
        return err;
    *is_blocked = count > 0;
    return OK;
}

enum err blocks_ids(struct db *db, uint64_t user_id, uint64_t *ids, size_t max, size_t *count)
{
    return list_ids(db, "SELECT blocked_id FROM blocks WHERE user_id = $1 LIMIT $2", user_id, ids,
                    max, count);
}
