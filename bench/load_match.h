/* Fills games before a run: sends players through the quick queue until each has an opponent. */
#ifndef BENCH_LOAD_MATCH_H
#define BENCH_LOAD_MATCH_H

#include "bench/load_player.h"

#include <netinet/in.h>
#include <stddef.h>

/* Joins all players (an even number, tokens set) and orders them so that players 2r and 2r+1 share
 * a game. Dies when one of them is not matched within 60 s. */
void load_match_all(struct sockaddr_in server, struct player *players, size_t count);

#endif
