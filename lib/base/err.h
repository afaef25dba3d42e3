/*
 * Every error that Rally can answer, once: name, HTTP status, stable code on the wire, sentence.
 * The route schemas, the problem pages and the WebSocket `error` messages all read this table;
 * nobody invents a status in a handler. OK is 0; results are untouched when a function fails.
 */
#ifndef RALLY_BASE_ERR_H
#define RALLY_BASE_ERR_H

#include "lib/base/check.h"

/* ERR(name, http_status, code, sentence) */
#define ERR_TABLE(ERR)                                                                             \
    /* requests that cannot be read */                                                             \
    ERR(INPUT, 400, "bad_request", "The request is malformed.")                                    \
    ERR(JSON, 400, "bad_json", "The body is not valid JSON.")                                      \
    ERR(CURSOR, 400, "bad_cursor", "The cursor is not valid for this query.")                      \
    ERR(TOO_LARGE, 413, "too_large", "The request is larger than the limit.")                      \
    ERR(URI_TOO_LONG, 414, "uri_too_long", "The request target is longer than the limit.")         \
    ERR(MEDIA_TYPE, 415, "unsupported_media_type", "The Content-Type must be application/json.")   \
    ERR(INVALID, 422, "validation_failed", "Some fields are not valid.")                           \
    ERR(IDEMPOTENCY_MISMATCH, 422, "idempotency_mismatch",                                         \
        "This Idempotency-Key was used with another request.")                                     \
    ERR(HEADERS_TOO_LARGE, 431, "headers_too_large", "The header block is larger than the limit.") \
    ERR(EXPECTATION, 417, "expectation_failed", "Only Expect: 100-continue is understood.")        \
    ERR(REQUEST_TIMEOUT, 408, "request_timeout", "The request did not arrive in time.")            \
    ERR(NOT_FOUND, 404, "not_found", "There is nothing here.")                                     \
    ERR(METHOD, 405, "method_not_allowed", "This method is not allowed here.")                     \
    /* who asks */                                                                                 \
    ERR(UNAUTHENTICATED, 401, "unauthenticated", "User not authenticated")                         \
    ERR(TOKEN_INVALID, 401, "token_invalid", "The token is not valid or has expired.")             \
    ERR(TOKEN_REUSED, 401, "token_reused", "This refresh token was already used.")                 \
    ERR(CREDENTIALS, 401, "invalid_credentials", "Invalid username or password.")                  \
    ERR(BANNED, 403, "banned", "This account is banned.")                                          \
    ERR(FORBIDDEN, 403, "forbidden", "You may not do this.")                                       \
    ERR(WRONG_PASSWORD, 403, "wrong_password", "The current password is wrong.")                   \
    ERR(ORIGIN, 403, "origin_not_allowed", "This origin is not allowed.")                          \
    /* accounts */                                                                                 \
    ERR(USERNAME_TAKEN, 409, "username_taken", "Username already taken.")                          \
    ERR(EMAIL_TAKEN, 409, "email_taken", "Email already registered.")                              \
    ERR(NOT_GUEST, 409, "not_guest", "This account is not a guest account.")                       \
    /* queue and match */                                                                          \
    ERR(ALREADY_QUEUED, 400, "already_queued", "User already in queue")                            \
    ERR(NOT_QUEUED, 400, "not_queued", "User not in queue")                                        \
    ERR(IN_MATCH, 409, "in_match", "User is already in a match.")                                  \
    ERR(CONFLICT, 409, "conflict", "The state has changed; read it again.")                        \
    ERR(STALE_EPOCH, 409, "stale_epoch", "Another owner has taken over.")                          \
    ERR(MATCH_ENDED, 409, "match_ended", "The match has ended.")                                   \
    ERR(PROTOCOL, 400, "protocol_error", "The message is not understood.")                         \
    ERR(REPLACED, 409, "replaced", "A newer connection of the same player took this seat.")        \
    ERR(SLOW, 503, "slow_consumer", "The connection reads too slowly.")                            \
    ERR(TOO_MANY_MESSAGES, 429, "too_many_messages", "Too many messages.")                         \
    ERR(NO_SUCH_MATCH, 404, "no_such_match", "No such match.")                                     \
    /* rooms by code */                                                                            \
    ERR(NO_SUCH_ROOM, 404, "no_such_room", "Room not found")                                       \
    ERR(ROOM_CODE, 400, "room_code_required", "Room code is required")                             \
    ERR(ROOM_FULL, 400, "room_full", "Room is full")                                               \
    ERR(ROOM_STARTED, 400, "room_started", "Game has already started")                             \
    ERR(ROOM_ENDED, 400, "room_ended", "Game has already ended")                                   \
    /* duels, friends, chat */                                                                     \
    ERR(SELF_DUEL, 422, "self_duel", "You cannot challenge yourself.")                             \
    ERR(BUSY, 409, "busy", "The player is already invited, queued or in a match.")                 \
    ERR(OFFLINE, 409, "offline", "The player is not online.")                                      \
    ERR(BLOCKED, 403, "blocked", "You cannot reach this player.")                                  \
    ERR(LIST_FULL, 409, "list_full", "This list has reached its limit.")                           \
    /* tournaments */                                                                              \
    ERR(NOT_OPEN, 409, "not_open", "tournament is not open")                                       \
    ERR(TOURNAMENT_FULL, 400, "tournament_full", "tournament is full")                             \
    ERR(TOO_FEW_PLAYERS, 400, "too_few_players", "tournament needs at least 2 players")            \
    ERR(HAS_OPEN_TOURNAMENT, 400, "has_open_tournament", "player already has an open tournament")  \
    ERR(NOT_STARTED, 400, "not_started", "tournament is not started")                              \
    ERR(ROUND_NOT_COMPLETED, 400, "round_not_completed", "current round not completed")            \
    /* limits and trouble */                                                                       \
    ERR(RATE_LIMITED, 429, "rate_limited", "Too many requests; try again later.")                  \
    ERR(FULL, 503, "overloaded", "The service is busy; try again shortly.")                        \
    ERR(DRAINING, 503, "draining", "The service is shutting down; try again elsewhere.")           \
    ERR(TIMEOUT, 503, "timeout", "The service did not answer in time; try again.")                 \
    ERR(STORE, 503, "store_unavailable", "The store is not available; try again shortly.")         \
    ERR(NOT_IMPLEMENTED, 501, "not_implemented", "This transfer coding is not supported.")         \
    ERR(HTTP_VERSION, 505, "http_version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.")          \
    ERR(INTERNAL, 500, "internal", "Something went wrong on our side.")                            \
    /* inside the process only: never on the wire as such */                                       \
    ERR(EXISTS, 409, "exists", "It exists already.")                                               \
    ERR(BAD_STATE, 409, "bad_state", "This cannot be done in the present state.")                  \
    ERR(AGAIN, 503, "again", "Not yet; try again.")                                                \
    ERR(END, 500, "end", "There is no more.")

enum err {
    OK = 0,
#define ERR_ENUM(name, status, code, sentence) ERR_##name,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* HTTP status of an error; 200 for OK. */
int err_status(enum err err);
/* Stable code on the wire ("username_taken"); "ok" for OK. Static storage. */
const char *err_code(enum err err);
/* English sentence. Static storage. */
const char *err_sentence(enum err err);

#endif
