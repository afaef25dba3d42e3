/*
 * Matches: making, reading, owning, and what a room keeps of a running one. The end and the rematch
 * are in match_end.c.
 */
#include "lib/store/matches.h"

#include "lib/store/bots.h"
#include "lib/store/match_rows.h"

/* -- words ----------------------------------------------------------------------------------- */

enum match_state match_state_of(struct str word)
{
    for (int i = 0; i < MATCH_STATE_COUNT; i++) {
        if (str_eq(word, str_from_c(match_state_name((enum match_state)i))))
            return (enum match_state)i;
    }
    return MATCH_PENDING;
}

enum match_reason match_reason_of(struct str word)
{
    for (int i = 0; i < MATCH_REASON_COUNT; i++) {
        if (str_eq(word, str_from_c(match_reason_name((enum match_reason)i))))
            return (enum match_reason)i;
    }
    return MATCH_REASON_NONE;
}

static enum match_outcome outcome_of(struct str word)
{
    if (str_eq(word, STR("win")))
        return MATCH_OUTCOME_WIN;
    if (str_eq(word, STR("loss")))
        return MATCH_OUTCOME_LOSS;
    return str_eq(word, STR("draw")) ? MATCH_OUTCOME_DRAW : MATCH_OUTCOME_NONE;
}

bool match_state_is_end(enum match_state state)
{
    return state == MATCH_FINISHED || state == MATCH_FORFEITED || state == MATCH_CANCELLED;
}

/* -- making ---------------------------------------------------------------------------------- */

static enum err insert_match(struct db *db, const struct matches_create_args *args, uint64_t id)
{
    CHECK(args->mode.len < MODE_NAME_SIZE);
    CHECK(args->game.len < MATCH_WORD_SIZE && args->ruleset.len < MATCH_WORD_SIZE);
    return DB_RUN(db,
                  "INSERT INTO matches (id, mode, game, ruleset, origin, seed, win_score, state, "
                  "is_rated, is_private, rematch_of, created_ms) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11)",
                  NULL, DB_ARG_I64(id), DB_ARG_TEXT(args->mode), DB_ARG_TEXT(args->game),
                  DB_ARG_TEXT(args->ruleset), DB_ARG_TEXT(args->origin), DB_ARG_I64(args->seed),
                  DB_ARG_I64(args->win_score), DB_ARG_I64(args->is_rated),
                  DB_ARG_I64(args->is_private), row_id_or_null(args->rematch_of),
                  DB_ARG_I64(args->now_ms));
}

static enum err insert_player(struct db *db, const struct matches_create_args *args, uint64_t id,
                              size_t seat)
{
    const struct match_seat_args *player = &args->seats[seat];
    struct claim from = {.kind = player->ticket_id ? CLAIM_TICKET : CLAIM_NONE,
                         .ref_id = player->ticket_id};
    struct claim wanted = {.kind = CLAIM_MATCH, .ref_id = id};
    enum err err;

    CHECK((player->user_id == 0) == (player->bot_level != 0));
    if (player->user_id && (err = claim_take(db, player->user_id, from, wanted, args->now_ms)))
        return err;
    return DB_RUN(db,
                  "INSERT INTO match_players (match_id, seat, user_id, team, ticket_id, bot_level) "
                  "VALUES ($1, $2, $3, $4, $5, $6)",
                  NULL, DB_ARG_I64(id), DB_ARG_I64(seat), row_id_or_null(player->user_id),
                  DB_ARG_I64(player->team), row_id_or_null(player->ticket_id),
                  DB_ARG_I64(player->bot_level));
}

enum err matches_create(struct db *db, const struct matches_create_args *args, uint64_t *match_id)
{
    uint64_t id;
    enum err err;

    CHECK(args->seat_count > 0 && args->seat_count <= MATCH_ROW_PLAYERS_MAX);
    if ((err = row_next_id(db, STR("match"), &id)))
        return err;
    if ((err = insert_match(db, args, id)))
        return err;
    for (size_t seat = 0; seat < args->seat_count; seat++) {
        if ((err = insert_player(db, args, id, seat)))
            return err;
    }
    *match_id = id;
    return OK;
}

/* -- reading --------------------------------------------------------------------------------- */

