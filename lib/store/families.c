#include "lib/store/families.h"

#include "lib/store/row.h"

/* A family as the rotation sees it. */
struct family {
    uint64_t user_id;
    uint32_t generation;
    uint8_t token_hash[FAMILY_HASH_SIZE];
    uint8_t previous_hash[FAMILY_HASH_SIZE];
    uint64_t rotated_ms;
    uint64_t expires_ms;
    bool is_revoked;
    bool is_reused; /* revoked because a spent token came back */
    uint64_t banned_until_ms;
};

static void read_hash(const struct db_rows *rows, int column, uint8_t out[FAMILY_HASH_SIZE])
{
    struct str hash = db_text(rows, column);

    memset(out, 0, FAMILY_HASH_SIZE);
    if (hash.len == FAMILY_HASH_SIZE)
        memcpy(out, hash.ptr, FAMILY_HASH_SIZE);
}

static enum err find(struct db *db, uint64_t family_id, struct family *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT f.user_id, f.generation, f.token_hash, f.previous_hash, "
                           "f.rotated_ms, f.expires_ms, f.revoked_ms, f.revoke_reason, "
                           "u.banned_until_ms FROM token_families f "
                           "JOIN users u ON u.id = f.user_id WHERE f.id = $1",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(family_id));

    if (err)
        return err;
    out->user_id = row_u64(rows, 0);
    out->generation = row_u32(rows, 1);
    read_hash(rows, 2, out->token_hash);
    read_hash(rows, 3, out->previous_hash);
    out->rotated_ms = row_u64(rows, 4);
    out->expires_ms = row_u64(rows, 5);
    out->is_revoked = !db_is_null(rows, 6);
    out->is_reused = str_eq(db_text(rows, 7), STR("reused"));
    out->banned_until_ms = row_u64(rows, 8);
    db_done(rows);
    return OK;
}

/* Hashes of tokens that carry 256 bits of HMAC: nothing is learnt from how long this takes. */
static bool is_hash(const uint8_t stored[FAMILY_HASH_SIZE], struct str hash)
{
    return hash.len == FAMILY_HASH_SIZE && memcmp(stored, hash.ptr, FAMILY_HASH_SIZE) == 0;
}

enum err family_next_id(struct db *db, uint64_t *family_id)
{
    return row_next_id(db, STR("family"), family_id);
}

static enum err end_oldest(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    return DB_RUN(
        db,
        "UPDATE token_families SET revoked_ms = $2, revoke_reason = 'limit' "
        "WHERE id IN (SELECT id FROM token_families "
        "WHERE user_id = $1 AND revoked_ms IS NULL ORDER BY id DESC LIMIT 1000 OFFSET $3)",
        NULL, DB_ARG_I64(user_id), DB_ARG_I64(now_ms), DB_ARG_I64(FAMILY_LIVE_MAX));
}

enum err family_create(struct db *db, const struct family_create_args *args)
{
    enum err err;

    CHECK(args->token_hash.len == FAMILY_HASH_SIZE);
    err = DB_RUN(db,
                 "INSERT INTO token_families (id, user_id, generation, token_hash, created_ms, "
                 "expires_ms) VALUES ($1, $2, 1, $3, $4, $5)",
                 NULL, DB_ARG_I64(args->family_id), DB_ARG_I64(args->user_id),
                 DB_ARG_BLOB(args->token_hash), DB_ARG_I64(args->now_ms),
                 DB_ARG_I64(args->expires_ms));
    if (err)
        return err;
    return end_oldest(db, args->user_id, args->now_ms);
}

/* -- rotation -------------------------------------------------------------------------------- */

enum presented { PRESENTED_UNKNOWN, PRESENTED_CURRENT, PRESENTED_PREVIOUS, PRESENTED_SPENT };

/* Which token of the family this is. Of tokens older than the previous one no hash is kept: that
 * they are genuine is what their HMAC has proven. */
static enum presented presented_as(const struct family *family,
                                   const struct family_rotate_args *args)
{
    if (args->generation == family->generation)
        return is_hash(family->token_hash, args->token_hash) ? PRESENTED_CURRENT
                                                             : PRESENTED_UNKNOWN;
    if (args->generation + 1 == family->generation)
        return is_hash(family->previous_hash, args->token_hash) ? PRESENTED_PREVIOUS
                                                                : PRESENTED_UNKNOWN;
    return args->generation > 0 && args->generation < family->generation ? PRESENTED_SPENT
                                                                         : PRESENTED_UNKNOWN;
}

/* A wall clock that was set back must not turn a lost reply into an accusation. */
static bool is_in_grace(const struct family *family, uint64_t now_ms)
{
    return now_ms < family->rotated_ms || now_ms - family->rotated_ms <= FAMILY_GRACE_MS;
}

static enum err advance(struct db *db, const struct family_rotate_args *args)
{
    CHECK(args->next_hash.len == FAMILY_HASH_SIZE);
    return ROW_CHANGE(db,
                      "UPDATE token_families SET generation = generation + 1, "
                      "previous_hash = token_hash, token_hash = $3, rotated_ms = $4, "
                      "expires_ms = $5 "
                      "WHERE id = $1 AND generation = $2 AND revoked_ms IS NULL",
                      ERR_CONFLICT, DB_ARG_I64(args->family_id), DB_ARG_I64(args->generation),
                      DB_ARG_BLOB(args->next_hash), DB_ARG_I64(args->now_ms),
                      DB_ARG_I64(args->expires_ms));
}

