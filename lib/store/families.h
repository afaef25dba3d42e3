/*
 * Refresh-token families. A login starts a family; each refresh spends its present token for the
 * next generation. Exactly one token of a family is unspent, and a spent one that comes back after
 * the grace ends the family for good. The family's id is the access tokens' `sid`.
 *
 * The caller derives tokens, so that a successor can be handed out again without being stored:
 *
 *     token = base64url(id 8 bytes | generation 4 bytes | HMAC-SHA256(server key, id | generation))
 *
 * and verifies the HMAC before it comes here. The store keeps SHA-256 of the present and the
 * previous token, never a token.
 */
#ifndef RALLY_STORE_FAMILIES_H
#define RALLY_STORE_FAMILIES_H

#include "lib/db/db.h"

#define FAMILY_HASH_SIZE 32
/* A spent token repeated within this time (a lost reply) gets the same successor again. */
#define FAMILY_GRACE_MS 10000

/* At most this many families of a player are live; a login beyond it ends the oldest. */
#define FAMILY_LIVE_MAX 20

/* The id of the next family, so that the caller can derive its first token (generation 1) inside
 * the same transaction and call family_create with its hash. */
enum err family_next_id(struct db *db, uint64_t *family_id) MUST_USE;

struct family_create_args {
    uint64_t family_id; /* of family_next_id */
    uint64_t user_id;
    struct str token_hash; /* FAMILY_HASH_SIZE bytes, of generation 1 */
    uint64_t now_ms;
    uint64_t expires_ms;
};
/* Beyond FAMILY_LIVE_MAX live ones of this player the oldest end (family_list_revoked tells). */
enum err family_create(struct db *db, const struct family_create_args *args) MUST_USE;

struct family_rotate_args {
    uint64_t family_id;
    uint32_t generation;   /* of the token presented */
    struct str token_hash; /* of the token presented */
    struct str next_hash;  /* of generation + 1 */
    uint64_t now_ms;
    uint64_t expires_ms; /* of the family from now on */
};
struct family_rotated {
    /*
     * What to answer once this is durable: OK, ERR_TOKEN_INVALID (unknown, expired, ended, hash
     * differs), ERR_BANNED, or ERR_TOKEN_REUSED (a spent token: the family was revoked by this call
     * or by an earlier one like it). It is no error of the function, because an error would roll
     * the revocation back.
     */
    enum err verdict;
    uint64_t user_id;    /* 0: there is no such family */
    uint64_t session_id; /* the family */
    uint32_t generation; /* OK: hand out the token of this generation */
    bool is_repeat;      /* OK: the same successor as before */
    uint64_t expires_ms;
};
enum err family_rotate(struct db *db, const struct family_rotate_args *args,
                       struct family_rotated *out) MUST_USE;

struct family_revoke_args {
    uint64_t family_id;
    uint32_t generation;   /* any token of the family proves the wish to log out */
    struct str token_hash; /* empty: not checked (the caller has an access token of the family) */
    uint64_t now_ms;
};
struct family_revoked {
    uint64_t user_id;
    bool was_live; /* false: it had ended already (logout is idempotent) */
};
/* Logout. ERR_TOKEN_INVALID when there is no such family or the hash is not of it. */
enum err family_revoke(struct db *db, const struct family_revoke_args *args,
                       struct family_revoked *out) MUST_USE;

#define FAMILY_LIST_MAX (FAMILY_LIVE_MAX + 1)
struct family_list {
    uint64_t ids[FAMILY_LIST_MAX];
    size_t count;
};
/* All live families of a player but `keep_id` (0: none is kept), after a password change or a ban;
 * *out lists what ended now. */
enum err family_revoke_all(struct db *db, uint64_t user_id, uint64_t keep_id, uint64_t now_ms,
                           struct family_list *out) MUST_USE;

/* Families that ended at or after `since_ms`, oldest first, after the (revoked_ms, id) of the last
 * call: start with {since_ms, 0} and go on until count < max. For other nodes and at start. */
struct family_revocation {
    uint64_t family_id;
    uint64_t revoked_ms;
};
enum err family_list_revoked(struct db *db, struct family_revocation after,
                             struct family_revocation *out, size_t max, size_t *count) MUST_USE;
/* True in *is_live while the family has neither ended nor expired. */
enum err family_is_live(struct db *db, uint64_t family_id, uint64_t now_ms, bool *is_live) MUST_USE;

/* Deletes families that expired before `before_ms`, and revoked ones older than that. */
enum err family_purge(struct db *db, uint64_t before_ms, uint64_t *purged) MUST_USE;

#endif
