#include "lib/store/migrate.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/store/migrations.h"

static const char TABLE[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                            "name TEXT NOT NULL PRIMARY KEY,"
                            "text_hash BIGINT NOT NULL,"
                            "applied_ms BIGINT NOT NULL);";

static int64_t text_hash(const struct migration *migration)
{
    return (int64_t)hash_fixed(migration->sql, strlen(migration->sql), 0);
}

static enum err refused(const char *problem, struct str name)
{
    log_event(LOG_ERROR, "schema_refused", LOG_C("problem", problem), LOG_STR("migration", name));
    return ERR_STORE;
}

/* One row of the table must be the migration of the same place: they are applied in order. */
static enum err compare(const struct db_rows *rows, size_t at)
{
    struct str name = db_text(rows, 0);

    if (at >= MIGRATION_COUNT)
        return refused("the store is newer than this program", name);
    if (!str_eq(name, str_from_c(MIGRATIONS[at].name)))
        return refused("the store has another sequence of migrations", name);
    if (db_i64(rows, 1) != text_hash(&MIGRATIONS[at]))
        return refused("the text of a migration has changed since it was applied", name);
    return OK;
}

/* How many are applied, once they are known to be the first ones of ours. */
static enum err applied_count(struct db *db, size_t *count)
{
    struct db_rows *rows;
    enum err err =
        db_query(db, "SELECT name, text_hash FROM schema_migrations ORDER BY name", NULL, 0, &rows);

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        if ((err = compare(rows, *count)))
            break;
        (*count)++;
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static enum err apply(struct db *db, const struct migration *migration, uint64_t now_ms)
{
    enum err err = db_script(db, migration->sql);

    if (err)
        return refused("a migration failed", str_from_c(migration->name));
    log_event(LOG_INFO, "schema_migrated", LOG_C("migration", migration->name));
    return DB_RUN(db,
                  "INSERT INTO schema_migrations (name, text_hash, applied_ms) "
                  "VALUES ($1, $2, $3)",
                  NULL, DB_ARG_TEXT(str_from_c(migration->name)), DB_ARG_I64(text_hash(migration)),
                  DB_ARG_I64(now_ms));
}

static enum err migrate_inside(struct db *db, uint64_t now_ms)
{
    size_t at = 0;
    enum err err;

    if ((err = db_script(db, TABLE)))
        return err;
    if ((err = applied_count(db, &at)))
        return err;
    for (; at < MIGRATION_COUNT; at++) {
        if ((err = apply(db, &MIGRATIONS[at], now_ms)))
            return err;
    }
    return OK;
}

enum err migrate(struct db *db, uint64_t now_ms)
{
    enum err err = db_begin(db);

    if (err)
        return err;
    err = migrate_inside(db, now_ms);
    if (!err)
        err = db_commit(db);
    if (err)
        db_rollback(db);
    return err;
}
