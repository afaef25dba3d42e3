/* The end of a match, once, and the match that may come after it. */
#include "lib/base/buf.h"
#include "lib/store/match_rows.h"
#include "lib/store/outbox.h"

static enum match_state end_state(enum match_reason reason)
{
    switch (reason) {
    case MATCH_REASON_SCORE:
        return MATCH_FINISHED;
    case MATCH_REASON_CANCELLED:
        return MATCH_CANCELLED;
    case MATCH_REASON_FORFEIT:
    case MATCH_REASON_RESIGN:
    case MATCH_REASON_NO_SHOW:
    case MATCH_REASON_NONE:
    case MATCH_REASON_COUNT:
        break;
    }
    return MATCH_FORFEITED;
}

/* Only what was played for, by two people, to an end that says who was better. */
static bool does_rate(const struct match_head *head, const struct matches_finish_args *args)
{
    return head->is_rated && args->is_rated && args->reason != MATCH_REASON_NO_SHOW &&
           args->reason != MATCH_REASON_CANCELLED && head->user_ids[0] && head->user_ids[1];
}

static bool scores_match(const struct match_head *head, const struct matches_finish_args *args)
{
    return head->scores[SEAT_LEFT] == args->scores[SEAT_LEFT] &&
           head->scores[SEAT_RIGHT] == args->scores[SEAT_RIGHT];
}

static enum err finish_again(struct db *db, const struct match_head *head,
                             const struct matches_finish_args *args, struct matches_finished *out)
{
    if (head->reason != args->reason || head->winner_seat != args->winner_seat ||
        !scores_match(head, args))
        return ERR_CONFLICT;
    out->is_repeat = true;
    return matches_find(db, args->match_id, &out->match);
}

static enum err end_match(struct db *db, const struct matches_finish_args *args, bool has_rated)
{
    struct str state = str_from_c(match_state_name(end_state(args->reason)));

    return ROW_CHANGE(db,
                      "UPDATE matches SET state = $3, reason = $4, winner_seat = $5, "
                      "has_rated = $6, ended_ms = $7, duration_ms = $8, version = version + 1 "
                      "WHERE id = $1 AND epoch = $2 AND ended_ms IS NULL",
                      ERR_STALE_EPOCH, DB_ARG_I64(args->match_id), DB_ARG_I64(args->epoch),
                      DB_ARG_TEXT(state), DB_ARG_TEXT(str_from_c(match_reason_name(args->reason))),
                      args->winner_seat < 0 ? DB_ARG_NULL : DB_ARG_I64(args->winner_seat),
                      DB_ARG_I64(has_rated), DB_ARG_I64(args->now_ms),
                      DB_ARG_I64(args->duration_ms));
}

static struct str outcome_name(const struct matches_finish_args *args, int seat)
{
    if (args->winner_seat < 0)
        return STR("");
    return args->winner_seat == seat ? STR("win") : STR("loss");
}

static enum err end_player(struct db *db, const struct matches_finish_args *args,
                           const struct match_head *head, int seat)
{
    struct claim claim = {.kind = CLAIM_MATCH, .ref_id = args->match_id};
    enum err err =
        DB_RUN(db,
               "UPDATE match_players SET outcome = $3, absence_used_ms = $4 "
               "WHERE match_id = $1 AND seat = $2",
               NULL, DB_ARG_I64(args->match_id), DB_ARG_I64(seat),
               DB_ARG_TEXT(outcome_name(args, seat)), DB_ARG_I64(args->absence_used_ms[seat]));

    if (err || !head->user_ids[seat])
        return err;
    return claim_drop(db, head->user_ids[seat], claim);
}

static enum err rate(struct db *db, const struct matches_finish_args *args,
                     const struct match_head *head)
{
    struct rating_change changes[2];
    struct ratings_apply_args apply = {
        .match_id = args->match_id,
        .mode = str_from_c(head->mode),
        .user_ids = {head->user_ids[0], head->user_ids[1]},
        .outcome = args->winner_seat == SEAT_LEFT ? RATING_WIN : RATING_LOSS,
        .now_ms = args->now_ms,
    };

    return ratings_apply(db, &apply, changes);
}

/* Ids only: a reader of the outbox asks the store, so a name that was deleted stays deleted. */
static enum err announce(struct db *db, const struct matches_finish_args *args)
{
    char payload_memory[192], aggregate_memory[40];
    struct buf payload, aggregate;
    struct outbox_args row = {.topic = STR("match.finished"), .now_ms = args->now_ms};

