/*
 * Two maps: whom to look at, and what was told. Whoever is online without a socket of `/v1/ws` (its
 * last one closed, another kind is open or the ten seconds of grace run) is looked at each time,
 * from memory alone, because nothing else would say when that ends.
 */
#include "services/lobby/presence_watch.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/bus/bus.h"
#include "lib/store/friends.h"
#include "lib/store/matches.h"
#include "lib/wire/json.h"
#include "services/lobby/feed.h"
#include "services/notify.h"
#include "services/presence.h"

#define LOOKS_PER_RUN 64
#define MATCHES_MAX 1024

enum look { LOOK_IS_GONE = 1, LOOK_FULLY = 2 };
enum seen { SEEN_OFFLINE, SEEN_ONLINE, SEEN_IN_MATCH };

struct presence_watch {
    pthread_mutex_t lock;
    struct map looks;                /* user id -> enum look */
    struct map told;                 /* user id -> enum seen; offline ones are not in it */
    uint64_t match_ids[MATCHES_MAX]; /* ended; who played them is to be looked at */
    size_t match_count;
};

struct presence_watch *presence_watch_new(void)
{
    struct presence_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    CHECK(pthread_mutex_init(&watch->lock, NULL) == 0);
    map_init(&watch->looks, PRESENCE_WATCH_MAX);
    map_init(&watch->told, PRESENCE_WATCH_MAX);
    return watch;
}

