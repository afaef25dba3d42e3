/* Access tokens: what is said is what is read, and nothing else is taken for a token. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/limits.h"
#include "lib/base/rng.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/random.h"
#include "lib/crypt/signer.h"
#include "lib/crypt/signing_key.h"
#include "lib/wire/base64.h"

#define NOW_MS 1790000100000ull
#define SECRET "an-outside-secret-of-more-than-32-bytes!"

/* The key pair of RFC 8037 appendix A.1 and RFC 8032 section 7.1, test 1. */
#define RFC_KEY                                                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                           \
    "-----END PRIVATE KEY-----\n"

/* Signed with that key by another implementation of Ed25519. */
static const char FOREIGN_TOKEN[] =
    "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IklmNHgzNkZVb21GaWFfaFUifQ"
    ".eyJpc3MiOiJyYWxseSIsInN1YiI6IjQyIiwidXNlcl9pZCI6NDIsInVzZXJuYW1lIjoiWm9lIiwidHlwZSI6ImFjY2Vz"
    "cyIsInRva2VuX3R5cGUiOiJhY2Nlc3MiLCJqdGkiOiJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwic2lkIjoiNyIsImlhdC"
    "I6MTc5MDAwMDAwMCwiZXhwIjoxNzkwMDAwOTAwfQ"
    ".i7pYe7qUH7n-cCHVOWKvfKZPeu75sEoWFJbnuOJDSWSK6LUc_yirkX-YaoXM9OCjCr5rBgO8jGQAG6k1qZ6iBQ";

static struct signer *signer_with(const char *pem, const char *secret)
{
    struct signer_config config = {.signing_key_pem = str_from_c(pem),
                                   .hs256_secret = str_from_c(secret)};
    struct signer *signer = NULL;

    crypt_init();
    EXPECT_OK(signer_open(&config, &signer));
    return signer;
}

static struct access_claims claims_of_zoe(void)
{
    return (struct access_claims){.user_id = 42,
                                  .session_id = 7,
                                  .username = "Zoe",
                                  .issued_at_ms = 1790000000000,
                                  .expires_at_ms = 1790000900000};
}

static struct str sign(struct signer *signer, const struct access_claims *claims, char *memory,
                       size_t size)
{
    struct buf out;

    buf_init_fixed(&out, memory, size);
    EXPECT_OK(signer_sign_access(signer, claims, &out));
    return buf_str(&out);
}

TEST(a_signed_token_reads_back_what_was_said)
{
    struct signer *signer = signer_with(RFC_KEY, "");
    struct access_claims said = claims_of_zoe(), heard;
    char memory[LIMIT_TOKEN_SIZE];
    struct str token = sign(signer, &said, memory, sizeof(memory));

    EXPECT_OK(signer_verify_access(signer, token, NOW_MS, &heard));
    EXPECT_INT(42, heard.user_id);
    EXPECT_INT(7, heard.session_id);
    EXPECT_STR("Zoe", str_from_c(heard.username));
    EXPECT_INT(1790000000000, heard.issued_at_ms);
    EXPECT_INT(1790000900000, heard.expires_at_ms);
    EXPECT_FALSE(heard.is_external);
    signer_close(signer);
}

TEST(a_token_that_another_implementation_signed_with_our_key_is_good)
{
    struct signer *signer = signer_with(RFC_KEY, "");
    struct access_claims heard;

    EXPECT_OK(signer_verify_access(signer, str_from_c(FOREIGN_TOKEN), NOW_MS, &heard));
    EXPECT_INT(42, heard.user_id);
    signer_close(signer);
}

TEST(the_key_set_holds_the_public_half_of_rfc_8037)
{
    struct signer *signer = signer_with(RFC_KEY, "");
    struct buf out;

    buf_init(&out, 4096);
    signer_put_jwks(signer, &out);
    EXPECT_STR(
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\","
        "\"kid\":\"If4x36FUomFia_hU\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
        buf_str(&out));
    buf_release(&out);
    signer_close(signer);
}

