/*
 * TEST(name) { ... } on top of cmocka: a test registers itself, its name is the sentence that the
 * manual would contain, and main runs all of a file's tests. EXPECT_* print both values and end the
 * test. Include once per test program.
 */
#ifndef RALLY_TESTS_UNIT_TEST_H
#define RALLY_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/base/str.h"

#define TESTS_MAX 256

static struct CMUnitTest tests_registered[TESTS_MAX];
static size_t tests_count;

static void test_add(const char *name, CMUnitTestFunction function)
{
    CHECK(tests_count < TESTS_MAX);
    tests_registered[tests_count++] = (struct CMUnitTest){.name = name, .test_func = function};
}

#define TEST(title)                                                                                \
    static void title(void **state);                                                               \
    __attribute__((constructor)) static void register_##title(void)                                \
    {                                                                                              \
        test_add(#title, title);                                                                   \
    }                                                                                              \
    static void title(void **state __attribute__((unused)))

#define EXPECT(cond) assert_true(cond)
#define EXPECT_FALSE(cond) assert_false(cond)
#define EXPECT_NULL(ptr) assert_null(ptr)
#define EXPECT_NOT_NULL(ptr) assert_non_null(ptr)
#define EXPECT_INT(want, got) assert_int_equal((long long)(got), (long long)(want))
#define EXPECT_OK(err) expect_err(OK, (err), __FILE__, __LINE__)
#define EXPECT_ERR(want, err) expect_err((want), (err), __FILE__, __LINE__)
#define EXPECT_STR(want, got) expect_str(str_from_c(want), (got), __FILE__, __LINE__)

static inline void expect_err(enum err want, enum err got, const char *file, int line)
{
    if (want != got) {
        print_error("wanted %s, got %s\n", err_code(want), err_code(got));
        _fail(file, line);
    }
}

static inline void expect_str(struct str want, struct str got, const char *file, int line)
{
    if (!str_eq(want, got)) {
        print_error("wanted \"%.*s\", got \"%.*s\"\n", STR_ARGS(want), STR_ARGS(got));
        _fail(file, line);
    }
}

int main(void)
{
    /* cmocka wants an array; ours is filled by constructors, so its count is known only now. */
    int failed = _cmocka_run_group_tests("tests", tests_registered, tests_count, NULL, NULL);

    printf("%zu passed, %d failed\n", tests_count - (size_t)(failed > 0 ? failed : 0), failed);
    return failed != 0;
}

#endif
