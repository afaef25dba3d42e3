/* What the key of `/ws/game/{key}/` says by its form alone (protocol section 10). */
#ifndef RALLY_SERVICES_SESSION_KEYS_H
#define RALLY_SERVICES_SESSION_KEYS_H

#include "lib/base/str.h"

/* `<tournament>#<match>#<name>`, or with `-` for the two marks, since a raw `#` never leaves a
 * browser. The name is whatever follows and may hold marks itself: it is for people. */
struct tournament_key {
    uint64_t tournament_id;
    uint64_t match_id;
};
/* False when the key has another form. */
bool key_is_tournament(struct str key, struct tournament_key *out);

#endif
