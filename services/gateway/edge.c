/* What the edge answers by itself, on the reactor: health, problem pages, files, and its own
 * refusals. Nothing here asks a role or the store. */
#include "services/gateway/inside.h"

#include "lib/api/problem.h"
#include "lib/base/clock.h"
#include "services/metrics.h"

#define PAGE_SIZE_MAX 65536

static void answer(struct conn *conn, const struct edge_request *request, int status,
                   const char *content_type, struct str body, struct reply_headers *headers)
{
    struct context *context = reactor_ctx(conn_reactor(conn));
    struct gateway *gateway = context->gateway;
    char memory[2048];
    struct buf text;

    headers->request_id = request->id;
    headers->is_tls = conn_is_tls(conn);
    buf_init_fixed(&text, memory, sizeof(memory));
    headers_put(&text, headers);
    CHECK(buf_ok(&text));
    metrics_request(context->metrics, gateway->router.route_count, status,
                    clock_mono_ns() - request->started_ns);
    http_reply(conn, &(struct http_reply){.status = status,
                                          .content_type = content_type,
                                          .headers = buf_str(&text),
                                          .body = body,
                                          .is_head = request->head->method == HTTP_HEAD});
}

void edge_problem(struct conn *conn, const struct edge_request *request, enum err err,
                  struct str detail, const struct reply_headers *more)
{
    char memory[1024];
    struct buf body;
    struct reply_headers headers = more ? *more : (struct reply_headers){0};
    int status;

    err = problem_err(err);
    status = err_status(err);
    buf_init_fixed(&body, memory, sizeof(memory));
    problem_put(&body, &(struct problem){.err = err,
                                         .detail = detail,
                                         .request_id = str_from_c(request->id),
                                         .dialect = problem_dialect_of(request->path)});
    headers.challenges = status == 401;
    if ((status == 429 || status == 503) && headers.retry_after_s == 0)
        headers.retry_after_s = 1;
    answer(conn, request, status, PROBLEM_CONTENT_TYPE, buf_str(&body), &headers);
}

/* -- health ---------------------------------------------------------------------------------- */

static void answer_health(struct conn *conn, const struct edge_request *request, bool is_ready_only)
{
    struct context *context = reactor_ctx(conn_reactor(conn));
    bool is_draining = atomic_load(&context->is_draining);
    bool is_ready = !is_draining && !store_has_failed(context->store);
    char memory[256];
    struct buf body;
    struct json_writer w = json_writer_of(&body);
    struct reply_headers headers = {0};

    if (is_ready_only && !is_ready) { /* an error like any other: its code says what is missing */
        edge_problem(conn, request, is_draining ? ERR_DRAINING : ERR_STORE, STR(""), NULL);
        return;
    }
    buf_init_fixed(&body, memory, sizeof(memory));
    json_object_begin(&w);
    json_c(&w, "status", is_ready ? "healthy" : is_draining ? "draining" : "unhealthy");
    json_c(&w, "service", "rally");
    json_c(&w, "version", RALLY_VERSION);
    json_c(&w, "environment", context->settings->is_production ? "production" : "development");
    json_key(&w, "checks");
    json_object_begin(&w);
    json_c(&w, "store", store_has_failed(context->store) ? "failing" : "ok");
    json_object_end(&w);
    json_object_end(&w);
    answer(conn, request, 200, "application/json", buf_str(&body), &headers);
}

/* -- pages ----------------------------------------------------------------------------------- */

static bool answer_problem_page(struct conn *conn, const struct edge_request *request)
{
    static const struct str PREFIX = STR_INIT("/problems/");
    struct reply_headers headers = {.is_page = true};
    struct buf page;

    buf_init(&page, PAGE_SIZE_MAX);
    if (str_eq(request->path, STR("/problems"))) {
        problem_index_put(&page);
    } else if (!str_starts_with(request->path, PREFIX) ||
               problem_page_put(&page, str_slice(request->path, PREFIX.len, request->path.len))) {
        buf_release(&page);
        return false;
    }
    answer(conn, request, 200, "text/html; charset=utf-8", buf_str(&page), &headers);
    buf_release(&page);
    return true;
}

static bool answer_file(struct conn *conn, const struct edge_request *request)
{
    const struct file *file = files_find(&gateway_of(conn_reactor(conn))->files, request->path);
    struct reply_headers headers;
    char memory[sizeof(file->etag) + 4];
    struct buf etag;
    bool is_fresh;

    if (!file)
        return false;
    headers = (struct reply_headers){
        .is_page = str_eq(str_from_c(file->content_type), STR("text/html; charset=utf-8")),
        .cache = file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache",
        .is_gzip = file->gzip.len > 0 &&
                   http_list_has(http_header_get(request->head, "accept-encoding"), STR("gzip")),
    };
    /* Each coding is a representation of its own (RFC 9110 section 8.8.3.3): "x" and "x-gz". */
    buf_init_fixed(&etag, memory, sizeof(memory));
    buf_put(&etag, file->etag, strlen(file->etag) - 1);
    buf_put_c(&etag, headers.is_gzip ? "-gz\"" : "\"");
    headers.etag = buf_str(&etag);
    is_fresh = http_list_has(http_header_get(request->head, "if-none-match"), headers.etag);
    answer(conn, request, is_fresh ? 304 : 200, file->content_type,
           headers.is_gzip ? file->gzip : file->bytes, &headers);
    return true;
}

/* -- cross-origin preflight ------------------------------------------------------------------ */

static void answer_options(struct conn *conn, const struct edge_request *request)
{
    char memory[1024];
    struct buf text;
    struct reply_headers headers = {.origin = request->origin,
                                    .request_id = request->id,
                                    .allow = STR("GET, HEAD, POST, PATCH, DELETE, OPTIONS")};

    buf_init_fixed(&text, memory, sizeof(memory));
    headers_put(&text, &headers);
    if (request->origin.len > 0)
        buf_put_c(&text, "Access-Control-Allow-Methods: GET, POST, PATCH, DELETE\r\n"
                         "Access-Control-Allow-Headers: Authorization, Content-Type, "
                         "Idempotency-Key, X-Rally-Web\r\nAccess-Control-Max-Age: 600\r\n");
    http_reply(conn, &(struct http_reply){.status = 204, .headers = buf_str(&text)});
}

bool edge_has_path(struct conn *conn, const struct edge_request *request)
{
    static const struct str PATHS[] = {STR_INIT("/readyz"), STR_INIT("/livez"), STR_INIT("/health"),
                                       STR_INIT("/problems")};

    for (size_t i = 0; i < ARRAY_COUNT(PATHS); i++)
        if (str_eq(request->path, PATHS[i]))
            return true;
    return !conn_is_admin(conn) &&
           files_find(&gateway_of(conn_reactor(conn))->files, request->path) != NULL;
}

bool edge_answer(struct conn *conn, const struct edge_request *request)
{
    enum http_method method = request->head->method;

    if (method == HTTP_OPTIONS) {
        answer_options(conn, request);
        return true;
    }
    if (method != HTTP_GET && method != HTTP_HEAD)
        return false;
    if (str_eq(request->path, STR("/readyz"))) {
        answer_health(conn, request, true);
        return true;
    }
    if (str_eq(request->path, STR("/livez")) || str_eq(request->path, STR("/health"))) {
        answer_health(conn, request, false);
        return true;
    }
    if (conn_is_admin(conn))
        return false;
    return answer_problem_page(conn, request) || answer_file(conn, request);
}
