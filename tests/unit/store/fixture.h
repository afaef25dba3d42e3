/*
 * A fresh store in a temporary folder for each test, and short ways to fill it. Operations are
 * called as the services call them: inside a transaction that is committed when they answer OK and
 * rolled back when they do not. Closing runs the audit: every test ends with a clean store.
 * Include once per test program, after tests/unit/test.h.
 */
#ifndef RALLY_TESTS_STORE_FIXTURE_H
#define RALLY_TESTS_STORE_FIXTURE_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/store/audit.h"
#include "lib/store/migrate.h"
#include "lib/store/tickets.h"

#define UNUSED __attribute__((unused))
/* An arbitrary moment: the store never asks a clock. */
#define T0 1000000000000u

static char fixture_folder[256];
static char fixture_path[320];
static struct db *fixture_db;

/* -- folder ---------------------------------------------------------------------------------- */

static UNUSED void fixture_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    struct buf buf;

    log_level_set(LOG_ERROR);
    buf_init_fixed(&buf, fixture_folder, sizeof(fixture_folder));
    buf_printf(&buf, "%s/rally-store-XXXXXX", base ? base : "/tmp");
    EXPECT_NOT_NULL(mkdtemp(fixture_folder));
    buf_init_fixed(&buf, fixture_path, sizeof(fixture_path));
    buf_printf(&buf, "%s/rally.db", fixture_folder);
}

static UNUSED void fixture_folder_remove(void)
{
    DIR *folder = opendir(fixture_folder);
    struct dirent *entry;

    EXPECT_NOT_NULL(folder);
    while ((entry = readdir(folder)))
        unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(fixture_folder);
}

/* -- a store without threads ----------------------------------------------------------------- */

static UNUSED void fixture_open(void)
{
    fixture_folder_make();
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(migrate(fixture_db, T0));
}

static void fixture_violation(void *context UNUSED, const char *invariant, const char *rule,
                              struct str row)
{
    print_error("%s: %s: %.*s\n", invariant, rule, STR_ARGS(row));
}

static UNUSED uint64_t fixture_audit(void)
{
    uint64_t count = 0;

    EXPECT_OK(audit_run(fixture_db, fixture_violation, NULL, &count));
    return count;
}

static UNUSED void fixture_close(void)
{
    EXPECT_INT(0, fixture_audit());
    db_close(fixture_db);
    fixture_folder_remove();
}

static UNUSED struct db *fixture_begin(void)
{
    EXPECT_OK(db_begin(fixture_db));
    return fixture_db;
}

static UNUSED enum err fixture_end(enum err err)
{
    if (err)
        db_rollback(fixture_db);
    else
        EXPECT_OK(db_commit(fixture_db));
    return err;
}

/* TXN(user_find(db, id, &user)): `call` sees the database as `db`. */
#define TXN(call)                                                                                  \
    __extension__({                                                                                \
        struct db *db = fixture_begin();                                                           \
        fixture_end(call);                                                                         \
    })

/* A number that a statement without parameters answers. */
static UNUSED int64_t fixture_number(const char *sql)
{
    struct db_rows *rows;
    int64_t number;

    EXPECT_OK(db_query(fixture_db, sql, NULL, 0, &rows));
    EXPECT_OK(db_next(rows));
    number = db_i64(rows, 0);
    db_done(rows);
    return number;
}

/* -- people and matches ---------------------------------------------------------------------- */

static UNUSED uint64_t user_named(const char *name)
{
    struct user_create_args args = {
        .username = str_from_c(name), .password_hash = STR("$argon2id$x"), .now_ms = T0};
    struct user user;

    EXPECT_OK(TXN(user_create(db, &args, &user)));
    return user.id;
}

static UNUSED struct ticket_join_args join_args(uint64_t user_id, uint64_t now_ms)
{
    return (struct ticket_join_args){.user_id = user_id,
                                     .mode = STR("quick"),
                                     .game = STR("pong"),
                                     .ruleset = STR("classic"),
                                     .is_rated = true,
                                     .seed = 42,
                                     .now_ms = now_ms};
}

static UNUSED enum err join(uint64_t user_id, uint64_t now_ms, struct ticket_joined *out)
{
    struct ticket_join_args args = join_args(user_id, now_ms);

    return TXN(ticket_join(db, &args, out));
}

/* A match made by the queue: `left` waited, `right` joined. */
static UNUSED uint64_t match_of(uint64_t left, uint64_t right)
{
    struct ticket_joined joined;

    EXPECT_OK(join(left, T0, &joined));
    EXPECT_OK(join(right, T0 + 1, &joined));
    EXPECT(joined.match_id != 0);
    return joined.match_id;
}

static UNUSED uint64_t take(uint64_t match_id)
{
    struct matches_take_args args = {.match_id = match_id, .node = STR("here"), .now_ms = T0};
    uint64_t epoch = 0;

    EXPECT_OK(TXN(matches_take(db, &args, &epoch)));
    return epoch;
}

static UNUSED enum err point(uint64_t match_id, uint64_t epoch, uint32_t number, uint8_t seat,
                             uint16_t left, uint16_t right)
{
    struct matches_point_args args = {.match_id = match_id,
                                      .epoch = epoch,
                                      .number = number,
                                      .seat = seat,
                                      .scores = {left, right},
                                      .tick = number * 100,
                                      .now_ms = T0 + number};

    return TXN(matches_add_point(db, &args));
}

static UNUSED struct matches_finish_args finish_args(uint64_t match_id, uint64_t epoch,
                                                     int8_t winner, uint16_t left, uint16_t right)
{
    return (struct matches_finish_args){.match_id = match_id,
                                        .epoch = epoch,
                                        .reason = MATCH_REASON_SCORE,
                                        .winner_seat = winner,
                                        .is_rated = true,
                                        .scores = {left, right},
                                        .duration_ms = 60000,
                                        .now_ms = T0 + 100000};
}

/* Left wins 2:0. */
static UNUSED void play(uint64_t match_id, struct matches_finished *out)
{
    uint64_t epoch = take(match_id);
    struct matches_finish_args args = finish_args(match_id, epoch, SEAT_LEFT, 2, 0);

    EXPECT_OK(point(match_id, epoch, 1, SEAT_LEFT, 1, 0));
    EXPECT_OK(point(match_id, epoch, 2, SEAT_LEFT, 2, 0));
    EXPECT_OK(TXN(matches_finish(db, &args, out)));
}

#endif
