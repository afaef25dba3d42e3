#include "lib/store/duels.h"

#include "lib/store/friends.h"
#include "lib/store/row.h"

#define DUEL_COLUMNS                                                                               \
    "d.id, d.challenger_id, d.target_id, d.created_ms, d.expires_ms, d.state, c.username, "        \
    "t.username, d.game, d.match_id FROM duels d JOIN users c ON c.id = d.challenger_id "          \
    "JOIN users t ON t.id = d.target_id "

/* -- reading --------------------------------------------------------------------------------- */

static uint8_t state_of(const struct db_rows *rows, int column)
{
    struct str word = db_text(rows, column);

    for (int i = 0; i < DUEL_STATE_COUNT; i++) {
        if (str_eq(word, str_from_c(duel_state_name((enum duel_state)i))))
            return (uint8_t)i;
    }
    return DUEL_EXPIRED;
}

static void duel_read(const struct db_rows *rows, struct duel_row *out)
{
    out->id = row_u64(rows, 0);
    out->duel.challenger_id = row_u64(rows, 1);
    out->duel.target_id = row_u64(rows, 2);
    out->duel.created_ms = row_u64(rows, 3);
    out->duel.expires_ms = row_u64(rows, 4);
    out->duel.state = state_of(rows, 5);
    row_text(rows, 6, out->challenger, sizeof(out->challenger));
    row_text(rows, 7, out->target, sizeof(out->target));
    row_text(rows, 8, out->game, sizeof(out->game));
    out->match_id = row_u64(rows, 9);
}

enum err duels_find(struct db *db, uint64_t duel_id, struct duel_row *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, "SELECT " DUEL_COLUMNS "WHERE d.id = $1", ERR_NOT_FOUND, &rows,
                           DB_ARG_I64(duel_id));

    if (err)
        return err;
    duel_read(rows, out);
    db_done(rows);
    return OK;
}

enum err duels_pending_of(struct db *db, uint64_t user_id, struct duel_row *out)
{
    struct claim claim;
    enum err err = claim_find(db, user_id, &claim);

    if (err)
        return err;
    return claim.kind == CLAIM_DUEL ? duels_find(db, claim.ref_id, out) : ERR_NOT_FOUND;
}

/* -- saving ---------------------------------------------------------------------------------- */

/* The one move out of `pending`; whoever comes second changes no row. */
static enum err save(struct db *db, const struct duel_row *row)
{
    return ROW_CHANGE(db,
                      "UPDATE duels SET state = $2, match_id = $3, version = version + 1 "
                      "WHERE id = $1 AND state = 'pending'",
                      ERR_CONFLICT, DB_ARG_I64(row->id),
                      DB_ARG_TEXT(str_from_c(duel_state_name((enum duel_state)row->duel.state))),
                      row_id_or_null(row->match_id));
}

static enum err free_both(struct db *db, const struct duel_row *row)
{
    return DB_RUN(db, "DELETE FROM claims WHERE kind = 'duel' AND ref_id = $1", NULL,
                  DB_ARG_I64(row->id));
}

/* Carries out what the machine decided. Freeing comes before the match, which claims both anew. */
static enum err carry_out(struct db *db, struct duel_row *row, const struct duel_effects *effects,
                          const struct duels_answer_args *args)
{
    const uint64_t user_ids[MATCH_SEATS] = {row->duel.challenger_id, row->duel.target_id};
    enum err err = OK;

    if (effects->count == 0)
        return OK;
    if ((err = free_both(db, row)))
        return err;
    if (effects->list[0] == DUEL_EFFECT_START)
        err = match_of_two(db, &args->recipe, STR("duel"), args->seed, user_ids, false,
                           args->now_ms, &row->match_id);
    return err ? err : save(db, row);
}

static enum err answer(struct db *db, const struct duels_answer_args *args,
                       enum err (*say)(struct duel *, uint64_t, uint64_t, struct duel_effects *),
                       struct duel_row *out)
{
    struct duel_effects effects;
    struct duel_row row;
    enum err err;

    if ((err = duels_find(db, args->duel_id, &row)))
        return err;
    if ((err = say(&row.duel, args->user_id, args->now_ms, &effects)))
        return err;
    if ((err = carry_out(db, &row, &effects, args)))
        return err;
    *out = row;
    return OK;
}

enum err duels_accept(struct db *db, const struct duels_answer_args *args, struct duel_row *out)
{
    return answer(db, args, duel_accept, out);
}

enum err duels_decline(struct db *db, const struct duels_answer_args *args, struct duel_row *out)
{
    return answer(db, args, duel_decline, out);
}

enum err duels_cancel(struct db *db, const struct duels_answer_args *args, struct duel_row *out)
{
    return answer(db, args, duel_cancel, out);
}

static enum err tick(struct db *db, struct duel_row *row, uint64_t now_ms)
{
    struct duels_answer_args args = {.now_ms = now_ms};
    struct duel_effects effects;

    duel_tick(&row->duel, now_ms, &effects);
    return carry_out(db, row, &effects, &args);
}

/* -- challenging ----------------------------------------------------------------------------- */

/* What a player is busy with, less a challenge whose time is over. */
static enum err busy_with(struct db *db, uint64_t user_id, uint64_t now_ms, struct claim *out)
{
    struct duel_row row;
    enum err err = claim_find(db, user_id, out);

    if (err || out->kind != CLAIM_DUEL)
        return err;
    if ((err = duels_find(db, out->ref_id, &row)))
        return err;
    if ((err = tick(db, &row, now_ms)))
        return err;
    return claim_find(db, user_id, out);
}

