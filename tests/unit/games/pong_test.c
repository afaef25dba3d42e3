/* The rules of Pong, one by one, for every ruleset. */
#include "tests/unit/test.h"

#include <math.h>
#include <stdlib.h>

#include "games/pong/pong.h"
#include "games/pong/rules.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"

/* ---- builders ---- */

static struct game_events events;

static struct pong pong_of(uint8_t ruleset, uint64_t seed)
{
    struct game_config config = {.ruleset = ruleset};
    struct pong pong;

    PONG.init(&pong, &config, seed);
    return pong;
}

static void step(struct pong *pong)
{
    events.count = 0;
    PONG.step(pong, &events);
}

static void move(struct pong *pong, uint8_t seat, int8_t direction)
{
    struct game_input input = {.kind = GAME_INPUT_MOVE, .direction = direction};

    PONG.input(pong, seat, &input);
}

static void ask_to_serve(struct pong *pong, uint8_t seat)
{
    struct game_input input = {.kind = GAME_INPUT_SERVE};

    PONG.input(pong, seat, &input);
}

/* The seat of the first event of this kind in the last tick, or -1. */
static int seat_of(enum game_event_kind kind)
{
    for (uint8_t i = 0; i < events.count; i++) {
        if (events.list[i].kind == kind)
            return events.list[i].seat;
    }
    return -1;
}

/* Ticks until an event of this kind; -1 when there is none within ticks_max. */
static int ticks_until(struct pong *pong, enum game_event_kind kind, int ticks_max)
{
    for (int tick = 1; tick <= ticks_max; tick++) {
        step(pong);
        if (seat_of(kind) >= 0)
            return tick;
    }
    return -1;
}

static int32_t units(double length)
{
    return (int32_t)lround(length * PONG_UNIT);
}

static int32_t units_per_second(double speed)
{
    return (int32_t)lround(speed * PONG_UNIT / 60);
}

/* A rally in progress: ball and velocity from the centre, in units and units per second. */
static void ball_at(struct pong *pong, double x, double y, double vx, double vy)
{
    pong->phase = PONG_PLAY;
    pong->ball_x = units(x);
    pong->ball_y = units(y);
    pong->ball_vx = units_per_second(vx);
    pong->ball_vy = units_per_second(vy);
}

static double speed_of(const struct pong *pong)
{
    return hypot(pong->ball_vx, pong->ball_vy) * 60 / PONG_UNIT;
}

/* Plays one goal for `scorer`: the ball starts beside the end with no paddle near. */
static void score(struct pong *pong, uint8_t scorer)
{
    const struct pong_rules *rules = &PONG_RULES[pong->ruleset];
    int32_t side = scorer == 0 ? 1 : -1;

    pong->phase = PONG_PLAY;
    pong->ball_x = side * (rules->goal_x - 1);
    pong->ball_y = 0;
    pong->ball_vx = side * PONG_UNIT;
    pong->ball_vy = 0;
    step(pong);
    EXPECT_INT(scorer, seat_of(GAME_EVENT_GOAL));
}

/* ---- what clients are told ---- */

TEST(the_rulesets_are_those_of_the_contract)
{
    const struct game_ruleset *classic = &PONG.rulesets[PONG_CLASSIC];
    const struct game_ruleset *arcade = &PONG.rulesets[PONG_ARCADE];
    const struct game_ruleset *arena = &PONG.rulesets[PONG_ARENA];

    EXPECT_STR("classic", str_from_c(classic->name));
    EXPECT(classic->width == 800 && classic->height == 600 && classic->win_score == 7);
    EXPECT(classic->paddle_width == 12 && classic->paddle_height == 100);
    EXPECT(classic->paddle_speed == 540 && classic->ball_size == 12);
    EXPECT(classic->ball_speed == 420 && classic->ball_speed_max == 1100);
    EXPECT_STR("arcade", str_from_c(arcade->name));
    EXPECT(arcade->width == 800 && arcade->height == 600 && arcade->win_score == 10);
    EXPECT(arcade->paddle_width == 12 && arcade->paddle_height == 120);
    EXPECT(arcade->paddle_speed == 720 && arcade->ball_size == 20 && arcade->ball_speed == 420);
    EXPECT_STR("arena", str_from_c(arena->name));
    EXPECT(arena->width == 300 && arena->height == 200 && arena->win_score == 11);
    EXPECT(arena->paddle_height == 42 && arena->paddle_speed == 160 && arena->ball_size == 16);
    EXPECT(arena->ball_speed == 160 && arena->ball_speed_max == 640);
    EXPECT_INT(60, PONG.ticks_per_second);
}

