/* POST /api/room/create and /api/room/cancel: a room begins, and ends before anybody came. */
#include "lib/crypt/random.h"
#include "services/rooms/handlers.h"

/* With 2^30 codes a second draw is rare, a fourth means that something else is wrong. */
#define DRAWS_MAX 4

struct create {
    struct entry entry;
    struct room_codes_create_args args;
    uint64_t caller_id;
    struct room_row room;
};

static enum err create_txn(struct db *db, void *arg)
{
    struct create *create = arg;
    enum err err = entry_txn(db, &create->entry, create->caller_id);

    if (err)
        return err;
    create->args.creator_id = create->entry.user.id;
    return room_codes_create(db, &create->args, &create->room);
}

static void code_draw(char *code)
{
    uint8_t bytes[ROOMCODE_LEN];

    do {
        random_bytes(bytes, sizeof(bytes));
    } while (!roomcode_make(bytes, code));
}

enum err room_create_handle(struct request *request, struct reply *reply)
{
    struct create create = {.caller_id = request->caller.user_id};
    struct room_body body = {.has_code = false};
    char code[ROOMCODE_SIZE];
    enum err err = room_body_decode(request, reply, &body);

    if (err)
        return err;
    if (body.has_code)
        return reply_invalid(reply, "room_code", "is chosen by the server");
    if (atomic_load(&request->context->is_draining))
        return ERR_DRAINING;
    if ((err = entry_init(request, reply, &body, &create.entry)))
        return err;
    for (int draw = 0; draw < DRAWS_MAX; draw++) {
        code_draw(code);
        create.args = (struct room_codes_create_args){
            .code = str_from_c(code),
            .now_ms = request->now_ms,
            .expires_ms = request->now_ms + request->context->settings->room_expiry_ms};
        err = request_write(request, reply, create_txn, &create);
        if (err != ERR_EXISTS)
            break;
    }
    if (err)
        return err == ERR_EXISTS ? ERR_FULL : err;
    return entry_reply(request, reply, &create.entry, &create.room, SEAT_LEFT, false);
}

struct cancel {
    struct room_codes_cancel_args args;
    struct room_row room;
};

static enum err cancel_txn(struct db *db, void *arg)
{
    struct cancel *cancel = arg;

    return room_codes_cancel(db, &cancel->args, &cancel->room);
}

enum err room_cancel_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct room_body body = {.has_code = false};
    struct cancel cancel;
    enum err err = room_body_code(request, reply, &body);

    if (err)
        return err;
    cancel.args = (struct room_codes_cancel_args){.code = str_from_c(body.code),
                                                  .user_id = request->caller.user_id,
                                                  .now_ms = request->now_ms};
    if ((err = request_write(request, reply, cancel_txn, &cancel)))
        return err;
    reply_event(request, reply, ROOM_SUBJECT_CLOSED, "{\"room_code\":\"%s\"}", body.code);
    json_object_begin(&w);
    json_bool(&w, "success", true);
    json_c(&w, "message", "Room cancelled");
    json_object_end(&w);
    return OK;
}
