/* Upgrades with frames already behind them, on their own reactor and after a move to another. */
#include "tests/unit/net/echo.h"

static void expect_upgraded(hear_fn fn, void *from)
{
    char head[1024];

    hear_head(fn, from, head, sizeof(head));
    EXPECT_NOT_NULL(strstr(head, "HTTP/1.1 101 "));
    EXPECT_NOT_NULL(strstr(head, UPGRADE_ACCEPT));
}

static void expect_text(hear_fn fn, void *from, const char *want)
{
    char text[1024];
    size_t len = 0;

    EXPECT_INT(WS_TEXT, hear_frame(fn, from, text, sizeof(text), &len));
    EXPECT_STR(want, str_of(text + 2, len - 2)); /* behind the reactor's index */
}

/* The upgrade and two frames behind it, cut in two at every byte from the end of the head on. */
static void talk(struct server *server, struct str upgrade)
{
    struct buf all;

    buf_init(&all, 10000);
    buf_put_str(&all, upgrade);
    put_client_frame(&all, STR("first"));
    put_client_frame(&all, STR("second"));
    for (size_t cut = upgrade.len - 3; cut < all.len; cut++) {
        int fd = dial(server);
        say(fd, str_slice(buf_str(&all), 0, cut));
        if (cut % 2 == 0) /* else the rest may come while the connection is on its way */
            let_it_read(server);
        say(fd, str_slice(buf_str(&all), cut, all.len));
        expect_upgraded(hear_socket, &fd);
        expect_text(hear_socket, &fd, "first");
        expect_text(hear_socket, &fd, "second");
        close(fd);
    }
    buf_release(&all);
}

TEST(frames_right_behind_an_upgrade_are_heard)
{
    struct server *server = echo_start(2, "", "");

    talk(server, STR(UPGRADE("/ws")));
    echo_stop(server);
}

TEST(frames_right_behind_an_upgrade_move_with_it)
{
    struct server *server = echo_start(2, "", "");

    for (int round = 0; round < 10; round++)
        talk(server, STR(UPGRADE("/move")));
    echo_stop(server);
}

/* Asks over HTTP who serves the connection, and again over the WebSocket that it becomes. */
static void talk_about_reactors(struct server *server, struct str upgrade, bool moves)
{
    int fd = dial(server);
    struct buf out, before;
    char text[64];
    size_t len = 0;

    buf_init(&out, 1000);
    buf_init(&before, 1000);
    say(fd, STR("GET /who HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_INT(200, hear_reply(fd, &before));
    buf_put_str(&out, upgrade);
    put_client_frame(&out, STR("who"));
    say(fd, buf_str(&out));
    expect_upgraded(hear_socket, &fd);
    EXPECT_INT(WS_TEXT, hear_frame(hear_socket, &fd, text, sizeof(text), &len));
    EXPECT_STR(moves == (before.ptr[0] == '0') ? "1:who" : "0:who", str_of(text, len));
    buf_release(&out);
    buf_release(&before);
    close(fd);
}

TEST(a_moved_connection_is_served_by_the_other_reactor)
{
    struct server *server = echo_start(2, "", "");

    for (int i = 0; i < 20; i++) {
        talk_about_reactors(server, STR(UPGRADE("/ws")), false);
        talk_about_reactors(server, STR(UPGRADE("/move")), true);
    }
    echo_stop(server);
}

static void expect_state(struct server *server, uint64_t sockets)
{
    struct net_stats stats;

    for (int tries = 0; tries < 10000; tries++) {
        let_it_read(server);
        server_stats(server, &stats);
        if (stats.connections == sockets && stats.websockets == sockets)
            return;
    }
    EXPECT_INT(sockets, stats.connections);
    EXPECT_INT(sockets, stats.websockets);
}

TEST(moves_neither_lose_nor_double_a_connection_in_the_counts)
{
    struct server *server = echo_start(4, "", "");
    int fds[20];

    for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
        fds[i] = dial(server);
        say(fds[i], STR(UPGRADE("/move")));
        expect_upgraded(hear_socket, &fds[i]);
    }
    expect_state(server, ARRAY_COUNT(fds));
    for (size_t i = 0; i < ARRAY_COUNT(fds); i++)
        close(fds[i]);
    expect_state(server, 0);
    echo_stop(server);
}

TEST(a_client_that_leaves_on_the_way_leaves_nothing_behind)
{
    struct server *server = echo_start(2, "", "");

    for (int i = 0; i < 200; i++) {
        int fd = dial(server);
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        say(fd, STR(UPGRADE("/move")));
        if (i % 2)
            EXPECT_INT(0, setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
        close(fd);
    }
    expect_state(server, 0);
    echo_stop(server);
}
