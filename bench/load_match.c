/*
 * POST /game/join/ for everyone, then GET /game/status/ for those whose join did not complete a
 * match. The queue is first in, first out, but joins run side by side, so who meets whom is only
 * known afterwards.
 */
#include "bench/load_match.h"

#include "bench/common_base.h"
#include "bench/common_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECTIONS = 32, ROUNDS_MAX = 100 };

struct matching {
    struct player *players;
    size_t *waiting; /* indexes of players without a game */
    size_t waiting_count;
};

static size_t matching_write(const struct player *player, const char *method, const char *path,
                             char *out)
{
    int size = snprintf(out, HTTP_REQUEST_SIZE_MAX,
                        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                        "%s\r\n",
                        method, path, player->token,
                        strcmp(method, "POST") == 0 ? "Content-Length: 0\r\n" : "");
    if (size >= HTTP_REQUEST_SIZE_MAX)
        die("a token of more than %d bytes", HTTP_REQUEST_SIZE_MAX);
    return (size_t)size;
}

static size_t join_request(void *context, size_t index, size_t conn, char *out)
{
    const struct matching *matching = context;
    (void)conn;
    return matching_write(&matching->players[index], "POST", "/game/join/", out);
}

static size_t status_request(void *context, size_t index, size_t conn, char *out)
{
    const struct matching *matching = context;
    (void)conn;
    return matching_write(&matching->players[matching->waiting[index]], "GET", "/game/status/",
                          out);
}

static void match_take(struct player *player, const struct http_reply *reply)
{
    char side[16] = "";
    if (reply->status != 200)
        die("the queue answers %d %.*s", reply->status, (int)reply->body_len, reply->body);
    json_value_copy(reply->body, reply->body_len, "game_id", player->game_id,
                    sizeof player->game_id);
    json_value_copy(reply->body, reply->body_len, "side", side, sizeof side);
    player->is_left = strcmp(side, "left") == 0;
}

static void join_reply(void *context, size_t index, const struct http_reply *reply)
{
    struct matching *matching = context;
    match_take(&matching->players[index], reply);
}

static void status_reply(void *context, size_t index, const struct http_reply *reply)
{
    struct matching *matching = context;
    match_take(&matching->players[matching->waiting[index]], reply);
}

static void batch_run(struct matching *matching, struct sockaddr_in server, size_t count,
                      size_t (*request)(void *, size_t, size_t, char *),
                      void (*reply)(void *, size_t, const struct http_reply *))
{
    struct http_batch batch = {.address = server,
                               .conn_count = CONNECTIONS,
                               .request_count = count,
                               .timeout_ns = 60ULL * NS_PER_S,
                               .context = matching,
                               .request = request,
                               .reply = reply};
    http_batch_run(&batch);
}

static void waiting_find(struct matching *matching, size_t count)
{
    matching->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (matching->players[i].game_id[0] == '\0')
            matching->waiting[matching->waiting_count++] = i;
    }
}

static int player_compare(const void *left, const void *right)
{
    const struct player *a = left;
    const struct player *b = right;
    int order = strcmp(a->game_id, b->game_id);
    return order != 0 ? order : (int)b->is_left - (int)a->is_left;
}

static void pairs_check(const struct player *players, size_t count)
{
    errno = 0;
    for (size_t i = 0; i + 1 < count; i += 2) {
        if (strcmp(players[i].game_id, players[i + 1].game_id) != 0 ||
            players[i].is_left == players[i + 1].is_left)
            die("game %s has not two sides", players[i].game_id);
    }
}

void load_match_all(struct sockaddr_in server, struct player *players, size_t count)
{
    struct matching matching = {.players = players};
    matching.waiting = memory_new(count, sizeof *matching.waiting);
    batch_run(&matching, server, count, join_request, join_reply);
    waiting_find(&matching, count);
    for (int round = 0; round < ROUNDS_MAX && matching.waiting_count > 0; round++) {
        batch_run(&matching, server, matching.waiting_count, status_request, status_reply);
        waiting_find(&matching, count);
        struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
        if (matching.waiting_count > 0)
            nanosleep(&pause, NULL);
    }
    if (matching.waiting_count > 0)
        die("%zu players found no game", matching.waiting_count);
    free(matching.waiting);
    qsort(players, count, sizeof *players, player_compare);
    pairs_check(players, count);
}