TEST(the_view_has_centres_from_the_corner_and_velocities_that_show_whole_units)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);
    int32_t values[PONG_FIELD_COUNT];
    double paddle_speeds[] = {540, 720, 160};

    PONG.view(&pong, values);
    EXPECT_INT(400 * 256, values[PONG_FIELD_BALL_X]);
    EXPECT_INT(300 * 256, values[PONG_FIELD_BALL_Y]);
    EXPECT_INT(300 * 256, values[PONG_FIELD_LEFT_Y]);
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        pong = pong_of(ruleset, 1);
        move(&pong, 0, 1);
        step(&pong);
        PONG.view(&pong, values);
        double shown = round(values[PONG_FIELD_LEFT_V] * 60.0 / 65536 * 100) / 100;
        EXPECT(shown == paddle_speeds[ruleset]);
        EXPECT_INT(0, values[PONG_FIELD_RIGHT_V]);
    }
    EXPECT_INT(PONG_FIELD_COUNT, PONG.field_count);
    EXPECT_STR("vx", str_from_c(PONG.fields[PONG_FIELD_BALL_VX].key));
    EXPECT_STR("right", str_from_c(PONG.fields[PONG_FIELD_RIGHT_Y].part));
}

TEST(a_paddle_held_against_the_wall_shows_no_speed)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);
    int32_t values[PONG_FIELD_COUNT];

    move(&pong, 1, -1);
    for (int tick = 0; tick < 60; tick++)
        step(&pong);
    PONG.view(&pong, values);
    EXPECT_INT(50 * 256, values[PONG_FIELD_RIGHT_Y]);
    EXPECT_INT(0, values[PONG_FIELD_RIGHT_V]);
}

TEST(equal_seeds_make_equal_bytes_and_the_hash_is_that_of_the_server)
{
    struct pong a = pong_of(PONG_ARENA, 77), b = pong_of(PONG_ARENA, 77);
    struct pong c = pong_of(PONG_ARENA, 78);

    for (int tick = 0; tick < 500; tick++) {
        step(&a);
        step(&b);
        step(&c);
    }
    EXPECT(memcmp(&a, &b, sizeof(a)) == 0);
    EXPECT(memcmp(&a, &c, sizeof(a)) != 0);
    EXPECT(pong_hash(&a) == hash_fixed(&a, sizeof(a), 0));
    EXPECT(pong_hash(&a) != pong_hash(&c));
}

/* ---- serving ---- */

TEST(classic_serves_by_itself_after_one_second)
{
    struct pong pong = pong_of(PONG_CLASSIC, 3);

    EXPECT_INT(60, ticks_until(&pong, GAME_EVENT_SERVE, 1000));
    EXPECT(pong.ball_x == 0 && pong.ball_y == 0);
    EXPECT(fabs(speed_of(&pong) - 420) < 0.05);
    score(&pong, 0);
    EXPECT_INT(60, ticks_until(&pong, GAME_EVENT_SERVE, 1000));
}

TEST(classic_draws_the_first_server_and_then_serves_to_whom_conceded)
{
    bool was_served_to[2] = {false, false};

    for (uint64_t seed = 0; seed < 32; seed++) {
        struct pong pong = pong_of(PONG_CLASSIC, seed);
        ticks_until(&pong, GAME_EVENT_SERVE, 100);
        was_served_to[pong.ball_vx > 0] = true;
        for (uint8_t scorer = 0; scorer < 2; scorer++) {
            score(&pong, scorer);
            EXPECT_INT(1 - scorer, pong.server);
            ticks_until(&pong, GAME_EVENT_SERVE, 100);
            EXPECT_INT(1 - scorer, pong.ball_vx > 0);
            EXPECT_INT(1 - scorer, seat_of(GAME_EVENT_SERVE));
        }
    }
    EXPECT(was_served_to[0] && was_served_to[1]);
}