static enum err revoke(struct db *db, uint64_t family_id, struct str reason, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE token_families SET revoked_ms = $2, revoke_reason = $3 "
                  "WHERE id = $1 AND revoked_ms IS NULL",
                  NULL, DB_ARG_I64(family_id), DB_ARG_I64(now_ms), DB_ARG_TEXT(reason));
}

static enum err rotate_live(struct db *db, const struct family_rotate_args *args,
                            const struct family *family, struct family_rotated *out)
{
    enum presented presented = presented_as(family, args);

    if (presented == PRESENTED_UNKNOWN)
        return OK; /* the verdict stays ERR_TOKEN_INVALID */
    if (presented == PRESENTED_CURRENT) {
        out->verdict = OK;
        out->generation = family->generation + 1;
        out->expires_ms = args->expires_ms;
        return advance(db, args);
    }
    if (presented == PRESENTED_PREVIOUS && is_in_grace(family, args->now_ms)) {
        out->verdict = OK;
        out->generation = family->generation;
        out->is_repeat = true;
        return OK;
    }
    out->verdict = ERR_TOKEN_REUSED;
    return revoke(db, args->family_id, STR("reused"), args->now_ms);
}

enum err family_rotate(struct db *db, const struct family_rotate_args *args,
                       struct family_rotated *out)
{
    struct family family;
    enum err err = find(db, args->family_id, &family);

    *out = (struct family_rotated){.verdict = ERR_TOKEN_INVALID};
    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    out->user_id = family.user_id;
    out->session_id = args->family_id;
    out->expires_ms = family.expires_ms;
    if (family.is_revoked) {
        if (family.is_reused && args->generation < family.generation)
            out->verdict = ERR_TOKEN_REUSED;
        return OK;
    }
    if (family.expires_ms <= args->now_ms)
        return OK;
    if (family.banned_until_ms > args->now_ms) {
        out->verdict = ERR_BANNED;
        return OK;
    }
    return rotate_live(db, args, &family, out);
}

/* -- the end --------------------------------------------------------------------------------- */

enum err family_revoke(struct db *db, const struct family_revoke_args *args,
                       struct family_revoked *out)
{
    struct family family;
    const struct family_rotate_args as_presented = {.family_id = args->family_id,
                                                    .generation = args->generation,
                                                    .token_hash = args->token_hash};
    enum err err = find(db, args->family_id, &family);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    if (args->token_hash.len > 0 && presented_as(&family, &as_presented) == PRESENTED_UNKNOWN)
        return ERR_TOKEN_INVALID;
    out->user_id = family.user_id;
    out->was_live = !family.is_revoked && family.expires_ms > args->now_ms;
    return revoke(db, args->family_id, STR("logout"), args->now_ms);
}

enum err family_revoke_all(struct db *db, uint64_t user_id, uint64_t keep_id, uint64_t now_ms,
                           struct family_list *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "UPDATE token_families SET revoked_ms = $3, revoke_reason = 'password' "
                            "WHERE user_id = $1 AND id <> $2 AND revoked_ms IS NULL RETURNING id",
                            &rows, DB_ARG_I64(user_id), DB_ARG_I64(keep_id), DB_ARG_I64(now_ms));

    if (err)
        return err;
    out->count = 0;
    while ((err = db_next(rows)) == OK) {
        if (out->count < FAMILY_LIST_MAX)
            out->ids[out->count++] = row_u64(rows, 0);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err family_list_revoked(struct db *db, struct family_revocation after,
                             struct family_revocation *out, size_t max, size_t *count)
{
    struct db_rows *rows;
    enum err err =
        DB_QUERY(db,
                 "SELECT id, revoked_ms FROM token_families "
                 "WHERE revoked_ms IS NOT NULL AND (revoked_ms, id) > ($1, $2) "
                 "ORDER BY revoked_ms, id LIMIT $3",
                 &rows, DB_ARG_I64(after.revoked_ms), DB_ARG_I64(after.family_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        out[*count].family_id = row_u64(rows, 0);
        out[*count].revoked_ms = row_u64(rows, 1);
        (*count)++;
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err family_is_live(struct db *db, uint64_t family_id, uint64_t now_ms, bool *is_live)
{
    uint64_t count;
    enum err err = ROW_NUMBER(db,
                              "SELECT COUNT(*) FROM token_families "
                              "WHERE id = $1 AND revoked_ms IS NULL AND expires_ms > $2",
                              &count, DB_ARG_I64(family_id), DB_ARG_I64(now_ms));

    if (err)
        return err;
    *is_live = count > 0;
    return OK;
}

enum err family_purge(struct db *db, uint64_t before_ms, uint64_t *purged)
{
    return DB_RUN(db,
                  "DELETE FROM token_families WHERE expires_ms < $1 "
                  "AND (revoked_ms IS NULL OR revoked_ms < $1)",
                  purged, DB_ARG_I64(before_ms));
}
