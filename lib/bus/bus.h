/*
 * Requests to roles and hints between them. In one process a request goes into the role's bounded
 * queue and an event calls the subscribers on the publisher's thread; elsewhere both travel as NATS
 * messages. Events are hints: losing or repeating one changes nothing but latency, because every
 * consumer re-reads the store.
 */
#ifndef RALLY_BUS_BUS_H
#define RALLY_BUS_BUS_H

#include "lib/base/queue.h"
#include "lib/base/str.h"

#define BUS_SUBSCRIBERS_MAX 64

struct bus;

/* `payload` is JSON and lives only during the call. Must not block. */
typedef void (*bus_fn)(void *ctx, struct str subject, struct str payload);

/* The in-process bus. NULL when there is no memory. */
struct bus *bus_new_local(void);
void bus_free(struct bus *bus);

/* At start-up only, before any publish. `subject` is exact or ends in ".>" for a prefix. */
enum err bus_subscribe(struct bus *bus, const char *subject, bus_fn fn, void *ctx) MUST_USE;
/* From any thread. */
void bus_publish(struct bus *bus, const char *subject, struct str payload);

/* At start-up only: requests for `role` go into `queue`. */
enum err bus_serve(struct bus *bus, const char *role, struct queue *queue) MUST_USE;
/* Hands a request over. ERR_FULL when the role's queue is full, ERR_NOT_FOUND when nobody serves
 * the role: both are 503 at the edge. */
enum err bus_call(struct bus *bus, const char *role, void *request) MUST_USE;

#endif
