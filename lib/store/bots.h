/*
 * The server's own players. A bot is no account: its seat in a match has no user, only a level, so
 * any number of them can play at once and none can ever log in. What people read in its place is a
 * name that nobody can register.
 */
#ifndef RALLY_STORE_BOTS_H
#define RALLY_STORE_BOTS_H

#include "lib/base/str.h"

#define BOT_LEVEL_MAX 3

/* "bot-easy", "bot-normal", "bot-hard" for levels 1 to 3; "" otherwise. Static storage. */
const char *bot_name(uint32_t level);
/* True for the name of a bot, in any case of letters. */
bool bot_has_name(struct str username);

#endif
