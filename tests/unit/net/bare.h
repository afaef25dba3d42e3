/*
 * A reactor without a thread and without listeners: the test turns its loop itself, so that what
 * one turn does can be told apart from what the next one does.
 */
#ifndef RALLY_TESTS_UNIT_NET_BARE_H
#define RALLY_TESTS_UNIT_NET_BARE_H

#include <stdlib.h>

#include "lib/net/inside.h"
#include "tests/unit/test.h"

struct bare {
    struct server server;
    struct net_handlers handlers;
    struct reactor reactor;
};

static inline struct bare *bare_new(void)
{
    struct bare *bare = calloc(1, sizeof(*bare));

    CHECK(bare != NULL);
    bare->server.config.tls_cert = "";
    bare->server.config.handlers = &bare->handlers;
    EXPECT_OK(reactor_init(&bare->reactor, &bare->server, 0));
    return bare;
}

static inline void bare_free(struct bare *bare)
{
    reactor_shut(&bare->reactor);
    reactor_loop(&bare->reactor);
    EXPECT_INT(0, uv_loop_close(&bare->reactor.loop));
    slots_release(&bare->reactor.conns);
    frame_pool_free(&bare->reactor);
    free(bare->reactor.timers.items);
    free(bare->reactor.read_buffer);
    free(bare);
}

/* One turn: waits until something is due, does that, and returns. */
static inline void bare_turn(struct bare *bare)
{
    (void)uv_run(&bare->reactor.loop, UV_RUN_ONCE);
}

#endif
