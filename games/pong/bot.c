/* A player who can compute; see bot.h. */
#include "games/pong/bot.h"

#include "games/pong/rules.h"
#include "lib/base/check.h"

/* After a point a person takes a breath, and so does the bot. */
#define SERVE_TICKS 60

struct strength {
    uint16_t react_ticks;   /* before it understands a new flight; as much again by chance / 2 */
    uint16_t error_percent; /* of the paddle's reach; above 100, so everybody can score */
    bool returns_to_middle; /* while the ball flies away */
};

static const struct strength STRENGTHS[PONG_BOT_LEVEL_MAX + 1] = {
    [1] = {.react_ticks = 26, .error_percent = 150},
    [2] = {.react_ticks = 16, .error_percent = 118, .returns_to_middle = true},
    [3] = {.react_ticks = 8, .error_percent = 103, .returns_to_middle = true},
};

static int32_t side_of(uint8_t seat)
{
    return seat == 0 ? -1 : 1;
}

static int32_t magnitude(int32_t value)
{
    return value < 0 ? -value : value;
}

/* ---- randomness: xorshift32 (Marsaglia 2003), as in the game's own state ---- */

static uint32_t random_next(struct pong_bot *bot)
{
    uint32_t x = bot->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    bot->random = x;
    return x;
}

static uint32_t random_below(struct pong_bot *bot, uint32_t bound)
{
    return (uint32_t)((uint64_t)random_next(bot) * bound >> 32);
}

/* ---- what it thinks ---- */

/* Where a straight line over the walls lies when it is folded back between them: a triangle wave
 * of period four times the distance of a wall from the middle. */
static int32_t folded(int64_t y, int32_t wall_y)
{
    int64_t period = 4 * (int64_t)wall_y;
    int64_t at = (y + wall_y) % period;

    if (at < 0)
        at += period;
    if (at > period / 2)
        at = period - at;
    return (int32_t)(at - wall_y);
}

/* Where the ball will be when it reaches the bot's face; it flies that way. */
static int32_t crossing(const struct pong *pong, uint8_t seat)
{
    const struct pong_rules *rules = &PONG_RULES[pong->ruleset];
    int64_t distance = rules->face_x - side_of(seat) * pong->ball_x;
    int32_t speed = magnitude(pong->ball_vx);

    if (distance <= 0 || speed == 0)
        return pong->ball_y;
    return folded(pong->ball_y + pong->ball_vy * distance / speed, rules->wall_y);
}

static void aim(struct pong_bot *bot, const struct pong *pong)
{
    const struct strength *strength = &STRENGTHS[bot->level];
    int32_t error_max =
        (int32_t)((int64_t)PONG_RULES[pong->ruleset].paddle_reach * strength->error_percent / 100);
    int32_t error = (int32_t)random_below(bot, 2 * (uint32_t)error_max + 1) - error_max;
    bool is_coming = (pong->ball_vx > 0) == (side_of(bot->seat) > 0);

    bot->is_aimed = true;
    if (is_coming)
        bot->target_y = crossing(pong, bot->seat) + error;
    else if (strength->returns_to_middle)
        bot->target_y = 0;
}

/* A changed vx is a hit or a serve; what walls do was foreseen. */
static void watch_ball(struct pong_bot *bot, const struct pong *pong)
{
    const struct strength *strength = &STRENGTHS[bot->level];

    if (pong->ball_vx != bot->seen_vx) {
        bot->seen_vx = pong->ball_vx;
        bot->is_aimed = false;
        bot->react_ticks =
            (uint16_t)(strength->react_ticks + random_below(bot, strength->react_ticks / 2u + 1));
    }
    if (bot->react_ticks > 0)
        bot->react_ticks--;
    else if (!bot->is_aimed)
        aim(bot, pong);
}

static void wait_for_serve(struct pong_bot *bot)
{
    bot->seen_vx = 0;
    bot->is_aimed = false;
    bot->target_y = 0;
    if (bot->serve_ticks < SERVE_TICKS)
        bot->serve_ticks++;
}

static bool wants_serve(const struct pong_bot *bot, const struct pong *pong)
{
    return pong->phase == PONG_SERVE && bot->serve_ticks >= SERVE_TICKS &&
           !(pong->serve_ask >> bot->seat & 1);
}

/* Nearer than half a step a move would only lead further away. */
static int8_t direction_to(int32_t from, int32_t to, int32_t step)
{
    int64_t distance = (int64_t)to - from;

    return (int8_t)((distance > step / 2) - (distance < -(step / 2)));
}

/* ---- bot.h ---- */

void pong_bot_init(struct pong_bot *bot, uint8_t seat, uint8_t level, uint64_t seed)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u; /* finish of splitmix64 */

    CHECK(seat < PONG_SEATS);
    CHECK(level >= PONG_BOT_LEVEL_MIN && level <= PONG_BOT_LEVEL_MAX);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    *bot = (struct pong_bot){.random = (uint32_t)z ? (uint32_t)z : 1, .seat = seat, .level = level};
}

uint8_t pong_bot_think(struct pong_bot *bot, const void *state,
                       struct game_input inputs[PONG_BOT_INPUTS_MAX])
{
    const struct pong *pong = state;
    uint8_t count = 0;
    int32_t step = PONG_RULES[pong->ruleset].paddle_step;

    if (pong->phase == PONG_OVER)
        return 0;
    if (pong->phase == PONG_SERVE) {
        wait_for_serve(bot);
    } else {
        bot->serve_ticks = 0;
        watch_ball(bot, pong);
    }
    inputs[count++] = (struct game_input){
        .kind = GAME_INPUT_MOVE,
        .direction = direction_to(pong->paddle_y[bot->seat], bot->target_y, step)};
    if (wants_serve(bot, pong))
        inputs[count++] = (struct game_input){.kind = GAME_INPUT_SERVE};
    return count;
}
