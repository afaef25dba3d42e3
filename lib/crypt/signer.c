/*
 * Our own access tokens. The header is one constant text per key: it is compared, never parsed, so
 * there is no header of another making that could be believed. What an HS256 token of an existing
 * user service must look like is hs256.c.
 */
#include "lib/crypt/signer.h"

#include <sodium.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/hs256.h"
#include "lib/crypt/random.h"
#include "lib/crypt/signing_key.h"
#include "lib/wire/base64.h"
#include "lib/wire/json.h"
#include "lib/wire/jws.h"

#define KEY_ID_SIZE 12 /* bytes of the public key's SHA-256 */
#define JTI_SIZE 16
#define LEEWAY_MS 30000
/* The last second of year 9999: later times are not dates. */
#define SECONDS_MAX 253402300799

struct signer {
    uint8_t seed[SIGNING_KEY_SEED_SIZE];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    char key_id[24];
    char header[128]; /* base64url, as every token of ours begins */
    size_t header_len;
    char *hs256_secret; /* NULL: HS256 is refused */
    size_t hs256_secret_len;
};

_Static_assert(SIGNING_KEY_SEED_SIZE == crypto_sign_SEEDBYTES, "an Ed25519 seed");

static enum err refuse(const char *setting, const char *reason)
{
    log_event(LOG_ERROR, "secret_refused", LOG_C("setting", setting), LOG_C("reason", reason));
    return ERR_INPUT;
}

static enum err key_open(const struct signer_config *config, uint8_t seed[SIGNING_KEY_SEED_SIZE])
{
    if (config->signing_key_pem.len > 0) {
        if (signing_key_parse(config->signing_key_pem, seed))
            return refuse("RALLY_SIGNING_KEY", "not an Ed25519 private key in PEM (PKCS#8), as "
                                               "written by openssl genpkey -algorithm ed25519");
        return OK;
    }
    if (config->is_production)
        return refuse("RALLY_SIGNING_KEY", "must be given in production");
    return signing_key_load_or_make(config->data_dir, seed);
}

static enum err hs256_open(struct signer *signer, const struct signer_config *config)
{
    struct str secret = config->hs256_secret;

    if (secret.len == 0)
        return OK;
    if (secret.len < HS256_SECRET_SIZE_MIN && config->is_production)
        return refuse("RALLY_JWT_HS256_SECRET", "must have at least 32 bytes in production");
    if (secret.len < HS256_SECRET_SIZE_MIN)
        log_event(LOG_WARN, "secret_is_short", LOG_C("setting", "RALLY_JWT_HS256_SECRET"));
    signer->hs256_secret = malloc(secret.len);
    if (!signer->hs256_secret)
        return ERR_FULL;
    memcpy(signer->hs256_secret, secret.ptr, secret.len);
    signer->hs256_secret_len = secret.len;
    return OK;
}

