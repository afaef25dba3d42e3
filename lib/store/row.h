/*
 * Small things that every aggregate's statements need: one row or an error, exactly one row
 * changed, the next id, a word of an enum. Only for lib/store.
 */
#ifndef RALLY_STORE_ROW_H
#define RALLY_STORE_ROW_H

#include "lib/db/db.h"

/*
 * Starts a query and steps to its first row. OK: a row, and db_done is the caller's; otherwise
 * `none` when there is no row, or the failure, and nothing is running.
 */
enum err row_one(struct db *db, const char *sql, const struct db_value *args, size_t count,
                 enum err none, struct db_rows **out) MUST_USE;
#define ROW_ONE(db, sql, none, out, ...)                                                           \
    row_one(db, sql, (struct db_value[]){__VA_ARGS__},                                             \
            ARRAY_COUNT(((struct db_value[]){__VA_ARGS__})), none, out)

/* Runs a statement that must change exactly one row; `none` when it changed none. */
enum err row_change(struct db *db, const char *sql, const struct db_value *args, size_t count,
                    enum err none) MUST_USE;
#define ROW_CHANGE(db, sql, none, ...)                                                             \
    row_change(db, sql, (struct db_value[]){__VA_ARGS__},                                          \
               ARRAY_COUNT(((struct db_value[]){__VA_ARGS__})), none)

/* A statement that answers one number (a count). */
enum err row_number(struct db *db, const char *sql, const struct db_value *args, size_t count,
                    uint64_t *out) MUST_USE;
#define ROW_NUMBER(db, sql, out, ...)                                                              \
    row_number(db, sql, (struct db_value[]){__VA_ARGS__},                                          \
               ARRAY_COUNT(((struct db_value[]){__VA_ARGS__})), out)

/* The next id of a sequence of 0001_base.sql; an unknown name is our own bug. */
enum err row_next_id(struct db *db, struct str sequence, uint64_t *id) MUST_USE;

/* Copies a text column and terminates it. What was stored fits, because it was checked on the way
 * in; what somebody else put there is cut. NULL gives the empty string. */
void row_text(const struct db_rows *rows, int column, char *out, size_t size);
static inline uint64_t row_u64(const struct db_rows *rows, int column)
{
    return (uint64_t)db_i64(rows, column);
}
static inline uint32_t row_u32(const struct db_rows *rows, int column)
{
    return (uint32_t)db_i64(rows, column);
}
static inline bool row_bool(const struct db_rows *rows, int column)
{
    return db_i64(rows, column) != 0;
}
/* The index of a column's word among `count` words; 0 when it is none of them. */
int row_word(const struct db_rows *rows, int column, const char *const *words, int count);

/* NULL for an empty text. */
static inline struct db_value row_text_or_null(struct str s)
{
    return s.len ? DB_ARG_TEXT(s) : DB_ARG_NULL;
}
static inline struct db_value row_id_or_null(uint64_t id)
{
    return id ? DB_ARG_I64(id) : DB_ARG_NULL;
}

#endif
