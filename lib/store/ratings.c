#include "lib/store/ratings.h"

#include "lib/store/row.h"

#define RATING_COLUMNS                                                                             \
    "mode, rating_micro, deviation_micro, volatility_nano, mmr, games, wins, losses, draws"

static void rating_read(const struct db_rows *rows, struct rating_row *out)
{
    row_text(rows, 0, out->mode, sizeof(out->mode));
    out->stored.rating_micro = db_i64(rows, 1);
    out->stored.deviation_micro = db_i64(rows, 2);
    out->stored.volatility_nano = db_i64(rows, 3);
    out->mmr = (int32_t)db_i64(rows, 4);
    out->games = row_u32(rows, 5);
    out->wins = row_u32(rows, 6);
    out->losses = row_u32(rows, 7);
    out->draws = row_u32(rows, 8);
}

static enum err rating_initial(struct str mode, struct rating_row *out)
{
    *out = (struct rating_row){.stored = rating_stored_initial()};
    out->mmr = rating_shown(out->stored);
    return str_to_c(mode, out->mode, sizeof(out->mode));
}

/* `event_count` is what compare-and-set compares: 0 for a player without a row. */
static enum err find_counted(struct db *db, uint64_t user_id, struct str mode,
                             struct rating_row *out, uint64_t *event_count)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT " RATING_COLUMNS ", event_count FROM ratings "
                           "WHERE user_id = $1 AND mode = $2",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(user_id), DB_ARG_TEXT(mode));

    if (err == ERR_NOT_FOUND) {
        *event_count = 0;
        return rating_initial(mode, out);
    }
    if (err)
        return err;
    rating_read(rows, out);
    *event_count = row_u64(rows, 9);
    db_done(rows);
    return OK;
}

enum err ratings_find(struct db *db, uint64_t user_id, struct str mode, struct rating_row *out)
{
    uint64_t event_count;

    return find_counted(db, user_id, mode, out, &event_count);
}

enum err ratings_list(struct db *db, uint64_t user_id, struct rating_row *out, size_t max,
                      size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(
        db, "SELECT " RATING_COLUMNS " FROM ratings WHERE user_id = $1 ORDER BY mode LIMIT $2",
        &rows, DB_ARG_I64(user_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        rating_read(rows, &out[(*count)++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

/* -- a rated match --------------------------------------------------------------------------- */

/* One player's side of the update. */
struct update {
    uint64_t user_id;
    uint64_t event_count;
    enum rating_outcome outcome;
    struct rating_row row;
    struct rating_change change;
};

static const char *outcome_name(enum rating_outcome outcome)
{
    static const char *const NAMES[] = {
        [RATING_LOSS] = "loss", [RATING_DRAW] = "draw", [RATING_WIN] = "win"};

    return NAMES[outcome];
}

static enum err insert_event(struct db *db, const struct ratings_apply_args *args,
                             const struct update *update)
{
    const struct rating_change *change = &update->change;

    return DB_RUN(db,
                  "INSERT INTO rating_events (user_id, mode, number, kind, match_id, outcome, "
                  "rating_before_micro, deviation_before_micro, volatility_before_nano, "
                  "mmr_before, rating_after_micro, deviation_after_micro, volatility_after_nano, "
                  "mmr_after, at_ms) "
                  "VALUES ($1, $2, $3, 'match', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                  NULL, DB_ARG_I64(update->user_id), DB_ARG_TEXT(args->mode),
                  DB_ARG_I64(update->event_count + 1), DB_ARG_I64(args->match_id),
                  DB_ARG_TEXT(str_from_c(outcome_name(update->outcome))),
                  DB_ARG_I64(change->before.rating_micro),
                  DB_ARG_I64(change->before.deviation_micro),
                  DB_ARG_I64(change->before.volatility_nano), DB_ARG_I64(change->mmr_before),
                  DB_ARG_I64(change->after.rating_micro), DB_ARG_I64(change->after.deviation_micro),
                  DB_ARG_I64(change->after.volatility_nano), DB_ARG_I64(change->mmr_after),
                  DB_ARG_I64(args->now_ms));
}

static enum err upsert_rating(struct db *db, const struct ratings_apply_args *args,
                              const struct update *update)
{
    const struct rating_change *change = &update->change;

    return ROW_CHANGE(
        db,
        "INSERT INTO ratings (user_id, mode, rating_micro, deviation_micro, volatility_nano, mmr, "
        "event_count, games, wins, losses, draws, updated_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11) "
        "ON CONFLICT (user_id, mode) DO UPDATE SET rating_micro = excluded.rating_micro, "
        "deviation_micro = excluded.deviation_micro, volatility_nano = excluded.volatility_nano, "
        "mmr = excluded.mmr, event_count = excluded.event_count, games = ratings.games + 1, "
        "wins = ratings.wins + excluded.wins, losses = ratings.losses + excluded.losses, "
        "draws = ratings.draws + excluded.draws, updated_ms = excluded.updated_ms "
        "WHERE ratings.event_count = excluded.event_count - 1",
        ERR_CONFLICT, DB_ARG_I64(update->user_id), DB_ARG_TEXT(args->mode),
        DB_ARG_I64(change->after.rating_micro), DB_ARG_I64(change->after.deviation_micro),
        DB_ARG_I64(change->after.volatility_nano), DB_ARG_I64(change->mmr_after),
        DB_ARG_I64(update->event_count + 1), DB_ARG_I64(update->outcome == RATING_WIN),
        DB_ARG_I64(update->outcome == RATING_LOSS), DB_ARG_I64(update->outcome == RATING_DRAW),
        DB_ARG_I64(args->now_ms));
}

static enum err apply_one(struct db *db, const struct ratings_apply_args *args,
                          struct update *update, struct rating_stored after)
{
    struct rating_change *change = &update->change;
    enum err err;

    change->before = update->row.stored;
    change->after = after;
    change->mmr_before = rating_shown(change->before);
    change->mmr_after = rating_shown(change->after);
    if ((err = insert_event(db, args, update)))
        return err;
    return upsert_rating(db, args, update);
}

enum err ratings_apply(struct db *db, const struct ratings_apply_args *args,
                       struct rating_change changes[2])
{
    struct update updates[2] = {
        {.user_id = args->user_ids[0], .outcome = args->outcome},
        {.user_id = args->user_ids[1],
         .outcome = (enum rating_outcome)(RATING_WIN - args->outcome)},
    };
    struct rating_pair after;
    enum err err;

    for (int i = 0; i < 2; i++) {
        err = find_counted(db, updates[i].user_id, args->mode, &updates[i].row,
                           &updates[i].event_count);
        if (err)
            return err;
    }
    after = rating_update_1v1(RATING_GLICKO2, updates[0].row.stored, updates[1].row.stored,
                              args->outcome);
    if ((err = apply_one(db, args, &updates[0], after.a)))
        return err;
    if ((err = apply_one(db, args, &updates[1], after.b)))
        return err;
    changes[0] = updates[0].change;
    changes[1] = updates[1].change;
    return OK;
}
