/* Refresh-token families: rotation, grace, reuse, the end. */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

#include "lib/store/families.h"

#define TTL 1000000u

/* A stand-in for SHA-256 of the token of a generation. */
static struct str hash_of(uint64_t family_id, uint32_t generation)
{
    static char hashes[8][FAMILY_HASH_SIZE];
    static size_t next;
    char *hash = hashes[next++ % 8];

    memset(hash, 'x', FAMILY_HASH_SIZE);
    hash[0] = (char)('0' + family_id % 64);
    hash[1] = (char)('0' + generation % 64);
    return str_of(hash, FAMILY_HASH_SIZE);
}

static uint64_t family_of(uint64_t user_id, uint64_t now_ms)
{
    struct family_create_args args = {.user_id = user_id, .now_ms = now_ms};

    EXPECT_OK(TXN(family_next_id(db, &args.family_id)));
    args.token_hash = hash_of(args.family_id, 1);
    args.expires_ms = now_ms + TTL;
    EXPECT_OK(TXN(family_create(db, &args)));
    return args.family_id;
}

static struct family_rotated rotate(uint64_t family_id, uint32_t generation, uint64_t now_ms)
{
    struct family_rotate_args args = {.family_id = family_id,
                                      .generation = generation,
                                      .token_hash = hash_of(family_id, generation),
                                      .next_hash = hash_of(family_id, generation + 1),
                                      .now_ms = now_ms,
                                      .expires_ms = now_ms + TTL};
    struct family_rotated out;

    EXPECT_OK(TXN(family_rotate(db, &args, &out)));
    return out;
}

static bool is_live(uint64_t family_id, uint64_t now_ms)
{
    bool live = false;

    EXPECT_OK(TXN(family_is_live(db, family_id, now_ms, &live)));
    return live;
}

TEST(unknown_expired_and_forged_tokens_are_invalid_and_revoke_nothing)
{
    struct family_rotate_args forged = {.generation = 1,
                                        .token_hash = STR("................................"),
                                        .next_hash = STR("................................"),
                                        .now_ms = T0};
    struct family_rotated out;
    uint64_t family;

    fixture_open();
    family = family_of(user_named("alice"), T0);
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(99, 1, T0).verdict);
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(family, 2, T0).verdict);
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(family, 0, T0).verdict);
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(family, 1, T0 + TTL).verdict);
    forged.family_id = family;
    EXPECT_OK(TXN(family_rotate(db, &forged, &out)));
    EXPECT_ERR(ERR_TOKEN_INVALID, out.verdict);
    EXPECT(is_live(family, T0));
    EXPECT_OK(rotate(family, 1, T0).verdict);
    fixture_close();
}

TEST(each_refresh_spends_the_token_and_gives_the_next)
{
    struct family_rotated out;
    uint64_t user, family;

    fixture_open();
    user = user_named("alice");
    family = family_of(user, T0);
    for (uint32_t generation = 1; generation < 6; generation++) {
        out = rotate(family, generation, T0 + generation * 60000);
        EXPECT_OK(out.verdict);
        EXPECT_INT(user, out.user_id);
        EXPECT_INT(family, out.session_id);
        EXPECT_INT(generation + 1, out.generation);
        EXPECT_FALSE(out.is_repeat);
    }
    fixture_close();
}

TEST(a_token_repeated_within_the_grace_gives_the_same_successor)
{
    struct family_rotated out;
    uint64_t family;

    fixture_open();
    family = family_of(user_named("alice"), T0);
    EXPECT_OK(rotate(family, 1, T0).verdict);
    for (int i = 0; i < 3; i++) {
        out = rotate(family, 1, T0 + FAMILY_GRACE_MS);
        EXPECT_OK(out.verdict);
        EXPECT_INT(2, out.generation);
        EXPECT(out.is_repeat);
    }
    EXPECT_OK(rotate(family, 1, T0 - 3600000).verdict); /* the wall clock was set back */
    EXPECT_INT(3, rotate(family, 2, T0 + FAMILY_GRACE_MS).generation);
    fixture_close();
}

TEST(a_token_repeated_after_the_grace_ends_the_family_for_good)
{
    uint64_t family;

    fixture_open();
    family = family_of(user_named("alice"), T0);
    EXPECT_OK(rotate(family, 1, T0).verdict);
    EXPECT_ERR(ERR_TOKEN_REUSED, rotate(family, 1, T0 + FAMILY_GRACE_MS + 1).verdict);
    EXPECT_FALSE(is_live(family, T0));
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(family, 2, T0 + FAMILY_GRACE_MS + 2).verdict);
    EXPECT_ERR(ERR_TOKEN_REUSED, rotate(family, 1, T0 + FAMILY_GRACE_MS + 3).verdict);
    fixture_close();
}

