/* The roles' periodic jobs, on one thread of their own: plain blocking code, one after another. */
#ifndef RALLY_APPS_TIMERS_H
#define RALLY_APPS_TIMERS_H

#include "services/role.h"

#define TIMERS_MAX 32

struct timers;

struct timers *timers_new(struct context *context);
/* Before timers_start. */
void timers_add(struct timers *timers, const struct role *role);
void timers_start(struct timers *timers);
/* Ends the thread after the job that runs, and frees. */
void timers_stop(struct timers *timers);

#endif
