/*
 * POST /v1/auth/refresh: spends a refresh token. The same token again within 10 s gets the same
 * successor, because the first reply may have been lost; later it is a stolen one, and the family
 * ends. That end is durable before the 401 leaves: the reply waits for its commit like any other.
 */
#include "lib/base/log.h"
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

struct rotation {
    const struct context *context;
    struct family_rotate_args args;
    struct family_rotated rotated;
    struct user user;
};

static enum err refresh_txn(struct db *db, void *arg)
{
    struct rotation *rotation = arg;
    enum err verdict, err = family_rotate(db, &rotation->args, &rotation->rotated);

    if (err)
        return err;
    verdict = rotation->rotated.verdict;
    if (verdict && verdict != ERR_BANNED)
        return OK; /* what it did, a revocation, is to be kept */
    err = user_find(db, rotation->rotated.user_id, &rotation->user);
    return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
}

static enum err refusal(struct request *request, struct reply *reply,
                        const struct rotation *rotation)
{
    const struct family_rotated *rotated = &rotation->rotated;

    if (rotated->verdict == ERR_BANNED)
        return session_banned(request, reply, &rotation->user);
    if (rotated->verdict == ERR_TOKEN_REUSED) {
        session_revoked(request, reply, rotated->session_id, rotated->user_id);
        log_event(LOG_WARN, "refresh_token_reused", LOG_U64("user_id", rotated->user_id),
                  LOG_U64("session_id", rotated->session_id), LOG_C("request_id", request->id));
    }
    return rotated->verdict;
}

static enum err rotate(struct request *request, struct reply *reply, struct str text)
{
    struct rotation rotation = {.context = request->context};
    struct refresh_token token, next;
    enum err err = refresh_token_parse(request->context, text, &token);

    if (err)
        return err;
    if (token.generation == UINT32_MAX)
        return ERR_TOKEN_INVALID;
    refresh_token_make(request->context, token.family_id, token.generation + 1, &next);
    rotation.args = (struct family_rotate_args){
        .family_id = token.family_id,
        .generation = token.generation,
        .token_hash = refresh_token_hash(&token),
        .next_hash = refresh_token_hash(&next),
        .now_ms = request->now_ms,
        .expires_ms = request->now_ms + request->context->settings->refresh_ttl_ms};
    err = request_write(request, reply, refresh_txn, &rotation);
    if (err)
        return err;
    if (rotation.rotated.verdict)
        return refusal(request, reply, &rotation);
    CHECK(rotation.rotated.generation == next.generation);
    return session_reply(request, reply, 200, &rotation.user, &next);
}

enum err refresh_handle(struct request *request, struct reply *reply)
{
    struct body body = {0};
    enum err err = request_decode(request, reply, &SCHEMA, &body);
    struct str text;

    if (err)
        return err;
    text = session_token_of(request, body.refresh_token);
    if (text.len == 0 && !body.has_refresh_token && !request->is_web)
        return reply_invalid(reply, "refresh_token", "is required");
    err = rotate(request, reply, text);
    if (err && err_status(err) == 401)
        session_cookie_clear(request, reply);
    return err;
}
