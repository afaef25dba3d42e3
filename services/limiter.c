/*
 * Sixteen tables, each with its own lock, so that reactors do not queue up behind one another. A
 * table is fixed memory: entries in hash chains, and in one list from the newest to the longest
 * unused. Keys are kept as their keyed 64-bit hash: two that collide share an allowance, which
 * nobody can bring about who does not know the key.
 */
#include "services/limiter.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/core/ratelimit.h"

#define MINUTE_MS 60000u
#define HOUR_MS 3600000u

/* Rules beside those of the routes' classes. */
enum {
    RULE_LOGIN_ACCOUNT = RATE_COUNT,
    RULE_LOGIN_NETWORK,
    RULE_COUNT,
};

/* clang-format off */
/*
 * Count per period, burst (reliability.md section 5). Guests have a figure of their own: a school
 * behind one address wants to play now, and a guest costs no hash and holds no name for long.
 */
static const struct ratelimit_rule RULES[RULE_COUNT] = {
    [RATE_READ]          = {120, MINUTE_MS, 120},
    [RATE_WRITE]         = {30, MINUTE_MS, 30},
    [RATE_LOGIN]         = {20, MINUTE_MS, 20},
    [RATE_REGISTER]      = {3, HOUR_MS, 3},
    [RATE_GUEST]         = {60, HOUR_MS, 20},
    [RATE_REFRESH]       = {10, MINUTE_MS, 10},
    [RATE_TICKET]        = {20, MINUTE_MS, 10},
    [RATE_QUEUE]         = {10, MINUTE_MS, 10},
    [RULE_LOGIN_ACCOUNT] = {5, MINUTE_MS, 10},
    [RULE_LOGIN_NETWORK] = {200, MINUTE_MS, 200},
};
/* clang-format on */

/*
 * In development every player comes from the same loopback address: a demo of a few browser
 * windows, or a reload that makes a new guest, would be locked out for an hour by three.
 */
static const struct ratelimit_rule ACCOUNTS_IN_DEVELOPMENT = {60, MINUTE_MS, 60};

#define SHARD_COUNT 16u
#define SHARD_ENTRIES 4096u
#define SHARD_BUCKETS 8192u

_Static_assert(SHARD_COUNT *SHARD_ENTRIES == 65536, "the bound that the header states");

struct entry {
    uint64_t key;
    struct ratelimit limit;
    uint16_t chain_next; /* 0: end; entries count from 1 */
    uint16_t newer;
    uint16_t older;
};

struct shard {
    pthread_mutex_t lock;
    uint32_t used;
    uint16_t newest;
    uint16_t oldest;
    uint16_t buckets[SHARD_BUCKETS];
    struct entry entries[SHARD_ENTRIES + 1]; /* the first stays empty: index 0 is "none" */
};

struct limiter {
    bool is_on;
    bool is_production;
    struct shard shards[SHARD_COUNT];
};

struct limiter *limiter_new(bool is_on, bool is_production)
{
    struct limiter *limiter = calloc(1, sizeof(*limiter)); /* pages never used stay unmapped */

    if (!limiter)
        return NULL;
    limiter->is_on = is_on;
    limiter->is_production = is_production;
    for (size_t i = 0; i < SHARD_COUNT; i++)
        CHECK(pthread_mutex_init(&limiter->shards[i].lock, NULL) == 0);
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    if (!limiter)
        return;
    for (size_t i = 0; i < SHARD_COUNT; i++)
        pthread_mutex_destroy(&limiter->shards[i].lock);
    free(limiter);
}

static uint16_t *bucket_of(struct shard *shard, uint64_t key)
{
    return &shard->buckets[(key >> 8) % SHARD_BUCKETS]; /* the low bits chose the shard */
}

static uint16_t find(struct shard *shard, uint64_t key)
{
    uint16_t at = *bucket_of(shard, key);

    while (at != 0 && shard->entries[at].key != key)
        at = shard->entries[at].chain_next;
    return at;
}

static void age_unlink(struct shard *shard, uint16_t at)
{
    struct entry *entry = &shard->entries[at];

    if (entry->newer)
        shard->entries[entry->newer].older = entry->older;
    else
        shard->newest = entry->older;
    if (entry->older)
        shard->entries[entry->older].newer = entry->newer;
    else
        shard->oldest = entry->newer;
}

