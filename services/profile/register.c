/*
 * POST /v1/auth/register: a new account, signed in. Whether the name is free is asked twice: before
 * hashing, which is expensive, and by the unique constraint, which decides.
 */
#include "lib/crypt/password.h"
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/sign_in.h"

struct body {
    struct str username;
    bool has_username;
    struct str password;
    struct str email;
    bool has_email;
    struct str region;
    bool has_region;
};

static const struct json_field FIELDS[] = {
    {.name = "username",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, username),
     .present_offset = offsetof(struct body, has_username),
     .min = USERNAME_LEN_MIN,
     .max = USERNAME_LEN_MAX},
    {.name = "password",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, password),
     .present_offset = SIZE_MAX,
     .min = PASSWORD_LEN_MIN,
     .max = PASSWORD_LEN_MAX},
    {.name = "email",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct body, email),
     .present_offset = offsetof(struct body, has_email)},
    {.name = "region",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct body, region),
     .present_offset = offsetof(struct body, has_region)},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct registration {
    const struct context *context;
    struct user_create_args args;
    struct user user;
    struct refresh_token token;
};

/* All faults of a body are told at once, so the rules are asked also when the schema had some. */
static enum err body_read(struct request *request, struct reply *reply, struct body *body)
{
    enum err err = request_decode(request, reply, &SCHEMA, body);

    if (err && err != ERR_INVALID)
        return err;
    if (body->has_username)
        username_check(reply, body->username);
    if (body->has_email)
        email_check(reply, body->email);
    if (body->has_region)
        region_check(reply, body->region);
    return reply->errors.count > 0 ? ERR_INVALID : OK;
}

static enum err is_name_free(struct db *db, void *arg)
{
    struct registration *registration = arg;
    enum err err = user_find_by_name(db, registration->args.username, &registration->user);

    if (err == ERR_NOT_FOUND)
        return OK;
    return err ? err : ERR_USERNAME_TAKEN;
}

static enum err register_txn(struct db *db, void *arg)
{
    struct registration *registration = arg;
    enum err err = user_create(db, &registration->args, &registration->user);

    if (err)
        return err;
    return session_start(db, registration->context, registration->user.id,
                         registration->args.now_ms, &registration->token);
}

enum err register_handle(struct request *request, struct reply *reply)
{
    struct body body = {0};
    struct registration registration = {.context = request->context};
    char hash[PASSWORD_HASH_SIZE];
    enum err err = body_read(request, reply, &body);

    if (err)
        return err;
    registration.args = (struct user_create_args){.username = body.username,
                                                  .email = body.email,
                                                  .region = body.region,
                                                  .now_ms = request->now_ms};
    err = request_read(request, is_name_free, &registration);
    if (!err)
        err = password_hash(body.password, hash);
    if (err)
        return err;
    registration.args.password_hash = str_from_c(hash);
    err = request_write(request, reply, register_txn, &registration);
    if (err)
        return err;
    return session_reply(request, reply, 201, &registration.user, &registration.token);
}
