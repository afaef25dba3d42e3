/*
 * Accounts whose name is made or mended here: guests, and those of an outside user service. A name
 * that is taken gets a suffix of five random characters; after a few of those a made-up one.
 */
#include "lib/store/user_rows.h"

#include "lib/base/buf.h"
#include "lib/base/rng.h"

#define SUFFIX_LEN 5
#define MADE_LEN 6
#define TRIES 8

/* No vowels and nothing that looks like something else: no words, no mix-ups. */
static const char ALPHABET[] = "bcdfghjkmnpqrstvwxz23456789";

static void put_random(struct buf *name, struct rng *rng, int len)
{
    for (int i = 0; i < len; i++)
        buf_put_char(name, ALPHABET[rng_below(rng, sizeof(ALPHABET) - 1)]);
}

/* The wish itself first, then with suffixes, then "<kind>-xxxxxx". */
static struct str candidate(struct buf *name, struct str wish, const char *kind, int attempt,
                            struct rng *rng)
{
    buf_clear(name);
    if (wish.len > 0 && attempt < TRIES / 2) {
        bool has_suffix = attempt > 0;
        size_t len_max = USER_NAME_SIZE - 1 - (has_suffix ? SUFFIX_LEN + 1 : 0);
        buf_put_str(name, str_slice(wish, 0, len_max));
        if (has_suffix) {
            buf_put_char(name, '-');
            put_random(name, rng, SUFFIX_LEN);
        }
        return buf_str(name);
    }
    buf_put_c(name, kind);
    buf_put_char(name, '-');
    put_random(name, rng, MADE_LEN);
    return buf_str(name);
}

/* A free name near the wish, in `name`. */
static enum err find_free_name(struct db *db, struct str wish, const char *kind, uint64_t random,
                               struct buf *name)
{
    struct rng rng;

    rng_init(&rng, random);
    for (int attempt = 0; attempt < TRIES; attempt++) {
        enum err err = user_name_is_free(db, candidate(name, wish, kind, attempt, &rng), 0);
        if (err != ERR_USERNAME_TAKEN)
            return err;
    }
    return ERR_USERNAME_TAKEN;
}

enum err user_create_guest(struct db *db, const struct user_guest_args *args, struct user *out)
{
    struct user_row row = {.region = args->region, .is_guest = true, .now_ms = args->now_ms};
    char memory[USER_NAME_SIZE];
    struct buf name;
    uint64_t id;
    enum err err;

    buf_init_fixed(&name, memory, sizeof(memory));
    if (args->username.len >= USER_NAME_SIZE)
        return ERR_TOO_LARGE;
    if (args->username.len > 0 && args->is_exact) {
        err = user_name_is_free(db, args->username, 0);
        buf_put_str(&name, args->username);
    } else {
        err = find_free_name(db, args->username, "guest", args->random, &name);
    }
    if (err)
        return err;
    row.username = buf_str(&name);
    if ((err = user_insert(db, &row, &id)))
        return err;
    return user_find(db, id, out);
}

/* -- outside identities ---------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Another service's names follow other rules: what Rally allows of one, or nothing. All digits
 * would look like an id. */
static struct str mend_name(struct str outside, struct buf *name)
{
    bool has_letter = false;

    for (size_t i = 0; i < outside.len && name->len < USER_NAME_SIZE - 1; i++) {
        char c = outside.ptr[i];
        if (!is_name_char(c))
            continue;
        buf_put_char(name, c);
        has_letter |= c < '0' || c > '9';
    }
    return name->len >= 3 && has_letter ? buf_str(name) : STR("");
}

enum err user_find_external(struct db *db, struct str issuer, struct str subject, struct user *out)
{
    struct db_rows *rows;
    enum err err = ROW_ONE(db,
                           "SELECT " USER_COLUMNS " FROM external_identities e "
                           "JOIN users u ON u.id = e.user_id "
                           "WHERE e.issuer = $1 AND e.subject = $2 AND u.deleted_ms IS NULL",
                           ERR_NOT_FOUND, &rows, DB_ARG_TEXT(issuer), DB_ARG_TEXT(subject));

    if (err)
        return err;
    user_read(rows, out);
    db_done(rows);
    return OK;
}

static enum err create_external(struct db *db, const struct user_external_args *args,
                                uint64_t *user_id)
{
    struct user_row row = {.is_external = true, .now_ms = args->now_ms};
    char wish_memory[USER_NAME_SIZE], name_memory[USER_NAME_SIZE];
    struct buf wish, name;
    enum err err;

    buf_init_fixed(&wish, wish_memory, sizeof(wish_memory));
    buf_init_fixed(&name, name_memory, sizeof(name_memory));
    err = find_free_name(db, mend_name(args->username, &wish), "user", args->random, &name);
    if (err)
        return err;
    row.username = buf_str(&name);
    if ((err = user_insert(db, &row, user_id)))
        return err;
    return DB_RUN(db,
                  "INSERT INTO external_identities (issuer, subject, user_id, created_ms) "
                  "VALUES ($1, $2, $3, $4)",
                  NULL, DB_ARG_TEXT(args->issuer), DB_ARG_TEXT(args->subject), DB_ARG_I64(*user_id),
                  DB_ARG_I64(args->now_ms));
}

enum err user_external(struct db *db, const struct user_external_args *args,
                       struct user_external *out)
{
    uint64_t id;
    enum err err = user_find_external(db, args->issuer, args->subject, &out->user);

    out->is_new = err == ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND)
        return err;
    if ((err = create_external(db, args, &id)))
        return err;
    return user_find(db, id, &out->user);
}
