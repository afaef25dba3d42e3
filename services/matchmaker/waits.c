/*
 * An exponential average with weight 1/4 for the newest wait: five players later an odd evening is
 * forgotten. Reading, changing and writing it are three steps without a lock; of two matches in the
 * same instant one wait may be lost, which an estimate can bear.
 */
#include "services/matchmaker/waits.h"

#include <stdatomic.h>

#include "lib/kv/kv.h"
#include "services/metrics.h"

#define WAITS_TTL_MS (60u * 60 * 1000)
#define WAITS_KEY STR("quick:wait_ms")
#define NUMBER_SIZE 24
#define KEY_SIZE 48

static struct str since_key(uint64_t user_id, char *memory)
{
    struct buf buf;

    buf_init_fixed(&buf, memory, KEY_SIZE);
    buf_put_c(&buf, "quick:since:");
    buf_put_u64(&buf, user_id);
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

static void number_set(struct kv *kv, struct str key, uint64_t number, uint64_t now_ms)
{
    char memory[NUMBER_SIZE];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    buf_put_u64(&buf, number);
    /* A full kv costs the estimate and nothing else. */
    if (kv_set(kv, key, buf_str(&buf), WAITS_TTL_MS, now_ms))
        return;
}

static bool number_get(struct kv *kv, struct str key, uint64_t now_ms, uint64_t *number)
{
    char memory[NUMBER_SIZE];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    if (kv_get(kv, key, now_ms, &buf))
        return false;
    return str_to_u64(buf_str(&buf), UINT64_MAX, number) == OK;
}

/* -- metrics --------------------------------------------------------------------------------- */

static const uint32_t BOUNDS_S[] = {1, 2, 5, 10, 20, 30, 60, 120, 300};

static atomic_uint_fast64_t wait_counts[ARRAY_COUNT(BOUNDS_S) + 1];
static atomic_uint_fast64_t wait_sum_ms;
static atomic_uint_fast64_t matches;

static void count_wait(uint64_t waited_ms)
{
    size_t at = 0;

    while (at < ARRAY_COUNT(BOUNDS_S) && waited_ms > (uint64_t)BOUNDS_S[at] * 1000)
        at++;
    atomic_fetch_add(&wait_counts[at], 1);
    atomic_fetch_add(&wait_sum_ms, waited_ms);
}

void waits_put_metrics(struct buf *out, const char *mode)
{
    uint64_t total = 0, sum_ms = atomic_load(&wait_sum_ms);

    metrics_family(out, "rally_matchmaker_matches_total", "counter", "Matches made, by mode.");
    buf_printf(out, "rally_matchmaker_matches_total{mode=\"%s\"} %llu\n", mode,
               (unsigned long long)atomic_load(&matches));
    metrics_family(out, "rally_matchmaker_wait_seconds", "histogram",
                   "From joining to being matched, by mode.");
    for (size_t i = 0; i < ARRAY_COUNT(BOUNDS_S); i++) {
        total += atomic_load(&wait_counts[i]);
        buf_printf(out, "rally_matchmaker_wait_seconds_bucket{mode=\"%s\",le=\"%u\"} %llu\n", mode,
                   BOUNDS_S[i], (unsigned long long)total);
    }
    total += atomic_load(&wait_counts[ARRAY_COUNT(BOUNDS_S)]);
    buf_printf(out,
               "rally_matchmaker_wait_seconds_bucket{mode=\"%s\",le=\"+Inf\"} %llu\n"
               "rally_matchmaker_wait_seconds_sum{mode=\"%s\"} %llu.%03llu\n"
               "rally_matchmaker_wait_seconds_count{mode=\"%s\"} %llu\n",
               mode, (unsigned long long)total, mode, (unsigned long long)(sum_ms / 1000),
               (unsigned long long)(sum_ms % 1000), mode, (unsigned long long)total);
}

/* -- waits ----------------------------------------------------------------------------------- */

void waits_began(struct kv *kv, uint64_t user_id, uint64_t now_ms)
{
    char memory[KEY_SIZE];

    number_set(kv, since_key(user_id, memory), now_ms, now_ms);
}

void waits_matched(struct kv *kv, uint64_t user_id, uint64_t now_ms)
{
    char memory[KEY_SIZE];
    struct str key = since_key(user_id, memory);
    uint64_t since_ms, waited_ms, average_ms;

    if (!number_get(kv, key, now_ms, &since_ms) || since_ms > now_ms)
        return;
    kv_delete(kv, key, now_ms);
    waited_ms = now_ms - since_ms;
    count_wait(waited_ms);
    count_wait(0); /* who came second */
    atomic_fetch_add(&matches, 1);
    if (waits_average(kv, now_ms, &average_ms))
        waited_ms = (3 * average_ms + waited_ms) / 4;
    number_set(kv, WAITS_KEY, waited_ms, now_ms);
}

void waits_dropped(struct kv *kv, uint64_t user_id, uint64_t now_ms)
{
    char memory[KEY_SIZE];

    kv_delete(kv, since_key(user_id, memory), now_ms);
}

bool waits_average(struct kv *kv, uint64_t now_ms, uint64_t *average_ms)
{
    return number_get(kv, WAITS_KEY, now_ms, average_ms);
}
