#include "lib/store/tickets.h"

#include "lib/store/row.h"

/* A ticket that waits, as the pairing sees it. */
struct waiting {
    uint64_t ticket_id;
    uint64_t user_id;
    char username[USER_NAME_SIZE];
};

/* -- joining --------------------------------------------------------------------------------- */

static enum err may_join(struct db *db, const struct ticket_join_args *args,
                         struct ticket_joined *out)
{
    struct user user;
    enum err err = user_find(db, args->user_id, &user);

    if (err)
        return err;
    memcpy(out->username, user.username, sizeof(out->username));
    return user.banned_until_ms > args->now_ms ? ERR_BANNED : OK;
}

/* The match being played, for an answer that sends the player there. */
static enum err seat_find(struct db *db, uint64_t match_id, uint64_t user_id, uint8_t *seat,
                          char opponent[USER_NAME_SIZE])
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT p.seat, u.username FROM match_players p "
                           "LEFT JOIN match_players o ON o.match_id = p.match_id "
                           "AND o.seat = CASE WHEN p.seat = 0 THEN 1 ELSE 0 END "
                           "LEFT JOIN users u ON u.id = o.user_id "
                           "WHERE p.match_id = $1 AND p.user_id = $2",
                           ERR_NO_SUCH_MATCH, &rows, DB_ARG_I64(match_id), DB_ARG_I64(user_id));

    if (err)
        return err;
    *seat = (uint8_t)db_i64(rows, 0);
    row_text(rows, 1, opponent, USER_NAME_SIZE);
    db_done(rows);
    return OK;
}

static enum err must_be_idle(struct db *db, const struct ticket_join_args *args,
                             struct ticket_joined *out)
{
    struct claim claim;
    enum err err = claim_find(db, args->user_id, &claim);

    if (err)
        return err;
    switch (claim.kind) {
    case CLAIM_NONE:
        return OK;
    case CLAIM_TICKET:
        return ERR_ALREADY_QUEUED;
    case CLAIM_DUEL:
        return ERR_CONFLICT;
    case CLAIM_MATCH:
        break;
    }
    out->match_id = claim.ref_id;
    err = seat_find(db, claim.ref_id, args->user_id, &out->seat, out->opponent);
    return err ? err : ERR_IN_MATCH;
}

static enum err insert_ticket(struct db *db, const struct ticket_join_args *args,
                              uint64_t *ticket_id)
{
    struct claim wanted = {.kind = CLAIM_TICKET};
    enum err err;

    CHECK(args->mode.len < MODE_NAME_SIZE);
    if ((err = row_next_id(db, STR("ticket"), &wanted.ref_id)))
        return err;
    if ((err = claim_take(db, args->user_id, (struct claim){0}, wanted, args->now_ms)))
        return err;
    err = DB_RUN(db,
                 "INSERT INTO tickets (id, mode, state, leader_id, member_count, has_socket, "
                 "enqueued_ms) VALUES ($1, $2, 'queued', $3, 1, $4, $5)",
                 NULL, DB_ARG_I64(wanted.ref_id), DB_ARG_TEXT(args->mode),
                 DB_ARG_I64(args->user_id), DB_ARG_I64(args->has_socket), DB_ARG_I64(args->now_ms));
    if (err)
        return err;
    *ticket_id = wanted.ref_id;
    return DB_RUN(db, "INSERT INTO ticket_members (ticket_id, user_id) VALUES ($1, $2)", NULL,
                  DB_ARG_I64(wanted.ref_id), DB_ARG_I64(args->user_id));
}

/* Who waits longest and may meet this player: not blocked either way. ERR_NOT_FOUND: nobody. */
static enum err find_opponent(struct db *db, const struct ticket_join_args *args,
                              struct waiting *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(
        db,
        "SELECT t.id, t.leader_id, u.username FROM tickets t JOIN users u ON u.id = t.leader_id "
        "WHERE t.mode = $1 AND t.state = 'queued' AND t.member_count = 1 AND t.leader_id <> $2 "
        "AND NOT EXISTS (SELECT 1 FROM blocks b WHERE (b.user_id = $2 AND b.blocked_id = "
        "t.leader_id) OR (b.user_id = t.leader_id AND b.blocked_id = $2)) "
        "ORDER BY t.enqueued_ms, t.id LIMIT 1",
        ERR_NOT_FOUND, &rows, DB_ARG_TEXT(args->mode), DB_ARG_I64(args->user_id));

    if (err)
        return err;
    out->ticket_id = row_u64(rows, 0);
    out->user_id = row_u64(rows, 1);
    row_text(rows, 2, out->username, sizeof(out->username));
    db_done(rows);
    return OK;
}

