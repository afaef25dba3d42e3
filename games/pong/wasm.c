/*
 * Pong for the browser: pong.c with a handful of exports, compiled freestanding to WebAssembly. One
 * module instance plays one match; it imports nothing and its memory never grows. No rule lives
 * here. Positions are 1/256 world units from the top left corner (y down), velocities 1/65536 units
 * per tick (60 ticks a second): from JSON, round(units * 256) and round(units_per_s * 65536 / 60).
 * `seat` is 0 for left, 1 for right; all numbers are i32.
 *
 *   pong_init(ruleset, win_score, seed_lo, seed_hi)   ruleset 0 classic, 1 arcade, 2 arena;
 *                                   win_score 0 takes the ruleset's own. Starts a match. 1, or 0
 *                                   (and nothing changes) when there is no such ruleset.
 *   pong_input(seat, direction)     -1 up, 0, 1 down; holds until changed
 *   pong_serve(seat)                the seat asks for the ball
 *   pong_step() -> bits             one tick: 1 served, 2 left hit, 4 right hit, 8 wall,
 *                                   16 left scored, 32 right scored, 64 the match is won
 *   pong_ball_x() _y() _vx() _vy()  the ball's centre and velocity
 *   pong_paddle_y(seat), pong_paddle_v(seat)   a paddle's centre and velocity
 *   pong_score(seat)                points
 *   pong_phase()                    0 the ball waits for its serve, 1 in play, 2 over
 *   pong_server()                   seat the next serve goes to, which may ask for it
 *   pong_width() _height()          of the field, in whole units
 *
 * To take over a snapshot, in any order:
 *   pong_ball_set(x, y, vx, vy)     both velocities 0: the ball waits in the centre
 *   pong_paddle_set(seat, y)        the held direction is set by pong_input
 *   pong_scores_set(left, right)    the arcade rules slow a leader's hits down
 *   pong_server_set(seat)
 *
 *   pong_hash_lo() _hi()            64-bit hash of the whole state, equal to the server's
 */
#include "games/pong/pong.h"

#include "lib/base/check.h"

#define EXPORT(name) __attribute__((export_name(#name), used))

enum step_bit {
    STEP_SERVE = 1,
    STEP_HIT_LEFT = 2,
    STEP_HIT_RIGHT = 4,
    STEP_WALL = 8,
    STEP_GOAL_LEFT = 16,
    STEP_GOAL_RIGHT = 32,
    STEP_OVER = 64,
};

static struct pong pong;

/* What the compiler may call for struct copies; there is no libc here. */
void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

void *memset(void *to, int value, size_t size)
{
    volatile unsigned char *at = to;

    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    volatile unsigned char *at = to;
    const unsigned char *source = from;

    for (size_t i = 0; i < size; i++)
        at[i] = source[i];
    return to;
}

void check_failed(const char *text, const char *file, int line)
{
    (void)text;
    (void)file;
    (void)line;
    __builtin_trap();
}

static int32_t field_value(enum pong_field field)
{
    int32_t values[PONG_FIELD_COUNT];

    PONG.view(&pong, values);
    return values[field];
}

static bool is_seat(int32_t seat)
{
    return seat == 0 || seat == 1;
}

EXPORT(pong_init)
int32_t wasm_init(int32_t ruleset, int32_t win_score, uint32_t seed_lo, uint32_t seed_hi)
{
    struct game_config config = {.ruleset = (uint8_t)ruleset, .win_score = (uint16_t)win_score};

    if (ruleset < 0 || ruleset >= PONG_RULESET_COUNT)
        return 0;
    PONG.init(&pong, &config, (uint64_t)seed_hi << 32 | seed_lo);
    return 1;
}

EXPORT(pong_input)
void wasm_input(int32_t seat, int32_t direction)
{
    struct game_input input = {.kind = GAME_INPUT_MOVE};

    input.direction = (int8_t)((direction > 0) - (direction < 0));
    if (is_seat(seat))
        PONG.input(&pong, (uint8_t)seat, &input);
}

