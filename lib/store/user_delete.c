/*
 * Forgetting a person. The order: what the player is doing is ended first, then what belongs to
 * nobody else is deleted, then the row itself loses everything personal. What other people need
 * (their match history, the fold of their ratings) keeps pointing at the nameless row.
 */
#include "lib/base/buf.h"
#include "lib/store/tickets.h"
#include "lib/store/user_rows.h"

/* Each takes the user's id as $1. */
static const char *const DELETIONS[] = {
    "DELETE FROM external_identities WHERE user_id = $1",
    "DELETE FROM friendships WHERE low_id = $1 OR high_id = $1",
    "DELETE FROM blocks WHERE user_id = $1 OR blocked_id = $1",
    "DELETE FROM party_invites WHERE user_id = $1 OR from_user_id = $1",
    "DELETE FROM user_events WHERE user_id = $1",
    "DELETE FROM chat_messages WHERE user_id = $1 OR to_user_id = $1",
    ("DELETE FROM tournament_players WHERE user_id = $1 AND tournament_id IN "
     "(SELECT id FROM tournaments WHERE state = 'open')"),
};

/* A duel that was never fought is over for both; a match goes on, as a nameless player's. */
static enum err end_activity(struct db *db, const struct claim *claim, uint64_t now_ms)
{
    enum err err;

    if (claim->kind == CLAIM_TICKET)
        return ticket_end(db, claim->ref_id, false, now_ms);
    if (claim->kind != CLAIM_DUEL)
        return OK;
    err = DB_RUN(db,
                 "UPDATE duels SET state = 'cancelled', version = version + 1 "
                 "WHERE id = $1 AND state = 'pending'",
                 NULL, DB_ARG_I64(claim->ref_id));
    if (err)
        return err;
    return DB_RUN(db, "DELETE FROM claims WHERE kind = 'duel' AND ref_id = $1", NULL,
                  DB_ARG_I64(claim->ref_id));
}

/* The member of longest standing leads from now on; an empty party is over. */
static enum err hand_over_party(struct db *db, uint64_t party_id, uint64_t leaver_id,
                                uint64_t now_ms)
{
    struct db_rows *rows;
    uint64_t next_id;
    enum err err = ROW_ONE(db,
                           "SELECT user_id FROM party_members WHERE party_id = $1 "
                           "ORDER BY joined_ms, user_id LIMIT 1",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(party_id));

    if (err == ERR_NOT_FOUND)
        return DB_RUN(db,
                      "UPDATE parties SET state = 'disbanded', disbanded_ms = $2, "
                      "invite_code = NULL, version = version + 1 WHERE id = $1",
                      NULL, DB_ARG_I64(party_id), DB_ARG_I64(now_ms));
    if (err)
        return err;
    next_id = row_u64(rows, 0);
    db_done(rows);
    return DB_RUN(db,
                  "UPDATE parties SET leader_id = CASE WHEN leader_id = $2 THEN $3 "
                  "ELSE leader_id END, version = version + 1 WHERE id = $1",
                  NULL, DB_ARG_I64(party_id), DB_ARG_I64(leaver_id), DB_ARG_I64(next_id));
}

static enum err leave_party(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    struct db_rows *rows;
    uint64_t party_id;
    enum err err = ROW_ONE(db, "DELETE FROM party_members WHERE user_id = $1 RETURNING party_id",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(user_id));

    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    party_id = row_u64(rows, 0);
    db_done(rows);
    return hand_over_party(db, party_id, user_id, now_ms);
}

static enum err delete_belongings(struct db *db, uint64_t user_id)
{
    for (size_t i = 0; i < ARRAY_COUNT(DELETIONS); i++) {
        enum err err = DB_RUN(db, DELETIONS[i], NULL, DB_ARG_I64(user_id));
        if (err)
            return err;
    }
    return DB_RUN(db, "DELETE FROM idempotency_keys WHERE principal = 'user:' || CAST($1 AS TEXT)",
                  NULL, DB_ARG_I64(user_id));
}

static enum err close_rooms(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE rooms SET state = 'cancelled', ended_ms = $2, version = version + 1 "
                  "WHERE creator_id = $1 AND state = 'open'",
                  NULL, DB_ARG_I64(user_id), DB_ARG_I64(now_ms));
}

static enum err end_families(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE token_families SET revoked_ms = $2, revoke_reason = 'deleted' "
                  "WHERE user_id = $1 AND revoked_ms IS NULL",
                  NULL, DB_ARG_I64(user_id), DB_ARG_I64(now_ms));
}

static enum err make_nameless(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    char memory[USER_NAME_SIZE];
    struct buf name;

    buf_init_fixed(&name, memory, sizeof(memory));
    buf_put_c(&name, "deleted-");
    buf_put_u64(&name, user_id);
    return ROW_CHANGE(db,
                      "UPDATE users SET username = $2, username_folded = $2, email = NULL, "
                      "email_folded = NULL, display_name = '', region = '', password_hash = NULL, "
                      "is_guest = 0, role = 'player', preferences = '{}', latencies = '{}', "
                      "ban_reason = '', deleted_ms = $3, updated_ms = $3, version = version + 1 "
                      "WHERE id = $1 AND deleted_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(user_id), DB_ARG_TEXT(buf_str(&name)),
                      DB_ARG_I64(now_ms));
}

enum err user_delete(struct db *db, uint64_t user_id, uint64_t now_ms, struct user_deleted *out)
{
    struct user user;
    struct claim claim;
    enum err err;

    if ((err = user_find(db, user_id, &user)))
        return err;
    if ((err = claim_find(db, user_id, &claim)))
        return err;
    if ((err = end_activity(db, &claim, now_ms)))
        return err;
    if ((err = leave_party(db, user_id, now_ms)))
        return err;
    if ((err = close_rooms(db, user_id, now_ms)))
        return err;
    if ((err = end_families(db, user_id, now_ms)))
        return err;
    if ((err = delete_belongings(db, user_id)))
        return err;
    if ((err = make_nameless(db, user_id, now_ms)))
        return err;
    out->claim = claim;
    return OK;
}
