/* Friends and blocks as their owner reads them. */
#ifndef RALLY_SERVICES_LOBBY_PEOPLE_H
#define RALLY_SERVICES_LOBBY_PEOPLE_H

#include "lib/store/friends.h"
#include "lib/wire/json.h"
#include "services/context.h"

#define PEOPLE_MAX (FRIENDS_MAX + FRIENDS_PENDING_MAX)

struct people {
    struct friend_row rows[PEOPLE_MAX];
    struct claim claims[PEOPLE_MAX]; /* of friends */
    size_t count;
};
/* Friends and requests, with what the friends do. Inside a transaction. */
enum err people_friends(struct db *db, uint64_t user_id, struct people *out) MUST_USE;
/* The array of {player_id, username, state, presence}; presence is null for who is no friend yet:
 * whether a stranger is online is nobody's business. */
void people_friends_put(struct json_writer *w, const struct context *context,
                        const struct people *people);

#endif
