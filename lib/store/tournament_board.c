/* The bracket of a tournament as rows: read whole, written where a step has touched it. */
#include "lib/store/duels.h"
#include "lib/store/tickets.h"
#include "lib/store/tournament_rows.h"

/* -- reading --------------------------------------------------------------------------------- */

static enum err read_entrants(struct db *db, uint64_t tournament_id,
                              struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX],
                              uint16_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT user_id, left_ms FROM tournament_players "
                            "WHERE tournament_id = $1 AND seed IS NOT NULL ORDER BY seed LIMIT $2",
                            &rows, DB_ARG_I64(tournament_id), DB_ARG_I64(BRACKET_ENTRANTS_MAX));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        entrants[(*count)++] =
            (struct bracket_entrant){.id = row_u64(rows, 0), .has_left = !db_is_null(rows, 1)};
    db_done(rows);
    return err == ERR_END ? OK : err;
}

static uint8_t state_of(struct str word)
{
    for (int i = 0; i < BRACKET_STATE_COUNT; i++) {
        if (str_eq(word, str_from_c(bracket_state_name((enum bracket_node_state)i))))
            return (uint8_t)i;
    }
    return BRACKET_STATE_COUNT; /* no bracket has it: loading refuses */
}

static void fact_read(const struct db_rows *rows, uint32_t no_show_ms, struct bracket_fact *fact)
{
    uint64_t winner_id = row_u64(rows, 3);

    *fact = (struct bracket_fact){.state = state_of(db_text(rows, 0)),
                                  .winner_side = BRACKET_NO_SIDE,
                                  .has_match = !db_is_null(rows, 4),
                                  .scores = {(uint16_t)db_i64(rows, 5), (uint16_t)db_i64(rows, 6)},
                                  .due_ms = row_u64(rows, 7) + no_show_ms};
    if (winner_id)
        fact->winner_side = winner_id == row_u64(rows, 2);
}