static void names_make(struct signer *signer)
{
    char text[128];
    uint8_t digest[SHA256_SIZE];
    struct buf key_id, header, encoded;

    sha256(str_of(signer->public_key, sizeof(signer->public_key)), digest);
    buf_init_fixed(&key_id, signer->key_id, sizeof(signer->key_id) - 1);
    base64url_put(&key_id, digest, KEY_ID_SIZE);
    buf_init_fixed(&header, text, sizeof(text));
    buf_printf(&header, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", signer->key_id);
    buf_init_fixed(&encoded, signer->header, sizeof(signer->header));
    base64url_put(&encoded, text, header.len);
    signer->header_len = encoded.len;
    CHECK(buf_ok(&key_id) && buf_ok(&header) && buf_ok(&encoded));
}

enum err signer_open(const struct signer_config *config, struct signer **out)
{
    struct signer *signer = calloc(1, sizeof(*signer));
    enum err err;

    if (!signer)
        return ERR_FULL;
    err = key_open(config, signer->seed);
    if (!err)
        err = hs256_open(signer, config);
    if (err) {
        signer_close(signer);
        return err;
    }
    crypto_sign_seed_keypair(signer->public_key, signer->secret_key, signer->seed);
    names_make(signer);
    *out = signer;
    return OK;
}

void signer_close(struct signer *signer)
{
    if (!signer)
        return;
    if (signer->hs256_secret)
        secret_wipe(signer->hs256_secret, signer->hs256_secret_len);
    free(signer->hs256_secret);
    secret_wipe(signer, sizeof(*signer));
    free(signer);
}

static void claims_put(struct buf *payload, const struct access_claims *claims)
{
    struct json_writer w = json_writer_of(payload);
    uint8_t random[JTI_SIZE];
    char text[32];
    struct buf jti;

    random_bytes(random, sizeof(random));
    buf_init_fixed(&jti, text, sizeof(text));
    base64url_put(&jti, random, sizeof(random));
    json_object_begin(&w);
    json_c(&w, "iss", "rally");
    json_u64_text(&w, "sub", claims->user_id);
    json_u64(&w, "user_id", claims->user_id);
    json_c(&w, "username", claims->username);
    json_c(&w, "type", "access");
    json_c(&w, "token_type", "access");
    json_str(&w, "jti", buf_str(&jti));
    json_u64_text(&w, "sid", claims->session_id);
    json_u64(&w, "iat", claims->issued_at_ms / 1000);
    json_u64(&w, "exp", claims->expires_at_ms / 1000);
    json_object_end(&w);
}

enum err signer_sign_access(struct signer *signer, const struct access_claims *claims,
                            struct buf *out)
{
    char text[512], input[LIMIT_TOKEN_SIZE];
    uint8_t signature[crypto_sign_BYTES];
    struct buf payload, token;

    CHECK(!claims->is_external);
    buf_init_fixed(&payload, text, sizeof(text));
    claims_put(&payload, claims);
    buf_init_fixed(&token, input, sizeof(input));
    buf_put(&token, signer->header, signer->header_len);
    buf_put_char(&token, '.');
    base64url_put(&token, text, payload.len);
    if (!buf_ok(&payload) || !buf_ok(&token))
        return ERR_TOO_LARGE;
    crypto_sign_detached(signature, NULL, (const unsigned char *)input, token.len,
                         signer->secret_key);
    buf_put_char(&token, '.');
    base64url_put(&token, signature, sizeof(signature));
    if (!buf_ok(&token))
        return ERR_TOO_LARGE;
    buf_put_str(out, buf_str(&token));
    return buf_ok(out) ? OK : ERR_TOO_LARGE;
}

static bool signature_is_good(const struct signer *signer, const struct jws *jws)
{
    uint8_t signature[crypto_sign_BYTES];
    struct buf decoded;

    buf_init_fixed(&decoded, signature, sizeof(signature));
    if (base64url_decode(jws->signature, &decoded) || decoded.len != sizeof(signature))
        return false;
    return crypto_sign_verify_detached(signature, (const unsigned char *)jws->signing_input.ptr,
                                       jws->signing_input.len, signer->public_key) == 0;
}

struct own_claims {
    struct str issuer;
    uint64_t subject;
    uint64_t user_id;
    struct str username;
    struct str type;
    struct str token_type;
    struct str jti;
    uint64_t session_id;
    uint64_t issued_at_s;
    uint64_t expires_at_s;
};

#define OWN_CLAIM(key, kind, member, low, high)                                                    \
    {                                                                                              \
        .name = (key), .type = (kind), .is_required = true,                                        \
        .offset = offsetof(struct own_claims, member), .present_offset = SIZE_MAX, .min = (low),   \
        .max = (high)                                                                              \
    }

static const struct json_field OWN_FIELDS[] = {
    OWN_CLAIM("iss", JSON_STR, issuer, 1, 32),
    OWN_CLAIM("sub", JSON_ID, subject, 1, INT64_MAX),
    OWN_CLAIM("user_id", JSON_U64, user_id, 1, INT64_MAX),
    OWN_CLAIM("username", JSON_STR, username, 1, 32),
    OWN_CLAIM("type", JSON_STR, type, 1, 32),
    OWN_CLAIM("token_type", JSON_STR, token_type, 1, 32),
    OWN_CLAIM("jti", JSON_STR, jti, 1, 64),
    OWN_CLAIM("sid", JSON_ID, session_id, 1, INT64_MAX),
    OWN_CLAIM("iat", JSON_U64, issued_at_s, 0, SECONDS_MAX),
    OWN_CLAIM("exp", JSON_U64, expires_at_s, 0, SECONDS_MAX),
};
static const struct json_schema OWN_SCHEMA = {.fields = OWN_FIELDS,
                                              .count = ARRAY_COUNT(OWN_FIELDS)};

/* The signature is good, so we wrote this; a token of another purpose of ours must still not pass.
 */
static enum err own_claims_read(struct str payload, struct access_claims *out)
{
    struct own_claims own = {0};
    struct json_errors errors = {0};
    struct arena arena;
    enum err err;

    arena_init(&arena, LIMIT_TOKEN_SIZE * 4);
    err = json_decode(payload, &OWN_SCHEMA, &arena, &own, &errors);
    if (err || !str_eq(own.issuer, STR("rally")) || !str_eq(own.type, STR("access")) ||
        !str_eq(own.token_type, STR("access")) || own.subject != own.user_id ||
        str_to_c(own.username, out->username, sizeof(out->username)))
        err = ERR_TOKEN_INVALID;
    out->user_id = own.user_id;
    out->session_id = own.session_id;
    out->issued_at_ms = own.issued_at_s * 1000;
    out->expires_at_ms = own.expires_at_s * 1000;
    arena_release(&arena);
    return err;
}

static enum err own_verify(const struct signer *signer, const struct jws *jws,
                           struct access_claims *out)
{
    char text[LIMIT_TOKEN_SIZE];
    struct buf payload;

    if (!signature_is_good(signer, jws))
        return ERR_TOKEN_INVALID;
    buf_init_fixed(&payload, text, sizeof(text));
    if (base64url_decode(jws->payload, &payload))
        return ERR_TOKEN_INVALID;
    return own_claims_read(buf_str(&payload), out);
}

enum err signer_verify_access(struct signer *signer, struct str token, uint64_t now_ms,
                              struct access_claims *out)
{
    struct access_claims claims = {0};
    struct str secret = str_of(signer->hs256_secret, signer->hs256_secret_len);
    struct jws jws;
    enum err err;

    if (token.len > LIMIT_TOKEN_SIZE || jws_split(token, &jws))
        return ERR_TOKEN_INVALID;
    if (str_eq(jws.header, str_of(signer->header, signer->header_len)))
        err = own_verify(signer, &jws, &claims);
    else if (secret.len > 0)
        err = hs256_verify(secret, &jws, now_ms + LEEWAY_MS, &claims);
    else
        err = ERR_TOKEN_INVALID;
    if (err || now_ms >= claims.expires_at_ms + LEEWAY_MS)
        return ERR_TOKEN_INVALID;
    *out = claims;
    return OK;
}

void signer_put_jwks(const struct signer *signer, struct buf *out)
{
    struct json_writer w = json_writer_of(out);
    char text[64];
    struct buf x;

    buf_init_fixed(&x, text, sizeof(text));
    base64url_put(&x, signer->public_key, sizeof(signer->public_key));
    json_object_begin(&w);
    json_key(&w, "keys");
    json_array_begin(&w);
    json_object_begin(&w);
    json_c(&w, "kty", "OKP");
    json_c(&w, "crv", "Ed25519");
    json_c(&w, "use", "sig");
    json_c(&w, "alg", "EdDSA");
    json_c(&w, "kid", signer->key_id);
    json_str(&w, "x", buf_str(&x));
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
}

void signer_derive(const struct signer *signer, const char *label, uint8_t out[32])
{
    char text[128];
    struct buf info;

    /* HKDF-Expand (RFC 5869) for one block; the seed is uniform, so nothing is to be extracted. */
    buf_init_fixed(&info, text, sizeof(text));
    buf_printf(&info, "rally %s", label);
    buf_put_char(&info, '\1');
    CHECK(buf_ok(&info));
    hmac_sha256(str_of(signer->seed, sizeof(signer->seed)), buf_str(&info), out);
}
