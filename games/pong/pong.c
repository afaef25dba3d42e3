/* The rules as one tick after another; numbers are in rules.c. Products go through int64_t, which
 * C and WebAssembly compute alike; division truncates, so a mirrored game stays mirrored. */
#include "games/pong/pong.h"

#include "games/pong/rules.h"
#include "lib/base/check.h"

_Static_assert(sizeof(struct pong) == 48, "the state has no padding and is small");
_Static_assert(sizeof(struct pong) <= 128, "a room keeps its state beside its sockets");
_Static_assert(PONG_SEATS <= GAME_SEATS_MAX, "the room has a seat for each player");

static const struct pong_rules *rules_of(const struct pong *pong)
{
    return &PONG_RULES[pong->ruleset];
}

static int32_t clamp(int32_t value, int32_t min, int32_t max)
{
    if (value < min)
        return min;
    return value > max ? max : value;
}

static int32_t magnitude(int32_t value)
{
    return value < 0 ? -value : value;
}

/* value x numerator / denominator, truncated; the result fits by the callers' bounds. */
static int32_t scale(int32_t value, int32_t numerator, int32_t denominator)
{
    /* The denominator is a constant of the ruleset's row, which the linter cannot see. */
    return (int32_t)((int64_t)value * numerator / denominator); /* NOLINT(*-core.DivideZero) */
}

/* -1 for seat 0, 1 for seat 1: the sign of x on that seat's side. */
static int32_t side_of(uint8_t seat)
{
    return seat == 0 ? -1 : 1;
}

static void event_add(struct game_events *events, enum game_event_kind kind, uint8_t seat)
{
    CHECK(events->count < GAME_EVENTS_MAX);
    events->list[events->count++] = (struct game_event){.kind = (uint8_t)kind, .seat = seat};
}

/* ---- randomness: xorshift32 (Marsaglia 2003), all of it in the state ---- */

static uint32_t random_next(struct pong *pong)
{
    uint32_t x = pong->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    pong->random = x;
    return x;
}

/* In [-max, max]. */
static int32_t random_within(struct pong *pong, int32_t max)
{
    uint64_t span = 2 * (uint64_t)max + 1;

    return (int32_t)(random_next(pong) * span >> 32) - max;
}

/* Any seed, 0 too, becomes a state that xorshift can use (finish of splitmix64). */
static uint32_t random_from_seed(uint64_t seed)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (uint32_t)z ? (uint32_t)z : 1;
}

/* ---- serving ---- */

static void serve_prepare(struct pong *pong, uint8_t server, uint16_t wait_ticks)
{
    pong->ball_x = pong->ball_y = 0;
    pong->ball_vx = pong->ball_vy = 0;
    pong->hits = 0;
    pong->phase = PONG_SERVE;
    pong->server = server;
    pong->serve_ask = 0;
    pong->wait_ticks = wait_ticks;
}

static void serve(struct pong *pong, struct game_events *events)
{
    const struct pong_rules *rules = rules_of(pong);
    int32_t side = side_of(pong->server);

    if (rules->angles) {
        int32_t step = random_within(pong, PONG_SERVE_STEPS);
        const struct pong_angle *angle = &rules->angles[magnitude(step)];

        pong->ball_vx = side * scale(rules->speeds[0], angle->cos, PONG_UNIT);
        pong->ball_vy = (step < 0 ? -1 : 1) * scale(rules->speeds[0], angle->sin, PONG_UNIT);
    } else {
        pong->ball_vx = side * PONG_ARCADE_VX;
        pong->ball_vy = random_within(pong, PONG_ARCADE_SERVE_VY);
    }
    pong->phase = PONG_PLAY;
    event_add(events, GAME_EVENT_SERVE, pong->server);
}

static void serve_wait(struct pong *pong, struct game_events *events)
{
    uint8_t wanted = (uint8_t)(rules_of(pong)->needs_both_to_serve ? 3u : 1u << pong->server);

    if (pong->wait_ticks > 0)
        pong->wait_ticks--;
    if (pong->wait_ticks == 0 || (pong->serve_ask & wanted) == wanted)
        serve(pong, events);
}

/* ---- the ball ---- */

/* A y beyond a wall is mirrored at it, once: no step is as long as the field is wide. True when
 * that happened; the velocity then points away from the wall, whatever it was. */