/* QUEUED -> PROPOSED -> MATCHED: two moves, since nobody is asked. */
static enum err ticket_matched(struct db *db, uint64_t ticket_id, uint64_t match_id,
                               uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "UPDATE tickets SET state = 'matched', match_id = $2, ended_ms = $3, "
                      "lost_ms = NULL, version = version + 2 WHERE id = $1 AND state = 'queued'",
                      ERR_CONFLICT, DB_ARG_I64(ticket_id), DB_ARG_I64(match_id),
                      DB_ARG_I64(now_ms));
}

static enum err pair(struct db *db, const struct ticket_join_args *args,
                     const struct waiting *other, struct ticket_joined *out)
{
    struct match_seat_args seats[MATCH_SEATS] = {{0}};
    struct matches_create_args create = {
        .mode = args->mode,
        .game = args->game,
        .ruleset = args->ruleset,
        .origin = STR("queue"),
        .seed = args->seed,
        .win_score = args->win_score,
        .is_rated = args->is_rated,
        .seats = seats,
        .seat_count = MATCH_SEATS,
        .now_ms = args->now_ms,
    };
    uint8_t waiter_seat = args->swap_sides ? SEAT_RIGHT : SEAT_LEFT;
    enum err err;

    out->seat = (uint8_t)(1 - waiter_seat);
    seats[waiter_seat] = (struct match_seat_args){
        .user_id = other->user_id, .ticket_id = other->ticket_id, .team = waiter_seat};
    seats[out->seat] = (struct match_seat_args){
        .user_id = args->user_id, .ticket_id = out->ticket_id, .team = out->seat};
    if ((err = matches_create(db, &create, &out->match_id)))
        return err;
    if ((err = ticket_matched(db, other->ticket_id, out->match_id, args->now_ms)))
        return err;
    if ((err = ticket_matched(db, out->ticket_id, out->match_id, args->now_ms)))
        return err;
    out->opponent_id = other->user_id;
    memcpy(out->opponent, other->username, sizeof(out->opponent));
    return OK;
}

static enum err place_of(struct db *db, uint64_t ticket_id, uint64_t *position, uint64_t *total)
{
    enum err err = ROW_NUMBER(db,
                              "SELECT COUNT(*) FROM tickets t JOIN tickets me ON me.id = $1 "
                              "WHERE t.mode = me.mode AND t.state = 'queued' "
                              "AND (t.enqueued_ms, t.id) <= (me.enqueued_ms, me.id)",
                              position, DB_ARG_I64(ticket_id));

    if (err)
        return err;
    return ROW_NUMBER(db,
                      "SELECT COALESCE(SUM(t.member_count), 0) FROM tickets t "
                      "JOIN tickets me ON me.id = $1 "
                      "WHERE t.mode = me.mode AND t.state = 'queued'",
                      total, DB_ARG_I64(ticket_id));
}

enum err ticket_join(struct db *db, const struct ticket_join_args *args, struct ticket_joined *out)
{
    struct waiting other;
    enum err err;

    *out = (struct ticket_joined){0};
    if ((err = may_join(db, args, out)))
        return err;
    if ((err = must_be_idle(db, args, out)))
        return err;
    if ((err = insert_ticket(db, args, &out->ticket_id)))
        return err;
    err = find_opponent(db, args, &other);
    if (err == ERR_NOT_FOUND)
        return place_of(db, out->ticket_id, &out->position, &out->total);
    if (err)
        return err;
    return pair(db, args, &other, out);
}

/* -- leaving --------------------------------------------------------------------------------- */

enum err ticket_end(struct db *db, uint64_t ticket_id, bool is_expired, uint64_t now_ms)
{
    struct str state = is_expired ? STR("expired") : STR("cancelled");
    enum err err =
        ROW_CHANGE(db,
                   "UPDATE tickets SET state = $2, ended_ms = $3, lost_ms = NULL, "
                   "version = version + 1 WHERE id = $1 AND state = 'queued'",
                   ERR_CONFLICT, DB_ARG_I64(ticket_id), DB_ARG_TEXT(state), DB_ARG_I64(now_ms));

    if (err)
        return err;
    return DB_RUN(db, "DELETE FROM claims WHERE kind = 'ticket' AND ref_id = $1", NULL,
                  DB_ARG_I64(ticket_id));
}

