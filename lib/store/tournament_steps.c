/* The steps of a tournament: what each asks of the bracket. Rows are tournament_board.c's. */
#include "lib/store/leases.h"
#include "lib/store/match_rows.h"
#include "lib/store/tournament_rows.h"

/* -- guards ---------------------------------------------------------------------------------- */

static enum err may_step(struct db *db, const struct tournaments_step_args *args,
                         struct tournament_row *row)
{
    enum err err = OK;

    if (args->lease_epoch)
        err = lease_check(db, STR(TOURNAMENT_LEASE), args->lease_epoch);
    return err ? err : tournaments_find(db, args->tournament_id, row);
}

static bool is_creator_or_clock(const struct tournament_row *row,
                                const struct tournaments_step_args *args)
{
    return args->user_id == 0 || args->user_id == row->creator_id;
}

static void board_clear(struct tournament_board *board, uint64_t tournament_id)
{
    memset(board, 0, sizeof(*board));
    board->tournament_id = tournament_id;
}

/* -- starting -------------------------------------------------------------------------------- */

/* In order of joining, with the rating that seeds; an account that was deleted meanwhile is gone
 * from here too. */
static enum err read_entrants(struct db *db, const struct tournaments_step_args *args,
                              struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX],
                              uint16_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT p.user_id, COALESCE(r.mmr, 1500) FROM tournament_players p "
                            "LEFT JOIN ratings r ON r.user_id = p.user_id AND r.mode = $2 "
                            "WHERE p.tournament_id = $1 ORDER BY p.joined_ms, p.user_id LIMIT $3",
                            &rows, DB_ARG_I64(args->tournament_id), DB_ARG_TEXT(args->rating_mode),
                            DB_ARG_I64(BRACKET_ENTRANTS_MAX));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        entrants[(*count)++] =
            (struct bracket_entrant){.id = row_u64(rows, 0), .rating = db_i64(rows, 1)};
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static enum err save_seeds(struct db *db, const struct tournament_board *board)
{
    for (uint16_t i = 0; i < board->bracket.entrant_count; i++) {
        enum err err = ROW_CHANGE(db,
                                  "UPDATE tournament_players SET seed = $3 "
                                  "WHERE tournament_id = $1 AND user_id = $2",
                                  ERR_STORE, DB_ARG_I64(board->tournament_id),
                                  DB_ARG_I64(board->bracket.entrants[i].id), DB_ARG_I64(i + 1));
        if (err)
            return err;
    }
    return OK;
}

static enum err mark_started(struct db *db, const struct tournaments_step_args *args)
{
    return ROW_CHANGE(db,
                      "UPDATE tournaments SET state = 'started', started_ms = $2, "
                      "version = version + 1 WHERE id = $1 AND state = 'open'",
                      ERR_NOT_OPEN, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->now_ms));
}

static enum err draw(struct db *db, const struct tournaments_step_args *args,
                     const struct tournament_row *row, struct tournament_board *board)
{
    struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX];
    struct bracket_effects effects;
    uint16_t count;
    enum err err;

    if ((err = read_entrants(db, args, entrants, &count)))
        return err;
    if (count < BRACKET_ENTRANTS_MIN)
        return ERR_TOO_FEW_PLAYERS;
    bracket_order(entrants, count,
                  row->is_by_rating ? BRACKET_SEEDING_RATING : BRACKET_SEEDING_RANDOM, row->seed);
    bracket_start(&board->bracket, entrants, count, args->no_show_ms, args->now_ms, &effects);
    if ((err = mark_started(db, args)))
        return err;
    if ((err = save_seeds(db, board)))
        return err;
    if ((err = tournament_board_insert(db, board)))
        return err;
    return tournament_board_save(db, args, board, &effects);
}

enum err tournaments_start(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board)
{
    struct tournament_row row;
    enum err err = may_step(db, args, &row);

    if (err)
        return err;
    if (!is_creator_or_clock(&row, args))
        return ERR_FORBIDDEN;
    if (row.state != TOURNAMENT_OPEN)
        return ERR_NOT_OPEN;
    board_clear(board, args->tournament_id);
    return draw(db, args, &row, board);
}

/* -- leaving --------------------------------------------------------------------------------- */

