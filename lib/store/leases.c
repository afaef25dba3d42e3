#include "lib/store/leases.h"

#include "lib/store/row.h"

enum err lease_acquire(struct db *db, const struct lease_args *args, uint64_t *epoch)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "INSERT INTO leases (name, holder, epoch, acquired_ms, expires_ms) "
                           "VALUES ($1, $2, 1, $3, $4) ON CONFLICT (name) DO UPDATE SET "
                           "holder = excluded.holder, epoch = leases.epoch + 1, "
                           "acquired_ms = excluded.acquired_ms, expires_ms = excluded.expires_ms "
                           "WHERE leases.expires_ms <= excluded.acquired_ms "
                           "OR leases.holder = excluded.holder RETURNING epoch",
                           ERR_CONFLICT, &rows, DB_ARG_TEXT(args->name), DB_ARG_TEXT(args->holder),
                           DB_ARG_I64(args->now_ms), DB_ARG_I64(args->now_ms + args->ttl_ms));

    if (err)
        return err;
    *epoch = row_u64(rows, 0);
    db_done(rows);
    return OK;
}

enum err lease_renew(struct db *db, const struct lease_args *args)
{
    return ROW_CHANGE(db,
                      "UPDATE leases SET expires_ms = $4 "
                      "WHERE name = $1 AND holder = $2 AND epoch = $3",
                      ERR_STALE_EPOCH, DB_ARG_TEXT(args->name), DB_ARG_TEXT(args->holder),
                      DB_ARG_I64(args->epoch), DB_ARG_I64(args->now_ms + args->ttl_ms));
}

enum err lease_release(struct db *db, const struct lease_args *args)
{
    return ROW_CHANGE(db,
                      "UPDATE leases SET expires_ms = 0 "
                      "WHERE name = $1 AND holder = $2 AND epoch = $3",
                      ERR_STALE_EPOCH, DB_ARG_TEXT(args->name), DB_ARG_TEXT(args->holder),
                      DB_ARG_I64(args->epoch));
}

enum err lease_check(struct db *db, struct str name, uint64_t epoch)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT epoch FROM leases WHERE name = $1", ERR_STALE_EPOCH, &rows,
                           DB_ARG_TEXT(name));

    if (err)
        return err;
    err = row_u64(rows, 0) == epoch ? OK : ERR_STALE_EPOCH;
    db_done(rows);
    return err;
}
