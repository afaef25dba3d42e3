/* What every database below db.h must do, and what SQLite in particular is set up for. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/db/db.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"

static char folder[256];
static char path[300];
static struct db *writer;

/* Snippets are long enough to say what they do, and static as statements must be. */
static const char CREATE[] = "CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT, b BYTEA);";
static const char INSERT[] = "INSERT INTO t (id, a, b) VALUES ($1, $2, $3)";
static const char COUNT[] = "SELECT COUNT(*) FROM t";

static void open_writer(void)
{
    const char *base = getenv("TMPDIR");
    struct buf buf;

    log_level_set(LOG_ERROR);
    buf_init_fixed(&buf, folder, sizeof(folder) - 1);
    buf_printf(&buf, "%s/rally-db-XXXXXX", base ? base : "/tmp");
    EXPECT_NOT_NULL(mkdtemp(folder));
    buf_init_fixed(&buf, path, sizeof(path) - 1);
    buf_printf(&buf, "%s/test.db", folder);
    EXPECT_OK(db_open(path, DB_WRITER, &writer));
    EXPECT_OK(db_script(writer, CREATE));
}

static void remove_file(const char *suffix)
{
    char name[320];
    struct buf buf;

    buf_init_fixed(&buf, name, sizeof(name) - 1);
    buf_printf(&buf, "%s%s", path, suffix);
    name[buf.len] = '\0';
    unlink(name);
}

static void close_writer(void)
{
    db_close(writer);
    remove_file("");
    remove_file("-wal");
    remove_file("-shm");
    remove_file(".lock");
    rmdir(folder);
}

static enum err insert(int64_t id, struct str text)
{
    return DB_RUN(writer, INSERT, NULL, DB_ARG_I64(id), DB_ARG_TEXT(text), DB_ARG_NULL);
}

static int64_t count_of(struct db *db)
{
    struct db_rows *rows;
    int64_t count;

    EXPECT_OK(db_query(db, COUNT, NULL, 0, &rows));
    EXPECT_OK(db_next(rows));
    count = db_i64(rows, 0);
    db_done(rows);
    return count;
}

static bool pragma_is(struct db *db, const char *sql, const char *want)
{
    struct db_rows *rows;
    bool is_same;

    EXPECT_OK(db_query(db, sql, NULL, 0, &rows));
    EXPECT_OK(db_next(rows));
    is_same = str_eq(db_text(rows, 0), str_from_c(want));
    db_done(rows);
    return is_same;
}

TEST(a_writer_is_set_up_to_lose_nothing)
{
    open_writer();
    EXPECT(pragma_is(writer, "PRAGMA journal_mode", "wal"));
    EXPECT(pragma_is(writer, "PRAGMA synchronous", "2"));
    EXPECT(pragma_is(writer, "PRAGMA foreign_keys", "1"));
    EXPECT(pragma_is(writer, "PRAGMA trusted_schema", "0"));
    EXPECT(pragma_is(writer, "PRAGMA cell_size_check", "1"));
    EXPECT(pragma_is(writer, "PRAGMA wal_autocheckpoint", "0"));
    EXPECT(pragma_is(writer, "PRAGMA secure_delete", "1"));
    EXPECT(pragma_is(writer, "PRAGMA mmap_size", "0"));
    close_writer();
}

TEST(the_file_is_its_owners_alone)
{
    struct stat info;

    open_writer();
    EXPECT_INT(0, stat(path, &info));
    EXPECT_INT(0600, info.st_mode & 0777);
    close_writer();
}

TEST(a_second_writer_is_refused_until_the_first_is_gone)
{
    struct db *second = NULL;

    open_writer();
    EXPECT_ERR(ERR_STORE, db_open(path, DB_WRITER, &second));
    EXPECT_NULL(second);
    db_close(writer);
    EXPECT_OK(db_open(path, DB_WRITER, &writer));
    close_writer();
}

TEST(a_reader_cannot_write)
{
    struct db *reader;

    open_writer();
    EXPECT_OK(db_open(path, DB_READER, &reader));
    EXPECT_ERR(ERR_STORE, DB_RUN(reader, INSERT, NULL, DB_ARG_I64(1), DB_ARG_NULL, DB_ARG_NULL));
    EXPECT_INT(0, count_of(writer));
    db_close(reader);
    close_writer();
}

TEST(a_file_that_is_no_database_is_refused)
{
    struct db *db = NULL;
    FILE *file;

    open_writer();
    db_close(writer);
    file = fopen(path, "w");
    EXPECT_NOT_NULL(file);
    for (int i = 0; i < 1000; i++)
        fputs("not a database", file);
    fclose(file);
    EXPECT_ERR(ERR_STORE, db_open(path, DB_WRITER, &db));
    EXPECT_NULL(db);
    unlink(path);
    EXPECT_OK(db_open(path, DB_WRITER, &writer));
    close_writer();
}

TEST(damage_inside_the_file_is_found)
{
    FILE *file;

    open_writer();
    EXPECT_OK(db_begin(writer));
    for (int64_t id = 0; id < 2000; id++)
        EXPECT_OK(insert(id, STR("some text that fills a page after a while")));
    EXPECT_OK(db_commit(writer));
    EXPECT_OK(db_check(writer));
    db_close(writer);
    file = fopen(path, "r+");
    EXPECT_NOT_NULL(file);
    EXPECT_INT(0, fseek(file, 4096 * 5, SEEK_SET));
    for (int i = 0; i < 4096; i++)
        fputc(0xa5, file);
    fclose(file);
    EXPECT_OK(db_open(path, DB_WRITER, &writer));
    EXPECT_ERR(ERR_STORE, db_check(writer));
    close_writer();
}