static bool wall_fold(const struct pong_rules *rules, int32_t *y, int32_t *vy)
{
    if (*y > rules->wall_y) {
        *y = 2 * rules->wall_y - *y;
        *vy = -magnitude(*vy);
        return true;
    }
    if (*y < -rules->wall_y) {
        *y = -2 * rules->wall_y - *y;
        *vy = magnitude(*vy);
        return true;
    }
    return false;
}

/* Velocity after a hit; the ball is `offset` below the paddle's centre. */
static void bounce_by_angle(struct pong *pong, const struct pong_rules *rules, uint8_t seat,
                            int32_t offset)
{
    int32_t step =
        (int32_t)(((int64_t)magnitude(offset) * 2 * PONG_ANGLE_STEPS + rules->paddle_reach) /
                  (2 * (int64_t)rules->paddle_reach));
    const struct pong_angle *angle = &rules->angles[step];
    int32_t speed;

    if (pong->hits < rules->level_max)
        pong->hits++;
    speed = rules->speeds[pong->hits];
    pong->ball_vx = -side_of(seat) * scale(speed, angle->cos, PONG_UNIT);
    pong->ball_vy = (offset < 0 ? -1 : 1) * scale(speed, angle->sin, PONG_UNIT);
}

static void bounce_arcade(struct pong *pong, const struct pong_rules *rules, uint8_t seat,
                          int32_t offset)
{
    int32_t vx = scale(magnitude(pong->ball_vx), 102, 100);
    int32_t vy = scale(PONG_ARCADE_HIT_VY, offset, rules->paddle_reach);

    if (pong->scores[seat] > pong->scores[1 - seat] + PONG_ARCADE_LEAD) {
        vx = scale(vx, 98, 100);
        vy = scale(vy, 98, 100);
    }
    if (vx > PONG_ARCADE_VX_MAX)
        vx = PONG_ARCADE_VX_MAX;
    pong->ball_vx = -side_of(seat) * vx;
    pong->ball_vy = vy;
}

/*
 * The ball reaches the plane of `seat`'s paddle face within this tick. True when the paddle is
 * there: the ball is then on its way back for the rest of the tick. The crossing point is exact,
 * so no speed carries the ball through; it is looked for only from the front, so a ball that has
 * passed can never be hit from behind.
 */
static bool paddle_hit(struct pong *pong, uint8_t seat, struct game_events *events)
{
    const struct pong_rules *rules = rules_of(pong);
    int32_t side = side_of(seat);
    int32_t speed = magnitude(pong->ball_vx);
    int32_t before = rules->face_x - side * pong->ball_x; /* distance to the plane */
    int32_t after = speed - before;                       /* way that is left behind it */
    int32_t y, vy = pong->ball_vy, offset;
    bool is_folded;

    if (before <= 0 || after < 0)
        return false;
    y = pong->ball_y + scale(pong->ball_vy, before, speed);
    is_folded = wall_fold(rules, &y, &vy);
    offset = y - pong->paddle_y[seat];
    if (magnitude(offset) > rules->paddle_reach)
        return false;
    if (is_folded)
        event_add(events, GAME_EVENT_WALL, seat);
    event_add(events, GAME_EVENT_HIT, seat);
    if (rules->angles)
        bounce_by_angle(pong, rules, seat, offset);
    else
        bounce_arcade(pong, rules, seat, offset);
    pong->ball_x = side * rules->face_x + scale(pong->ball_vx, after, speed);
    pong->ball_y = y + scale(pong->ball_vy, after, speed);
    return true;
}

static void goal(struct pong *pong, uint8_t scorer, struct game_events *events)
{
    serve_prepare(pong, (uint8_t)(1 - scorer), rules_of(pong)->wait_ticks);
    pong->scores[scorer]++;
    event_add(events, GAME_EVENT_GOAL, scorer);
    if (pong->scores[scorer] < pong->win_score)
        return;
    pong->phase = PONG_OVER;
    pong->winner = scorer;
    event_add(events, GAME_EVENT_OVER, scorer);
}

