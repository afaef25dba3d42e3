/*
 * One HTTP request to a role: copied out of the connection, sent over the bus, run by a worker,
 * answered when its commit is durable. The connection may be gone by then; the effect stays.
 */
#include "services/gateway/inside.h"

#include <stdlib.h>

#include "lib/api/problem.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/bus/bus.h"
#include "lib/wire/url.h"
#include "services/identity.h"
#include "services/metrics.h"
#include "services/revocations.h"

struct call {
    struct work work;
    struct arena arena;
    struct request request;
    struct reply reply;
    struct route_entry entry;
    struct access_claims claims;
    struct slot_id conn;
    struct str origin;
    struct limit_answer limit;
    bool is_limited;
    bool is_head;
    enum err err; /* of the handler, as answered */
    uint64_t started_ns;
};

static void call_free(struct call *call)
{
    buf_release(&call->reply.body);
    arena_release(&call->arena);
    free(call);
}

/* -- on the worker ----------------------------------------------------------------------------- */

static void put_problem(struct call *call, enum err err)
{
    struct reply *reply = &call->reply;

    call->err = problem_err(err);
    reply->status = err_status(call->err);
    reply->content_type = PROBLEM_CONTENT_TYPE;
    buf_clear(&reply->body);
    problem_put(&reply->body, &(struct problem){
                                  .err = call->err,
                                  .detail = reply->detail,
                                  .request_id = str_from_c(call->request.id),
                                  .errors = &reply->errors,
                                  .extra = reply->extra,
                                  .dialect = problem_dialect_of(call->request.path),
                              });
    reply->event_count = err == ERR_TOKEN_REUSED ? reply->event_count : 0;
}

static enum err run_handler(struct call *call)
{
    struct request *request = &call->request;
    enum err err;

    if (request->caller.is_external && call->entry.route->auth != AUTH_NONE) {
        err = identity_resolve_external(request->context, &call->claims, request->now_ms,
                                        &request->caller);
        if (err)
            return err;
        if (revocations_has(request->context->revocations, request->caller.session_id))
            return ERR_TOKEN_INVALID;
    }
    err = call->entry.route->handle(request, &call->reply);
    if (call->reply.is_replay)
        return OK;
    return err ? err : reply_keep(request, &call->reply);
}

static void call_run(struct work *work)
{
    struct call *call = container_of(work, struct call, work);
    uint64_t begun_ns = clock_mono_ns();
    enum err err = run_handler(call);

    if (!err && !buf_ok(&call->reply.body))
        err = ERR_INTERNAL;
    if (err)
        put_problem(call, err);
    if (call->entry.route->pool == POOL_HASHING)
        metrics_hash(work->context->metrics, clock_mono_ns() - begun_ns);
    work->batch = call->reply.batch;
}

/* After the commit: hints go out before the reply, so whoever got the reply finds them done. */
static void call_settled(struct work *work)
{
    struct call *call = container_of(work, struct call, work);

    if (work->commit)
        return;
    for (size_t i = 0; i < call->reply.event_count; i++)
        bus_publish(work->context->bus, call->reply.events[i].subject,
                    call->reply.events[i].payload);
}

/* -- back on the reactor ----------------------------------------------------------------------- */

static void answer(struct call *call, struct conn *conn)
{
    struct reply *reply = &call->reply;
    struct limit_answer limit = call->limit;
    struct reply_headers headers = {
        .request_id = call->request.id,
        .origin = call->origin,
        .limit = call->is_limited ? &limit : NULL,
        .retry_after_s = reply->retry_after_s,
        .challenges = reply->status == 401,
        .set_cookie = reply->set_cookie,
        .is_page = str_eq(str_from_c(reply->content_type), STR("text/html; charset=utf-8")),
        .is_tls = call->request.is_tls,
    };
    char memory[2048];
    struct buf text;

    if ((reply->status == 429 || reply->status == 503) && headers.retry_after_s == 0)
        headers.retry_after_s = 1;
    if (reply->status == 429) { /* a handler's own limit (logins of an account) may be tighter */
        limit.remaining = 0;
        if (limit.reset_s < headers.retry_after_s)
            limit.reset_s = headers.retry_after_s;
    }
    buf_init_fixed(&text, memory, sizeof(memory));
    headers_put(&text, &headers);
    CHECK(buf_ok(&text));
    http_reply(conn, &(struct http_reply){.status = reply->status,
                                          .content_type = reply->content_type,
                                          .headers = buf_str(&text),
                                          .body = buf_str(&reply->body),
                                          .is_head = call->is_head});
}

static void call_done(struct reactor *home, struct work *work)
{
    struct call *call = container_of(work, struct call, work);
    struct conn *conn = conn_find(home, call->conn);
    uint64_t took_ns = clock_mono_ns() - call->started_ns;

    if (work->commit)
        put_problem(call, work->commit);
    metrics_request(work->context->metrics, call->entry.index, call->reply.status, took_ns);
    if (call->reply.status >= 500)
        log_event(LOG_WARN, "request_failed", LOG_C("request_id", call->request.id),
                  LOG_C("route", call->entry.route->pattern), LOG_U64("status", call->reply.status),
                  LOG_C("code", err_code(call->err)), LOG_U64("took_us", took_ns / 1000));
    else
        log_event(LOG_DEBUG, "request", LOG_C("request_id", call->request.id),
                  LOG_C("route", call->entry.route->pattern), LOG_U64("status", call->reply.status),
                  LOG_U64("user_id", call->request.caller.user_id),
                  LOG_U64("took_us", took_ns / 1000));
    if (conn)
        answer(call, conn);
    call_free(call);
}

