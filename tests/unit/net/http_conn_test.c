/* Requests over real sockets, however they are cut: answers do not depend on it. */
#include "tests/unit/net/echo.h"

/* A length, chunks, nothing, an answer from a later turn, and an empty body. */
static const char REQUESTS[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
                               "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
                               "GET /c HTTP/1.1\r\nHost: h\r\n\r\n"
                               "PUT /later HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
                               "POST /d HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
static const char REPLIES[] = "POST /a hello\nPOST /b abcde\nGET /c \nPUT /later hi\nPOST /d \n";
#define REQUEST_COUNT 5

static void expect_replies(int fd)
{
    struct buf bodies;

    buf_init(&bodies, 10000);
    for (int i = 0; i < REQUEST_COUNT; i++)
        EXPECT_INT(200, hear_reply(fd, &bodies));
    EXPECT_STR(REPLIES, buf_str(&bodies));
    buf_release(&bodies);
}

TEST(requests_cut_in_two_at_any_byte_are_understood)
{
    struct server *server = echo_start(1, "", "");
    struct str all = str_from_c(REQUESTS);

    for (size_t cut = 1; cut < all.len; cut++) {
        int fd = dial(server);
        say(fd, str_slice(all, 0, cut));
        let_it_read(server);
        say(fd, str_slice(all, cut, all.len));
        expect_replies(fd);
        close(fd);
    }
    echo_stop(server);
}

TEST(requests_that_come_byte_by_byte_are_understood)
{
    struct server *server = echo_start(1, "", "");
    struct str all = str_from_c(REQUESTS);
    int fd = dial(server);

    for (size_t at = 0; at < all.len; at++) {
        say(fd, str_slice(all, at, at + 1));
        let_it_read(server);
    }
    expect_replies(fd);
    close(fd);
    echo_stop(server);
}

TEST(a_hundred_pipelined_requests_are_answered_in_order)
{
    struct server *server = echo_start(2, "", "");
    int fd = dial(server);
    struct buf out;

    buf_init(&out, 100000);
    for (int i = 0; i < 100; i++)
        buf_put_c(&out, REQUESTS);
    say(fd, buf_str(&out));
    for (int i = 0; i < 100; i++)
        expect_replies(fd);
    buf_release(&out);
    close(fd);
    echo_stop(server);
}

TEST(a_client_that_ends_its_half_still_gets_all_answers)
{
    struct server *server = echo_start(1, "", "");
    int fd = dial(server);
    char more;

    say(fd, str_from_c(REQUESTS));
    EXPECT_INT(0, shutdown(fd, SHUT_WR));
    expect_replies(fd);
    EXPECT_INT(0, recv(fd, &more, 1, 0));
    close(fd);
    echo_stop(server);
}

TEST(after_a_request_that_is_none_nothing_more_is_answered)
{
    struct server *server = echo_start(1, "", "");
    int fd = dial(server);
    struct buf body;
    char more;

    buf_init(&body, 1000);
    say(fd,
        STR("GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_INT(400, hear_reply(fd, &body));
    EXPECT_INT(0, recv(fd, &more, 1, 0));
    buf_release(&body);
    close(fd);
    echo_stop(server);
}

TEST(a_server_that_stops_ends_its_connections_and_frees_all)
{
    struct server *server = echo_start(4, "", "");
    int fds[32];
    char more;

    for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
        fds[i] = dial(server);
        if (i % 4 == 1)
            say(fds[i], str_from_c(REQUESTS));
        else if (i % 4 == 2)
            say(fds[i], STR(UPGRADE("/move")));
        else if (i % 4 == 3)
            say(fds[i], STR("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhal"));
    }
    echo_stop(server);
    for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
        while (recv(fds[i], &more, 1, 0) > 0)
            ;
        close(fds[i]);
    }
}