TEST(a_token_expires_thirty_seconds_after_its_time)
{
    struct signer *signer = signer_with(RFC_KEY, "");
    struct access_claims said = claims_of_zoe(), heard;
    char memory[LIMIT_TOKEN_SIZE];
    struct str token = sign(signer, &said, memory, sizeof(memory));

    EXPECT_OK(signer_verify_access(signer, token, said.expires_at_ms + 29999, &heard));
    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(signer, token, said.expires_at_ms + 30000, &heard));
    signer_close(signer);
}

TEST(a_token_of_another_key_is_refused)
{
    struct signer *ours = signer_with(RFC_KEY, "");
    struct signer *theirs =
        signer_with("-----BEGIN PRIVATE KEY-----\n"
                    "MC4CAQAwBQYDK2VwBCIEIGpOrqNPP+8pY8N+ExV5xrBF+jj48EBuMXbawGWlstaI\n"
                    "-----END PRIVATE KEY-----",
                    "");
    struct access_claims said = claims_of_zoe(), heard;
    char memory[LIMIT_TOKEN_SIZE];

    EXPECT_ERR(
        ERR_TOKEN_INVALID,
        signer_verify_access(ours, sign(theirs, &said, memory, sizeof(memory)), NOW_MS, &heard));
    signer_close(ours);
    signer_close(theirs);
}

/* -- mutations -------------------------------------------------------------------------------- */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Changes `text` (len bytes, room for more) in one of five ways; false when that changed nothing.
 */
static bool mutate(struct rng *rng, char *text, size_t *len, unsigned number)
{
    size_t at = number % *len;
    char before = text[at];

    switch (number / *len) {
    case 0: /* another letter: every position once */
        text[at] = ALPHABET[rng_below(rng, 64)];
        return text[at] != before;
    case 1: /* one bit */
        text[at] = (char)(before ^ (1 << rng_below(rng, 8)));
        return true;
    }
    switch (rng_below(rng, 3)) {
    case 0: /* one letter less */
        at = rng_below(rng, *len);
        memmove(text + at, text + at + 1, *len - at - 1);
        (*len)--;
        return true;
    case 1: /* one letter more */
        at = rng_below(rng, *len + 1);
        memmove(text + at + 1, text + at, *len - at);
        text[at] = ALPHABET[rng_below(rng, 64)];
        (*len)++;
        return true;
    default: /* two neighbours swapped */
        at = rng_below(rng, *len - 1);
        before = text[at];
        text[at] = text[at + 1];
        text[at + 1] = before;
        return text[at] != before;
    }
}

static unsigned count_accepted(struct signer *signer, struct str token, unsigned wanted,
                               uint64_t seed)
{
    unsigned tried = 0, accepted = 0;
    struct access_claims heard;
    struct rng rng;

    rng_init(&rng, seed);
    for (unsigned number = 0; tried < wanted; number++) {
        char text[LIMIT_TOKEN_SIZE + 1];
        size_t len = token.len;

        memcpy(text, token.ptr, len);
        if (!mutate(&rng, text, &len, number))
            continue;
        tried++;
        accepted += signer_verify_access(signer, str_of(text, len), NOW_MS, &heard) == OK;
    }
    return accepted;
}

TEST(none_of_two_thousand_mutations_of_a_token_is_accepted)
{
    struct signer *signer = signer_with(RFC_KEY, SECRET);

    EXPECT_INT(0, count_accepted(signer, str_from_c(FOREIGN_TOKEN), 2000, 1));
    signer_close(signer);
}

/* -- HS256 ------------------------------------------------------------------------------------- */