TEST(only_the_serving_side_may_ask_for_the_ball_earlier)
{
    for (uint8_t ruleset = PONG_CLASSIC; ruleset <= PONG_ARCADE; ruleset++) {
        struct pong pong = pong_of(ruleset, 3);

        step(&pong);
        ask_to_serve(&pong, 1 - pong.server);
        EXPECT_INT(-1, ticks_until(&pong, GAME_EVENT_SERVE, 10));
        ask_to_serve(&pong, pong.server);
        EXPECT_INT(1, ticks_until(&pong, GAME_EVENT_SERVE, 10));
    }
}

TEST(asking_during_a_rally_is_not_kept_for_the_next_serve)
{
    struct pong pong = pong_of(PONG_ARCADE, 3);

    ball_at(&pong, 0, 0, 420, 0);
    ask_to_serve(&pong, 0);
    ask_to_serve(&pong, 1);
    EXPECT_INT(0, pong.serve_ask);
    score(&pong, 0);
    EXPECT_INT(300, ticks_until(&pong, GAME_EVENT_SERVE, 1000));
}

TEST(arcade_serves_first_from_seat_1_then_from_the_loser_or_by_itself_after_5_s)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct pong pong = pong_of(PONG_ARCADE, seed);

        EXPECT_INT(1, pong.server);
        EXPECT_INT(300, ticks_until(&pong, GAME_EVENT_SERVE, 1000));
        EXPECT_INT(7 * PONG_UNIT, pong.ball_vx);
        EXPECT(abs(pong.ball_vy) <= units_per_second(275));
        score(&pong, 1);
        EXPECT_INT(0, pong.server);
        ask_to_serve(&pong, 0);
        EXPECT_INT(1, ticks_until(&pong, GAME_EVENT_SERVE, 10));
        EXPECT_INT(-7 * PONG_UNIT, pong.ball_vx);
    }
}

TEST(arena_serves_when_both_are_ready_or_after_3_s)
{
    struct pong pong = pong_of(PONG_ARENA, 5);

    score(&pong, 1);
    ask_to_serve(&pong, 0);
    EXPECT_INT(-1, ticks_until(&pong, GAME_EVENT_SERVE, 100));
    ask_to_serve(&pong, 1);
    EXPECT_INT(1, ticks_until(&pong, GAME_EVENT_SERVE, 10));
    EXPECT(fabs(speed_of(&pong) - 160) < 0.05);
    score(&pong, 0);
    EXPECT_INT(180, ticks_until(&pong, GAME_EVENT_SERVE, 1000));
}

/* ---- paddles ---- */

TEST(a_paddle_moves_by_its_direction_at_its_speed_and_stops_at_the_wall)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);

    move(&pong, 0, 1);
    step(&pong);
    EXPECT_INT(9 * PONG_UNIT, pong.paddle_y[0]);
    EXPECT_INT(0, pong.paddle_y[1]);
    for (int tick = 0; tick < 100; tick++)
        step(&pong);
    EXPECT_INT(250 * PONG_UNIT, pong.paddle_y[0]);
    move(&pong, 0, -1);
    step(&pong);
    EXPECT_INT(241 * PONG_UNIT, pong.paddle_y[0]);
    move(&pong, 0, 0);
    step(&pong);
    EXPECT_INT(241 * PONG_UNIT, pong.paddle_y[0]);
}

TEST(a_direction_is_a_direction_however_large_the_number)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);

    move(&pong, 0, INT8_MAX);
    move(&pong, 1, INT8_MIN);
    step(&pong);
    EXPECT_INT(9 * PONG_UNIT, pong.paddle_y[0]);
    EXPECT_INT(-9 * PONG_UNIT, pong.paddle_y[1]);
}

/* ---- hits ---- */