enum err ticket_leave(struct db *db, uint64_t user_id, uint64_t now_ms, uint64_t *ticket_id)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    if (claim.kind == CLAIM_MATCH)
        return ERR_IN_MATCH;
    if (claim.kind != CLAIM_TICKET)
        return ERR_NOT_QUEUED;
    if ((err = ticket_end(db, claim.ref_id, false, now_ms)))
        return err;
    *ticket_id = claim.ref_id;
    return OK;
}

/* -- where a player stands ------------------------------------------------------------------- */

static enum err queued_place(struct db *db, uint64_t ticket_id, struct ticket_place *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT mode, enqueued_ms FROM tickets WHERE id = $1", ERR_STORE,
                           &rows, DB_ARG_I64(ticket_id));

    if (err)
        return err;
    out->state = TICKET_QUEUED;
    out->ticket_id = ticket_id;
    row_text(rows, 0, out->mode, sizeof(out->mode));
    out->enqueued_ms = row_u64(rows, 1);
    db_done(rows);
    return place_of(db, ticket_id, &out->position, &out->total);
}

static enum err matched_place(struct db *db, uint64_t match_id, uint64_t user_id,
                              struct ticket_place *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT mode FROM matches WHERE id = $1", ERR_STORE, &rows,
                           DB_ARG_I64(match_id));

    if (err)
        return err;
    out->state = TICKET_MATCHED;
    out->match_id = match_id;
    row_text(rows, 0, out->mode, sizeof(out->mode));
    db_done(rows);
    if ((err = seat_find(db, match_id, user_id, &out->seat, out->opponent)))
        return err;
    return ticket_count(db, str_from_c(out->mode), &out->total);
}

enum err ticket_status(struct db *db, uint64_t user_id, struct str mode, struct ticket_place *out)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    *out = (struct ticket_place){.state = TICKET_IDLE};
    if (claim.kind == CLAIM_TICKET)
        return queued_place(db, claim.ref_id, out);
    if (claim.kind == CLAIM_MATCH)
        return matched_place(db, claim.ref_id, user_id, out);
    return ticket_count(db, mode, &out->total);
}

enum err ticket_count(struct db *db, struct str mode, uint64_t *count)
{
    return ROW_NUMBER(db,
                      "SELECT COALESCE(SUM(member_count), 0) FROM tickets "
                      "WHERE mode = $1 AND state = 'queued'",
                      count, DB_ARG_TEXT(mode));
}

/* -- sockets --------------------------------------------------------------------------------- */

enum err ticket_socket_lost(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE tickets SET lost_ms = $2 WHERE state = 'queued' AND has_socket = 1 "
                  "AND lost_ms IS NULL AND id = (SELECT ref_id FROM claims "
                  "WHERE user_id = $1 AND kind = 'ticket')",
                  NULL, DB_ARG_I64(user_id), DB_ARG_I64(now_ms));
}

enum err ticket_socket_back(struct db *db, uint64_t user_id)
{
    return DB_RUN(db,
                  "UPDATE tickets SET lost_ms = NULL, has_socket = 1 WHERE state = 'queued' "
                  "AND id = (SELECT ref_id FROM claims WHERE user_id = $1 AND kind = 'ticket')",
                  NULL, DB_ARG_I64(user_id));
}

enum err ticket_sockets_reset(struct db *db, uint64_t now_ms)
{
    return DB_RUN(db, "UPDATE tickets SET lost_ms = $1 WHERE state = 'queued' AND has_socket = 1",
                  NULL, DB_ARG_I64(now_ms));
}

enum err ticket_expire_lost(struct db *db, uint64_t lost_before_ms, uint64_t now_ms,
                            struct ticket_expired *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT id, leader_id FROM tickets WHERE state = 'queued' "
                            "AND lost_ms IS NOT NULL AND lost_ms < $1 ORDER BY lost_ms LIMIT $2",
                            &rows, DB_ARG_I64(lost_before_ms), DB_ARG_I64(TICKET_EXPIRED_MAX));

    if (err)
        return err;
    out->count = 0;
    while ((err = db_next(rows)) == OK) {
        out->ticket_ids[out->count] = row_u64(rows, 0);
        out->user_ids[out->count] = row_u64(rows, 1);
        out->count++;
    }
    db_done(rows);
    if (err != ERR_END)
        return err;
    err = OK;
    for (size_t i = 0; i < out->count && !err; i++)
        err = ticket_end(db, out->ticket_ids[i], true, now_ms);
    return err;
}
