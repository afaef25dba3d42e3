/*
 * A room: one live match on one reactor. It owns time, seats, inputs and snapshots; the rules are
 * the game's (lib/core/game.h), the clocks of presence and pauses the match's (lib/core/match.h),
 * and what must survive a power cut the store's. The files share this header; nobody else does.
 *
 *   rooms.c   the table per reactor, opening from the store, closing
 *   seats.c   sockets coming and going
 *   play.c    the tick: inputs, step, snapshots; carrying out the match's effects
 *   lobby.c   rooms by code, also before their match is made (lobby.h)
 *   bot.c     the seat of the server's own player
 *   keep.c    points, results and states to the store and back
 *   stop.c    ends that come from outside the room's sockets
 *   dialect.c dialects in one room; each is a table of functions (dialect.h)
 *   seed_b*.c dialect seed.b
 *   native.c  the messages of dialect rally.v1        hear.c   what its clients say
 *
 *     LOADING (handshakes wait) --> OPEN
 */
#ifndef RALLY_SERVICES_SESSION_ROOM_H
#define RALLY_SERVICES_SESSION_ROOM_H

#include "games/pong/bot.h"
#include "lib/base/map.h"
#include "lib/core/game.h"
#include "lib/core/match.h"
#include "lib/core/roomcode.h"
#include "lib/store/matches.h"
#include "services/socket.h"

#define ROOM_STATE_EVERY_MS 5000
#define ROOM_RETRY_MS 500
#define ROOM_MESSAGE_SIZE 4096
#define ROOM_EMOTE_MAX 31
#define SEED_B_KEYS 11

enum room_phase { ROOM_LOADING, ROOM_OPEN };

struct room;
struct dialect; /* dialect.h */

/* A socket in a room: a player's (seat 0 or 1) or a spectator's (seat -1). */
struct room_socket {
    struct socket socket;
    struct list link;  /* in room->sockets */
    struct room *room; /* NULL: the room has let go of it, or it waits in a lobby */
    int8_t seat;
    char code[ROOMCODE_SIZE]; /* in a lobby: of this room */
    uint8_t keys;             /* held, of seed.b: bit 0 up, bit 1 down */
    const struct dialect *dialect;
};

struct room_seat {
    uint64_t user_id; /* 0: a bot's */
    uint8_t bot_level;
    char username[USER_NAME_SIZE];
    int32_t mmr;
    bool is_guest;
    bool is_ready;
    struct slot_id conn; /* none: absent */
    bool has_input;      /* a direction to apply at the next tick */
    bool has_target;     /* of seed.b: where the paddle is to go */
    int32_t target_y;    /* its centre then, in hundredths */
    bool wants_serve;
    int8_t direction;
    uint64_t input_seq; /* of that direction */
    uint64_t seq_seen;  /* highest accepted on this connection */
    bool has_seq;
    uint64_t ack; /* highest applied: told to the receiver */
    uint32_t absence_used_ms;
    uint8_t pauses_used;
};

struct room {
    struct ticker ticker;       /* on while RUNNING */
    struct reactor_timer timer; /* next of: match clock, game_state for all, retry */
    struct reactor *reactor;
    struct context *context;
    struct slot_id id;
    enum room_phase phase;
    uint8_t counted_state;  /* of the gauge: match state + 1; 0: not counted */
    bool is_counted_open;   /* for draining: it still has something to store */
    uint64_t match_id;      /* 0: a picture of a room that is not there yet */
    uint64_t tournament_id; /* that called it; 0: none */
    uint64_t epoch;
    uint64_t seed;
    bool is_rated, is_private;
    struct match match;
    const struct game_ops *game;
    struct game_config config;
    struct room_seat seats[MATCH_SEATS];
    struct pong_bot bot; /* of the seat with a bot_level */
    struct list sockets;
    struct list arrivals;     /* handshakes to answer once it is open */
    struct list early;        /* sockets of the lobby to seat then */
    char code[ROOMCODE_SIZE]; /* empty: not a room by code */
    uint32_t spectator_count;

    _Alignas(16) uint8_t state[GAME_STATE_SIZE_MAX];
    uint32_t tick;
    uint32_t snapshot_phase;          /* counts up by snapshot_hz each tick; a snapshot at 60 */
    uint64_t seq;                     /* of the last message to all */
    int64_t told[GAME_FIELDS_MAX];    /* hundredths, as of the last snapshot */
    uint32_t untold;                  /* fields that somebody's game_state showed otherwise since */
    int64_t seed_b_told[SEED_B_KEYS]; /* likewise, of the flat state of seed.b */
    uint32_t seed_b_untold;           /* keys that somebody's full state showed otherwise since */
    uint64_t seed_b_seq;              /* of its last message to all */
    uint16_t scores[MATCH_SEATS];     /* durable: what may be announced */
    uint32_t point_count;
    uint64_t played_ms;     /* time of play until the last stop */
    uint64_t play_since_ms; /* while RUNNING */
    uint64_t state_due_ms;  /* next game_state for all */
    uint64_t retry_ms;      /* 0: nothing to do again */

    struct matches_point_args point; /* in flight or to be tried again */
    bool has_point;
    bool is_busy;   /* a point, result or rematch is with the writer */
    bool has_end;   /* match->result is to be stored */
    bool is_ended;  /* it is stored and told */
    bool is_saving; /* a state is with the writer */
    bool is_dirty;  /* the state has changed since */
    bool has_stop;  /* came while it was loading */
    uint64_t stop_user_id;
    bool has_rematch;
    bool wants_close;                  /* the rematch window is over; the result is stored first */
    struct matches_finished *finished; /* for game_over to late comers */
};

