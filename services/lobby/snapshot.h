/* Where a person stands, read from the store: what a socket is sent when the events it missed are
 * no longer known. */
#ifndef RALLY_SERVICES_LOBBY_SNAPSHOT_H
#define RALLY_SERVICES_LOBBY_SNAPSHOT_H

#include "lib/base/buf.h"
#include "services/context.h"

/* 500 friends and requests, and some. */
#define SNAPSHOT_SIZE_MAX (128u * 1024)

/* Writes the `data` of a `snapshot`: {status, match_id, duel, friends}. ERR_NOT_FOUND, ERR_STORE,
 * ERR_FULL. Blocks: for workers. */
enum err snapshot_put(struct context *context, uint64_t user_id, struct buf *out) MUST_USE;

#endif
