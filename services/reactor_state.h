/* Where each role keeps what it has per reactor: one pointer, set by its reactor_start. */
#ifndef RALLY_SERVICES_REACTOR_STATE_H
#define RALLY_SERVICES_REACTOR_STATE_H

#include "lib/net/net.h"

enum reactor_slot {
    REACTOR_SLOT_GATEWAY,
    REACTOR_SLOT_MATCHMAKER,
    REACTOR_SLOT_SESSION,
    REACTOR_SLOT_TOURNAMENT,
    REACTOR_SLOT_LOBBY,
    REACTOR_SLOT_COUNT,
};

struct reactor_state {
    void *slots[REACTOR_SLOT_COUNT];
};

static inline void *reactor_state(struct reactor *reactor, enum reactor_slot slot)
{
    struct reactor_state *state = reactor_user(reactor);

    return state->slots[slot];
}

static inline void reactor_state_set(struct reactor *reactor, enum reactor_slot slot, void *value)
{
    struct reactor_state *state = reactor_user(reactor);

    state->slots[slot] = value;
}

#endif
