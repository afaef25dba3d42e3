/* Text, numbers, buffers, arenas, times, maps. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/rng.h"

TEST(numbers_are_plain_decimal_digits_within_their_range)
{
    uint64_t value = 7;

    EXPECT_OK(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &value));
    EXPECT(value == UINT64_MAX);
    EXPECT_ERR(ERR_INPUT, str_to_u64(STR("18446744073709551616"), UINT64_MAX, &value));
    EXPECT_ERR(ERR_INPUT, str_to_u64(STR(""), 10, &value));
    EXPECT_ERR(ERR_INPUT, str_to_u64(STR("+1"), 10, &value));
    EXPECT_ERR(ERR_INPUT, str_to_u64(STR("01"), 10, &value));
    EXPECT_ERR(ERR_INPUT, str_to_u64(STR("11"), 10, &value));
    EXPECT(value == UINT64_MAX); /* untouched by failures */
}

TEST(signed_numbers_keep_their_range)
{
    int64_t value = 0;

    EXPECT_OK(str_to_i64(STR("-1"), -1, 1, &value));
    EXPECT_INT(-1, value);
    EXPECT_ERR(ERR_INPUT, str_to_i64(STR("-2"), -1, 1, &value));
    EXPECT_ERR(ERR_INPUT, str_to_i64(STR("--1"), -1, 1, &value));
}

TEST(a_buffer_fails_at_its_maximum_and_keeps_what_fitted)
{
    struct buf buf;

    buf_init(&buf, 8);
    buf_put_c(&buf, "12345678");
    EXPECT(buf_ok(&buf));
    buf_put_c(&buf, "9");
    EXPECT_FALSE(buf_ok(&buf));
    EXPECT_STR("12345678", buf_str(&buf));
    buf_release(&buf);
}

TEST(a_buffer_formats_numbers_without_stdio)
{
    char memory[64];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    buf_put_i64(&buf, INT64_MIN);
    buf_put_char(&buf, ' ');
    buf_put_padded(&buf, 42, 4);
    buf_put_hex(&buf, "\x0f\xa0", 2);
    EXPECT_STR("-9223372036854775808 00420fa0", buf_str(&buf));
}

TEST(an_arena_refuses_beyond_its_maximum)
{
    struct arena arena;

    arena_init(&arena, 10000);
    EXPECT_NOT_NULL(arena_alloc(&arena, 6000));
    EXPECT_NULL(arena_alloc(&arena, 6000));
    EXPECT_NOT_NULL(arena_alloc(&arena, 100));
    arena_release(&arena);
}

TEST(times_are_rfc_3339_in_utc_with_milliseconds)
{
    char memory[TIME_TEXT_SIZE];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    time_put_rfc3339(&buf, 0);
    EXPECT_STR("1970-01-01T00:00:00.000Z", buf_str(&buf));
    buf_clear(&buf);
    time_put_rfc3339(&buf, 951827696007u);
    EXPECT_STR("2000-02-29T12:34:56.007Z", buf_str(&buf));
}

/* Against a plain array, over seeded random operations. */
TEST(a_map_agrees_with_a_plain_array)
{
    uint64_t model[256];
    bool has[256] = {false};
    struct map map;
    struct rng rng;

    map_init(&map, 256);
    rng_init(&rng, 20261120);
    for (int i = 0; i < 20000; i++) {
        uint64_t key = rng_below(&rng, 256), value;
        if (rng_below(&rng, 3) == 0) {
            EXPECT(map_remove(&map, key) == has[key]);
            has[key] = false;
        } else {
            model[key] = rng_next(&rng);
            EXPECT_OK(map_set(&map, key, model[key]));
            has[key] = true;
        }
        key = rng_below(&rng, 256);
        EXPECT(map_get(&map, key, &value) == has[key]);
        if (has[key])
            EXPECT(value == model[key]);
    }
    map_release(&map);
}

TEST(a_map_refuses_beyond_its_maximum)
{
    struct map map;

    map_init(&map, 2);
    EXPECT_OK(map_set(&map, 1, 1));
    EXPECT_OK(map_set(&map, 2, 2));
    EXPECT_ERR(ERR_FULL, map_set(&map, 3, 3));
    EXPECT_OK(map_set(&map, 2, 5));
    map_release(&map);
}