static enum err read_nodes(struct db *db, uint32_t no_show_ms, struct tournament_board *board,
                           struct bracket_fact facts[BRACKET_NODES_MAX], uint16_t *count)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT state, left_id, right_id, winner_id, match_id, score_left, "
                            "score_right, called_ms FROM tournament_nodes "
                            "WHERE tournament_id = $1 ORDER BY round, slot LIMIT $2",
                            &rows, DB_ARG_I64(board->tournament_id), DB_ARG_I64(BRACKET_NODES_MAX));

    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK) {
        fact_read(rows, no_show_ms, &facts[*count]);
        board->match_ids[*count] = row_u64(rows, 4);
        board->called_ms[*count] = row_u64(rows, 7);
        (*count)++;
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err tournament_board_load(struct db *db, uint64_t tournament_id, uint32_t no_show_ms,
                               struct tournament_board *board)
{
    struct bracket_entrant entrants[BRACKET_ENTRANTS_MAX];
    struct bracket_fact facts[BRACKET_NODES_MAX];
    uint16_t entrant_count, node_count;
    enum err err;

    board->tournament_id = tournament_id;
    if ((err = read_entrants(db, tournament_id, entrants, &entrant_count)))
        return err;
    if ((err = read_nodes(db, no_show_ms, board, facts, &node_count)))
        return err;
    if (node_count != bracket_nodes_needed(entrant_count))
        return ERR_STORE;
    err = bracket_load(&board->bracket, entrants, entrant_count, no_show_ms, facts);
    return err ? ERR_STORE : OK;
}

/* -- writing --------------------------------------------------------------------------------- */

static struct db_value user_arg(const struct bracket *bracket, uint16_t entrant)
{
    return row_id_or_null(entrant == BRACKET_NOBODY ? 0 : bracket->entrants[entrant].id);
}

enum err tournament_board_insert(struct db *db, const struct tournament_board *board)
{
    const struct bracket *bracket = &board->bracket;

    for (uint16_t at = 0; at < bracket->node_count; at++) {
        enum err err = DB_RUN(db,
                              "INSERT INTO tournament_nodes (tournament_id, round, slot, state) "
                              "VALUES ($1, $2, $3, 'pending')",
                              NULL, DB_ARG_I64(board->tournament_id),
                              DB_ARG_I64(bracket_round_of(bracket, at)),
                              DB_ARG_I64(bracket_slot_of(bracket, at)));
        if (err)
            return err;
    }
    return OK;
}

/* A node that was decided before changes no row: whoever comes second is told. */
static enum err save_node(struct db *db, const struct tournaments_step_args *args,
                          const struct tournament_board *board, uint16_t at)
{
    const struct bracket *bracket = &board->bracket;
    const struct bracket_node *node = &bracket->nodes[at];
    bool is_decided = bracket_is_decided(node);
    const char *state = bracket_state_name((enum bracket_node_state)node->state);

    return ROW_CHANGE(
        db,
        "UPDATE tournament_nodes SET state = $4, left_id = $5, right_id = $6, winner_id = $7, "
        "match_id = $8, score_left = $9, score_right = $10, called_ms = $11, decided_ms = $12, "
        "version = version + 1 "
        "WHERE tournament_id = $1 AND round = $2 AND slot = $3 AND decided_ms IS NULL "
        "AND (match_id IS NULL OR match_id = $8)",
        ERR_CONFLICT, DB_ARG_I64(board->tournament_id), DB_ARG_I64(bracket_round_of(bracket, at)),
        DB_ARG_I64(bracket_slot_of(bracket, at)), DB_ARG_TEXT(str_from_c(state)),
        user_arg(bracket, node->players[0]), user_arg(bracket, node->players[1]),
        user_arg(bracket, node->winner), row_id_or_null(board->match_ids[at]),
        DB_ARG_I64(node->scores[0]), DB_ARG_I64(node->scores[1]),
        row_id_or_null(board->called_ms[at]), row_id_or_null(is_decided ? args->now_ms : 0));
}

static enum err save_edge(struct db *db, const struct tournaments_step_args *args,
                          const struct tournament_board *board, uint16_t at)
{
    const struct bracket *bracket = &board->bracket;

    return DB_RUN(db,
                  "INSERT INTO tournament_edges (tournament_id, round, slot, user_id, created_ms) "
                  "VALUES ($1, $2, $3, $4, $5)",
                  NULL, DB_ARG_I64(board->tournament_id), DB_ARG_I64(bracket_round_of(bracket, at)),
                  DB_ARG_I64(bracket_slot_of(bracket, at)),
                  user_arg(bracket, bracket->nodes[at].winner), DB_ARG_I64(args->now_ms));
}

static enum err save_place(struct db *db, const struct tournament_board *board, uint16_t entrant,
                           uint16_t place)
{
    return DB_RUN(db,
                  "UPDATE tournament_players SET place = $3 "
                  "WHERE tournament_id = $1 AND user_id = $2",
                  NULL, DB_ARG_I64(board->tournament_id),
                  DB_ARG_I64(board->bracket.entrants[entrant].id), DB_ARG_I64(place));
}

/* Whoever was in the node and does not go up has a place now. */
static enum err save_losers(struct db *db, const struct tournament_board *board, uint16_t at)
{
    const struct bracket_node *node = &board->bracket.nodes[at];
    uint16_t place = bracket_place_of_loser(&board->bracket, bracket_round_of(&board->bracket, at));
    enum err err = OK;

    for (int side = 0; side < 2 && !err; side++) {
        if (node->players[side] != BRACKET_NOBODY && node->players[side] != node->winner)
            err = save_place(db, board, node->players[side], place);
    }
    return err;
}

static enum err save_decision(struct db *db, const struct tournaments_step_args *args,
                              const struct tournament_board *board, uint16_t at)
{
    enum err err = save_edge(db, args, board, at);

    return err ? err : save_losers(db, board, at);
}

static enum err save_end(struct db *db, const struct tournaments_step_args *args,
                         const struct tournament_board *board)
{
    const struct bracket *bracket = &board->bracket;
    enum err err = ROW_CHANGE(db,
                              "UPDATE tournaments SET state = 'finished', winner_id = $2, "
                              "ended_ms = $3 WHERE id = $1 AND state = 'started'",
                              ERR_CONFLICT, DB_ARG_I64(board->tournament_id),
                              user_arg(bracket, bracket->champion), DB_ARG_I64(args->now_ms));

    if (err || bracket->champion == BRACKET_NOBODY)
        return err;
    return save_place(db, board, bracket->champion, 1);
}

/* -- matches --------------------------------------------------------------------------------- */

enum err tournament_is_busy(struct db *db, const struct tournament_board *board, uint16_t entrant,
                            bool *is_busy)
{
    struct claim claim;
    enum err err = claim_find(db, board->bracket.entrants[entrant].id, &claim);

    *is_busy = !err && claim.kind == CLAIM_MATCH;
    return err;
}

/* Neither is in a match: otherwise nobody gives anything up for this one. */
static enum err are_waiting(struct db *db, const struct tournament_board *board,
                            const struct bracket_node *node, bool *are_both)
{
    bool is_busy[2];
    enum err err;

    for (int side = 0; side < 2; side++) {
        if ((err = tournament_is_busy(db, board, node->players[side], &is_busy[side])))
            return err;
    }
    *are_both = !is_busy[0] && !is_busy[1];
    return OK;
}

/* A party's ticket is not one player's to give up. */
static enum err is_lone_ticket(struct db *db, uint64_t ticket_id, bool *is_lone)
{
    uint64_t count;
    enum err err = ROW_NUMBER(db, "SELECT COUNT(*) FROM ticket_members WHERE ticket_id = $1",
                              &count, DB_ARG_I64(ticket_id));

    *is_lone = !err && count == 1;
    return err;
}

static enum err leave_queue(struct db *db, const struct tournaments_step_args *args,
                            struct tournament_board *board, uint64_t user_id, uint64_t ticket_id,
                            bool *is_free)
{
    enum err err = is_lone_ticket(db, ticket_id, is_free);

    if (err || !*is_free)
        return err;
    if ((err = ticket_end(db, ticket_id, false, args->now_ms)))
        return err;
    CHECK(board->unqueued_count < BRACKET_ENTRANTS_MAX);
    board->unqueued_ids[board->unqueued_count++] = user_id;
    return OK;
}

static enum err leave_duel(struct db *db, const struct tournaments_step_args *args,
                           struct tournament_board *board, uint64_t duel_id)
{
    struct duel_row row;
    uint64_t ended_id;
    enum err err = duels_find(db, duel_id, &row);

    if (err)
        return err;
    err =
        duels_end_between(db, row.duel.challenger_id, row.duel.target_id, args->now_ms, &ended_id);
    if (err || !ended_id)
        return err;
    CHECK(board->duel_count < BRACKET_ENTRANTS_MAX);
    board->duel_ids[board->duel_count++] = ended_id;
    return OK;
}

/* A tournament's match comes before a place in a queue and before a challenge, not before a match
 * that is being played. */
static enum err make_free(struct db *db, const struct tournaments_step_args *args,
                          struct tournament_board *board, uint64_t user_id, bool *is_free)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    switch (claim.kind) {
    case CLAIM_NONE:
        *is_free = true;
        return OK;
    case CLAIM_TICKET:
        return leave_queue(db, args, board, user_id, claim.ref_id, is_free);
    case CLAIM_DUEL:
        *is_free = true;
        return leave_duel(db, args, board, claim.ref_id);
    case CLAIM_MATCH:
        break;
    }
    *is_free = false;
    return OK;
}

