/* The error table of err.h, as arrays. */
#include "lib/base/err.h"

struct err_row {
    int status;
    const char *code;
    const char *sentence;
};

/* clang-format off */
static const struct err_row ROWS[] = {
    {200, "ok", ""},
#define ERR_ROW(name, status, code, sentence) {status, code, sentence},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};
/* clang-format on */

_Static_assert(sizeof(ROWS) / sizeof(ROWS[0]) == ERR_COUNT, "one row for each error");

static const struct err_row *row_of(enum err err)
{
    CHECK((unsigned)err < ERR_COUNT);
    return &ROWS[err];
}

int err_status(enum err err)
{
    return row_of(err)->status;
}

const char *err_code(enum err err)
{
    return row_of(err)->code;
}

const char *err_sentence(enum err err)
{
    return row_of(err)->sentence;
}