void presence_watch_free(struct presence_watch *watch)
{
    if (!watch)
        return;
    map_release(&watch->looks);
    map_release(&watch->told);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static void look_later(struct presence_watch *watch, uint64_t user_id, enum look look)
{
    uint64_t before = 0;

    pthread_mutex_lock(&watch->lock);
    if (!map_get(&watch->looks, user_id, &before) || before < (uint64_t)look)
        if (map_set(&watch->looks, user_id, (uint64_t)look))
            log_event(LOG_WARN, "presence_watch_full", LOG_U64("user_id", user_id));
    pthread_mutex_unlock(&watch->lock);
}

void presence_watch_look(struct presence_watch *watch, uint64_t user_id)
{
    look_later(watch, user_id, LOOK_FULLY);
}

const char *presence_word(const struct context *context, uint64_t user_id,
                          const struct claim *claim)
{
    if (!presence_is_online(context->presence, user_id))
        return "offline";
    return claim->kind == CLAIM_MATCH ? "in_match" : "online";
}

/* -- looking --------------------------------------------------------------------------------- */

struct watching {
    uint64_t user_id;
    struct claim claim;
    struct user user;
    uint64_t friend_ids[FRIENDS_MAX];
    size_t friend_count;
};

static enum err watching_txn(struct db *db, void *arg)
{
    struct watching *watching = arg;
    enum err err = user_find(db, watching->user_id, &watching->user);

    if (err)
        return err;
    if ((err = claim_find(db, watching->user_id, &watching->claim)))
        return err;
    return friends_ids(db, watching->user_id, watching->friend_ids, FRIENDS_MAX,
                       &watching->friend_count);
}

static enum seen see(const struct context *context, const struct watching *watching)
{
    if (!presence_is_online(context->presence, watching->user_id))
        return SEEN_OFFLINE;
    return watching->claim.kind == CLAIM_MATCH ? SEEN_IN_MATCH : SEEN_ONLINE;
}

/* True when it differs from what was told. */
static bool told_set(struct presence_watch *watch, uint64_t user_id, enum seen seen)
{
    uint64_t before = SEEN_OFFLINE;
    bool has_changed;

    pthread_mutex_lock(&watch->lock);
    (void)map_get(&watch->told, user_id, &before);
    has_changed = before != (uint64_t)seen;
    if (seen == SEEN_OFFLINE)
        (void)map_remove(&watch->told, user_id);
    else if (map_set(&watch->told, user_id, (uint64_t)seen))
        has_changed = false; /* what is not remembered could not be taken back */
    pthread_mutex_unlock(&watch->lock);
    return has_changed;
}

static void tell_friends(struct context *context, const struct watching *watching)
{
    char memory[192];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    buf_init_fixed(&data, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64_text(&w, "player_id", watching->user_id);
    json_c(&w, "username", watching->user.username);
    json_c(&w, "presence", presence_word(context, watching->user_id, &watching->claim));
    json_object_end(&w);
    for (size_t i = 0; i < watching->friend_count; i++)
        notify_user(context, watching->friend_ids[i], "presence", buf_str(&data));
}

static void look_fully(struct context *context, uint64_t user_id)
{
    struct presence_watch *watch = context->presence_watch;
    struct watching watching = {.user_id = user_id};
    enum err err = store_read(context->store, watching_txn, &watching);
    enum seen seen;

    if (err == ERR_NOT_FOUND) { /* deleted: nobody's friend any more */
        (void)told_set(watch, user_id, SEEN_OFFLINE);
        return;
    }
    if (err) {
        look_later(watch, user_id, LOOK_FULLY);
        return;
    }
    seen = see(context, &watching);
    if (told_set(watch, user_id, seen))
        tell_friends(context, &watching);
    if (seen != SEEN_OFFLINE && !feed_has_sockets(context->feed, user_id))
        look_later(watch, user_id, LOOK_IS_GONE);
}

struct picked {
    uint64_t user_ids[LOOKS_PER_RUN];
    size_t count;
};

/* Takes out whom the store must be read for; those that are only watched for their end stay. */
static void pick(struct context *context, struct picked *picked)
{
    struct presence_watch *watch = context->presence_watch;
    const struct map_entry *entry;
    size_t at = 0;

    picked->count = 0;
    pthread_mutex_lock(&watch->lock);
    while (picked->count < LOOKS_PER_RUN && (entry = map_next(&watch->looks, &at)) != NULL)
        if (entry->value == LOOK_FULLY || !presence_is_online(context->presence, entry->key))
            picked->user_ids[picked->count++] = entry->key;
    for (size_t i = 0; i < picked->count; i++)
        (void)map_remove(&watch->looks, picked->user_ids[i]);
    pthread_mutex_unlock(&watch->lock);
}

/* -- ends of matches ------------------------------------------------------------------------- */

struct ended {
    uint64_t match_id;
    struct match_row row;
};

static enum err ended_txn(struct db *db, void *arg)
{
    struct ended *ended = arg;

    return matches_find(db, ended->match_id, &ended->row);
}

static bool take_match(struct presence_watch *watch, uint64_t *match_id)
{
    bool has_one;

    pthread_mutex_lock(&watch->lock);
    has_one = watch->match_count > 0;
    if (has_one)
        *match_id = watch->match_ids[--watch->match_count];
    pthread_mutex_unlock(&watch->lock);
    return has_one;
}

static bool is_watched(struct presence_watch *watch, uint64_t user_id)
{
    uint64_t seen;
    bool is_told;

    pthread_mutex_lock(&watch->lock);
    is_told = map_get(&watch->told, user_id, &seen);
    pthread_mutex_unlock(&watch->lock);
    return is_told;
}

static void look_at_players(struct context *context)
{
    struct ended ended = {0};

    for (int i = 0; i < LOOKS_PER_RUN && take_match(context->presence_watch, &ended.match_id);
         i++) {
        if (store_read(context->store, ended_txn, &ended))
            continue; /* presence is a courtesy */
        for (size_t seat = 0; seat < ended.row.player_count; seat++)
            if (is_watched(context->presence_watch, ended.row.players[seat].user_id))
                presence_watch_look(context->presence_watch, ended.row.players[seat].user_id);
    }
}

static void on_finished(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "match_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = 0,
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct context *context = ctx;
    struct presence_watch *watch = context->presence_watch;
    struct json_errors errors = {0};
    struct arena arena;
    uint64_t match_id = 0;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &match_id, &errors) == OK) {
        pthread_mutex_lock(&watch->lock);
        if (watch->match_count < MATCHES_MAX)
            watch->match_ids[watch->match_count++] = match_id;
        pthread_mutex_unlock(&watch->lock);
    }
    arena_release(&arena);
}

enum err presence_watch_start(struct context *context)
{
    return bus_subscribe(context->bus, "match.finished", on_finished, context);
}

void presence_watch_run(struct context *context, uint64_t now_ms)
{
    struct picked picked;

    (void)now_ms;
    look_at_players(context);
    pick(context, &picked);
    for (size_t i = 0; i < picked.count; i++)
        look_fully(context, picked.user_ids[i]);
}
