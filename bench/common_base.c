/*
 * The small things of common_base.h. Everything here may end the program: a bench that cannot
 * measure what it was asked to must not print a figure.
 */
#include "bench/common_base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

void die(const char *format, ...)
{
    int reason = errno;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (reason != 0)
        fprintf(stderr, ": %s", strerror(reason));
    fputc('\n', stderr);
    exit(1);
}

static uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        die("clock_gettime");
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

void *memory_new(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL)
        die("no memory for %zu x %zu bytes", count, size);
    return memory;
}

uint64_t number_parse(const char *option, const char *text, uint64_t max)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    int reason = errno;
    errno = 0;
    if (reason != 0 || end == text || *end != '\0' || text[0] == '-' || value > max)
        die("%s: '%s' is not a number up to %llu", option, text, (unsigned long long)max);
    return value;
}

struct sockaddr_in address_parse(const char *text)
{
    static const char loopback[] = "127.0.0.1:";
    const char *port = text;
    if (strncmp(text, loopback, sizeof loopback - 1) == 0)
        port = text + sizeof loopback - 1;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)number_parse("address", port, UINT16_MAX));
    return address;
}

void core_pin(int core)
{
    if (core < 0)
        return;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET((size_t)core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0)
        die("cannot run on core %d", core);
}

void descriptors_reserve(uint64_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("getrlimit");
    if (limit.rlim_cur >= count)
        return;
    limit.rlim_cur = count;
    if (limit.rlim_max < count)
        limit.rlim_max = count;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("cannot have %llu descriptors", (unsigned long long)count);
}

void parent_follow(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        die("prctl");
}
