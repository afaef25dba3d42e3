/*
 * CPU time comes from /proc/PID/task/TID/schedstat: its first number is the time on a CPU in ns,
 * where /proc/PID/stat counts in ticks of 10 ms. A thread that ends between two readings takes its
 * share with it; servers measured here keep their threads.
 */
#include "bench/common_process.h"

#include "bench/common_base.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROC_PATH_SIZE = 96 };

static void thread_read(pid_t pid, pid_t id, struct process_usage *usage)
{
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)id);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return; /* The thread ended while the folder was read. */
    struct process_thread thread = {.id = id};
    if (fscanf(file, "%" SCNu64, &thread.cpu_ns) != 1)
        thread.cpu_ns = 0;
    fclose(file);
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)pid, (int)id);
    file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%19[^\n]", thread.name) != 1)
            thread.name[0] = '\0';
        fclose(file);
    }
    usage->cpu_ns += thread.cpu_ns;
    if (usage->thread_count < PROCESS_THREADS_MAX)
        usage->threads[usage->thread_count++] = thread;
}

static void threads_read(pid_t pid, struct process_usage *usage)
{
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        die("process %d is gone", (int)pid);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            thread_read(pid, (pid_t)strtol(entry->d_name, NULL, 10), usage);
    }
    closedir(folder);
    errno = 0;
}

static void core_read(int core, struct process_usage *usage)
{
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL)
        die("/proc/stat");
    char name[16];
    snprintf(name, sizeof name, "cpu%d", core);
    char line[512];
    while (fgets(line, sizeof line, file) != NULL) {
        char found[16];
        uint64_t user, nice, system, idle, wait, irq, soft, steal;
        if (sscanf(line,
                   "%15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64 " %" SCNu64,
                   found, &user, &nice, &system, &idle, &wait, &irq, &soft, &steal) != 9)
            continue;
        if (strcmp(found, name) != 0)
            continue;
        uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
        usage->core_busy_ns = (user + nice + system + irq + soft) * tick_ns;
        usage->core_steal_ns = steal * tick_ns;
    }
    fclose(file);
}

void process_usage_read(pid_t pid, int core, struct process_usage *usage)
{
    *usage = (struct process_usage){0};
    if (core >= 0)
        core_read(core, usage);
    if (pid != 0)
        threads_read(pid, usage);
}

void process_memory_read(pid_t pid, struct process_memory *memory)
{
    *memory = (struct process_memory){0};
    if (pid == 0)
        return;
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die("process %d is gone", (int)pid);
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t size_kib;
        if (sscanf(line, "Rss: %" SCNu64, &size_kib) == 1)
            memory->rss_size = size_kib * 1024;
        if (sscanf(line, "Private_Clean: %" SCNu64, &size_kib) == 1 ||
            sscanf(line, "Private_Dirty: %" SCNu64, &size_kib) == 1)
            memory->private_size += size_kib * 1024;
    }
    fclose(file);
}

uint64_t process_thread_cpu_ns(const struct process_usage *before,
                               const struct process_thread *after)
{
    for (size_t i = 0; i < before->thread_count; i++) {
        if (before->threads[i].id == after->id)
            return after->cpu_ns - before->threads[i].cpu_ns;
    }
    return after->cpu_ns;
}
