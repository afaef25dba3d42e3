/*
 * Accounts: native ones (name and password), guests, and accounts made on first use for tokens of
 * an outside user service. Names and e-mail addresses are unique without regard to ASCII case; what
 * is compared is a folded column, what is shown is what was typed.
 *
 * Every function runs inside a transaction, takes wall time as an argument and validates nothing
 * about the form of names and addresses: that is the schemas' work. Longer texts than the arrays
 * below are ERR_TOO_LARGE. Deleted accounts are found by nobody; their rows stay so that histories
 * keep an opponent, under the name "deleted-<id>".
 */
#ifndef RALLY_STORE_USERS_H
#define RALLY_STORE_USERS_H

#include "lib/store/claims.h"
#include "lib/store/ratings.h"

#define USER_NAME_SIZE 33
#define USER_EMAIL_SIZE 255
#define USER_DISPLAY_SIZE 129
#define USER_REGION_SIZE 33
#define USER_ROLE_SIZE 17
#define USER_HASH_SIZE 257
#define USER_REASON_SIZE 257
#define USER_PREFERENCES_SIZE 4097
#define USER_LATENCIES_SIZE 1025
/* A ban that does not end. */
#define USER_BANNED_FOREVER ((uint64_t)INT64_MAX)

struct user {
    uint64_t id;
    char username[USER_NAME_SIZE];
    char display_name[USER_DISPLAY_SIZE]; /* empty: none set, show the username */
    char email[USER_EMAIL_SIZE];          /* empty: none */
    char region[USER_REGION_SIZE];        /* empty: none */
    char role[USER_ROLE_SIZE];            /* "player" or "admin" */
    char ban_reason[USER_REASON_SIZE];
    uint64_t banned_until_ms; /* banned while this is > now; 0: not banned */
    uint64_t created_ms;
    uint64_t version;
    bool is_guest;
    bool is_external; /* belongs to an outside user service: has no password here */
};

struct user_create_args {
    struct str username;
    struct str email; /* empty: none */
    struct str region;
    struct str password_hash; /* PHC text */
    uint64_t now_ms;
};
/* ERR_USERNAME_TAKEN, ERR_EMAIL_TAKEN. */
enum err user_create(struct db *db, const struct user_create_args *args, struct user *out) MUST_USE;

struct user_guest_args {
    struct str username; /* wished for; empty: "guest-xxxxxx" */
    bool is_exact; /* the wish or ERR_USERNAME_TAKEN; otherwise a suffix is added when taken */
    struct str region;
    uint64_t random; /* from a CSPRNG: names are made of it */
    uint64_t now_ms;
};
enum err user_create_guest(struct db *db, const struct user_guest_args *args,
                           struct user *out) MUST_USE;

struct user_upgrade_args {
    uint64_t user_id;
    struct str username; /* empty: keeps the present one */
    struct str email;    /* empty: none */
    struct str password_hash;
    uint64_t now_ms;
};
/* The same id, rating and history from now on as a full account.
 * ERR_NOT_FOUND, ERR_NOT_GUEST, ERR_USERNAME_TAKEN, ERR_EMAIL_TAKEN. */
enum err user_upgrade(struct db *db, const struct user_upgrade_args *args,
                      struct user *out) MUST_USE;

/* ERR_NOT_FOUND. Names are folded here. */
enum err user_find(struct db *db, uint64_t user_id, struct user *out) MUST_USE;
enum err user_find_by_name(struct db *db, struct str username, struct user *out) MUST_USE;

/* What a login needs and nothing else may see. */
struct user_credentials {
    struct user user;
    char password_hash[USER_HASH_SIZE]; /* empty: no password (guest, external): login fails */
};
enum err user_credentials(struct db *db, struct str username,
                          struct user_credentials *out) MUST_USE;
enum err user_credentials_by_id(struct db *db, uint64_t user_id,
                                struct user_credentials *out) MUST_USE;
/* ERR_NOT_FOUND. */
enum err user_set_password(struct db *db, uint64_t user_id, struct str password_hash,
                           uint64_t now_ms) MUST_USE;