TEST(the_tables_are_sines_cosines_and_growing_speeds)
{
    const struct pong_angle *tables[] = {PONG_ANGLES_60, PONG_ANGLES_45};
    double steepest[] = {60, 45};

    for (int table = 0; table < 2; table++) {
        for (int at = 0; at <= PONG_ANGLE_STEPS; at++) {
            double angle = steepest[table] * acos(-1) / 180 * at / PONG_ANGLE_STEPS;
            EXPECT(fabs(tables[table][at].cos - cos(angle) * 65536) <= 1.0001);
            EXPECT(fabs(tables[table][at].sin - sin(angle) * 65536) <= 1.0001);
        }
    }
    for (int hits = 0; hits <= PONG_RULES[PONG_CLASSIC].level_max; hits++) {
        double wanted = fmin(420 * pow(1.05, hits), 1100);
        EXPECT(fabs(PONG_SPEEDS_CLASSIC[hits] * 60.0 / PONG_UNIT - wanted) < 0.001);
    }
    for (int hits = 0; hits <= PONG_RULES[PONG_ARENA].level_max; hits++) {
        double wanted = fmin(160 + 3.2 * hits, 640);
        EXPECT(fabs(PONG_SPEEDS_ARENA[hits] * 60.0 / PONG_UNIT - wanted) < 0.001);
    }
}

/* One hit of the left paddle with the ball `offset` units below its centre. */
static struct pong hit_at(uint8_t ruleset, double offset)
{
    struct pong pong = pong_of(ruleset, 1);

    ball_at(&pong, -PONG_RULES[ruleset].face_x / (double)PONG_UNIT + 1, 0, -420, 0);
    pong.paddle_y[0] = units(-offset);
    step(&pong);
    EXPECT_INT(0, seat_of(GAME_EVENT_HIT));
    return pong;
}

TEST(the_angle_grows_with_the_offset_up_to_the_rulesets_steepest)
{
    uint8_t rulesets[] = {PONG_CLASSIC, PONG_ARENA};
    double steepest[] = {60, 45}, reach[] = {56, 29};

    for (int i = 0; i < 2; i++) {
        double last = -90;
        struct pong middle = hit_at(rulesets[i], 0);

        EXPECT(middle.ball_vy == 0 && middle.ball_vx > 0);
        for (int at = -20; at <= 20; at++) {
            struct pong pong = hit_at(rulesets[i], reach[i] * at / 20);
            double angle = atan2(pong.ball_vy, pong.ball_vx) * 180 / acos(-1);
            EXPECT(fabs(angle - steepest[i] * at / 20) < steepest[i] / 120);
            EXPECT(angle > last);
            last = angle;
        }
    }
}

TEST(each_hit_makes_the_ball_faster_up_to_the_maximum)
{
    uint8_t rulesets[] = {PONG_CLASSIC, PONG_ARENA};

    for (int i = 0; i < 2; i++) {
        struct pong pong = pong_of(rulesets[i], 1);
        for (int hits = 1; hits <= 200; hits++) {
            double wanted =
                i == 0 ? fmin(420 * pow(1.05, hits), 1100) : fmin(160 + 3.2 * hits, 640);

            ball_at(&pong, 0, 0, hits % 2 ? -600 : 600, 0);
            EXPECT(ticks_until(&pong, GAME_EVENT_HIT, 200) > 0);
            EXPECT(fabs(speed_of(&pong) - wanted) < 0.05);
        }
    }
}

TEST(the_speed_starts_again_after_a_goal)
{
    struct pong pong = hit_at(PONG_CLASSIC, 0);

    EXPECT(speed_of(&pong) > 440);
    score(&pong, 0);
    ticks_until(&pong, GAME_EVENT_SERVE, 100);
    EXPECT(fabs(speed_of(&pong) - 420) < 0.05);
    EXPECT_INT(0, pong.hits);
}

