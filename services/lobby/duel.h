/*
 * Challenges as use cases, without HTTP or sockets: the routes of this role and the chat's `/duel`
 * are two shells around them. Every function blocks on the store: for workers.
 */
#ifndef RALLY_SERVICES_LOBBY_DUEL_H
#define RALLY_SERVICES_LOBBY_DUEL_H

#include "lib/store/duels.h"
#include "lib/wire/json.h"
#include "services/context.h"

#define DUEL_GAME "pong"
#define DUEL_DATA_SIZE 512

/* A challenge in its three parts, as quick.h's join: begin, the transaction, tell. */
struct duel_challenge {
    struct context *context;
    struct str target; /* username or player id */
    struct duels_open_args args;
    struct duels_opened opened;
    struct duels_expired expired; /* challenges whose time was over */
};
/* ERR_DRAINING. */
enum err duel_challenge_begin(struct context *context, uint64_t user_id, struct str target,
                              uint64_t now_ms, struct duel_challenge *out) MUST_USE;
/* Errors as duels_open. */
enum err duel_challenge_txn(struct db *db, void *challenge) MUST_USE;

/* What an answer needs; `accept` uses the recipe. */
struct duels_answer_args duel_answer_args(const struct context *context, uint64_t duel_id,
                                          uint64_t user_id, uint64_t now_ms);

/* Finds a player by what a person would write. ERR_NOT_FOUND. */
enum err player_find(struct db *db, struct str name_or_id, struct user *out) MUST_USE;

/* What both are told of a challenge, and its name: duel_invite, duel_accepted, ... */
void duel_data_put(struct json_writer *w, const struct duel_row *row);
const char *duel_event(const struct duel_row *row);
/* Tells both by the bus, and makes the match known. After the commit. */
void duel_tell(struct context *context, const struct duel_row *row);
/* The same for the expired ones. */
void duel_tell_expired(struct context *context, const struct duels_expired *expired);
/* {"match_id":N,"left":user_id,"right":user_id} */
void duel_match_put(struct json_writer *w, const struct duel_row *row);

/* The role's timer: expires what nobody has answered and tells both. */
void duel_expire(struct context *context, uint64_t now_ms);

#endif