TEST(any_older_token_ends_the_family_even_at_once)
{
    uint64_t family;

    fixture_open();
    family = family_of(user_named("alice"), T0);
    EXPECT_OK(rotate(family, 1, T0).verdict);
    EXPECT_OK(rotate(family, 2, T0 + 1).verdict);
    EXPECT_ERR(ERR_TOKEN_REUSED, rotate(family, 1, T0 + 2).verdict);
    EXPECT_FALSE(is_live(family, T0 + 2));
    fixture_close();
}

TEST(a_revocation_survives_reopening)
{
    uint64_t family;

    fixture_open();
    family = family_of(user_named("alice"), T0);
    EXPECT_OK(rotate(family, 1, T0).verdict);
    EXPECT_ERR(ERR_TOKEN_REUSED, rotate(family, 1, T0 + 20000).verdict);
    db_close(fixture_db);
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_FALSE(is_live(family, T0 + 20001));
    fixture_close();
}

TEST(logout_ends_the_family_once_and_a_forged_one_does_not)
{
    struct family_revoke_args args = {
        .generation = 1, .token_hash = STR("................................"), .now_ms = T0};
    struct family_revoked out;

    fixture_open();
    args.family_id = family_of(user_named("alice"), T0);
    EXPECT_ERR(ERR_TOKEN_INVALID, TXN(family_revoke(db, &args, &out)));
    EXPECT(is_live(args.family_id, T0));
    args.token_hash = hash_of(args.family_id, 1);
    EXPECT_OK(TXN(family_revoke(db, &args, &out)));
    EXPECT(out.was_live);
    EXPECT_OK(TXN(family_revoke(db, &args, &out)));
    EXPECT_FALSE(out.was_live);
    EXPECT_ERR(ERR_TOKEN_INVALID, rotate(args.family_id, 1, T0).verdict);
    args.family_id = 99;
    EXPECT_ERR(ERR_TOKEN_INVALID, TXN(family_revoke(db, &args, &out)));
    fixture_close();
}

TEST(a_password_change_ends_all_other_families)
{
    struct family_list ended;
    uint64_t user, kept, others[3];

    fixture_open();
    user = user_named("alice");
    kept = family_of(user, T0);
    for (int i = 0; i < 3; i++)
        others[i] = family_of(user, T0);
    family_of(user_named("bob"), T0);
    EXPECT_OK(TXN(family_revoke_all(db, user, kept, T0 + 1, &ended)));
    EXPECT_INT(3, ended.count);
    EXPECT(is_live(kept, T0 + 1));
    EXPECT_FALSE(is_live(others[0], T0 + 1));
    EXPECT_INT(2, fixture_number("SELECT COUNT(*) FROM token_families WHERE revoked_ms IS NULL"));
    fixture_close();
}

TEST(a_banned_player_cannot_refresh)
{
    uint64_t user, family;

    fixture_open();
    user = user_named("alice");
    family = family_of(user, T0);
    EXPECT_OK(TXN(user_ban(db, user, T0 + 1000, STR("x"), T0)));
    EXPECT_ERR(ERR_BANNED, rotate(family, 1, T0 + 1).verdict);
    EXPECT_OK(rotate(family, 1, T0 + 1000).verdict);
    fixture_close();
}

TEST(a_login_beyond_the_maximum_ends_the_oldest_family)
{
    uint64_t user, first, second;

    fixture_open();
    user = user_named("alice");
    first = family_of(user, T0);
    second = family_of(user, T0);
    for (int i = 2; i < FAMILY_LIVE_MAX + 1; i++)
        family_of(user, T0);
    EXPECT_FALSE(is_live(first, T0));
    EXPECT(is_live(second, T0));
    fixture_close();
}

TEST(revocations_are_listed_in_order_from_where_the_last_list_ended)
{
    struct family_revocation list[2], after = {.revoked_ms = T0 + 10};
    struct family_list ended;
    size_t count;
    uint64_t user;

    fixture_open();
    user = user_named("alice");
    family_of(user, T0);
    EXPECT_OK(TXN(family_revoke_all(db, user, 0, T0 + 5, &ended)));
    for (int i = 0; i < 3; i++)
        family_of(user, T0);
    EXPECT_OK(TXN(family_revoke_all(db, user, 0, T0 + 10, &ended)));
    EXPECT_OK(TXN(family_list_revoked(db, after, list, 2, &count)));
    EXPECT_INT(2, count);
    EXPECT_INT(2, list[0].family_id);
    EXPECT_OK(TXN(family_list_revoked(db, list[1], list, 2, &count)));
    EXPECT_INT(1, count);
    EXPECT_INT(4, list[0].family_id);
    fixture_close();
}

TEST(only_families_that_are_long_over_are_purged)
{
    uint64_t user, purged;

    fixture_open();
    user = user_named("alice");
    family_of(user, T0);
    family_of(user, T0 + 5000);
    EXPECT_OK(TXN(family_purge(db, T0 + TTL, &purged)));
    EXPECT_INT(0, purged);
    EXPECT_OK(TXN(family_purge(db, T0 + TTL + 1, &purged)));
    EXPECT_INT(1, purged);
    fixture_close();
}
