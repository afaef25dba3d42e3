/* Tokens, cookie and the reply that carries them. */
#include "services/sign_in.h"

#include "lib/crypt/signer.h"
#include "lib/wire/base64.h"
#include "services/revocations.h"

#define ID_SIZE 12
#define COOKIE_SIZE 256
#define BAN_SIZE 2048 /* a reason of 256 bytes, every one of them escaped */
/* Beyond an access token's expiry: its leeway of 30 s, and as much again for clocks. */
#define REVOCATION_MARGIN_MS 60000

_Static_assert(ID_SIZE + SHA256_SIZE == REFRESH_TOKEN_SIZE, "the layout of sign_in.h");
_Static_assert((REFRESH_TOKEN_SIZE * 8 + 5) / 6 == REFRESH_TOKEN_TEXT_SIZE, "base64url, unpadded");
_Static_assert(SHA256_SIZE == FAMILY_HASH_SIZE, "what the store keeps of a token");

static void put_big_endian(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        out[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get_big_endian(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

void refresh_token_make(const struct context *context, uint64_t family_id, uint32_t generation,
                        struct refresh_token *out)
{
    uint8_t key[32], bytes[REFRESH_TOKEN_SIZE];
    struct buf text;

    *out = (struct refresh_token){.family_id = family_id, .generation = generation};
    put_big_endian(bytes, family_id, 8);
    put_big_endian(bytes + 8, generation, 4);
    signer_derive(context->signer, "refresh token", key);
    hmac_sha256(str_of(key, sizeof(key)), str_of(bytes, ID_SIZE), bytes + ID_SIZE);
    buf_init_fixed(&text, out->text, REFRESH_TOKEN_TEXT_SIZE);
    base64url_put(&text, bytes, sizeof(bytes));
    CHECK(buf_ok(&text));
    sha256(buf_str(&text), out->hash);
    secret_wipe(key, sizeof(key));
    secret_wipe(bytes, sizeof(bytes));
}

enum err refresh_token_parse(const struct context *context, struct str text,
                             struct refresh_token *out)
{
    uint8_t bytes[REFRESH_TOKEN_SIZE];
    struct refresh_token token;
    struct buf decoded;

    buf_init_fixed(&decoded, bytes, sizeof(bytes));
    if (text.len != REFRESH_TOKEN_TEXT_SIZE || base64url_decode(text, &decoded) ||
        decoded.len != sizeof(bytes))
        return ERR_TOKEN_INVALID;
    refresh_token_make(context, get_big_endian(bytes, 8), (uint32_t)get_big_endian(bytes + 8, 4),
                       &token);
    if (!secret_eq(text, str_of(token.text, REFRESH_TOKEN_TEXT_SIZE)))
        return ERR_TOKEN_INVALID;
    *out = token;
    return OK;
}

enum err session_start(struct db *db, const struct context *context, uint64_t user_id,
                       uint64_t now_ms, struct refresh_token *out)
{
    struct family_create_args args = {.user_id = user_id,
                                      .now_ms = now_ms,
                                      .expires_ms = now_ms + context->settings->refresh_ttl_ms};
    enum err err = family_next_id(db, &args.family_id);

    if (err)
        return err;
    refresh_token_make(context, args.family_id, 1, out);
    args.token_hash = refresh_token_hash(out);
    return family_create(db, &args);
}

uint64_t session_revoked_until(const struct context *context, uint64_t ended_ms)
{
    return ended_ms + context->settings->access_ttl_ms + REVOCATION_MARGIN_MS;
}

void session_revoked(struct request *request, struct reply *reply, uint64_t session_id,
                     uint64_t user_id)
{
    revocations_add(request->context->revocations, session_id,
                    session_revoked_until(request->context, request->now_ms));
    reply_event(request, reply, "session.revoked", "{\"session_id\":%llu,\"user_id\":%llu}",
                (unsigned long long)session_id, (unsigned long long)user_id);
}

struct str session_token_of(const struct request *request, struct str body)
{
    if (request->is_web && request->refresh_cookie.len > 0)
        return request->refresh_cookie;
    return body;
}

/* A cookie of a page is never readable by its scripts, never sent by another site's pages, and
 * over TLS bound to this very host (RFC 6265bis section 4.1.3.2). */
static enum err cookie_set(struct request *request, struct reply *reply, const char *value,
                           uint64_t max_age_s)
{
    char *text = arena_alloc(request->arena, COOKIE_SIZE);
    struct buf cookie;

    if (!text)
        return ERR_FULL;
    buf_init_fixed(&cookie, text, COOKIE_SIZE);
    buf_put_c(&cookie, request->is_tls ? "__Host-rally_rt=" : "rally_rt=");
    buf_put_c(&cookie, value);
    buf_put_c(&cookie, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
    buf_put_u64(&cookie, max_age_s);
    if (request->is_tls)
        buf_put_c(&cookie, "; Secure");
    CHECK(buf_ok(&cookie));
    reply->set_cookie = buf_str(&cookie);
    return OK;
}

void session_cookie_clear(struct request *request, struct reply *reply)
{
    if (request->is_web && cookie_set(request, reply, "", 0))
        reply->set_cookie = (struct str){0};
}

enum err session_banned(struct request *request, struct reply *reply, const struct user *user)
{
    char *text = arena_alloc(request->arena, BAN_SIZE);
    struct json_writer w;
    struct buf extra;

    if (!text)
        return ERR_FULL;
    buf_init_fixed(&extra, text, BAN_SIZE);
    w = json_writer_of(&extra);
    json_c(&w, "reason", user->ban_reason);
    if (user->banned_until_ms >= USER_BANNED_FOREVER)
        json_null(&w, "until");
    else
        json_time(&w, "until", user->banned_until_ms);
    CHECK(buf_ok(&extra));
    reply->extra = buf_str(&extra);
    return ERR_BANNED;
}

static enum err sign_access(struct request *request, const struct user *user, uint64_t session_id,
                            struct buf *out)
{
    struct access_claims claims = {
        .user_id = user->id,
        .session_id = session_id,
        .issued_at_ms = request->now_ms,
        .expires_at_ms = request->now_ms + request->context->settings->access_ttl_ms,
    };

    if (str_to_c(str_from_c(user->username), claims.username, sizeof(claims.username)))
        return ERR_INTERNAL;
    return signer_sign_access(request->context->signer, &claims, out);
}

static void account_put(struct json_writer *w, const struct user *user)
{
    json_u64_text(w, "player_id", user->id);
    json_u64(w, "user_id", user->id);
    json_c(w, "username", user->username);
    if (user->email[0])
        json_c(w, "email", user->email);
    else
        json_null(w, "email");
    json_bool(w, "guest", user->is_guest);
}

enum err session_tokens_put(struct request *request, struct reply *reply, struct json_writer *w,
                            const struct user *user, const struct refresh_token *token)
{
    const struct settings *settings = request->context->settings;
    char memory[LIMIT_TOKEN_SIZE];
    struct buf access;
    enum err err;

    buf_init_fixed(&access, memory, sizeof(memory));
    err = sign_access(request, user, token->family_id, &access);
    if (!err && request->is_web)
        err = cookie_set(request, reply, token->text, settings->refresh_ttl_ms / 1000);
    if (err)
        return err;
    json_str(w, "access_token", buf_str(&access));
    if (!request->is_web)
        json_c(w, "refresh_token", token->text);
    json_c(w, "token_type", "bearer");
    json_u64(w, "expires_in", settings->access_ttl_ms / 1000);
    reply->is_secret = true;
    return OK;
}

enum err session_reply(struct request *request, struct reply *reply, int status,
                       const struct user *user, const struct refresh_token *token)
{
    struct json_writer w = json_writer_of(&reply->body);
    enum err err;

    json_object_begin(&w);
    account_put(&w, user);
    if ((err = session_tokens_put(request, reply, &w, user, token)))
        return err;
    json_object_end(&w);
    reply->status = status;
    return OK;
}
