/*
 * Checks what is stored against the invariants that must hold whatever was killed when, with SQL
 * only, on one snapshot. `rally audit` prints its findings; tests run it after every crash.
 */
#ifndef RALLY_STORE_AUDIT_H
#define RALLY_STORE_AUDIT_H

#include "lib/db/db.h"

/* A statement that answers one text row for each violation. */
struct audit_rule {
    const char *invariant; /* "I5" */
    const char *text;      /* what it says */
    const char *sql;
};

/* One violation: the invariant ("I5"), what it says, and the row that breaks it. */
typedef void (*audit_fn)(void *context, const char *invariant, const char *rule, struct str row);

/* Calls `found` for each violation (at most AUDIT_ROWS_MAX per rule); *count is how many there
 * are. Run it inside one read transaction. ERR_STORE when the store cannot be read. */
#define AUDIT_ROWS_MAX 20
enum err audit_run(struct db *db, audit_fn found, void *context, uint64_t *count) MUST_USE;

#endif
