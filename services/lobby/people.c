/* See people.h. */
#include "services/lobby/people.h"

#include "services/lobby/presence_watch.h"

enum err people_friends(struct db *db, uint64_t user_id, struct people *out)
{
    enum err err = friends_list(db, user_id, out->rows, PEOPLE_MAX, &out->count);

    for (size_t i = 0; i < out->count && !err; i++)
        if (out->rows[i].state == FRIEND_FRIENDS)
            err = claim_find(db, out->rows[i].user_id, &out->claims[i]);
    return err;
}

static const char *state_word(enum friend_state state)
{
    switch (state) {
    case FRIEND_REQUESTED:
        return "requested";
    case FRIEND_PENDING:
        return "pending";
    case FRIEND_FRIENDS:
        return "friends";
    case FRIEND_NONE:
        break;
    }
    return "none";
}

void people_friends_put(struct json_writer *w, const struct context *context,
                        const struct people *people)
{
    json_array_begin(w);
    for (size_t i = 0; i < people->count; i++) {
        const struct friend_row *row = &people->rows[i];
        json_object_begin(w);
        json_u64_text(w, "player_id", row->user_id);
        json_c(w, "username", row->username);
        json_c(w, "state", state_word(row->state));
        if (row->state == FRIEND_FRIENDS)
            json_c(w, "presence", presence_word(context, row->user_id, &people->claims[i]));
        else
            json_null(w, "presence");
        json_object_end(w);
    }
    json_array_end(w);
}
