/*
 * The limit: the least a server can do and still feed rooms of two players. One thread, one epoll,
 * one prebuilt text frame of 100 bytes written to each socket 30 times a second at absolute
 * deadlines; what arrives is read and thrown away. There is no game, no JSON, no token and no
 * memory of who is who, so its cost is that of the kernel's sockets. Rally's figures are read as
 * multiples of this program's, taken in the same run on the same core.
 *
 * It is not a WebSocket server: it answers the one Sec-WebSocket-Key of RFC 6455 section 1.3, which
 * is the one the load generator sends, with that section's answer.
 *
 * Two sockets accepted one after the other are a room. Rooms are spread over 32 slots of one
 * period; a slot that is late is sent at once, at most 2 periods deep, and what lies further back
 * is counted as slipped, as rooms of Rally do.
 */
#include "bench/common_base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNS_MAX = 16384,
    SLOTS = 32,
    FRAMES_PER_S = 30,
    PAYLOAD_SIZE = 100,
    CATCH_UP_MAX = 2, /* periods of 33 ms: the 4 ticks of 17 ms that a room of Rally catches up */
    EVENTS_MAX = 512,
    HEAD_SIZE_MAX = 4096,
};

struct conn {
    int fd; /* -1: free */
    bool is_open;
    uint32_t room;
    uint32_t head_len;
    char *head; /* the request while it is being read; NULL afterwards */
};

struct slot {
    uint32_t conns[CONNS_MAX / SLOTS * 2];
    uint32_t count;
    uint64_t round; /* next period to be sent */
};

static struct conn conns[CONNS_MAX];
static struct slot slots[SLOTS];
static uint64_t started_ns;
static uint64_t frames_sent;
static uint64_t frames_refused;
static uint64_t rounds_slipped;
static uint32_t accepted_count;
static volatile sig_atomic_t must_stop;

static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
                             "Upgrade: websocket\r\n"
                             "Connection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static unsigned char frame[2 + PAYLOAD_SIZE];

static void stop(int signal_number)
{
    (void)signal_number;
    must_stop = 1;
}

static void frame_build(void)
{
    static const char text[] = "{\"type\":\"limit\",\"fill\":\"";
    frame[0] = 0x81;
    frame[1] = PAYLOAD_SIZE;
    memset(frame + 2, 'x', PAYLOAD_SIZE);
    memcpy(frame + 2, text, sizeof text - 1);
    memcpy(frame + 2 + PAYLOAD_SIZE - 2, "\"}", 2);
}

/* Rooms go round the slots with a stride that spreads neighbours, so that a few rooms are as evenly
 * spaced as many. */
static struct slot *slot_of(uint32_t room)
{
    return &slots[room * 13 % SLOTS];
}

static uint64_t slot_due_ns(const struct slot *slot)
{
    uint64_t phase = (uint64_t)(slot - slots);
    return started_ns + (slot->round * SLOTS + phase) * NS_PER_S / (FRAMES_PER_S * SLOTS);
}

static void conn_open(struct conn *conn)
{
    struct slot *slot = slot_of(conn->room);
    uint32_t room_in_slot = sizeof slot->conns / sizeof slot->conns[0];
    if (slot->count == room_in_slot)
        die("too many sockets in one slot");
    slot->conns[slot->count++] = (uint32_t)(conn - conns);
    conn->is_open = true;
    free(conn->head);
    conn->head = NULL;
}

static void conn_close(struct conn *conn)
{
    struct slot *slot = slot_of(conn->room);
    uint32_t self = (uint32_t)(conn - conns);
    for (uint32_t i = 0; conn->is_open && i < slot->count; i++) {
        if (slot->conns[i] == self) {
            slot->conns[i] = slot->conns[--slot->count];
            break;
        }
    }
    close(conn->fd);
    free(conn->head);
    *conn = (struct conn){.fd = -1};
}