TEST(arcade_hits_speed_up_x_by_2_percent_and_set_y_by_the_offset)
{
    struct pong top = hit_at(PONG_ARCADE, -70), middle = hit_at(PONG_ARCADE, 0);
    struct pong half = hit_at(PONG_ARCADE, 35);

    EXPECT(abs(middle.ball_vx - units_per_second(420 * 1.02)) <= 1);
    EXPECT_INT(0, middle.ball_vy);
    EXPECT(abs(top.ball_vy - units(-4.59)) <= 1);
    EXPECT(abs(half.ball_vy - units(4.59 / 2)) <= 1);
}

TEST(arcade_slows_the_hits_of_who_leads_by_more_than_three)
{
    for (uint16_t lead = 0; lead <= 6; lead++) {
        for (uint8_t hitter = 0; hitter < 2; hitter++) {
            struct pong pong = pong_of(PONG_ARCADE, 1);
            double side = hitter == 0 ? -1 : 1;
            double factor = hitter == 0 && lead > 3 ? 1.02 * 0.98 : 1.02;

            pong.scores[0] = (uint16_t)(lead + 1);
            pong.scores[1] = 1;
            ball_at(&pong, side * 370, 0, side * 420, 0);
            pong.paddle_y[hitter] = units(-35);
            EXPECT(ticks_until(&pong, GAME_EVENT_HIT, 10) > 0);
            EXPECT(fabs(fabs(pong.ball_vx * 60.0 / PONG_UNIT) - 420 * factor) < 0.01);
            EXPECT(fabs(pong.ball_vy - units(4.59 / 2) * factor / 1.02) < 3);
        }
    }
}

/*
 * For each ruleset at its greatest speed, each distance of the ball from the paddle within a tick
 * and each y: a paddle within reach of the crossing point always hits, one out of reach never.
 */
TEST(no_ball_goes_through_a_paddle_at_the_greatest_speed)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        const struct pong_rules *rules = &PONG_RULES[ruleset];
        double speed = PONG_RULESETS[ruleset].ball_speed_max;
        int32_t vx = units_per_second(speed);

        for (int32_t before = 1; before <= vx; before += vx / 23) {
            for (int32_t y = -rules->wall_y; y <= rules->wall_y; y += PONG_UNIT / 2) {
                struct pong pong = pong_of(ruleset, 1);
                int32_t at = y < -rules->paddle_y_max ? -rules->paddle_y_max : y;

                at = at > rules->paddle_y_max ? rules->paddle_y_max : at;
                ball_at(&pong, 0, 0, speed, 0);
                pong.ball_x = rules->face_x - before;
                pong.ball_y = y;
                pong.paddle_y[1] = at;
                step(&pong);
                EXPECT_INT(1, seat_of(GAME_EVENT_HIT));
                EXPECT(pong.ball_vx < 0 && pong.ball_x <= rules->face_x);
            }
        }
    }
}

TEST(a_ball_just_out_of_reach_is_missed)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        const struct pong_rules *rules = &PONG_RULES[ruleset];

        for (int32_t beyond = 0; beyond <= 1; beyond++) {
            struct pong pong = pong_of(ruleset, 1);

            ball_at(&pong, 0, 0, 300, 0);
            pong.ball_x = rules->face_x - PONG_UNIT;
            pong.paddle_y[1] = -rules->paddle_reach - beyond;
            step(&pong);
            EXPECT_INT(beyond ? -1 : 1, seat_of(GAME_EVENT_HIT));
        }
    }
}

TEST(a_ball_that_has_passed_the_face_is_not_hit_from_behind)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        struct pong pong = pong_of(ruleset, 1);

        ball_at(&pong, 0, 0, 60, 0);
        pong.ball_x = PONG_RULES[ruleset].face_x;
        for (int tick = 0; tick < 100 && pong.phase == PONG_PLAY; tick++) {
            step(&pong);
            EXPECT_INT(-1, seat_of(GAME_EVENT_HIT));
        }
        EXPECT_INT(1, pong.scores[0]);
    }
}

TEST(the_crossing_point_counts_not_where_the_tick_ends)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);

    /* Crosses the face at y = 10, half of the tick further it would be at 19. */
    ball_at(&pong, 0, 0, 1080, 1080);
    pong.ball_x = PONG_RULES[PONG_CLASSIC].face_x - units(9);
    pong.ball_y = units(1);
    pong.paddle_y[1] = units(10 - 56);
    step(&pong);
    EXPECT_INT(1, seat_of(GAME_EVENT_HIT));
}

