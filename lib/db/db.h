/*
 * One connection to a database: prepare, bind, step, transaction. SQL is written once for SQLite
 * and PostgreSQL: parameters are $1, $2, ..., upserts are ON CONFLICT, results come by RETURNING,
 * types are BIGINT, TEXT and BYTEA, booleans are BIGINT 0 and 1, times are milliseconds.
 * A connection belongs to one thread. Statements are prepared once per connection and cached by
 * the address of their text, so every statement is a static string.
 */
#ifndef RALLY_DB_DB_H
#define RALLY_DB_DB_H

#include "lib/base/arena.h"

struct db;
struct db_rows; /* a running statement; at most one per statement and connection at a time */

enum db_mode {
    DB_WRITER, /* the one connection that writes and checkpoints */
    DB_READER, /* never writes */
};

/*
 * Opens `url`: a path of a SQLite file. A writer makes the file (0600) when it is missing and holds
 * a lock beside it, so that a second process cannot write; a reader needs the writer or a finished
 * file. ERR_STORE with the reason in the log.
 */
enum err db_open(const char *url, enum db_mode mode, struct db **out) MUST_USE;
/* Closes it; a writer's last act is a full checkpoint. Nothing may be running. NULL is allowed. */
void db_close(struct db *db);
/* Reads the whole file for damage. ERR_STORE with the first finding in the log. */
enum err db_check(struct db *db) MUST_USE;
/* Runs several statements without parameters, as a migration has them. */
enum err db_script(struct db *db, const char *sql) MUST_USE;
/*
 * Moves what is in the write-ahead log into the file; writer only, outside a transaction. Waits for
 * nobody, unless readers have kept the log from starting again until it grew beyond 64 MiB.
 */
enum err db_checkpoint(struct db *db) MUST_USE;
/* Bytes in the write-ahead log that no checkpoint has moved yet, as of the last commit. */
uint64_t db_log_size(const struct db *db);
/* The operating system failed to make data durable: what it holds now is unknown, so nothing may be
 * acknowledged any more; the process must end and recover from the log. */
bool db_has_lost_sync(const struct db *db);

/* Transactions. db_begin takes the write lock at once on a writer (BEGIN IMMEDIATE). */
enum err db_begin(struct db *db) MUST_USE;
enum err db_commit(struct db *db) MUST_USE;
void db_rollback(struct db *db);
/* False also when the database gave up a transaction on its own (disk full, I/O error). */
bool db_in_transaction(const struct db *db);
/* A savepoint inside a transaction; one at a time. */
enum err db_savepoint(struct db *db) MUST_USE;
enum err db_savepoint_release(struct db *db) MUST_USE;
void db_savepoint_rollback(struct db *db);

/* A value to bind. */
struct db_value {
    enum { DB_NULL, DB_I64, DB_TEXT, DB_BLOB, DB_REAL } type;
    int64_t i64;
    double real;
    struct str bytes;
};
#define DB_ARG_I64(value) ((struct db_value){.type = DB_I64, .i64 = (int64_t)(value)})
#define DB_ARG_TEXT(value) ((struct db_value){.type = DB_TEXT, .bytes = (value)})
#define DB_ARG_BLOB(value) ((struct db_value){.type = DB_BLOB, .bytes = (value)})
#define DB_ARG_NULL ((struct db_value){.type = DB_NULL})

/*
 * Runs a statement that answers no rows the caller wants. `changed` (may be NULL) gets the number
 * of rows it changed. ERR_EXISTS when a unique constraint refuses it, ERR_STORE otherwise.
 */
enum err db_run(struct db *db, const char *sql, const struct db_value *args, size_t count,
                uint64_t *changed) MUST_USE;
#define DB_RUN(db, sql, changed, ...)                                                              \
    db_run(db, sql, (struct db_value[]){__VA_ARGS__},                                              \
           ARRAY_COUNT(((struct db_value[]){__VA_ARGS__})), changed)

/* Starts a statement with rows; then db_next until ERR_END; then db_done (always). Bytes that were
 * bound must live until then. A statement that writes has done so after its first db_next. */
enum err db_query(struct db *db, const char *sql, const struct db_value *args, size_t count,
                  struct db_rows **out) MUST_USE;
#define DB_QUERY(db, sql, out, ...)                                                                \
    db_query(db, sql, (struct db_value[]){__VA_ARGS__},                                            \
             ARRAY_COUNT(((struct db_value[]){__VA_ARGS__})), out)
enum err db_next(struct db_rows *rows) MUST_USE; /* OK: a row; ERR_END; ERR_EXISTS; ERR_STORE */
void db_done(struct db_rows *rows);
/* Columns of the present row, from 0. Bytes live until the next db_next or db_done. */
int64_t db_i64(const struct db_rows *rows, int column);
bool db_is_null(const struct db_rows *rows, int column);
struct str db_text(const struct db_rows *rows, int column); /* text or blob; NULL is empty */

#endif
