/*
 * What the edge counts about requests, and helpers to write Prometheus text (exposition format
 * 0.0.4). Counters are relaxed atomics: any reactor adds, the scrape reads. No ids in labels.
 */
#ifndef RALLY_SERVICES_METRICS_H
#define RALLY_SERVICES_METRICS_H

#include <stdatomic.h>

#include "lib/base/buf.h"
#include "lib/net/histogram.h"

struct metrics;

/* Counters for `route_count` routes, by index; index route_count is "no route". */
struct metrics *metrics_new(size_t route_count);
void metrics_free(struct metrics *metrics);
void metrics_request(struct metrics *metrics, size_t route, int status, uint64_t took_ns);
/* Password hashing: how long one took, and how many wait. */
void metrics_hash(struct metrics *metrics, uint64_t took_ns);

/* Names a route for its labels: method and pattern. */
typedef void (*metrics_route_fn)(void *ctx, size_t route, const char **method,
                                 const char **pattern);
void metrics_put(struct metrics *metrics, struct buf *out, metrics_route_fn name, void *ctx);

/* # HELP and # TYPE of a family. */
void metrics_family(struct buf *out, const char *name, const char *type, const char *help);
/* One sample; `labels` without braces, or NULL. */
void metrics_sample(struct buf *out, const char *name, const char *labels, uint64_t value);
/* A whole histogram of nanoseconds as seconds; `labels` as above. */
void metrics_histogram_ns(struct buf *out, const char *name, const char *labels,
                          const struct histogram *histogram);

#endif
