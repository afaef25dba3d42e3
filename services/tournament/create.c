/*
 * Making a tournament, from a form or from JSON: both are read into the same fields and checked by
 * the same rules, and every field that is wrong is named.
 */
#include <stdio.h>

#include "lib/crypt/random.h"
#include "lib/store/tournaments.h"
#include "lib/wire/url.h"
#include "lib/wire/utf8.h"
#include "services/tournament/handlers.h"
#include "services/tournament/steps.h"
#include "services/tournament/when.h"

#define NAME_MAX_CHARS 100
#define PLAYER_LIMIT_DEFAULT 16
#define MONEY_MAX 1000000000000
#define AUTO_START_MAX_MS (366ull * 24 * 3600 * 1000)

struct form {
    struct str name;
    struct str format;
    struct str seeding;
    struct str auto_start_at;
    uint64_t player_limit;
    uint64_t prize;
    uint64_t entry_fee;
    bool on_blockchain;
};

enum err tournament_form_handle(struct request *request, struct reply *reply)
{
    (void)request;
    reply->content_type = "text/html; charset=utf-8";
    buf_put_c(
        &reply->body,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<title>Create a tournament</title>\n</head>\n<body>\n<h1>Create a tournament</h1>\n"
        "<form method=\"post\" action=\"/game/tournaments/create_tournament_form/\">\n"
        "<p><label>Name <input name=\"name\" maxlength=\"100\" required></label></p>\n"
        "<p><label>Players at most <input name=\"player_limit\" type=\"number\" min=\"2\" "
        "max=\"512\" value=\"16\"></label></p>\n"
        "<p><label>Seeding <select name=\"seeding\"><option value=\"random\">random</option>"
        "<option value=\"rating\">by rating</option></select></label></p>\n"
        "<p><label>Starts by itself at <input name=\"auto_start_at\" "
        "placeholder=\"2027-01-31T18:00:00Z\"></label></p>\n"
        "<p><label>Prize <input name=\"prize\" type=\"number\" min=\"0\" value=\"0\"></label></p>\n"
        "<p><label>Entry fee <input name=\"entry_fee\" type=\"number\" min=\"0\" value=\"0\">"
        "</label></p>\n"
        "<p><label><input name=\"on_blockchain\" type=\"checkbox\"> On blockchain</label></p>\n"
        "<p><button type=\"submit\">Create</button></p>\n</form>\n</body>\n</html>\n");
    return OK;
}

/* -- reading --------------------------------------------------------------------------------- */

static void form_number(struct reply *reply, const char *name, struct str text, uint64_t min,
                        uint64_t max, uint64_t *out)
{
    uint64_t number;

    if (str_to_u64(text, max, &number) || number < min)
        json_errors_add(&reply->errors, name, "must be a whole number within its range");
    else
        *out = number;
}

/* As browsers and the frameworks behind such forms write a tick. */
static void form_tick(struct reply *reply, const char *name, struct str text, bool *out)
{
    if (str_eq_nocase(text, STR("on")) || str_eq_nocase(text, STR("true")) ||
        str_eq(text, STR("1")))
        *out = true;
    else if (str_eq_nocase(text, STR("off")) || str_eq_nocase(text, STR("false")) ||
             str_eq(text, STR("0")))
        *out = false;
    else
        json_errors_add(&reply->errors, name, "must be on or off");
}

static void form_field(struct reply *reply, struct form *form, struct str name, struct str value)
{
    if (str_eq(name, STR("name")))
        form->name = value;
    else if (str_eq(name, STR("csrfmiddlewaretoken")) || value.len == 0)
        return; /* a field that was left empty is one that was not filled in */
    else if (str_eq(name, STR("player_limit")))
        form_number(reply, "player_limit", value, BRACKET_ENTRANTS_MIN, BRACKET_ENTRANTS_MAX,
                    &form->player_limit);
    else if (str_eq(name, STR("format")))
        form->format = value;
    else if (str_eq(name, STR("seeding")))
        form->seeding = value;
    else if (str_eq(name, STR("auto_start_at")))
        form->auto_start_at = value;
    else if (str_eq(name, STR("prize")))
        form_number(reply, "prize", value, 0, MONEY_MAX, &form->prize);
    else if (str_eq(name, STR("entry_fee")))
        form_number(reply, "entry_fee", value, 0, MONEY_MAX, &form->entry_fee);
    else if (str_eq(name, STR("on_blockchain")))
        form_tick(reply, "on_blockchain", value, &form->on_blockchain);
    else
        json_errors_add(&reply->errors, "", "has a field that is not known");
}

static enum err decode_form(struct request *request, struct reply *reply, struct form *form)
{
    struct str name, value;
    size_t at = 0;
    enum err err;

    while ((err = query_next(request->body, &at, request->arena, &name, &value)) == OK)
        form_field(reply, form, name, value);
    return err == ERR_END ? OK : err;
}

#define FORM_STR(field, length_max)                                                                \
    {                                                                                              \
        .name = #field, .type = JSON_STR, .offset = offsetof(struct form, field),                  \
        .present_offset = SIZE_MAX, .max = (length_max), .is_nullable = true,                      \
    }
#define FORM_U64(field, value_min, value_max)                                                      \
    {                                                                                              \
        .name = #field, .type = JSON_U64, .offset = offsetof(struct form, field),                  \
        .present_offset = SIZE_MAX, .min = (value_min), .max = (value_max), .is_nullable = true,   \
    }

