/*
 * A game is a table of pure functions over a pointer-free integer state. The room owns time, seats,
 * inputs, snapshots and recording; the game owns the rules. State is bytes and step is pure, so
 * replay = init + inputs, spectating = view, reconnecting = the last view, a test = a golden hash.
 * A game never reads a clock, a socket or a random source: what it needs is in its own state.
 */
#ifndef RALLY_CORE_GAME_H
#define RALLY_CORE_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GAME_SEATS_MAX 4
#define GAME_EVENTS_MAX 8
#define GAME_FIELDS_MAX 16
#define GAME_STATE_SIZE_MAX 256

/* How a match is set up; fixed for its whole life and stored in its replay. */
struct game_config {
    uint8_t ruleset;    /* index into game_ops.rulesets */
    uint16_t win_score; /* 0: the ruleset's own */
};

enum game_input_kind {
    GAME_INPUT_MOVE,  /* direction -1, 0, 1; holds until changed */
    GAME_INPUT_SERVE, /* the serving seat asks for the ball now; others are ignored */
};

/* An intent, already decoded and attributed to a seat by the room. Never a position. */
struct game_input {
    uint8_t kind;
    int8_t direction;
};

enum game_event_kind {
    GAME_EVENT_SERVE, /* seat: who served */
    GAME_EVENT_HIT,   /* seat: whose paddle */
    GAME_EVENT_WALL,
    GAME_EVENT_GOAL, /* seat: who scored; the state already counts the point */
    GAME_EVENT_OVER, /* seat: who won */
};

struct game_event {
    uint8_t kind;
    uint8_t seat;
};

/* What one tick brought, in order. A game makes at most GAME_EVENTS_MAX events a tick. */
struct game_events {
    struct game_event list[GAME_EVENTS_MAX];
    uint8_t count;
};

/*
 * One number a client may see. The dialects build their messages from these rows: `group.part.key`
 * as nested JSON objects (part may be NULL), the value divided by 2^fraction_bits.
 */
struct game_field {
    const char *group; /* "ball", "paddles" */
    const char *part;  /* "left" or NULL */
    const char *key;   /* "x" */
    uint8_t fraction_bits;
    bool is_velocity; /* per tick; the room shows units per second: value x ticks_per_second */
};

/* What a ruleset promises to clients; all lengths in world units, speeds in units per second. */
struct game_ruleset {
    const char *name; /* "classic" */
    uint16_t width, height;
    uint16_t paddle_width, paddle_height, paddle_speed;
    uint16_t ball_size, ball_speed, ball_speed_max;
    uint16_t win_score;
};

struct game_result {
    uint8_t winner_seat;
    uint16_t scores[GAME_SEATS_MAX];
};

struct game_ops {
    const char *name;
    uint16_t rules_version; /* stored in every replay; any change of behaviour bumps it */
    uint8_t seats;
    uint16_t ticks_per_second; /* the room calls step() exactly this often */
    size_t state_size;         /* <= GAME_STATE_SIZE_MAX; no pointers inside */
    const struct game_ruleset *rulesets;
    uint8_t ruleset_count;
    const struct game_field *fields;
    uint8_t field_count; /* <= GAME_FIELDS_MAX */

    void (*init)(void *state, const struct game_config *config, uint64_t seed);
    void (*input)(void *state, uint8_t seat, const struct game_input *input);
    /* One tick; appends to events (the caller empties it). After a goal the state waits for its
     * serve by itself; a finished state no longer changes. */
    void (*step)(void *state, struct game_events *events);
    /* Sets the scores of a match that is resumed from its durable points; next is a serve. */
    void (*resume)(void *state, const uint16_t *scores, uint8_t next_server);
    /* values[field_count], in the scale of the field rows. */
    void (*view)(const void *state, int32_t *values);
    void (*scores)(const void *state, uint16_t *scores);
    /* True once there is a winner. */
    bool (*finished)(const void *state, struct game_result *result);
};

#endif
