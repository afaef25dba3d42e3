/*
 * One kind of HTTP request, many times, over keep-alive connections: what it costs the server in
 * CPU and how many a second are answered. With one connection the requests come one after another,
 * which for a durable write is the ungrouped rate.
 *
 *   requests --server PORT --pids P[,P] --path /v1/profile/me [--method PATCH]
 *            [--tokens FILE] [--body '{"display_name":"n#"}'] [--connections K] [--count N]
 *            [--expect 200] [--server-core 0] [--core 1]
 *
 * Connection i speaks for the i-th token. A '#' in the body becomes the request's number, so that
 * each write changes something. Latencies are taken by this program's clock, not the kernel's.
 */
#include "bench/common_base.h"
#include "bench/common_http.h"
#include "bench/common_process.h"
#include "bench/common_samples.h"
#include "bench/common_tokens.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIDS_MAX = 8 };

struct bench {
    const char *method;
    const char *path;
    const char *body;
    int status_expected;
    int server_core;
    pid_t pids[PIDS_MAX];
    size_t pid_count;
    struct tokens tokens;
    size_t first_index; /* numbers go on from the warm-up to the measured batch */
    size_t unexpected_count;
    struct samples latencies;
};

static size_t body_write(const struct bench *bench, size_t index, char *out, size_t out_size)
{
    if (bench->body == NULL)
        return 0;
    const char *mark = strchr(bench->body, '#');
    int size = mark == NULL ? snprintf(out, out_size, "%s", bench->body)
                            : snprintf(out, out_size, "%.*s%zu%s", (int)(mark - bench->body),
                                       bench->body, bench->first_index + index, mark + 1);
    return (size_t)size;
}

static size_t bench_request(void *context, size_t index, size_t conn, char *out)
{
    const struct bench *bench = context;
    char body[1024];
    size_t body_size = body_write(bench, index, body, sizeof body);
    int size = snprintf(out, HTTP_REQUEST_SIZE_MAX, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                        bench->method, bench->path);
    size_t at = (size_t)size;
    if (bench->tokens.count > 0)
        at += (size_t)snprintf(out + at, HTTP_REQUEST_SIZE_MAX - at, "Authorization: Bearer %s\r\n",
                               bench->tokens.values[conn % bench->tokens.count]);
    if (body_size > 0)
        at += (size_t)snprintf(out + at, HTTP_REQUEST_SIZE_MAX - at,
                               "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                               body_size);
    at += (size_t)snprintf(out + at, HTTP_REQUEST_SIZE_MAX - at, "\r\n%.*s", (int)body_size, body);
    if (at >= HTTP_REQUEST_SIZE_MAX)
        die("a request of more than %d bytes", HTTP_REQUEST_SIZE_MAX);
    return at;
}

static void bench_reply(void *context, size_t index, const struct http_reply *reply)
{
    struct bench *bench = context;
    (void)index;
    if (reply->status != bench->status_expected && bench->unexpected_count++ == 0)
        fprintf(stderr, "requests: unexpected %d %.*s\n", reply->status, (int)reply->body_len,
                reply->body);
    samples_add(&bench->latencies, (int64_t)reply->latency_ns);
}

static uint64_t cpu_ns(const struct bench *bench)
{
    static struct process_usage usage;
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < bench->pid_count; i++) {
        process_usage_read(bench->pids[i], bench->server_core, &usage);
        sum_ns += usage.cpu_ns;
    }
    return sum_ns;
}

static void bench_run(struct bench *bench, struct http_batch *batch, size_t count)
{
    batch->context = bench;
    batch->request = bench_request;
    batch->reply = bench_reply;
    samples_init(&bench->latencies, count + batch->conn_count * 4);

    batch->request_count = batch->conn_count * 4;
    http_batch_run(batch); /* warms caches and pools, and fills the server's cache of tokens */
    bench->first_index = batch->request_count;
    samples_clear(&bench->latencies);

    batch->request_count = count;
    uint64_t cpu_before_ns = cpu_ns(bench);
    uint64_t before_ns = clock_mono_ns();
    http_batch_run(batch);
    uint64_t wall_ns = clock_mono_ns() - before_ns;
    uint64_t used_ns = cpu_ns(bench) - cpu_before_ns;

    printf("{\"count\":%zu,\"unexpected\":%zu,\"wall_s\":%.4f,\"per_s\":%.1f,"
           "\"cpu_us_per_request\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           count, bench->unexpected_count, (double)wall_ns / NS_PER_S,
           (double)count * NS_PER_S / (double)wall_ns, (double)used_ns / 1e3 / (double)count,
           (double)samples_quantile(&bench->latencies, 0.5) / NS_PER_MS,
           (double)samples_quantile(&bench->latencies, 0.99) / NS_PER_MS);
}

static void pids_parse(struct bench *bench, char *list)
{
    char *rest = list;
    char *word;
    while ((word = strsep(&rest, ",")) != NULL) {
        if (bench->pid_count == PIDS_MAX)
            die("more than %d processes", PIDS_MAX);
        bench->pids[bench->pid_count++] = (pid_t)number_parse("--pids", word, INT32_MAX);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"pids", required_argument, NULL, 'p'},
                                            {"method", required_argument, NULL, 'm'},
                                            {"path", required_argument, NULL, 'u'},
                                            {"tokens", required_argument, NULL, 't'},
                                            {"body", required_argument, NULL, 'b'},
                                            {"connections", required_argument, NULL, 'k'},
                                            {"count", required_argument, NULL, 'n'},
                                            {"expect", required_argument, NULL, 'e'},
                                            {"server-core", required_argument, NULL, 'S'},
                                            {"core", required_argument, NULL, 'c'},
                                            {0}};
    struct bench bench = {.method = "GET", .path = "/", .status_expected = 200, .server_core = -1};
    struct http_batch batch = {.conn_count = 32, .timeout_ns = 60ULL * NS_PER_S};
    const char *tokens_path = NULL;
    size_t count = 10000;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            batch.address = address_parse(optarg);
            break;
        case 'p':
            pids_parse(&bench, optarg);
            break;
        case 'm':
            bench.method = optarg;
            break;
        case 'u':
            bench.path = optarg;
            break;
        case 't':
            tokens_path = optarg;
            break;
        case 'b':
            bench.body = optarg;
            break;
        case 'k':
            batch.conn_count = number_parse("--connections", optarg, 1024);
            break;
        case 'n':
            count = number_parse("--count", optarg, 10000000);
            break;
        case 'e':
            bench.status_expected = (int)number_parse("--expect", optarg, 599);
            break;
        case 'S':
            bench.server_core = (int)number_parse("--server-core", optarg, 1023);
            break;
        case 'c':
            core_pin((int)number_parse("--core", optarg, 1023));
            break;
        default:
            die("usage: see the head of requests.c");
        }
    }
    parent_follow();
    if (tokens_path != NULL)
        tokens_read(tokens_path, batch.conn_count, &bench.tokens);
    bench_run(&bench, &batch, count);
    samples_release(&bench.latencies);
    if (tokens_path != NULL)
        tokens_release(&bench.tokens);
    return 0;
}
