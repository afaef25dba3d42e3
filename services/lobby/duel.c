/* See duel.h. */
#include "services/lobby/duel.h"

#include "games/registry.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/crypt/random.h"
#include "services/notify.h"
#include "services/presence.h"

#define DUEL_MODE "duel-1v1"
#define DUEL_RULESET "arena"

/* Points to win by configuration; 0 leaves it to the ruleset. */
static uint32_t win_score(const struct settings *settings)
{
    const struct game_ops *game = registry_find(STR(DUEL_GAME));
    uint8_t index;

    CHECK(game);
    if (registry_ruleset_find(game, STR(DUEL_RULESET), &index))
        return 0;
    CHECK(index < ARRAY_COUNT(settings->ruleset_win));
    return settings->ruleset_win[index];
}

static struct match_recipe recipe_of(const struct context *context)
{
    return (struct match_recipe){.mode = STR(DUEL_MODE),
                                 .game = STR(DUEL_GAME),
                                 .ruleset = STR(DUEL_RULESET),
                                 .win_score = win_score(context->settings),
                                 .is_rated = true};
}

/* Exact as a JSON number; decided outside the transaction, which may run more than once. */
static uint64_t seed_make(void)
{
    return random_u64() >> 11;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

enum err player_find(struct db *db, struct str name_or_id, struct user *out)
{
    uint64_t user_id;

    /* No name is digits alone, so the two ways never meet. */
    if (is_digits(name_or_id)) {
        if (str_to_u64(name_or_id, INT64_MAX, &user_id))
            return ERR_NOT_FOUND;
        return user_find(db, user_id, out);
    }
    if (name_or_id.len == 0 || name_or_id.len >= USER_NAME_SIZE)
        return ERR_NOT_FOUND;
    return user_find_by_name(db, name_or_id, out);
}

/* -- challenging ----------------------------------------------------------------------------- */

enum err duel_challenge_begin(struct context *context, uint64_t user_id, struct str target,
                              uint64_t now_ms, struct duel_challenge *out)
{
    if (atomic_load(&context->is_draining))
        return ERR_DRAINING;
    *out = (struct duel_challenge){
        .context = context,
        .target = target,
        .args = {.challenger_id = user_id,
                 .game = STR(DUEL_GAME),
                 .timeout_ms = (uint32_t)context->settings->duel_timeout_ms,
                 .recipe = recipe_of(context),
                 .seed = seed_make(),
                 .now_ms = now_ms},
    };
    return OK;
}

enum err duel_challenge_txn(struct db *db, void *arg)
{
    struct duel_challenge *challenge = arg;
    struct duels_open_args *args = &challenge->args;
    struct user target;
    enum err err = player_find(db, challenge->target, &target);

    if (err)
        return err;
    args->target_id = target.id;
    args->is_target_online = presence_is_online(challenge->context->presence, target.id);
    /* Else one whose time is over would end inside duels_open and nobody would be told. */
    if ((err = duels_expire(db, args->now_ms, &challenge->expired)))
        return err;
    return duels_open(db, args, &challenge->opened);
}

struct duels_answer_args duel_answer_args(const struct context *context, uint64_t duel_id,
                                          uint64_t user_id, uint64_t now_ms)
{
    return (struct duels_answer_args){.duel_id = duel_id,
                                      .user_id = user_id,
                                      .recipe = recipe_of(context),
                                      .seed = seed_make(),
                                      .now_ms = now_ms};
}

/* -- telling --------------------------------------------------------------------------------- */

static void person_put(struct json_writer *w, const char *key, uint64_t user_id,
                       const char *username)
{
    json_key(w, key);
    json_object_begin(w);
    json_u64_text(w, "player_id", user_id);
    json_c(w, "username", username);
    json_object_end(w);
}

void duel_data_put(struct json_writer *w, const struct duel_row *row)
{
    json_object_begin(w);
    json_u64_text(w, "duel_id", row->id);
    json_c(w, "state", duel_state_name((enum duel_state)row->duel.state));
    json_c(w, "from", row->challenger);
    person_put(w, "challenger", row->duel.challenger_id, row->challenger);
    person_put(w, "target", row->duel.target_id, row->target);
    json_c(w, "game", row->game);
    json_time(w, "expires_at", row->duel.expires_ms);
    if (row->match_id != 0)
        json_u64_text(w, "game_id", row->match_id);
    json_object_end(w);
}

const char *duel_event(const struct duel_row *row)
{
    switch ((enum duel_state)row->duel.state) {
    case DUEL_PENDING:
        return "duel_invite";
    case DUEL_ACCEPTED:
        return "duel_accepted";
    case DUEL_DECLINED:
        return "duel_declined";
    case DUEL_CANCELLED:
        return "duel_cancelled";
    case DUEL_EXPIRED:
    case DUEL_STATE_COUNT:
        break;
    }
    return "duel_expired";
}

void duel_match_put(struct json_writer *w, const struct duel_row *row)
{
    json_object_begin(w);
    json_u64(w, "match_id", row->match_id);
    json_u64(w, "left", row->duel.challenger_id);
    json_u64(w, "right", row->duel.target_id);
    json_object_end(w);
}

static void tell_match(struct context *context, const struct duel_row *row)
{
    char memory[128];
    struct buf payload;
    struct json_writer w = json_writer_of(&payload);

    buf_init_fixed(&payload, memory, sizeof(memory));
    duel_match_put(&w, row);
    bus_publish(context->bus, "match.created", buf_str(&payload));
}

void duel_tell(struct context *context, const struct duel_row *row)
{
    char memory[DUEL_DATA_SIZE];
    struct buf data;
    struct json_writer w = json_writer_of(&data);

    buf_init_fixed(&data, memory, sizeof(memory));
    duel_data_put(&w, row);
    CHECK(buf_ok(&data));
    notify_user(context, row->duel.challenger_id, duel_event(row), buf_str(&data));
    notify_user(context, row->duel.target_id, duel_event(row), buf_str(&data));
    if (row->match_id != 0)
        tell_match(context, row);
}

void duel_tell_expired(struct context *context, const struct duels_expired *expired)
{
    for (size_t i = 0; i < expired->count; i++)
        duel_tell(context, &expired->duels[i]);
}

/* -- the clock ------------------------------------------------------------------------------- */

struct expiry {
    uint64_t now_ms;
    struct duels_expired expired;
};

static enum err expire_txn(struct db *db, void *arg)
{
    struct expiry *expiry = arg;

    return duels_expire(db, expiry->now_ms, &expiry->expired);
}

void duel_expire(struct context *context, uint64_t now_ms)
{
    struct expiry expiry = {.now_ms = now_ms};

    do {
        enum err err = store_write_durable(context->store, expire_txn, &expiry);

        if (err) {
            log_event(LOG_WARN, "duel_expiry_failed", LOG_C("error", err_code(err)));
            return;
        }
        duel_tell_expired(context, &expiry.expired);
    } while (expiry.expired.count == DUELS_EXPIRED_MAX);
}
