/* The one form of body that the routes below /api/room take. */
#include "services/account_rules.h"
#include "services/rooms/handlers.h"

#define CODE_LEN_MAX 64

static const struct json_field FIELDS[] = {
    {.name = "room_code",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct room_body, room_code),
     .present_offset = offsetof(struct room_body, has_code),
     .max = CODE_LEN_MAX},
    {.name = "username",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct room_body, username),
     .present_offset = offsetof(struct room_body, has_username),
     .min = USERNAME_LEN_MIN,
     .max = USERNAME_LEN_MAX},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

enum err room_body_decode(struct request *request, struct reply *reply, struct room_body *body)
{
    enum err err = request_decode(request, reply, &SCHEMA, body);

    if (err)
        return err;
    if (body->has_username)
        username_check(reply, body->username);
    return reply->errors.count > 0 ? ERR_INVALID : OK;
}

enum err room_body_code(struct request *request, struct reply *reply, struct room_body *body)
{
    enum err err = room_body_decode(request, reply, body);

    if (err)
        return err;
    if (body->room_code.len == 0)
        return ERR_ROOM_CODE;
    return roomcode_fold(body->room_code, body->code);
}
