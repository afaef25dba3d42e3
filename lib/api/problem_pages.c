/*
 * The pages behind the `type` of a problem. A page is made from the row of err.h and from what its
 * HTTP status asks of a client, so every code has one without anybody writing it. All text is ours
 * and plain ASCII without markup: nothing has to be escaped, which a test checks.
 */
#include "lib/api/problem.h"

struct advice {
    int status;
    const char *text;
};

/* What to do, by status: the part that does not depend on the code. */
static const struct advice ADVICE[] = {
    {400, "The request will fail again as it is. Correct it first."},
    {401, "Send a valid access token: Authorization: Bearer TOKEN. A token that has expired is "
          "replaced by POST /v1/auth/refresh."},
    {403, "You are known, and this is not allowed to you. Asking again changes nothing."},
    {404, "Check the path and the id. What existed may have ended meanwhile."},
    {405, "The Allow header of the answer names the methods that this path knows."},
    {408, "Send the whole request at once. The connection is closed after this answer."},
    {409, "The request contradicts the present state. Read the state, then decide anew."},
    {413, "Send less. The limits are stated in the documentation."},
    {414, "Shorten the path or the query."},
    {415, "Send JSON and say so: Content-Type: application/json."},
    {417, "Leave the Expect header out."},
    {422, "The member errors names each field that has to change, and how."},
    {429, "Wait as many seconds as the Retry-After header says, then ask again."},
    {431, "Send fewer or smaller header fields, for example fewer cookies."},
    {500, "This is our fault. It is in our log under the request_id of the answer; tell it to "
          "the operator."},
    {501, "Send the body with Content-Length or as chunks, without another transfer coding."},
    {503, "Wait as many seconds as the Retry-After header says, then ask again. Requests that "
          "carry an Idempotency-Key are safe to repeat."},
    {505, "Speak HTTP/1.1."},
};

static const char *advice_of(int status)
{
    for (size_t i = 0; i < ARRAY_COUNT(ADVICE); i++) {
        if (ADVICE[i].status == status)
            return ADVICE[i].text;
    }
    return "";
}

static bool is_public(enum err err)
{
    return err != OK && problem_err(err) == err;
}

static void put_head(struct buf *buf, const char *title)
{
    buf_put_c(buf, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<title>");
    buf_put_c(buf, title);
    buf_put_c(buf, " - Rally</title>\n</head>\n<body>\n<main>\n");
}

static void put_foot(struct buf *buf)
{
    buf_put_c(buf, "</main>\n</body>\n</html>\n");
}

static void put_page(struct buf *buf, enum err err)
{
    put_head(buf, err_code(err));
    buf_put_c(buf, "<h1><code>");
    buf_put_c(buf, err_code(err));
    buf_put_c(buf, "</code></h1>\n<p>");
    buf_put_c(buf, err_sentence(err));
    buf_put_c(buf, "</p>\n<p>HTTP status ");
    buf_put_u64(buf, (uint64_t)err_status(err));
    buf_put_c(buf, ". ");
    buf_put_c(buf, advice_of(err_status(err)));
    buf_put_c(buf, "</p>\n<p><a href=\"/problems\">All problems</a></p>\n");
    put_foot(buf);
}

enum err problem_page_put(struct buf *buf, struct str code)
{
    for (enum err err = OK + 1; err < ERR_COUNT; err++) {
        if (is_public(err) && str_eq(code, str_from_c(err_code(err)))) {
            put_page(buf, err);
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static void put_row(struct buf *buf, enum err err)
{
    buf_put_c(buf, "<tr><td><a href=\"/problems/");
    buf_put_c(buf, err_code(err));
    buf_put_c(buf, "\"><code>");
    buf_put_c(buf, err_code(err));
    buf_put_c(buf, "</code></a></td><td>");
    buf_put_u64(buf, (uint64_t)err_status(err));
    buf_put_c(buf, "</td><td>");
    buf_put_c(buf, err_sentence(err));
    buf_put_c(buf, "</td></tr>\n");
}

void problem_index_put(struct buf *buf)
{
    put_head(buf, "Problems");
    buf_put_c(buf, "<h1>Problems</h1>\n<p>Every error that Rally answers, by its stable "
                   "code.</p>\n<table>\n<thead><tr><th scope=\"col\">code</th>"
                   "<th scope=\"col\">status</th><th scope=\"col\">meaning</th></tr></thead>\n"
                   "<tbody>\n");
    for (enum err err = OK + 1; err < ERR_COUNT; err++) {
        if (is_public(err))
            put_row(buf, err);
    }
    buf_put_c(buf, "</tbody>\n</table>\n");
    put_foot(buf);
}
