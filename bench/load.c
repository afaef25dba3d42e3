/*
 * The load: rooms of two players each, on one core, against rallyd or against the limit server.
 *
 *   load --server PORT --pid P --rooms N[,N..] [--tokens FILE] [--metrics PORT]
 *        [--warm-s 3] [--measure-s 5] [--tries 1] [--stop-late-ms 0] [--no-input]
 *        [--server-core 0] [--core 1]
 *
 * With --tokens the server is rallyd: the players go through the queue, connect to their games, say
 * ready and play. Without, it is the limit: the players only connect. Either way each player sends
 * 10 inputs a second, so that both servers pay for the reads; --no-input leaves them out.
 *
 * --rooms takes growing counts: rooms are added to those that play, and each step is measured.
 * A step whose p99 lateness reaches --stop-late-ms, or that loses a frame or a socket, is tried
 * --tries times; the run ends at the first step that fails them all. One JSON line per window.
 *
 * Inputs are spread evenly over time in steps of 100 us, so that a server cannot gain by meeting
 * many of them at once. Arrival times are the kernel's, so this program may wake late.
 */
#include "bench/common_base.h"
#include "bench/load_match.h"
#include "bench/load_player.h"
#include "bench/load_window.h"
#include "bench/common_tokens.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    STEPS_MAX = 64,
    ROOMS_MAX = 8000,
    EVENTS_MAX = 512,
    SLOTS = 1000, /* of the input schedule: 100 us each */
    SLOT_NS = 100 * NS_PER_US,
    UPGRADES_AT_ONCE = 32,
    CONNECT_S_MAX = 60,
    START_S_MAX = 30,
    RECENT_NS = 500 * NS_PER_MS, /* a room plays when both sides were updated this recently */
};

struct load {
    struct sockaddr_in server;
    const char *tokens_path;
    struct tokens tokens;
    size_t steps[STEPS_MAX];
    size_t step_count;
    uint64_t warm_s, measure_s;
    unsigned tries;
    double stop_late_ms;
    bool has_input;
    int epoll;
    struct player *players;
    size_t player_count;
    size_t connected_count; /* players whose connect was started */
    struct player *slots[SLOTS];
    uint64_t slot_next; /* absolute number of the next slot to run */
    struct load_window window;
};

static void inputs_schedule(struct load *load, struct player *player)
{
    /* The golden ratio puts any number of players at even distances. */
    uint32_t slot =
        (uint32_t)(player->index * UINT64_C(2654435769) % (UINT64_C(1) << 32) * SLOTS >> 32);
    player->next_in_slot = load->slots[slot];
    load->slots[slot] = player;
}

static void slot_run(struct load *load, uint64_t slot)
{
    for (struct player *player = load->slots[slot % SLOTS]; player != NULL;
         player = player->next_in_slot) {
        if (player->state != PLAYER_OPEN)
            continue;
        player_input(player, clock_real_ns());
        load->window.inputs_sent++;
    }
}

static void slots_run(struct load *load)
{
    uint64_t slot_now = clock_mono_ns() / SLOT_NS;
    /* After a long stall the inputs of more than one period would be sent twice. */
    if (slot_now > load->slot_next + SLOTS)
        load->slot_next = slot_now - SLOTS;
    for (; load->slot_next <= slot_now; load->slot_next++) {
        if (load->has_input)
            slot_run(load, load->slot_next);
    }
}

static void turn(struct load *load)
{
    slots_run(load);
    uint64_t now_ns = clock_mono_ns();
    uint64_t next_ns = load->slot_next * SLOT_NS;
    struct timespec wait = {.tv_nsec = next_ns > now_ns ? (long)(next_ns - now_ns) : 0};
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_pwait2(load->epoll, events, EVENTS_MAX, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct player *player = events[i].data.ptr;
        if (player->fd >= 0)
            player_read(player, load->window.is_open ? &load->window : NULL);
    }
}

static void turns(struct load *load, uint64_t duration_ns)
{
    uint64_t end_ns = clock_mono_ns() + duration_ns;
    while (clock_mono_ns() < end_ns)
        turn(load);
}

static size_t players_in_state(const struct load *load, enum player_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < load->connected_count; i++)
        count += load->players[i].state == state ? 1 : 0;
    return count;
}

/* False when the server does not take them all in time. */
static bool players_connect(struct load *load, size_t count)
{
    uint64_t deadline_ns = clock_mono_ns() + (uint64_t)CONNECT_S_MAX * NS_PER_S;
    for (;;) {
        size_t pending = players_in_state(load, PLAYER_UPGRADING);
        if (load->connected_count == count && pending == 0)
            return true;
        for (; pending < UPGRADES_AT_ONCE && load->connected_count < count; pending++) {
            struct player *player = &load->players[load->connected_count++];
            player_connect(player, load->epoll, ntohs(load->server.sin_port));
            inputs_schedule(load, player);
        }
        turn(load);
        if (clock_mono_ns() > deadline_ns)
            return false;
    }
}

static size_t players_playing(const struct load *load)
{
    uint64_t now_ns = clock_real_ns();
    size_t count = 0;
    for (size_t i = 0; i < load->connected_count; i++)
        count += load->players[i].updated_ns + RECENT_NS > now_ns ? 1 : 0;
    return count;
}

/* Waits for all rooms to play; a few may be between a point and the next serve. */
static bool players_wait(struct load *load)
{
    uint64_t deadline_ns = clock_mono_ns() + (uint64_t)START_S_MAX * NS_PER_S;
    while (players_playing(load) < load->connected_count - load->connected_count / 50) {
        turns(load, 20 * NS_PER_MS);
        if (clock_mono_ns() > deadline_ns)
            return false;
    }
    return true;
}

