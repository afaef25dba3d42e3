#include "lib/store/claims.h"

#include "lib/store/row.h"

static const char *const KINDS[] = {"", "ticket", "duel", "match"};

static struct db_value kind_arg(enum claim_kind kind)
{
    return DB_ARG_TEXT(str_from_c(KINDS[kind]));
}

enum claim_kind claim_kind_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++) {
        if (str_eq(word, str_from_c(KINDS[i])))
            return (enum claim_kind)i;
    }
    return CLAIM_NONE;
}

enum err claim_find(struct db *db, uint64_t user_id, struct claim *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT kind, ref_id FROM claims WHERE user_id = $1", ERR_NOT_FOUND,
                           &rows, DB_ARG_I64(user_id));

    if (err == ERR_NOT_FOUND) {
        *out = (struct claim){.kind = CLAIM_NONE};
        return OK;
    }
    if (err)
        return err;
    out->kind = claim_kind_of(db_text(rows, 0));
    out->ref_id = row_u64(rows, 1);
    db_done(rows);
    return OK;
}

/* Why a player cannot be taken; a claim that went away meanwhile is a conflict too. */
static enum err busy(struct db *db, uint64_t user_id)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    switch (claim.kind) {
    case CLAIM_TICKET:
        return ERR_ALREADY_QUEUED;
    case CLAIM_MATCH:
        return ERR_IN_MATCH;
    case CLAIM_DUEL:
    case CLAIM_NONE:
        break;
    }
    return ERR_CONFLICT;
}

static enum err take_idle(struct db *db, uint64_t user_id, struct claim wanted, uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "INSERT INTO claims (user_id, kind, ref_id, since_ms) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (user_id) DO NOTHING",
                      ERR_CONFLICT, DB_ARG_I64(user_id), kind_arg(wanted.kind),
                      DB_ARG_I64(wanted.ref_id), DB_ARG_I64(now_ms));
}

static enum err take_over(struct db *db, uint64_t user_id, struct claim from, struct claim wanted,
                          uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "UPDATE claims SET kind = $4, ref_id = $5, since_ms = $6 "
                      "WHERE user_id = $1 AND kind = $2 AND ref_id = $3",
                      ERR_CONFLICT, DB_ARG_I64(user_id), kind_arg(from.kind),
                      DB_ARG_I64(from.ref_id), kind_arg(wanted.kind), DB_ARG_I64(wanted.ref_id),
                      DB_ARG_I64(now_ms));
}

enum err claim_take(struct db *db, uint64_t user_id, struct claim from, struct claim wanted,
                    uint64_t now_ms)
{
    enum err err;

    CHECK(wanted.kind != CLAIM_NONE);
    if (from.kind == CLAIM_NONE)
        err = take_idle(db, user_id, wanted, now_ms);
    else
        err = take_over(db, user_id, from, wanted, now_ms);
    return err == ERR_CONFLICT ? busy(db, user_id) : err;
}

enum err claim_drop(struct db *db, uint64_t user_id, struct claim held)
{
    return DB_RUN(db, "DELETE FROM claims WHERE user_id = $1 AND kind = $2 AND ref_id = $3", NULL,
                  DB_ARG_I64(user_id), kind_arg(held.kind), DB_ARG_I64(held.ref_id));
}
