#include "lib/store/outbox.h"

#include "lib/store/row.h"

enum err outbox_add(struct db *db, const struct outbox_args *args)
{
    uint64_t id;
    enum err err = row_next_id(db, STR("outbox"), &id);

    if (err)
        return err;
    /* The arbiter is a partial index, so its condition is repeated. A row without dedupe never
     * meets it. A skipped insert leaves a gap in the ids, which nothing counts. */
    return DB_RUN(db,
                  "INSERT INTO outbox (id, topic, aggregate, payload, dedupe, created_ms, due_ms) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $6) "
                  "ON CONFLICT (topic, dedupe) WHERE dedupe IS NOT NULL DO NOTHING",
                  NULL, DB_ARG_I64(id), DB_ARG_TEXT(args->topic), DB_ARG_TEXT(args->aggregate),
                  DB_ARG_TEXT(args->payload), row_text_or_null(args->dedupe),
                  DB_ARG_I64(args->now_ms));
}

static enum err copy_out(struct arena *arena, struct str from, struct str *to)
{
    *to = arena_copy(arena, from);
    return from.len > 0 && !to->ptr ? ERR_FULL : OK;
}

static enum err read_row(const struct db_rows *rows, struct arena *arena, struct outbox_row *out)
{
    enum err err;

    out->id = row_u64(rows, 0);
    out->attempts = row_u32(rows, 1) + 1;
    if ((err = copy_out(arena, db_text(rows, 2), &out->topic)))
        return err;
    if ((err = copy_out(arena, db_text(rows, 3), &out->aggregate)))
        return err;
    return copy_out(arena, db_text(rows, 4), &out->payload);
}

/* Only the oldest unfinished row of a topic's aggregate is due, which keeps their order. */
static const char DUE[] =
    "SELECT id, attempts, topic, aggregate, payload FROM outbox o "
    "WHERE done_ms IS NULL AND parked_ms IS NULL AND due_ms <= $1 "
    "AND ($2 = '' OR topic = $2) AND ($4 = '' OR topic <> $4) "
    "AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.topic = o.topic "
    "AND p.aggregate = o.aggregate AND p.done_ms IS NULL AND p.parked_ms IS NULL AND p.id < o.id) "
    "ORDER BY due_ms, id LIMIT $3";

static enum err list_due(struct db *db, const struct outbox_take_args *args, struct arena *arena,
                         struct outbox_row *out, size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db, DUE, &rows, DB_ARG_I64(args->now_ms), DB_ARG_TEXT(args->topic),
                            DB_ARG_I64(args->limit), DB_ARG_TEXT(args->but_topic));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        if ((err = read_row(rows, arena, &out[*count])))
            break;
        (*count)++;
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err outbox_take(struct db *db, const struct outbox_take_args *args, struct arena *arena,
                     struct outbox_row *out, size_t *count)
{
    enum err err = list_due(db, args, arena, out, count);

    for (size_t i = 0; i < *count && !err; i++) {
        err = ROW_CHANGE(db, "UPDATE outbox SET attempts = attempts + 1, due_ms = $2 WHERE id = $1",
                         ERR_STORE, DB_ARG_I64(out[i].id), DB_ARG_I64(args->again_ms));
    }
    return err;
}

enum err outbox_done(struct db *db, uint64_t id, uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "UPDATE outbox SET done_ms = $2, problem = '' "
                      "WHERE id = $1 AND done_ms IS NULL AND parked_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(id), DB_ARG_I64(now_ms));
}

enum err outbox_retry(struct db *db, uint64_t id, uint64_t at_ms, struct str problem)
{
    return ROW_CHANGE(db,
                      "UPDATE outbox SET due_ms = $2, problem = $3 "
                      "WHERE id = $1 AND done_ms IS NULL AND parked_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(id), DB_ARG_I64(at_ms), DB_ARG_TEXT(problem));
}

enum err outbox_park(struct db *db, uint64_t id, uint64_t now_ms, struct str problem)
{
    return ROW_CHANGE(db,
                      "UPDATE outbox SET parked_ms = $2, problem = $3 "
                      "WHERE id = $1 AND done_ms IS NULL AND parked_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(id), DB_ARG_I64(now_ms), DB_ARG_TEXT(problem));
}

enum err outbox_pending(struct db *db, uint64_t *count)
{
    return row_number(db, "SELECT COUNT(*) FROM outbox WHERE done_ms IS NULL AND parked_ms IS NULL",
                      NULL, 0, count);
}

enum err outbox_purge(struct db *db, uint64_t before_ms, uint64_t *purged)
{
    return DB_RUN(db, "DELETE FROM outbox WHERE done_ms IS NOT NULL AND done_ms < $1", purged,
                  DB_ARG_I64(before_ms));
}
