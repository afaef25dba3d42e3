/*
 * A disk of a stated speed: preloaded into a server, it makes every fdatasync and fsync take at
 * least BENCH_FLUSH_US microseconds. Group commit is worth what a flush costs, and a virtual disk
 * may flush in a tenth of the time that a disk with a real power-safe cache needs; the bench shows
 * the figure on the disk at hand and on this one. It never makes a flush faster or leaves one out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_until(int64_t end_ns)
{
    struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000),
                           .tv_nsec = (long)(end_ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) != 0) {
    }
}

static int flush(long call, int fd)
{
    const char *text = getenv("BENCH_FLUSH_US");
    int64_t end_ns = now_ns() + (text == NULL ? 0 : strtol(text, NULL, 10) * 1000);
    int result = (int)syscall(call, fd);
    wait_until(end_ns);
    return result;
}

EXPORT int fdatasync(int fd)
{
    return flush(SYS_fdatasync, fd);
}

EXPORT int fsync(int fd)
{
    return flush(SYS_fsync, fd);
}
