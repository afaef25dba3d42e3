#include "lib/store/bots.h"

static const char *const NAMES[BOT_LEVEL_MAX + 1] = {"", "bot-easy", "bot-normal", "bot-hard"};

const char *bot_name(uint32_t level)
{
    return level <= BOT_LEVEL_MAX ? NAMES[level] : "";
}

bool bot_has_name(struct str username)
{
    for (uint32_t level = 1; level <= BOT_LEVEL_MAX; level++)
        if (str_eq_nocase(username, str_from_c(NAMES[level])))
            return true;
    return false;
}
