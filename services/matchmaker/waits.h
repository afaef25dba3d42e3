/*
 * How long the players matched lately had to wait, for the estimate a waiting player is shown. Kept
 * in the kv, because it may vanish: without it there is no estimate, nothing else changes.
 */
#ifndef RALLY_SERVICES_MATCHMAKER_WAITS_H
#define RALLY_SERVICES_MATCHMAKER_WAITS_H

#include "lib/base/buf.h"

struct kv;

/* The player began to wait; a later call starts again. */
void waits_began(struct kv *kv, uint64_t user_id, uint64_t now_ms);
/* The player was matched: the wait goes into the average. */
void waits_matched(struct kv *kv, uint64_t user_id, uint64_t now_ms);
/* The player left: a wait without a match says nothing about the next one. */
void waits_dropped(struct kv *kv, uint64_t user_id, uint64_t now_ms);
/* rally_matchmaker_wait_seconds and rally_matchmaker_matches_total of this process. */
void waits_put_metrics(struct buf *out, const char *mode);
/* False when nobody was matched within the last hour. */
bool waits_average(struct kv *kv, uint64_t now_ms, uint64_t *average_ms);

#endif