/*
 * For rehash at login and for a password change that must not race another: sets the hash only
 * while it still is `from`. ERR_CONFLICT when it has changed meanwhile.
 */
enum err user_replace_password(struct db *db, uint64_t user_id, struct str from, struct str to,
                               uint64_t now_ms) MUST_USE;

/* NULL members are left as they are. Texts replace; JSON texts are stored as given. */
struct user_patch_args {
    uint64_t user_id;
    const struct str *display_name;
    const struct str *region;
    const struct str *email;       /* empty: removes it */
    const struct str *preferences; /* JSON object */
    const struct str *latencies;   /* JSON object {region: ms} */
    uint64_t now_ms;
};
/* ERR_NOT_FOUND, ERR_EMAIL_TAKEN. */
enum err user_patch(struct db *db, const struct user_patch_args *args) MUST_USE;

/* `GET /v1/profile/me` in one call: two statements on an idle player. */
#define USER_PROFILE_RATINGS_MAX 16
struct user_profile {
    struct user user;
    char preferences[USER_PREFERENCES_SIZE]; /* JSON object */
    char latencies[USER_LATENCIES_SIZE];     /* JSON object */
    struct claim claim;
    uint64_t party_id; /* 0: none */
    struct rating_row ratings[USER_PROFILE_RATINGS_MAX];
    size_t rating_count;
};
/* ERR_NOT_FOUND. */
enum err user_profile(struct db *db, uint64_t user_id, struct user_profile *out) MUST_USE;

struct user_deleted {
    struct claim claim; /* a live match goes on without the name; a ticket is cancelled already */
};
/*
 * Forgets the person: name becomes "deleted-<id>", address, display name, region, preferences,
 * password, outside identities, families, friends, blocks, party membership and direct messages
 * are erased, a queued ticket or a duel is cancelled. Matches and ratings stay, without the name.
 * Idempotency rows of principal "user:<id>" go too. ERR_NOT_FOUND.
 */
enum err user_delete(struct db *db, uint64_t user_id, uint64_t now_ms,
                     struct user_deleted *out) MUST_USE;

/* `until_ms` 0 lifts a ban. Ending the families is a second call (family_revoke_all). */
enum err user_ban(struct db *db, uint64_t user_id, uint64_t until_ms, struct str reason,
                  uint64_t now_ms) MUST_USE;
/* "player" or "admin". ERR_NOT_FOUND. */
enum err user_set_role(struct db *db, uint64_t user_id, struct str role, uint64_t now_ms) MUST_USE;

struct user_external_args {
    struct str issuer;   /* which outside service; "" for the one of RALLY_JWT_HS256_SECRET */
    struct str subject;  /* its id for the person */
    struct str username; /* wished for; a suffix is added when taken; empty: "user-xxxxxx" */
    uint64_t random;
    uint64_t now_ms;
};
struct user_external {
    struct user user;
    bool is_new;
};
/* The account of an outside identity, if it is known here. Reads only. ERR_NOT_FOUND. */
enum err user_find_external(struct db *db, struct str issuer, struct str subject,
                            struct user *out) MUST_USE;
/* The same, made on first use under an id of our own: an outside id never names a native account.
 * Deleting the account forgets the identity too, so its next use makes a new one. */
enum err user_external(struct db *db, const struct user_external_args *args,
                       struct user_external *out) MUST_USE;

/* One record of an export: what it is of, and its fields. */
struct export_field {
    const char *name;
    struct str text; /* ptr NULL: not a text */
    int64_t number;
    bool is_null;
    bool is_json; /* text is JSON already */
};
/* `section` is "profile", "ratings", "matches", "rating_events", "sessions", "tickets",
 * "identities", "friends", "blocks" or "messages"; the fields live for the call only. */
typedef void (*export_fn)(void *context, const char *section, const struct export_field *fields,
                          size_t count);
/* Everything stored about a person, no secrets (no hashes). ERR_NOT_FOUND. */
enum err user_export(struct db *db, uint64_t user_id, export_fn record, void *context) MUST_USE;

#endif
