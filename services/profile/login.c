/* POST /v1/auth/login. A hash made with other parameters than today's is made anew, because only
 * here the password itself is at hand. */
#include "lib/base/log.h"
#include "lib/crypt/password.h"
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/profile/password_proof.h"
#include "services/sign_in.h"

struct body {
    struct str username;
    struct str password;
};

static const struct json_field FIELDS[] = {
    {.name = "username",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, username),
     .present_offset = SIZE_MAX,
     .max = 256},
    {.name = "password",
     .type = JSON_STR,
     .is_required = true,
     .offset = offsetof(struct body, password),
     .present_offset = SIZE_MAX,
     .max = PASSWORD_TRY_LEN_MAX},
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct login {
    const struct context *context;
    const struct user_credentials *proven;
    struct user_credentials now;
    struct str new_hash; /* empty: the present one is good */
    uint64_t now_ms;
    struct refresh_token token;
};

/* Between the comparison and this transaction the password may have been changed, or the account
 * banned or deleted: then what was proven is proven no more. */
static enum err login_txn(struct db *db, void *arg)
{
    struct login *login = arg;
    const struct user *user = &login->now.user;
    enum err err = user_credentials_by_id(db, login->proven->user.id, &login->now);

    if (err == ERR_NOT_FOUND)
        return ERR_CREDENTIALS;
    if (err)
        return err;
    if (strcmp(login->now.password_hash, login->proven->password_hash) != 0)
        return ERR_CREDENTIALS;
    if (user->banned_until_ms > login->now_ms)
        return ERR_BANNED;
    if (login->new_hash.len > 0)
        err = user_set_password(db, user->id, login->new_hash, login->now_ms);
    if (err)
        return err;
    return session_start(db, login->context, user->id, login->now_ms, &login->token);
}

enum err login_handle(struct request *request, struct reply *reply)
{
    struct body body = {0};
    struct password_proof proof;
    struct login login = {
        .context = request->context, .proven = &proof.credentials, .now_ms = request->now_ms};
    char hash[PASSWORD_HASH_SIZE];
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    if (!err)
        err = password_prove_name(request, reply, body.username, body.password, &proof);
    if (!err && proof.needs_rehash)
        err = password_hash(body.password, hash);
    if (err)
        return err;
    if (proof.needs_rehash)
        login.new_hash = str_from_c(hash);
    err = request_write(request, reply, login_txn, &login);
    if (err == ERR_BANNED)
        return session_banned(request, reply, &login.now.user);
    if (err)
        return err;
    log_event(LOG_INFO, "login", LOG_U64("user_id", login.now.user.id),
              LOG_C("request_id", request->id));
    return session_reply(request, reply, 200, &login.now.user, &login.token);
}
