/* GET /.well-known/jwks.json: what others need to check our access tokens. */
#include "lib/crypt/signer.h"
#include "services/profile/handlers.h"

enum err jwks_handle(struct request *request, struct reply *reply)
{
    signer_put_jwks(request->context->signer, &reply->body);
    return buf_ok(&reply->body) ? OK : ERR_INTERNAL;
}
