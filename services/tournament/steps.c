/* See steps.h. */
#include "services/tournament/steps.h"

#include "games/registry.h"
#include "lib/base/clock.h"
#include "lib/bus/bus.h"
#include "services/notify.h"

#define TOURNAMENT_GAME "pong"
#define TOURNAMENT_RULESET "arena"
#define TOURNAMENT_MODE "tournament"
#define SEEDING_MODE "quick"
#define HINT_SIZE 128

/* Points to win by configuration; 0 leaves it to the ruleset. */
static uint32_t win_score(const struct settings *settings)
{
    const struct game_ops *game = registry_find(STR(TOURNAMENT_GAME));
    uint8_t index;

    CHECK(game);
    if (registry_ruleset_find(game, STR(TOURNAMENT_RULESET), &index))
        return 0;
    CHECK(index < ARRAY_COUNT(settings->ruleset_win));
    return settings->ruleset_win[index];
}

struct tournaments_step_args tournament_step_args(const struct context *context,
                                                  uint64_t tournament_id, uint64_t user_id,
                                                  uint64_t now_ms)
{
    return (struct tournaments_step_args){
        .tournament_id = tournament_id,
        .user_id = user_id,
        .recipe = {.mode = STR(TOURNAMENT_MODE),
                   .game = STR(TOURNAMENT_GAME),
                   .ruleset = STR(TOURNAMENT_RULESET),
                   .win_score = win_score(context->settings)},
        .rating_mode = STR(SEEDING_MODE),
        .no_show_ms = (uint32_t)context->settings->no_show_timeout_ms,
        .now_ms = now_ms,
    };
}

/* -- the word -------------------------------------------------------------------------------- */

bool tournament_board_is_quiet(const struct tournament_board *board)
{
    return board->effect_count == 0 && board->made_count == 0 && board->unqueued_count == 0;
}

static void put_made(struct json_writer *w, const struct tournament_board *board, uint64_t match_id)
{
    const struct bracket *bracket = &board->bracket;

    for (uint16_t at = 0; at < bracket->node_count; at++) {
        const struct bracket_node *node = &bracket->nodes[at];
        if (board->match_ids[at] != match_id)
            continue;
        json_array_begin(w);
        json_put_u64(w, match_id);
        json_put_u64(w, bracket->entrants[node->players[0]].id);
        json_put_u64(w, bracket->entrants[node->players[1]].id);
        json_array_end(w);
        return;
    }
}

static void put_stop(struct json_writer *w, uint64_t match_id, uint64_t user_id)
{
    json_array_begin(w);
    json_put_u64(w, match_id);
    json_put_u64(w, user_id);
    json_array_end(w);
}

static void put_stops(struct json_writer *w, const struct tournament_board *board)
{
    const struct bracket *bracket = &board->bracket;

    for (size_t i = 0; i < board->effect_count; i++) {
        const struct bracket_effect *effect = &board->effects[i];
        const struct bracket_node *node = &bracket->nodes[effect->node];
        if (effect->kind == BRACKET_EFFECT_STOP && board->match_ids[effect->node] != 0)
            put_stop(w, board->match_ids[effect->node],
                     bracket->entrants[node->players[effect->side]].id);
    }
}

void tournament_stepped_put(struct buf *out, const struct tournament_board *board)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_u64(&w, "tournament_id", board->tournament_id);
    json_key(&w, "made");
    json_array_begin(&w);
    for (size_t i = 0; i < board->made_count; i++)
        put_made(&w, board, board->made_ids[i]);
    json_array_end(&w);
    json_key(&w, "unqueued");
    json_array_begin(&w);
    for (size_t i = 0; i < board->unqueued_count; i++)
        json_put_u64(&w, board->unqueued_ids[i]);
    json_array_end(&w);
    json_key(&w, "stops");
    json_array_begin(&w);
    put_stops(&w, board);
    json_array_end(&w);
    json_object_end(&w);
}

void tournament_cancelled_put(struct buf *out, uint64_t tournament_id,
                              const struct tournaments_cancelled *cancelled)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_u64(&w, "tournament_id", tournament_id);
    json_key(&w, "stops");
    json_array_begin(&w);
    for (size_t i = 0; i < cancelled->match_count; i++)
        put_stop(&w, cancelled->match_ids[i], 0);
    json_array_end(&w);
    json_object_end(&w);
}

/* -- spreading it ---------------------------------------------------------------------------- */

struct stepped {
    uint64_t tournament_id;
    struct str made, unqueued, stops;
};

/* The numbers of a small array; false when it holds others than `count` ids. */
static bool ids_of(struct str array, int64_t *ids, size_t count)
{
    struct str element;
    size_t at = 0, found = 0;

    while (json_array_next(array, &at, &element)) {
        if (found == count || json_value_i64(element, 0, INT64_MAX, &ids[found]))
            return false;
        found++;
    }
    return found == count;
}

