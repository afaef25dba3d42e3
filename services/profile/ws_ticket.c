/* POST /v1/ws/ticket: for browsers, whose sockets can send no header. */
#include "services/profile/handlers.h"
#include "services/tickets_ws.h"

static const struct json_schema NOTHING = {.fields = NULL, .count = 0};

enum err ws_ticket_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    char memory[TICKET_WS_TEXT_SIZE];
    struct buf ticket;
    char ignored;
    enum err err = request_decode(request, reply, &NOTHING, &ignored);

    if (err)
        return err;
    buf_init_fixed(&ticket, memory, sizeof(memory));
    err =
        tickets_ws_issue(request->context->tickets_ws, &request->caller, request->now_ms, &ticket);
    if (err)
        return err;
    CHECK(buf_ok(&ticket));
    json_object_begin(&w);
    json_str(&w, "ticket", buf_str(&ticket));
    json_u64(&w, "expires_in", TICKET_WS_TTL_MS / 1000);
    json_object_end(&w);
    reply->is_secret = true;
    return OK;
}
