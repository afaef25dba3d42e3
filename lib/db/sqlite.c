/*
 * db.h on SQLite: WAL, synchronous=FULL, statements cached by the address of their text. The only
 * file that knows sqlite3.h.
 *
 * What to know first: SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write
 * or checkpoint at once, so exactly one connection does both. Readers are opened read-only, never
 * checkpoint (not on closing either), and a lock file keeps a second process from writing.
 */
#include "lib/db/db.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <sqlite3.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"

/* Statements are static strings, so their number is that of our own code; 512 leaves it half empty.
 */
#define STATEMENTS_CAPACITY 512
#define PARAMETERS_MAX 32
#define PATH_SIZE_MAX 1024
#define BUSY_TIMEOUT_MS 1000
/* A frame of the log is a page and its header. */
#define LOG_FRAME_SIZE (4096 + 24)
/* Beyond this a checkpoint waits for readers, so that the log can start from its beginning. */
#define LOG_SIZE_MAX 67108864
#define NO_ERROR_LOGGED (-1)

struct db_rows {
    struct db *db;
    const char *sql; /* NULL: an empty place in the cache */
    sqlite3_stmt *statement;
    uint8_t index_of[PARAMETERS_MAX]; /* SQLite's index of $1, $2, ... */
    uint8_t parameter_count;
    bool is_running;
};

struct db {
    sqlite3 *handle;
    enum db_mode mode;
    int lock_fd; /* writer only, else -1 */
    int logged_code;
    bool has_lost_sync;
    int log_frames;   /* in the log, as of the last commit */
    int moved_frames; /* of these, already in the file */
    size_t statement_count;
    struct db_rows statements[STATEMENTS_CAPACITY];
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* The allocator's statistics cost a process-wide mutex on every allocation and nobody reads them.
 */
static void library_start(void)
{
    CHECK(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    CHECK(sqlite3_initialize() == SQLITE_OK);
}

/* -- errors ---------------------------------------------------------------------------------- */

/* A full disk fails every commit for minutes: the same cause is logged once until it is over. */
static void log_failure(struct db *db, const char *what, int code)
{
    if (db->logged_code == code)
        return;
    db->logged_code = code;
    log_event(LOG_ERROR, "database_failed", LOG_C("doing", what),
              LOG_C("problem", db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code)),
              LOG_U64("code", code));
}

static bool is_sync_failure(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

static enum err failure(struct db *db, const char *what)
{
    int code = sqlite3_extended_errcode(db->handle);

    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return ERR_EXISTS;
    if (is_sync_failure(code))
        db->has_lost_sync = true;
    log_failure(db, what, code);
    return ERR_STORE;
}

/* -- opening --------------------------------------------------------------------------------- */

static enum err open_failed(struct db *db, const char *path, const char *problem)
{
    log_event(LOG_ERROR, "database_not_opened", LOG_C("path", path), LOG_C("problem", problem));
    db_close(db);
    return ERR_STORE;
}

/* The directory's entry must survive a power cut as well as the file. */
static void directory_sync(const char *path)
{
    char folder[PATH_SIZE_MAX];
    size_t len = strlen(path);
    int fd;

    while (len > 0 && path[len - 1] != '/')
        len--;
    if (str_to_c(len ? str_of(path, len) : STR("."), folder, sizeof(folder)))
        return;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd))
        log_event(LOG_WARN, "directory_not_synced", LOG_C("path", folder));
    close(fd);
}

/* Holds password hashes and tokens' hashes, so the file is the owner's alone from the start; SQLite
 * gives the log the same mode. */
static bool file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_EXCL, 0600);

    if (fd < 0)
        return access(path, F_OK) == 0;
    close(fd);
    directory_sync(path);
    return true;
}

/* A lock of its own file: closing any descriptor of the database file would drop SQLite's locks. */
static bool writer_lock(struct db *db, const char *path)
{
    char lock_path[PATH_SIZE_MAX + 8];
    struct buf buf;

    buf_init_fixed(&buf, lock_path, sizeof(lock_path));
    buf_put_c(&buf, path);
    buf_put(&buf, ".lock", sizeof(".lock"));
    CHECK(buf_ok(&buf));
    db->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return db->lock_fd >= 0 && flock(db->lock_fd, LOCK_EX | LOCK_NB) == 0;
}

/* Called after each commit of the writer with the number of frames in the log. */
static int log_grew(void *context, sqlite3 *handle, const char *name, int frames)
{
    struct db *db = context;

    (void)handle;
    (void)name;
    if (frames < db->moved_frames)
        db->moved_frames = 0; /* it has started again from its beginning */
    db->log_frames = frames;
    return SQLITE_OK;
}