static enum err leave_open(struct db *db, const struct tournaments_step_args *args, bool *was_in)
{
    uint64_t changed;
    enum err err = DB_RUN(db,
                          "DELETE FROM tournament_players "
                          "WHERE tournament_id = $1 AND user_id = $2",
                          &changed, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->user_id));

    *was_in = !err && changed > 0;
    return err ? err : tournament_touch(db, args->tournament_id);
}

/* BRACKET_NOBODY when the user does not play in it. */
static uint16_t entrant_of(const struct bracket *bracket, uint64_t user_id)
{
    for (uint16_t i = 0; i < bracket->entrant_count; i++) {
        if (bracket->entrants[i].id == user_id)
            return i;
    }
    return BRACKET_NOBODY;
}

static enum err leave_started(struct db *db, const struct tournaments_step_args *args,
                              struct tournament_board *board, bool *was_in)
{
    struct bracket_effects effects;
    uint16_t entrant;
    enum err err;

    if ((err = tournament_board_load(db, args->tournament_id, args->no_show_ms, board)))
        return err;
    entrant = entrant_of(&board->bracket, args->user_id);
    *was_in = entrant != BRACKET_NOBODY && !board->bracket.entrants[entrant].has_left;
    if (!*was_in)
        return OK;
    if ((err = bracket_leave(&board->bracket, entrant, args->now_ms, &effects)))
        return err;
    err = ROW_CHANGE(db,
                     "UPDATE tournament_players SET left_ms = $3 WHERE tournament_id = $1 "
                     "AND user_id = $2 AND left_ms IS NULL",
                     ERR_CONFLICT, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->user_id),
                     DB_ARG_I64(args->now_ms));
    return err ? err : tournament_board_save(db, args, board, &effects);
}

enum err tournaments_leave(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board, bool *was_in)
{
    struct tournament_row row;
    enum err err = may_step(db, args, &row);

    if (err)
        return err;
    board_clear(board, args->tournament_id);
    if (row.state == TOURNAMENT_OPEN)
        return leave_open(db, args, was_in);
    if (row.state == TOURNAMENT_STARTED)
        return leave_started(db, args, board, was_in);
    return ERR_NOT_OPEN;
}

/* -- sweeping -------------------------------------------------------------------------------- */

struct ended {
    uint16_t node;
    struct bracket_result result;
};

static struct bracket_result result_of(const struct db_rows *rows)
{
    enum match_reason reason = match_reason_of(db_text(rows, 2));

    return (struct bracket_result){
        .winner_side = db_is_null(rows, 3) ? BRACKET_NO_SIDE : (int8_t)db_i64(rows, 3),
        .is_walkover = reason == MATCH_REASON_NO_SHOW,
        .scores = {(uint16_t)db_i64(rows, 4), (uint16_t)db_i64(rows, 5)},
    };
}

static enum err list_ended(struct db *db, const struct tournament_board *board,
                           struct ended list[BRACKET_NODES_MAX], size_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT n.round, n.slot, m.reason, m.winner_seat, l.score, r.score "
                            "FROM tournament_nodes n JOIN matches m ON m.id = n.match_id "
                            "LEFT JOIN match_players l ON l.match_id = m.id AND l.seat = 0 "
                            "LEFT JOIN match_players r ON r.match_id = m.id AND r.seat = 1 "
                            "WHERE n.tournament_id = $1 AND n.state IN ('called', 'running') "
                            "AND m.ended_ms IS NOT NULL ORDER BY m.ended_ms, m.id LIMIT $2",
                            &rows, DB_ARG_I64(board->tournament_id), DB_ARG_I64(BRACKET_NODES_MAX));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        struct ended *ended = &list[(*count)++];
        ended->node =
            bracket_node_at(&board->bracket, (uint8_t)db_i64(rows, 0), (uint16_t)db_i64(rows, 1));
        ended->result = result_of(rows);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static enum err take_results(struct db *db, const struct tournaments_step_args *args,
                             struct tournament_board *board)
{
    struct ended list[BRACKET_NODES_MAX];
    struct bracket_effects effects;
    size_t count = 0;
    enum err err = list_ended(db, board, list, &count);

    for (size_t i = 0; i < count && !err; i++) {
        err =
            bracket_result(&board->bracket, list[i].node, &list[i].result, args->now_ms, &effects);
        if (!err)
            err = tournament_board_save(db, args, board, &effects);
    }
    return err;
}

