/*
 * What a running server has used, read from /proc: CPU time of all its threads in nanoseconds, its
 * memory, and how busy its core was with anything at all. The last one tells how noisy the machine
 * was while a figure was taken.
 */
#ifndef BENCH_COMMON_PROCESS_H
#define BENCH_COMMON_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_THREADS_MAX = 256 };

struct process_thread {
    pid_t id;
    char name[20];
    uint64_t cpu_ns;
};

struct process_usage {
    uint64_t cpu_ns;        /* all threads: user and system, from schedstat */
    uint64_t core_busy_ns;  /* the core the server is pinned to: everything that ran there */
    uint64_t core_steal_ns; /* what the hypervisor kept from that core */
    size_t thread_count;
    struct process_thread threads[PROCESS_THREADS_MAX];
};

struct process_memory {
    uint64_t rss_size;
    uint64_t private_size; /* private clean and dirty pages: what this process alone costs */
};

/* Reads the usage now; dies when the process has ended. pid 0 gives zeros. */
void process_usage_read(pid_t pid, int core, struct process_usage *usage);

/* Reads smaps_rollup; dies when the process has ended. pid 0 gives zeros. */
void process_memory_read(pid_t pid, struct process_memory *memory);

/* CPU used by the named thread between two readings; a thread that is new counts from zero. */
uint64_t process_thread_cpu_ns(const struct process_usage *before,
                               const struct process_thread *after);

#endif