static void ball_move(struct pong *pong, struct game_events *events)
{
    const struct pong_rules *rules = rules_of(pong);
    uint8_t seat = pong->ball_vx > 0;

    if (!paddle_hit(pong, seat, events)) {
        pong->ball_x += pong->ball_vx;
        pong->ball_y += pong->ball_vy;
    }
    if (wall_fold(rules, &pong->ball_y, &pong->ball_vy))
        event_add(events, GAME_EVENT_WALL, seat);
    if (magnitude(pong->ball_x) >= rules->goal_x)
        goal(pong, pong->ball_x < 0, events);
}

/* ---- the paddles ---- */

static void paddle_move(struct pong *pong, uint8_t seat)
{
    const struct pong_rules *rules = rules_of(pong);
    int32_t y = pong->paddle_y[seat] + pong->direction[seat] * rules->paddle_step;

    pong->paddle_y[seat] = clamp(y, -rules->paddle_y_max, rules->paddle_y_max);
}

/* As shown: a paddle that is held against a wall does not move. */
static int32_t paddle_velocity(const struct pong *pong, uint8_t seat)
{
    const struct pong_rules *rules = rules_of(pong);

    if (pong->paddle_y[seat] == pong->direction[seat] * rules->paddle_y_max)
        return 0;
    return pong->direction[seat] * rules->paddle_step;
}

/* ---- game_ops ---- */

static void init(void *state, const struct game_config *config, uint64_t seed)
{
    struct pong *pong = state;
    const struct pong_rules *rules;
    uint8_t server = 1;

    CHECK(config->ruleset < PONG_RULESET_COUNT);
    *pong = (struct pong){.ruleset = config->ruleset, .random = random_from_seed(seed)};
    pong->win_score = config->win_score;
    if (pong->win_score == 0)
        pong->win_score = PONG_RULESETS[config->ruleset].win_score;
    rules = rules_of(pong);
    if (rules->first_is_random)
        server = (uint8_t)(random_next(pong) >> 31);
    serve_prepare(pong, server, rules->first_wait_ticks);
}

static void input(void *state, uint8_t seat, const struct game_input *input)
{
    struct pong *pong = state;

    CHECK(seat < PONG_SEATS);
    if (pong->phase == PONG_OVER)
        return;
    if (input->kind == GAME_INPUT_MOVE)
        pong->direction[seat] = (int8_t)((input->direction > 0) - (input->direction < 0));
    else if (input->kind == GAME_INPUT_SERVE && pong->phase == PONG_SERVE)
        pong->serve_ask |= (uint8_t)(1u << seat);
}

static void step(void *state, struct game_events *events)
{
    struct pong *pong = state;

    if (pong->phase == PONG_OVER)
        return;
    paddle_move(pong, 0);
    paddle_move(pong, 1);
    if (pong->phase == PONG_SERVE)
        serve_wait(pong, events);
    else
        ball_move(pong, events);
}

static void resume(void *state, const uint16_t *scores, uint8_t next_server)
{
    struct pong *pong = state;

    CHECK(next_server < PONG_SEATS);
    serve_prepare(pong, next_server, rules_of(pong)->first_wait_ticks);
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        pong->scores[seat] = scores[seat];
        if (scores[seat] >= pong->win_score) {
            pong->phase = PONG_OVER;
            pong->winner = seat;
        }
    }
}

/* To 1/256 units from a corner, to the nearest. */
static int32_t position_shown(int32_t position, int32_t half)
{
    int32_t value = position + half;

    return (value + (value < 0 ? -128 : 128)) / 256;
}

static void view(const void *state, int32_t *values)
{
    const struct pong *pong = state;
    const struct pong_rules *rules = rules_of(pong);

    values[PONG_FIELD_BALL_X] = position_shown(pong->ball_x, rules->half_x);
    values[PONG_FIELD_BALL_Y] = position_shown(pong->ball_y, rules->half_y);
    values[PONG_FIELD_BALL_VX] = pong->ball_vx;
    values[PONG_FIELD_BALL_VY] = pong->ball_vy;
    values[PONG_FIELD_LEFT_Y] = position_shown(pong->paddle_y[0], rules->half_y);
    values[PONG_FIELD_LEFT_V] = paddle_velocity(pong, 0);
    values[PONG_FIELD_RIGHT_Y] = position_shown(pong->paddle_y[1], rules->half_y);
    values[PONG_FIELD_RIGHT_V] = paddle_velocity(pong, 1);
}

