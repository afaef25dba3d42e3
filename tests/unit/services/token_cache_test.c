/* A remembered token is as good as a verified one, and no better: it expires and is revoked. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/crypt/random.h"
#include "services/gateway/auth.h"
#include "services/revocations.h"

#define KEY                                                                                        \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                           \
    "-----END PRIVATE KEY-----\n"
#define ISSUED_MS 1790000000000ull
#define EXPIRES_MS 1790000900000ull
#define LEEWAY_MS 30000

struct house {
    struct context context;
    struct token_cache *cache;
};

static void house_make(struct house *house)
{
    struct signer_config config = {.signing_key_pem = STR(KEY), .hs256_secret = STR("")};

    crypt_init();
    *house = (struct house){.cache = token_cache_new()};
    EXPECT_OK(signer_open(&config, &house->context.signer));
    house->context.revocations = revocations_new();
    EXPECT(house->cache && house->context.revocations);
}

static void house_end(struct house *house)
{
    token_cache_free(house->cache);
    revocations_free(house->context.revocations);
    signer_close(house->context.signer);
}

static struct str token_of(struct house *house, uint64_t user_id, uint64_t session_id,
                           char memory[LIMIT_TOKEN_SIZE])
{
    struct access_claims claims = {.user_id = user_id,
                                   .session_id = session_id,
                                   .issued_at_ms = ISSUED_MS,
                                   .expires_at_ms = EXPIRES_MS};
    struct buf out;

    snprintf(claims.username, sizeof(claims.username), "user%llu", (unsigned long long)user_id);
    buf_init_fixed(&out, memory, LIMIT_TOKEN_SIZE);
    EXPECT_OK(signer_sign_access(house->context.signer, &claims, &out));
    return buf_str(&out);
}

static enum err check(struct house *house, struct str token, uint64_t now_ms,
                      struct access_claims *out)
{
    return token_check(house->cache, &house->context, token, now_ms, out);
}

TEST(a_remembered_token_says_what_a_fresh_one_says)
{
    struct house house;
    struct access_claims claims;
    char memory[LIMIT_TOKEN_SIZE];
    struct str token;

    house_make(&house);
    token = token_of(&house, 42, 7, memory);
    for (int i = 0; i < 3; i++) {
        claims = (struct access_claims){0};
        EXPECT_OK(check(&house, token, ISSUED_MS + 1000, &claims));
        EXPECT_INT(42, claims.user_id);
        EXPECT_INT(7, claims.session_id);
        EXPECT_STR("user42", str_from_c(claims.username));
        EXPECT_INT(EXPIRES_MS, claims.expires_at_ms);
    }
    house_end(&house);
}

TEST(a_remembered_token_expires_when_a_fresh_one_does)
{
    static const uint64_t TIMES[] = {
        EXPIRES_MS - 1,
        EXPIRES_MS,
        EXPIRES_MS + 1,
        EXPIRES_MS + LEEWAY_MS,
        EXPIRES_MS + LEEWAY_MS + 1,
        EXPIRES_MS + LEEWAY_MS + 1000,
        EXPIRES_MS + 3600000,
    };
    struct house house;
    struct access_claims claims;
    char memory[LIMIT_TOKEN_SIZE];
    struct str token;

    house_make(&house);
    token = token_of(&house, 42, 7, memory);
    EXPECT_OK(check(&house, token, ISSUED_MS, &claims));
    for (size_t i = 0; i < ARRAY_COUNT(TIMES); i++)
        EXPECT_ERR(signer_verify_access(house.context.signer, token, TIMES[i], &claims),
                   check(&house, token, TIMES[i], &claims));
    EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, token, EXPIRES_MS + LEEWAY_MS + 1000, &claims));
    house_end(&house);
}

TEST(a_revoked_family_is_refused_remembered_or_not)
{
    struct house house;
    struct access_claims claims;
    char seen_memory[LIMIT_TOKEN_SIZE], unseen_memory[LIMIT_TOKEN_SIZE],
        other_memory[LIMIT_TOKEN_SIZE];
    struct str seen, unseen, other;

    house_make(&house);
    seen = token_of(&house, 42, 7, seen_memory);
    unseen = token_of(&house, 43, 7, unseen_memory);
    other = token_of(&house, 42, 8, other_memory);
    EXPECT_OK(check(&house, seen, ISSUED_MS, &claims));
    revocations_add(house.context.revocations, 7, EXPIRES_MS + LEEWAY_MS);
    EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, seen, ISSUED_MS, &claims));
    EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, unseen, ISSUED_MS, &claims));
    EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, unseen, ISSUED_MS, &claims));
    EXPECT_OK(check(&house, other, ISSUED_MS, &claims));
    house_end(&house);
}

TEST(a_token_that_was_changed_is_not_taken_for_the_remembered_one)
{
    struct house house;
    struct access_claims claims;
    char memory[LIMIT_TOKEN_SIZE];
    struct str token;

    house_make(&house);
    token = token_of(&house, 42, 7, memory);
    EXPECT_OK(check(&house, token, ISSUED_MS, &claims));
    for (size_t i = 0; i < token.len; i++) {
        char was = memory[i];
        memory[i] = was == 'A' ? 'Q' : 'A'; /* more than the bits that base64 leaves unused */
        EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, token, ISSUED_MS, &claims));
        memory[i] = was;
    }
    EXPECT_ERR(ERR_TOKEN_INVALID,
               check(&house, str_slice(token, 0, token.len - 1), ISSUED_MS, &claims));
    EXPECT_ERR(ERR_TOKEN_INVALID, check(&house, STR(""), ISSUED_MS, &claims));
    EXPECT_OK(check(&house, token, ISSUED_MS, &claims));
    house_end(&house);
}

TEST(more_tokens_than_places_are_all_still_right)
{
    enum { MANY = 3000 }; /* some of the hashes have more than four of them */
    char(*memory)[LIMIT_TOKEN_SIZE] = malloc((size_t)MANY * LIMIT_TOKEN_SIZE);
    struct str *tokens = malloc(MANY * sizeof(*tokens));
    struct house house;

    EXPECT(memory && tokens);
    house_make(&house);
    for (size_t i = 0; i < MANY; i++)
        tokens[i] = token_of(&house, i + 1, i + 1, memory[i]);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < MANY; i++) {
            struct access_claims claims;
            EXPECT_OK(check(&house, tokens[i], ISSUED_MS, &claims));
            EXPECT_INT(i + 1, claims.user_id);
        }
    }
    house_end(&house);
    free(tokens);
    free(memory);
}

TEST(a_bearer_token_is_what_stands_behind_the_scheme)
{
    struct str token = STR("");

    EXPECT_ERR(ERR_UNAUTHENTICATED, bearer_token(STR(""), &token));
    EXPECT_ERR(ERR_TOKEN_INVALID, bearer_token(STR("Basic dTpw"), &token));
    EXPECT_ERR(ERR_TOKEN_INVALID, bearer_token(STR("Bearer"), &token));
    EXPECT_ERR(ERR_TOKEN_INVALID, bearer_token(STR("Bearer "), &token));
    EXPECT_OK(bearer_token(STR("Bearer a.b.c"), &token));
    EXPECT_STR("a.b.c", token);
    EXPECT_OK(bearer_token(STR("bEARER   a.b.c"), &token));
    EXPECT_STR("a.b.c", token);
}
