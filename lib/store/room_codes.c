#include "lib/store/room_codes.h"

#include "lib/store/friends.h"
#include "lib/store/row.h"

static const char *const STATES[] = {"open", "playing", "ended", "cancelled", "expired"};

#define ROOM_COLUMNS                                                                               \
    "r.id, r.code, r.creator_id, r.guest_id, c.username, g.username, r.match_id, r.is_private, "   \
    "r.state, r.created_ms, r.expires_ms, r.ended_ms, m.ended_ms FROM rooms r "                    \
    "JOIN users c ON c.id = r.creator_id LEFT JOIN users g ON g.id = r.guest_id "                  \
    "LEFT JOIN matches m ON m.id = r.match_id "

/* -- reading --------------------------------------------------------------------------------- */

static void room_read(const struct db_rows *rows, struct room_row *out)
{
    out->id = row_u64(rows, 0);
    row_text(rows, 1, out->code, sizeof(out->code));
    out->creator_id = row_u64(rows, 2);
    out->guest_id = row_u64(rows, 3);
    row_text(rows, 4, out->creator, sizeof(out->creator));
    row_text(rows, 5, out->guest, sizeof(out->guest));
    out->match_id = row_u64(rows, 6);
    out->is_private = row_bool(rows, 7);
    out->state = (enum room_state)row_word(rows, 8, STATES, ARRAY_COUNT(STATES));
    out->created_ms = row_u64(rows, 9);
    out->expires_ms = row_u64(rows, 10);
    out->ended_ms = row_u64(rows, 11);
    if (out->state == ROOM_PLAYING && !db_is_null(rows, 12)) {
        out->state = ROOM_ENDED;
        out->ended_ms = row_u64(rows, 12);
    }
}

static enum err find_by_id(struct db *db, uint64_t id, struct room_row *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT " ROOM_COLUMNS "WHERE r.id = $1", ERR_NO_SUCH_ROOM, &rows,
                           DB_ARG_I64(id));

    if (err)
        return err;
    room_read(rows, out);
    db_done(rows);
    return OK;
}

static bool is_known(const struct room_row *room, uint64_t now_ms)
{
    switch (room->state) {
    case ROOM_WAITING:
        return now_ms < room->expires_ms;
    case ROOM_PLAYING:
        return true;
    case ROOM_ENDED:
        return now_ms < room->ended_ms + ROOM_ENDED_MS;
    case ROOM_CANCELLED:
    case ROOM_EXPIRED:
        break;
    }
    return false;
}

/* The latest of a code is the living one, if there is one: a code is free only after its end. */
enum err room_codes_find(struct db *db, struct str code, uint64_t now_ms, struct room_row *out)
{
    struct db_rows *rows;
    struct room_row room;
    enum err err =
        ROW_ONE(db, "SELECT " ROOM_COLUMNS "WHERE r.code = $1 ORDER BY r.id DESC LIMIT 1",
                ERR_NO_SUCH_ROOM, &rows, DB_ARG_TEXT(code));

    if (err)
        return err;
    room_read(rows, &room);
    db_done(rows);
    if (!is_known(&room, now_ms))
        return ERR_NO_SUCH_ROOM;
    *out = room;
    return OK;
}

enum err room_codes_of_match(struct db *db, uint64_t match_id, struct room_row *out)
{
    struct db_rows *rows;
    enum err err =
        ROW_ONE(db,
                "WITH RECURSIVE chain (id, rematch_of) AS (SELECT id, rematch_of FROM matches "
                "WHERE id = $1 UNION ALL SELECT m.id, m.rematch_of FROM matches m "
                "JOIN chain ON m.id = chain.rematch_of) "
                "SELECT " ROOM_COLUMNS "WHERE r.match_id IN (SELECT id FROM chain) LIMIT 1",
                ERR_NO_SUCH_ROOM, &rows, DB_ARG_I64(match_id));

    if (err)
        return err;
    room_read(rows, out);
    db_done(rows);
    return OK;
}

/* -- opening --------------------------------------------------------------------------------- */

static enum err must_not_be_banned(struct db *db, uint64_t user_id, uint64_t now_ms)
{
    struct user user;
    enum err err = user_find(db, user_id, &user);

