/*
 * The role `webhook`: results of rooms leave through the outbox to an outside user service
 * (protocol section 4). A result is delivered until the other side has it, whatever happens to this
 * process in between; what the other side refuses for good is parked for an operator.
 */
#ifndef RALLY_SERVICES_WEBHOOK_H
#define RALLY_SERVICES_WEBHOOK_H

#include "services/role.h"

extern const struct role ROLE_WEBHOOK;

#endif