static void age_link_newest(struct shard *shard, uint16_t at)
{
    struct entry *entry = &shard->entries[at];

    entry->newer = 0;
    entry->older = shard->newest;
    if (shard->newest)
        shard->entries[shard->newest].newer = at;
    else
        shard->oldest = at;
    shard->newest = at;
}

static void chain_unlink(struct shard *shard, uint16_t at)
{
    uint16_t *link = bucket_of(shard, shard->entries[at].key);

    while (*link != at) {
        CHECK(*link != 0);
        link = &shard->entries[*link].chain_next;
    }
    *link = shard->entries[at].chain_next;
}

/* A free entry, or that of the key which was longest not asked for. */
static uint16_t take_entry(struct shard *shard)
{
    uint16_t at;

    if (shard->used < SHARD_ENTRIES)
        return (uint16_t)++shard->used;
    at = shard->oldest;
    age_unlink(shard, at);
    chain_unlink(shard, at);
    return at;
}

static struct entry *entry_of(struct shard *shard, uint64_t key)
{
    uint16_t at = find(shard, key);
    uint16_t *bucket = bucket_of(shard, key);

    if (at) {
        age_unlink(shard, at);
    } else {
        at = take_entry(shard);
        shard->entries[at] = (struct entry){.key = key, .chain_next = *bucket};
        *bucket = at;
    }
    age_link_newest(shard, at);
    return &shard->entries[at];
}

static const struct ratelimit_rule *rule_of(const struct limiter *limiter, unsigned rule)
{
    if ((rule == RATE_REGISTER || rule == RATE_GUEST) && !limiter->is_production)
        return &ACCOUNTS_IN_DEVELOPMENT;
    return &RULES[rule];
}

static uint32_t seconds_up(uint64_t ms)
{
    return (uint32_t)((ms + 999) / 1000); /* at most a day */
}

static struct limit_answer take(struct limiter *limiter, unsigned rule_index, struct str name,
                                uint64_t now_ms)
{
    const struct ratelimit_rule *rule = rule_of(limiter, rule_index);
    uint64_t key = hash_keyed(name.ptr, name.len) ^ (rule_index * 0x9e3779b97f4a7c15u);
    struct shard *shard = &limiter->shards[key % SHARD_COUNT];
    struct ratelimit_answer answer;
    bool is_allowed;

    pthread_mutex_lock(&shard->lock);
    is_allowed = ratelimit_take(&entry_of(shard, key)->limit, rule, now_ms, 1, &answer);
    pthread_mutex_unlock(&shard->lock);
    return (struct limit_answer){.is_allowed = is_allowed,
                                 .limit = rule->burst,
                                 .remaining = answer.remaining,
                                 .reset_s = seconds_up(answer.reset_ms),
                                 .retry_after_s = seconds_up(answer.retry_after_ms)};
}

/*
 * The network of an address in `memory`: its first 64 or 48 bits (IPv6), 24 bits (IPv4 when
 * `is_wide`), or the key as it is: user ids, names and whole IPv4 addresses.
 */
static struct str network_of(struct str key, bool is_wide, char memory[16])
{
    char text[INET6_ADDRSTRLEN];

    if (str_to_c(key, text, sizeof(text)))
        return key;
    if (inet_pton(AF_INET6, text, memory) == 1)
        return str_of(memory, is_wide ? 6 : 8);
    if (is_wide && inet_pton(AF_INET, text, memory) == 1)
        return str_of(memory, 3);
    return key;
}

static struct limit_answer let_through(const struct ratelimit_rule *rule)
{
    return (struct limit_answer){
        .is_allowed = true, .limit = rule->burst, .remaining = rule->burst};
}

struct limit_answer limiter_take(struct limiter *limiter, enum rate_class class, struct str key,
                                 uint64_t now_ms)
{
    struct limit_answer network, answer;
    char memory[16];

    if (!limiter->is_on || class == RATE_NONE)
        return let_through(rule_of(limiter, class));
    answer = take(limiter, class, network_of(key, false, memory), now_ms);
    if (class != RATE_LOGIN || !answer.is_allowed)
        return answer;
    network = take(limiter, RULE_LOGIN_NETWORK, network_of(key, true, memory), now_ms);
    return network.is_allowed ? answer : network;
}

struct limit_answer limiter_take_login(struct limiter *limiter, struct str folded_username,
                                       uint64_t now_ms)
{
    if (!limiter->is_on)
        return let_through(&RULES[RULE_LOGIN_ACCOUNT]);
    return take(limiter, RULE_LOGIN_ACCOUNT, folded_username, now_ms);
}
