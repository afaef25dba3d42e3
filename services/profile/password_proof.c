/* See password_proof.h. */
#include "services/profile/password_proof.h"

#include "lib/crypt/password.h"
#include "services/limiter.h"

#define KEY_SIZE 64

struct lookup {
    struct str username;
    uint64_t user_id;
    struct user_credentials *credentials;
};

static enum err find_by_name(struct db *db, void *arg)
{
    struct lookup *lookup = arg;

    return user_credentials(db, lookup->username, lookup->credentials);
}

static enum err find_by_id(struct db *db, void *arg)
{
    struct lookup *lookup = arg;

    return user_credentials_by_id(db, lookup->user_id, lookup->credentials);
}

/* Names are folded like the store folds them, or case would give an attacker more tries. */
static struct str folded(struct str name, char memory[KEY_SIZE])
{
    size_t len = name.len < KEY_SIZE ? name.len : KEY_SIZE;

    for (size_t i = 0; i < len; i++) {
        char c = name.ptr[i];
        memory[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    return str_of(memory, len);
}

static enum err allowance_take(struct request *request, struct reply *reply, struct str username)
{
    char memory[KEY_SIZE];
    struct limit_answer answer =
        limiter_take_login(request->context->limiter, folded(username, memory), request->now_ms);

    if (answer.is_allowed)
        return OK;
    reply->retry_after_s = answer.retry_after_s;
    return ERR_RATE_LIMITED;
}

/* Exactly one hash on every way through. */
static enum err compare(struct str password, struct password_proof *proof)
{
    const char *hash = proof->credentials.password_hash;

    if (hash[0])
        return password_verify(password, hash, &proof->needs_rehash);
    password_verify_nobody(password);
    return ERR_CREDENTIALS;
}

enum err password_prove_name(struct request *request, struct reply *reply, struct str username,
                             struct str password, struct password_proof *out)
{
    struct lookup lookup = {.username = username, .credentials = &out->credentials};
    enum err err = allowance_take(request, reply, username);

    *out = (struct password_proof){0};
    if (err)
        return err;
    /* Longer than any name: the store has none and need not be asked. */
    if (username.len < USER_NAME_SIZE)
        err = request_read(request, find_by_name, &lookup);
    if (err && err != ERR_NOT_FOUND)
        return err;
    return compare(password, out);
}

enum err password_prove_caller(struct request *request, struct reply *reply, struct str password,
                               struct password_proof *out)
{
    struct lookup lookup = {.user_id = request->caller.user_id, .credentials = &out->credentials};
    enum err err;

    *out = (struct password_proof){0};
    err = request_read(request, find_by_id, &lookup);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    err = allowance_take(request, reply, str_from_c(out->credentials.user.username));
    if (err)
        return err;
    err = compare(password, out);
    return err == ERR_CREDENTIALS ? ERR_WRONG_PASSWORD : err;
}
