/*
 * What a name, an address and a region must look like (protocol section 2). Each function notes a
 * field error in the reply when the text breaks its rule and leaves it alone otherwise; ask
 * reply->errors.count at the end. Lengths of names and passwords are the schemas' work.
 */
#ifndef RALLY_SERVICES_ACCOUNT_RULES_H
#define RALLY_SERVICES_ACCOUNT_RULES_H

#include "services/role.h"

#define USERNAME_LEN_MIN 3
#define USERNAME_LEN_MAX 32
#define PASSWORD_LEN_MIN 8
#define PASSWORD_LEN_MAX 128
/* What a login may try: longer than any password can be, but no work without bound. */
#define PASSWORD_TRY_LEN_MAX 1024

/* [A-Za-z0-9_-], not digits alone (that would be an id), not a deleted player's name. */
void username_check(struct reply *reply, struct str username);
/* local@domain.tld: enough to catch slips of the keyboard; only a message to it proves more. */
void email_check(struct reply *reply, struct str email);
/* ^[a-z]{2}-[a-z]+$, at most 32 bytes: "eu-central". */
bool region_is_good(struct str region);
void region_check(struct reply *reply, struct str region);

#endif
