/*
 * POST /v1/practice: a game against the server's bot (protocol section 11). The match is made here
 * like any other and the room opens by itself; what the bot does there is bot.c's. Practice is for
 * people who are free: who waits in a queue leaves it first, so that no place is ever lost
 * silently.
 */
#include "lib/crypt/random.h"
#include "lib/store/bots.h"
#include "services/session/handlers.h"
#include "services/session/room.h"

#include "games/registry.h"

#define PRACTICE_GAME "pong"
#define PRACTICE_MODE "practice"
#define PRACTICE_RULESET "classic"
#define PRACTICE_LEVEL 2

static const char *const LEVELS[BOT_LEVEL_MAX + 1] = {NULL, "easy", "normal", "hard"};

struct practice_body {
    struct str level; /* raw: a number or a word */
    struct str ruleset;
    bool has_level, has_ruleset;
};

static const struct json_field FIELDS[] = {
    {.name = "level",
     .type = JSON_RAW,
     .offset = offsetof(struct practice_body, level),
     .present_offset = offsetof(struct practice_body, has_level)},
    {.name = "ruleset",
     .type = JSON_STR,
     .offset = offsetof(struct practice_body, ruleset),
     .present_offset = offsetof(struct practice_body, has_ruleset),
     .min = 1,
     .max = MATCH_WORD_SIZE - 1},
};
static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = false};

/* 0: none of them. */
static uint8_t level_of(struct request *request, struct str raw)
{
    struct str word;
    int64_t number;

    if (json_value_i64(raw, 1, BOT_LEVEL_MAX, &number) == OK)
        return (uint8_t)number;
    if (json_value_str(raw, request->arena, &word))
        return 0;
    for (uint8_t level = 1; level <= BOT_LEVEL_MAX; level++)
        if (str_eq(word, str_from_c(LEVELS[level])))
            return level;
    return 0;
}

struct practice {
    struct matches_create_args args;
    struct match_seat_args seats[MATCH_SEATS];
    uint64_t match_id;
};

/* Who is in a match is told which, so that the client can go there. */
static enum err practice_txn(struct db *db, void *arg)
{
    struct practice *practice = arg;
    struct claim claim;
    struct user user;
    enum err err = user_find(db, practice->seats[SEAT_LEFT].user_id, &user);

    if (!err && user.banned_until_ms > practice->args.now_ms)
        err = ERR_BANNED;
    if (!err)
        err = claim_find(db, user.id, &claim);
    if (err)
        return err;
    if (claim.kind == CLAIM_MATCH)
        practice->match_id = claim.ref_id;
    return claim.kind == CLAIM_MATCH ? ERR_IN_MATCH
                                     : matches_create(db, &practice->args, &practice->match_id);
}

static enum err in_match(struct request *request, struct reply *reply, uint64_t match_id)
{
    char memory[64];
    struct buf extra;

    buf_init_fixed(&extra, memory, sizeof(memory));
    buf_printf(&extra, "\"game_id\":%llu", (unsigned long long)match_id);
    reply->extra = arena_copy(request->arena, buf_str(&extra));
    return ERR_IN_MATCH;
}

static void reply_put(struct reply *reply, uint64_t match_id, uint8_t level,
                      const struct game_ruleset *ruleset)
{
    struct json_writer w = json_writer_of(&reply->body);

    reply->status = 201;
    json_object_begin(&w);
    json_u64(&w, "game_id", match_id);
    json_c(&w, "side", native_side(SEAT_LEFT));
    json_c(&w, "opponent", bot_name(level));
    json_u64(&w, "level", level);
    json_c(&w, "ruleset", ruleset->name);
    json_object_end(&w);
}

enum err practice_handle(struct request *request, struct reply *reply)
{
    const struct game_ops *game = registry_find(STR(PRACTICE_GAME));
    struct practice_body body = {.ruleset = STR(PRACTICE_RULESET)};
    struct practice practice = {.match_id = 0};
    uint8_t level = PRACTICE_LEVEL, ruleset = 0;
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    if (err)
        return err;
    CHECK(game != NULL);
    if (body.has_level && (level = level_of(request, body.level)) == 0)
        return reply_invalid(reply, "level", "must be 1 to 3, or easy, normal or hard");
    if (registry_ruleset_find(game, body.ruleset, &ruleset))
        return reply_invalid(reply, "ruleset", "must be classic, arcade or arena");
    if (atomic_load(&request->context->is_draining))
        return ERR_DRAINING;
    practice.seats[SEAT_LEFT] = (struct match_seat_args){.user_id = request->caller.user_id};
    practice.seats[SEAT_RIGHT] = (struct match_seat_args){.bot_level = level, .team = 1};
    practice.args =
        (struct matches_create_args){.mode = STR(PRACTICE_MODE),
                                     .game = STR(PRACTICE_GAME),
                                     .ruleset = str_from_c(game->rulesets[ruleset].name),
                                     .origin = STR("practice"),
                                     .seed = random_u64() >> 11, /* exact as a JSON number */
                                     .win_score = request->context->settings->ruleset_win[ruleset],
                                     .seats = practice.seats,
                                     .seat_count = MATCH_SEATS,
                                     .now_ms = request->now_ms};
    err = request_write(request, reply, practice_txn, &practice);
    if (err == ERR_IN_MATCH)
        return in_match(request, reply, practice.match_id);
    if (err)
        return err;
    reply_event(request, reply, "match.created", "{\"match_id\":%llu,\"left\":%llu}",
                (unsigned long long)practice.match_id, (unsigned long long)request->caller.user_id);
    reply_put(reply, practice.match_id, level, &game->rulesets[ruleset]);
    return OK;
}
