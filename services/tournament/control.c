/* What the creator may do: start it, ask for the next round, call it off. */
#include "services/tournament/handlers.h"
#include "services/tournament/steps.h"
#include "services/tournament/view.h"

void tournament_tell(struct request *request, struct reply *reply,
                     const struct tournament_board *board)
{
    struct buf text;

    CHECK(reply->event_count < REPLY_EVENTS_MAX);
    buf_init(&text, TOURNAMENT_STEPPED_SIZE);
    tournament_stepped_put(&text, board);
    CHECK(buf_ok(&text));
    reply->events[reply->event_count++] =
        (struct reply_event){.subject = TOURNAMENT_SUBJECT_STEPPED,
                             .payload = arena_copy(request->arena, buf_str(&text))};
    buf_release(&text);
}

struct step {
    struct tournaments_step_args args;
    struct tournament_board *board;
    struct tournaments_cancelled cancelled;
};

static enum err step_begin(struct request *request, struct reply *reply, struct step *step)
{
    uint64_t tournament_id;
    enum err err;

    *step = (struct step){.board = arena_alloc(request->arena, sizeof(*step->board))};
    if (!step->board)
        return ERR_FULL;
    if ((err = tournament_param(request, &tournament_id)))
        return err;
    step->args = tournament_step_args(request->context, tournament_id, request->caller.user_id,
                                      request->now_ms);
    return tournament_no_body(request, reply);
}

/* -- starting -------------------------------------------------------------------------------- */

static enum err start_txn(struct db *db, void *arg)
{
    struct step *step = arg;

    return tournaments_start(db, &step->args, step->board);
}

static void start_render(struct reply *reply, const void *arg)
{
    (void)arg;
    tournament_reply_message(reply, "tournament started");
}

enum err tournament_start_handle(struct request *request, struct reply *reply)
{
    struct step step;
    enum err err;

    if ((err = step_begin(request, reply, &step)))
        return err;
    if (atomic_load(&request->context->is_draining))
        return ERR_DRAINING;
    if ((err = request_write_reply(request, reply, start_txn, &step, start_render)))
        return err;
    tournament_tell(request, reply, step.board);
    return OK;
}

/* -- next round ------------------------------------------------------------------------------ */

struct progress {
    struct request *request;
    uint64_t tournament_id;
    struct tournament_view view;
};

static enum err progress_txn(struct db *db, void *arg)
{
    struct progress *progress = arg;

    return tournament_view_load(db, progress->tournament_id, progress->request->arena,
                                &progress->view);
}

static bool is_decided(const struct tournament_node_row *node)
{
    return node->state != BRACKET_PENDING && node->state != BRACKET_CALLED &&
           node->state != BRACKET_RUNNING;
}

/* The first round with an open node is the present one. It has "been started" for the asker as long
 * as nothing in it is decided: he saw the one before it end. */
static bool has_new_round(const struct tournament_view *view)
{
    uint8_t present = 0;

    for (size_t i = 0; i < view->node_count && present == 0; i++)
        if (!is_decided(&view->nodes[i]))
            present = view->nodes[i].round;
    if (present < 2)
        return false;
    for (size_t i = 0; i < view->node_count; i++)
        if (view->nodes[i].round == present && is_decided(&view->nodes[i]))
            return false;
    return true;
}

/* Rounds advance by themselves; this only says where it stands, in the words that clients of the
 * dialect know. */
enum err tournament_next_round_handle(struct request *request, struct reply *reply)
{
    struct progress progress = {.request = request};
    enum err err;

    if ((err = tournament_param(request, &progress.tournament_id)))
        return err;
    if ((err = tournament_no_body(request, reply)))
        return err;
    if ((err = request_read(request, progress_txn, &progress)))
        return err;
    if (progress.view.row.creator_id != request->caller.user_id)
        return ERR_FORBIDDEN;
    if (progress.view.row.state == TOURNAMENT_FINISHED) {
        tournament_reply_message(reply, "tournament finished");
        return OK;
    }
    if (progress.view.row.state != TOURNAMENT_STARTED)
        return ERR_NOT_STARTED;
    if (!has_new_round(&progress.view))
        return ERR_ROUND_NOT_COMPLETED;
    tournament_reply_message(reply, "next round started");
    return OK;
}

/* -- calling off ----------------------------------------------------------------------------- */

static enum err delete_txn(struct db *db, void *arg)
{
    struct step *step = arg;

    return tournaments_cancel(db, &step->args, &step->cancelled);
}

enum err tournament_delete_handle(struct request *request, struct reply *reply)
{
    struct step step;
    struct buf text;
    enum err err;

    if ((err = step_begin(request, reply, &step)))
        return err;
    if ((err = request_write(request, reply, delete_txn, &step)))
        return err;
    buf_init(&text, TOURNAMENT_STEPPED_SIZE);
    tournament_cancelled_put(&text, step.args.tournament_id, &step.cancelled);
    CHECK(buf_ok(&text));
    reply->events[reply->event_count++] =
        (struct reply_event){.subject = TOURNAMENT_SUBJECT_STEPPED,
                             .payload = arena_copy(request->arena, buf_str(&text))};
    buf_release(&text);
    reply->status = 204;
    return OK;
}
