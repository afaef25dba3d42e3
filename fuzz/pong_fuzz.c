/*
 * Bytes play Pong: the first three choose ruleset, seed and points to win, every further one is one
 * tick's inputs or a disturbance (a resumed match, a snapshot taken over). Whatever they do, the
 * state keeps its invariants, and the same bytes give the same state again.
 */
#include "games/pong/pong.h"
#include "games/pong/rules.h"
#include "lib/base/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_sound(const struct pong *pong)
{
    const struct pong_rules *rules = &PONG_RULES[pong->ruleset];
    int64_t speed_max = (int64_t)PONG_RULESETS[pong->ruleset].ball_speed_max * PONG_UNIT / 60 + 1;
    int64_t vx = pong->ball_vx, vy = pong->ball_vy;
    struct game_result result;

    CHECK(abs(pong->ball_x) < rules->goal_x);
    CHECK(abs(pong->ball_y) <= rules->wall_y);
    CHECK(vx * vx + vy * vy <= speed_max * speed_max);
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        CHECK(abs(pong->paddle_y[seat]) <= rules->paddle_y_max);
        CHECK(pong->direction[seat] >= -1 && pong->direction[seat] <= 1);
    }
    CHECK(pong->phase <= PONG_OVER);
    CHECK(pong->server < PONG_SEATS);
    CHECK(pong->random != 0);
    if (PONG.finished(pong, &result))
        CHECK(result.scores[result.winner_seat] >= pong->win_score);
    else
        CHECK(pong->scores[0] < pong->win_score && pong->scores[1] < pong->win_score);
}

/* A snapshot as a client takes it over: what the state itself shows. */
static void take_over(struct pong *pong)
{
    int32_t values[PONG_FIELD_COUNT];

    if (pong->phase != PONG_PLAY)
        return;
    PONG.view(pong, values);
    pong_ball_place(pong, values[PONG_FIELD_BALL_X], values[PONG_FIELD_BALL_Y],
                    values[PONG_FIELD_BALL_VX], values[PONG_FIELD_BALL_VY]);
    pong_paddle_place(pong, 0, values[PONG_FIELD_LEFT_Y]);
    pong_paddle_place(pong, 1, values[PONG_FIELD_RIGHT_Y]);
}

/* Two bits of direction per seat, two bits of serve; the top two bits repeat or disturb. */
static void play(struct pong *pong, uint8_t byte)
{
    static const int8_t DIRECTIONS[] = {0, 1, -1, INT8_MIN};
    uint16_t scores[GAME_SEATS_MAX] = {byte & 7, 1};
    unsigned ticks = byte >> 7 ? 40 : 1;

    if (byte >= 0xf0)
        PONG.resume(pong, scores, byte >> 3 & 1);
    if (byte == 0xc0)
        take_over(pong);
    for (uint8_t seat = 0; seat < PONG_SEATS; seat++) {
        struct game_input input = {.kind = GAME_INPUT_MOVE,
                                   .direction = DIRECTIONS[byte >> (2 * seat) & 3]};
        PONG.input(pong, seat, &input);
        input.kind = (byte >> (4 + seat) & 1) ? GAME_INPUT_SERVE : 255;
        PONG.input(pong, seat, &input);
    }
    while (ticks-- > 0) {
        struct game_events events = {.count = 0};
        PONG.step(pong, &events);
        expect_sound(pong);
    }
}

static struct pong game_of(const uint8_t *data, size_t size)
{
    struct game_config config = {.ruleset = data[0] % PONG_RULESET_COUNT,
                                 .win_score = data[2] & 15};
    struct pong pong;

    PONG.init(&pong, &config, data[1]);
    for (size_t at = 3; at < size; at++)
        play(&pong, data[at]);
    return pong;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pong once, again;

    if (size < 3 || size > 4096)
        return 0;
    once = game_of(data, size);
    again = game_of(data, size);
    CHECK(memcmp(&once, &again, sizeof(once)) == 0);
    return 0;
}
