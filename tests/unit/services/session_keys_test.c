/* The form of a tournament's match key. */
#include "tests/unit/test.h"

#include "services/session/keys.h"

static bool reads(const char *text, uint64_t tournament_id, uint64_t match_id)
{
    struct tournament_key key = {0};

    return key_is_tournament(str_from_c(text), &key) && key.tournament_id == tournament_id &&
           key.match_id == match_id;
}

static bool refuses(const char *text)
{
    struct tournament_key key;

    return !key_is_tournament(str_from_c(text), &key);
}

TEST(both_marks_are_read)
{
    EXPECT(reads("10000001#10000002#alice", 10000001, 10000002));
    EXPECT(reads("10000001-10000002-alice", 10000001, 10000002));
}

TEST(the_name_may_hold_marks)
{
    EXPECT(reads("10000001-10000002-a-b-c", 10000001, 10000002));
    EXPECT(reads("10000001#10000002#a#b", 10000001, 10000002));
}

TEST(other_keys_are_not_tournaments)
{
    EXPECT(refuses(""));
    EXPECT(refuses("10000001"));
    EXPECT(refuses("10000001#10000002"));
    EXPECT(refuses("10000001#10000002#"));
    EXPECT(refuses("##alice"));
    EXPECT(refuses("x#10000002#alice"));
    EXPECT(refuses("10000001#x#alice"));
    EXPECT(refuses("99999999999999999999#1#alice"));
}

TEST(a_username_with_dashes_is_a_username)
{
    EXPECT(refuses("1-2-alice"));
    EXPECT(refuses("al-ic-e"));
    EXPECT(refuses("10000001-2-alice"));
}
