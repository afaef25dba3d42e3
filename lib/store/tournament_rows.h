/* What the files about tournaments share. Only for lib/store. */
#ifndef RALLY_STORE_TOURNAMENT_ROWS_H
#define RALLY_STORE_TOURNAMENT_ROWS_H

#include "lib/store/row.h"
#include "lib/store/tournaments.h"

/* The board of a started tournament, without effects. ERR_STORE when the rows make no bracket. */
enum err tournament_board_load(struct db *db, uint64_t tournament_id, uint32_t no_show_ms,
                               struct tournament_board *board) MUST_USE;
/* Writes what `effects` say of the board's bracket, makes the matches they call, and appends them
 * to board->effects. */
enum err tournament_board_save(struct db *db, const struct tournaments_step_args *args,
                               struct tournament_board *board,
                               const struct bracket_effects *effects) MUST_USE;
/* Every node as a row, before the first save. */
enum err tournament_board_insert(struct db *db, const struct tournament_board *board) MUST_USE;
/* Makes the match of a called node, unless a player is still in another: then nothing happens. */
enum err tournament_match_make(struct db *db, const struct tournaments_step_args *args,
                               struct tournament_board *board, uint16_t node) MUST_USE;
/* Whether an entrant is in another match now. */
enum err tournament_is_busy(struct db *db, const struct tournament_board *board, uint16_t entrant,
                            bool *is_busy) MUST_USE;
/* State and version of the tournament's row. */
enum err tournament_touch(struct db *db, uint64_t tournament_id) MUST_USE;

#endif
