/*
 * Results for an outside user service, as outbox rows of topic `webhook.result`: written in the
 * transaction that ends the match, delivered until the other side has them. What is written is the
 * very body that is sent, so a retry a day later says the same.
 *
 *     {"room_code", "player_1_id", "player_2_id", "player_1_score", "player_2_score", "winner_id",
 *      "duration" (seconds of play), "finished_at" (seconds since 1970), "match_id"}
 *
 * Ids of players are texts, as everywhere in that dialect. Aggregate and dedupe are "match:<id>".
 */
#ifndef RALLY_STORE_WEBHOOKS_H
#define RALLY_STORE_WEBHOOKS_H

#include "lib/store/matches.h"

#define WEBHOOK_TOPIC "webhook.result"

/* Adds the row when the match (already ended, as it is now) was of a room by code, also through
 * rematches, and was not cancelled; otherwise does nothing. */
enum err webhooks_add_result(struct db *db, const struct match_row *match) MUST_USE;

struct webhooks_counts {
    uint64_t pending;
    uint64_t parked; /* given up: an operator must look */
};
enum err webhooks_count(struct db *db, struct webhooks_counts *out) MUST_USE;
/* A parked row is tried again from `now_ms` on. ERR_NOT_FOUND. */
enum err webhooks_unpark(struct db *db, uint64_t outbox_id, uint64_t now_ms) MUST_USE;

#endif
