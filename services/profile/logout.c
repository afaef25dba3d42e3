/* POST /v1/auth/logout: any token of a family, also a spent one, proves the wish to end it. Ending
 * what has ended is no error. */
#include "services/profile/handlers.h"
#include "services/sign_in.h"

struct body {
    struct str refresh_token;
    bool has_refresh_token;
};

static const struct json_field FIELDS[] = {
    {.name = "refresh_token",
     .type = JSON_STR,
     .offset = offsetof(struct body, refresh_token),
     .present_offset = offsetof(struct body, has_refresh_token)},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct ending {
    struct family_revoke_args args;
    struct family_revoked revoked;
};

static enum err logout_txn(struct db *db, void *arg)
{
    struct ending *ending = arg;

    return family_revoke(db, &ending->args, &ending->revoked);
}

enum err logout_handle(struct request *request, struct reply *reply)
{
    struct body body = {0};
    struct ending ending = {0};
    struct refresh_token token;
    struct str text;
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    if (err)
        return err;
    text = session_token_of(request, body.refresh_token);
    if (text.len == 0 && !body.has_refresh_token && !request->is_web)
        return reply_invalid(reply, "refresh_token", "is required");
    session_cookie_clear(request, reply);
    err = refresh_token_parse(request->context, text, &token);
    if (err)
        return err;
    /* The HMAC has proven that the token is of this family; spent generations have no hash left. */
    ending.args = (struct family_revoke_args){
        .family_id = token.family_id, .generation = token.generation, .now_ms = request->now_ms};
    err = request_write(request, reply, logout_txn, &ending);
    if (err)
        return err;
    if (ending.revoked.was_live)
        session_revoked(request, reply, token.family_id, ending.revoked.user_id);
    reply->status = 204;
    return OK;
}