    buf_init_fixed(&payload, payload_memory, sizeof(payload_memory));
    buf_init_fixed(&aggregate, aggregate_memory, sizeof(aggregate_memory));
    buf_put_c(&aggregate, "match:");
    buf_put_u64(&aggregate, args->match_id);
    buf_printf(&payload,
               "{\"match_id\":%llu,\"winner_seat\":%d,\"reason\":\"%s\",\"left\":%u,\"right\":%u}",
               (unsigned long long)args->match_id, args->winner_seat,
               match_reason_name(args->reason), args->scores[SEAT_LEFT], args->scores[SEAT_RIGHT]);
    CHECK(buf_ok(&payload) && buf_ok(&aggregate));
    row.aggregate = buf_str(&aggregate);
    row.dedupe = row.aggregate;
    row.payload = buf_str(&payload);
    return outbox_add(db, &row);
}

static enum err finish_now(struct db *db, const struct match_head *head,
                           const struct matches_finish_args *args)
{
    bool has_rated = does_rate(head, args);
    enum err err = end_match(db, args, has_rated);

    for (int seat = 0; seat < MATCH_SEATS && !err; seat++)
        err = end_player(db, args, head, seat);
    if (!err && has_rated)
        err = rate(db, args, head);
    return err ? err : announce(db, args);
}

enum err matches_finish(struct db *db, const struct matches_finish_args *args,
                        struct matches_finished *out)
{
    struct match_head head;
    enum err err;

    CHECK(args->reason > MATCH_REASON_NONE && args->reason < MATCH_REASON_COUNT);
    CHECK(args->winner_seat >= -1 && args->winner_seat < MATCH_SEATS);
    CHECK((args->winner_seat == -1) == (args->reason == MATCH_REASON_CANCELLED));
    if ((err = match_head_find(db, args->match_id, &head)))
        return err;
    if (match_state_is_end(head.state))
        return finish_again(db, &head, args, out);
    if ((err = match_head_may_write(&head, args->epoch)))
        return err;
    if (!scores_match(&head, args))
        return ERR_CONFLICT;
    if ((err = finish_now(db, &head, args)))
        return err;
    out->is_repeat = false;
    return matches_find(db, args->match_id, &out->match);
}

/* -- rematch --------------------------------------------------------------------------------- */

static bool has_bot(const struct match_row *match)
{
    for (size_t i = 0; i < match->player_count; i++)
        if (match->players[i].bot_level)
            return true;
    return false;
}

/* A rematch is a match of its own between the same players. */
static enum err make_rematch(struct db *db, const struct match_row *of,
                             const struct matches_rematch_args *args, uint64_t *match_id)
{
    struct match_seat_args seats[MATCH_ROW_PLAYERS_MAX] = {{0}};
    struct matches_create_args create = {
        .mode = str_from_c(of->mode),
        .game = str_from_c(of->game),
        .ruleset = str_from_c(of->ruleset),
        .origin = has_bot(of) ? STR("practice") : STR("rematch"),
        .seed = args->seed,
        .win_score = of->win_score,
        .is_rated = of->is_rated,
        .is_private = of->is_private,
        .rematch_of = of->id,
        .seats = seats,
        .seat_count = of->player_count,
        .now_ms = args->now_ms,
    };

    if (of->player_count < 1)
        return ERR_BAD_STATE;
    for (size_t i = 0; i < of->player_count; i++) {
        size_t to = args->swap_sides ? of->player_count - 1 - i : i;
        seats[to].user_id = of->players[i].user_id;
        seats[to].bot_level = of->players[i].bot_level;
        seats[to].team = (uint8_t)to;
        if (!seats[to].user_id && !seats[to].bot_level)
            return ERR_BAD_STATE;
    }
    return matches_create(db, &create, match_id);
}

enum err matches_rematch(struct db *db, const struct matches_rematch_args *args,
                         struct matches_rematched *out)
{
    struct match_row of;
    enum err err = matches_find(db, args->match_id, &of);

    if (err)
        return err;
    if (of.state != MATCH_FINISHED && of.state != MATCH_FORFEITED)
        return ERR_BAD_STATE;
    out->is_repeat = of.rematch_id != 0;
    if (of.rematch_id) {
        out->match_id = of.rematch_id;
        return OK;
    }
    return make_rematch(db, &of, args, &out->match_id);
}
