/*
 * Sign-ins as pairs of tokens: an access token of lib/crypt/signer.h and a refresh token. The
 * latter is derived, not drawn:
 *
 *     base64url(family id, 8 bytes | generation, 4 bytes | HMAC-SHA256(key, id | generation))
 *
 * so that the successor which was lost on its way to the client can be handed out again, though the
 * store keeps only hashes. The key is derived from the signing key.
 */
#ifndef RALLY_SERVICES_SIGN_IN_H
#define RALLY_SERVICES_SIGN_IN_H

#include "lib/crypt/digest.h"
#include "lib/store/families.h"
#include "lib/store/users.h"
#include "services/role.h"

#define REFRESH_TOKEN_SIZE 44
#define REFRESH_TOKEN_TEXT_SIZE 59

struct refresh_token {
    uint64_t family_id;
    uint32_t generation;
    char text[REFRESH_TOKEN_TEXT_SIZE + 1];
    uint8_t hash[SHA256_SIZE]; /* of the text: what the store keeps */
};

static inline struct str refresh_token_hash(const struct refresh_token *token)
{
    return str_of(token->hash, sizeof(token->hash));
}

void refresh_token_make(const struct context *context, uint64_t family_id, uint32_t generation,
                        struct refresh_token *out);
/* ERR_TOKEN_INVALID unless it is a token that refresh_token_make once made with this key. */
enum err refresh_token_parse(const struct context *context, struct str text,
                             struct refresh_token *out) MUST_USE;

/* Inside a write transaction: starts a family of `user_id`; *out is its first token. */
enum err session_start(struct db *db, const struct context *context, uint64_t user_id,
                       uint64_t now_ms, struct refresh_token *out) MUST_USE;
/* When the last access token of a family that ended at `ended_ms` has certainly expired. */
uint64_t session_revoked_until(const struct context *context, uint64_t ended_ms);
/*
 * Tells everybody that a family has ended: this process at once (tokens are refused from here on),
 * others by the event `session.revoked` after the commit.
 */
void session_revoked(struct request *request, struct reply *reply, uint64_t session_id,
                     uint64_t user_id);

/* The refresh token that came with the request: the cookie of a browser that says X-Rally-Web, else
 * `body` (may be empty). */
struct str session_token_of(const struct request *request, struct str body);
/* Makes the browser drop its cookie; nothing for others. */
void session_cookie_clear(struct request *request, struct reply *reply);
/* ERR_BANNED, with reason and end of the ban as further members of the answer. */
enum err session_banned(struct request *request, struct reply *reply,
                        const struct user *user) MUST_USE;
/* The members of a reply that carry a pair of tokens; for a browser the refresh token's cookie. */
enum err session_tokens_put(struct request *request, struct reply *reply, struct json_writer *w,
                            const struct user *user, const struct refresh_token *token) MUST_USE;
/* The reply of register, guest, upgrade, login and refresh: account and a pair of tokens. */
enum err session_reply(struct request *request, struct reply *reply, int status,
                       const struct user *user, const struct refresh_token *token) MUST_USE;

#endif