    if (err)
        return err;
    return user.banned_until_ms > now_ms ? ERR_BANNED : OK;
}

/* Leaves room for one more. */
static enum err cancel_oldest(struct db *db, const struct room_codes_create_args *args)
{
    return DB_RUN(db,
                  "UPDATE rooms SET state = 'cancelled', ended_ms = $2, version = version + 1 "
                  "WHERE id IN (SELECT id FROM rooms WHERE creator_id = $1 AND state = 'open' "
                  "ORDER BY id DESC LIMIT 1000 OFFSET $3)",
                  NULL, DB_ARG_I64(args->creator_id), DB_ARG_I64(args->now_ms),
                  DB_ARG_I64(ROOMS_OPEN_MAX - 1));
}

enum err room_codes_create(struct db *db, const struct room_codes_create_args *args,
                           struct room_row *out)
{
    uint64_t id;
    enum err err;

    CHECK(args->code.len == ROOMCODE_LEN);
    if ((err = must_not_be_banned(db, args->creator_id, args->now_ms)))
        return err;
    if ((err = cancel_oldest(db, args)))
        return err;
    if ((err = row_next_id(db, STR("room"), &id)))
        return err;
    err = ROW_CHANGE(db,
                     "INSERT INTO rooms (id, code, creator_id, is_private, state, created_ms, "
                     "expires_ms) VALUES ($1, $2, $3, $4, 'open', $5, $6) "
                     "ON CONFLICT (code) WHERE state IN ('open', 'playing') DO NOTHING",
                     ERR_EXISTS, DB_ARG_I64(id), DB_ARG_TEXT(args->code),
                     DB_ARG_I64(args->creator_id), DB_ARG_I64(args->is_private),
                     DB_ARG_I64(args->now_ms), DB_ARG_I64(args->expires_ms));
    if (err)
        return err;
    return find_by_id(db, id, out);
}

/* -- joining --------------------------------------------------------------------------------- */

/* The caller is told what keeps the caller; of the creator only that there is something. */
static enum err both_free(struct db *db, const struct room_row *room, uint64_t user_id)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    if (claim.kind == CLAIM_TICKET)
        return ERR_ALREADY_QUEUED;
    if (claim.kind != CLAIM_NONE)
        return claim.kind == CLAIM_MATCH ? ERR_IN_MATCH : ERR_CONFLICT;
    if ((err = claim_find(db, room->creator_id, &claim)))
        return err;
    return claim.kind == CLAIM_NONE ? OK : ERR_BUSY;
}

static enum err may_sit(struct db *db, const struct room_row *room,
                        const struct room_codes_join_args *args)
{
    bool is_blocked;
    enum err err;

    if ((err = must_not_be_banned(db, args->user_id, args->now_ms)))
        return err;
    if ((err = blocks_between(db, room->creator_id, args->user_id, &is_blocked)))
        return err;
    return is_blocked ? ERR_BLOCKED : both_free(db, room, args->user_id);
}

static enum err sit_down(struct db *db, const struct room_row *room,
                         const struct room_codes_join_args *args)
{
    const uint64_t user_ids[MATCH_SEATS] = {room->creator_id, args->user_id};
    uint64_t match_id;
    enum err err = match_of_two(db, &args->recipe, STR("room"), args->seed, user_ids,
                                room->is_private, args->now_ms, &match_id);

    if (err)
        return err;
    return ROW_CHANGE(db,
                      "UPDATE rooms SET state = 'playing', guest_id = $2, match_id = $3, "
                      "version = version + 1 WHERE id = $1 AND state = 'open'",
                      ERR_ROOM_FULL, DB_ARG_I64(room->id), DB_ARG_I64(args->user_id),
                      DB_ARG_I64(match_id));
}

enum err room_codes_join(struct db *db, const struct room_codes_join_args *args,
                         struct room_codes_joined *out)
{
    struct room_row room;
    enum err err = room_codes_find(db, args->code, args->now_ms, &room);
    bool is_creator;

