/* See snapshot.h. */
#include "services/lobby/snapshot.h"

#include <stdlib.h>

#include "services/lobby/duel.h"
#include "services/lobby/people.h"

struct reading {
    uint64_t user_id;
    struct user user;
    struct claim claim;
    struct duel_row duel;
    struct people people;
};

static enum err reading_txn(struct db *db, void *arg)
{
    struct reading *reading = arg;
    enum err err = user_find(db, reading->user_id, &reading->user);

    if (err)
        return err;
    if ((err = claim_find(db, reading->user_id, &reading->claim)))
        return err;
    if (reading->claim.kind == CLAIM_DUEL)
        err = duels_find(db, reading->claim.ref_id, &reading->duel);
    return err ? err : people_friends(db, reading->user_id, &reading->people);
}

static const char *status_word(const struct claim *claim)
{
    switch (claim->kind) {
    case CLAIM_MATCH:
        return "in_match";
    case CLAIM_TICKET:
        return "queued";
    case CLAIM_DUEL:
        return "invited";
    case CLAIM_NONE:
        break;
    }
    return "idle"; /* it is sent to an open socket */
}

static void reading_put(struct json_writer *w, const struct context *context,
                        const struct reading *reading)
{
    json_object_begin(w);
    json_c(w, "status", status_word(&reading->claim));
    json_key(w, "match_id");
    if (reading->claim.kind == CLAIM_MATCH)
        json_put_u64_text(w, reading->claim.ref_id);
    else
        json_put_null(w);
    json_key(w, "duel");
    if (reading->claim.kind == CLAIM_DUEL)
        duel_data_put(w, &reading->duel);
    else
        json_put_null(w);
    json_key(w, "friends");
    people_friends_put(w, context, &reading->people);
    json_object_end(w);
}

enum err snapshot_put(struct context *context, uint64_t user_id, struct buf *out)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    struct json_writer w = json_writer_of(out);
    enum err err;

    if (!reading)
        return ERR_FULL;
    reading->user_id = user_id;
    err = store_read(context->store, reading_txn, reading);
    if (!err) {
        reading_put(&w, context, reading);
        err = buf_ok(out) ? OK : ERR_FULL;
    }
    free(reading);
    return err;
}
