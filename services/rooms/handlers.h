/* What the files of the role share; the contract of the handlers is role.h's. */
#ifndef RALLY_SERVICES_ROOMS_HANDLERS_H
#define RALLY_SERVICES_ROOMS_HANDLERS_H

#include "lib/store/room_codes.h"
#include "services/sign_in.h"

#define ROOM_SUBJECT_CLOSED "room.closed" /* {"room_code"}: cancelled or expired */

enum err room_create_handle(struct request *request, struct reply *reply);
enum err room_join_handle(struct request *request, struct reply *reply);
enum err room_check_handle(struct request *request, struct reply *reply);
enum err room_cancel_handle(struct request *request, struct reply *reply);

/* -- body.c: what a caller says ---------------------------------------------------------------- */

struct room_body {
    struct str room_code, username;
    bool has_code, has_username;
    char code[ROOMCODE_SIZE]; /* folded, of room_body_code */
};
/* The body with its names checked. */
enum err room_body_decode(struct request *request, struct reply *reply,
                          struct room_body *body) MUST_USE;
/* Also needs a code: ERR_ROOM_CODE without one, ERR_NO_SUCH_ROOM for what no code looks like. */
enum err room_body_code(struct request *request, struct reply *reply,
                        struct room_body *body) MUST_USE;

/* -- entry.c: who comes in: the caller, or a guest made in the same transaction ---------------- */

struct entry {
    const struct context *context;
    bool makes_guest;
    struct user_guest_args guest;
    struct user user;
    struct refresh_token token; /* of the guest */
};
/* ERR_RATE_LIMITED: too many guests from there. */
enum err entry_init(struct request *request, struct reply *reply, const struct room_body *body,
                    struct entry *entry) MUST_USE;
/* In the transaction: entry->user is there afterwards. */
enum err entry_txn(struct db *db, struct entry *entry, uint64_t user_id) MUST_USE;
/* The reply of create and join. */
enum err entry_reply(struct request *request, struct reply *reply, const struct entry *entry,
                     const struct room_row *room, uint8_t seat, bool is_reconnecting) MUST_USE;

/* "WAITING", "ONGOING", "FINISHED". */
const char *room_status(enum room_state state);

#endif
