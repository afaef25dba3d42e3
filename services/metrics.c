/* See metrics.h. */
#include "services/metrics.h"

#include <stdlib.h>

#define STATUS_SLOTS 24

/* Statuses of one route, in the order they first occurred. */
struct route_counts {
    atomic_uint status[STATUS_SLOTS];
    atomic_uint_fast64_t count[STATUS_SLOTS];
    atomic_uint_fast64_t buckets[HISTOGRAM_BUCKETS];
    atomic_uint_fast64_t sum_ns;
};

struct metrics {
    size_t route_count;
    struct route_counts hashes; /* only buckets and sum */
    struct route_counts routes[];
};

struct metrics *metrics_new(size_t route_count)
{
    struct metrics *metrics =
        calloc(1, sizeof(*metrics) + (route_count + 1) * sizeof(struct route_counts));

    CHECK(metrics != NULL);
    metrics->route_count = route_count;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

static void add_duration(struct route_counts *counts, uint64_t took_ns)
{
    atomic_fetch_add_explicit(&counts->buckets[histogram_bucket(took_ns)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts->sum_ns, took_ns, memory_order_relaxed);
}

void metrics_request(struct metrics *metrics, size_t route, int status, uint64_t took_ns)
{
    struct route_counts *counts = &metrics->routes[route];

    CHECK(route <= metrics->route_count);
    add_duration(counts, took_ns);
    for (int i = 0; i < STATUS_SLOTS; i++) {
        unsigned seen = atomic_load_explicit(&counts->status[i], memory_order_relaxed);
        if (seen == 0 &&
            atomic_compare_exchange_strong(&counts->status[i], &seen, (unsigned)status))
            seen = (unsigned)status;
        if (seen == (unsigned)status) {
            atomic_fetch_add_explicit(&counts->count[i], 1, memory_order_relaxed);
            return;
        }
    }
}

void metrics_hash(struct metrics *metrics, uint64_t took_ns)
{
    add_duration(&metrics->hashes, took_ns);
}

/* -- text ------------------------------------------------------------------------------------ */

void metrics_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_sample(struct buf *out, const char *name, const char *labels, uint64_t value)
{
    buf_printf(out, "%s%s%s%s %llu\n", name, labels ? "{" : "", labels ? labels : "",
               labels ? "}" : "", (unsigned long long)value);
}

static void put_seconds(struct buf *out, uint64_t ns)
{
    buf_put_u64(out, ns / 1000000000u);
    buf_put_char(out, '.');
    buf_put_padded(out, ns % 1000000000u, 9);
}

void metrics_histogram_ns(struct buf *out, const char *name, const char *labels,
                          const struct histogram *histogram)
{
    const char *comma = labels ? "," : "";
    uint64_t total = 0;

    if (!labels)
        labels = "";
    for (int i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        total += histogram->counts[i];
        buf_printf(out, "%s_bucket{%s%sle=\"", name, labels, comma);
        put_seconds(out, HISTOGRAM_NS_BOUNDS[i]);
        buf_printf(out, "\"} %llu\n", (unsigned long long)total);
    }
    total += histogram->counts[HISTOGRAM_BUCKETS - 1];
    buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, labels, comma,
               (unsigned long long)total);
    buf_printf(out, "%s_sum%s%s%s ", name, *labels ? "{" : "", labels, *labels ? "}" : "");
    put_seconds(out, histogram->sum);
    buf_printf(out, "\n%s_count%s%s%s %llu\n", name, *labels ? "{" : "", labels, *labels ? "}" : "",
               (unsigned long long)total);
}

static struct histogram durations(struct route_counts *counts)
{
    struct histogram out = {.sum = atomic_load(&counts->sum_ns)};

    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        out.counts[i] = atomic_load(&counts->buckets[i]);
    return out;
}

static bool has_any(const struct histogram *histogram)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram->counts[i] > 0)
            return true;
    return false;
}

void metrics_put(struct metrics *metrics, struct buf *out, metrics_route_fn name, void *ctx)
{
    char labels[256];
    const char *method, *pattern;
    struct histogram hashes = durations(&metrics->hashes);
    struct buf text;

    metrics_family(out, "rally_http_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i <= metrics->route_count; i++) {
        name(ctx, i, &method, &pattern);
        for (int s = 0; s < STATUS_SLOTS && atomic_load(&metrics->routes[i].status[s]); s++) {
            buf_init_fixed(&text, labels, sizeof(labels));
            buf_printf(&text, "route=\"%s\",method=\"%s\",status=\"%u\"", pattern, method,
                       atomic_load(&metrics->routes[i].status[s]));
            metrics_sample(out, "rally_http_requests_total", labels,
                           atomic_load(&metrics->routes[i].count[s]));
        }
    }
    metrics_family(out, "rally_http_request_duration_seconds", "histogram",
                   "From the last byte of the request to the reply's first.");
    for (size_t i = 0; i <= metrics->route_count; i++) {
        struct histogram histogram = durations(&metrics->routes[i]);
        if (!has_any(&histogram))
            continue;
        name(ctx, i, &method, &pattern);
        buf_init_fixed(&text, labels, sizeof(labels));
        buf_printf(&text, "route=\"%s %s\"", method, pattern);
        metrics_histogram_ns(out, "rally_http_request_duration_seconds", labels, &histogram);
    }
    metrics_family(out, "rally_password_hash_duration_seconds", "histogram",
                   "One password request on the hashing pool.");
    metrics_histogram_ns(out, "rally_password_hash_duration_seconds", NULL, &hashes);
}
