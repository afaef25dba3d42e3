/*
 * The outbox publisher: facts that were written beside their effect (lib/store/outbox.h) become
 * events on the bus, at least once, in order per aggregate. One node at a time publishes, by the
 * lease "outbox"; the others wait for it to expire.
 */
#ifndef RALLY_SERVICES_PUBLISHER_H
#define RALLY_SERVICES_PUBLISHER_H

#include "services/role.h"

/* Timers and metrics only. */
extern const struct role ROLE_PUBLISHER;

#endif
