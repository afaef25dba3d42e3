#include "lib/store/idempotency.h"

#include "lib/store/row.h"

static enum err copy_out(struct arena *arena, struct str from, struct str *to)
{
    *to = arena_copy(arena, from);
    return from.len > 0 && !to->ptr ? ERR_FULL : OK;
}

static enum err read_found(const struct db_rows *rows, const struct idempotency_args *args,
                           struct arena *arena, struct idempotency_found *out)
{
    enum err err;

    if (!str_eq(db_text(rows, 0), args->request_hash))
        return ERR_IDEMPOTENCY_MISMATCH;
    *out = (struct idempotency_found){.status = (int)db_i64(rows, 1)};
    if ((err = copy_out(arena, db_text(rows, 2), &out->content_type)))
        return err;
    return copy_out(arena, db_text(rows, 3), &out->body);
}

enum err idempotency_find(struct db *db, const struct idempotency_args *args, struct arena *arena,
                          struct idempotency_found *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT request_hash, status, content_type, body FROM idempotency_keys "
                           "WHERE principal = $1 AND key = $2 AND expires_ms > $3",
                           ERR_NOT_FOUND, &rows, DB_ARG_TEXT(args->principal),
                           DB_ARG_TEXT(args->key), DB_ARG_I64(args->now_ms));

    if (err == ERR_NOT_FOUND) {
        *out = (struct idempotency_found){.is_new = true};
        return OK;
    }
    if (err)
        return err;
    err = read_found(rows, args, arena, out);
    db_done(rows);
    return err;
}

enum err idempotency_claim(struct db *db, const struct idempotency_args *args, struct arena *arena,
                           struct idempotency_found *out)
{
    enum err err;

    CHECK(args->request_hash.len == 32);
    if ((err = idempotency_find(db, args, arena, out)))
        return err;
    if (!out->is_new)
        return OK;
    return ROW_CHANGE(db,
                      "INSERT INTO idempotency_keys (principal, key, request_hash, created_ms, "
                      "expires_ms) VALUES ($1, $2, $3, $4, $5) "
                      "ON CONFLICT (principal, key) DO UPDATE SET "
                      "request_hash = excluded.request_hash, status = NULL, content_type = NULL, "
                      "body = NULL, created_ms = excluded.created_ms, "
                      "expires_ms = excluded.expires_ms "
                      "WHERE idempotency_keys.expires_ms <= excluded.created_ms",
                      ERR_CONFLICT, DB_ARG_TEXT(args->principal), DB_ARG_TEXT(args->key),
                      DB_ARG_BLOB(args->request_hash), DB_ARG_I64(args->now_ms),
                      DB_ARG_I64(args->expires_ms));
}

enum err idempotency_store(struct db *db, const struct idempotency_reply *reply)
{
    return ROW_CHANGE(db,
                      "UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5 "
                      "WHERE principal = $1 AND key = $2 AND status IS NULL",
                      ERR_BAD_STATE, DB_ARG_TEXT(reply->principal), DB_ARG_TEXT(reply->key),
                      DB_ARG_I64(reply->status), DB_ARG_TEXT(reply->content_type),
                      DB_ARG_BLOB(reply->body));
}

enum err idempotency_purge(struct db *db, uint64_t now_ms, uint64_t *purged)
{
    return DB_RUN(db, "DELETE FROM idempotency_keys WHERE expires_ms <= $1", purged,
                  DB_ARG_I64(now_ms));
}
