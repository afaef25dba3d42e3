/*
 * Who is whose friend, and who wants nothing to do with whom. A friendship is one row per pair: a
 * request until the other one asks too. A block takes effect at once, in both directions of
 * contact: no requests, duels or direct messages either way, and it ends what there was.
 */
#ifndef RALLY_STORE_FRIENDS_H
#define RALLY_STORE_FRIENDS_H

#include "lib/store/users.h"

/* Friends and requests of one's own, and blocks: a list that a person can still read. */
#define FRIENDS_MAX 500
#define BLOCKS_MAX 500
/* Requests waiting for one's own word; when there are as many, a further one is refused. */
#define FRIENDS_PENDING_MAX 500

enum friend_state {
    FRIEND_NONE,
    FRIEND_REQUESTED, /* waits for the other's word */
    FRIEND_PENDING,   /* waits for one's own */
    FRIEND_FRIENDS,
};

struct friend_row {
    uint64_t user_id;
    char username[USER_NAME_SIZE];
    enum friend_state state; /* NONE in a list of blocks */
    uint64_t created_ms;
};

struct friends_pair {
    uint64_t user_id;  /* who acts */
    uint64_t other_id; /* on whom */
    uint64_t now_ms;
};
struct friends_asked {
    enum friend_state state; /* REQUESTED, or FRIENDS when the other had asked */
    bool is_new;             /* false: it was so before */
};
/* Asks, or accepts what the other has asked. ERR_INVALID (oneself), ERR_NOT_FOUND, ERR_BLOCKED,
 * ERR_LIST_FULL. */
enum err friends_request(struct db *db, const struct friends_pair *pair,
                         struct friends_asked *out) MUST_USE;
/* Ends a friendship, takes a request back or turns one down. ERR_NOT_FOUND. */
enum err friends_remove(struct db *db, const struct friends_pair *pair) MUST_USE;
/* By name; friends first, then what waits. out[] has room for `max`. */
enum err friends_list(struct db *db, uint64_t user_id, struct friend_row *out, size_t max,
                      size_t *count) MUST_USE;
/* The friends only, for telling them about presence. */
enum err friends_ids(struct db *db, uint64_t user_id, uint64_t *ids, size_t max,
                     size_t *count) MUST_USE;

/* Blocks, and ends a friendship, a request and a pending duel between the two (*duel_id, 0: none).
 * Again is OK. ERR_INVALID (oneself), ERR_NOT_FOUND, ERR_LIST_FULL. */
enum err blocks_add(struct db *db, const struct friends_pair *pair, uint64_t *duel_id) MUST_USE;
/* ERR_NOT_FOUND. */
enum err blocks_remove(struct db *db, const struct friends_pair *pair) MUST_USE;
enum err blocks_list(struct db *db, uint64_t user_id, struct friend_row *out, size_t max,
                     size_t *count) MUST_USE;
/* Whether either has blocked the other. */
enum err blocks_between(struct db *db, uint64_t a_id, uint64_t b_id, bool *is_blocked) MUST_USE;
/* Those who are not to be heard by `user_id`, for a chat's fan-out. */
enum err blocks_ids(struct db *db, uint64_t user_id, uint64_t *ids, size_t max,
                    size_t *count) MUST_USE;

#endif
