/*
 * What every handler may use, made once by the composition root. Everything in it is safe to use
 * from any thread.
 */
#ifndef RALLY_SERVICES_CONTEXT_H
#define RALLY_SERVICES_CONTEXT_H

#include <stdatomic.h>

#include "lib/base/str.h"
#include "lib/store/store.h"
#include "services/settings.h"

struct kv;
struct bus;
struct signer;         /* lib/crypt/signer.h: the Ed25519 key, tokens */
struct limiter;        /* services/limiter.h */
struct revocations;    /* services/revocations.h */
struct metrics;        /* services/metrics.h */
struct presence;       /* services/presence.h */
struct tickets_ws;     /* services/tickets_ws.h */
struct identities;     /* services/identity.h */
struct feed;           /* services/lobby/feed.h */
struct server;         /* lib/net/net.h */
struct presence_watch; /* services/lobby/presence_watch.h */
struct gateway;        /* services/gateway/gateway.h */
struct queue;          /* lib/base/queue.h */

#define RALLY_VERSION "0.1.0"

struct context {
    const struct settings *settings;
    struct store *store;
    struct kv *kv;
    struct bus *bus;
    struct signer *signer;
    struct limiter *limiter;
    struct revocations *revocations;
    struct metrics *metrics;
    struct presence *presence;
    struct presence *queue_presence; /* sockets on /ws/queue/ only */
    struct tickets_ws *tickets_ws;
    struct identities *identities;
    struct feed *feed;                     /* what users were told on /v1/ws */
    struct presence_watch *presence_watch; /* what friends were told */
    struct gateway *gateway;
    struct queue *worker_queue; /* for their depths only: requests go through the bus */
    struct queue *hash_queue;
    struct server *server;   /* set once the reactors exist */
    atomic_bool is_draining; /* no new tickets, matches or rooms */
};

#endif
