/*
 * PATCH /v1/profile/me: a merge (RFC 7396), so a key that is absent stays as it is and null removes
 * a text. Read-only and unknown keys are refused by the schema.
 */
#include "services/account_rules.h"
#include "services/profile/handlers.h"
#include "services/profile/profile_view.h"

/* Four bytes a character at most, in the store's 128. */
#define DISPLAY_NAME_LEN_MAX 32
#define PREFERENCES_SIZE_MAX 4096
#define LATENCY_REGIONS_MAX 16
#define LATENCY_MS_MAX 2000

struct body {
    struct str display_name; /* all of them raw JSON */
    bool has_display_name;
    struct str region;
    bool has_region;
    struct str email;
    bool has_email;
    struct str preferences;
    bool has_preferences;
    struct str latencies;
    bool has_latencies;
    char latencies_text[USER_LATENCIES_SIZE]; /* as they are stored */
};

#define FIELD(key, kind, member)                                                                   \
    {                                                                                              \
        .name = (key), .type = (kind), .offset = offsetof(struct body, member),                    \
        .present_offset = offsetof(struct body, has_##member)                                      \
    }
static const struct json_field FIELDS[] = {
    FIELD("display_name", JSON_RAW, display_name),
    FIELD("region", JSON_RAW, region),
    FIELD("email", JSON_RAW, email),
    FIELD("preferences", JSON_OBJECT, preferences),
    FIELD("latencies", JSON_OBJECT, latencies),
};
static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};

struct patch {
    struct user_patch_args args;
    struct user_profile profile;
};

static enum err patch_txn(struct db *db, void *arg)
{
    struct patch *patch = arg;
    enum err err = user_patch(db, &patch->args);

    return err ? err : user_profile(db, patch->args.user_id, &patch->profile);
}

/* A raw value as text: null is the empty one. False, with a field error, for any other type. */
static bool read_text(struct request *request, struct reply *reply, const char *name,
                      struct str *value)
{
    if (str_eq(*value, STR("null"))) {
        *value = STR("");
        return true;
    }
    if (!json_value_str(*value, request->arena, value))
        return true;
    json_errors_add(&reply->errors, name, "must be a string or null");
    return false;
}

/* Anything one can read: no control characters, not only blanks. */
static bool is_displayable(struct str name)
{
    bool has_ink = false;

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < ' ' || c == 0x7f)
            return false;
        has_ink = has_ink || c > ' ';
    }
    return has_ink;
}

static size_t code_points(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static void display_name_read(struct request *request, struct reply *reply, struct body *body)
{
    if (!read_text(request, reply, "display_name", &body->display_name))
        return;
    if (code_points(body->display_name) > DISPLAY_NAME_LEN_MAX)
        json_errors_add(&reply->errors, "display_name", "is too long");
    else if (body->display_name.len > 0 && !is_displayable(body->display_name))
        json_errors_add(&reply->errors, "display_name", "must be readable text");
}

/* Milliseconds as a page measures them, fractions included; cut to the range that matters. */
static bool latency_read(struct str value, int64_t *out)
{
    size_t point = str_find(value, '.', 0);
    bool is_negative = value.len > 0 && value.ptr[0] == '-';

    if (is_negative || point < value.len)
        value = str_slice(value, is_negative, point);
    if (json_value_i64(value, 0, INT64_MAX, out))
        return false;
    if (is_negative)
        *out = 0;
    if (*out > LATENCY_MS_MAX)
        *out = LATENCY_MS_MAX;
    return true;
}

static void latency_refuse(struct reply *reply, struct str region, const char *detail)
{
    struct json_errors *errors = &reply->errors;
    size_t at = errors->count;
    struct buf pointer;

    json_errors_add(errors, "latencies", detail);
    if (at == errors->count)
        return; /* enough has been said already */
    buf_init_fixed(&pointer, errors->list[at].pointer, sizeof(errors->list[at].pointer) - 1);
    buf_put_c(&pointer, "/latencies/");
    /* Regions that are none may hold anything; only plain ones are repeated. */
    for (size_t i = 0; i < region.len; i++)
        if (region.ptr[i] > ' ' && region.ptr[i] < 0x7f && !strchr("~/\"\\", region.ptr[i]))
            buf_put_char(&pointer, region.ptr[i]);
    errors->list[at].pointer[pointer.len] = '\0';
}

/* The map as it is stored: known forms only, whole milliseconds. */
static void latencies_read(struct request *request, struct reply *reply, struct body *body)
{
    struct str region, value;
    struct json_writer w;
    struct buf out;
    size_t at = 0, count = 0;

    buf_init_fixed(&out, body->latencies_text, sizeof(body->latencies_text) - 1);
    w = json_writer_of(&out);
    json_object_begin(&w);
    while (json_object_next(body->latencies, &at, request->arena, &region, &value)) {
        int64_t ms;
        if (!latency_read(value, &ms)) {
            latency_refuse(reply, region, "must be a number of milliseconds");
        } else if (!region_is_good(region)) {
            latency_refuse(reply, region, "is not a region's name, like \"eu-central\"");
        } else {
            char name[USER_REGION_SIZE];
            CHECK(str_to_c(region, name, sizeof(name)) == OK);
            json_i64(&w, name, ms);
        }
        count++;
    }
    json_object_end(&w);
    if (count > LATENCY_REGIONS_MAX || !buf_ok(&out))
        json_errors_add(&reply->errors, "latencies", "has too many regions");
    body->latencies = buf_str(&out);
}

static enum err body_read(struct request *request, struct reply *reply, struct body *body)
{
    enum err err = request_decode(request, reply, &SCHEMA, body);

    if (err && err != ERR_INVALID)
        return err;
    if (body->has_display_name)
        display_name_read(request, reply, body);
    if (body->has_region && read_text(request, reply, "region", &body->region) &&
        body->region.len > 0)
        region_check(reply, body->region);
    if (body->has_email && read_text(request, reply, "email", &body->email) && body->email.len > 0)
        email_check(reply, body->email);
    if (body->has_preferences && body->preferences.len > PREFERENCES_SIZE_MAX)
        json_errors_add(&reply->errors, "preferences", "is larger than 4 KiB");
    if (body->has_latencies)
        latencies_read(request, reply, body);
    return reply->errors.count > 0 ? ERR_INVALID : OK;
}

enum err profile_patch_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct body body = {0};
    struct patch patch;
    enum err err = body_read(request, reply, &body);

    if (err)
        return err;
    patch.args = (struct user_patch_args){
        .user_id = request->caller.user_id,
        .display_name = body.has_display_name ? &body.display_name : NULL,
        .region = body.has_region ? &body.region : NULL,
        .email = body.has_email ? &body.email : NULL,
        .preferences = body.has_preferences ? &body.preferences : NULL,
        .latencies = body.has_latencies ? &body.latencies : NULL,
        .now_ms = request->now_ms,
    };
    err = request_write(request, reply, patch_txn, &patch);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    profile_put_own(&w, request->context, &patch.profile);
    return OK;
}
