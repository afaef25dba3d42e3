/* What a stored password looks like and which texts open it. */
#include "tests/unit/test.h"

#include <time.h>

#include "lib/crypt/password.h"
#include "lib/crypt/random.h"

TEST(a_hash_states_its_parameters_and_opens_for_its_password_alone)
{
    char hash[PASSWORD_HASH_SIZE];
    bool needs_rehash = true;

    crypt_init();
    EXPECT_OK(password_hash(STR("correct horse battery"), hash));
    EXPECT(str_starts_with(str_from_c(hash), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    EXPECT_OK(password_verify(STR("correct horse battery"), hash, &needs_rehash));
    EXPECT_FALSE(needs_rehash);
    EXPECT_ERR(ERR_CREDENTIALS, password_verify(STR("correct horse batterY"), hash, &needs_rehash));
    EXPECT_ERR(ERR_CREDENTIALS, password_verify(STR(""), hash, &needs_rehash));
}

TEST(the_same_password_is_stored_in_two_ways)
{
    char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE];

    crypt_init();
    EXPECT_OK(password_hash(STR("p\xc3\xa4 \xc3\x9fw\xc3\xb6rd"), one));
    EXPECT_OK(password_hash(STR("p\xc3\xa4 \xc3\x9fw\xc3\xb6rd"), two));
    EXPECT(strcmp(one, two) != 0);
}

/* "password" with m=8192, t=1, as libsodium writes it. */
TEST(a_hash_with_weaker_parameters_still_opens_and_asks_for_a_new_one)
{
    bool needs_rehash = false;

    crypt_init();
    EXPECT_OK(password_verify(STR("password"),
                              "$argon2id$v=19$m=8192,t=1,p=1$9mawnbmB0TMdOm6Nigewlw$"
                              "L2xQXf3HRfbme33fX4BifFDzzkfO8qB6bYRM52s7R3k",
                              &needs_rehash));
    EXPECT(needs_rehash);
}

TEST(a_text_that_is_no_hash_opens_for_nobody)
{
    static const char *const TEXTS[] = {
        "",
        "x",
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$2b$12$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa",
    };
    bool needs_rehash;

    crypt_init();
    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
        EXPECT_ERR(ERR_CREDENTIALS, password_verify(STR("password"), TEXTS[i], &needs_rehash));
}

/* CPU of this thread, so that other programs on the machine do not count. */
static uint64_t cpu_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t fastest_of_three(const char *hash)
{
    uint64_t fastest = UINT64_MAX;

    for (int i = 0; i < 3; i++) {
        uint64_t start = cpu_us(), took;
        bool needs_rehash;

        if (hash)
            EXPECT_ERR(ERR_CREDENTIALS, password_verify(STR("wrong"), hash, &needs_rehash));
        else
            password_verify_nobody(STR("wrong"));
        took = cpu_us() - start;
        fastest = took < fastest ? took : fastest;
    }
    return fastest;
}

TEST(an_unknown_user_costs_what_a_wrong_password_costs)
{
    char hash[PASSWORD_HASH_SIZE];
    uint64_t somebody, nobody;

    crypt_init();
    EXPECT_OK(password_hash(STR("right"), hash));
    somebody = fastest_of_three(hash);
    nobody = fastest_of_three(NULL);
    /* Without its hash "nobody" would be a thousand times faster; a fifth is far from both. */
    EXPECT(nobody * 5 > somebody);
    EXPECT(somebody * 5 > nobody);
}
