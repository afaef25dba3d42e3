/*
 * The system calls through which the database reaches the disk, taken over by the test program:
 * each can fail from now on, or kill the process at the n-th call. Include once per program.
 */
#ifndef RALLY_TESTS_STORE_FAULTS_H
#define RALLY_TESTS_STORE_FAULTS_H

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INTERPOSED __attribute__((visibility("default"), used))

static atomic_int fault_write_errno; /* 0: writes work */
static atomic_int fault_sync_errno;  /* 0: syncs work */
static atomic_bool fault_sync_skips; /* syncs do nothing, quickly */
static atomic_long fault_kill_at;    /* 0: never; otherwise the calls until SIGKILL */
static atomic_long fault_calls;      /* made so far */

static void fault_count(void)
{
    atomic_fetch_add(&fault_calls, 1);
    if (atomic_load(&fault_kill_at) > 0 && atomic_fetch_sub(&fault_kill_at, 1) == 1)
        kill(getpid(), SIGKILL);
}

INTERPOSED ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    fault_count();
    if (atomic_load(&fault_write_errno)) {
        errno = atomic_load(&fault_write_errno);
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

INTERPOSED int fdatasync(int fd)
{
    fault_count();
    if (atomic_load(&fault_sync_errno)) {
        errno = atomic_load(&fault_sync_errno);
        return -1;
    }
    if (atomic_load(&fault_sync_skips))
        return 0;
    return (int)syscall(SYS_fdatasync, fd);
}

/* Of the folder, once per new store. */
INTERPOSED int fsync(int fd)
{
    return atomic_load(&fault_sync_skips) ? 0 : (int)syscall(SYS_fsync, fd);
}

INTERPOSED int ftruncate64(int fd, off64_t size)
{
    fault_count();
    return (int)syscall(SYS_ftruncate, fd, size);
}

#endif
