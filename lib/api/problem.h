/*
 * What a client reads when something went wrong: problem documents (RFC 9457) for machines and the
 * pages behind their `type` for people. Both are made from the table of err.h, so a new error is
 * one line there and nothing here. This file does no I/O and decides no status by itself.
 */
#ifndef RALLY_API_PROBLEM_H
#define RALLY_API_PROBLEM_H

#include "lib/base/buf.h"
#include "lib/wire/json.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Members that one dialect of the wire adds; 0 is the native form. */
enum problem_dialect {
    PROBLEM_NATIVE = 0,
    PROBLEM_ROOM = 1, /* routes below /api/room/: also "success":false */
};

/*
 * One problem. Everything but `err` may stay zero. All text is borrowed during the call; it goes
 * into the body as it is, so it holds nothing secret and nothing internal.
 */
struct problem {
    enum err err;                     /* see problem_err */
    struct str detail;                /* sentence about this case; empty: the error's own */
    struct str request_id;            /* the X-Request-Id of the response */
    const struct json_errors *errors; /* per field; NULL or empty: no `errors` member */
    struct str extra;                 /* further members without braces: "\"game_id\":1" */
    enum problem_dialect dialect;
};

/*
 * The error that may be shown for `err`: itself, or, for the ones that exist inside the process
 * only (EXISTS, STATE, AGAIN, END and OK, which is no problem), the nearest public one. The status
 * line must use err_status of the same result.
 */
enum err problem_err(enum err err);
/* The dialect of a problem body for this path: PROBLEM_ROOM below /api/room/, else native. */
enum problem_dialect problem_dialect_of(struct str path);

/*
 * Appends the JSON body: type, title, status, detail, code, request_id, errors?, error (the
 * sentence a player may read, which dialect A knows by this key), success? and the extra members.
 * What does not fit marks `buf` as failed.
 */
void problem_put(struct buf *buf, const struct problem *problem);

/*
 * Appends the HTML page of /problems/<code>: what it means and what to do, without script or style.
 * ERR_NOT_FOUND when no public error has this code; `buf` is then untouched.
 */
enum err problem_page_put(struct buf *buf, struct str code) MUST_USE;
/* Appends the HTML page of /problems: every code with its status and sentence. */
void problem_index_put(struct buf *buf);

#endif
