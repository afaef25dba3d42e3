/*
 * One simulated player: a WebSocket on a game, a bot that follows the ball, and the book-keeping
 * that turns arriving frames into losses and latencies. What a player measures goes to a window
 * (load_window.h) while one is open.
 */
#ifndef BENCH_LOAD_PLAYER_H
#define BENCH_LOAD_PLAYER_H

#include "bench/common_wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_window;

enum { PLAYER_REST_SIZE = 4096, PLAYER_INPUT_RING = 32, GAME_ID_SIZE = 24 };

enum player_state { PLAYER_NEW, PLAYER_UPGRADING, PLAYER_OPEN, PLAYER_CLOSED };

struct player {
    enum player_state state;
    int fd;
    uint32_t index;
    bool is_left;
    bool is_ready;     /* has said so */
    const char *token; /* NULL against the limit server */
    char game_id[GAME_ID_SIZE];
    struct player *next_in_slot; /* of the input schedule */

    int64_t ball_y, ball_vx, own_y; /* hundredths of a unit, as last told */
    bool is_ball_known;
    int64_t aim; /* where on the paddle this bot wants to meet the ball */
    uint32_t random;
    uint64_t ball_still_ns; /* since when the ball is known to rest; 0: it moves */
    uint32_t input_seq;
    uint64_t input_sent_ns[PLAYER_INPUT_RING]; /* CLOCK_REALTIME, by seq */

    bool is_seq_known;
    uint64_t seq, ack;
    uint64_t tick;
    uint64_t update_count;
    uint64_t updated_ns; /* arrival of the last game_update */
    uint64_t updated_tick;

    /* Since the window opened. */
    uint32_t stretch; /* of play since the last point; see load_window.h */
    uint64_t frames, points, lost, disorder, merged;
    uint64_t hole_ticks; /* ticks of running play that no update covered at 30 Hz */

    uint16_t close_code;
    size_t rest_len;
    char rest[PLAYER_REST_SIZE]; /* an incomplete head or frame */
};

/* Connects and sends the upgrade request. */
void player_connect(struct player *player, int epoll, uint16_t port);

/* Reads once; hands measured values to the window, which may be NULL. */
void player_read(struct player *player, struct load_window *window);

/* Sends the bot's next input, and a serve when the ball has rested for a while. */
void player_input(struct player *player, uint64_t now_real_ns);

/* Forgets what belongs to the last window. */
void player_window_reset(struct player *player, uint32_t stretch);

/* Closes the socket without ceremony. */
void player_close(struct player *player);

#endif