static struct str hs256(const char *header, const char *claims, const char *secret, char *memory,
                        size_t size)
{
    uint8_t mac[SHA256_SIZE];
    struct buf out;

    buf_init_fixed(&out, memory, size);
    base64url_put(&out, header, strlen(header));
    buf_put_char(&out, '.');
    base64url_put(&out, claims, strlen(claims));
    hmac_sha256(str_from_c(secret), buf_str(&out), mac);
    buf_put_char(&out, '.');
    base64url_put(&out, mac, sizeof(mac));
    EXPECT(buf_ok(&out));
    return buf_str(&out);
}

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

struct outside {
    const char *header;
    const char *claims;
    const char *subject; /* NULL: refused */
};

/* NOW_MS is 1790000100 s. */
static const struct outside OUTSIDE[] = {
    {HS256, "{\"user_id\":42,\"exp\":1790000200}", "42"},
    {HS256, "{\"user_id\":\"42\",\"exp\":1790000200}", "42"},
    {HS256, "{\"sub\":\"1b4e28ba-2fa1-11d2-883f-0016d3cca427\",\"exp\":1790000200,\"iat\":1.5}",
     "1b4e28ba-2fa1-11d2-883f-0016d3cca427"},
    {HS256, "{\"user_id\":1,\"sub\":\"2\",\"exp\":1790000200}", "1"},
    {"{\"alg\":\"HS256\"}", "{\"sub\":\"7\",\"exp\":1790000200.25}", "7"},
    {"{\"alg\":\"HS256\",\"typ\":\"jwt\",\"kid\":\"any\"}", "{\"sub\":\"7\",\"exp\":1790000200}",
     "7"},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"token_type\":\"access\",\"jti\":\"x\"}", "42"},
    {HS256, "{\"user_id\":42,\"exp\":1790000071}", "42"}, /* within the leeway */
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"nbf\":1790000120}", "42"},

    {HS256, "{\"user_id\":42,\"exp\":1790000070}", NULL}, /* 30 s ago */
    {HS256, "{\"user_id\":42}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":null}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":\"1790000200\"}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":-1}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1e12}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":18446744073709551616}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":999999999999999999}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"nbf\":1790000131}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"type\":\"refresh\"}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"token_type\":\"refresh\"}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"type\":\"reset\"}", NULL},
    {HS256, "{\"user_id\":42,\"exp\":1790000200,\"type\":5}", NULL},
    {HS256, "{\"exp\":1790000200}", NULL},
    {HS256, "{\"user_id\":true,\"exp\":1790000200}", NULL},
    {HS256, "{\"user_id\":null,\"sub\":\"2\",\"exp\":1790000200}", NULL},
    {HS256, "{\"user_id\":-1,\"exp\":1790000200}", NULL},
    {HS256, "{\"user_id\":4.2,\"exp\":1790000200}", NULL},
    {HS256, "{\"user_id\":[1],\"exp\":1790000200}", NULL},
    {HS256, "{\"sub\":\"\",\"exp\":1790000200}", NULL},
    {HS256, "{\"sub\":\"a b\",\"exp\":1790000200}", NULL},
    {HS256, "{\"sub\":\"a\\u0000b\",\"exp\":1790000200}", NULL},
    {HS256,
     "{\"sub\":\"0123456789012345678901234567890123456789012345678901234567890123x\","
     "\"exp\":1790000200}",
     NULL},
    {HS256, "{\"user_id\":1,\"user_id\":2,\"exp\":1790000200}", NULL},
    {HS256, "[42,1790000200]", NULL},
    {HS256, "", NULL},
    {"{\"alg\":\"none\",\"typ\":\"JWT\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"hs256\",\"typ\":\"JWT\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS512\",\"typ\":\"JWT\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"typ\":\"JWT\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"typ\":1}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"crit\":null}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"b64\":false}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
    {"{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "{\"user_id\":42,\"exp\":1790000200}", NULL},
};

TEST(an_outside_token_is_good_only_in_the_pinned_form)
{
    struct signer *signer = signer_with(RFC_KEY, SECRET);

    for (size_t i = 0; i < ARRAY_COUNT(OUTSIDE); i++) {
        const struct outside *row = &OUTSIDE[i];
        struct access_claims heard = {0};
        char memory[LIMIT_TOKEN_SIZE];
        enum err err = signer_verify_access(
            signer, hs256(row->header, row->claims, SECRET, memory, sizeof(memory)), NOW_MS,
            &heard);

        if ((err == OK) != (row->subject != NULL))
            print_error("row %zu: %s %s\n", i, row->header, row->claims);
        EXPECT_ERR(row->subject ? OK : ERR_TOKEN_INVALID, err);
        if (!row->subject)
            continue;
        EXPECT(heard.is_external);
        EXPECT_INT(0, heard.user_id);
        EXPECT_STR(row->subject, str_from_c(heard.external_subject));
    }
    signer_close(signer);
}

TEST(an_outside_token_is_refused_under_another_secret_and_without_one)
{
    static const char claims[] = "{\"user_id\":42,\"exp\":1790000200}";
    struct signer *with = signer_with(RFC_KEY, SECRET), *without = signer_with(RFC_KEY, "");
    struct access_claims heard;
    char memory[LIMIT_TOKEN_SIZE];

    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(with, hs256(HS256, claims, SECRET "x", memory, sizeof(memory)),
                                    NOW_MS, &heard));
    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(with, hs256(HS256, claims, "", memory, sizeof(memory)), NOW_MS,
                                    &heard));
    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(without, hs256(HS256, claims, SECRET, memory, sizeof(memory)),
                                    NOW_MS, &heard));
    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(without, hs256(HS256, claims, "", memory, sizeof(memory)),
                                    NOW_MS, &heard));
    signer_close(with);
    signer_close(without);
}

