/*
 * Rooms by code: somebody opens one and tells the code, the second to join makes the match, in the
 * same transaction. Before that a room is only a promise: it claims nobody, and expires.
 *
 *     OPEN --> PLAYING (its match goes on) --> ENDED
 *       +----> CANCELLED, EXPIRED
 *
 * Codes are made by lib/core/roomcode.h; one is used by one living room at a time. A room whose
 * match has ended reads as ENDED from that moment, whether or not its row has been tidied yet.
 */
#ifndef RALLY_STORE_ROOM_CODES_H
#define RALLY_STORE_ROOM_CODES_H

#include "lib/core/roomcode.h"
#include "lib/store/match_recipe.h"

/* A room that has ended is remembered for this long, then it never was. */
#define ROOM_ENDED_MS 300000
/* Open rooms of one creator; opening another cancels the oldest. */
#define ROOMS_OPEN_MAX 4

enum room_state { ROOM_WAITING, ROOM_PLAYING, ROOM_ENDED, ROOM_CANCELLED, ROOM_EXPIRED };

struct room_row {
    uint64_t id;
    char code[ROOMCODE_SIZE];
    uint64_t creator_id; /* seat 0 */
    uint64_t guest_id;   /* seat 1; 0 while OPEN */
    char creator[USER_NAME_SIZE];
    char guest[USER_NAME_SIZE]; /* empty while OPEN */
    uint64_t match_id;          /* 0 while OPEN */
    bool is_private;
    enum room_state state;
    uint64_t created_ms;
    uint64_t expires_ms;
    uint64_t ended_ms; /* 0: not yet */
};

struct room_codes_create_args {
    struct str code;
    uint64_t creator_id;
    bool is_private;
    uint64_t now_ms;
    uint64_t expires_ms;
};
/* ERR_EXISTS: the code is in use, draw another. ERR_NOT_FOUND, ERR_BANNED. */
enum err room_codes_create(struct db *db, const struct room_codes_create_args *args,
                           struct room_row *out) MUST_USE;

/*
 * The room of a code (already folded) as of now: the living one, else the latest that ended within
 * ROOM_ENDED_MS. ERR_NO_SUCH_ROOM otherwise, and for one that was cancelled or has expired.
 */
enum err room_codes_find(struct db *db, struct str code, uint64_t now_ms,
                         struct room_row *out) MUST_USE;
/* The room that a match belongs to, also through rematches. ERR_NO_SUCH_ROOM. */
enum err room_codes_of_match(struct db *db, uint64_t match_id, struct room_row *out) MUST_USE;

struct room_codes_join_args {
    struct str code;
    uint64_t user_id;
    struct match_recipe recipe;
    uint64_t seed;
    uint64_t now_ms;
};
struct room_codes_joined {
    struct room_row room;
    uint8_t seat;
    bool is_reconnecting; /* the caller has this seat already; nothing has changed */
};
/*
 * Takes the second seat and makes the match, or finds the caller's own seat. ERR_NO_SUCH_ROOM,
 * ERR_ROOM_ENDED, ERR_ROOM_FULL; ERR_BLOCKED; ERR_ALREADY_QUEUED, ERR_IN_MATCH, ERR_CONFLICT
 * (invited) when the caller is not free; ERR_BUSY when the creator is not; ERR_BANNED.
 */
enum err room_codes_join(struct db *db, const struct room_codes_join_args *args,
                         struct room_codes_joined *out) MUST_USE;

struct room_codes_cancel_args {
    struct str code;
    uint64_t user_id;
    uint64_t now_ms;
};
/* ERR_NO_SUCH_ROOM, ERR_FORBIDDEN (not the creator), ERR_ROOM_STARTED, ERR_ROOM_ENDED. */
enum err room_codes_cancel(struct db *db, const struct room_codes_cancel_args *args,
                           struct room_row *out) MUST_USE;

/* A match has ended: its room too. OK when it has none. For matches_finish. */
enum err room_codes_match_ended(struct db *db, uint64_t match_id, uint64_t now_ms) MUST_USE;

/* Rooms that room_codes_expire would end now: whether a write is worth it. */
enum err room_codes_due(struct db *db, uint64_t now_ms, uint64_t *count) MUST_USE;

#define ROOM_CODES_EXPIRED_MAX 64
struct room_codes_expired {
    struct room_row rooms[ROOM_CODES_EXPIRED_MAX];
    size_t count; /* ROOM_CODES_EXPIRED_MAX: call again */
};
/* Expires open rooms whose time is over, and tidies those whose match has ended. */
enum err room_codes_expire(struct db *db, uint64_t now_ms, struct room_codes_expired *out) MUST_USE;

#endif
