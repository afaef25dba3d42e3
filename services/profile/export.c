/*
 * GET /v1/profile/me/export: everything that is stored about the caller, no secrets. The store says
 * what there is, record by record; here it gets the forms of /v1: times as RFC 3339 under `_at`,
 * ids as texts (but `user_id`), one array per kind of record, and the one profile as an object.
 */
#include "lib/store/users.h"
#include "services/profile/handlers.h"

/* A thousand matches are about 300 KiB; this is for the player of years. */
#define EXPORT_SIZE_MAX ((size_t)32 * 1024 * 1024)

/* Every kind of record beside the profile: a player without any is shown an empty list. */
static const char *const SECTIONS[] = {
    "identities", "sessions", "ratings", "rating_events", "matches",
    "tickets",    "friends",  "blocks",  "messages",
};

struct exporting {
    struct json_writer w;
    uint64_t user_id;
    const char *section; /* whose array is open; NULL: none */
    uint32_t seen;       /* a bit per SECTIONS */
};

static void section_end(struct exporting *out)
{
    if (out->section)
        json_array_end(&out->w);
    out->section = NULL;
}

static void section_begin(struct exporting *out, const char *section)
{
    section_end(out);
    json_key(&out->w, section);
    json_array_begin(&out->w);
    out->section = section;
    for (size_t i = 0; i < ARRAY_COUNT(SECTIONS); i++)
        if (strcmp(SECTIONS[i], section) == 0)
            out->seen |= 1u << i;
}

/* "created_ms" is a moment, "duration_ms" is not. */
static bool is_moment(struct str name)
{
    return str_ends_with(name, STR("_ms")) && !str_eq(name, STR("duration_ms"));
}

static bool is_id(struct str name)
{
    return str_ends_with(name, STR("_id")) && !str_eq(name, STR("user_id"));
}

/* "created_ms" becomes "created_at", "at_ms" becomes "at". */
static void moment_put(struct json_writer *w, struct str name, const struct export_field *field)
{
    char memory[64];
    struct buf key;

    buf_init_fixed(&key, memory, sizeof(memory));
    buf_put_str(&key, str_slice(name, 0, name.len - 3));
    if (!str_eq(buf_str(&key), STR("at")))
        buf_put_c(&key, "_at");
    json_put_key(w, memory, key.len);
    if (field->is_null || field->number <= 0)
        json_put_null(w);
    else
        json_put_time(w, (uint64_t)field->number);
}

static void field_put(struct json_writer *w, const struct export_field *field)
{
    struct str name = str_from_c(field->name);

    if (!field->text.ptr && is_moment(name)) {
        moment_put(w, name, field);
        return;
    }
    json_key(w, field->name);
    if (field->is_null)
        json_put_null(w);
    else if (field->is_json)
        json_put_raw(w, field->text);
    else if (field->text.ptr)
        json_put_str(w, field->text);
    else if (is_id(name))
        json_put_u64_text(w, (uint64_t)field->number);
    else
        json_put_i64(w, field->number);
}

/* Records of a section come one after the other. */
static void record_put(void *context, const char *section, const struct export_field *fields,
                       size_t count)
{
    struct exporting *out = context;

    if (strcmp(section, "profile") == 0) {
        section_end(out);
        json_key(&out->w, section);
    } else if (!out->section || strcmp(out->section, section) != 0) {
        section_begin(out, section);
    }
    json_object_begin(&out->w);
    for (size_t i = 0; i < count; i++)
        field_put(&out->w, &fields[i]);
    json_object_end(&out->w);
}

static enum err read_all(struct db *db, void *arg)
{
    struct exporting *out = arg;

    return user_export(db, out->user_id, record_put, out);
}

enum err export_handle(struct request *request, struct reply *reply)
{
    struct exporting exporting = {.user_id = request->caller.user_id};
    enum err err;

    buf_release(&reply->body);
    buf_init(&reply->body, EXPORT_SIZE_MAX);
    exporting.w = json_writer_of(&reply->body);
    json_object_begin(&exporting.w);
    json_time(&exporting.w, "exported_at", request->now_ms);
    err = request_read(request, read_all, &exporting);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    for (size_t i = 0; i < ARRAY_COUNT(SECTIONS); i++)
        if (!(exporting.seen & 1u << i))
            section_begin(&exporting, SECTIONS[i]);
    section_end(&exporting);
    json_object_end(&exporting.w);
    reply->is_secret = true;
    return buf_ok(&reply->body) ? OK : ERR_TOO_LARGE;
}