/* The classic: our public key as an HMAC secret, under our own header. */
TEST(our_header_never_leads_to_an_hmac)
{
    struct signer *signer = signer_with(RFC_KEY, SECRET);
    struct access_claims heard;
    char memory[LIMIT_TOKEN_SIZE];
    const char *header = "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"If4x36FUomFia_hU\"}";

    EXPECT_ERR(ERR_TOKEN_INVALID,
               signer_verify_access(signer,
                                    hs256(header, "{\"user_id\":42,\"exp\":1790000200}", SECRET,
                                          memory, sizeof(memory)),
                                    NOW_MS, &heard));
    signer_close(signer);
}

TEST(none_of_two_thousand_mutations_of_an_outside_token_is_accepted)
{
    struct signer *signer = signer_with(RFC_KEY, SECRET);
    char memory[LIMIT_TOKEN_SIZE];
    struct str token =
        hs256(HS256, "{\"user_id\":42,\"exp\":1790000200}", SECRET, memory, sizeof(memory));

    EXPECT_INT(0, count_accepted(signer, token, 2000, 2));
    signer_close(signer);
}

TEST(a_name_in_an_outside_token_is_a_wish_that_must_follow_our_rules)
{
    static const struct {
        const char *claim;
        const char *name;
    } ROWS[] = {
        {"\"zoe-1\"", "zoe-1"}, {"\"zo\"", ""},
        {"\"12345\"", ""},      {"\"a b c\"", ""},
        {"\"<script>\"", ""},   {"17", ""},
        {"null", ""},           {"\"abcdefghijklmnopqrstuvwxyz0123456\"", ""},
    };
    struct signer *signer = signer_with(RFC_KEY, SECRET);

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        char claims[256], memory[LIMIT_TOKEN_SIZE];
        struct access_claims heard;
        struct buf text;

        buf_init_fixed(&text, claims, sizeof(claims));
        buf_printf(&text, "{\"sub\":\"1\",\"exp\":1790000200,\"username\":%s}", ROWS[i].claim);
        EXPECT_OK(signer_verify_access(signer, hs256(HS256, claims, SECRET, memory, sizeof(memory)),
                                       NOW_MS, &heard));
        EXPECT_STR(ROWS[i].name, str_from_c(heard.username));
    }
    signer_close(signer);
}

