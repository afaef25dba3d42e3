/* Who may read a reply or open a socket from a page: this host's own pages, and those allowed. */
#include "tests/unit/test.h"

#include "services/gateway/inside.h"

struct verdict {
    struct str origin;
    bool is_refused;
};

/* The head of a request with these two headers; NULL: without the header. */
static struct verdict ask(const char *allowed, const char *host, const char *origin)
{
    static struct settings settings;
    struct http_head head = {.method = HTTP_GET, .minor = 1};
    struct verdict verdict;

    CHECK(str_to_c(str_from_c(allowed), settings.allowed_origins,
                   sizeof(settings.allowed_origins)) == OK);
    if (host)
        head.host = str_from_c(host);
    if (origin)
        head.headers[head.header_count++] =
            (struct http_header){.name = STR("Origin"), .value = str_from_c(origin)};
    verdict.origin = origin_allowed(&settings, &head, &verdict.is_refused);
    return verdict;
}

static void expect_own(struct verdict verdict)
{
    EXPECT_FALSE(verdict.is_refused);
    EXPECT_INT(0, verdict.origin.len); /* nothing to say to a page of our own */
}

static void expect_refused(struct verdict verdict)
{
    EXPECT(verdict.is_refused);
    EXPECT_INT(0, verdict.origin.len);
}

#define LIST "https://play.example, https://beta.example:8443"

TEST(a_request_without_an_origin_is_no_page)
{
    expect_own(ask("", "rally.example", NULL));
    expect_own(ask(LIST, "rally.example", NULL));
}

TEST(pages_of_this_host_are_ours)
{
    expect_own(ask("", "rally.example", "https://rally.example"));
    expect_own(ask("", "rally.example:8080", "http://rally.example:8080"));
    expect_own(ask("", "Rally.Example", "https://rally.example"));
    expect_own(ask("", "[::1]:8080", "http://[::1]:8080"));
}

TEST(pages_of_others_are_refused)
{
    expect_refused(ask("", "rally.example", "https://evil.example"));
    expect_refused(ask("", "rally.example", "https://rally.example.evil.example"));
    expect_refused(ask("", "rally.example", "https://evil-rally.example"));
    expect_refused(ask("", "rally.example:8080", "http://rally.example:9090"));
    expect_refused(ask("", "rally.example:8080", "http://rally.example"));
    expect_refused(ask("", "rally.example", "ftp://rally.example"));
    expect_refused(ask("", "rally.example", "rally.example"));
    expect_refused(ask("", "rally.example", "null"));
    expect_refused(ask(LIST, "rally.example", "null"));
}

TEST(an_allowed_origin_is_told_so_and_no_other)
{
    struct verdict verdict = ask(LIST, "rally.example", "https://play.example");

    EXPECT_FALSE(verdict.is_refused);
    EXPECT_STR("https://play.example", verdict.origin);
    verdict = ask(LIST, "rally.example", "https://beta.example:8443");
    EXPECT_FALSE(verdict.is_refused);
    EXPECT_STR("https://beta.example:8443", verdict.origin);
    expect_refused(ask(LIST, "rally.example", "http://play.example"));
    expect_refused(ask(LIST, "rally.example", "https://beta.example"));
    expect_refused(ask(LIST, "rally.example", "https://play.example, https://beta.example:8443"));
    expect_refused(ask(LIST, "rally.example", "https://play"));
}

/* HTTP/1.1 allows an empty Host: then nobody can be its page. */
TEST(without_a_host_no_page_is_ours)
{
    expect_refused(ask("", NULL, "null"));
    expect_refused(ask("", "", "null"));
    expect_refused(ask("", "", "https://"));
    expect_refused(ask("", "", "file://"));
    expect_refused(ask("", NULL, "https://evil.example"));
}
