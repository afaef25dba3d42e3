/* Telling both of a challenge from a handler, behind the commit that its reply waits for. */
#ifndef RALLY_SERVICES_LOBBY_DUEL_REPLY_H
#define RALLY_SERVICES_LOBBY_DUEL_REPLY_H

#include "lib/store/duels.h"
#include "services/role.h"

void duel_tell_with_reply(struct request *request, struct reply *reply, const struct duel_row *row);

#endif
