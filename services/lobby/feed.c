/* One locked map from user to log. Logs are short and calls are few: a person is told something
 * now and then, not sixty times a second. */
#include "services/lobby/feed.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/wire/json.h"

struct feed_event {
    struct list link;
    uint64_t seq;
    size_t len;
    char text[];
};

struct feed_log {
    struct list events; /* struct feed_event, oldest first */
    uint64_t user_id;
    uint64_t last; /* number of the newest event, kept or not */
    size_t count;
    uint32_t sockets;
    uint64_t left_ms; /* when the last socket closed; while there is none */
};

struct feed {
    pthread_mutex_t lock;
    struct map logs; /* user id -> struct feed_log */
    size_t size;     /* bytes of all events */
};

struct feed *feed_new(void)
{
    struct feed *feed = calloc(1, sizeof(*feed));

    if (!feed)
        return NULL;
    CHECK(pthread_mutex_init(&feed->lock, NULL) == 0);
    map_init(&feed->logs, FEED_USERS_MAX);
    return feed;
}

static struct feed_log *log_find(const struct feed *feed, uint64_t user_id)
{
    uint64_t value = 0;

    return map_get(&feed->logs, user_id, &value) ? (struct feed_log *)(uintptr_t)value : NULL;
}

static void forget_oldest(struct feed *feed, struct feed_log *log)
{
    struct list *node = list_pop(&log->events);
    struct feed_event *event;

    CHECK(node != NULL);
    event = container_of(node, struct feed_event, link);
    feed->size -= sizeof(*event) + event->len;
    log->count--;
    free(event);
}

static void log_free(struct feed *feed, struct feed_log *log)
{
    while (log->count > 0)
        forget_oldest(feed, log);
    free(log);
}

void feed_free(struct feed *feed)
{
    const struct map_entry *entry;
    size_t at = 0;

    if (!feed)
        return;
    while ((entry = map_next(&feed->logs, &at)) != NULL)
        log_free(feed, (struct feed_log *)(uintptr_t)entry->value);
    map_release(&feed->logs);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}

static enum err log_make(struct feed *feed, uint64_t user_id, uint64_t now_ms,
                         struct feed_log **out)
{
    struct feed_log *log = calloc(1, sizeof(*log));
    enum err err;

    if (!log)
        return ERR_FULL;
    list_init(&log->events);
    log->user_id = user_id;
    log->last = now_ms;
    err = map_set(&feed->logs, user_id, (uint64_t)(uintptr_t)log);
    if (err) {
        free(log);
        return err;
    }
    *out = log;
    return OK;
}

enum err feed_enter(struct feed *feed, uint64_t user_id, uint64_t now_ms, uint64_t *last)
{
    struct feed_log *log;
    enum err err = OK;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    if (!log)
        err = log_make(feed, user_id, now_ms, &log);
    if (!err) {
        log->sockets++;
        *last = log->last;
    }
    pthread_mutex_unlock(&feed->lock);
    return err;
}

void feed_leave(struct feed *feed, uint64_t user_id, uint64_t now_ms)
{
    struct feed_log *log;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    CHECK(log && log->sockets > 0);
    if (--log->sockets == 0)
        log->left_ms = now_ms;
    pthread_mutex_unlock(&feed->lock);
}

void feed_envelope_put(struct buf *out, struct str event, struct str data, uint64_t now_ms,
                       uint64_t seq)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_str(&w, "event", event);
    json_key(&w, "data");
    json_put_raw(&w, data);
    json_time(&w, "timestamp", now_ms);
    json_u64(&w, "seq", seq);
    json_object_end(&w);
}

/* What cannot be kept is a gap in the log, which its readers notice. */
static void keep(struct feed *feed, struct feed_log *log, struct str text)
{
    size_t size = sizeof(struct feed_event) + text.len;
    struct feed_event *event;

    while (log->count > 0 && (log->count >= FEED_EVENTS_MAX || feed->size + size > FEED_SIZE_MAX))
        forget_oldest(feed, log);
    event = feed->size + size > FEED_SIZE_MAX ? NULL : malloc(size);
    if (!event) {
        while (log->count > 0)
            forget_oldest(feed, log);
        return;
    }
    event->seq = log->last;
    event->len = text.len;
    memcpy(event->text, text.ptr, text.len);
    list_append(&log->events, &event->link);
    log->count++;
    feed->size += size;
}

bool feed_append(struct feed *feed, uint64_t user_id, struct str event, struct str data,
                 uint64_t now_ms)
{
    char memory[FEED_EVENT_SIZE_MAX];
    struct feed_log *log;
    bool has_sockets = false;
    struct buf text;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    if (log) {
        log->last++;
        buf_init_fixed(&text, memory, sizeof(memory));
        feed_envelope_put(&text, event, data, now_ms, log->last);
        CHECK(buf_ok(&text));
        keep(feed, log, buf_str(&text));
        has_sockets = log->sockets > 0;
    }
    pthread_mutex_unlock(&feed->lock);
    return has_sockets;
}

static enum err next_of(const struct feed_log *log, uint64_t after, struct buf *out, uint64_t *seq)
{
    const struct feed_event *event;
    uint64_t oldest = log->last - log->count + 1;

    if (after == log->last)
        return ERR_END;
    if (after > log->last || after + 1 < oldest)
        return ERR_NOT_FOUND;
    list_for_each (node, &log->events) {
        event = container_of(node, struct feed_event, link);
        if (event->seq != after + 1)
            continue;
        buf_put(out, event->text, event->len);
        *seq = event->seq;
        return OK;
    }
    return ERR_NOT_FOUND;
}

enum err feed_next(struct feed *feed, uint64_t user_id, uint64_t after, struct buf *out,
                   uint64_t *seq)
{
    const struct feed_log *log;
    enum err err;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    err = log ? next_of(log, after, out, seq) : ERR_NOT_FOUND;
    pthread_mutex_unlock(&feed->lock);
    return err;
}

uint64_t feed_last(struct feed *feed, uint64_t user_id)
{
    const struct feed_log *log;
    uint64_t last;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    last = log ? log->last : 0;
    pthread_mutex_unlock(&feed->lock);
    return last;
}

bool feed_has_sockets(struct feed *feed, uint64_t user_id)
{
    const struct feed_log *log;
    bool has_sockets;

    pthread_mutex_lock(&feed->lock);
    log = log_find(feed, user_id);
    has_sockets = log && log->sockets > 0;
    pthread_mutex_unlock(&feed->lock);
    return has_sockets;
}

/* A few at a time, so that nobody waits long for the lock; the timer comes again. */
void feed_purge(struct feed *feed, uint64_t now_ms)
{
    struct feed_log *gone[64];
    const struct map_entry *entry;
    size_t at = 0, count = 0;

    pthread_mutex_lock(&feed->lock);
    while (count < ARRAY_COUNT(gone) && (entry = map_next(&feed->logs, &at)) != NULL) {
        struct feed_log *log = (struct feed_log *)(uintptr_t)entry->value;
        if (log->sockets == 0 && now_ms > log->left_ms + FEED_LINGER_MS)
            gone[count++] = log;
    }
    for (size_t i = 0; i < count; i++) {
        (void)map_remove(&feed->logs, gone[i]->user_id);
        log_free(feed, gone[i]);
    }
    pthread_mutex_unlock(&feed->lock);
}
