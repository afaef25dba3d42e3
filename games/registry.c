/* See registry.h. A new game is a folder beside pong/ and a line here. */
#include "games/registry.h"

#include "games/pong/pong.h"

static const struct game_ops *const GAMES[] = {
    &PONG,
};

const struct game_ops *registry_at(size_t index)
{
    return index < ARRAY_COUNT(GAMES) ? GAMES[index] : NULL;
}

const struct game_ops *registry_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(GAMES); i++) {
        if (str_eq(name, str_from_c(GAMES[i]->name)))
            return GAMES[i];
    }
    return NULL;
}

enum err registry_ruleset_find(const struct game_ops *game, struct str name, uint8_t *index)
{
    for (uint8_t i = 0; i < game->ruleset_count; i++) {
        if (str_eq(name, str_from_c(game->rulesets[i].name))) {
            *index = i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}