static void match_read(const struct db_rows *rows, struct match_row *out)
{
    out->id = row_u64(rows, 0);
    row_text(rows, 1, out->mode, sizeof(out->mode));
    row_text(rows, 2, out->game, sizeof(out->game));
    row_text(rows, 3, out->ruleset, sizeof(out->ruleset));
    row_text(rows, 4, out->origin, sizeof(out->origin));
    out->seed = row_u64(rows, 5);
    out->win_score = row_u32(rows, 6);
    out->state = match_state_of(db_text(rows, 7));
    out->reason = match_reason_of(db_text(rows, 8));
    out->winner_seat = db_is_null(rows, 9) ? -1 : (int8_t)db_i64(rows, 9);
    out->is_rated = row_bool(rows, 10);
    out->is_private = row_bool(rows, 11);
    out->has_begun = row_bool(rows, 12);
    out->point_count = row_u32(rows, 13);
    row_text(rows, 14, out->owner, sizeof(out->owner));
    out->epoch = row_u64(rows, 15);
    out->version = row_u64(rows, 16);
    out->created_ms = row_u64(rows, 17);
    out->started_ms = row_u64(rows, 18);
    out->ended_ms = row_u64(rows, 19);
    out->duration_ms = row_u64(rows, 20);
    out->rematch_of = row_u64(rows, 21);
    out->rematch_id = row_u64(rows, 22);
}

static void change_read(const struct db_rows *rows, int at, struct rating_change *out)
{
    out->before.rating_micro = db_i64(rows, at);
    out->before.deviation_micro = db_i64(rows, at + 1);
    out->before.volatility_nano = db_i64(rows, at + 2);
    out->mmr_before = (int32_t)db_i64(rows, at + 3);
    out->after.rating_micro = db_i64(rows, at + 4);
    out->after.deviation_micro = db_i64(rows, at + 5);
    out->after.volatility_nano = db_i64(rows, at + 6);
    out->mmr_after = (int32_t)db_i64(rows, at + 7);
}

static void player_read(const struct db_rows *rows, struct match_player_row *out)
{
    *out = (struct match_player_row){.seat = (uint8_t)db_i64(rows, 0)};
    out->user_id = row_u64(rows, 1);
    row_text(rows, 2, out->username, sizeof(out->username));
    out->team = (uint8_t)db_i64(rows, 3);
    out->is_guest = row_bool(rows, 4);
    out->mmr =
        db_is_null(rows, 5) ? rating_shown(rating_stored_initial()) : (int32_t)db_i64(rows, 5);
    out->score = row_u32(rows, 6);
    out->outcome = outcome_of(db_text(rows, 7));
    out->absence_used_ms = row_u32(rows, 8);
    out->pauses_used = (uint8_t)db_i64(rows, 9);
    out->has_change = !db_is_null(rows, 10);
    if (out->has_change)
        change_read(rows, 10, &out->change);
    out->bot_level = (uint8_t)db_i64(rows, 18);
    if (out->bot_level)
        CHECK(str_to_c(str_from_c(bot_name(out->bot_level)), out->username,
                       sizeof(out->username)) == OK);
}

/* What is played for nothing has no ratings of its own: people are shown with the common one. */
static enum err players_find(struct db *db, uint64_t match_id, struct match_row *out)
{
    struct str mode = out->is_rated ? str_from_c(out->mode) : STR("quick");
    struct db_rows *rows;
    enum err err = DB_QUERY(
        db,
        "SELECT p.seat, p.user_id, u.username, p.team, u.is_guest, r.mmr, p.score, p.outcome, "
        "p.absence_used_ms, p.pauses_used, e.rating_before_micro, e.deviation_before_micro, "
        "e.volatility_before_nano, e.mmr_before, e.rating_after_micro, e.deviation_after_micro, "
        "e.volatility_after_nano, e.mmr_after, p.bot_level FROM match_players p "
        "LEFT JOIN users u ON u.id = p.user_id "
        "LEFT JOIN ratings r ON r.user_id = p.user_id AND r.mode = $2 "
        "LEFT JOIN rating_events e ON e.match_id = p.match_id AND e.user_id = p.user_id "
        "WHERE p.match_id = $1 ORDER BY p.seat",
        &rows, DB_ARG_I64(match_id), DB_ARG_TEXT(mode));

