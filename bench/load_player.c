/*
 * The player's socket. Arrival times are the kernel's: SO_TIMESTAMPNS stamps a segment when the
 * sender's core hands it to the receiving socket, so a slow generator does not make a server look
 * late. One stamp comes with one recvmsg and is that of the last segment read; when a read holds
 * two updates the first gets the later one's time, which can only make the server look worse, and
 * is counted (merged).
 */
#include "bench/load_player.h"

#include "bench/common_base.h"
#include "bench/common_http.h"
#include "bench/load_window.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_SIZE = 32768,
    DEAD_ZONE = 1000, /* hundredths of a unit: a bot this near to its aim rests */
    AIM_MAX = 6500,   /* a bot's clumsiness: half a paddle and half a ball are 5600 */
    UPDATE_TICKS = 2, /* 60 ticks and 30 updates a second */
};

#define SERVE_AFTER_NS (700ULL * NS_PER_MS)

static void player_fail(struct player *player)
{
    close(player->fd);
    player->fd = -1;
    player->state = PLAYER_CLOSED;
}

void player_close(struct player *player)
{
    if (player->fd < 0)
        return;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(player->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    player_fail(player);
}

void player_window_reset(struct player *player, uint32_t stretch)
{
    player->stretch = stretch;
    player->points = 0;
    player->frames = 0;
    player->lost = 0;
    player->disorder = 0;
    player->merged = 0;
    player->hole_ticks = 0;
}

void player_connect(struct player *player, int epoll, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char request[HTTP_REQUEST_SIZE_MAX];
    int size = snprintf(request, sizeof request,
                        "GET /ws/game/%s/%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WIRE_KEY "\r\n\r\n",
                        player->game_id, player->token == NULL ? "" : "?token=",
                        player->token == NULL ? "" : player->token);
    player->fd = tcp_connect(address);
    int on = 1;
    if (setsockopt(player->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        die("no kernel receive timestamps");
    if (fcntl(player->fd, F_SETFL, O_NONBLOCK) != 0)
        die("fcntl");
    if (send(player->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
        die("cannot send an upgrade");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = player};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, player->fd, &event) != 0)
        die("epoll_ctl");
    player->state = PLAYER_UPGRADING;
}

static void player_send(struct player *player, uint8_t opcode, const char *payload, size_t len)
{
    static uint32_t mask = 0x9e3779b9;
    char frame[160];
    if (len > 125)
        die("an outgoing message of %zu bytes", len);
    mask ^= mask << 13;
    mask ^= mask >> 17;
    mask ^= mask << 5;
    size_t size = wire_frame_write(opcode, payload, len, mask, frame);
    /* A full socket here means a server that does not read 10 small messages a second. */
    if (send(player->fd, frame, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        player_fail(player);
}

static int direction_of(const struct player *player)
{
    int64_t distance = player->ball_y + player->aim - player->own_y;
    if (!player->is_ball_known || (distance < DEAD_ZONE && distance > -DEAD_ZONE))
        return 0;
    return distance > 0 ? 1 : -1;
}

void player_input(struct player *player, uint64_t now_real_ns)
{
    static const char serve[] = "{\"type\":\"game_action\",\"action\":\"serve\"}";
    char text[96];
    uint32_t seq = ++player->input_seq;
    int size = snprintf(text, sizeof text, "{\"type\":\"player_move\",\"direction\":%d,\"seq\":%u}",
                        direction_of(player), seq);
    player->input_sent_ns[seq % PLAYER_INPUT_RING] = now_real_ns;
    player_send(player, WIRE_TEXT, text, (size_t)size);
    if (player->state != PLAYER_OPEN || player->ball_still_ns == 0 ||
        now_real_ns - player->ball_still_ns < SERVE_AFTER_NS)
        return;
    player_send(player, WIRE_TEXT, serve, sizeof serve - 1);
    player->ball_still_ns = now_real_ns;
}

/* Each time the ball turns a bot picks anew where to meet it, and now and then misses: a rally of a
 * few hits and a point every ten seconds or so, as people play. */
static void aim_choose(struct player *player)
{
    if (player->random == 0)
        player->random = player->index * 2654435761u + 1;
    player->random ^= player->random << 13;
    player->random ^= player->random >> 17;
    player->random ^= player->random << 5;
    player->aim = (int64_t)(player->random % (2 * AIM_MAX + 1)) - AIM_MAX;
}

static void court_follow(struct player *player, const struct wire_message *message,
                         uint64_t arrived_ns)
{
    if ((message->present & WIRE_BALL_Y) != 0) {
        player->ball_y = message->ball_y;
        player->is_ball_known = true;
    }
    if ((message->present & (player->is_left ? WIRE_LEFT_Y : WIRE_RIGHT_Y)) != 0)
        player->own_y = player->is_left ? message->left_y : message->right_y;
    if ((message->present & WIRE_BALL_VX) == 0)
        return;
    if ((message->ball_vx > 0) != (player->ball_vx > 0))
        aim_choose(player);
    player->ball_vx = message->ball_vx;
    if (player->ball_vx != 0)
        player->ball_still_ns = 0;
    else if (player->ball_still_ns == 0)
        player->ball_still_ns = arrived_ns;
}

static void seq_follow(struct player *player, const struct wire_message *message)
{
    if ((message->present & WIRE_SEQ) == 0)
        return;
    if (message->type != WIRE_GAME_STATE && player->is_seq_known) {
        if (message->seq > player->seq + 1)
            player->lost += message->seq - player->seq - 1;
        if (message->seq <= player->seq)
            player->disorder++;
    }
    player->is_seq_known = true;
    player->seq = message->seq;
}

static void ack_follow(struct player *player, const struct wire_message *message,
                       uint64_t arrived_ns, struct load_window *window)
{
    if ((message->present & WIRE_ACK) == 0 || message->ack <= player->ack)
        return;
    uint64_t first = player->ack + 1;
    if (message->ack >= PLAYER_INPUT_RING && first < message->ack - PLAYER_INPUT_RING + 1)
        first = message->ack - PLAYER_INPUT_RING + 1;
    for (uint64_t seq = first; window != NULL && seq <= message->ack; seq++)
        load_window_echo(window, player->input_sent_ns[seq % PLAYER_INPUT_RING], arrived_ns);
    player->ack = message->ack;
}

static void update_follow(struct player *player, const struct wire_message *message,
                          uint64_t arrived_ns, struct load_window *window)
{
    uint64_t previous_ns = player->updated_ns;
    uint64_t previous_tick = player->updated_tick;
    player->updated_ns = arrived_ns;
    player->updated_tick = message->tick;
    player->update_count++;
    if (window == NULL || player->update_count == 1)
        return;
    if (message->tick > previous_tick + UPDATE_TICKS)
        player->hole_ticks += message->tick - previous_tick - UPDATE_TICKS;
    load_window_update(window, player->stretch, message->tick, arrived_ns);
    load_window_interval(window, message->tick - previous_tick, arrived_ns - previous_ns);
}

/* Said once the server has shown the seat, which is when a person could say it. */
static void ready_say(struct player *player)
{
    static const char ready[] = "{\"type\":\"player_ready\"}";
    if (player->is_ready)
        return;
    player->is_ready = true;
    player_send(player, WIRE_TEXT, ready, sizeof ready - 1);
}

static void message_take(struct player *player, const struct wire_frame *frame, uint64_t arrived_ns,
                         struct load_window *window)
{
    struct wire_message message;
    wire_message_read(frame->payload, frame->len, &message);
    seq_follow(player, &message);
    if (message.type == WIRE_GAME_STATE)
        ready_say(player);
    if (message.type == WIRE_GAME_UPDATE || message.type == WIRE_GAME_STATE)
        court_follow(player, &message, arrived_ns);
    if (message.type == WIRE_GAME_UPDATE) {
        update_follow(player, &message, arrived_ns, window);
        ack_follow(player, &message, arrived_ns, window);
    }
    if (message.type == WIRE_SCORE_UPDATE) {
        player->points++;
        if (window != NULL)
            player->stretch = load_window_stretch(window);
    }
    if (message.type == WIRE_ERROR || message.type == WIRE_GAME_OVER)
        load_window_complain(frame->payload, frame->len);
}

/* The limit's frames are all alike; each counts as the update of the next 2 ticks. */
static void limit_take(struct player *player, uint64_t arrived_ns, struct load_window *window)
{
    struct wire_message message = {.tick = player->updated_tick + UPDATE_TICKS};
    update_follow(player, &message, arrived_ns, window);
}

static void frame_take(struct player *player, const struct wire_frame *frame, uint64_t arrived_ns,
                       struct load_window *window)
{
    player->frames++;
    if (frame->opcode == WIRE_PING)
        player_send(player, WIRE_PONG, frame->payload, frame->len);
    if (frame->opcode == WIRE_CLOSE) {
        if (frame->len >= 2)
            player->close_code = (uint16_t)((unsigned char)frame->payload[0] << 8 |
                                            (unsigned char)frame->payload[1]);
        player_fail(player);
    }
    if (frame->opcode != WIRE_TEXT)
        return;
    if (player->token == NULL)
        limit_take(player, arrived_ns, window);
    else
        message_take(player, frame, arrived_ns, window);
}

static uint64_t arrival_ns(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
            return (uint64_t)stamp.tv_sec * NS_PER_S + (uint64_t)stamp.tv_nsec;
        }
    }
    load_window_unstamped();
    return clock_real_ns();
}

/* Returns the bytes of the 101's head, 0 when it is not complete. */
static size_t head_take(struct player *player, const char *bytes, size_t len)
{
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    if (len < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0)
        die("an upgrade was refused: %.*s", (int)(end - bytes), bytes);
    player->state = PLAYER_OPEN;
    return (size_t)(end - bytes) + 4;
}

/* Returns how many bytes were whole frames. */
static size_t bytes_take(struct player *player, const char *bytes, size_t len, uint64_t arrived_ns,
                         struct load_window *window)
{
    size_t at = 0;
    uint64_t updates_before = player->update_count;
    if (player->state == PLAYER_UPGRADING)
        at = head_take(player, bytes, len);
    while (player->state == PLAYER_OPEN) {
        struct wire_frame frame;
        size_t size = wire_frame_read(bytes + at, len - at, &frame);
        if (size == 0)
            break;
        frame_take(player, &frame, arrived_ns, window);
        at += size;
    }
    if (player->update_count > updates_before + 1)
        player->merged += player->update_count - updates_before - 1;
    return at;
}

void player_read(struct player *player, struct load_window *window)
{
    static char bytes[READ_SIZE];
    char control[64];
    memcpy(bytes, player->rest, player->rest_len);
    struct iovec vector = {.iov_base = bytes + player->rest_len,
                           .iov_len = sizeof bytes - player->rest_len};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t size = recvmsg(player->fd, &message, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        player_fail(player);
        return;
    }
    size_t len = player->rest_len + (size_t)size;
    size_t used = bytes_take(player, bytes, len, arrival_ns(&message), window);
    player->rest_len = len - used;
    if (player->rest_len > sizeof player->rest)
        die("a message of more than %d bytes", PLAYER_REST_SIZE);
    memcpy(player->rest, bytes + used, player->rest_len);
}