EXPORT(pong_serve)
void wasm_serve(int32_t seat)
{
    struct game_input input = {.kind = GAME_INPUT_SERVE};

    if (is_seat(seat))
        PONG.input(&pong, (uint8_t)seat, &input);
}

static int32_t event_bit(const struct game_event *event)
{
    switch ((enum game_event_kind)event->kind) {
    case GAME_EVENT_SERVE:
        return STEP_SERVE;
    case GAME_EVENT_HIT:
        return event->seat == 0 ? STEP_HIT_LEFT : STEP_HIT_RIGHT;
    case GAME_EVENT_WALL:
        return STEP_WALL;
    case GAME_EVENT_GOAL:
        return event->seat == 0 ? STEP_GOAL_LEFT : STEP_GOAL_RIGHT;
    case GAME_EVENT_OVER:
        return STEP_OVER;
    }
    return 0;
}

EXPORT(pong_step)
int32_t wasm_step(void)
{
    struct game_events events;
    int32_t bits = 0;

    events.count = 0;
    PONG.step(&pong, &events);
    for (uint8_t i = 0; i < events.count; i++)
        bits |= event_bit(&events.list[i]);
    return bits;
}

EXPORT(pong_ball_x)
int32_t wasm_ball_x(void)
{
    return field_value(PONG_FIELD_BALL_X);
}

EXPORT(pong_ball_y)
int32_t wasm_ball_y(void)
{
    return field_value(PONG_FIELD_BALL_Y);
}

EXPORT(pong_ball_vx)
int32_t wasm_ball_vx(void)
{
    return field_value(PONG_FIELD_BALL_VX);
}

EXPORT(pong_ball_vy)
int32_t wasm_ball_vy(void)
{
    return field_value(PONG_FIELD_BALL_VY);
}

EXPORT(pong_paddle_y)
int32_t wasm_paddle_y(int32_t seat)
{
    return field_value(seat == 0 ? PONG_FIELD_LEFT_Y : PONG_FIELD_RIGHT_Y);
}

EXPORT(pong_paddle_v)
int32_t wasm_paddle_v(int32_t seat)
{
    return field_value(seat == 0 ? PONG_FIELD_LEFT_V : PONG_FIELD_RIGHT_V);
}

EXPORT(pong_score)
int32_t wasm_score(int32_t seat)
{
    return is_seat(seat) ? pong.scores[seat] : 0;
}

EXPORT(pong_phase)
int32_t wasm_phase(void)
{
    return pong.phase;
}

EXPORT(pong_server)
int32_t wasm_server(void)
{
    return pong.server;
}

EXPORT(pong_width)
int32_t wasm_width(void)
{
    return PONG.rulesets[pong.ruleset].width;
}

EXPORT(pong_height)
int32_t wasm_height(void)
{
    return PONG.rulesets[pong.ruleset].height;
}

EXPORT(pong_ball_set)
void wasm_ball_set(int32_t x, int32_t y, int32_t vx, int32_t vy)
{
    pong_ball_place(&pong, x, y, vx, vy);
}

EXPORT(pong_paddle_set)
void wasm_paddle_set(int32_t seat, int32_t y)
{
    if (is_seat(seat))
        pong_paddle_place(&pong, (uint8_t)seat, y);
}

EXPORT(pong_scores_set)
void wasm_scores_set(int32_t left, int32_t right)
{
    pong.scores[0] = (uint16_t)left;
    pong.scores[1] = (uint16_t)right;
}

EXPORT(pong_server_set)
void wasm_server_set(int32_t seat)
{
    if (is_seat(seat))
        pong.server = (uint8_t)seat;
}

EXPORT(pong_hash_lo)
uint32_t wasm_hash_lo(void)
{
    return (uint32_t)pong_hash(&pong);
}

EXPORT(pong_hash_hi)
uint32_t wasm_hash_hi(void)
{
    return (uint32_t)(pong_hash(&pong) >> 32);
}
