/* Headers of every reply, in one place: ids, caching, limits, who may read it, page protection. */
#include "services/gateway/inside.h"

/* A page of ours runs our own scripts only; 'wasm-unsafe-eval' is for the rules of the game. */
static void put_page_headers(struct buf *out, bool is_tls)
{
    buf_put_c(
        out,
        "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
        "style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'\r\n"
        "Cross-Origin-Opener-Policy: same-origin\r\n"
        "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n");
    if (is_tls)
        buf_put_c(out, "Strict-Transport-Security: max-age=63072000\r\n");
}

static void put_limit(struct buf *out, const struct limit_answer *limit)
{
    buf_put_c(out, "RateLimit-Limit: ");
    buf_put_u64(out, limit->limit);
    buf_put_c(out, "\r\nRateLimit-Remaining: ");
    buf_put_u64(out, limit->remaining);
    buf_put_c(out, "\r\nRateLimit-Reset: ");
    buf_put_u64(out, limit->reset_s);
    buf_put_c(out, "\r\n");
}

static void put_line(struct buf *out, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_put_c(out, name);
    buf_put_str(out, value);
    buf_put_c(out, "\r\n");
}

void headers_put(struct buf *out, const struct reply_headers *headers)
{
    put_line(out, "X-Request-Id: ", str_from_c(headers->request_id));
    put_line(out, "Cache-Control: ", headers->cache ? str_from_c(headers->cache) : STR("no-store"));
    buf_put_c(out, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
                   "Cross-Origin-Resource-Policy: same-origin\r\n");
    if (headers->is_page)
        put_page_headers(out, headers->is_tls);
    if (headers->limit)
        put_limit(out, headers->limit);
    if (headers->retry_after_s > 0) {
        buf_put_c(out, "Retry-After: ");
        buf_put_u64(out, headers->retry_after_s);
        buf_put_c(out, "\r\n");
    }
    if (headers->challenges)
        buf_put_c(out, "WWW-Authenticate: Bearer\r\n");
    if (headers->names_ws_version)
        buf_put_c(out, "Sec-WebSocket-Version: 13\r\n");
    put_line(out, "Allow: ", headers->allow);
    put_line(out, "Set-Cookie: ", headers->set_cookie);
    put_line(out, "ETag: ", headers->etag);
    if (headers->is_gzip)
        buf_put_c(out, "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
    if (headers->origin.len > 0) {
        put_line(out, "Access-Control-Allow-Origin: ", headers->origin);
        buf_put_c(out, "Vary: Origin\r\nAccess-Control-Expose-Headers: X-Request-Id, Retry-After, "
                       "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset\r\n");
    }
}

/* "https://host:port" without the scheme. */
static struct str authority_of(struct str origin)
{
    if (str_starts_with(origin, STR("https://")))
        return str_slice(origin, 8, origin.len);
    if (str_starts_with(origin, STR("http://")))
        return str_slice(origin, 7, origin.len);
    return STR("");
}

struct str origin_allowed(const struct settings *settings, const struct http_head *head,
                          bool *is_refused)
{
    struct str origin = http_header_get(head, "origin");
    struct str authority = authority_of(origin), allowed = str_from_c(settings->allowed_origins);

    *is_refused = false;
    /* Without a Host nobody's page is ours: "null" names no authority either. */
    if (origin.len == 0 || (authority.len > 0 && str_eq_nocase(authority, head->host)))
        return STR("");
    while (allowed.len > 0) {
        size_t end = str_find(allowed, ',', 0);
        if (str_eq_nocase(str_trim(str_slice(allowed, 0, end)), origin))
            return origin;
        allowed = str_slice(allowed, end + 1, allowed.len);
    }
    *is_refused = true;
    return STR("");
}
