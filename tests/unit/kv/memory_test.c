/* The map of what may vanish: ends, limits, one-use values, counters, threads. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "lib/base/rng.h"
#include "lib/kv/kv.h"

static struct kv *kv;
static char memory[KV_VALUE_SIZE_MAX + 1];
static struct buf out;

static void open_kv(size_t count_max, size_t size_max)
{
    kv = kv_new_memory(count_max, size_max);
    EXPECT_NOT_NULL(kv);
    buf_init_fixed(&out, memory, sizeof(memory));
}

static struct str number_key(char *to, size_t size, uint64_t number)
{
    struct buf key;

    buf_init_fixed(&key, to, size);
    buf_put_c(&key, "key:");
    buf_put_u64(&key, number);
    return buf_str(&key);
}

TEST(a_missing_key_is_not_found)
{
    open_kv(10, 10000);
    EXPECT_ERR(ERR_NOT_FOUND, kv_get(kv, STR("nothing"), 0, &out));
    EXPECT_FALSE(kv_delete(kv, STR("nothing"), 0));
    kv_free(kv);
}

TEST(a_value_is_there_until_its_time_is_up)
{
    open_kv(10, 10000);
    EXPECT_OK(kv_set(kv, STR("a"), STR("one"), 100, 1000));
    EXPECT_OK(kv_get(kv, STR("a"), 1099, &out));
    EXPECT_STR("one", buf_str(&out));
    EXPECT_ERR(ERR_NOT_FOUND, kv_get(kv, STR("a"), 1100, &out));
    kv_free(kv);
}

TEST(a_second_set_replaces_value_and_end)
{
    open_kv(10, 10000);
    EXPECT_OK(kv_set(kv, STR("a"), STR("one"), 100, 0));
    EXPECT_OK(kv_set(kv, STR("a"), STR(""), 1000, 50));
    EXPECT_OK(kv_get(kv, STR("a"), 500, &out));
    EXPECT_STR("", buf_str(&out));
    kv_free(kv);
}

TEST(add_refuses_a_living_key_and_takes_an_expired_one)
{
    open_kv(10, 10000);
    EXPECT_OK(kv_add(kv, STR("a"), STR("one"), 100, 0));
    EXPECT_ERR(ERR_EXISTS, kv_add(kv, STR("a"), STR("two"), 100, 99));
    EXPECT_OK(kv_add(kv, STR("a"), STR("two"), 100, 100));
    kv_free(kv);
}

TEST(too_large_keys_and_values_are_refused)
{
    static char large[KV_VALUE_SIZE_MAX + 1];

    open_kv(10, 100000);
    EXPECT_ERR(ERR_TOO_LARGE, kv_set(kv, str_of(large, KV_KEY_SIZE_MAX + 1), STR(""), 1, 0));
    EXPECT_ERR(ERR_TOO_LARGE, kv_set(kv, STR("a"), str_of(large, sizeof(large)), 1, 0));
    EXPECT_OK(kv_set(kv, STR("a"), str_of(large, KV_VALUE_SIZE_MAX), 1, 0));
    kv_free(kv);
}

TEST(a_value_that_does_not_fit_stays_and_leaves_nothing_behind)
{
    struct buf small;
    char room[2];

    open_kv(10, 10000);
    buf_init_fixed(&small, room, sizeof(room));
    EXPECT_OK(kv_set(kv, STR("a"), STR("three"), 100, 0));
    EXPECT_ERR(ERR_TOO_LARGE, kv_take(kv, STR("a"), 0, &small));
    EXPECT_INT(0, small.len);
    EXPECT_OK(kv_take(kv, STR("a"), 0, &out));
    EXPECT_STR("three", buf_str(&out));
    EXPECT_ERR(ERR_NOT_FOUND, kv_take(kv, STR("a"), 0, &out));
    kv_free(kv);
}

TEST(a_counter_keeps_its_first_end)
{
    int64_t value;

    open_kv(10, 10000);
    EXPECT_OK(kv_increment(kv, STR("n"), 5, 100, 0, &value));
    EXPECT_INT(5, value);
    EXPECT_OK(kv_increment(kv, STR("n"), -7, 100, 99, &value));
    EXPECT_INT(-2, value);
    EXPECT_OK(kv_increment(kv, STR("n"), 1, 100, 100, &value));
    EXPECT_INT(1, value);
    kv_free(kv);
}

TEST(what_is_no_number_is_not_counted)
{
    int64_t value = 42;

    open_kv(10, 10000);
    EXPECT_OK(kv_set(kv, STR("n"), STR("x"), 100, 0));
    EXPECT_ERR(ERR_BAD_STATE, kv_increment(kv, STR("n"), 1, 100, 0, &value));
    EXPECT_OK(kv_set(kv, STR("n"), STR("9223372036854775807"), 100, 0));
    EXPECT_ERR(ERR_BAD_STATE, kv_increment(kv, STR("n"), 1, 100, 0, &value));
    EXPECT_INT(42, value);
    kv_free(kv);
}

TEST(a_full_table_never_grows_beyond_its_maximum)
{
    struct kv_stats stats;
    char text[40];

    open_kv(100, 1000000);
    for (uint64_t i = 0; i < 1000; i++) {
        EXPECT_OK(kv_set(kv, number_key(text, sizeof(text), i), STR("v"), 1000 + i, 0));
        kv_stats(kv, &stats);
        EXPECT(stats.count <= 100);
    }
    EXPECT_INT(900, stats.evicted);
    EXPECT_OK(kv_get(kv, number_key(text, sizeof(text), 999), 0, &out));
    kv_free(kv);
}

TEST(bytes_are_bounded_as_well)
{
    static char value[1000];
    struct kv_stats stats;
    char text[40];

    open_kv(1000, 20000);
    for (uint64_t i = 0; i < 100; i++) {
        EXPECT_OK(kv_set(kv, number_key(text, sizeof(text), i), str_of(value, 1000), 1000, 0));
        kv_stats(kv, &stats);
        EXPECT(stats.size <= 20000);
    }
    kv_free(kv);
}

TEST(expired_entries_are_swept_by_later_writes)
{
    struct kv_stats stats;
    char text[40];

    open_kv(10000, 10000000);
    for (uint64_t i = 0; i < 1000; i++)
        EXPECT_OK(kv_set(kv, number_key(text, sizeof(text), i), STR("v"), 10, 0));
    for (uint64_t i = 0; i < 1000; i++)
        EXPECT_OK(kv_set(kv, STR("one"), STR("v"), 10, 100));
    kv_stats(kv, &stats);
    EXPECT_INT(1, stats.count);
    EXPECT_INT(0, stats.evicted);
    kv_free(kv);
}

/* -- threads --------------------------------------------------------------------------------- */

