/*
 * Players of an existing user service (HS256 tokens): whom a verified token stands for. The account
 * is made on first use, under an id of Rally's own, so an outside id never addresses a native
 * account. A small cache keeps most requests away from the store; it is no source of truth and
 * forgets within a second. Blocking: for workers, not for reactors. Thread-safe.
 */
#ifndef RALLY_SERVICES_IDENTITY_H
#define RALLY_SERVICES_IDENTITY_H

#include "lib/crypt/signer.h"
#include "services/role.h"

struct identities;

/* NULL when there is no memory. */
struct identities *identities_new(void);
void identities_free(struct identities *identities);

/*
 * Fills `out` for claims that signer_verify_access returned with is_external. The caller's
 * session_id is identity_session_id: such a player has no token family of ours.
 * An account that was deleted here is forgotten with its outside id: a token of that person makes a
 * new, empty account. ERR_BANNED, ERR_STORE, ERR_FULL.
 */
enum err identity_resolve_external(struct context *context, const struct access_claims *claims,
                                   uint64_t now_ms, struct caller *out) MUST_USE;
/* The account was deleted: the next use asks the store. */
void identity_forget(struct identities *identities, uint64_t user_id);

/* What stands for a family in revocations and on sockets; never the id of a real one. */
static inline uint64_t identity_session_id(uint64_t user_id)
{
    return (uint64_t)1 << 62 | user_id;
}

#endif