/* After a burst the log file is cut to journal_size_limit when it starts again. What is deleted is
 * overwritten: a person who is forgotten must not be found in free pages. */
static const char WRITER_SETTINGS[] = "PRAGMA page_size = 4096;"
                                      "PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = FULL;"
                                      "PRAGMA wal_autocheckpoint = 0;"
                                      "PRAGMA secure_delete = ON;"
                                      "PRAGMA journal_size_limit = 16777216;"
                                      "PRAGMA cache_size = -8192;";
static const char READER_SETTINGS[] = "PRAGMA query_only = ON;"
                                      "PRAGMA wal_autocheckpoint = 0;"
                                      "PRAGMA cache_size = -1024;";
static const char SETTINGS[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA temp_store = MEMORY;";

static bool configure(struct db *db)
{
    sqlite3 *handle = db->handle;
    bool is_writer = db->mode == DB_WRITER;

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_writer, NULL);
    if (sqlite3_exec(handle, SETTINGS, NULL, NULL, NULL))
        return false;
    if (sqlite3_exec(handle, is_writer ? WRITER_SETTINGS : READER_SETTINGS, NULL, NULL, NULL))
        return false;
    if (is_writer)
        sqlite3_wal_hook(handle, log_grew, db);
    return true;
}

enum err db_open(const char *url, enum db_mode mode, struct db **out)
{
    bool is_writer = mode == DB_WRITER;
    int flags = SQLITE_OPEN_NOMUTEX | (is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    struct db *db = calloc(1, sizeof(*db));

    pthread_once(&library_once, library_start);
    if (!db)
        return ERR_STORE;
    db->mode = mode;
    db->lock_fd = -1;
    db->logged_code = NO_ERROR_LOGGED;
    if (strlen(url) >= PATH_SIZE_MAX)
        return open_failed(db, url, "the path is too long");
    if (is_writer && !file_make(url))
        return open_failed(db, url, "the file cannot be made");
    if (is_writer && !writer_lock(db, url))
        return open_failed(db, url, "another process is using it");
    if (sqlite3_open_v2(url, &db->handle, flags, NULL) != SQLITE_OK)
        return open_failed(db, url, db->handle ? sqlite3_errmsg(db->handle) : "no memory");
    if (!configure(db))
        return open_failed(db, url, sqlite3_errmsg(db->handle));
    *out = db;
    return OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < STATEMENTS_CAPACITY; i++)
        sqlite3_finalize(db->statements[i].statement);
    if (db->handle && db->mode == DB_WRITER && !db->has_lost_sync)
        sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    CHECK(sqlite3_close(db->handle) == SQLITE_OK);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    free(db);
}

/* The pragma answers one row "ok" or one row per finding. */
enum err db_check(struct db *db)
{
    struct db_rows *rows;
    enum err err = db_query(db, "PRAGMA quick_check(1)", NULL, 0, &rows);

    if (err)
        return err;
    err = db_next(rows);
    if (err == OK && !str_eq(db_text(rows, 0), STR("ok"))) {
        log_event(LOG_ERROR, "database_damaged", LOG_STR("finding", db_text(rows, 0)));
        err = ERR_STORE;
    }
    db_done(rows);
    return err == ERR_END ? ERR_STORE : err;
}

enum err db_script(struct db *db, const char *sql)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return OK;
    return failure(db, "script");
}

enum err db_checkpoint(struct db *db)
{
    bool is_long = (uint64_t)db->log_frames * LOG_FRAME_SIZE > LOG_SIZE_MAX;
    int mode = is_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int frames = 0, moved = 0;
    int code;

    CHECK(db->mode == DB_WRITER);
    code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, &frames, &moved);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        return failure(db, "checkpoint");
    /* Busy is no failure: readers are in the way, and the next checkpoint will do more. */
    db->log_frames = frames;
    db->moved_frames = moved;
    return OK;
}

uint64_t db_log_size(const struct db *db)
{
    return (uint64_t)(db->log_frames - db->moved_frames) * LOG_FRAME_SIZE;
}

bool db_has_lost_sync(const struct db *db)
{
    return db->has_lost_sync;
}

/* -- statements ------------------------------------------------------------------------------ */

static void map_parameters(struct db_rows *rows)
{
    int count = sqlite3_bind_parameter_count(rows->statement);

    CHECK(count <= PARAMETERS_MAX);
    for (int i = 0; i < count; i++) {
        char name[8] = {0};
        struct buf buf;
        buf_init_fixed(&buf, name, sizeof(name) - 1);
        buf_printf(&buf, "$%d", i + 1);
        rows->index_of[i] = (uint8_t)sqlite3_bind_parameter_index(rows->statement, name);
        CHECK(rows->index_of[i] > 0);
    }
    rows->parameter_count = (uint8_t)count;
}

