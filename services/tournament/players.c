/* Joining, leaving, and who is in it. */
#include "lib/store/tournaments.h"
#include "services/tournament/handlers.h"
#include "services/tournament/steps.h"

enum err tournament_param(const struct request *request, uint64_t *tournament_id)
{
    return str_to_u64(request->params[0], INT64_MAX, tournament_id) ? ERR_NOT_FOUND : OK;
}

void tournament_reply_message(struct reply *reply, const char *message)
{
    struct json_writer w = json_writer_of(&reply->body);

    json_object_begin(&w);
    json_c(&w, "message", message);
    json_object_end(&w);
}

enum err tournament_no_body(struct request *request, struct reply *reply)
{
    static const struct json_schema NOTHING = {.fields = NULL, .count = 0};
    char nothing;

    return request_decode(request, reply, &NOTHING, &nothing);
}

/* -- joining --------------------------------------------------------------------------------- */

struct join {
    struct tournaments_player_args args;
    bool is_new;
};

static enum err join_txn(struct db *db, void *arg)
{
    struct join *join = arg;

    return tournaments_join(db, &join->args, &join->is_new);
}

static void join_render(struct reply *reply, const void *arg)
{
    const struct join *join = arg;

    tournament_reply_message(reply, join->is_new ? "joined tournament" : "already joined");
}

enum err tournament_join_handle(struct request *request, struct reply *reply)
{
    struct join join = {.args = {.user_id = request->caller.user_id, .now_ms = request->now_ms}};
    enum err err;

    if ((err = tournament_param(request, &join.args.tournament_id)))
        return err;
    if ((err = tournament_no_body(request, reply)))
        return err;
    if ((err = request_write_reply(request, reply, join_txn, &join, join_render)))
        return err;
    reply_event(request, reply, TOURNAMENT_SUBJECT_CHANGED, "{\"tournament_id\":%llu}",
                (unsigned long long)join.args.tournament_id);
    return OK;
}

/* -- leaving --------------------------------------------------------------------------------- */

struct leave {
    struct tournaments_step_args args;
    struct tournament_board *board;
    bool was_in;
};

static enum err leave_txn(struct db *db, void *arg)
{
    struct leave *leave = arg;

    return tournaments_leave(db, &leave->args, leave->board, &leave->was_in);
}

static void leave_render(struct reply *reply, const void *arg)
{
    const struct leave *leave = arg;

    tournament_reply_message(reply, leave->was_in ? "left tournament" : "not in tournament");
}

enum err tournament_leave_handle(struct request *request, struct reply *reply)
{
    struct leave leave = {.board = arena_alloc(request->arena, sizeof(*leave.board))};
    uint64_t tournament_id = 0;
    enum err err;

    if (!leave.board)
        return ERR_FULL;
    if ((err = tournament_param(request, &tournament_id)))
        return err;
    if ((err = tournament_no_body(request, reply)))
        return err;
    leave.args = tournament_step_args(request->context, tournament_id, request->caller.user_id,
                                      request->now_ms);
    if ((err = request_write_reply(request, reply, leave_txn, &leave, leave_render)))
        return err;
    tournament_tell(request, reply, leave.board);
    return OK;
}

/* -- listing --------------------------------------------------------------------------------- */

struct listing {
    uint64_t tournament_id;
    struct tournament_row row;
    struct tournament_player_row *players;
    size_t count;
};

static enum err listing_txn(struct db *db, void *arg)
{
    struct listing *listing = arg;
    enum err err = tournaments_find(db, listing->tournament_id, &listing->row);

    if (err)
        return err;
    return tournaments_players(db, listing->tournament_id, listing->players, BRACKET_ENTRANTS_MAX,
                               &listing->count);
}

/* In the form of dialect C: ids are numbers, a place is null until it is known. */
enum err tournament_players_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct listing listing = {
        .players = arena_alloc(request->arena, BRACKET_ENTRANTS_MAX * sizeof(*listing.players))};
    enum err err;

    if (!listing.players)
        return ERR_FULL;
    if ((err = tournament_param(request, &listing.tournament_id)))
        return err;
    if ((err = request_read(request, listing_txn, &listing)))
        return err;
    json_array_begin(&w);
    for (size_t i = 0; i < listing.count; i++) {
        const struct tournament_player_row *player = &listing.players[i];
        json_object_begin(&w);
        json_c(&w, "player", player->username);
        json_u64(&w, "user_id", player->user_id);
        json_key(&w, "place");
        if (player->place)
            json_put_u64(&w, player->place);
        else
            json_put_null(&w);
        json_object_end(&w);
    }
    json_array_end(&w);
    return OK;
}
