/* The quick queue over HTTP (protocol section 3): bodies and statuses of dialect A. */
#include "services/matchmaker/handlers.h"
#include "services/matchmaker/quick.h"

/* Join and leave carry nothing; a key is a misunderstanding that is better said at once. */
static enum err nothing_decode(struct request *request, struct reply *reply)
{
    static const struct json_schema NOTHING = {.fields = NULL, .count = 0};
    char nothing;

    return request_decode(request, reply, &NOTHING, &nothing);
}

static void tell_changed(struct request *request, struct reply *reply)
{
    char memory[QUICK_PAYLOAD_SIZE];
    struct buf payload;

    buf_init_fixed(&payload, memory, sizeof(memory));
    quick_changed_put(&payload, request->caller.user_id);
    reply_event(request, reply, QUICK_SUBJECT_CHANGED, "%.*s", STR_ARGS(buf_str(&payload)));
}

static void tell_match(struct request *request, struct reply *reply,
                       const struct quick_joined *joined)
{
    char memory[QUICK_PAYLOAD_SIZE];
    struct buf payload;

    buf_init_fixed(&payload, memory, sizeof(memory));
    quick_match_created_put(&payload, joined);
    reply_event(request, reply, QUICK_SUBJECT_MATCH, "%.*s", STR_ARGS(buf_str(&payload)));
}

/* The 409 of a player who is in a match names it, so that the client can go there. */
static enum err in_match(struct request *request, struct reply *reply, uint64_t match_id)
{
    char memory[64];
    struct buf extra;

    buf_init_fixed(&extra, memory, sizeof(memory));
    buf_put_c(&extra, "\"game_id\":");
    buf_put_u64(&extra, match_id);
    reply->extra = arena_copy(request->arena, buf_str(&extra));
    return ERR_IN_MATCH;
}

static void match_put(struct json_writer *w, const struct ticket_joined *ticket)
{
    json_key(w, "match");
    if (ticket->match_id == 0) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_u64(w, "game_id", ticket->match_id);
    json_c(w, "side", quick_side(ticket->seat));
    json_c(w, "opponent", ticket->opponent);
    json_object_end(w);
}

static void join_render(struct reply *reply, const void *arg)
{
    const struct ticket_joined *ticket = &((const struct quick_join *)arg)->out->ticket;
    struct json_writer w = json_writer_of(&reply->body);

    json_object_begin(&w);
    json_c(&w, "success", "User added to queue");
    json_u64(&w, "position", ticket->position);
    json_c(&w, "queue", QUICK_MODE);
    match_put(&w, ticket);
    json_object_end(&w);
}

enum err queue_join_handle(struct request *request, struct reply *reply)
{
    struct quick_joined joined = {0};
    struct quick_join join;
    enum err err;

    if ((err = nothing_decode(request, reply)))
        return err;
    if ((err = quick_join_begin(request->context, request->caller.user_id, false, request->now_ms,
                                &joined, &join)))
        return err;
    err = request_write_reply(request, reply, quick_join_txn, &join, join_render);
    err = quick_join_settle(request->context, &join, err);
    if (err == ERR_IN_MATCH)
        return in_match(request, reply, joined.ticket.match_id);
    if (err)
        return err;
    tell_changed(request, reply);
    if (joined.ticket.match_id != 0)
        tell_match(request, reply, &joined);
    return OK;
}

static void leave_render(struct reply *reply, const void *arg)
{
    struct json_writer w = json_writer_of(&reply->body);

    (void)arg;
    json_object_begin(&w);
    json_c(&w, "success", "User removed from queue");
    json_object_end(&w);
}

enum err queue_leave_handle(struct request *request, struct reply *reply)
{
    struct quick_leave leave = {.user_id = request->caller.user_id, .now_ms = request->now_ms};
    enum err err;

    if ((err = nothing_decode(request, reply)))
        return err;
    err = request_write_reply(request, reply, quick_leave_txn, &leave, leave_render);
    if ((err = quick_leave_settle(request->context, &leave, err)))
        return err;
    tell_changed(request, reply);
    return OK;
}

static const char *state_name(enum ticket_place_state state)
{
    switch (state) {
    case TICKET_QUEUED:
        return "queued";
    case TICKET_MATCHED:
        return "matched";
    case TICKET_IDLE:
        break;
    }
    return "idle";
}

enum err queue_status_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct quick_status status;
    enum err err;

    err = quick_status(request->context, request->caller.user_id, request->now_ms, &status);
    if (err)
        return err;
    json_object_begin(&w);
    json_c(&w, "state", state_name(status.place.state));
    json_u64(&w, "position", status.place.position);
    json_u64(&w, "total_players", status.place.total);
    json_u64(&w, "waited_ms", status.waited_ms);
    if (status.has_eta)
        json_u64(&w, "eta_ms", status.eta_ms);
    if (status.place.state == TICKET_MATCHED) {
        json_u64(&w, "game_id", status.place.match_id);
        json_c(&w, "side", quick_side(status.place.seat));
        json_c(&w, "opponent", status.place.opponent);
    }
    json_object_end(&w);
    return OK;
}
