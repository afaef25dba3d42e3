/*
 * The claims that the user services of this world write: simplejwt (`user_id`, `token_type`),
 * PyJWT (`sub`, `type`, float `iat`). Unknown claims are ignored; a known one in a wrong form makes
 * the token worthless.
 */
#include "lib/crypt/hs256.h"

#include "lib/crypt/digest.h"
#include "lib/wire/base64.h"
#include "lib/wire/json.h"

#define SECONDS_MAX 253402300799 /* the last second of year 9999 */
/* Both parts decoded, what is unescaped of them, and the reader's table of unknown keys. */
#define ARENA_SIZE 32768

struct header {
    struct str algorithm;
    struct str type;
    bool has_type;
    struct str refused;
    bool has_critical;
    bool has_unencoded;
    bool has_compression;
};

struct claims {
    struct str user_id;
    bool has_user_id;
    struct str subject;
    bool has_subject;
    struct str username;
    struct str type;
    bool has_type;
    struct str token_type;
    bool has_token_type;
    struct str not_before;
    bool has_not_before;
    struct str expires;
};

#define PLAIN(owner, key, kind, member, required)                                                  \
    {                                                                                              \
        .name = (key), .type = (kind), .is_required = (required),                                  \
        .offset = offsetof(struct owner, member), .present_offset = SIZE_MAX, .max = 1024          \
    }
#define NOTED(owner, key, kind, member, flag)                                                      \
    {                                                                                              \
        .name = (key), .type = (kind), .offset = offsetof(struct owner, member),                   \
        .present_offset = offsetof(struct owner, flag), .max = 1024                                \
    }

static const struct json_field HEADER_FIELDS[] = {
    PLAIN(header, "alg", JSON_STR, algorithm, true),
    NOTED(header, "typ", JSON_STR, type, has_type),
    NOTED(header, "crit", JSON_RAW, refused, has_critical),
    NOTED(header, "b64", JSON_RAW, refused, has_unencoded),
    NOTED(header, "zip", JSON_RAW, refused, has_compression),
};
static const struct json_schema HEADER_SCHEMA = {
    .fields = HEADER_FIELDS, .count = ARRAY_COUNT(HEADER_FIELDS), .allows_unknown = true};

static const struct json_field CLAIM_FIELDS[] = {
    NOTED(claims, "user_id", JSON_RAW, user_id, has_user_id),
    NOTED(claims, "sub", JSON_RAW, subject, has_subject),
    PLAIN(claims, "username", JSON_RAW, username, false),
    NOTED(claims, "type", JSON_STR, type, has_type),
    NOTED(claims, "token_type", JSON_STR, token_type, has_token_type),
    NOTED(claims, "nbf", JSON_RAW, not_before, has_not_before),
    PLAIN(claims, "exp", JSON_RAW, expires, true),
};
static const struct json_schema CLAIM_SCHEMA = {
    .fields = CLAIM_FIELDS, .count = ARRAY_COUNT(CLAIM_FIELDS), .allows_unknown = true};

static bool mac_is_good(struct str secret, const struct jws *jws)
{
    uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
    struct buf decoded;

    buf_init_fixed(&decoded, got, sizeof(got));
    if (base64url_decode(jws->signature, &decoded) || decoded.len != sizeof(got))
        return false;
    hmac_sha256(secret, jws->signing_input, want);
    return secret_eq(str_of(want, sizeof(want)), str_of(got, sizeof(got)));
}

static enum err part_decode(struct str part, const struct json_schema *schema, struct arena *arena,
                            void *out)
{
    struct json_errors errors = {0};
    char *text = arena_alloc(arena, LIMIT_TOKEN_SIZE);
    struct buf decoded;

    if (!text)
        return ERR_TOKEN_INVALID;
    buf_init_fixed(&decoded, text, LIMIT_TOKEN_SIZE);
    if (base64url_decode(part, &decoded) ||
        json_decode(buf_str(&decoded), schema, arena, out, &errors))
        return ERR_TOKEN_INVALID;
    return OK;
}

