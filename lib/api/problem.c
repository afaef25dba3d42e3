/*
 * The JSON body of a problem (RFC 9457, section 3.1). The keys stand in the order a person reads
 * them; `title` never changes for a code, `detail` and `error` tell about this one case.
 */
#include "lib/api/problem.h"

enum err problem_err(enum err err)
{
    switch (err) {
    case ERR_EXISTS:
    case ERR_BAD_STATE:
        return ERR_CONFLICT;
    case ERR_AGAIN:
        return ERR_FULL;
    case OK:
    case ERR_END:
    case ERR_COUNT:
        return ERR_INTERNAL;
    default:
        return err;
    }
}

enum problem_dialect problem_dialect_of(struct str path)
{
    return str_starts_with(path, STR("/api/room/")) ? PROBLEM_ROOM : PROBLEM_NATIVE;
}

static void put_type(struct json_writer *w, enum err err)
{
    char text[64];
    struct buf type;

    buf_init_fixed(&type, text, sizeof(text));
    buf_put_c(&type, "/problems/");
    buf_put_c(&type, err_code(err));
    CHECK(buf_ok(&type));
    json_str(w, "type", buf_str(&type));
}

static void put_errors(struct json_writer *w, const struct json_errors *errors)
{
    if (!errors || errors->count == 0)
        return;
    json_key(w, "errors");
    json_array_begin(w);
    for (size_t i = 0; i < errors->count; i++) {
        json_object_begin(w);
        json_c(w, "pointer", errors->list[i].pointer);
        json_c(w, "detail", errors->list[i].detail);
        json_object_end(w);
    }
    json_array_end(w);
}

/* `extra` is members that are JSON already; the writer only has to know that a comma is due. */
static void put_extra(struct json_writer *w, struct str extra)
{
    if (extra.len == 0)
        return;
    if (w->needs_comma)
        buf_put_char(w->buf, ',');
    buf_put_str(w->buf, extra);
    w->needs_comma = true;
}

void problem_put(struct buf *buf, const struct problem *problem)
{
    enum err err = problem_err(problem->err);
    struct str title = str_from_c(err_sentence(err));
    struct str detail = problem->detail.len > 0 ? problem->detail : title;
    struct json_writer w = json_writer_of(buf);

    json_object_begin(&w);
    put_type(&w, err);
    json_str(&w, "title", title);
    json_u64(&w, "status", (uint64_t)err_status(err));
    json_str(&w, "detail", detail);
    json_c(&w, "code", err_code(err));
    json_str(&w, "request_id", problem->request_id);
    put_errors(&w, problem->errors);
    json_str(&w, "error", detail);
    if (problem->dialect == PROBLEM_ROOM)
        json_bool(&w, "success", false);
    put_extra(&w, problem->extra);
    json_object_end(&w);
}
