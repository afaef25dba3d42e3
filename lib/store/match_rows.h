/* What the files about matches share. Only for lib/store. */
#ifndef RALLY_STORE_MATCH_ROWS_H
#define RALLY_STORE_MATCH_ROWS_H

#include "lib/store/matches.h"
#include "lib/store/row.h"

/* Of the stored words; an unknown one is MATCH_PENDING and MATCH_REASON_NONE. */
enum match_state match_state_of(struct str word);
enum match_reason match_reason_of(struct str word);

/* What every write of a room looks at first. */
struct match_head {
    enum match_state state;
    enum match_reason reason;
    int8_t winner_seat;
    uint64_t epoch;
    bool is_rated;
    uint32_t point_count;
    char mode[MODE_NAME_SIZE];
    uint32_t scores[MATCH_SEATS];
    uint64_t user_ids[MATCH_SEATS]; /* 0: a bot, or no such seat */
};
/* ERR_NO_SUCH_MATCH. */
enum err match_head_find(struct db *db, uint64_t match_id, struct match_head *out) MUST_USE;
/* ERR_MATCH_ENDED, ERR_STALE_EPOCH. */
enum err match_head_may_write(const struct match_head *head, uint64_t epoch) MUST_USE;
bool match_state_is_end(enum match_state state);

#endif
