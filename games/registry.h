/*
 * The games of this build, one line each in registry.c. Rooms, modes and replays find a game and
 * its ruleset here by name; nothing else in Rally names a game.
 */
#ifndef RALLY_GAMES_REGISTRY_H
#define RALLY_GAMES_REGISTRY_H

#include "lib/base/str.h"
#include "lib/core/game.h"

/* NULL when there is no such game. Static storage. */
const struct game_ops *registry_find(struct str name);
/* Walk: the game at `index`, NULL at the end. */
const struct game_ops *registry_at(size_t index);
/* ERR_NOT_FOUND when the game has no such ruleset. */
enum err registry_ruleset_find(const struct game_ops *game, struct str name,
                               uint8_t *index) MUST_USE;

#endif