static void publish(struct context *context, const char *subject, const char *const *keys,
                    const int64_t *values, size_t count)
{
    char memory[HINT_SIZE];
    struct buf payload;
    struct json_writer w = json_writer_of(&payload);

    buf_init_fixed(&payload, memory, sizeof(memory));
    json_object_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_key(&w, keys[i]);
        json_put_i64(&w, values[i]);
    }
    json_object_end(&w);
    CHECK(buf_ok(&payload));
    bus_publish(context->bus, subject, buf_str(&payload));
}

/* One hint for each element that is an array of `count` ids. */
static void publish_each(struct context *context, const char *subject, struct str array,
                         const char *const *keys, size_t count)
{
    struct str element;
    size_t at = 0;
    int64_t ids[3];

    CHECK(count <= ARRAY_COUNT(ids));
    while (array.len > 0 && json_array_next(array, &at, &element)) {
        if (ids_of(element, ids, count))
            publish(context, subject, keys, ids, count);
    }
}

static void publish_unqueued(struct context *context, struct str array)
{
    static const char *const KEYS[] = {"user_id"};
    struct str element;
    size_t at = 0;
    int64_t user_id;

    while (array.len > 0 && json_array_next(array, &at, &element)) {
        if (json_value_i64(element, 1, INT64_MAX, &user_id) == OK)
            publish(context, "queue.changed", KEYS, &user_id, 1);
    }
}

static void notify_called(struct context *context, uint64_t tournament_id, int64_t match_id,
                          int64_t user_id, const char *side)
{
    char memory[HINT_SIZE + 64];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    buf_init_fixed(&data, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64_text(&w, "tournament_id", tournament_id);
    json_u64_text(&w, "match_id", (uint64_t)match_id);
    json_c(&w, "side", side);
    json_time(&w, "expires_at", clock_wall_ms() + context->settings->no_show_timeout_ms);
    json_object_end(&w);
    CHECK(buf_ok(&data));
    notify_user(context, (uint64_t)user_id, "tournament_called", buf_str(&data));
}

/* Both players of every match that was made are told on their own sockets. */
static void call_players(struct context *context, const struct stepped *stepped)
{
    struct str element;
    size_t at = 0;
    int64_t ids[3];

    while (stepped->made.len > 0 && json_array_next(stepped->made, &at, &element)) {
        if (!ids_of(element, ids, ARRAY_COUNT(ids)))
            continue;
        notify_called(context, stepped->tournament_id, ids[0], ids[1], "left");
        notify_called(context, stepped->tournament_id, ids[0], ids[2], "right");
    }
}

static void spread(struct context *context, const struct stepped *stepped)
{
    static const char *const MADE[] = {"match_id", "left", "right"};
    static const char *const STOP[] = {"match_id", "user_id"};
    static const char *const CHANGED[] = {"tournament_id"};
    int64_t tournament_id = (int64_t)stepped->tournament_id;

    publish_unqueued(context, stepped->unqueued);
    publish_each(context, "match.created", stepped->made, MADE, ARRAY_COUNT(MADE));
    call_players(context, stepped);
    publish_each(context, "match.stop", stepped->stops, STOP, ARRAY_COUNT(STOP));
    publish(context, TOURNAMENT_SUBJECT_CHANGED, CHANGED, &tournament_id, 1);
}

static void on_stepped(void *ctx, struct str subject, struct str payload)
{
    static const struct json_field FIELDS[] = {
        {.name = "tournament_id",
         .type = JSON_ID,
         .is_required = true,
         .offset = offsetof(struct stepped, tournament_id),
         .present_offset = SIZE_MAX,
         .max = INT64_MAX},
        {.name = "made",
         .type = JSON_ARRAY,
         .offset = offsetof(struct stepped, made),
         .present_offset = SIZE_MAX},
        {.name = "unqueued",
         .type = JSON_ARRAY,
         .offset = offsetof(struct stepped, unqueued),
         .present_offset = SIZE_MAX},
        {.name = "stops",
         .type = JSON_ARRAY,
         .offset = offsetof(struct stepped, stops),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = true};
    struct stepped stepped = {0};
    struct json_errors errors = {0};
    struct arena arena;

    (void)subject;
    arena_init(&arena, 4096);
    if (json_decode(payload, &SCHEMA, &arena, &stepped, &errors) == OK)
        spread(ctx, &stepped);
    arena_release(&arena);
}

enum err tournament_steps_start(struct context *context)
{
    return bus_subscribe(context->bus, TOURNAMENT_SUBJECT_STEPPED, on_stepped, context);
}
