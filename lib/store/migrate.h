/* Brings the schema to what this program was built with. */
#ifndef RALLY_STORE_MIGRATE_H
#define RALLY_STORE_MIGRATE_H

#include "lib/db/db.h"

/*
 * Runs the migrations that are missing, all in one transaction, in file name order. ERR_STORE, with
 * the reason in the log, when the store has a migration this program does not know (it is newer),
 * when the text of one has changed since it ran, or when one fails.
 */
enum err migrate(struct db *db, uint64_t now_ms) MUST_USE;

#endif
