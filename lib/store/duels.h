/*
 * Challenges as rows. lib/core/duel.h decides what may happen; here it happens once, in the
 * caller's transaction, together with its claims: while a challenge is pending both are claimed by
 * it (status `invited`), and an acceptance makes the match and hands both over to it. Accept,
 * decline, cancel and expiry of one challenge may arrive together: one wins, the others are told
 * ERR_CONFLICT.
 */
#ifndef RALLY_STORE_DUELS_H
#define RALLY_STORE_DUELS_H

#include "lib/core/duel.h"
#include "lib/store/match_recipe.h"

struct duel_row {
    uint64_t id;
    struct duel duel;
    char challenger[USER_NAME_SIZE];
    char target[USER_NAME_SIZE];
    char game[MATCH_WORD_SIZE];
    uint64_t match_id; /* ACCEPTED; else 0 */
};

struct duels_open_args {
    uint64_t challenger_id, target_id;
    bool is_target_online; /* what presence says; the rest is read here */
    struct str game;
    uint32_t timeout_ms;
    struct match_recipe recipe; /* for when it is accepted at once */
    uint64_t seed;              /* of that match */
    uint64_t now_ms;
};
struct duels_opened {
    struct duel_row duel;
    bool is_accepted; /* the other one had challenged first: this is that challenge, with its match
                       */
};
/*
 * Challenges. ERR_NOT_FOUND (no such player), ERR_BANNED, ERR_SELF_DUEL, ERR_BLOCKED, ERR_BUSY,
 * ERR_OFFLINE. A challenge of either whose time is over does not make them busy: it expires here.
 */
enum err duels_open(struct db *db, const struct duels_open_args *args,
                    struct duels_opened *out) MUST_USE;

struct duels_answer_args {
    uint64_t duel_id;
    uint64_t user_id;           /* who says it, from the token */
    struct match_recipe recipe; /* accept */
    uint64_t seed;              /* accept */
    uint64_t now_ms;
};
/* ERR_NOT_FOUND (also for strangers), ERR_FORBIDDEN (the other's to say), ERR_CONFLICT. The
 * challenger of an accepted duel sits left. */
enum err duels_accept(struct db *db, const struct duels_answer_args *args,
                      struct duel_row *out) MUST_USE;
enum err duels_decline(struct db *db, const struct duels_answer_args *args,
                       struct duel_row *out) MUST_USE;
enum err duels_cancel(struct db *db, const struct duels_answer_args *args,
                      struct duel_row *out) MUST_USE;

/* ERR_NOT_FOUND. */
enum err duels_find(struct db *db, uint64_t duel_id, struct duel_row *out) MUST_USE;
/* The challenge that a player is in now, either side. ERR_NOT_FOUND: none is pending. */
enum err duels_pending_of(struct db *db, uint64_t user_id, struct duel_row *out) MUST_USE;

#define DUELS_EXPIRED_MAX 64
struct duels_expired {
    struct duel_row duels[DUELS_EXPIRED_MAX];
    size_t count; /* DUELS_EXPIRED_MAX: call again */
};
/* Expires what nobody has answered in time: once a second, and at start. */
enum err duels_expire(struct db *db, uint64_t now_ms, struct duels_expired *out) MUST_USE;

/* Ends a pending challenge between two, because one of them blocks the other: declined or
 * cancelled, whichever is theirs to say. *duel_id is 0 when there was none. */
enum err duels_end_between(struct db *db, uint64_t user_id, uint64_t other_id, uint64_t now_ms,
                           uint64_t *duel_id) MUST_USE;

#endif