static bool lacks_match(const struct tournament_board *board, uint16_t at)
{
    return board->bracket.nodes[at].state == BRACKET_CALLED && !board->bracket.nodes[at].has_match;
}

/* Tries again; who is free counts as having come, should the deadline pass. */
static enum err make_missing(struct db *db, const struct tournaments_step_args *args,
                             struct tournament_board *board)
{
    enum err err = OK;

    for (uint16_t at = 0; at < board->bracket.node_count && !err; at++) {
        if (!lacks_match(board, at))
            continue;
        err = tournament_match_make(db, args, board, at);
        for (int8_t side = 0; side < 2 && !err && lacks_match(board, at); side++) {
            bool is_busy;
            err = tournament_is_busy(db, board, board->bracket.nodes[at].players[side], &is_busy);
            if (!err && !is_busy)
                err = bracket_present(&board->bracket, at, side);
        }
    }
    return err;
}

static enum err decide_overdue(struct db *db, const struct tournaments_step_args *args,
                               struct tournament_board *board)
{
    struct bracket_effects effects;

    bracket_tick(&board->bracket, args->now_ms, &effects);
    return effects.count ? tournament_board_save(db, args, board, &effects) : OK;
}

/* Whoever left during his match: the word may have been lost, so it is said until the match ends.
 */
static void repeat_stops(struct tournament_board *board)
{
    for (uint16_t at = 0; at < board->bracket.node_count; at++) {
        const struct bracket_node *node = &board->bracket.nodes[at];
        if (!node->has_match || bracket_is_decided(node))
            continue;
        for (int8_t side = 0; side < 2; side++) {
            uint16_t entrant = node->players[side];
            if (!board->bracket.entrants[entrant].has_left)
                continue;
            CHECK(board->effect_count < TOURNAMENT_EFFECTS_MAX);
            board->effects[board->effect_count++] =
                (struct bracket_effect){.kind = BRACKET_EFFECT_STOP,
                                        .side = side,
                                        .round = bracket_round_of(&board->bracket, at),
                                        .node = at,
                                        .entrant = entrant};
            break; /* one resignation ends it */
        }
    }
}

enum err tournaments_sweep(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board)
{
    struct tournament_row row;
    enum err err = may_step(db, args, &row);

    if (err)
        return err;
    if (row.state != TOURNAMENT_STARTED)
        return ERR_NOT_STARTED;
    board_clear(board, args->tournament_id);
    if ((err = tournament_board_load(db, args->tournament_id, args->no_show_ms, board)))
        return err;
    if ((err = take_results(db, args, board)))
        return err;
    if ((err = make_missing(db, args, board)))
        return err;
    if ((err = decide_overdue(db, args, board)))
        return err;
    repeat_stops(board);
    return OK;
}

/* -- calling off ----------------------------------------------------------------------------- */

static enum err list_live(struct db *db, uint64_t tournament_id, struct tournaments_cancelled *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT m.id FROM tournament_nodes n JOIN matches m "
                            "ON m.id = n.match_id WHERE n.tournament_id = $1 "
                            "AND m.ended_ms IS NULL ORDER BY m.id LIMIT $2",
                            &rows, DB_ARG_I64(tournament_id), DB_ARG_I64(BRACKET_NODES_MAX));

    if (err)
        return err;
    out->match_count = 0;
    while ((err = db_next(rows)) == OK)
        out->match_ids[out->match_count++] = row_u64(rows, 0);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err tournaments_cancel(struct db *db, const struct tournaments_step_args *args,
                            struct tournaments_cancelled *out)
{
    struct tournament_row row;
    enum err err = may_step(db, args, &row);

    if (err)
        return err;
    if (!is_creator_or_clock(&row, args))
        return ERR_FORBIDDEN;
    err = ROW_CHANGE(db,
                     "UPDATE tournaments SET state = 'cancelled', ended_ms = $2, "
                     "version = version + 1 WHERE id = $1 AND state IN ('open', 'started')",
                     ERR_NOT_OPEN, DB_ARG_I64(args->tournament_id), DB_ARG_I64(args->now_ms));
    return err ? err : list_live(db, args->tournament_id, out);
}