TEST(the_rest_of_the_tick_is_flown_back_at_the_new_speed)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);

    /* 4 of 10 units are left behind the plane; the hit makes them 4 x 1.05 x 420 / 600. */
    ball_at(&pong, 0, 0, 600, 0);
    pong.ball_x = PONG_RULES[PONG_CLASSIC].face_x - units(6);
    step(&pong);
    EXPECT(abs(pong.ball_x - (PONG_RULES[PONG_CLASSIC].face_x - units(4 * 0.735))) <= 4);
    EXPECT(fabs(speed_of(&pong) - 441) < 0.05);

    pong = pong_of(PONG_CLASSIC, 1);
    ball_at(&pong, 0, 0, 600, 0);
    pong.ball_x = PONG_RULES[PONG_CLASSIC].face_x - units(6);
    pong.paddle_y[1] = units(-28);
    step(&pong);
    EXPECT(pong.ball_vy > 0);
    EXPECT(abs(pong.ball_y - pong.ball_vy * 4 / 10) <= 4);
}

TEST(in_a_corner_the_wall_comes_before_the_paddle)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);

    /* The wall is at 294: the ball turns there and meets the plane at 290, not at 298. */
    ball_at(&pong, 0, 0, 1080, 1080);
    pong.ball_x = PONG_RULES[PONG_CLASSIC].face_x - units(18);
    pong.ball_y = units(280);
    pong.paddle_y[1] = units(290 - 56);
    step(&pong);
    EXPECT(events.count >= 2 && events.list[0].kind == GAME_EVENT_WALL);
    EXPECT_INT(1, seat_of(GAME_EVENT_HIT));
    EXPECT_INT(units(290), pong.ball_y);
}

/* ---- walls and goals ---- */

TEST(a_wall_mirrors_the_way_and_is_left_at_once)
{
    struct pong pong = pong_of(PONG_ARENA, 1);

    ball_at(&pong, 0, 91, 60, 120); /* 2 units a tick; the wall is at 92 */
    step(&pong);
    EXPECT_INT(units(91), pong.ball_y);
    EXPECT_INT(-units(2), pong.ball_vy);
    EXPECT(seat_of(GAME_EVENT_WALL) >= 0);
    step(&pong);
    EXPECT_INT(units(89), pong.ball_y);
    EXPECT_INT(-1, seat_of(GAME_EVENT_WALL));
    EXPECT_INT(units(1), pong.ball_vx);
}

TEST(a_goal_counts_when_the_balls_edge_has_passed_the_fields)
{
    struct pong classic = pong_of(PONG_CLASSIC, 1), arena = pong_of(PONG_ARENA, 1);

    ball_at(&classic, -393, 200, -30, 0);
    step(&classic);
    EXPECT_INT(0, classic.scores[1]);
    step(&classic); /* the ball's left edge is at the end of the field */
    EXPECT_INT(1, classic.scores[1]);
    ball_at(&arena, -157, 80, -30, 0);
    step(&arena);
    EXPECT_INT(0, arena.scores[1]);
    step(&arena); /* all of the ball is beyond */
    EXPECT_INT(1, arena.scores[1]);
}

TEST(a_goal_is_counted_once)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        struct pong pong = pong_of(ruleset, 1);

        score(&pong, 1);
        for (int tick = 0; tick < 50; tick++) {
            step(&pong);
            EXPECT_INT(-1, seat_of(GAME_EVENT_GOAL));
        }
        EXPECT(pong.scores[0] == 0 && pong.scores[1] == 1);
        EXPECT(pong.ball_x == 0 && pong.ball_y == 0 && pong.phase == PONG_SERVE);
    }
}

