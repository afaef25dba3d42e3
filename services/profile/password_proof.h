/*
 * "Is this the account's password?", asked by login, password change and deletion: the limit per
 * account first, then one hash whatever is known of the account, so that neither time nor answer
 * tells whether it exists. Only on threads of the hashing pool.
 */
#ifndef RALLY_SERVICES_PROFILE_PASSWORD_PROOF_H
#define RALLY_SERVICES_PROFILE_PASSWORD_PROOF_H

#include "lib/store/users.h"
#include "services/role.h"

struct password_proof {
    struct user_credentials credentials; /* filled when OK */
    bool needs_rehash;
};

/* By name. ERR_CREDENTIALS, ERR_RATE_LIMITED (with reply->retry_after_s), ERR_STORE. */
enum err password_prove_name(struct request *request, struct reply *reply, struct str username,
                             struct str password, struct password_proof *out) MUST_USE;
/* The caller's own. ERR_WRONG_PASSWORD, ERR_TOKEN_INVALID when the account is gone, others as
 * above. */
enum err password_prove_caller(struct request *request, struct reply *reply, struct str password,
                               struct password_proof *out) MUST_USE;

#endif
