/*
 * Makes guests of a running rallyd and prints their access tokens, one in each line. The other
 * programs take their players from that list, so that no measured second contains a sign-up.
 *
 *   guests --server PORT --count N [--connections K] > tokens
 */
#include "bench/common_base.h"
#include "bench/common_http.h"
#include "bench/common_tokens.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static size_t guest_request(void *context, size_t index, size_t conn, char *out)
{
    (void)context;
    (void)index;
    (void)conn;
    static const char request[] = "POST /v1/auth/guest HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                  "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    memcpy(out, request, sizeof request - 1);
    return sizeof request - 1;
}

static void guest_reply(void *context, size_t index, const struct http_reply *reply)
{
    (void)context;
    (void)index;
    char token[TOKEN_SIZE_MAX];
    if (reply->status != 201 ||
        json_value_copy(reply->body, reply->body_len, "access_token", token, sizeof token) == 0)
        die("no guest: %d %.*s", reply->status, (int)reply->body_len, reply->body);
    puts(token);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"count", required_argument, NULL, 'n'},
                                            {"connections", required_argument, NULL, 'k'},
                                            {0}};
    struct http_batch batch = {.conn_count = 64,
                               .request_count = 2,
                               .timeout_ns = 120ULL * NS_PER_S,
                               .request = guest_request,
                               .reply = guest_reply};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            batch.address = address_parse(optarg);
        else if (option == 'n')
            batch.request_count = number_parse("--count", optarg, 1000000);
        else if (option == 'k')
            batch.conn_count = number_parse("--connections", optarg, 1024);
        else
            die("usage: guests --server PORT --count N [--connections K]");
    }
    parent_follow();
    http_batch_run(&batch);
    return 0;
}
