/* GET /v1/profile/me/export: everything that is stored about the caller, one array per kind of
 * record, no secrets. The store says what there is; this only writes it down. */
#include "lib/store/users.h"
#include "services/profile/handlers.h"

/* A thousand matches are about 300 KiB; this is for the player of years. */
#define EXPORT_SIZE_MAX ((size_t)32 * 1024 * 1024)

struct export
{
    struct json_writer w;
    uint64_t user_id;
    const char *section; /* whose array is open; NULL: none yet */
};

static void section_end(struct export *export)
{
    if (export->section)
        json_array_end(&export->w);
}

/* Records of a section come one after the other. */
static void section_begin(struct export *export, const char *section)
{
    if (export->section && strcmp(export->section, section) == 0)
        return;
    section_end(export);
    json_key(&export->w, section);
    json_array_begin(&export->w);
    export->section = section;
}

static void field_put(struct json_writer *w, const struct export_field *field)
{
    json_key(w, field->name);
    if (field->is_null)
        json_put_null(w);
    else if (!field->text.ptr)
        json_put_i64(w, field->number);
    else if (field->is_json)
        json_put_raw(w, field->text);
    else
        json_put_str(w, field->text);
}

static void record_put(void *context, const char *section, const struct export_field *fields,
                       size_t count)
{
    struct export *export = context;

    section_begin(export, section);
    json_object_begin(&export->w);
    for (size_t i = 0; i < count; i++)
        field_put(&export->w, &fields[i]);
    json_object_end(&export->w);
}

static enum err read_all(struct db *db, void *arg)
{
    struct export *export = arg;

    return user_export(db, export->user_id, record_put, export);
}

enum err export_handle(struct request *request, struct reply *reply)
{
    struct export export = {.user_id = request->caller.user_id};
    enum err err;

    buf_release(&reply->body);
    buf_init(&reply->body, EXPORT_SIZE_MAX);
    export.w = json_writer_of(&reply->body);
    json_object_begin(&export.w);
    json_time(&export.w, "exported_at", request->now_ms);
    err = request_read(request, read_all, &export);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    section_end(&export);
    json_object_end(&export.w);
    reply->is_secret = true;
    return buf_ok(&reply->body) ? OK : ERR_TOO_LARGE;
}