    if (err)
        return err;
    out->player_count = 0;
    while (out->player_count < MATCH_ROW_PLAYERS_MAX && (err = db_next(rows)) == OK)
        player_read(rows, &out->players[out->player_count++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err matches_find(struct db *db, uint64_t match_id, struct match_row *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT m.id, m.mode, m.game, m.ruleset, m.origin, m.seed, m.win_score, "
                           "m.state, m.reason, m.winner_seat, m.is_rated, m.is_private, "
                           "m.has_begun, m.point_count, m.owner, m.epoch, m.version, "
                           "m.created_ms, m.started_ms, m.ended_ms, m.duration_ms, m.rematch_of, "
                           "n.id FROM matches m LEFT JOIN matches n ON n.rematch_of = m.id "
                           "WHERE m.id = $1",
                           ERR_NO_SUCH_MATCH, &rows, DB_ARG_I64(match_id));

    if (err)
        return err;
    match_read(rows, out);
    db_done(rows);
    return players_find(db, match_id, out);
}

enum err matches_list_live(struct db *db, uint64_t after_id, uint64_t *ids, size_t max,
                           size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(
        db, "SELECT id FROM matches WHERE ended_ms IS NULL AND id > $1 ORDER BY id LIMIT $2", &rows,
        DB_ARG_I64(after_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        ids[(*count)++] = row_u64(rows, 0);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

/* -- what every write looks at --------------------------------------------------------------- */

static enum err head_scores(struct db *db, uint64_t match_id, struct match_head *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT seat, score, user_id FROM match_players "
                            "WHERE match_id = $1 AND seat < 2",
                            &rows, DB_ARG_I64(match_id));

    if (err)
        return err;
    while ((err = db_next(rows)) == OK) {
        size_t seat = (size_t)db_i64(rows, 0);
        out->scores[seat] = row_u32(rows, 1);
        out->user_ids[seat] = row_u64(rows, 2);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err match_head_find(struct db *db, uint64_t match_id, struct match_head *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT state, reason, winner_seat, epoch, is_rated, point_count, mode "
                           "FROM matches WHERE id = $1",
                           ERR_NO_SUCH_MATCH, &rows, DB_ARG_I64(match_id));

    if (err)
        return err;
    *out = (struct match_head){.state = match_state_of(db_text(rows, 0))};
    out->reason = match_reason_of(db_text(rows, 1));
    out->winner_seat = db_is_null(rows, 2) ? -1 : (int8_t)db_i64(rows, 2);
    out->epoch = row_u64(rows, 3);
    out->is_rated = row_bool(rows, 4);
    out->point_count = row_u32(rows, 5);
    row_text(rows, 6, out->mode, sizeof(out->mode));
    db_done(rows);
    return head_scores(db, match_id, out);
}

enum err match_head_may_write(const struct match_head *head, uint64_t epoch)
{
    if (match_state_is_end(head->state))
        return ERR_MATCH_ENDED;
    return head->epoch == epoch && epoch > 0 ? OK : ERR_STALE_EPOCH;
}

/* -- owning ---------------------------------------------------------------------------------- */

/* Another node may be alive and writing; only when its lease has run out is the match free. */
static enum err owner_is_gone(struct db *db, struct str owner, uint64_t now_ms)
{
    uint64_t live;
    enum err err =
        ROW_NUMBER(db, "SELECT COUNT(*) FROM leases WHERE name = 'node:' || $1 AND expires_ms > $2",
                   &live, DB_ARG_TEXT(owner), DB_ARG_I64(now_ms));

    if (err)
        return err;
    return live ? ERR_CONFLICT : OK;
}

enum err matches_take(struct db *db, const struct matches_take_args *args, uint64_t *epoch)
{
    struct db_rows *rows;
    char owner[MATCH_OWNER_SIZE];
    bool has_ended;
    enum err err;

    CHECK(args->node.len > 0 && args->node.len < MATCH_OWNER_SIZE);
    err = ROW_ONE(db, "SELECT owner, ended_ms FROM matches WHERE id = $1", ERR_NO_SUCH_MATCH, &rows,
                  DB_ARG_I64(args->match_id));
    if (err)
        return err;
    row_text(rows, 0, owner, sizeof(owner));
    has_ended = !db_is_null(rows, 1);
    db_done(rows);
    if (has_ended)
        return ERR_MATCH_ENDED;
    if (owner[0] && !str_eq(str_from_c(owner), args->node) &&
        (err = owner_is_gone(db, str_from_c(owner), args->now_ms)))
        return err;
    err = ROW_ONE(db,
                  "UPDATE matches SET owner = $2, epoch = epoch + 1, version = version + 1 "
                  "WHERE id = $1 RETURNING epoch",
                  ERR_NO_SUCH_MATCH, &rows, DB_ARG_I64(args->match_id), DB_ARG_TEXT(args->node));
    if (err)
        return err;
    *epoch = row_u64(rows, 0);
    db_done(rows);
    return OK;
}

static enum err save_player(struct db *db, const struct matches_save_args *args, size_t seat)
{
    return DB_RUN(db,
                  "UPDATE match_players SET absence_used_ms = $3, pauses_used = $4 "
                  "WHERE match_id = $1 AND seat = $2",
                  NULL, DB_ARG_I64(args->match_id), DB_ARG_I64(seat),
                  DB_ARG_I64(args->absence_used_ms[seat]), DB_ARG_I64(args->pauses_used[seat]));
}

enum err matches_save(struct db *db, const struct matches_save_args *args)
{
    struct match_head head;
    enum err err;

    if (match_state_is_end(args->state))
        return ERR_BAD_STATE;
    if ((err = match_head_find(db, args->match_id, &head)))
        return err;
    if ((err = match_head_may_write(&head, args->epoch)))
        return err;
    err = ROW_CHANGE(db,
                     "UPDATE matches SET state = $3, "
                     "has_begun = CASE WHEN $4 = 1 THEN 1 ELSE has_begun END, "
                     "started_ms = CASE WHEN $3 = 'running' AND started_ms IS NULL THEN $5 "
                     "ELSE started_ms END, version = version + 1 "
                     "WHERE id = $1 AND epoch = $2 AND ended_ms IS NULL",
                     ERR_STALE_EPOCH, DB_ARG_I64(args->match_id), DB_ARG_I64(args->epoch),
                     DB_ARG_TEXT(str_from_c(match_state_name(args->state))),
                     DB_ARG_I64(args->has_begun), DB_ARG_I64(args->now_ms));
    for (size_t seat = 0; seat < MATCH_SEATS && !err; seat++)
        err = save_player(db, args, seat);
    return err;
}

/* -- points ---------------------------------------------------------------------------------- */

/* OK when the point of this number is this very point. */
static enum err point_is_same(struct db *db, const struct matches_point_args *args)
{
    struct db_rows *rows;
    bool is_same;
    enum err err =
        ROW_ONE(db,
                "SELECT seat, score_left, score_right, tick FROM points "
                "WHERE match_id = $1 AND number = $2",
                ERR_CONFLICT, &rows, DB_ARG_I64(args->match_id), DB_ARG_I64(args->number));

    if (err)
        return err;
    is_same = row_u64(rows, 0) == args->seat && row_u64(rows, 1) == args->scores[SEAT_LEFT] &&
              row_u64(rows, 2) == args->scores[SEAT_RIGHT] && row_u64(rows, 3) == args->tick;
    db_done(rows);
    return is_same ? OK : ERR_CONFLICT;
}

/* The next number, and the stored scores with one more for who scored. */
static bool point_follows(const struct match_head *head, const struct matches_point_args *args)
{
    if (args->seat >= MATCH_SEATS || args->number != head->point_count + 1)
        return false;
    for (size_t seat = 0; seat < MATCH_SEATS; seat++) {
        if (args->scores[seat] != head->scores[seat] + (seat == args->seat))
            return false;
    }
    return true;
}

static enum err insert_point(struct db *db, const struct matches_point_args *args)
{
    return DB_RUN(db,
                  "INSERT INTO points (match_id, number, seat, score_left, score_right, tick, "
                  "epoch, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                  NULL, DB_ARG_I64(args->match_id), DB_ARG_I64(args->number),
                  DB_ARG_I64(args->seat), DB_ARG_I64(args->scores[SEAT_LEFT]),
                  DB_ARG_I64(args->scores[SEAT_RIGHT]), DB_ARG_I64(args->tick),
                  DB_ARG_I64(args->epoch), DB_ARG_I64(args->now_ms));
}

enum err matches_add_point(struct db *db, const struct matches_point_args *args)
{
    struct match_head head;
    enum err err = match_head_find(db, args->match_id, &head);

    if (err)
        return err;
    if (args->number > 0 && args->number <= head.point_count && head.epoch == args->epoch)
        return point_is_same(db, args);
    if ((err = match_head_may_write(&head, args->epoch)))
        return err;
    if (!point_follows(&head, args))
        return ERR_CONFLICT;
    if ((err = insert_point(db, args)))
        return err;
    err = ROW_CHANGE(db,
                     "UPDATE match_players SET score = score + 1 WHERE match_id = $1 AND seat = $2",
                     ERR_CONFLICT, DB_ARG_I64(args->match_id), DB_ARG_I64(args->seat));
    if (err)
        return err;
    return ROW_CHANGE(db,
                      "UPDATE matches SET point_count = point_count + 1, version = version + 1 "
                      "WHERE id = $1 AND epoch = $2 AND ended_ms IS NULL",
                      ERR_STALE_EPOCH, DB_ARG_I64(args->match_id), DB_ARG_I64(args->epoch));
}

enum err matches_points(struct db *db, uint64_t match_id, struct match_point *out, size_t max,
                        size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT number, seat, score_left, score_right, tick, at_ms "
                            "FROM points WHERE match_id = $1 ORDER BY number LIMIT $2",
                            &rows, DB_ARG_I64(match_id), DB_ARG_I64(max));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        struct match_point *point = &out[(*count)++];
        point->number = row_u32(rows, 0);
        point->seat = (uint8_t)db_i64(rows, 1);
        point->scores[SEAT_LEFT] = (uint16_t)db_i64(rows, 2);
        point->scores[SEAT_RIGHT] = (uint16_t)db_i64(rows, 3);
        point->tick = row_u32(rows, 4);
        point->at_ms = row_u64(rows, 5);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}