static void scores_copy(const void *state, uint16_t *scores)
{
    const struct pong *pong = state;

    scores[0] = pong->scores[0];
    scores[1] = pong->scores[1];
}

static bool finished(const void *state, struct game_result *result)
{
    const struct pong *pong = state;

    if (pong->phase != PONG_OVER)
        return false;
    *result = (struct game_result){.winner_seat = pong->winner};
    scores_copy(state, result->scores);
    return true;
}

static const struct game_field FIELDS[PONG_FIELD_COUNT] = {
    [PONG_FIELD_BALL_X] = {"ball", NULL, "x", 8, false},
    [PONG_FIELD_BALL_Y] = {"ball", NULL, "y", 8, false},
    [PONG_FIELD_BALL_VX] = {"ball", NULL, "vx", 16, true},
    [PONG_FIELD_BALL_VY] = {"ball", NULL, "vy", 16, true},
    [PONG_FIELD_LEFT_Y] = {"paddles", "left", "y", 8, false},
    [PONG_FIELD_LEFT_V] = {"paddles", "left", "v", 16, true},
    [PONG_FIELD_RIGHT_Y] = {"paddles", "right", "y", 8, false},
    [PONG_FIELD_RIGHT_V] = {"paddles", "right", "v", 16, true},
};

const struct game_ops PONG = {
    .name = "pong",
    .rules_version = 1,
    .seats = PONG_SEATS,
    .ticks_per_second = PONG_TICKS_PER_SECOND,
    .state_size = sizeof(struct pong),
    .rulesets = PONG_RULESETS,
    .ruleset_count = PONG_RULESET_COUNT,
    .fields = FIELDS,
    .field_count = PONG_FIELD_COUNT,
    .init = init,
    .input = input,
    .step = step,
    .resume = resume,
    .view = view,
    .scores = scores_copy,
    .finished = finished,
};

/* The same bytes-to-number as hash_fixed, which a freestanding build does not have. */
uint64_t pong_hash(const struct pong *pong)
{
    const unsigned char *bytes = (const unsigned char *)pong;
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < sizeof(*pong); i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

/* ---- prediction from a snapshot ---- */

/* The number of hits whose speed is nearest to that of the velocity. */
static uint16_t level_nearest(const struct pong_rules *rules, int32_t vx, int32_t vy)
{
    int64_t wanted = (int64_t)vx * vx + (int64_t)vy * vy;
    int64_t distance_min = INT64_MAX;
    uint16_t nearest = 0;

    for (uint16_t level = 0; level <= rules->level_max; level++) {
        int64_t distance = (int64_t)rules->speeds[level] * rules->speeds[level] - wanted;

        if (distance < 0)
            distance = -distance;
        if (distance < distance_min) {
            distance_min = distance;
            nearest = level;
        }
    }
    return nearest;
}

void pong_ball_place(struct pong *pong, int32_t x, int32_t y, int32_t vx, int32_t vy)
{
    const struct pong_rules *rules = rules_of(pong);
    int32_t speed_max = 32 * PONG_UNIT; /* well above any ruleset's, well below an overflow */

    if (vx == 0 && vy == 0) {
        serve_prepare(pong, pong->server, rules->wait_ticks);
        return;
    }
    pong->phase = PONG_PLAY;
    pong->ball_x = clamp(x, 0, 2 * rules->half_x / 256) * 256 - rules->half_x;
    pong->ball_y = clamp(y, 0, 2 * rules->half_y / 256) * 256 - rules->half_y;
    pong->ball_vx = clamp(vx, -speed_max, speed_max);
    pong->ball_vy = clamp(vy, -speed_max, speed_max);
    pong->hits = rules->speeds ? level_nearest(rules, pong->ball_vx, pong->ball_vy) : 0;
}

void pong_paddle_place(struct pong *pong, uint8_t seat, int32_t y)
{
    const struct pong_rules *rules = rules_of(pong);
    int32_t top = clamp(y, 0, 2 * rules->half_y / 256);

    CHECK(seat < PONG_SEATS);
    pong->paddle_y[seat] =
        clamp(top * 256 - rules->half_y, -rules->paddle_y_max, rules->paddle_y_max);
}
