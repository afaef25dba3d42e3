/*
 * An exponential average with weight 1/4 for the newest wait: five players later an odd evening is
 * forgotten. Reading, changing and writing it are three steps without a lock; of two matches in the
 * same instant one wait may be lost, which an estimate can bear.
 */
#include "services/matchmaker/waits.h"

#include "lib/kv/kv.h"

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
