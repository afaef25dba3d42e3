/*
 * What every bench program needs and nothing more: two clocks, a way to give up, a way to name an
 * address, to pin a thread and to raise the descriptor limit. The programs stand alone on purpose:
 * they link no library of Rally, so a slow server cannot hide behind a generator that shares its
 * code.
 */
#ifndef BENCH_COMMON_BASE_H
#define BENCH_COMMON_BASE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NS_PER_US = 1000,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
};

/* Prints the sentence to stderr, with strerror(errno) when errno is set, and exits 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC: for deadlines. */
uint64_t clock_mono_ns(void);

/* CLOCK_REALTIME: the clock of the kernel's receive timestamps. */
uint64_t clock_real_ns(void);

/* calloc that dies instead of returning NULL. */
void *memory_new(size_t count, size_t size);

/* Reads a decimal number up to max; dies naming the option otherwise. */
uint64_t number_parse(const char *option, const char *text, uint64_t max);

/* "PORT" or "127.0.0.1:PORT"; anything but loopback dies. */
struct sockaddr_in address_parse(const char *text);

/* Pins the calling thread to one core; dies when the core does not exist. Negative: no pin. */
void core_pin(int core);

/* Raises the soft descriptor limit to at least count (the hard one too when allowed), or dies. */
void descriptors_reserve(uint64_t count);

/* Asks the kernel to end this program when its parent ends, so that no run leaves strays. */
void parent_follow(void);

#endif
