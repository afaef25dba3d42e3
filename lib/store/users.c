/*
 * Native accounts: making, finding, changing. Guests and outside identities are in user_guests.c,
 * forgetting a person in user_delete.c, the export in user_export.c.
 *
 * "Taken" is asked before writing, so that the answer can say which of name and address it was; the
 * unique columns are the guard should two ask at once.
 */
#include "lib/store/users.h"

#include "lib/store/bots.h"
#include "lib/store/user_rows.h"

/* -- shared with the other files ------------------------------------------------------------- */

void user_read(const struct db_rows *rows, struct user *out)
{
    out->id = row_u64(rows, 0);
    row_text(rows, 1, out->username, sizeof(out->username));
    row_text(rows, 2, out->display_name, sizeof(out->display_name));
    row_text(rows, 3, out->email, sizeof(out->email));
    row_text(rows, 4, out->region, sizeof(out->region));
    row_text(rows, 5, out->role, sizeof(out->role));
    row_text(rows, 6, out->ban_reason, sizeof(out->ban_reason));
    out->banned_until_ms = row_u64(rows, 7);
    out->created_ms = row_u64(rows, 8);
    out->version = row_u64(rows, 9);
    out->is_guest = row_bool(rows, 10);
    out->is_external = row_bool(rows, 11);
}

enum err user_fold(struct str text, char *out, size_t size)
{
    enum err err = str_to_c(text, out, size);

    if (err)
        return err;
    for (size_t i = 0; i < text.len; i++) {
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    }
    return OK;
}

bool user_name_is_reserved(struct str username)
{
    struct str reserved = STR("deleted-");

    return str_eq_nocase(str_slice(username, 0, reserved.len), reserved) || bot_has_name(username);
}

static enum err find_folded(struct db *db, const char *sql, struct str folded, uint64_t but_id,
                            enum err taken)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db, sql, ERR_NOT_FOUND, &rows, DB_ARG_TEXT(folded), DB_ARG_I64(but_id));

    if (err == ERR_NOT_FOUND)
        return OK;
    if (err)
        return err;
    db_done(rows);
    return taken;
}

enum err user_name_is_free(struct db *db, struct str username, uint64_t but_id)
{
    char folded[USER_NAME_SIZE];
    enum err err = user_fold(username, folded, sizeof(folded));

    if (err)
        return err;
    if (user_name_is_reserved(username))
        return ERR_USERNAME_TAKEN;
    return find_folded(db, "SELECT id FROM users WHERE username_folded = $1 AND id <> $2",
                       str_from_c(folded), but_id, ERR_USERNAME_TAKEN);
}

enum err user_email_is_free(struct db *db, struct str email, uint64_t but_id)
{
    char folded[USER_EMAIL_SIZE];
    enum err err = user_fold(email, folded, sizeof(folded));

    if (err)
        return err;
    if (email.len == 0)
        return OK;
    return find_folded(db, "SELECT id FROM users WHERE email_folded = $1 AND id <> $2",
                       str_from_c(folded), but_id, ERR_EMAIL_TAKEN);
}

enum err user_insert(struct db *db, const struct user_row *row, uint64_t *user_id)
{
    char name[USER_NAME_SIZE];
    char email[USER_EMAIL_SIZE];
    uint64_t id;
    enum err err;

    if ((err = user_fold(row->username, name, sizeof(name))) ||
        (err = user_fold(row->email, email, sizeof(email))))
        return err;
    if (row->region.len >= USER_REGION_SIZE || row->password_hash.len >= USER_HASH_SIZE)
        return ERR_TOO_LARGE;
    if ((err = row_next_id(db, STR("user"), &id)))
        return err;
    err = DB_RUN(db,
                 "INSERT INTO users (id, username, username_folded, email, email_folded, region, "
                 "password_hash, is_guest, is_external, created_ms, updated_ms) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
                 NULL, DB_ARG_I64(id), DB_ARG_TEXT(row->username), DB_ARG_TEXT(str_from_c(name)),
                 row_text_or_null(row->email), row_text_or_null(str_from_c(email)),
                 DB_ARG_TEXT(row->region), row_text_or_null(row->password_hash),
                 DB_ARG_I64(row->is_guest), DB_ARG_I64(row->is_external), DB_ARG_I64(row->now_ms));
    if (err)
        return err == ERR_EXISTS ? ERR_USERNAME_TAKEN : err;
    *user_id = id;
    return OK;
}

/* -- making and finding ---------------------------------------------------------------------- */

enum err user_create(struct db *db, const struct user_create_args *args, struct user *out)
{
    struct user_row row = {.username = args->username,
                           .email = args->email,
                           .region = args->region,
                           .password_hash = args->password_hash,
                           .now_ms = args->now_ms};
    uint64_t id;
    enum err err;