static bool result_is_good(const struct load *load, const struct load_result *result)
{
    if (load->stop_late_ms <= 0)
        return true;
    bool is_whole =
        result->lost == 0 && result->disorder == 0 && result->players_open == result->rooms * 2;
    if (load->tokens_path == NULL)
        is_whole = is_whole && result->missing == 0;
    return is_whole && (double)result->late_p99_ns < load->stop_late_ms * NS_PER_MS;
}

static bool step_measure(struct load *load)
{
    struct load_result result;
    load_window_open(&load->window, load->players, load->connected_count);
    turns(load, load->measure_s * NS_PER_S);
    load_window_close(&load->window, load->players, load->connected_count, &result);
    load_result_print(&load->window, &result, stdout);
    return result_is_good(load, &result);
}

static bool step_run(struct load *load, size_t rooms)
{
    if (!players_connect(load, rooms * 2) || !players_wait(load)) {
        fprintf(stderr, "load: of %zu players %zu are connected and %zu play\n", rooms * 2,
                players_in_state(load, PLAYER_OPEN), players_playing(load));
        return false;
    }
    for (unsigned attempt = 0; attempt < load->tries; attempt++) {
        turns(load, load->warm_s * NS_PER_S);
        if (step_measure(load))
            return true;
    }
    return false;
}

static void players_prepare(struct load *load)
{
    load->player_count = load->steps[load->step_count - 1] * 2;
    load->players = memory_new(load->player_count, sizeof *load->players);
    if (load->tokens_path != NULL)
        tokens_read(load->tokens_path, load->player_count, &load->tokens);
    errno = 0;
    if (load->tokens_path != NULL && load->tokens.count < load->player_count)
        die("%zu tokens for %zu players", load->tokens.count, load->player_count);
    for (size_t i = 0; i < load->player_count; i++) {
        load->players[i].fd = -1;
        load->players[i].token = load->tokens_path == NULL ? NULL : load->tokens.values[i];
    }
    if (load->tokens_path != NULL)
        load_match_all(load->server, load->players, load->player_count);
    for (size_t i = 0; i < load->player_count; i++)
        load->players[i].index = (uint32_t)i;
}

static void load_run(struct load *load)
{
    players_prepare(load);
    load_window_init(&load->window, load->player_count, load->measure_s);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->epoll < 0)
        die("epoll");
    process_memory_read(load->window.server_pid, &load->window.memory_idle);
    load->slot_next = clock_mono_ns() / SLOT_NS;
    for (size_t i = 0; i < load->step_count; i++) {
        if (!step_run(load, load->steps[i]))
            break;
    }
    for (size_t i = 0; i < load->player_count; i++)
        player_close(&load->players[i]);
    close(load->epoll);
    load_window_release(&load->window);
    if (load->tokens_path != NULL)
        tokens_release(&load->tokens);
    free(load->players);
}

static void steps_parse(struct load *load, char *list)
{
    char *rest = list;
    char *word;
    while ((word = strsep(&rest, ",")) != NULL) {
        size_t rooms = number_parse("--rooms", word, ROOMS_MAX);
        size_t last = load->step_count == 0 ? 0 : load->steps[load->step_count - 1];
        if (load->step_count == STEPS_MAX || rooms <= last)
            die("--rooms takes at most %d growing counts", STEPS_MAX);
        load->steps[load->step_count++] = rooms;
    }
}

static void options_parse(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"pid", required_argument, NULL, 'p'},
                                            {"rooms", required_argument, NULL, 'n'},
                                            {"tokens", required_argument, NULL, 't'},
                                            {"metrics", required_argument, NULL, 'm'},
                                            {"warm-s", required_argument, NULL, 'w'},
                                            {"measure-s", required_argument, NULL, 'd'},
                                            {"tries", required_argument, NULL, 'r'},
                                            {"stop-late-ms", required_argument, NULL, 'l'},
                                            {"no-input", no_argument, NULL, 'i'},
                                            {"server-core", required_argument, NULL, 'S'},
                                            {"core", required_argument, NULL, 'c'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            load->server = address_parse(optarg);
            break;
        case 'p':
            load->window.server_pid = (pid_t)number_parse("--pid", optarg, INT32_MAX);
            break;
        case 'n':
            steps_parse(load, optarg);
            break;
        case 't':
            load->tokens_path = optarg;
            break;
        case 'm':
            load->window.metrics = address_parse(optarg);
            break;
        case 'w':
            load->warm_s = number_parse("--warm-s", optarg, 60);
            break;
        case 'd':
            load->measure_s = number_parse("--measure-s", optarg, 60);
            break;
        case 'r':
            load->tries = (unsigned)number_parse("--tries", optarg, 10);
            break;
        case 'l':
            load->stop_late_ms = (double)number_parse("--stop-late-ms", optarg, 10000);
            break;
        case 'i':
            load->has_input = false;
            break;
        case 'S':
            load->window.server_core = (int)number_parse("--server-core", optarg, 1023);
            break;
        case 'c':
            core_pin((int)number_parse("--core", optarg, 1023));
            break;
        default:
            die("usage: see the head of load.c");
        }
    }
    if (load->step_count == 0 || load->server.sin_port == 0)
        die("--server and --rooms are needed");
}

int main(int argc, char **argv)
{
    static struct load load = {.warm_s = 3, .measure_s = 5, .tries = 1, .has_input = true};
    load.window.server_core = -1;
    options_parse(&load, argc, argv);
    parent_follow();
    descriptors_reserve(load.steps[load.step_count - 1] * 2 + 64);
    load_run(&load);
    return 0;
}
