/* Looking things up in a parsed head, and the words that go with a status. */
#include "lib/wire/http1.h"

struct str http_header_get(const struct http_head *head, const char *name)
{
    struct str wanted = str_from_c(name);

    for (size_t i = 0; i < head->header_count; i++)
        if (str_eq_nocase(head->headers[i].name, wanted))
            return head->headers[i].value;
    return str_of(NULL, 0);
}

size_t http_header_count(const struct http_head *head, const char *name)
{
    struct str wanted = str_from_c(name);
    size_t count = 0;

    for (size_t i = 0; i < head->header_count; i++)
        count += str_eq_nocase(head->headers[i].name, wanted);
    return count;
}

/* One Cookie field: pairs with "; " between them. Names are case-sensitive. */
static bool cookie_find(struct str field, struct str name, struct str *value)
{
    for (size_t at = 0; at < field.len;) {
        size_t end = str_find(field, ';', at);
        struct str pair = str_trim(str_slice(field, at, end));
        size_t equals = str_find(pair, '=', 0);

        if (equals < pair.len && str_eq(str_slice(pair, 0, equals), name)) {
            *value = str_slice(pair, equals + 1, pair.len);
            return true;
        }
        at = end + 1;
    }
    return false;
}

struct str http_cookie_get(const struct http_head *head, const char *name)
{
    struct str value;

    for (size_t i = 0; i < head->header_count; i++)
        if (str_eq_nocase(head->headers[i].name, STR("cookie")) &&
            cookie_find(head->headers[i].value, str_from_c(name), &value))
            return value;
    return str_of(NULL, 0);
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } REASONS[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(REASONS); i++)
        if (REASONS[i].status == status)
            return REASONS[i].reason;
    return "";
}
