#include "lib/store/history.h"

#include "lib/store/bots.h"
#include "lib/store/match_rows.h"

/* Dialect A's two players are the seats 0 and 1. A player is in one match at a time, so the order
 * of match ids is the order in which they were played. */
static const char LIST[] =
    "SELECT m.id, l.user_id, lu.username, r.user_id, ru.username, m.winner_seat, l.score, r.score, "
    "m.mode, m.ruleset, m.reason, m.ended_ms, m.duration_ms, l.bot_level, r.bot_level "
    "FROM match_players me JOIN matches m ON m.id = me.match_id "
    "LEFT JOIN match_players l ON l.match_id = m.id AND l.seat = 0 "
    "LEFT JOIN users lu ON lu.id = l.user_id "
    "LEFT JOIN match_players r ON r.match_id = m.id AND r.seat = 1 "
    "LEFT JOIN users ru ON ru.id = r.user_id "
    "WHERE me.user_id = $1 AND me.match_id < $2 AND m.state IN ('finished', 'forfeited') "
    "AND ($3 = '' OR m.mode = $3) ORDER BY me.match_id DESC LIMIT $4 OFFSET $5";

/* A seat without a user is a bot's. */
static void name_read(const struct db_rows *rows, int name_at, int level_at, char *out, size_t size)
{
    const char *bot = bot_name(db_is_null(rows, level_at) ? 0 : row_u32(rows, level_at));

    row_text(rows, name_at, out, size);
    if (bot[0])
        CHECK(str_to_c(str_from_c(bot), out, size) == OK);
}

static void item_read(const struct db_rows *rows, struct history_item *out)
{
    int64_t winner_seat = db_is_null(rows, 5) ? -1 : db_i64(rows, 5);

    out->match_id = row_u64(rows, 0);
    out->player1_id = row_u64(rows, 1);
    name_read(rows, 2, 13, out->player1, sizeof(out->player1));
    out->player2_id = row_u64(rows, 3);
    name_read(rows, 4, 14, out->player2, sizeof(out->player2));
    out->winner[0] = '\0';
    if (winner_seat == SEAT_LEFT || winner_seat == SEAT_RIGHT)
        memcpy(out->winner, winner_seat == SEAT_LEFT ? out->player1 : out->player2,
               sizeof(out->winner));
    out->player1_score = row_u32(rows, 6);
    out->player2_score = row_u32(rows, 7);
    row_text(rows, 8, out->mode, sizeof(out->mode));
    row_text(rows, 9, out->ruleset, sizeof(out->ruleset));
    out->reason = match_reason_of(db_text(rows, 10));
    out->played_ms = row_u64(rows, 11);
    out->duration_ms = row_u64(rows, 12);
}

enum err history_list(struct db *db, const struct history_args *args, struct history_item *out,
                      size_t *count)
{
    int64_t before_id = args->before_id ? (int64_t)args->before_id : INT64_MAX;
    struct db_rows *rows;
    enum err err =
        DB_QUERY(db, LIST, &rows, DB_ARG_I64(args->user_id), DB_ARG_I64(before_id),
                 DB_ARG_TEXT(args->mode), DB_ARG_I64(args->limit), DB_ARG_I64(args->skip));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        item_read(rows, &out[(*count)++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err history_count(struct db *db, uint64_t user_id, struct str mode, uint64_t *count)
{
    return ROW_NUMBER(db,
                      "SELECT COUNT(*) FROM match_players me JOIN matches m ON m.id = me.match_id "
                      "WHERE me.user_id = $1 AND m.state IN ('finished', 'forfeited') "
                      "AND ($2 = '' OR m.mode = $2)",
                      count, DB_ARG_I64(user_id), DB_ARG_TEXT(mode));
}

enum err history_winrate(struct db *db, uint64_t user_id, struct winrate *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT COUNT(CASE WHEN outcome = 'win' THEN 1 END), "
                           "COUNT(CASE WHEN outcome = 'loss' THEN 1 END), "
                           "COUNT(CASE WHEN outcome = 'draw' THEN 1 END) "
                           "FROM match_players me WHERE user_id = $1 AND outcome <> '' "
                           "AND NOT EXISTS (SELECT 1 FROM match_players b "
                           "WHERE b.match_id = me.match_id AND b.bot_level > 0)",
                           ERR_STORE, &rows, DB_ARG_I64(user_id));

    if (err)
        return err;
    out->wins = row_u64(rows, 0);
    out->losses = row_u64(rows, 1);
    out->draws = row_u64(rows, 2);
    db_done(rows);
    return OK;
}
