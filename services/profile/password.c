/* POST /v1/auth/password: a new password ends every session but the one that asked. */
#include "lib/crypt/password.h"

#include "lib/base/log.h"
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/profile/password_proof.h"
#include "services/sign_in.h"

struct body {
    struct str current_password;
    struct str new_password;
};

static const struct json_field FIELDS[] = {
    {.name = "current_password",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, current_password),
     .present_offset = SIZE_MAX,
     .max = PASSWORD_TRY_LEN_MAX},
    {.name = "new_password",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, new_password),
     .present_offset = SIZE_MAX,
     .min = PASSWORD_LEN_MIN,
     .max = PASSWORD_LEN_MAX},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct change {
    uint64_t user_id;
    uint64_t keep_id;
    struct str from;
    struct str to;
    uint64_t now_ms;
    struct family_list ended;
};

static enum err password_txn(struct db *db, void *arg)
{
    struct change *change = arg;
    enum err err =
        user_replace_password(db, change->user_id, change->from, change->to, change->now_ms);

    if (err)
        return err;
    return family_revoke_all(db, change->user_id, change->keep_id, change->now_ms, &change->ended);
}

enum err password_handle(struct request *request, struct reply *reply)
{
    struct body body = {0};
    struct password_proof proof;
    struct change change = {.user_id = request->caller.user_id,
                            .keep_id = request->caller.session_id,
                            .now_ms = request->now_ms};
    char hash[PASSWORD_HASH_SIZE];
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    if (!err)
        err = password_prove_caller(request, reply, body.current_password, &proof);
    if (!err)
        err = password_hash(body.new_password, hash);
    if (err)
        return err;
    change.from = str_from_c(proof.credentials.password_hash);
    change.to = str_from_c(hash);
    err = request_write(request, reply, password_txn, &change);
    if (err)
        return err;
    for (size_t i = 0; i < change.ended.count; i++)
        session_revoked(request, reply, change.ended.ids[i], change.user_id);
    log_event(LOG_INFO, "password_changed", LOG_U64("user_id", change.user_id),
              LOG_C("request_id", request->id));
    reply->status = 204;
    return OK;
}
