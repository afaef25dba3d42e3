/* The machine of duel.h. */
#include "lib/core/duel.h"

static const char *const STATE_NAMES[DUEL_STATE_COUNT] = {
    "pending", "accepted", "declined", "cancelled", "expired",
};

static bool is_over(const struct duel *duel, uint64_t now_ms)
{
    return duel->state != DUEL_PENDING || now_ms >= duel->expires_ms;
}

/* Only the one of the two whose word it is. */
static enum err may_say(const struct duel *duel, uint64_t user_id, uint64_t speaker_id,
                        uint64_t now_ms)
{
    if (user_id != duel->challenger_id && user_id != duel->target_id)
        return ERR_NOT_FOUND;
    if (user_id != speaker_id)
        return ERR_FORBIDDEN;
    return is_over(duel, now_ms) ? ERR_CONFLICT : OK;
}

static void move_to(struct duel *duel, enum duel_state state, enum duel_effect_kind first,
                    struct duel_effects *effects)
{
    duel->state = (uint8_t)state;
    effects->list[effects->count++] = (uint8_t)first;
    if (state != DUEL_ACCEPTED) /* the match takes both over */
        effects->list[effects->count++] = DUEL_EFFECT_FREE;
}

enum err duel_open(struct duel *duel, const struct duel_wish *wish, uint64_t now_ms,
                   uint32_t timeout_ms, struct duel_effects *effects)
{
    effects->count = 0;
    if (wish->challenger_id == wish->target_id)
        return ERR_SELF_DUEL;
    if (wish->is_blocked)
        return ERR_BLOCKED;
    if (wish->has_mirror)
        return ERR_EXISTS;
    if (wish->is_challenger_busy || wish->is_target_busy)
        return ERR_BUSY;
    if (!wish->is_target_online)
        return ERR_OFFLINE;
    *duel = (struct duel){.challenger_id = wish->challenger_id,
                          .target_id = wish->target_id,
                          .created_ms = now_ms,
                          .expires_ms = now_ms + timeout_ms,
                          .state = DUEL_PENDING};
    effects->list[effects->count++] = DUEL_EFFECT_INVITE;
    return OK;
}

enum err duel_accept(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                     struct duel_effects *effects)
{
    enum err err = may_say(duel, user_id, duel->target_id, now_ms);

    effects->count = 0;
    if (err)
        return err;
    move_to(duel, DUEL_ACCEPTED, DUEL_EFFECT_START, effects);
    return OK;
}

enum err duel_decline(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                      struct duel_effects *effects)
{
    enum err err = may_say(duel, user_id, duel->target_id, now_ms);

    effects->count = 0;
    if (err)
        return err;
    move_to(duel, DUEL_DECLINED, DUEL_EFFECT_DECLINED, effects);
    return OK;
}

enum err duel_cancel(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                     struct duel_effects *effects)
{
    enum err err = may_say(duel, user_id, duel->challenger_id, now_ms);

    effects->count = 0;
    if (err)
        return err;
    move_to(duel, DUEL_CANCELLED, DUEL_EFFECT_CANCELLED, effects);
    return OK;
}

void duel_tick(struct duel *duel, uint64_t now_ms, struct duel_effects *effects)
{
    effects->count = 0;
    if (duel->state == DUEL_PENDING && now_ms >= duel->expires_ms)
        move_to(duel, DUEL_EXPIRED, DUEL_EFFECT_EXPIRED, effects);
}

uint64_t duel_next_due_ms(const struct duel *duel)
{
    return duel->state == DUEL_PENDING ? duel->expires_ms : DUEL_NEVER;
}

const char *duel_state_name(enum duel_state state)
{
    CHECK(state < DUEL_STATE_COUNT);
    return STATE_NAMES[state];
}