    if ((err = user_name_is_free(db, args->username, 0)))
        return err;
    if ((err = user_email_is_free(db, args->email, 0)))
        return err;
    if ((err = user_insert(db, &row, &id)))
        return err;
    return user_find(db, id, out);
}

enum err user_upgrade(struct db *db, const struct user_upgrade_args *args, struct user *out)
{
    struct user user;
    struct str username = args->username;
    char name[USER_NAME_SIZE];
    char email[USER_EMAIL_SIZE];
    enum err err = user_find(db, args->user_id, &user);

    if (err)
        return err;
    if (!user.is_guest)
        return ERR_NOT_GUEST;
    if (username.len == 0)
        username = str_from_c(user.username);
    if ((err = user_name_is_free(db, username, user.id)))
        return err;
    if ((err = user_email_is_free(db, args->email, user.id)))
        return err;
    if ((err = user_fold(username, name, sizeof(name))) ||
        (err = user_fold(args->email, email, sizeof(email))))
        return err;
    if (args->password_hash.len >= USER_HASH_SIZE)
        return ERR_TOO_LARGE;
    err = ROW_CHANGE(db,
                     "UPDATE users SET username = $2, username_folded = $3, email = $4, "
                     "email_folded = $5, password_hash = $6, is_guest = 0, updated_ms = $7, "
                     "version = version + 1 WHERE id = $1 AND is_guest = 1",
                     ERR_NOT_GUEST, DB_ARG_I64(user.id), DB_ARG_TEXT(username),
                     DB_ARG_TEXT(str_from_c(name)), row_text_or_null(args->email),
                     row_text_or_null(str_from_c(email)), DB_ARG_TEXT(args->password_hash),
                     DB_ARG_I64(args->now_ms));
    if (err)
        return err == ERR_EXISTS ? ERR_USERNAME_TAKEN : err;
    return user_find(db, user.id, out);
}

enum err user_find(struct db *db, uint64_t user_id, struct user *out)
{
    struct db_rows *rows;
    enum err err =
        ROW_ONE(db, "SELECT " USER_COLUMNS " FROM users u WHERE u.id = $1 AND u.deleted_ms IS NULL",
                ERR_NOT_FOUND, &rows, DB_ARG_I64(user_id));

    if (err)
        return err;
    user_read(rows, out);
    db_done(rows);
    return OK;
}

/* A name too long to exist is a name that is not there. */
enum err user_find_by_name(struct db *db, struct str username, struct user *out)
{
    char folded[USER_NAME_SIZE];
    struct db_rows *rows;
    enum err err;

    if (user_fold(username, folded, sizeof(folded)))
        return ERR_NOT_FOUND;
    err = ROW_ONE(db,
                  "SELECT " USER_COLUMNS
                  " FROM users u WHERE u.username_folded = $1 AND u.deleted_ms IS NULL",
                  ERR_NOT_FOUND, &rows, DB_ARG_TEXT(str_from_c(folded)));
    if (err)
        return err;
    user_read(rows, out);
    db_done(rows);
    return OK;
}

/* -- passwords ------------------------------------------------------------------------------- */

static void credentials_read(struct db_rows *rows, struct user_credentials *out)
{
    user_read(rows, &out->user);
    row_text(rows, USER_COLUMN_COUNT, out->password_hash, sizeof(out->password_hash));
    db_done(rows);
}

enum err user_credentials(struct db *db, struct str username, struct user_credentials *out)
{
    char folded[USER_NAME_SIZE];
    struct db_rows *rows;
    enum err err;

    if (user_fold(username, folded, sizeof(folded)))
        return ERR_NOT_FOUND;
    err = ROW_ONE(db,
                  "SELECT " USER_COLUMNS ", u.password_hash FROM users u "
                  "WHERE u.username_folded = $1 AND u.deleted_ms IS NULL",
                  ERR_NOT_FOUND, &rows, DB_ARG_TEXT(str_from_c(folded)));
    if (err)
        return err;
    credentials_read(rows, out);
    return OK;
}

enum err user_credentials_by_id(struct db *db, uint64_t user_id, struct user_credentials *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT " USER_COLUMNS ", u.password_hash FROM users u "
                           "WHERE u.id = $1 AND u.deleted_ms IS NULL",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(user_id));

    if (err)
        return err;
    credentials_read(rows, out);
    return OK;
}

enum err user_set_password(struct db *db, uint64_t user_id, struct str password_hash,
                           uint64_t now_ms)
{
    if (password_hash.len >= USER_HASH_SIZE)
        return ERR_TOO_LARGE;
    return ROW_CHANGE(db,
                      "UPDATE users SET password_hash = $2, updated_ms = $3, "
                      "version = version + 1 "
                      "WHERE id = $1 AND deleted_ms IS NULL AND is_guest = 0",
                      ERR_NOT_FOUND, DB_ARG_I64(user_id), DB_ARG_TEXT(password_hash),
                      DB_ARG_I64(now_ms));
}