/* -- opening ----------------------------------------------------------------------------------- */

TEST(production_refuses_a_generated_key_and_a_short_secret)
{
    struct signer_config config = {.data_dir = "/nonexistent", .is_production = true};
    struct signer *signer = NULL;

    crypt_init();
    EXPECT_ERR(ERR_INPUT, signer_open(&config, &signer));
    config.signing_key_pem = STR(RFC_KEY);
    config.hs256_secret = STR("only-31-bytes-are-not-enough-xx");
    EXPECT_ERR(ERR_INPUT, signer_open(&config, &signer));
    config.hs256_secret = STR(SECRET);
    EXPECT_OK(signer_open(&config, &signer));
    signer_close(signer);
}

TEST(a_key_is_read_only_from_exactly_one_pem_block)
{
    static const char *const BAD[] = {
        "",
        "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
        "-----BEGIN PRIVATE KEY-----MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----" /* X25519, not Ed25519 */
        "MC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
        "-----END PRIVATE KEY-----",
        RFC_KEY RFC_KEY,
        "-----BEGIN EC PRIVATE KEY-----"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
        "-----END EC PRIVATE KEY-----",
    };
    uint8_t seed[SIGNING_KEY_SEED_SIZE];

    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
        EXPECT_ERR(ERR_INPUT, signing_key_parse(str_from_c(BAD[i]), seed));
    EXPECT_OK(signing_key_parse(STR(RFC_KEY), seed));
    /* As a shell leaves it that turned line ends into spaces. */
    EXPECT_OK(signing_key_parse(STR("  -----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/Vpg"
                                    "uoRK9JLsLMREScVpezJpGXA7rAMcrn9g -----END PRIVATE KEY----- "),
                                seed));
}

TEST(a_key_writes_the_pem_it_was_read_from)
{
    uint8_t seed[SIGNING_KEY_SEED_SIZE];
    struct buf out;

    EXPECT_OK(signing_key_parse(STR(RFC_KEY), seed));
    buf_init(&out, 512);
    signing_key_put(seed, &out);
    EXPECT_STR(RFC_KEY, buf_str(&out));
    buf_release(&out);
}

TEST(a_generated_key_is_private_and_the_same_at_the_next_start)
{
    char folder[] = "/tmp/rally-signer-XXXXXX", path[128];
    struct access_claims said = claims_of_zoe(), heard;
    struct signer_config config = {.data_dir = folder};
    struct signer *first = NULL, *second = NULL;
    char memory[LIMIT_TOKEN_SIZE];
    struct stat about;

    crypt_init();
    EXPECT_NOT_NULL(mkdtemp(folder));
    EXPECT_OK(signer_open(&config, &first));
    EXPECT_OK(signer_open(&config, &second));
    EXPECT_OK(
        signer_verify_access(second, sign(first, &said, memory, sizeof(memory)), NOW_MS, &heard));
    snprintf(path, sizeof(path), "%s/%s", folder, SIGNING_KEY_FILE);
    EXPECT_INT(0, stat(path, &about));
    EXPECT_INT(0600, about.st_mode & 0777);
    EXPECT_INT(0, unlink(path));
    EXPECT_INT(0, rmdir(folder)); /* no draft was left behind */
    signer_close(first);
    signer_close(second);
}

TEST(derived_keys_differ_by_label_and_by_signing_key)
{
    struct signer *signer = signer_with(RFC_KEY, "");
    uint8_t one[32], again[32], other[32];

    signer_derive(signer, "refresh token", one);
    signer_derive(signer, "refresh token", again);
    signer_derive(signer, "cursor", other);
    EXPECT(memcmp(one, again, sizeof(one)) == 0);
    EXPECT(memcmp(one, other, sizeof(one)) != 0);
    signer_close(signer);
}
