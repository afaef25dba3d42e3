/*
 * A ring in the order of issue: all tickets live equally long, so the oldest expires first and room
 * is made at one end. Tickets are found by their first eight bytes, which are as random as the
 * rest, and compared whole in constant time.
 */
#include "services/tickets_ws.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/random.h"
#include "lib/wire/base64.h"

#define TICKET_SIZE 16

struct ticket {
    uint8_t secret[TICKET_SIZE];
    uint64_t expires_at_ms;
    struct caller caller;
    bool is_used;
};

struct tickets_ws {
    pthread_mutex_t lock;
    struct map by_key;  /* first eight bytes -> index into ring */
    uint64_t issued;    /* ever; the next goes to issued % TICKETS_WS_MAX */
    uint64_t forgotten; /* ever; the ring holds those from here to `issued` */
    struct ticket ring[TICKETS_WS_MAX];
};

struct tickets_ws *tickets_ws_new(void)
{
    struct tickets_ws *tickets = calloc(1, sizeof(*tickets)); /* pages never used stay unmapped */

    if (!tickets)
        return NULL;
    map_init(&tickets->by_key, TICKETS_WS_MAX);
    CHECK(pthread_mutex_init(&tickets->lock, NULL) == 0);
    return tickets;
}

void tickets_ws_free(struct tickets_ws *tickets)
{
    if (!tickets)
        return;
    pthread_mutex_destroy(&tickets->lock);
    map_release(&tickets->by_key);
    secret_wipe(tickets->ring, sizeof(tickets->ring));
    free(tickets);
}

static uint64_t key_of(const uint8_t secret[TICKET_SIZE])
{
    uint64_t key;

    memcpy(&key, secret, sizeof(key));
    return key;
}

static void forget(struct tickets_ws *tickets, struct ticket *ticket)
{
    if (ticket->is_used)
        return;
    CHECK(map_remove(&tickets->by_key, key_of(ticket->secret)));
    ticket->is_used = true;
}

/* Drops used and expired ones from the old end. */
static void forget_old(struct tickets_ws *tickets, uint64_t now_ms)
{
    while (tickets->forgotten < tickets->issued) {
        struct ticket *oldest = &tickets->ring[tickets->forgotten % TICKETS_WS_MAX];
        if (!oldest->is_used && oldest->expires_at_ms > now_ms)
            return;
        forget(tickets, oldest);
        tickets->forgotten++;
    }
}

static enum err issue_locked(struct tickets_ws *tickets, const struct caller *caller,
                             uint64_t now_ms, uint8_t secret[TICKET_SIZE])
{
    uint64_t at = tickets->issued % TICKETS_WS_MAX, taken;

    forget_old(tickets, now_ms);
    if (tickets->issued - tickets->forgotten == TICKETS_WS_MAX)
        return ERR_FULL;
    do
        random_bytes(secret, TICKET_SIZE);
    while (map_get(&tickets->by_key, key_of(secret), &taken));
    if (map_set(&tickets->by_key, key_of(secret), at))
        return ERR_FULL;
    tickets->ring[at] =
        (struct ticket){.caller = *caller, .expires_at_ms = now_ms + TICKET_WS_TTL_MS};
    memcpy(tickets->ring[at].secret, secret, TICKET_SIZE);
    tickets->issued++;
    return OK;
}

enum err tickets_ws_issue(struct tickets_ws *tickets, const struct caller *caller, uint64_t now_ms,
                          struct buf *out)
{
    uint8_t secret[TICKET_SIZE];
    enum err err;

    pthread_mutex_lock(&tickets->lock);
    err = issue_locked(tickets, caller, now_ms, secret);
    pthread_mutex_unlock(&tickets->lock);
    if (!err)
        base64url_put(out, secret, sizeof(secret));
    secret_wipe(secret, sizeof(secret));
    return err;
}

static enum err take_locked(struct tickets_ws *tickets, struct str secret, uint64_t now_ms,
                            struct caller *out)
{
    struct ticket *ticket;
    uint64_t at;

    if (!map_get(&tickets->by_key, key_of((const uint8_t *)secret.ptr), &at))
        return ERR_TOKEN_INVALID;
    ticket = &tickets->ring[at];
    if (!secret_eq(secret, str_of(ticket->secret, TICKET_SIZE)))
        return ERR_TOKEN_INVALID;
    forget(tickets, ticket);
    if (ticket->expires_at_ms <= now_ms)
        return ERR_TOKEN_INVALID;
    *out = ticket->caller;
    return OK;
}

enum err tickets_ws_take(struct tickets_ws *tickets, struct str ticket, uint64_t now_ms,
                         struct caller *out)
{
    uint8_t secret[TICKET_SIZE];
    struct buf decoded;
    enum err err;

    buf_init_fixed(&decoded, secret, sizeof(secret));
    if (ticket.len != TICKET_WS_TEXT_SIZE || base64url_decode(ticket, &decoded) ||
        decoded.len != TICKET_SIZE)
        return ERR_TOKEN_INVALID;
    pthread_mutex_lock(&tickets->lock);
    err = take_locked(tickets, buf_str(&decoded), now_ms, out);
    pthread_mutex_unlock(&tickets->lock);
    return err;
}