static enum err decode_json(struct request *request, struct reply *reply, struct form *form)
{
    static const struct json_field FIELDS[] = {
        {.name = "name",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct form, name),
         .present_offset = SIZE_MAX},
        FORM_U64(player_limit, BRACKET_ENTRANTS_MIN, BRACKET_ENTRANTS_MAX),
        FORM_STR(format, 32),
        FORM_STR(seeding, 32),
        FORM_STR(auto_start_at, 64),
        FORM_U64(prize, 0, MONEY_MAX),
        FORM_U64(entry_fee, 0, MONEY_MAX),
        {.name = "on_blockchain",
         .type = JSON_BOOL,
         .offset = offsetof(struct form, on_blockchain),
         .present_offset = SIZE_MAX},
    };
    static const struct json_schema SCHEMA = {.fields = FIELDS, .count = ARRAY_COUNT(FIELDS)};
    enum err err = request_decode(request, reply, &SCHEMA, form);

    return err == ERR_INVALID ? OK : err; /* the other rules are looked at as well */
}

static bool is_form(struct str content_type)
{
    struct str type = str_trim(str_slice(content_type, 0, str_find(content_type, ';', 0)));

    return str_eq_nocase(type, STR("application/x-www-form-urlencoded"));
}

/* -- checking -------------------------------------------------------------------------------- */

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

static bool has_error(const struct reply *reply, const char *pointer)
{
    for (size_t i = 0; i < reply->errors.count; i++)
        if (strcmp(reply->errors.list[i].pointer, pointer) == 0)
            return true;
    return false;
}

static void check_name(struct reply *reply, struct form *form)
{
    size_t chars;

    if (has_error(reply, "/name"))
        return;
    form->name = str_trim(form->name);
    chars = utf8_count(form->name);
    if (chars < 1 || chars > NAME_MAX_CHARS || has_control(form->name))
        json_errors_add(&reply->errors, "name", "must have 1 to 100 characters");
}

static void check_words(struct reply *reply, const struct form *form, bool *is_by_rating)
{
    if (form->format.len > 0 && !str_eq(form->format, STR("single_elimination")))
        json_errors_add(&reply->errors, "format", "must be single_elimination");
    *is_by_rating = str_eq(form->seeding, STR("rating"));
    if (form->seeding.len > 0 && !*is_by_rating && !str_eq(form->seeding, STR("random")))
        json_errors_add(&reply->errors, "seeding", "must be random or rating");
}

static void check_time(struct reply *reply, const struct form *form, uint64_t now_ms,
                       uint64_t *auto_start_ms)
{
    if (form->auto_start_at.len == 0)
        return;
    if (when_parse(form->auto_start_at, auto_start_ms))
        json_errors_add(&reply->errors, "auto_start_at",
                        "must be a time as in RFC 3339, for example 2027-01-31T18:00:00Z");
    else if (*auto_start_ms <= now_ms || *auto_start_ms > now_ms + AUTO_START_MAX_MS)
        json_errors_add(&reply->errors, "auto_start_at", "must be within the coming year");
}

/* -- making ---------------------------------------------------------------------------------- */

struct create {
    struct tournaments_create_args args;
    uint64_t tournament_id;
};

static enum err create_txn(struct db *db, void *arg)
{
    struct create *create = arg;

    return tournaments_create(db, &create->args, &create->tournament_id);
}

static struct str extras_of(struct request *request, const struct form *form)
{
    char memory[160];
    struct buf text;
    struct json_writer w = json_writer_of(&text);

    buf_init_fixed(&text, memory, sizeof(memory));
    json_object_begin(&w);
    json_u64(&w, "prize", form->prize);
    json_u64(&w, "entry_fee", form->entry_fee);
    json_bool(&w, "on_blockchain", form->on_blockchain);
    json_object_end(&w);
    CHECK(buf_ok(&text));
    return arena_copy(request->arena, buf_str(&text));
}

static void create_render(struct reply *reply, const void *arg)
{
    const struct create *create = arg;
    struct json_writer w = json_writer_of(&reply->body);

    json_object_begin(&w);
    json_c(&w, "message", "tournament created");
    json_u64(&w, "tournament_id", create->tournament_id);
    json_object_end(&w);
}

enum err tournament_create_handle(struct request *request, struct reply *reply)
{
    struct form form = {.player_limit = PLAYER_LIMIT_DEFAULT};
    struct create create = {.args = {.creator_id = request->caller.user_id,
                                     .seed = random_u64() >> 1,
                                     .now_ms = request->now_ms}};
    enum err err = is_form(request->content_type) ? decode_form(request, reply, &form)
                                                  : decode_json(request, reply, &form);

    if (err)
        return err;
    check_name(reply, &form);
    check_words(reply, &form, &create.args.is_by_rating);
    check_time(reply, &form, request->now_ms, &create.args.auto_start_ms);
    if (reply->errors.count > 0)
        return ERR_INVALID;
    create.args.name = form.name;
    create.args.player_limit = (uint16_t)form.player_limit;
    create.args.extras = extras_of(request, &form);
    reply->status = 201;
    return request_write_reply(request, reply, create_txn, &create, create_render);
}
