/*
 * DELETE /v1/profile/me: the person is forgotten, matches stay under another name. An account needs
 * its password; guests and players of an outside service have none here and send {}.
 */
#include "lib/base/log.h"
#include "services/identity.h"
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/profile/password_proof.h"
#include "services/sign_in.h"

struct body {
    struct str password;
    bool has_password;
};

static const struct json_field FIELDS[] = {
    {.name = "password",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct body, password),
     .present_offset = offsetof(struct body, has_password),
     .max = PASSWORD_TRY_LEN_MAX},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct deletion {
    uint64_t user_id;
    uint64_t now_ms;
    struct user user;
    struct family_list ended;
    struct user_deleted deleted;
};

static enum err find_caller(struct db *db, void *arg)
{
    struct deletion *deletion = arg;

    return user_find(db, deletion->user_id, &deletion->user);
}

static enum err delete_txn(struct db *db, void *arg)
{
    struct deletion *deletion = arg;
    enum err err = family_revoke_all(db, deletion->user_id, 0, deletion->now_ms, &deletion->ended);

    if (err)
        return err;
    return user_delete(db, deletion->user_id, deletion->now_ms, &deletion->deleted);
}

static enum err prove(struct request *request, struct reply *reply, const struct body *body,
                      const struct user *user)
{
    struct password_proof proof;

    if (user->is_guest || user->is_external)
        return OK;
    if (!body->has_password)
        return reply_invalid(reply, "password", "is required");
    return password_prove_caller(request, reply, body->password, &proof);
}

enum err profile_delete_handle(struct request *request, struct reply *reply)
{
    struct deletion deletion = {.user_id = request->caller.user_id, .now_ms = request->now_ms};
    struct body body = {0};
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    if (!err)
        err = request_read(request, find_caller, &deletion);
    if (!err)
        err = prove(request, reply, &body, &deletion.user);
    if (!err)
        err = request_write(request, reply, delete_txn, &deletion);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    for (size_t i = 0; i < deletion.ended.count; i++)
        session_revoked(request, reply, deletion.ended.ids[i], deletion.user_id);
    if (request->caller.is_external)
        session_revoked(request, reply, request->caller.session_id, deletion.user_id);
    identity_forget(request->context->identities, deletion.user_id);
    session_cookie_clear(request, reply);
    log_event(LOG_INFO, "account_deleted", LOG_U64("user_id", deletion.user_id),
              LOG_C("request_id", request->id));
    reply->status = 204;
    return OK;
}