static enum err prepare(struct db *db, struct db_rows *rows, const char *sql)
{
    int code =
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &rows->statement, NULL);

    if (code != SQLITE_OK)
        return failure(db, sql);
    rows->db = db;
    rows->sql = sql;
    map_parameters(rows);
    db->statement_count++;
    return OK;
}

/* The cached statement of this text, prepared when it is new. */
static enum err statement_of(struct db *db, const char *sql, struct db_rows **out)
{
    size_t at = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 55;
    enum err err;

    while (db->statements[at].sql && db->statements[at].sql != sql)
        at = (at + 1) % STATEMENTS_CAPACITY;
    if (!db->statements[at].sql) {
        CHECK(db->statement_count < STATEMENTS_CAPACITY - 1);
        if ((err = prepare(db, &db->statements[at], sql)))
            return err;
    }
    *out = &db->statements[at];
    return OK;
}

static int bind_one(sqlite3_stmt *statement, int index, const struct db_value *value)
{
    /* A NULL pointer would bind SQL NULL, which an empty text is not. */
    const char *bytes = value->bytes.ptr ? value->bytes.ptr : "";

    switch (value->type) {
    case DB_I64:
        return sqlite3_bind_int64(statement, index, value->i64);
    case DB_TEXT:
        return sqlite3_bind_text64(statement, index, bytes, value->bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(statement, index, bytes, value->bytes.len, SQLITE_STATIC);
    case DB_REAL:
        return sqlite3_bind_double(statement, index, value->real);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

enum err db_query(struct db *db, const char *sql, const struct db_value *args, size_t count,
                  struct db_rows **out)
{
    struct db_rows *rows;
    enum err err = statement_of(db, sql, &rows);

    if (err)
        return err;
    CHECK(!rows->is_running);
    CHECK(count == rows->parameter_count);
    for (size_t i = 0; i < count; i++) {
        if (bind_one(rows->statement, rows->index_of[i], &args[i]) != SQLITE_OK)
            return failure(db, "bind");
    }
    rows->is_running = true;
    *out = rows;
    return OK;
}

enum err db_next(struct db_rows *rows)
{
    int code = sqlite3_step(rows->statement);

    if (code == SQLITE_ROW)
        return OK;
    if (code == SQLITE_DONE)
        return ERR_END;
    return failure(rows->db, rows->sql);
}

void db_done(struct db_rows *rows)
{
    sqlite3_reset(rows->statement);
    rows->is_running = false;
}

enum err db_run(struct db *db, const char *sql, const struct db_value *args, size_t count,
                uint64_t *changed)
{
    struct db_rows *rows;
    enum err err = db_query(db, sql, args, count, &rows);

    if (err)
        return err;
    do {
        err = db_next(rows);
    } while (err == OK);
    db_done(rows);
    if (err != ERR_END)
        return err;
    if (changed)
        *changed = (uint64_t)sqlite3_changes64(db->handle);
    return OK;
}

int64_t db_i64(const struct db_rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

bool db_is_null(const struct db_rows *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

struct str db_text(const struct db_rows *rows, int column)
{
    const void *bytes = sqlite3_column_blob(rows->statement, column);

    return str_of(bytes, (size_t)sqlite3_column_bytes(rows->statement, column));
}

/* -- transactions ---------------------------------------------------------------------------- */

enum err db_begin(struct db *db)
{
    return db_run(db, db->mode == DB_WRITER ? "BEGIN IMMEDIATE" : "BEGIN", NULL, 0, NULL);
}

enum err db_commit(struct db *db)
{
    enum err err = db_run(db, "COMMIT", NULL, 0, NULL);

    if (err)
        return ERR_STORE;
    db->logged_code = NO_ERROR_LOGGED;
    return OK;
}

void db_rollback(struct db *db)
{
    /* After some failures SQLite has rolled back already, and saying it again would be an error. */
    if (!db_in_transaction(db))
        return;
    if (db_run(db, "ROLLBACK", NULL, 0, NULL))
        log_failure(db, "rollback", sqlite3_extended_errcode(db->handle));
}

bool db_in_transaction(const struct db *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

enum err db_savepoint(struct db *db)
{
    return db_run(db, "SAVEPOINT job", NULL, 0, NULL);
}

enum err db_savepoint_release(struct db *db)
{
    return db_run(db, "RELEASE job", NULL, 0, NULL);
}

void db_savepoint_rollback(struct db *db)
{
    if (!db_in_transaction(db))
        return;
    if (db_run(db, "ROLLBACK TO job", NULL, 0, NULL) || db_run(db, "RELEASE job", NULL, 0, NULL))
        log_failure(db, "rollback to savepoint", sqlite3_extended_errcode(db->handle));
}
