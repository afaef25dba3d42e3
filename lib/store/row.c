#include "lib/store/row.h"

enum err row_one(struct db *db, const char *sql, const struct db_value *args, size_t count,
                 enum err none, struct db_rows **out)
{
    enum err err = db_query(db, sql, args, count, out);

    if (err)
        return err;
    err = db_next(*out);
    if (err)
        db_done(*out);
    return err == ERR_END ? none : err;
}

enum err row_change(struct db *db, const char *sql, const struct db_value *args, size_t count,
                    enum err none)
{
    uint64_t changed = 0;
    enum err err = db_run(db, sql, args, count, &changed);

    if (err)
        return err;
    CHECK(changed <= 1);
    return changed ? OK : none;
}

enum err row_number(struct db *db, const char *sql, const struct db_value *args, size_t count,
                    uint64_t *out)
{
    struct db_rows *rows;
    enum err err = row_one(db, sql, args, count, ERR_STORE, &rows);

    if (err)
        return err;
    *out = row_u64(rows, 0);
    db_done(rows);
    return OK;
}

enum err row_next_id(struct db *db, struct str sequence, uint64_t *id)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "UPDATE sequences SET next_value = next_value + 1 WHERE name = $1 "
                           "RETURNING next_value - 1",
                           ERR_END, &rows, DB_ARG_TEXT(sequence));

    CHECK(err != ERR_END);
    if (err)
        return err;
    *id = row_u64(rows, 0);
    db_done(rows);
    return OK;
}

void row_text(const struct db_rows *rows, int column, char *out, size_t size)
{
    struct str text = db_text(rows, column);
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

int row_word(const struct db_rows *rows, int column, const char *const *words, int count)
{
    struct str word = db_text(rows, column);

    for (int i = 0; i < count; i++) {
        if (str_eq(word, str_from_c(words[i])))
            return i;
    }
    return 0;
}
