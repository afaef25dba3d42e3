/* A reader that does not read costs itself and nobody else: events end it with 4008, snapshots are
 * left out until it reads again. */
#include "tests/unit/net/echo.h"

#include <stdatomic.h>

#define EVENT_SIZE 60000
#define WATCHERS_MAX 8

static struct slot_id watchers[WATCHERS_MAX]; /* of the one reactor; only its thread looks */
static int watcher_count;
static atomic_uint closed_count, closed_code, drained_count, sent_count, dropped_count;

/* Every message makes its sender a watcher. */
static void watch(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    (void)opcode;
    (void)payload;
    CHECK(watcher_count < WATCHERS_MAX);
    watchers[watcher_count++] = conn_id(conn);
    socket_send_text(conn, STR("watching"));
}

static void send_fresh(struct conn *conn)
{
    char text[64];

    atomic_fetch_add(&drained_count, 1);
    snprintf(text, sizeof(text), "fresh %u", atomic_load(&sent_count));
    socket_send_text(conn, str_from_c(text));
}

static void note_close(struct conn *conn, uint16_t code)
{
    (void)conn;
    atomic_store(&closed_code, code);
    atomic_fetch_add(&closed_count, 1);
}

static const struct socket_ops WATCH_OPS = {
    .message = watch, .drained = send_fresh, .closed = note_close};

static struct frame *numbered_frame(struct reactor *reactor)
{
    struct frame *frame = frame_new(reactor, EVENT_SIZE);

    CHECK(frame != NULL);
    memset(frame_payload(frame), ' ', EVENT_SIZE);
    snprintf(frame_payload(frame), 32, "%u", atomic_fetch_add(&sent_count, 1) + 1);
    frame_finish(frame, WS_TEXT, EVENT_SIZE);
    return frame;
}

static void send_event(struct reactor *reactor, void *arg)
{
    struct frame *frame = numbered_frame(reactor);

    (void)arg;
    for (int i = 0; i < watcher_count; i++) {
        struct conn *conn = conn_find(reactor, watchers[i]);
        if (conn)
            socket_send(conn, frame);
    }
    frame_release(reactor, frame);
}

static void send_snapshot(struct reactor *reactor, void *arg)
{
    struct frame *frame = numbered_frame(reactor);

    (void)arg;
    for (int i = 0; i < watcher_count; i++) {
        struct conn *conn = conn_find(reactor, watchers[i]);
        if (conn && !socket_send_latest(conn, frame)) {
            CHECK(socket_is_behind(conn));
            atomic_fetch_add(&dropped_count, 1);
        }
    }
    frame_release(reactor, frame);
}

static struct server *fresh(void)
{
    watcher_count = 0;
    atomic_store(&closed_count, 0);
    atomic_store(&drained_count, 0);
    atomic_store(&sent_count, 0);
    atomic_store(&dropped_count, 0);
    echo_ops = &WATCH_OPS;
    return echo_start(1, "", "");
}

static int watcher(struct server *server, int receive_size)
{
    int fd = dial_with(server, receive_size);
    char head[1024];
    struct buf out;
    size_t len = 0;

    buf_init(&out, 1000);
    buf_put_c(&out, UPGRADE("/ws"));
    put_client_frame(&out, STR("hello"));
    say(fd, buf_str(&out));
    buf_release(&out);
    hear_head(hear_socket, &fd, head, sizeof(head));
    EXPECT_INT(WS_TEXT, hear_frame(hear_socket, &fd, head, sizeof(head), &len));
    EXPECT_STR("watching", str_of(head, len));
    return fd;
}

static unsigned hear_number(int fd)
{
    static char text[EVENT_SIZE + 1];
    size_t len = 0;

    EXPECT_INT(WS_TEXT, hear_frame(hear_socket, &fd, text, sizeof(text), &len));
    EXPECT_INT(EVENT_SIZE, len);
    return (unsigned)strtoul(text, NULL, 10);
}

TEST(a_slow_reader_of_events_is_closed_with_4008_and_others_miss_nothing)
{
    struct server *server = fresh();
    int good = watcher(server, 0), slow = watcher(server, 4096), other = watcher(server, 0);
    static char rest[65536];
    struct net_stats stats;
    unsigned events = 0;

    while (atomic_load(&closed_count) == 0 && events < 1000) {
        on_reactor(server, 0, send_event, NULL);
        events++;
        EXPECT_INT(events, hear_number(good));
        EXPECT_INT(events, hear_number(other));
    }
    EXPECT_INT(1, atomic_load(&closed_count));
    EXPECT_INT(4008, atomic_load(&closed_code));
    for (int i = 0; i < 20; i++) { /* and they go on */
        on_reactor(server, 0, send_event, NULL);
        events++;
        EXPECT_INT(events, hear_number(good));
        EXPECT_INT(events, hear_number(other));
    }
    while (recv(slow, rest, sizeof(rest), 0) > 0)
        ; /* what the kernel held, then the end */
    server_stats(server, &stats);
    EXPECT_INT(2, stats.websockets);
    EXPECT_INT(4008, NET_CLOSE_CODES[11]);
    EXPECT_INT(1, stats.closes_by_code[11]);
    EXPECT_INT(0, stats.snapshots_conflated);
    close(good);
    close(slow);
    close(other);
    echo_stop(server);
}

TEST(a_slow_reader_of_snapshots_stays_and_gets_a_fresh_one_when_it_reads_again)
{
    struct server *server = fresh();
    int good = watcher(server, 0), slow = watcher(server, 4096);
    static char text[EVENT_SIZE + 1];
    struct net_stats stats;
    unsigned number = 0, sent, last = 0;
    size_t len = 0;

    while (atomic_load(&dropped_count) < 200 && number < 2000) {
        on_reactor(server, 0, send_snapshot, NULL);
        number++;
        EXPECT_INT(number, hear_number(good));
    }
    sent = atomic_load(&sent_count);
    EXPECT_INT(200, atomic_load(&dropped_count));
    EXPECT_INT(0, atomic_load(&drained_count));
    EXPECT_INT(0, atomic_load(&closed_count));
    for (;;) { /* what went out before it fell behind, in order, then the fresh one */
        unsigned heard;
        EXPECT_INT(WS_TEXT, hear_frame(hear_socket, &slow, text, sizeof(text), &len));
        if (len < EVENT_SIZE)
            break;
        heard = (unsigned)strtoul(text, NULL, 10);
        EXPECT_INT(last + 1, heard);
        last = heard;
    }
    EXPECT(last <= sent - 200);
    EXPECT_INT(sent, strtoul(text + sizeof("fresh ") - 1, NULL, 10));
    EXPECT_INT(1, atomic_load(&drained_count));
    server_stats(server, &stats);
    EXPECT_INT(200, stats.snapshots_conflated);
    EXPECT_INT(2, stats.websockets);
    on_reactor(server, 0, send_snapshot, NULL); /* nothing is dropped any more */
    EXPECT_INT(number + 1, hear_number(slow));
    EXPECT_INT(number + 1, hear_number(good));
    EXPECT_INT(200, atomic_load(&dropped_count));
    close(good);
    close(slow);
    echo_stop(server);
}