static void conns_accept(int listener, int epoll)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (fd >= CONNS_MAX)
            die("more than %d sockets", CONNS_MAX);
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct conn *conn = &conns[fd];
        *conn = (struct conn){.fd = fd, .room = accepted_count++ / 2};
        conn->head = memory_new(1, HEAD_SIZE_MAX);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            die("epoll_ctl");
    }
}

static void head_read(struct conn *conn)
{
    ssize_t size = recv(conn->fd, conn->head + conn->head_len, HEAD_SIZE_MAX - conn->head_len, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        conn_close(conn);
        return;
    }
    conn->head_len += (uint32_t)size;
    if (memmem(conn->head, conn->head_len, "\r\n\r\n", 4) == NULL) {
        if (conn->head_len == HEAD_SIZE_MAX)
            conn_close(conn);
        return;
    }
    if (send(conn->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != (ssize_t)sizeof answer - 1)
        conn_close(conn);
    else
        conn_open(conn);
}

static void conn_read(struct conn *conn)
{
    static char discarded[65536];
    if (!conn->is_open) {
        head_read(conn);
        return;
    }
    ssize_t size = recv(conn->fd, discarded, sizeof discarded, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        conn_close(conn);
}

static void slot_send(const struct slot *slot)
{
    for (uint32_t i = 0; i < slot->count; i++) {
        int fd = conns[slot->conns[i]].fd;
        if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) == (ssize_t)sizeof frame)
            frames_sent++;
        else
            frames_refused++; /* A reader that stalls loses frames; its end is seen by the read. */
    }
}

static void slot_run(struct slot *slot, uint64_t now_ns)
{
    uint64_t period_ns = NS_PER_S / FRAMES_PER_S;
    for (int depth = 0; slot_due_ns(slot) <= now_ns; depth++) {
        if (depth == CATCH_UP_MAX) {
            uint64_t behind = (now_ns - slot_due_ns(slot)) / period_ns + 1;
            rounds_slipped += slot->count > 0 ? behind : 0;
            slot->round += behind;
            return;
        }
        slot_send(slot);
        slot->round++;
    }
}

/* Returns the time of the next deadline. */
static uint64_t slots_run(void)
{
    uint64_t next_ns = UINT64_MAX;
    uint64_t now_ns = clock_mono_ns();
    for (struct slot *slot = slots; slot < slots + SLOTS; slot++) {
        slot_run(slot, now_ns);
        uint64_t due_ns = slot_due_ns(slot);
        next_ns = due_ns < next_ns ? due_ns : next_ns;
    }
    return next_ns;
}

static int listener_open(struct sockaddr_in address)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    socklen_t address_len = sizeof address;
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &address_len) != 0)
        die("cannot listen");
    printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void serve(int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
        die("epoll");
    started_ns = clock_mono_ns();
    uint64_t next_ns = started_ns;
    while (!must_stop) {
        struct epoll_event events[EVENTS_MAX];
        uint64_t now_ns = clock_mono_ns();
        uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
        struct timespec wait = {.tv_sec = (time_t)(wait_ns / NS_PER_S),
                                .tv_nsec = (long)(wait_ns % NS_PER_S)};
        int count = epoll_pwait2(epoll, events, EVENTS_MAX, &wait, NULL);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                conns_accept(listener, epoll);
            else
                conn_read(events[i].data.ptr);
        }
        if (clock_mono_ns() >= next_ns)
            next_ns = slots_run();
    }
    close(epoll);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'}, {"core", required_argument, NULL, 'c'}, {0}};
    const char *listen_text = "0";
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'l')
            listen_text = optarg;
        else if (option == 'c')
            core_pin((int)number_parse("--core", optarg, 1023));
        else
            die("usage: limit [--listen 127.0.0.1:PORT] [--core N]");
    }
    parent_follow();
    descriptors_reserve(CONNS_MAX);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    frame_build();
    int listener = listener_open(address_parse(listen_text));
    serve(listener);
    close(listener);
    printf("{\"sent\":%llu,\"refused\":%llu,\"slipped\":%llu}\n", (unsigned long long)frames_sent,
           (unsigned long long)frames_refused, (unsigned long long)rounds_slipped);
    return 0;
}
