/* See keys.h. */
#include "services/session/keys.h"

#include "lib/store/matches.h"

static bool split(struct str key, char mark, struct tournament_key *out)
{
    size_t first = str_find(key, mark, 0);
    size_t second = first < key.len ? str_find(key, mark, first + 1) : key.len;

    if (second + 1 >= key.len)
        return false;
    return str_to_u64(str_slice(key, 0, first), INT64_MAX, &out->tournament_id) == OK &&
           str_to_u64(str_slice(key, first + 1, second), INT64_MAX, &out->match_id) == OK;
}

/* With `-` it could also be a username: then both numbers must be such as ids are. */
bool key_is_tournament(struct str key, struct tournament_key *out)
{
    if (split(key, '#', out))
        return true;
    return split(key, '-', out) && out->tournament_id >= MATCH_ID_FIRST &&
           out->match_id >= MATCH_ID_FIRST;
}
