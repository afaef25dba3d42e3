/*
 * POST /v1/auth/guest: a player at once, without a password; and POST /v1/auth/upgrade: the same
 * player as an account. A guest whose tokens are lost is lost.
 */
#include "lib/crypt/password.h"
#include "lib/crypt/random.h"
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/sign_in.h"

struct guest_body {
    struct str username;
    bool has_username;
};

static const struct json_field GUEST_FIELDS[] = {
    {.name = "username",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct guest_body, username),
     .present_offset = offsetof(struct guest_body, has_username),
     .min = USERNAME_LEN_MIN,
     .max = USERNAME_LEN_MAX},
};
static const struct json_schema GUEST_SCHEMA = {.fields = GUEST_FIELDS,
                                                .count = ARRAY_COUNT(GUEST_FIELDS)};

struct guest {
    const struct context *context;
    struct user_guest_args args;
    struct user user;
    struct refresh_token token;
};

static enum err guest_txn(struct db *db, void *arg)
{
    struct guest *guest = arg;
    enum err err = user_create_guest(db, &guest->args, &guest->user);

    if (err)
        return err;
    return session_start(db, guest->context, guest->user.id, guest->args.now_ms, &guest->token);
}

enum err guest_handle(struct request *request, struct reply *reply)
{
    struct guest_body body = {0};
    struct guest guest = {.context = request->context};
    enum err err = request_decode(request, reply, &GUEST_SCHEMA, &body);

    if (err)
        return err;
    if (body.has_username)
        username_check(reply, body.username);
    if (reply->errors.count > 0)
        return ERR_INVALID;
    guest.args = (struct user_guest_args){.username = body.username,
                                          .is_exact = body.has_username,
                                          .random = random_u64(),
                                          .now_ms = request->now_ms};
    err = request_write(request, reply, guest_txn, &guest);
    if (err)
        return err;
    return session_reply(request, reply, 201, &guest.user, &guest.token);
}

struct upgrade_body {
    struct str username;
    bool has_username;
    struct str password;
    struct str email;
    bool has_email;
};

static const struct json_field UPGRADE_FIELDS[] = {
    {.name = "username",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct upgrade_body, username),
     .present_offset = offsetof(struct upgrade_body, has_username),
     .min = USERNAME_LEN_MIN,
     .max = USERNAME_LEN_MAX},
    {.name = "password",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct upgrade_body, password),
     .present_offset = SIZE_MAX,
     .min = PASSWORD_LEN_MIN,
     .max = PASSWORD_LEN_MAX},
    {.name = "email",
     .type = JSON_STR,
     .is_nullable = true,
     .offset = offsetof(struct upgrade_body, email),
     .present_offset = offsetof(struct upgrade_body, has_email)},
};
static const struct json_schema UPGRADE_SCHEMA = {.fields = UPGRADE_FIELDS,
                                                  .count = ARRAY_COUNT(UPGRADE_FIELDS)};

struct upgrade {
    const struct context *context;
    struct user_upgrade_args args;
    struct user user;
    struct refresh_token token;
};

static enum err is_guest(struct db *db, void *arg)
{
    struct upgrade *upgrade = arg;
    enum err err = user_find(db, upgrade->args.user_id, &upgrade->user);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    return upgrade->user.is_guest ? OK : ERR_NOT_GUEST;
}

/* The new name is in the new pair's access token. The session that asked stays as it is: its
 * sockets may be in the middle of a match. */
static enum err upgrade_txn(struct db *db, void *arg)
{
    struct upgrade *upgrade = arg;
    enum err err = user_upgrade(db, &upgrade->args, &upgrade->user);

    if (err)
        return err;
    return session_start(db, upgrade->context, upgrade->user.id, upgrade->args.now_ms,
                         &upgrade->token);
}

static enum err upgrade_body_read(struct request *request, struct reply *reply,
                                  struct upgrade_body *body)
{
    enum err err = request_decode(request, reply, &UPGRADE_SCHEMA, body);

    if (err && err != ERR_INVALID)
        return err;
    if (body->has_username)
        username_check(reply, body->username);
    if (body->has_email)
        email_check(reply, body->email);
    return reply->errors.count > 0 ? ERR_INVALID : OK;
}

enum err upgrade_handle(struct request *request, struct reply *reply)
{
    struct upgrade_body body = {0};
    struct upgrade upgrade = {.context = request->context};
    char hash[PASSWORD_HASH_SIZE];
    enum err err = upgrade_body_read(request, reply, &body);

    if (err)
        return err;
    upgrade.args = (struct user_upgrade_args){.user_id = request->caller.user_id,
                                              .username = body.username,
                                              .email = body.email,
                                              .now_ms = request->now_ms};
    err = request_read(request, is_guest, &upgrade);
    if (!err)
        err = password_hash(body.password, hash);
    if (err)
        return err;
    upgrade.args.password_hash = str_from_c(hash);
    err = request_write(request, reply, upgrade_txn, &upgrade);
    if (err)
        return err;
    return session_reply(request, reply, 200, &upgrade.user, &upgrade.token);
}