/* Different for every node, and the same whenever it is made. */
static enum err seed_of(struct db *db, const struct tournament_board *board, uint16_t at,
                        uint64_t *seed)
{
    enum err err = ROW_NUMBER(db, "SELECT seed FROM tournaments WHERE id = $1", seed,
                              DB_ARG_I64(board->tournament_id));

    *seed = (*seed ^ at) * 0x9e3779b97f4a7c15u;
    return err;
}

enum err tournament_match_make(struct db *db, const struct tournaments_step_args *args,
                               struct tournament_board *board, uint16_t at)
{
    const struct bracket_node *node = &board->bracket.nodes[at];
    const uint64_t user_ids[MATCH_SEATS] = {board->bracket.entrants[node->players[0]].id,
                                            board->bracket.entrants[node->players[1]].id};
    uint64_t seed = 0;
    bool is_free;
    enum err err;

    if ((err = are_waiting(db, board, node, &is_free)))
        return err;
    for (int side = 0; side < 2 && is_free; side++) {
        if ((err = make_free(db, args, board, user_ids[side], &is_free)))
            return err;
    }
    if (!is_free)
        return OK;
    if ((err = seed_of(db, board, at, &seed)))
        return err;
    err = match_of_two(db, &args->recipe, STR("tournament"), seed, user_ids, false, args->now_ms,
                       &board->match_ids[at]);
    if (err)
        return err;
    board->made_ids[board->made_count++] = board->match_ids[at];
    if ((err = bracket_match_made(&board->bracket, at)))
        return err;
    return save_node(db, args, board, at);
}

