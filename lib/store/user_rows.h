/* What the files about users share. Only for lib/store/user*.c. */
#ifndef RALLY_STORE_USER_ROWS_H
#define RALLY_STORE_USER_ROWS_H

#include "lib/store/row.h"
#include "lib/store/users.h"

/* The columns that user_read reads, of a table named or aliased `u`. */
#define USER_COLUMNS                                                                               \
    "u.id, u.username, u.display_name, u.email, u.region, u.role, u.ban_reason, "                  \
    "u.banned_until_ms, u.created_ms, u.version, u.is_guest, u.is_external"
#define USER_COLUMN_COUNT 12
/* From the first columns of the present row. */
void user_read(const struct db_rows *rows, struct user *out);

/* A name or address in the form that is compared: ASCII lower case. `out` is as large as the limit
 * of what was checked; ERR_TOO_LARGE. */
enum err user_fold(struct str text, char *out, size_t size) MUST_USE;
/* Names of the form deleted-... belong to deleted accounts. */
bool user_name_is_reserved(struct str username);

/* A new row of whatever kind. Texts are not NULL-terminated; empty ones are absent. */
struct user_row {
    struct str username, email, region, password_hash;
    bool is_guest, is_external;
    uint64_t now_ms;
};
enum err user_insert(struct db *db, const struct user_row *row, uint64_t *user_id) MUST_USE;
/* OK, or ERR_USERNAME_TAKEN (also reserved), ERR_EMAIL_TAKEN by somebody else than `but_id`. */
enum err user_name_is_free(struct db *db, struct str username, uint64_t but_id) MUST_USE;
enum err user_email_is_free(struct db *db, struct str email, uint64_t but_id) MUST_USE;

#endif