TEST(parameters_are_bound_by_their_number_wherever_they_stand)
{
    struct db_rows *rows;

    open_writer();
    EXPECT_OK(DB_QUERY(writer, "SELECT $2, $1, $2 || $3", &rows, DB_ARG_I64(1),
                       DB_ARG_TEXT(STR("two")), DB_ARG_TEXT(STR("three"))));
    EXPECT_OK(db_next(rows));
    EXPECT_STR("two", db_text(rows, 0));
    EXPECT_INT(1, db_i64(rows, 1));
    EXPECT_STR("twothree", db_text(rows, 2));
    EXPECT_ERR(ERR_END, db_next(rows));
    db_done(rows);
    close_writer();
}

TEST(empty_text_is_not_null_and_bytes_come_back_whole)
{
    struct db_rows *rows;

    open_writer();
    EXPECT_OK(DB_RUN(writer, INSERT, NULL, DB_ARG_I64(INT64_MIN), DB_ARG_TEXT(str_of(NULL, 0)),
                     DB_ARG_BLOB(str_of("a\0b", 3))));
    EXPECT_OK(db_query(writer, "SELECT id, a, b FROM t", NULL, 0, &rows));
    EXPECT_OK(db_next(rows));
    EXPECT(db_i64(rows, 0) == INT64_MIN);
    EXPECT_FALSE(db_is_null(rows, 1));
    EXPECT_INT(0, db_text(rows, 1).len);
    EXPECT(str_eq(str_of("a\0b", 3), db_text(rows, 2)));
    db_done(rows);
    close_writer();
}

TEST(a_broken_unique_key_is_an_answer_and_other_constraints_are_failures)
{
    open_writer();
    EXPECT_OK(insert(1, STR("a")));
    EXPECT_ERR(ERR_EXISTS, insert(1, STR("b")));
    EXPECT_OK(db_script(writer, "CREATE TABLE c (n BIGINT CHECK (n > 0));"));
    EXPECT_ERR(ERR_STORE, DB_RUN(writer, "INSERT INTO c (n) VALUES ($1)", NULL, DB_ARG_I64(0)));
    EXPECT_INT(1, count_of(writer));
    close_writer();
}

TEST(changed_rows_are_counted)
{
    uint64_t changed = 99;

    open_writer();
    EXPECT_OK(insert(1, STR("a")));
    EXPECT_OK(insert(2, STR("a")));
    EXPECT_OK(DB_RUN(writer, "UPDATE t SET a = $1", &changed, DB_ARG_TEXT(STR("b"))));
    EXPECT_INT(2, changed);
    EXPECT_OK(DB_RUN(writer, "UPDATE t SET a = $1 WHERE id = 3", &changed, DB_ARG_NULL));
    EXPECT_INT(0, changed);
    close_writer();
}

TEST(a_rolled_back_savepoint_takes_only_its_own_work)
{
    open_writer();
    EXPECT_OK(db_begin(writer));
    EXPECT_OK(db_savepoint(writer));
    EXPECT_OK(insert(1, STR("stays")));
    EXPECT_OK(db_savepoint_release(writer));
    EXPECT_OK(db_savepoint(writer));
    EXPECT_OK(insert(2, STR("goes")));
    EXPECT_ERR(ERR_EXISTS, insert(2, STR("goes")));
    db_savepoint_rollback(writer);
    EXPECT(db_in_transaction(writer));
    EXPECT_OK(db_commit(writer));
    EXPECT_INT(1, count_of(writer));
    close_writer();
}

TEST(a_reader_keeps_its_snapshot_while_the_writer_commits)
{
    struct db *reader;

    open_writer();
    EXPECT_OK(db_open(path, DB_READER, &reader));
    EXPECT_OK(db_begin(reader));
    EXPECT_INT(0, count_of(reader));
    EXPECT_OK(insert(1, STR("a")));
    EXPECT_INT(0, count_of(reader));
    EXPECT_OK(db_commit(reader));
    EXPECT_INT(1, count_of(reader));
    db_close(reader);
    close_writer();
}

TEST(a_rollback_undoes_and_may_be_said_twice)
{
    open_writer();
    EXPECT_OK(db_begin(writer));
    EXPECT_OK(insert(1, STR("a")));
    db_rollback(writer);
    db_rollback(writer);
    EXPECT_FALSE(db_in_transaction(writer));
    EXPECT_INT(0, count_of(writer));
    close_writer();
}

TEST(a_checkpoint_empties_the_log_and_closing_a_reader_does_not)
{
    struct db *reader;

    open_writer();
    EXPECT_OK(insert(1, STR("a")));
    EXPECT(db_log_size(writer) > 0);
    EXPECT_OK(db_open(path, DB_READER, &reader));
    EXPECT_INT(1, count_of(reader));
    db_close(reader);
    EXPECT(db_log_size(writer) > 0);
    EXPECT_OK(db_checkpoint(writer));
    EXPECT_INT(0, db_log_size(writer));
    EXPECT_OK(insert(2, STR("b")));
    EXPECT(db_log_size(writer) > 0);
    close_writer();
}
