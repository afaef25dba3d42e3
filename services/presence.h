/*
 * Who has a socket open on this node, and who had one within the last ten seconds. Shared by all
 * reactors; also the place where the cap of sockets per user is kept.
 */
#ifndef RALLY_SERVICES_PRESENCE_H
#define RALLY_SERVICES_PRESENCE_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define PRESENCE_LINGER_MS 10000
#define PRESENCE_USERS_MAX 262144

struct presence;

struct presence *presence_new(void);
void presence_free(struct presence *presence);
/* A socket of the user opened. ERR_TOO_MANY_MESSAGES when `sockets_max` (0: any number) are open;
 * ERR_FULL when the table is full. */
enum err presence_enter(struct presence *presence, uint64_t user_id, uint32_t sockets_max) MUST_USE;
void presence_leave(struct presence *presence, uint64_t user_id);
/* Sockets of the user that are open now. */
uint32_t presence_sockets(struct presence *presence, uint64_t user_id);
bool presence_is_online(struct presence *presence, uint64_t user_id);
/* Forgets who left long ago. */
void presence_purge(struct presence *presence);

#endif
