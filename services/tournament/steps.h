/*
 * What every step of a tournament needs and leaves behind, whoever takes it (a player's request or
 * the clock): the recipe of its matches, and the word about what it brought. The word is one hint
 * on the bus, TOURNAMENT_SUBJECT_STEPPED, published when the step is durable; whoever hears it
 * spreads it as the hints that the other roles know.
 */
#ifndef RALLY_SERVICES_TOURNAMENT_STEPS_H
#define RALLY_SERVICES_TOURNAMENT_STEPS_H

#include "lib/store/tournaments.h"
#include "services/role.h"

#define TOURNAMENT_SUBJECT_STEPPED "tournament.stepped"
/* {"tournament_id":N}: read it again. */
#define TOURNAMENT_SUBJECT_CHANGED "tournament.changed"
/* What one step can bring at most, as text: a made match of each node and an end of each. */
#define TOURNAMENT_STEPPED_SIZE 65536

/* Everything about a step but who asks. Unrated: a draw, byes and walkovers say little about who is
 * better, and a friend who does not come would be a cheap way to a rating. Seeds are by the rating
 * of the quick queue, the one that everybody has. */
struct tournaments_step_args tournament_step_args(const struct context *context,
                                                  uint64_t tournament_id, uint64_t user_id,
                                                  uint64_t now_ms);

/* {"tournament_id":N,"made":[[match,left,right],..],"unqueued":[user,..],"stops":[[match,user],..]}
 */
void tournament_stepped_put(struct buf *out, const struct tournament_board *board);
/* The same of a tournament that was called off: user 0 stops a match for both. */
void tournament_cancelled_put(struct buf *out, uint64_t tournament_id,
                              const struct tournaments_cancelled *cancelled);
/* True when a step brought nothing that anybody must hear. */
bool tournament_board_is_quiet(const struct tournament_board *board);

/* Gives the word to a reply, to go out after its commit. */
void tournament_tell(struct request *request, struct reply *reply,
                     const struct tournament_board *board);

/* Spreads the word. Before anything is served. */
enum err tournament_steps_start(struct context *context) MUST_USE;

#endif
