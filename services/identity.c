/* A direct-mapped table: a newcomer takes the place of whoever hashes to the same row. */
#include "services/identity.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/crypt/random.h"
#include "lib/store/users.h"

#define ROWS 4096
/* A deletion or a ban is heard within this time, also when it happened in another process. */
#define KEPT_MS 1000

struct row {
    char subject[sizeof(((struct access_claims *)NULL)->external_subject)];
    uint64_t known_at_ms;
    struct caller caller; /* user_id 0: empty */
};

struct identities {
    pthread_mutex_t lock;
    struct row rows[ROWS];
};

struct identities *identities_new(void)
{
    struct identities *identities = calloc(1, sizeof(*identities));

    if (!identities)
        return NULL;
    CHECK(pthread_mutex_init(&identities->lock, NULL) == 0);
    return identities;
}

void identities_free(struct identities *identities)
{
    if (!identities)
        return;
    pthread_mutex_destroy(&identities->lock);
    free(identities);
}

static struct row *row_of(struct identities *identities, const char *subject)
{
    return &identities->rows[hash_keyed(subject, strlen(subject)) % ROWS];
}

static bool cache_get(struct identities *identities, const char *subject, uint64_t now_ms,
                      struct caller *out)
{
    struct row *row = row_of(identities, subject);
    bool is_there;

    pthread_mutex_lock(&identities->lock);
    /* A clock that went back makes the age huge, and the row is read again. */
    is_there = row->caller.user_id != 0 && now_ms - row->known_at_ms < KEPT_MS &&
               strcmp(row->subject, subject) == 0;
    if (is_there)
        *out = row->caller;
    pthread_mutex_unlock(&identities->lock);
    return is_there;
}

static void cache_put(struct identities *identities, const char *subject, uint64_t now_ms,
                      const struct caller *caller)
{
    struct row *row = row_of(identities, subject);

    pthread_mutex_lock(&identities->lock);
    row->known_at_ms = now_ms;
    row->caller = *caller;
    CHECK(str_to_c(str_from_c(subject), row->subject, sizeof(row->subject)) == OK);
    pthread_mutex_unlock(&identities->lock);
}

void identity_forget(struct identities *identities, uint64_t user_id)
{
    pthread_mutex_lock(&identities->lock);
    for (size_t i = 0; i < ROWS; i++)
        if (identities->rows[i].caller.user_id == user_id)
            identities->rows[i] = (struct row){0};
    pthread_mutex_unlock(&identities->lock);
}

struct resolution {
    struct user_external_args args;
    struct user_external result;
};

static enum err find_txn(struct db *db, void *arg)
{
    struct resolution *resolution = arg;

    return user_find_external(db, resolution->args.issuer, resolution->args.subject,
                              &resolution->result.user);
}

static enum err make_txn(struct db *db, void *arg)
{
    struct resolution *resolution = arg;

    return user_external(db, &resolution->args, &resolution->result);
}

static enum err find_or_make(struct store *store, struct resolution *resolution)
{
    enum err err = store_read(store, find_txn, resolution);

    if (err != ERR_NOT_FOUND)
        return err;
    /* Durable before anything is answered in this player's name. */
    return store_write_durable(store, make_txn, resolution);
}

enum err identity_resolve_external(struct context *context, const struct access_claims *claims,
                                   uint64_t now_ms, struct caller *out)
{
    struct resolution resolution = {.args = {.subject = str_from_c(claims->external_subject),
                                             .username = str_from_c(claims->username),
                                             .random = random_u64(),
                                             .now_ms = now_ms}};
    const struct user *user = &resolution.result.user;
    struct caller caller = {.is_external = true};
    enum err err;

    CHECK(claims->is_external);
    if (cache_get(context->identities, claims->external_subject, now_ms, out))
        return OK;
    err = find_or_make(context->store, &resolution);
    if (err)
        return err;
    if (user->banned_until_ms > now_ms)
        return ERR_BANNED;
    caller.user_id = user->id;
    caller.session_id = identity_session_id(user->id);
    if (str_to_c(str_from_c(user->username), caller.username, sizeof(caller.username)))
        return ERR_INTERNAL;
    cache_put(context->identities, claims->external_subject, now_ms, &caller);
    *out = caller;
    return OK;
}
