/* Duels over HTTP (protocol sections 5 and 14). */
#include "services/lobby/duel.h"
#include "services/lobby/duel_reply.h"
#include "services/lobby/handlers.h"
#include "services/notify.h"

void duel_tell_with_reply(struct request *request, struct reply *reply, const struct duel_row *row)
{
    char memory[DUEL_DATA_SIZE];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    duel_data_put(&w, row);
    CHECK(buf_ok(&text));
    notify_with_reply(request, reply, row->duel.challenger_id, duel_event(row), buf_str(&text));
    notify_with_reply(request, reply, row->duel.target_id, duel_event(row), buf_str(&text));
    if (row->match_id == 0)
        return;
    buf_clear(&text);
    w = json_writer_of(&text);
    duel_match_put(&w, row);
    reply_event(request, reply, "match.created", "%.*s", STR_ARGS(buf_str(&text)));
}

/* -- challenging ----------------------------------------------------------------------------- */

struct duel_body {
    struct str target;
    struct str game;
};

/* `target` is a username or a player id. */
static enum err body_decode(struct request *request, struct reply *reply, struct duel_body *out)
{
    static const struct json_field FIELDS[] = {
        {.name = "target",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct duel_body, target),
         .present_offset = SIZE_MAX,
         .min = 1,
         .max = 32},
        {.name = "game",
         .type = JSON_STR,
         .offset = offsetof(struct duel_body, game),
         .present_offset = SIZE_MAX,
         .max = 32},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = false};
    enum err err;

    *out = (struct duel_body){.game = STR(DUEL_GAME)};
    if ((err = request_decode(request, reply, &SCHEMA, out)))
        return err;
    if (!str_eq(out->game, STR(DUEL_GAME)))
        return reply_invalid(reply, "game", "must be pong");
    return OK;
}

static void opened_put(struct reply *reply, const struct duel_row *row)
{
    struct json_writer w = json_writer_of(&reply->body);

    json_object_begin(&w);
    json_u64_text(&w, "duel_id", row->id);
    json_c(&w, "state", duel_state_name((enum duel_state)row->duel.state));
    json_time(&w, "expires_at", row->duel.expires_ms);
    if (row->match_id != 0)
        json_u64_text(&w, "game_id", row->match_id);
    json_object_end(&w);
}

enum err duel_open_handle(struct request *request, struct reply *reply)
{
    struct duel_challenge challenge;
    struct duel_body body;
    enum err err;

    if ((err = body_decode(request, reply, &body)))
        return err;
    err = duel_challenge_begin(request->context, request->caller.user_id, body.target,
                               request->now_ms, &challenge);
    if (err)
        return err;
    if ((err = request_write(request, reply, duel_challenge_txn, &challenge)))
        return err;
    duel_tell_with_reply(request, reply, &challenge.opened.duel);
    /* Those others are late by now; a reply carries only so many events. */
    for (size_t i = 0; i < challenge.expired.count && reply->event_count + 3 < REPLY_EVENTS_MAX;
         i++)
        duel_tell_with_reply(request, reply, &challenge.expired.duels[i]);
    reply->status = 201;
    opened_put(reply, &challenge.opened.duel);
    return OK;
}

/* -- answering ------------------------------------------------------------------------------- */

struct answer {
    struct duels_answer_args args;
    enum err (*say)(struct db *db, const struct duels_answer_args *args, struct duel_row *out);
    struct duel_row row;
};

static enum err answer_txn(struct db *db, void *arg)
{
    struct answer *answer = arg;

    return answer->say(db, &answer->args, &answer->row);
}

static enum err answer_run(struct request *request, struct reply *reply, struct answer *answer)
{
    static const struct json_schema NOTHING = {.fields = NULL, .count = 0};
    uint64_t duel_id;
    char nothing;
    enum err err;

    if (str_to_u64(request->params[0], INT64_MAX, &duel_id))
        return ERR_NOT_FOUND;
    if ((err = request_decode(request, reply, &NOTHING, &nothing)))
        return err;
    answer->args =
        duel_answer_args(request->context, duel_id, request->caller.user_id, request->now_ms);
    if ((err = request_write(request, reply, answer_txn, answer)))
        return err;
    duel_tell_with_reply(request, reply, &answer->row);
    return OK;
}

enum err duel_accept_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct answer answer = {.say = duels_accept};
    enum err err;

    if (atomic_load(&request->context->is_draining))
        return ERR_DRAINING;
    if ((err = answer_run(request, reply, &answer)))
        return err;
    json_object_begin(&w);
    json_u64_text(&w, "duel_id", answer.row.id);
    json_u64_text(&w, "game_id", answer.row.match_id);
    json_object_end(&w);
    return OK;
}

static enum err refuse(struct request *request, struct reply *reply, struct answer *answer)
{
    struct json_writer w = json_writer_of(&reply->body);
    enum err err = answer_run(request, reply, answer);

    if (err)
        return err;
    json_object_begin(&w);
    json_u64_text(&w, "duel_id", answer->row.id);
    json_c(&w, "state", duel_state_name((enum duel_state)answer->row.duel.state));
    json_object_end(&w);
    return OK;
}

enum err duel_decline_handle(struct request *request, struct reply *reply)
{
    struct answer answer = {.say = duels_decline};

    return refuse(request, reply, &answer);
}

enum err duel_cancel_handle(struct request *request, struct reply *reply)
{
    struct answer answer = {.say = duels_cancel};

    return refuse(request, reply, &answer);
}