TEST(the_match_is_won_at_the_score_and_then_stands_still)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        struct pong pong = pong_of(ruleset, 1), over;
        struct game_result result;
        uint16_t win = PONG_RULESETS[ruleset].win_score;

        for (uint16_t point = 1; point < win; point++) {
            score(&pong, 1);
            EXPECT_FALSE(PONG.finished(&pong, &result));
        }
        score(&pong, 0);
        score(&pong, 1);
        EXPECT_INT(1, seat_of(GAME_EVENT_OVER));
        EXPECT(PONG.finished(&pong, &result));
        EXPECT(result.winner_seat == 1 && result.scores[1] == win && result.scores[0] == 1);
        over = pong;
        move(&pong, 0, 1);
        ask_to_serve(&pong, 0);
        for (int tick = 0; tick < 400; tick++) {
            step(&pong);
            EXPECT_INT(0, events.count);
        }
        EXPECT(memcmp(&pong, &over, sizeof(pong)) == 0);
    }
}

TEST(the_score_to_win_can_be_configured)
{
    struct game_config config = {.ruleset = PONG_CLASSIC, .win_score = 1};
    struct pong pong;

    PONG.init(&pong, &config, 1);
    score(&pong, 0);
    EXPECT_INT(0, seat_of(GAME_EVENT_OVER));
}

/* ---- taking up a match, and predicting one ---- */

TEST(a_resumed_match_has_its_points_and_waits_for_a_serve)
{
    struct pong pong = hit_at(PONG_CLASSIC, 20);
    struct game_result result;
    uint16_t scores[GAME_SEATS_MAX] = {3, 5};

    PONG.resume(&pong, scores, 0);
    EXPECT(pong.scores[0] == 3 && pong.scores[1] == 5);
    EXPECT(pong.phase == PONG_SERVE && pong.server == 0 && pong.ball_x == 0);
    EXPECT_FALSE(PONG.finished(&pong, &result));
    EXPECT_INT(60, ticks_until(&pong, GAME_EVENT_SERVE, 100));
    EXPECT(pong.ball_vx < 0);
}

TEST(a_match_resumed_at_its_last_point_is_over)
{
    struct pong pong = pong_of(PONG_CLASSIC, 1);
    struct game_result result;
    uint16_t scores[GAME_SEATS_MAX] = {2, 7};

    PONG.resume(&pong, scores, 0);
    EXPECT(PONG.finished(&pong, &result));
    EXPECT(result.winner_seat == 1 && result.scores[0] == 2);
}

/* A snapshot rounded as JSON rounds it may land a hit on the next of 64 angles, not elsewhere. */
TEST(a_client_that_takes_over_a_snapshot_sees_the_next_hit_as_the_server_does)
{
    for (uint8_t ruleset = 0; ruleset < PONG_RULESET_COUNT; ruleset++) {
        struct pong server = pong_of(ruleset, 9), client = pong_of(ruleset, 1);
        int32_t seen[PONG_FIELD_COUNT];

        for (int tick = 0; tick < 20000; tick++) {
            for (uint8_t seat = 0; seat < 2; seat++)
                move(&server, seat, (server.ball_y > server.paddle_y[seat]) * 2 - 1);
            PONG.view(&server, seen);
            for (int field = PONG_FIELD_BALL_VX; field <= PONG_FIELD_BALL_VY; field++) {
                double shown = round(seen[field] * 60.0 / 65536 * 100) / 100;
                seen[field] = (int32_t)lround(shown * 65536 / 60);
            }
            client.scores[0] = server.scores[0];
            client.scores[1] = server.scores[1];
            memcpy(client.direction, server.direction, sizeof(client.direction));
            pong_ball_place(&client, seen[0], seen[1], seen[2], seen[3]);
            pong_paddle_place(&client, 0, seen[PONG_FIELD_LEFT_Y]);
            pong_paddle_place(&client, 1, seen[PONG_FIELD_RIGHT_Y]);
            EXPECT_INT(server.hits, client.hits);
            step(&client);
            step(&server);
            if (seat_of(GAME_EVENT_SERVE) >= 0 || seat_of(GAME_EVENT_GOAL) >= 0)
                continue;
            EXPECT(abs(client.ball_x - server.ball_x) < PONG_UNIT / 2);
            EXPECT(abs(client.ball_y - server.ball_y) < PONG_UNIT / 2);
        }
    }
}
