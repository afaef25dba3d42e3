/* See auth.h. The cache has four places per hash and keeps the token's bytes, so a hit is a
 * comparison of all of them and no hash has to be trusted. */
#include "services/gateway/auth.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "services/revocations.h"

#define CACHE_COUNT 8192
#define CACHE_WAYS 4 /* with one place per hash a few players in a thousand would share theirs */
#define LEEWAY_MS 30000

struct token_entry {
    char *token;
    size_t len;
    struct access_claims claims;
};

struct token_cache {
    struct token_entry *entries[CACHE_COUNT]; /* made on first use */
    size_t next;                              /* which of the places the next newcomer takes */
};

struct token_cache *token_cache_new(void)
{
    return calloc(1, sizeof(struct token_cache));
}

static void entry_free(struct token_entry *entry)
{
    if (!entry)
        return;
    free(entry->token);
    free(entry);
}

void token_cache_free(struct token_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CACHE_COUNT; i++)
        entry_free(cache->entries[i]);
    free(cache);
}

enum err bearer_token(struct str authorization, struct str *token)
{
    static const struct str SCHEME = STR_INIT("Bearer ");

    if (authorization.len == 0)
        return ERR_UNAUTHENTICATED;
    if (authorization.len <= SCHEME.len ||
        !str_eq_nocase(str_slice(authorization, 0, SCHEME.len), SCHEME))
        return ERR_TOKEN_INVALID;
    *token = str_trim(str_slice(authorization, SCHEME.len, authorization.len));
    return OK;
}

static const struct token_entry *recall(const struct token_cache *cache, size_t first,
                                        struct str token)
{
    for (size_t at = first; at < first + CACHE_WAYS; at++) {
        const struct token_entry *entry = cache->entries[at];
        if (entry && str_eq(str_of(entry->token, entry->len), token))
            return entry;
    }
    return NULL;
}

static void remember(struct token_cache *cache, size_t first, struct str token,
                     const struct access_claims *claims)
{
    struct token_entry *entry = malloc(sizeof(*entry));
    char *copy = malloc(token.len);
    size_t at = first + cache->next++ % CACHE_WAYS;

    if (!entry || !copy) { /* only the next check costs more */
        free(entry);
        free(copy);
        return;
    }
    memcpy(copy, token.ptr, token.len);
    *entry = (struct token_entry){.token = copy, .len = token.len, .claims = *claims};
    entry_free(cache->entries[at]);
    cache->entries[at] = entry;
}

enum err token_check(struct token_cache *cache, struct context *context, struct str token,
                     uint64_t now_ms, struct access_claims *out)
{
    size_t first;
    const struct token_entry *entry;
    enum err err;

    if (token.len == 0 || token.len > LIMIT_TOKEN_SIZE)
        return ERR_TOKEN_INVALID;
    first = (size_t)hash_keyed(token.ptr, token.len) % (CACHE_COUNT / CACHE_WAYS) * CACHE_WAYS;
    entry = recall(cache, first, token);
    if (entry) {
        *out = entry->claims;
        if (now_ms >= out->expires_at_ms + LEEWAY_MS)
            return ERR_TOKEN_INVALID;
    } else {
        err = signer_verify_access(context->signer, token, now_ms, out);
        if (err)
            return err;
        remember(cache, first, token, out);
    }
    if (out->session_id && revocations_has(context->revocations, out->session_id))
        return ERR_TOKEN_INVALID;
    return OK;
}

void caller_of_claims(const struct access_claims *claims, struct caller *out)
{
    *out = (struct caller){.user_id = claims->is_external ? 0 : claims->user_id,
                           .session_id = claims->session_id,
                           .is_external = claims->is_external};
    memcpy(out->username, claims->username, sizeof(out->username));
}
