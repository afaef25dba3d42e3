/*
 * A challenge from one player to another, from "will you?" to an answer. It is not the match that
 * an acceptance makes, nor who is told by which socket: it takes an event with its time and answers
 * with effects, which are carried out after the challenge is saved.
 *
 *     PENDING --> ACCEPTED, DECLINED (by the target)
 *             --> CANCELLED          (by the challenger)
 *             --> EXPIRED            (nobody said anything in time)
 *
 * Whoever comes first of accept, decline, cancel and the clock decides; the others are told
 * ERR_CONFLICT and nothing changes. Who speaks is what the caller's token says, never a message.
 * Two who challenge each other have both said yes: duel_open says so, and the caller accepts the
 * challenge that is there instead of making a second one.
 *
 * Time is wall time in ms, since a challenge survives a restart. It is over when now_ms >=
 * expires_ms, also when the clock has not been looked at yet.
 */
#ifndef RALLY_CORE_DUEL_H
#define RALLY_CORE_DUEL_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define DUEL_TIMEOUT_MS 60000
#define DUEL_EFFECTS_MAX 2
#define DUEL_NEVER UINT64_MAX

enum duel_state {
    DUEL_PENDING,
    DUEL_ACCEPTED,
    DUEL_DECLINED,
    DUEL_CANCELLED,
    DUEL_EXPIRED,
    DUEL_STATE_COUNT,
};

enum duel_effect_kind {
    DUEL_EFFECT_INVITE,    /* to the target: `duel_invite` */
    DUEL_EFFECT_START,     /* make the match, then tell both: `duel_accepted` */
    DUEL_EFFECT_DECLINED,  /* to the challenger: `duel_declined` */
    DUEL_EFFECT_CANCELLED, /* to the target: `duel_cancelled` */
    DUEL_EFFECT_EXPIRED,   /* to both: `duel_expired` */
    DUEL_EFFECT_FREE,      /* neither is invited any more */
};

struct duel_effects {
    uint8_t list[DUEL_EFFECTS_MAX]; /* enum duel_effect_kind, in order */
    uint8_t count;
};

struct duel {
    uint64_t challenger_id;
    uint64_t target_id;
    uint64_t created_ms;
    uint64_t expires_ms;
    uint8_t state;
};

/* What is known of the two when a challenge is wished for. */
struct duel_wish {
    uint64_t challenger_id;
    uint64_t target_id;
    bool is_blocked;         /* either has blocked the other */
    bool is_target_online;   /* any authenticated socket of the last 10 s */
    bool is_challenger_busy; /* invited, queued or in a match */
    bool is_target_busy;
    bool has_mirror; /* the one thing both are busy with is a challenge the other way round */
};

/*
 * Opens a challenge, or says why not; on an error nothing is written.
 *   ERR_SELF_DUEL, ERR_BLOCKED, ERR_BUSY, ERR_OFFLINE
 *   ERR_EXISTS   the other one has challenged first: accept that
 * A block is told before anything else about the target.
 */
enum err duel_open(struct duel *duel, const struct duel_wish *wish, uint64_t now_ms,
                   uint32_t timeout_ms, struct duel_effects *effects) MUST_USE;

/*
 * The answers. ERR_NOT_FOUND: `user_id` is neither of the two, who learns nothing of it.
 * ERR_FORBIDDEN: it is the other one's to say. ERR_CONFLICT: it was answered, or its time is over.
 */
enum err duel_accept(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                     struct duel_effects *effects) MUST_USE;
enum err duel_decline(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                      struct duel_effects *effects) MUST_USE;
enum err duel_cancel(struct duel *duel, uint64_t user_id, uint64_t now_ms,
                     struct duel_effects *effects) MUST_USE;
/* Expires it when its time is over. Calling it early or often changes nothing. */
void duel_tick(struct duel *duel, uint64_t now_ms, struct duel_effects *effects);
/* When duel_tick has something to do, or DUEL_NEVER. */
uint64_t duel_next_due_ms(const struct duel *duel);
/* "pending" .. "expired". Static storage. */
const char *duel_state_name(enum duel_state state);

#endif