/* -- a step ---------------------------------------------------------------------------------- */

static void keep_effect(struct tournament_board *board, const struct bracket_effect *effect)
{
    CHECK(board->effect_count < TOURNAMENT_EFFECTS_MAX);
    board->effects[board->effect_count++] = *effect;
}

/* The nodes whose rows a step has changed: those it speaks of, and the parents of decided ones. */
static void mark_touched(const struct tournament_board *board, const struct bracket_effect *effect,
                         bool touched[BRACKET_NODES_MAX])
{
    uint16_t parent;

    if (effect->kind != BRACKET_EFFECT_CALL && effect->kind != BRACKET_EFFECT_DECIDED)
        return;
    touched[effect->node] = true;
    parent = bracket_parent_of(&board->bracket, effect->node);
    if (effect->kind == BRACKET_EFFECT_DECIDED && parent != BRACKET_NOBODY)
        touched[parent] = true;
}

static enum err save_touched(struct db *db, const struct tournaments_step_args *args,
                             const struct tournament_board *board,
                             const bool touched[BRACKET_NODES_MAX])
{
    enum err err = OK;

    for (uint16_t at = 0; at < board->bracket.node_count && !err; at++) {
        if (touched[at])
            err = save_node(db, args, board, at);
    }
    return err;
}

static enum err carry_out(struct db *db, const struct tournaments_step_args *args,
                          struct tournament_board *board, const struct bracket_effect *effect)
{
    switch ((enum bracket_effect_kind)effect->kind) {
    case BRACKET_EFFECT_CALL:
        return tournament_match_make(db, args, board, effect->node);
    case BRACKET_EFFECT_DECIDED:
        return save_decision(db, args, board, effect->node);
    case BRACKET_EFFECT_FINISHED:
        return save_end(db, args, board);
    case BRACKET_EFFECT_ROUND:
    case BRACKET_EFFECT_STOP:
    case BRACKET_EFFECT_CHAMPION:
        break;
    }
    return OK;
}

static enum err save_round(struct db *db, const struct tournament_board *board)
{
    return ROW_CHANGE(db, "UPDATE tournaments SET round = $2, version = version + 1 WHERE id = $1",
                      ERR_NOT_FOUND, DB_ARG_I64(board->tournament_id),
                      DB_ARG_I64(board->bracket.round));
}

/* Rows first: an edge refers to its node, and a match is made for a node that is called. */
enum err tournament_board_save(struct db *db, const struct tournaments_step_args *args,
                               struct tournament_board *board,
                               const struct bracket_effects *effects)
{
    bool touched[BRACKET_NODES_MAX] = {false};
    enum err err;

    for (uint16_t i = 0; i < effects->count; i++) {
        keep_effect(board, &effects->list[i]);
        mark_touched(board, &effects->list[i], touched);
        if (effects->list[i].kind == BRACKET_EFFECT_CALL)
            board->called_ms[effects->list[i].node] = args->now_ms;
    }
    err = save_touched(db, args, board, touched);
    for (uint16_t i = 0; i < effects->count && !err; i++)
        err = carry_out(db, args, board, &effects->list[i]);
    return err ? err : save_round(db, board);
}
