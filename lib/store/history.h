/* What has been played, read from the matches themselves: there is no second copy to disagree. */
#ifndef RALLY_STORE_HISTORY_H
#define RALLY_STORE_HISTORY_H

#include "lib/store/matches.h"

/* One row of `GET /game/history/`: dialect A's fields. Ends by no-show are in it, cancelled matches
 * are not. */
struct history_item {
    uint64_t match_id;
    char player1[USER_NAME_SIZE]; /* left seat */
    char player2[USER_NAME_SIZE]; /* right seat */
    uint64_t player1_id, player2_id;
    char winner[USER_NAME_SIZE]; /* empty: none */
    uint32_t player1_score, player2_score;
    char mode[MODE_NAME_SIZE];
    char ruleset[MATCH_WORD_SIZE]; /* game_type */
    enum match_reason reason;
    uint64_t played_ms;   /* when it ended */
    uint64_t duration_ms; /* of play */
};

struct history_args {
    uint64_t user_id;
    struct str mode;    /* empty: all */
    uint64_t before_id; /* 0: from the newest; otherwise what is older than this match */
    uint64_t skip;      /* rows to skip, for numbered pages */
    size_t limit;
};
/* Newest first; at most args->limit items in out[], which has room for that many. */
enum err history_list(struct db *db, const struct history_args *args, struct history_item *out,
                      size_t *count) MUST_USE;
/* How many there are in all. */
enum err history_count(struct db *db, uint64_t user_id, struct str mode, uint64_t *count) MUST_USE;

struct winrate {
    uint64_t wins, losses, draws;
};
enum err history_winrate(struct db *db, uint64_t user_id, struct winrate *out) MUST_USE;

#endif
