/*
 * What a player is doing now: nothing, waiting in a queue, invited to a duel or playing a match.
 * One row per busy player, keyed by the player, so "in two matches" or "queued while playing" is
 * refused by the primary key whatever the code above believes. No other table decides this.
 */
#ifndef RALLY_STORE_CLAIMS_H
#define RALLY_STORE_CLAIMS_H

#include "lib/db/db.h"

enum claim_kind {
    CLAIM_NONE,   /* idle */
    CLAIM_TICKET, /* queued; ref_id is the ticket */
    CLAIM_DUEL,   /* invited; ref_id is the duel */
    CLAIM_MATCH,  /* in a match; ref_id is the match */
};

struct claim {
    enum claim_kind kind;
    uint64_t ref_id; /* 0 for CLAIM_NONE */
};

/* Of the stored word; CLAIM_NONE for an empty one. */
enum claim_kind claim_kind_of(struct str word);
/* What the player is doing; CLAIM_NONE when there is no row. */
enum err claim_find(struct db *db, uint64_t user_id, struct claim *out) MUST_USE;
/*
 * Takes the player for `wanted`. With `from.kind` CLAIM_NONE the player must be idle; otherwise
 * exactly that claim is replaced. When the player is busy otherwise: ERR_ALREADY_QUEUED,
 * ERR_CONFLICT (invited) or ERR_IN_MATCH.
 */
enum err claim_take(struct db *db, uint64_t user_id, struct claim from, struct claim wanted,
                    uint64_t now_ms) MUST_USE;
/* Frees the player if exactly this claim is held; otherwise nothing happens. */
enum err claim_drop(struct db *db, uint64_t user_id, struct claim held) MUST_USE;

#endif
