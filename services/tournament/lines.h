/*
 * What listeners of a tournament are told in dialect C's words: `start tournament`, `round <n>`,
 * `<match_id> <u1> vs <u2>`, `<match_id> <u> bye`, `winner <u>`. The lines follow from the rows
 * alone, so whoever comes late or missed a hint is told exactly what is missing.
 */
#ifndef RALLY_SERVICES_TOURNAMENT_LINES_H
#define RALLY_SERVICES_TOURNAMENT_LINES_H

#include "services/tournament/view.h"

/* What one listener has been told; all zero for a new one. */
struct lines_told {
    bool is_started;
    bool has_winner;
    uint8_t round;
    uint8_t nodes[(BRACKET_NODES_MAX + 7) / 8];
};

#define LINES_TEXT_SIZE 128

/*
 * The next line that `told` lacks, written to `text`, and marked as told; false when there is none.
 * A match is told as soon as it is made. A bye has no match: its id is 0.
 */
bool lines_next(const struct tournament_view *view, struct lines_told *told, struct buf *text);

#endif
