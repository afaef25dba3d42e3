/*
 * The helpers of role.h. Idempotency-Key lives here: the key is claimed in the same transaction as
 * the effect, so either both are there or neither; the reply's bytes are kept right behind it.
 */
#include "services/role.h"

#include <stdio.h>

#include "lib/crypt/digest.h"
#include "lib/store/idempotency.h"

#define IDEMPOTENCY_TTL_MS (24u * 3600 * 1000)
#define PAYLOAD_MAX 512

static bool is_json(struct str content_type)
{
    struct str type = str_trim(str_slice(content_type, 0, str_find(content_type, ';', 0)));

    return str_eq_nocase(type, STR("application/json"));
}

enum err request_decode(struct request *request, struct reply *reply,
                        const struct json_schema *schema, void *out)
{
    struct str body = request->body;

    if (body.len > 0 && !is_json(request->content_type))
        return ERR_MEDIA_TYPE;
    if (body.len == 0)
        body = STR("{}");
    return json_decode(body, schema, request->arena, out, &reply->errors);
}

enum err reply_invalid(struct reply *reply, const char *field, const char *detail)
{
    json_errors_add(&reply->errors, field, detail);
    return ERR_INVALID;
}

/* -- writes ---------------------------------------------------------------------------------- */

struct keyed_write {
    struct request *request;
    struct reply *reply;
    enum err (*fn)(struct db *db, void *arg);
    reply_render_fn render; /* NULL: the reply is kept by a second write (reply_keep) */
    void *arg;
    struct idempotency_args args;
    struct idempotency_found found;
};

static enum err render_and_keep(struct db *db, struct keyed_write *write)
{
    struct reply *reply = write->reply;
    struct idempotency_reply kept = {
        .principal = write->args.principal,
        .key = write->args.key,
        .status = reply->status,
        .content_type = str_from_c(reply->content_type),
    };

    buf_clear(&reply->body);
    write->render(reply, write->arg);
    if (!buf_ok(&reply->body))
        return ERR_INTERNAL;
    kept.body = buf_str(&reply->body);
    return idempotency_store(db, &kept);
}

static enum err keyed_write_txn(struct db *db, void *arg)
{
    struct keyed_write *write = arg;
    enum err err = idempotency_claim(db, &write->args, write->request->arena, &write->found);

    if (err || !write->found.is_new)
        return err;
    err = write->fn(db, write->arg);
    return err || !write->render ? err : render_and_keep(db, write);
}

static bool has_key(const struct request *request)
{
    return request->route && request->route->is_idempotent_key &&
           request->idempotency_key.len > 0 && request->caller.user_id != 0;
}

static struct str principal_of(struct request *request)
{
    struct buf text;
    char memory[32];

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_put_c(&text, "user:");
    buf_put_u64(&text, request->caller.user_id);
    return arena_copy(request->arena, buf_str(&text));
}

static struct str request_hash(struct request *request)
{
    char *hash = arena_alloc(request->arena, SHA256_SIZE);
    struct buf text;

    if (!hash)
        return STR("");
    buf_init(&text, LIMIT_HTTP_BODY_SIZE + LIMIT_HTTP_LINE_SIZE + 32);
    buf_put_u64(&text, (uint64_t)request->method);
    buf_put_char(&text, ' ');
    buf_put_str(&text, request->path);
    buf_put_char(&text, '\n');
    buf_put_str(&text, request->body);
    sha256(buf_str(&text), (uint8_t *)hash);
    buf_release(&text);
    return str_of(hash, SHA256_SIZE);
}

static enum err keyed_write(struct request *request, struct reply *reply,
                            enum err (*fn)(struct db *db, void *arg), void *arg,
                            reply_render_fn render)
{
    struct keyed_write write = {
        .request = request,
        .reply = reply,
        .fn = fn,
        .render = render,
        .arg = arg,
        .args = {.principal = principal_of(request),
                 .key = request->idempotency_key,
                 .request_hash = request_hash(request),
                 .now_ms = request->now_ms,
                 .expires_ms = request->now_ms + IDEMPOTENCY_TTL_MS},
    };
    enum err err = store_write(request->context->store, keyed_write_txn, &write, &reply->batch);

    if (err)
        return err;
    if (write.found.is_new) {
        reply->is_claimed = render == NULL;
        return OK;
    }
    if (write.found.status == 0) { /* a crash came between the effect and its reply */
        reply->detail =
            STR("The first request with this Idempotency-Key took effect, but its reply "
                "was lost; read the state.");
        return ERR_CONFLICT;
    }
    reply->is_replay = true;
    reply->status = write.found.status;
    reply->content_type = arena_copy_c(request->arena, write.found.content_type);
    buf_clear(&reply->body);
    buf_put_str(&reply->body, write.found.body);
    return ERR_EXISTS; /* ends the handler; the gateway sends the first reply */
}

enum err request_write(struct request *request, struct reply *reply,
                       enum err (*fn)(struct db *db, void *arg), void *arg)
{
    if (has_key(request) && !reply->is_claimed)
        return keyed_write(request, reply, fn, arg, NULL);
    return store_write(request->context->store, fn, arg, &reply->batch);
}

enum err request_write_reply(struct request *request, struct reply *reply,
                             enum err (*fn)(struct db *db, void *arg), void *arg,
                             reply_render_fn render)
{
    enum err err;

    if (has_key(request))
        return keyed_write(request, reply, fn, arg, render);
    err = store_write(request->context->store, fn, arg, &reply->batch);
    if (!err)
        render(reply, arg);
    return err;
}

enum err request_read(struct request *request, enum err (*fn)(struct db *db, void *arg), void *arg)
{
    return store_read(request->context->store, fn, arg);
}

/* -- keeping the reply ------------------------------------------------------------------------- */

static enum err keep_txn(struct db *db, void *arg)
{
    return idempotency_store(db, arg);
}

enum err reply_keep(struct request *request, struct reply *reply)
{
    struct idempotency_reply kept = {
        .principal = principal_of(request),
        .key = request->idempotency_key,
        .status = reply->status,
        .content_type = str_from_c(reply->content_type),
        .body = buf_str(&reply->body),
    };

    if (!reply->is_claimed)
        return OK;
    return store_write(request->context->store, keep_txn, &kept, &reply->batch);
}

/* -- events ------------------------------------------------------------------------------------ */

void reply_event(struct request *request, struct reply *reply, const char *subject,
                 const char *format, ...)
{
    char memory[PAYLOAD_MAX];
    va_list args;
    int len;

    CHECK(reply->event_count < REPLY_EVENTS_MAX);
    va_start(args, format);
    len = vsnprintf(memory, sizeof(memory), format, args);
    va_end(args);
    CHECK(len >= 0 && (size_t)len < sizeof(memory));
    reply->events[reply->event_count++] = (struct reply_event){
        .subject = subject,
        .payload = arena_copy(request->arena, str_of(memory, (size_t)len)),
    };
}
