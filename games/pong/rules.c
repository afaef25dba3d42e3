/* The table of rulesets. One row gives both what clients are told and what the simulation uses. */
#include "games/pong/rules.h"

/* name, field width and height, paddle width, height and units/s, ball size, units/s and their
 * maximum, points to win, and when a goal counts: when the ball TOUCHES the end of the field, or
 * when all of it is BEYOND the end. */
#define CLASSIC(AS) AS("classic", 800, 600, 12, 100, 540, 12, 420, 1100, 7, TOUCHES)
#define ARCADE(AS) AS("arcade", 800, 600, 12, 120, 720, 20, 420, 1100, 10, TOUCHES)
#define ARENA(AS) AS("arena", 300, 200, 20, 42, 160, 16, 160, 640, 11, BEYOND)

#define HALF(length) ((length)*PONG_UNIT / 2)
#define TOUCHES(ball) (-HALF(ball))
#define BEYOND(ball) HALF(ball)

#define RULESET(text, field_w, field_h, paddle_w, paddle_h, paddle_v, ball, ball_v, ball_v_max,    \
                win, goal)                                                                         \
    {                                                                                              \
        .name = text, .width = field_w, .height = field_h, .paddle_width = paddle_w,               \
        .paddle_height = paddle_h, .paddle_speed = paddle_v, .ball_size = ball,                    \
        .ball_speed = ball_v, .ball_speed_max = ball_v_max, .win_score = win,                      \
    }

#define GEOMETRY(text, field_w, field_h, paddle_w, paddle_h, paddle_v, ball, ball_v, ball_v_max,   \
                 win, goal)                                                                        \
    .half_x = HALF(field_w), .half_y = HALF(field_h),                                              \
    .face_x = HALF(field_w) - (paddle_w)*PONG_UNIT - HALF(ball),                                   \
    .goal_x = HALF(field_w) + goal(ball), .wall_y = HALF((field_h) - (ball)),                      \
    .paddle_y_max = HALF((field_h) - (paddle_h)), .paddle_reach = HALF((paddle_h) + (ball)),       \
    .paddle_step = (paddle_v)*PONG_UNIT / PONG_TICKS_PER_SECOND

#define LEVEL_MAX(table) (sizeof(table) / sizeof((table)[0]) - 1)

const struct game_ruleset PONG_RULESETS[PONG_RULESET_COUNT] = {
    [PONG_CLASSIC] = CLASSIC(RULESET),
    [PONG_ARCADE] = ARCADE(RULESET),
    [PONG_ARENA] = ARENA(RULESET),
};

const struct pong_rules PONG_RULES[PONG_RULESET_COUNT] = {
    [PONG_CLASSIC] = {CLASSIC(GEOMETRY), .speeds = PONG_SPEEDS_CLASSIC, .angles = PONG_ANGLES_60,
                      .level_max = LEVEL_MAX(PONG_SPEEDS_CLASSIC), .first_wait_ticks = 60,
                      .wait_ticks = 60, .first_is_random = true},
    /* The loser serves when he likes, at the latest after 5 s. */
    [PONG_ARCADE] = {ARCADE(GEOMETRY), .first_wait_ticks = 300, .wait_ticks = 300},
    /* After a goal both must be ready again, at the latest after 3 s; the match's own start was
     * already agreed by both, so the first ball comes after the usual second. */
    [PONG_ARENA] = {ARENA(GEOMETRY), .speeds = PONG_SPEEDS_ARENA, .angles = PONG_ANGLES_45,
                    .level_max = LEVEL_MAX(PONG_SPEEDS_ARENA), .first_wait_ticks = 60,
                    .wait_ticks = 180, .needs_both_to_serve = true, .first_is_random = true},
};