    if (err)
        return err;
    if (room.state == ROOM_ENDED)
        return ERR_ROOM_ENDED;
    is_creator = args->user_id == room.creator_id;
    if (is_creator || args->user_id == room.guest_id) {
        *out = (struct room_codes_joined){
            .room = room, .seat = is_creator ? SEAT_LEFT : SEAT_RIGHT, .is_reconnecting = true};
        return OK;
    }
    if (room.state == ROOM_PLAYING)
        return ERR_ROOM_FULL;
    if ((err = may_sit(db, &room, args)))
        return err;
    if ((err = sit_down(db, &room, args)))
        return err;
    out->seat = SEAT_RIGHT;
    out->is_reconnecting = false;
    return find_by_id(db, room.id, &out->room);
}

/* -- ending ---------------------------------------------------------------------------------- */

enum err room_codes_cancel(struct db *db, const struct room_codes_cancel_args *args,
                           struct room_row *out)
{
    struct room_row room;
    enum err err = room_codes_find(db, args->code, args->now_ms, &room);

    if (err)
        return err;
    if (room.creator_id != args->user_id)
        return ERR_FORBIDDEN;
    if (room.state != ROOM_WAITING)
        return room.state == ROOM_PLAYING ? ERR_ROOM_STARTED : ERR_ROOM_ENDED;
    err = ROW_CHANGE(db,
                     "UPDATE rooms SET state = 'cancelled', ended_ms = $2, version = version + 1 "
                     "WHERE id = $1 AND state = 'open'",
                     ERR_ROOM_STARTED, DB_ARG_I64(room.id), DB_ARG_I64(args->now_ms));
    if (err)
        return err;
    return find_by_id(db, room.id, out);
}

enum err room_codes_match_ended(struct db *db, uint64_t match_id, uint64_t now_ms)
{
    return DB_RUN(db,
                  "UPDATE rooms SET state = 'ended', ended_ms = $2, version = version + 1 "
                  "WHERE match_id = $1 AND state = 'playing'",
                  NULL, DB_ARG_I64(match_id), DB_ARG_I64(now_ms));
}

/* What no hook told of: a match that was ended by other hands. */
static enum err tidy_ended(struct db *db)
{
    return db_run(db,
                  "UPDATE rooms SET state = 'ended', version = version + 1, ended_ms = "
                  "(SELECT m.ended_ms FROM matches m WHERE m.id = rooms.match_id) "
                  "WHERE state = 'playing' AND EXISTS (SELECT 1 FROM matches m "
                  "WHERE m.id = rooms.match_id AND m.ended_ms IS NOT NULL)",
                  NULL, 0, NULL);
}

enum err room_codes_due(struct db *db, uint64_t now_ms, uint64_t *count)
{
    return ROW_NUMBER(db,
                      "SELECT COUNT(*) FROM rooms r LEFT JOIN matches m ON m.id = r.match_id "
                      "WHERE (r.state = 'open' AND r.expires_ms <= $1) "
                      "OR (r.state = 'playing' AND m.ended_ms IS NOT NULL)",
                      count, DB_ARG_I64(now_ms));
}

static enum err list_due(struct db *db, uint64_t now_ms, struct room_codes_expired *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT " ROOM_COLUMNS "WHERE r.state = 'open' AND r.expires_ms <= $1 "
                            "ORDER BY r.expires_ms, r.id LIMIT $2",
                            &rows, DB_ARG_I64(now_ms), DB_ARG_I64(ROOM_CODES_EXPIRED_MAX));

    out->count = 0;
    if (err)
        return err;
    while ((err = db_next(rows)) == OK)
        room_read(rows, &out->rooms[out->count++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err room_codes_expire(struct db *db, uint64_t now_ms, struct room_codes_expired *out)
{
    enum err err = list_due(db, now_ms, out);

    for (size_t i = 0; i < out->count && !err; i++) {
        out->rooms[i].state = ROOM_EXPIRED;
        out->rooms[i].ended_ms = now_ms;
        err = ROW_CHANGE(db,
                         "UPDATE rooms SET state = 'expired', ended_ms = $2, "
                         "version = version + 1 WHERE id = $1 AND state = 'open'",
                         ERR_CONFLICT, DB_ARG_I64(out->rooms[i].id), DB_ARG_I64(now_ms));
    }
    return err ? err : tidy_ended(db);
}
