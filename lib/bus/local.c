/*
 * The bus of one process: an event is a call of each subscriber on the publisher's thread, a
 * request is a push into the role's own queue. There is no thread, no lock and no memory growth
 * here: both tables are filled at start-up and only read afterwards, which is why a subscription
 * after the first event or request is refused rather than raced.
 */
#include "lib/bus/bus.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Six roles today; a name is at most "leaderboard" long. */
#define BUS_ROLES_MAX 16
#define BUS_NAME_SIZE 64

struct subscriber {
    char subject[BUS_NAME_SIZE]; /* without the ".>" of a prefix, but with its dot */
    size_t len;
    bool is_prefix;
    bus_fn fn;
    void *ctx;
};

struct server {
    char role[BUS_NAME_SIZE];
    struct queue *queue;
};

struct bus {
    struct subscriber subscribers[BUS_SUBSCRIBERS_MAX];
    size_t subscriber_count;
    struct server servers[BUS_ROLES_MAX];
    size_t server_count;
    atomic_bool is_in_use;
};

struct bus *bus_new_local(void)
{
    return calloc(1, sizeof(struct bus));
}

void bus_free(struct bus *bus)
{
    free(bus);
}

static bool is_in_use(struct bus *bus)
{
    return atomic_load_explicit(&bus->is_in_use, memory_order_relaxed);
}

/* A load first: all reactors and workers come by here, and a store by each would make them fight
 * over the cache line. */
static void mark_in_use(struct bus *bus)
{
    if (!is_in_use(bus))
        atomic_store_explicit(&bus->is_in_use, true, memory_order_relaxed);
}

enum err bus_subscribe(struct bus *bus, const char *subject, bus_fn fn, void *ctx)
{
    struct str text = str_from_c(subject);
    struct subscriber row = {.fn = fn, .ctx = ctx};
    enum err err;

    CHECK(fn);
    if (is_in_use(bus))
        return ERR_BAD_STATE;
    if (bus->subscriber_count == BUS_SUBSCRIBERS_MAX)
        return ERR_FULL;
    if (str_ends_with(text, STR(".>"))) {
        row.is_prefix = true;
        text.len--;
    }
    if (text.len == 0)
        return ERR_INPUT;
    if ((err = str_to_c(text, row.subject, sizeof(row.subject))))
        return err;
    row.len = text.len;
    bus->subscribers[bus->subscriber_count++] = row;
    return OK;
}

static bool wants(const struct subscriber *row, struct str subject)
{
    struct str mine = str_of(row->subject, row->len);

    return row->is_prefix ? str_starts_with(subject, mine) : str_eq(subject, mine);
}

void bus_publish(struct bus *bus, const char *subject, struct str payload)
{
    struct str text = str_from_c(subject);

    mark_in_use(bus);
    for (size_t i = 0; i < bus->subscriber_count; i++) {
        const struct subscriber *row = &bus->subscribers[i];

        if (wants(row, text))
            row->fn(row->ctx, text, payload);
    }
}

static struct server *server_find(struct bus *bus, struct str role)
{
    for (size_t i = 0; i < bus->server_count; i++) {
        if (str_eq(str_from_c(bus->servers[i].role), role))
            return &bus->servers[i];
    }
    return NULL;
}

enum err bus_serve(struct bus *bus, const char *role, struct queue *queue)
{
    struct server row = {.queue = queue};
    enum err err;

    CHECK(queue);
    if (is_in_use(bus))
        return ERR_BAD_STATE;
    if (server_find(bus, str_from_c(role)))
        return ERR_EXISTS;
    if (bus->server_count == BUS_ROLES_MAX)
        return ERR_FULL;
    if ((err = str_to_c(str_from_c(role), row.role, sizeof(row.role))))
        return err;
    bus->servers[bus->server_count++] = row;
    return OK;
}

enum err bus_call(struct bus *bus, const char *role, void *request)
{
    struct server *server = server_find(bus, str_from_c(role));

    mark_in_use(bus);
    if (!server)
        return ERR_NOT_FOUND;
    return queue_push(server->queue, request);
}