/* Both are busy with one challenge, and it is the target's. */
static enum err find_mirror(struct db *db, const struct claim claims[2],
                            const struct duels_open_args *args, struct duel_wish *wish)
{
    struct duel_row row;
    enum err err;

    if (claims[0].kind != CLAIM_DUEL || claims[1].kind != CLAIM_DUEL ||
        claims[0].ref_id != claims[1].ref_id)
        return OK;
    if ((err = duels_find(db, claims[0].ref_id, &row)))
        return err;
    wish->has_mirror = row.duel.challenger_id == args->target_id;
    return OK;
}

static enum err read_wish(struct db *db, const struct duels_open_args *args, struct duel_wish *wish,
                          uint64_t *mirror_id)
{
    struct claim claims[2];
    enum err err;

    *wish = (struct duel_wish){.challenger_id = args->challenger_id,
                               .target_id = args->target_id,
                               .is_target_online = args->is_target_online};
    if ((err = blocks_between(db, args->challenger_id, args->target_id, &wish->is_blocked)))
        return err;
    if ((err = busy_with(db, args->challenger_id, args->now_ms, &claims[0])))
        return err;
    if ((err = busy_with(db, args->target_id, args->now_ms, &claims[1])))
        return err;
    wish->is_challenger_busy = claims[0].kind != CLAIM_NONE;
    wish->is_target_busy = claims[1].kind != CLAIM_NONE;
    *mirror_id = claims[0].ref_id;
    return find_mirror(db, claims, args, wish);
}

static enum err insert(struct db *db, const struct duels_open_args *args, const struct duel *duel,
                       uint64_t *id)
{
    struct claim wanted = {.kind = CLAIM_DUEL};
    enum err err;

    CHECK(args->game.len < MATCH_WORD_SIZE);
    if ((err = row_next_id(db, STR("duel"), &wanted.ref_id)))
        return err;
    err = DB_RUN(db,
                 "INSERT INTO duels (id, challenger_id, target_id, game, state, created_ms, "
                 "expires_ms) VALUES ($1, $2, $3, $4, 'pending', $5, $6)",
                 NULL, DB_ARG_I64(wanted.ref_id), DB_ARG_I64(duel->challenger_id),
                 DB_ARG_I64(duel->target_id), DB_ARG_TEXT(args->game), DB_ARG_I64(duel->created_ms),
                 DB_ARG_I64(duel->expires_ms));
    if (err)
        return err;
    *id = wanted.ref_id;
    if ((err = claim_take(db, duel->challenger_id, (struct claim){0}, wanted, args->now_ms)))
        return err;
    return claim_take(db, duel->target_id, (struct claim){0}, wanted, args->now_ms);
}

/* Both must be people that can play. */
static enum err may_meet(struct db *db, const struct duels_open_args *args)
{
    struct user challenger, target;
    enum err err;

    if ((err = user_find(db, args->challenger_id, &challenger)))
        return err;
    if (challenger.banned_until_ms > args->now_ms)
        return ERR_BANNED;
    return user_find(db, args->target_id, &target);
}

static enum err accept_mirror(struct db *db, const struct duels_open_args *args, uint64_t mirror_id,
                              struct duels_opened *out)
{
    struct duels_answer_args accept = {.duel_id = mirror_id,
                                       .user_id = args->challenger_id,
                                       .recipe = args->recipe,
                                       .seed = args->seed,
                                       .now_ms = args->now_ms};

    out->is_accepted = true;
    return duels_accept(db, &accept, &out->duel);
}

enum err duels_open(struct db *db, const struct duels_open_args *args, struct duels_opened *out)
{
    struct duel_effects effects;
    struct duel_wish wish;
    struct duel duel;
    uint64_t id;
    enum err err;

    if ((err = may_meet(db, args)))
        return err;
    if ((err = read_wish(db, args, &wish, &id)))
        return err;
    err = duel_open(&duel, &wish, args->now_ms, args->timeout_ms, &effects);
    if (err == ERR_EXISTS)
        return accept_mirror(db, args, id, out);
    if (err)
        return err;
    if ((err = insert(db, args, &duel, &id)))
        return err;
    out->is_accepted = false;
    return duels_find(db, id, &out->duel);
}

/* -- the clock, and blocking ----------------------------------------------------------------- */

static enum err list_due(struct db *db, uint64_t now_ms, struct duels_expired *out)
{
    struct db_rows *rows;
    enum err err = DB_QUERY(db,
                            "SELECT " DUEL_COLUMNS "WHERE d.state = 'pending' "
                            "AND d.expires_ms <= $1 ORDER BY d.expires_ms, d.id LIMIT $2",
                            &rows, DB_ARG_I64(now_ms), DB_ARG_I64(DUELS_EXPIRED_MAX));

    out->count = 0;
    if (err)
        return err;
    while ((err = db_next(rows)) == OK)
        duel_read(rows, &out->duels[out->count++]);
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err duels_expire(struct db *db, uint64_t now_ms, struct duels_expired *out)
{
    enum err err = list_due(db, now_ms, out);

    for (size_t i = 0; i < out->count && !err; i++)
        err = tick(db, &out->duels[i], now_ms);
    return err;
}

enum err duels_end_between(struct db *db, uint64_t user_id, uint64_t other_id, uint64_t now_ms,
                           uint64_t *duel_id)
{
    struct duels_answer_args args = {.user_id = user_id, .now_ms = now_ms};
    struct duel_row row;
    enum err err = duels_pending_of(db, user_id, &row);

    *duel_id = 0;
    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    if (row.duel.challenger_id != other_id && row.duel.target_id != other_id)
        return OK;
    if (now_ms >= row.duel.expires_ms)
        return tick(db, &row, now_ms);
    *duel_id = args.duel_id = row.id;
    if (row.duel.target_id == user_id)
        return duels_decline(db, &args, &row);
    return duels_cancel(db, &args, &row);
}
