/* Problem documents and their pages: the exact bytes a client sees, and that no code lacks a page.
 */
#include "tests/unit/test.h"

#include "lib/api/problem.h"

static char memory[65536];

static struct str body_of(struct problem problem)
{
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    problem_put(&buf, &problem);
    EXPECT(buf_ok(&buf));
    return buf_str(&buf);
}

static bool contains(struct str text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

TEST(a_problem_has_the_members_of_the_contract)
{
    EXPECT_STR("{\"type\":\"/problems/already_queued\",\"title\":\"User already in queue\","
               "\"status\":400,\"detail\":\"User already in queue\",\"code\":\"already_queued\","
               "\"request_id\":\"01J0\",\"error\":\"User already in queue\"}",
               body_of((struct problem){.err = ERR_ALREADY_QUEUED, .request_id = STR("01J0")}));
}

TEST(a_detail_of_its_own_replaces_the_sentence_but_not_the_title)
{
    struct str body =
        body_of((struct problem){.err = ERR_NOT_FOUND, .detail = STR("Game \"7\" not found")});

    EXPECT(contains(body, "\"title\":\"There is nothing here.\""));
    EXPECT(contains(body, "\"detail\":\"Game \\\"7\\\" not found\""));
    EXPECT(contains(body, "\"error\":\"Game \\\"7\\\" not found\""));
}

TEST(field_errors_are_listed_with_their_pointers)
{
    struct json_errors errors = {0};

    json_errors_add(&errors, "username", "must have at least 3 characters");
    json_errors_add(&errors, "password", "is required");
    EXPECT(contains(
        body_of((struct problem){.err = ERR_INVALID, .errors = &errors}),
        "\"errors\":[{\"pointer\":\"/username\",\"detail\":\"must have at least 3 characters\"},"
        "{\"pointer\":\"/password\",\"detail\":\"is required\"}]"));
}

TEST(room_routes_also_say_success_false)
{
    struct str body = body_of((struct problem){
        .err = ERR_NOT_FOUND, .dialect = problem_dialect_of(STR("/api/room/join"))});

    EXPECT(contains(body, "\"success\":false"));
    EXPECT_FALSE(
        contains(body_of((struct problem){.err = ERR_NOT_FOUND,
                                          .dialect = problem_dialect_of(STR("/api/rooms"))}),
                 "success"));
}

TEST(extra_members_stand_in_the_same_object)
{
    struct str body = body_of(
        (struct problem){.err = ERR_IN_MATCH, .extra = STR("\"game_id\":10000001,\"a\":true")});

    EXPECT(str_ends_with(body, STR(",\"game_id\":10000001,\"a\":true}")));
    EXPECT(json_is_valid(body));
}

TEST(errors_inside_the_process_never_leave_it)
{
    EXPECT_ERR(ERR_CONFLICT, problem_err(ERR_BAD_STATE));
    EXPECT_ERR(ERR_CONFLICT, problem_err(ERR_EXISTS));
    EXPECT_ERR(ERR_FULL, problem_err(ERR_AGAIN));
    EXPECT_ERR(ERR_INTERNAL, problem_err(ERR_END));
    EXPECT_ERR(ERR_INTERNAL, problem_err(OK));
    EXPECT(contains(body_of((struct problem){.err = ERR_END}), "\"code\":\"internal\""));
}

TEST(a_body_that_does_not_fit_is_a_failure_and_not_half_a_body)
{
    char small[40];
    struct buf buf;

    buf_init_fixed(&buf, small, sizeof(small));
    problem_put(&buf, &(struct problem){.err = ERR_FULL});
    EXPECT_FALSE(buf_ok(&buf));
}

TEST(every_public_code_has_a_page_that_says_what_to_do)
{
    for (enum err err = OK + 1; err < ERR_COUNT; err++) {
        struct buf buf;
        enum err page;

        buf_init_fixed(&buf, memory, sizeof(memory));
        page = problem_page_put(&buf, str_from_c(err_code(err)));
        if (problem_err(err) != err) {
            EXPECT_ERR(ERR_NOT_FOUND, page);
            EXPECT_INT(0, buf.len);
            continue;
        }
        EXPECT_OK(page);
        EXPECT(contains(buf_str(&buf), err_sentence(err)));
        /* "HTTP status 404. </p>" would be a status without advice. */
        EXPECT_FALSE(contains(buf_str(&buf), ". </p>"));
    }
}

TEST(pages_need_neither_escaping_nor_script_nor_style)
{
    struct buf buf;

    for (enum err err = OK + 1; err < ERR_COUNT; err++) {
        for (const char *c = err_sentence(err); *c; c++)
            EXPECT(*c >= ' ' && *c <= '~' && *c != '<' && *c != '>' && *c != '&');
    }
    buf_init_fixed(&buf, memory, sizeof(memory));
    problem_index_put(&buf);
    EXPECT(buf_ok(&buf));
    EXPECT(contains(buf_str(&buf), "href=\"/problems/rate_limited\""));
    EXPECT_FALSE(contains(buf_str(&buf), "<script"));
    EXPECT_FALSE(contains(buf_str(&buf), "style"));
    EXPECT_FALSE(contains(buf_str(&buf), "bad_state"));
}

TEST(an_unknown_code_has_no_page)
{
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    EXPECT_ERR(ERR_NOT_FOUND, problem_page_put(&buf, STR("no_such_code")));
    EXPECT_ERR(ERR_NOT_FOUND, problem_page_put(&buf, STR("")));
    EXPECT_INT(0, buf.len);
}