/* -- start ------------------------------------------------------------------------------------- */

static struct str copy(struct call *call, struct str s)
{
    return s.len > 0 ? arena_copy(&call->arena, s) : STR("");
}

static enum err fill_request(struct call *call, const struct edge_request *from,
                             const struct route_match *match)
{
    struct request *request = &call->request;
    struct str cookie = http_cookie_get(from->head, "__Host-rally_rt");

    request->route = match->entry->route;
    request->method = from->head->method;
    request->path = copy(call, from->path);
    request->query = copy(call, from->head->query);
    request->body = copy(call, from->body);
    request->content_type = copy(call, http_header_get(from->head, "content-type"));
    request->authorization = copy(call, http_header_get(from->head, "authorization"));
    request->idempotency_key = copy(call, http_header_get(from->head, "idempotency-key"));
    if (cookie.len == 0)
        cookie = http_cookie_get(from->head, "rally_rt");
    request->refresh_cookie = copy(call, cookie);
    request->address = copy(call, str_from_c(from->address));
    request->host = copy(call, from->head->host);
    request->is_web = str_eq(http_header_get(from->head, "x-rally-web"), STR("1"));
    request->now_ms = clock_wall_ms();
    memcpy(request->id, from->id, sizeof(request->id));
    call->origin = copy(call, from->origin);
    for (size_t i = 0; i < REQUEST_PARAMS_MAX && match->params[i].len > 0; i++)
        /* Copied first: what needs no decoding would point into the reactor's read buffer. */
        if (url_decode(copy(call, match->params[i]), &call->arena, &request->params[i]))
            return ERR_NOT_FOUND;
    if (request->idempotency_key.len > 255)
        return ERR_INPUT;
    return OK;
}

static enum err authenticate(struct call *call, struct gateway_reactor *state)
{
    struct request *request = &call->request;
    struct str token;
    enum err err;

    if (call->entry.route->auth == AUTH_NONE)
        return OK;
    err = bearer_token(request->authorization, &token);
    if (err == ERR_UNAUTHENTICATED && call->entry.route->auth == AUTH_OPTIONAL)
        return OK;
    if (!err)
        err = token_check(state->tokens, request->context, token, request->now_ms, &call->claims);
    if (!err)
        caller_of_claims(&call->claims, &request->caller);
    return err;
}

/* A player by id, everybody else by address. */
static enum err limit(struct call *call)
{
    struct request *request = &call->request;
    char memory[32];
    struct buf key;

    if (call->entry.route->rate == RATE_NONE)
        return OK;
    buf_init_fixed(&key, memory, sizeof(memory));
    if (request->caller.user_id != 0) {
        buf_put_c(&key, "u:");
        buf_put_u64(&key, request->caller.user_id);
    }
    call->limit = limiter_take(request->context->limiter, call->entry.route->rate,
                               key.len > 0 ? buf_str(&key) : request->address, clock_mono_ms());
    call->is_limited = request->context->settings->rate_limits;
    call->reply.retry_after_s = call->limit.is_allowed ? 0 : call->limit.retry_after_s;
    return call->limit.is_allowed ? OK : ERR_RATE_LIMITED;
}

static const char *pool_of(const struct call *call)
{
    return call->entry.route->pool == POOL_HASHING ? "hashing" : call->entry.role;
}

/* An answer without a worker: the call never left the reactor. */
static void refuse(struct call *call, struct conn *conn, enum err err)
{
    put_problem(call, err);
    metrics_request(call->work.context->metrics, call->entry.index, call->reply.status,
                    clock_mono_ns() - call->started_ns);
    answer(call, conn);
    call_free(call);
}

void call_start(struct conn *conn, const struct edge_request *from, const struct route_match *match)
{
    struct reactor *reactor = conn_reactor(conn);
    struct context *context = reactor_ctx(reactor);
    struct call *call = calloc(1, sizeof(*call));
    bool hashes = match->entry->route->pool == POOL_HASHING;
    enum err err;

    if (!call) {
        edge_problem(conn, from, ERR_FULL, STR(""), NULL);
        return;
    }
    arena_init(&call->arena, LIMIT_REQUEST_ARENA_SIZE);
    buf_init(&call->reply.body, LIMIT_REPLY_SIZE);
    call->reply.status = 200;
    call->reply.content_type = "application/json";
    call->entry = *match->entry;
    call->conn = conn_id(conn);
    call->is_head = from->head->method == HTTP_HEAD;
    call->started_ns = from->started_ns;
    call->request.context = context;
    call->request.arena = &call->arena;
    call->request.is_tls = conn_is_tls(conn);
    call->work = (struct work){
        .home = reactor,
        .context = context,
        .deadline_ms =
            clock_mono_ms() + (hashes ? LIMIT_HASH_DEADLINE_MS : LIMIT_HANDLER_TIMEOUT_MS - 500),
        .run = call_run,
        .settled = call_settled,
        .done = call_done,
    };
    err = fill_request(call, from, match);
    if (!err)
        err = authenticate(call, reactor_state(reactor, REACTOR_SLOT_GATEWAY));
    if (!err)
        err = limit(call);
    if (!err) {
        err = work_submit(&call->work, pool_of(call));
        if (!err)
            return;
        err = ERR_FULL;
    }
    refuse(call, conn, err);
}
