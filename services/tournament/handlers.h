/* The role's routes; see the table in tournament.c. */
#ifndef RALLY_SERVICES_TOURNAMENT_HANDLERS_H
#define RALLY_SERVICES_TOURNAMENT_HANDLERS_H

#include "services/role.h"

enum err tournament_form_handle(struct request *request, struct reply *reply);
enum err tournament_create_handle(struct request *request, struct reply *reply);
enum err tournament_join_handle(struct request *request, struct reply *reply);
enum err tournament_leave_handle(struct request *request, struct reply *reply);
enum err tournament_start_handle(struct request *request, struct reply *reply);
enum err tournament_next_round_handle(struct request *request, struct reply *reply);
enum err tournament_delete_handle(struct request *request, struct reply *reply);
enum err tournament_open_list_handle(struct request *request, struct reply *reply);
enum err tournament_players_handle(struct request *request, struct reply *reply);
enum err tournament_list_handle(struct request *request, struct reply *reply);
enum err tournament_detail_handle(struct request *request, struct reply *reply);

/* The id in the path. ERR_NOT_FOUND when no tournament can have it. */
enum err tournament_param(const struct request *request, uint64_t *tournament_id) MUST_USE;
/* {"message":"..."} */
void tournament_reply_message(struct reply *reply, const char *message);
/* Routes that are told nothing but their path: an empty body, or {}. */
enum err tournament_no_body(struct request *request, struct reply *reply) MUST_USE;

#endif
