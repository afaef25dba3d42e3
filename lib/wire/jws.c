/* Three parts and two dots; nothing is decoded here. */
#include "lib/wire/jws.h"

#include "lib/base/limits.h"

static bool is_base64url(struct str part)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return part.len > 0;
}

enum err jws_split(struct str token, struct jws *out)
{
    size_t first, second;
    struct jws jws;

    if (token.len > LIMIT_TOKEN_SIZE)
        return ERR_INPUT;
    first = str_find(token, '.', 0);
    second = str_find(token, '.', first + 1);
    if (second >= token.len)
        return ERR_INPUT;
    jws = (struct jws){
        .signing_input = str_slice(token, 0, second),
        .header = str_slice(token, 0, first),
        .payload = str_slice(token, first + 1, second),
        .signature = str_slice(token, second + 1, token.len), /* a third dot is no base64url */
    };
    if (!is_base64url(jws.header) || !is_base64url(jws.payload) || !is_base64url(jws.signature))
        return ERR_INPUT;
    *out = jws;
    return OK;
}