struct rooms {
    struct slots table;
    struct map by_match; /* match id -> index << 32 | generation */
    struct list lobby;   /* sockets that wait for the second player of their room */
    struct context *context;
};

/* -- rooms.c ----------------------------------------------------------------------------------- */

struct rooms *rooms_of(struct reactor *reactor);
/* The reactor that owns a match on this node. */
struct reactor *room_home(struct context *context, uint64_t match_id);
/* From now until its room closes, this match lives on that reactor. From any thread; once there is
 * no space for it, it stays where it would be. */
void room_pin(uint64_t match_id, uint32_t reactor_index);
struct room *room_find(struct reactor *reactor, uint64_t match_id);
struct room *room_get(struct reactor *reactor, struct slot_id id);
/* The room of a match, opened from the store when it is not there yet. NULL: the table is full. */
struct room *room_open(struct reactor *reactor, uint64_t match_id);
/* Lets go of all sockets with this error (or 1000 for OK) and frees the room. */
void room_close(struct room *room, enum err err, struct str detail);
/* Opens the room of a match on its reactor. From any thread. */
void room_open_later(struct context *context, uint64_t match_id);

/* -- seats.c ----------------------------------------------------------------------------------- */

/* `/ws/game/{key}/`, protocol section 10. */
void room_socket_open(struct conn *conn, const struct socket_open *open);
/* The room is open, or will never be: whoever waits at the door is let in or told why not. */
void room_arrivals_sit(struct room *room);
void room_arrivals_refuse(struct room *room, enum err err, struct str detail);
/* Brings a connection to the room of a match, whatever reactor that is on. `tournament_id`: the
 * match must be of that one; 0: any. */
void room_socket_go(struct conn *conn, struct context *context, const struct caller *caller,
                    const struct socket_knock *knock, uint64_t match_id, uint64_t tournament_id,
                    bool is_by_code);
struct room_socket *room_socket_new(struct context *context, const struct caller *caller,
                                    const struct dialect *dialect);
/* An accepted socket takes its place, now or when the room is open. */
void room_socket_enter(struct room *room, struct room_socket *socket);
struct conn *room_socket_conn(const struct room *room, const struct room_socket *socket);
/* 0, 1, or -1 for anybody else. */
int8_t room_seat_of(const struct room *room, uint64_t user_id);

/* -- play.c ------------------------------------------------------------------------------------ */

void room_tick(struct reactor *reactor, struct ticker *ticker);
void room_timer_set(struct room *room);
void room_effects_apply(struct room *room, const struct match_effects *effects);
/* A message of the native dialect to everybody who speaks it, in order, under the next seq. */
void room_broadcast(struct room *room, struct str text);
/* The seq of the next event to all. Call it before the room changes: whoever has missed snapshots
 * gets a game_state first. */
uint64_t room_next_seq(struct room *room);
/* An event to one socket. */
void room_send(struct room *room, struct room_socket *socket, struct frame *frame);
void room_send_state(struct room *room, struct room_socket *socket);
void room_send_state_all(struct room *room);
uint64_t room_played_ms(const struct room *room, uint64_t now_ms);

/* -- bot.c ------------------------------------------------------------------------------------- */

/* The seat of the bot, or MATCH_NO_SEAT. */
int8_t room_bot_seat(const struct room *room);
/* It takes its seat, ready. Nothing without a bot, as below. */
void room_bot_sit(struct room *room);
/* What it does in the coming tick. */
void room_bot_play(struct room *room);
/* `asking` would play again: true when there is a bot, which agrees. */
bool room_bot_agrees(struct room *room, int8_t asking, struct match_effects *effects) MUST_USE;

/* -- stop.c ------------------------------------------------------------------------------------ */

/* The player resigns, or (0) it is called off; at once or as soon as the room is open. */
void room_stop(struct room *room, uint64_t user_id);
enum err room_stops_start(struct context *context) MUST_USE;

/* -- keep.c ------------------------------------------------------------------------------------ */

/* A point was scored (room->point): store it, then tell it. */
void room_keep_point(struct room *room);
/* The match has a result: store it, then tell it. Waits for a point in flight. */
void room_keep_end(struct room *room);
/* The match's state changed: store it when the writer has time; nothing waits for it. */
void room_keep_state(struct room *room);
void room_keep_rematch(struct room *room);
/* What failed for want of a store is tried again. */
void room_keep_retry(struct room *room);

/* -- native.c: messages of rally.v1; each appends one JSON object ------------------------------ */

/* Values of the game's fields in hundredths of a world unit (velocities per second). */
void native_view(const struct room *room, int64_t *hundredths);
/* `,"ball":{...},"paddles":{...}` for the fields of the mask. */
void native_put_fields(struct buf *out, const struct game_ops *game, const int64_t *hundredths,
                       uint32_t mask);
void native_put_state(struct buf *out, const struct room *room, int8_t seat, uint64_t now_ms);
void native_put_score(struct buf *out, const struct room *room, uint8_t scorer, uint64_t seq);
void native_put_effect(struct buf *out, const struct room *room, const struct match_effect *effect,
                       uint64_t seq);
void native_tell_changes(struct room *room); /* play.c */
void native_put_over(struct buf *out, const struct room *room, int8_t seat, uint64_t seq);
const char *native_side(int8_t seat); /* "left", "right", or NULL */

/* -- hear.c ------------------------------------------------------------------------------------ */

void native_hear(struct conn *conn, struct socket *socket, struct str text);

#endif
