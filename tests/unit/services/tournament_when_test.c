/* Moments as clients write them. The numbers are those of `date -u -d ... +%s`. */
#include "tests/unit/test.h"

#include "services/tournament/when.h"

static uint64_t parsed(const char *text)
{
    uint64_t wall_ms = 0;

    EXPECT_OK(when_parse(str_from_c(text), &wall_ms));
    return wall_ms;
}

TEST(a_time_in_utc)
{
    EXPECT_INT(0, parsed("1970-01-01T00:00:00Z"));
    EXPECT_INT(1795198130000, parsed("2026-11-20T18:08:50Z"));
    EXPECT_INT(951868799000, parsed("2000-02-29T23:59:59Z"));
    EXPECT_INT(4107542400000, parsed("2100-03-01T00:00:00Z"));
}

TEST(parts_of_a_second_count_to_the_millisecond)
{
    EXPECT_INT(1500, parsed("1970-01-01T00:00:01.5Z"));
    EXPECT_INT(1005, parsed("1970-01-01T00:00:01.005999Z"));
}

TEST(an_offset_is_taken_off)
{
    EXPECT_INT(0, parsed("1970-01-01T02:30:00+02:30"));
    EXPECT_INT(3600000, parsed("1970-01-01T00:30:00-00:30"));
}

TEST(what_is_no_such_time_is_refused)
{
    static const char *const WRONG[] = {
        "",
        "soon",
        "2026-11-20",
        "2026-11-20T18:08Z",
        "2026-11-20T18:08:50",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T18:60:00Z",
        "2026-11-20T18:08:50.Z",
        "2026-11-20T18:08:50+2:00",
        "2026-11-20T18:08:50+24:00",
        "2026-11-20T18:08:50Zz",
        "1970-01-01T00:00:00+01:00",
        "99999-01-01T00:00:00Z",
    };
    uint64_t wall_ms;

    for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++)
        EXPECT_ERR(ERR_INPUT, when_parse(str_from_c(WRONG[i]), &wall_ms));
}
