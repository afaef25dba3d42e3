/*
 * A measured stretch of time: what the players saw and what the server used meanwhile. Opened when
 * all rooms play, closed some seconds later, then printed as one line of JSON.
 *
 * Lateness: a game_update of tick T is due at t0 + T/60 s. t0 is not known, so for each socket the
 * earliest arrival of the window, measured against its tick, is taken as punctual and all others
 * are late relative to it. Slips of the server's clock stay visible: they make all later ones late.
 * A point stops the room's clock until it is durable; after a score_update t0 is found anew.
 * Interval: the distance of two updates of one socket against the ticks between them, absolute.
 * Echo: from the send of input k to the arrival of the first update with ack >= k.
 */
#ifndef BENCH_LOAD_WINDOW_H
#define BENCH_LOAD_WINDOW_H

#include "bench/common_process.h"
#include "bench/common_samples.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct player;

struct lateness {
    uint32_t stretch; /* of play of one socket without a point, numbered over all sockets */
    int64_t late_ns;  /* against an arbitrary zero that is the same for all */
};

struct load_window {
    pid_t server_pid;
    int server_core;
    struct sockaddr_in metrics; /* port 0: no metrics are read */
    bool is_open;
    uint64_t opened_real_ns;
    uint64_t opened_mono_ns;
    uint64_t first_tick_ns;
    struct process_usage usage_before;
    struct process_memory memory_idle; /* before the first socket */
    uint64_t own_cpu_before_ns;
    double slips_before;
    uint64_t inputs_sent;
    uint32_t stretch_count;
    size_t lateness_count, lateness_max;
    struct lateness *lateness;
    struct samples intervals;
    struct samples echoes;
};

struct load_result {
    size_t rooms, players_open;
    double seconds;
    uint64_t frames, updates, points, lost, disorder, merged, hole_ticks, missing;
    uint64_t cpu_ns, own_cpu_ns, core_busy_ns, core_steal_ns;
    double slips;
    int64_t late_p50_ns, late_p99_ns, late_max_ns;
    int64_t interval_p50_ns, interval_p99_ns;
    size_t echo_count;
    int64_t echo_p50_ns, echo_p99_ns, echo_max_ns;
    uint64_t unstamped;
};

/* Reserves memory for `players` sockets measured for at most `seconds`. */
void load_window_init(struct load_window *window, size_t players, uint64_t seconds);
void load_window_release(struct load_window *window);

void load_window_open(struct load_window *window, struct player *players, size_t count);
void load_window_close(struct load_window *window, const struct player *players, size_t count,
                       struct load_result *result);

/* Prints the result as one line. */
void load_result_print(const struct load_window *window, const struct load_result *result,
                       FILE *file);

void load_window_update(struct load_window *window, uint32_t stretch, uint64_t tick,
                        uint64_t arrived_ns);
void load_window_interval(struct load_window *window, uint64_t ticks, uint64_t elapsed_ns);
void load_window_echo(struct load_window *window, uint64_t sent_ns, uint64_t arrived_ns);

/* The number of a new stretch. */
uint32_t load_window_stretch(struct load_window *window);

/* A read came without a kernel timestamp. */
void load_window_unstamped(void);

/* Shows the first few errors the server sends; the rest is counted. */
void load_window_complain(const char *text, size_t len);

#endif