enum err user_replace_password(struct db *db, uint64_t user_id, struct str from, struct str to,
                               uint64_t now_ms)
{
    if (to.len >= USER_HASH_SIZE)
        return ERR_TOO_LARGE;
    return ROW_CHANGE(db,
                      "UPDATE users SET password_hash = $3, updated_ms = $4, "
                      "version = version + 1 "
                      "WHERE id = $1 AND password_hash = $2 AND deleted_ms IS NULL",
                      ERR_CONFLICT, DB_ARG_I64(user_id), DB_ARG_TEXT(from), DB_ARG_TEXT(to),
                      DB_ARG_I64(now_ms));
}

/* -- the profile ----------------------------------------------------------------------------- */

static bool fits(const struct str *text, size_t size)
{
    return !text || text->len < size;
}

/* COALESCE keeps what is not given: a NULL parameter is "leave it". */
static struct db_value given(const struct str *text)
{
    return text ? DB_ARG_TEXT(*text) : DB_ARG_NULL;
}

static enum err patch_email(struct db *db, const struct user_patch_args *args)
{
    char folded[USER_EMAIL_SIZE];
    enum err err;

    if (!args->email)
        return OK;
    if ((err = user_email_is_free(db, *args->email, args->user_id)))
        return err;
    if ((err = user_fold(*args->email, folded, sizeof(folded))))
        return err;
    err = ROW_CHANGE(db,
                     "UPDATE users SET email = $2, email_folded = $3 "
                     "WHERE id = $1 AND deleted_ms IS NULL",
                     ERR_NOT_FOUND, DB_ARG_I64(args->user_id), row_text_or_null(*args->email),
                     row_text_or_null(str_from_c(folded)));
    return err == ERR_EXISTS ? ERR_EMAIL_TAKEN : err;
}

enum err user_patch(struct db *db, const struct user_patch_args *args)
{
    enum err err;

    if (!fits(args->display_name, USER_DISPLAY_SIZE) || !fits(args->region, USER_REGION_SIZE) ||
        !fits(args->preferences, USER_PREFERENCES_SIZE) ||
        !fits(args->latencies, USER_LATENCIES_SIZE))
        return ERR_TOO_LARGE;
    err = ROW_CHANGE(db,
                     "UPDATE users SET display_name = COALESCE($2, display_name), "
                     "region = COALESCE($3, region), preferences = COALESCE($4, preferences), "
                     "latencies = COALESCE($5, latencies), updated_ms = $6, "
                     "version = version + 1 WHERE id = $1 AND deleted_ms IS NULL",
                     ERR_NOT_FOUND, DB_ARG_I64(args->user_id), given(args->display_name),
                     given(args->region), given(args->preferences), given(args->latencies),
                     DB_ARG_I64(args->now_ms));
    return err ? err : patch_email(db, args);
}

enum err user_profile(struct db *db, uint64_t user_id, struct user_profile *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT " USER_COLUMNS ", u.preferences, u.latencies, "
                           "c.kind, c.ref_id, p.party_id FROM users u "
                           "LEFT JOIN claims c ON c.user_id = u.id "
                           "LEFT JOIN party_members p ON p.user_id = u.id "
                           "WHERE u.id = $1 AND u.deleted_ms IS NULL",
                           ERR_NOT_FOUND, &rows, DB_ARG_I64(user_id));

    if (err)
        return err;
    user_read(rows, &out->user);
    row_text(rows, USER_COLUMN_COUNT, out->preferences, sizeof(out->preferences));
    row_text(rows, USER_COLUMN_COUNT + 1, out->latencies, sizeof(out->latencies));
    out->claim.kind = claim_kind_of(db_text(rows, USER_COLUMN_COUNT + 2));
    out->claim.ref_id = row_u64(rows, USER_COLUMN_COUNT + 3);
    out->party_id = row_u64(rows, USER_COLUMN_COUNT + 4);
    db_done(rows);
    return ratings_list(db, user_id, out->ratings, USER_PROFILE_RATINGS_MAX, &out->rating_count);
}

enum err user_ban(struct db *db, uint64_t user_id, uint64_t until_ms, struct str reason,
                  uint64_t now_ms)
{
    if (reason.len >= USER_REASON_SIZE)
        return ERR_TOO_LARGE;
    return ROW_CHANGE(db,
                      "UPDATE users SET banned_until_ms = $2, ban_reason = $3, updated_ms = $4, "
                      "version = version + 1 WHERE id = $1 AND deleted_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(user_id), DB_ARG_I64(until_ms),
                      DB_ARG_TEXT(until_ms ? reason : STR("")), DB_ARG_I64(now_ms));
}

enum err user_set_role(struct db *db, uint64_t user_id, struct str role, uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "UPDATE users SET role = $2, updated_ms = $3, version = version + 1 "
                      "WHERE id = $1 AND deleted_ms IS NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(user_id), DB_ARG_TEXT(role), DB_ARG_I64(now_ms));
}
