/*
 * WebSocket handshakes with a token, one new TCP connection each: how many a second the server
 * completes, what one costs it, and, with --hold, what an idle socket costs it in memory.
 *
 *   upgrades --server PORT --pid P --tokens FILE --count N [--connections K] [--hold]
 *            [--path /ws/queue/] [--server-core 0] [--core 1]
 *
 * A handshake counts when the whole head of its 101 has been read. Upgrade i uses token i, so the
 * first round over a list that a fresh server has not seen yet makes it check each signature, and a
 * second round finds what it remembers. Without --hold each socket is reset at once after its 101
 * (SO_LINGER 0: no TIME_WAIT eats the ports); what that costs the server is in its figure.
 */
#include "bench/common_base.h"
#include "bench/common_http.h"
#include "bench/common_process.h"
#include "bench/common_tokens.h"
#include "bench/common_wire.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_MAX = 200000, EVENTS_MAX = 256, HEAD_SIZE_MAX = 4096 };

struct bench {
    struct sockaddr_in address;
    const char *path;
    struct tokens tokens;
    pid_t pid;
    int server_core;
    size_t count;
    size_t conn_count;
    bool must_hold;
    int epoll;
    size_t started_count;
    size_t done_count;
    size_t refused_count;
};

static void upgrade_start(struct bench *bench)
{
    if (bench->started_count == bench->count)
        return;
    const char *token = bench->tokens.values[bench->started_count++ % bench->tokens.count];
    char request[HTTP_REQUEST_SIZE_MAX];
    int size = snprintf(request, sizeof request,
                        "GET %s?token=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: " WIRE_KEY "\r\n\r\n",
                        bench->path, token);
    int fd = tcp_connect(bench->address);
    if (send(fd, request, (size_t)size, MSG_NOSIGNAL) != size)
        die("cannot send an upgrade");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static void upgrade_end(struct bench *bench, int fd, bool is_refused)
{
    bench->refused_count += is_refused ? 1 : 0;
    bench->done_count++;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (is_refused || !bench->must_hold) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(fd);
    } else {
        /* A held socket stays readable with what follows its 101; it is not looked at again. */
        epoll_ctl(bench->epoll, EPOLL_CTL_DEL, fd, NULL);
    }
    upgrade_start(bench);
}

/* A head that comes in pieces is peeked at until it is whole, so no state per socket is needed. */
static void upgrade_read(struct bench *bench, int fd)
{
    char head[HEAD_SIZE_MAX];
    ssize_t size = recv(fd, head, sizeof head, MSG_DONTWAIT | MSG_PEEK);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        upgrade_end(bench, fd, true);
        return;
    }
    if (memmem(head, (size_t)size, "\r\n\r\n", 4) == NULL)
        return;
    bool is_refused = (size_t)size < 12 || memcmp(head, "HTTP/1.1 101", 12) != 0;
    if (is_refused && bench->refused_count == 0)
        fprintf(stderr, "upgrades: refused: %.*s\n", (int)size, head);
    upgrade_end(bench, fd, is_refused);
}

static void upgrades_run(struct bench *bench)
{
    uint64_t deadline_ns = clock_mono_ns() + 60ULL * NS_PER_S;
    for (size_t i = 0; i < bench->conn_count; i++)
        upgrade_start(bench);
    while (bench->done_count < bench->count) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(bench->epoll, events, EVENTS_MAX, 100);
        for (int i = 0; i < count; i++)
            upgrade_read(bench, events[i].data.fd);
        errno = 0;
        if (clock_mono_ns() > deadline_ns)
            die("%zu of %zu upgrades in time", bench->done_count, bench->count);
    }
}

static void settle(void)
{
    struct timespec wait = {.tv_sec = 1};
    nanosleep(&wait, NULL);
}

static void bench_run(struct bench *bench)
{
    static struct process_usage before, after;
    struct process_memory memory_before, memory_after;
    process_memory_read(bench->pid, &memory_before);
    process_usage_read(bench->pid, bench->server_core, &before);
    uint64_t before_ns = clock_mono_ns();
    upgrades_run(bench);
    uint64_t wall_ns = clock_mono_ns() - before_ns;
    process_usage_read(bench->pid, bench->server_core, &after);
    if (bench->must_hold)
        settle();
    process_memory_read(bench->pid, &memory_after);
    uint64_t used_ns = after.cpu_ns - before.cpu_ns;
    double done = (double)(bench->done_count - bench->refused_count);
    printf("{\"count\":%zu,\"refused\":%zu,\"wall_s\":%.4f,\"per_s\":%.1f,\"cpu_us_each\":%.3f,"
           "\"per_cpu_s\":%.1f,\"private_before\":%llu,\"private_after\":%llu,"
           "\"bytes_each\":%.1f}\n",
           bench->done_count, bench->refused_count, (double)wall_ns / NS_PER_S,
           done * NS_PER_S / (double)wall_ns, done > 0 ? (double)used_ns / 1e3 / done : 0,
           used_ns > 0 ? done * NS_PER_S / (double)used_ns : 0,
           (unsigned long long)memory_before.private_size,
           (unsigned long long)memory_after.private_size,
           done > 0
               ? ((double)memory_after.private_size - (double)memory_before.private_size) / done
               : 0);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"server", required_argument, NULL, 's'}, {"pid", required_argument, NULL, 'p'},
        {"tokens", required_argument, NULL, 't'}, {"count", required_argument, NULL, 'n'},
        {"path", required_argument, NULL, 'u'},   {"connections", required_argument, NULL, 'k'},
        {"hold", no_argument, NULL, 'h'},         {"server-core", required_argument, NULL, 'S'},
        {"core", required_argument, NULL, 'c'},   {0}};
    struct bench bench = {.path = "/ws/queue/", .server_core = -1, .count = 1000, .conn_count = 32};
    const char *tokens_path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            bench.address = address_parse(optarg);
            break;
        case 'p':
            bench.pid = (pid_t)number_parse("--pid", optarg, INT32_MAX);
            break;
        case 't':
            tokens_path = optarg;
            break;
        case 'n':
            bench.count = number_parse("--count", optarg, COUNT_MAX);
            break;
        case 'u':
            bench.path = optarg;
            break;
        case 'k':
            bench.conn_count = number_parse("--connections", optarg, 1024);
            break;
        case 'h':
            bench.must_hold = true;
            break;
        case 'S':
            bench.server_core = (int)number_parse("--server-core", optarg, 1023);
            break;
        case 'c':
            core_pin((int)number_parse("--core", optarg, 1023));
            break;
        default:
            die("usage: see the head of upgrades.c");
        }
    }
    parent_follow();
    if (tokens_path == NULL)
        die("--tokens is missing");
    tokens_read(tokens_path, bench.count, &bench.tokens);
    descriptors_reserve((bench.must_hold ? bench.count : bench.conn_count) + 64);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (bench.epoll < 0)
        die("epoll");
    bench_run(&bench);
    tokens_release(&bench.tokens);
    close(bench.epoll);
    return 0;
}
