/* The handlers of the role's route table, one file each; their contract is role.h's. */
#ifndef RALLY_SERVICES_PROFILE_HANDLERS_H
#define RALLY_SERVICES_PROFILE_HANDLERS_H

#include "services/role.h"

enum err register_handle(struct request *request, struct reply *reply);
enum err guest_handle(struct request *request, struct reply *reply);
enum err upgrade_handle(struct request *request, struct reply *reply);
enum err login_handle(struct request *request, struct reply *reply);
enum err refresh_handle(struct request *request, struct reply *reply);
enum err logout_handle(struct request *request, struct reply *reply);
enum err password_handle(struct request *request, struct reply *reply);
enum err profile_me_handle(struct request *request, struct reply *reply);
enum err profile_public_handle(struct request *request, struct reply *reply);
enum err profile_patch_handle(struct request *request, struct reply *reply);
enum err profile_delete_handle(struct request *request, struct reply *reply);
enum err export_handle(struct request *request, struct reply *reply);
enum err ws_ticket_handle(struct request *request, struct reply *reply);
enum err jwks_handle(struct request *request, struct reply *reply);

#endif
