/*
 * Access tokens: no bytes are a token that nobody signed; and what is taken out of a token that was
 * signed with the outside secret, whatever stands in it, keeps the promises that callers build on.
 * The input is a token, or "header LF claims" to be signed.
 */
#include "fuzz/fuzz_input.h"
#include "lib/base/limits.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/random.h"
#include "lib/crypt/signer.h"
#include "lib/wire/base64.h"
#include "lib/wire/utf8.h"

#define NOW_MS 1790000100000ull
#define LEEWAY_MS 30000

static const struct str SECRET = STR_INIT("an-outside-secret-of-more-than-32-bytes!");

static struct signer *signer_once(void)
{
    static struct signer *signer;
    struct signer_config config = {
        .signing_key_pem = STR("-----BEGIN PRIVATE KEY-----"
                               "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
                               "-----END PRIVATE KEY-----"),
        .hs256_secret = SECRET,
    };

    if (!signer) {
        crypt_init();
        CHECK(signer_open(&config, &signer) == OK);
    }
    return signer;
}

static void check_claims(const struct access_claims *claims)
{
    size_t len = strlen(claims->external_subject);

    CHECK(claims->is_external);
    CHECK(claims->user_id == 0);
    CHECK(len > 0 && len < sizeof(claims->external_subject));
    for (size_t i = 0; i < len; i++)
        CHECK(claims->external_subject[i] > ' ' && claims->external_subject[i] <= '~');
    CHECK(claims->expires_at_ms + LEEWAY_MS > NOW_MS);
    CHECK(strlen(claims->username) == 0 || strlen(claims->username) >= 3);
}

static void check_signed(struct str header, struct str payload)
{
    struct access_claims claims;
    uint8_t mac[SHA256_SIZE];
    struct buf token;

    buf_init(&token, 1 << 20);
    base64url_put(&token, header.ptr, header.len);
    buf_put_char(&token, '.');
    base64url_put(&token, payload.ptr, payload.len);
    hmac_sha256(SECRET, buf_str(&token), mac);
    buf_put_char(&token, '.');
    base64url_put(&token, mac, sizeof(mac));
    if (signer_verify_access(signer_once(), buf_str(&token), NOW_MS, &claims) == OK) {
        CHECK(token.len <= LIMIT_TOKEN_SIZE);
        CHECK(utf8_is_valid(header) && utf8_is_valid(payload));
        check_claims(&claims);
    }
    buf_release(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(str_of(data, size));
    struct str in = str_of(copy, size);
    size_t end = str_find(in, '\n', 0);
    struct access_claims claims;

    if (size <= 4096) {
        CHECK(signer_verify_access(signer_once(), in, NOW_MS, &claims) == ERR_TOKEN_INVALID);
        check_signed(str_slice(in, 0, end), str_slice(in, end + 1, in.len));
    }
    free(copy);
    return 0;
}