static bool header_is_good(struct str part, struct arena *arena)
{
    struct header header = {0};

    if (part_decode(part, &HEADER_SCHEMA, arena, &header))
        return false;
    if (header.has_critical || header.has_unencoded || header.has_compression)
        return false;
    if (header.has_type && !str_eq_nocase(header.type, STR("JWT")))
        return false;
    return str_eq(header.algorithm, STR("HS256"));
}

/* NumericDate (RFC 7519 section 2): seconds, possibly with a fraction, which is dropped. */
static enum err read_seconds(struct str value, uint64_t *out_ms)
{
    size_t point = str_find(value, '.', 0);
    uint64_t seconds;

    if (str_to_u64(str_slice(value, 0, point), SECONDS_MAX, &seconds))
        return ERR_TOKEN_INVALID;
    for (size_t i = point + 1; i < value.len; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return ERR_TOKEN_INVALID;
    *out_ms = seconds * 1000;
    return OK;
}

/* An id is a number or a text of printable ASCII: 42, "42", a UUID, "auth0|5f7c...". */
static enum err read_subject(struct str value, struct arena *arena, char *out, size_t size)
{
    uint64_t number;
    struct str text = value;

    if (str_to_u64(value, UINT64_MAX, &number) && json_value_str(value, arena, &text))
        return ERR_TOKEN_INVALID;
    if (text.len == 0)
        return ERR_TOKEN_INVALID;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return ERR_TOKEN_INVALID;
    return str_to_c(text, out, size) ? ERR_TOKEN_INVALID : OK;
}

static bool name_is_plain(struct str name)
{
    bool has_other = false;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && !is_letter && c != '_' && c != '-')
            return false;
        has_other = has_other || !is_digit;
    }
    return name.len >= 3 && name.len <= 32 && has_other;
}

/* Only a wish: a name that Rally would not allow is as good as none. */
static void read_username(struct str value, struct arena *arena, char *out, size_t size)
{
    struct str name;

    if (value.len == 0 || json_value_str(value, arena, &name) || !name_is_plain(name) ||
        str_to_c(name, out, size))
        out[0] = '\0';
}

static bool is_access(bool is_present, struct str type)
{
    return !is_present || str_eq(type, STR("access"));
}

static enum err claims_read(const struct claims *claims, struct arena *arena,
                            uint64_t latest_start_ms, struct access_claims *out)
{
    uint64_t not_before_ms = 0;

    if (!is_access(claims->has_type, claims->type) ||
        !is_access(claims->has_token_type, claims->token_type))
        return ERR_TOKEN_INVALID;
    if (claims->has_not_before && read_seconds(claims->not_before, &not_before_ms))
        return ERR_TOKEN_INVALID;
    if (not_before_ms > latest_start_ms || read_seconds(claims->expires, &out->expires_at_ms))
        return ERR_TOKEN_INVALID;
    if (!claims->has_user_id && !claims->has_subject)
        return ERR_TOKEN_INVALID;
    read_username(claims->username, arena, out->username, sizeof(out->username));
    out->is_external = true;
    return read_subject(claims->has_user_id ? claims->user_id : claims->subject, arena,
                        out->external_subject, sizeof(out->external_subject));
}

enum err hs256_verify(struct str secret, const struct jws *jws, uint64_t latest_start_ms,
                      struct access_claims *out)
{
    struct claims claims = {0};
    struct arena arena;
    enum err err = ERR_TOKEN_INVALID;

    CHECK(secret.len > 0);
    if (!mac_is_good(secret, jws))
        return ERR_TOKEN_INVALID;
    arena_init(&arena, ARENA_SIZE);
    if (header_is_good(jws->header, &arena) &&
        !part_decode(jws->payload, &CLAIM_SCHEMA, &arena, &claims))
        err = claims_read(&claims, &arena, latest_start_ms, out);
    arena_release(&arena);
    return err;
}