#define TAKERS 4
#define TICKETS 2000

static void *take_all(void *arg)
{
    size_t *taken = arg;
    char text[40], room[8];

    for (uint64_t i = 0; i < TICKETS; i++) {
        struct buf value;
        int64_t sum;
        buf_init_fixed(&value, room, sizeof(room));
        if (kv_take(kv, number_key(text, sizeof(text), i), 0, &value) == OK)
            (*taken)++;
        if (kv_increment(kv, STR("sum"), 1, 1000, 0, &sum))
            return NULL;
    }
    return NULL;
}

TEST(a_one_use_value_is_taken_once_whoever_races_for_it)
{
    pthread_t threads[TAKERS];
    size_t taken[TAKERS] = {0}, total = 0;
    char text[40];

    open_kv(TICKETS + 1, 10000000);
    for (uint64_t i = 0; i < TICKETS; i++)
        EXPECT_OK(kv_set(kv, number_key(text, sizeof(text), i), STR("v"), 1000, 0));
    for (int i = 0; i < TAKERS; i++)
        EXPECT_INT(0, pthread_create(&threads[i], NULL, take_all, &taken[i]));
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
        total += taken[i];
    }
    EXPECT_INT(TICKETS, total);
    EXPECT_OK(kv_get(kv, STR("sum"), 0, &out));
    EXPECT_STR("8000", buf_str(&out));
    kv_free(kv);
}

/* A model: the last set of each of a few keys, with its end. */
TEST(random_operations_agree_with_a_model)
{
    struct {
        int64_t value;
        uint64_t expires_ms;
    } model[16] = {{0, 0}};
    struct rng rng;
    uint64_t now_ms = 1;

    open_kv(100, 100000);
    rng_init(&rng, 7);
    for (int step = 0; step < 50000; step++) {
        uint64_t at = rng_below(&rng, 16);
        bool is_there;
        char text[40];
        struct str key = number_key(text, sizeof(text), at);
        int64_t sum = 0;

        now_ms += rng_below(&rng, 3);
        is_there = model[at].expires_ms > now_ms;
        switch (rng_below(&rng, 3)) {
        case 0:
            EXPECT_INT(is_there, kv_delete(kv, key, now_ms));
            model[at].expires_ms = 0;
            break;
        case 1:
            EXPECT_OK(kv_increment(kv, key, 3, 20, now_ms, &sum));
            model[at].value = is_there ? model[at].value + 3 : 3;
            model[at].expires_ms = is_there ? model[at].expires_ms : now_ms + 20;
            EXPECT_INT(model[at].value, sum);
            break;
        default:
            buf_clear(&out);
            EXPECT_ERR(is_there ? OK : ERR_NOT_FOUND, kv_get(kv, key, now_ms, &out));
        }
    }
    kv_free(kv);
}
