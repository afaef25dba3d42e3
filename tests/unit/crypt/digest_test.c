/* Published vectors for what the rest of lib/crypt is made of. */
#include "tests/unit/test.h"

#include "lib/crypt/digest.h"
#include "lib/crypt/random.h"
#include "lib/wire/base64.h"

static struct str hex_of(const uint8_t digest[SHA256_SIZE], char memory[65])
{
    struct buf text;

    buf_init_fixed(&text, memory, 64);
    buf_put_hex(&text, digest, SHA256_SIZE);
    return buf_str(&text);
}

TEST(sha256_of_abc_is_that_of_fips_180)
{
    uint8_t digest[SHA256_SIZE];
    char memory[65];

    sha256(STR("abc"), digest);
    EXPECT_STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
               hex_of(digest, memory));
    sha256(STR(""), digest);
    EXPECT_STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
               hex_of(digest, memory));
}

/* RFC 4231 sections 4.3 (a short key) and 4.7 (a key longer than a block). */
TEST(hmac_takes_keys_of_any_length)
{
    uint8_t long_key[131], digest[SHA256_SIZE];
    char memory[65];

    memset(long_key, 0xaa, sizeof(long_key));
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), digest);
    EXPECT_STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
               hex_of(digest, memory));
    hmac_sha256(str_of(long_key, sizeof(long_key)),
                STR("Test Using Larger Than Block-Size Key - Hash Key First"), digest);
    EXPECT_STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
               hex_of(digest, memory));
}

/* RFC 7515 appendix A.1: the signature of the example token. */
TEST(hmac_signs_the_example_of_rfc_7515)
{
    const struct str input =
        STR("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
            "Ijp0cnVlfQ");
    char key[64], text[64];
    uint8_t digest[SHA256_SIZE];
    struct buf decoded, encoded;

    buf_init_fixed(&decoded, key, sizeof(key));
    EXPECT_OK(base64url_decode(STR("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj"
                                   "0iPS4hcgUuTwjAzZr1Z9CAow"),
                               &decoded));
    hmac_sha256(buf_str(&decoded), input, digest);
    buf_init_fixed(&encoded, text, sizeof(text));
    base64url_put(&encoded, digest, sizeof(digest));
    EXPECT_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", buf_str(&encoded));
}

TEST(secrets_are_equal_only_when_every_byte_is)
{
    EXPECT(secret_eq(STR("abc"), STR("abc")));
    EXPECT(secret_eq(STR(""), STR("")));
    EXPECT_FALSE(secret_eq(STR("abc"), STR("abd")));
    EXPECT_FALSE(secret_eq(STR("abc"), STR("ab")));
}

TEST(random_numbers_stay_below_their_bound_and_differ)
{
    uint64_t first, second;

    crypt_init();
    first = random_u64();
    second = random_u64();
    EXPECT(first != second);
    for (int i = 0; i < 1000; i++)
        EXPECT(random_below(7) < 7);
}
