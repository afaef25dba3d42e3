/* The one place where a broken invariant ends the process. */
#include "lib/base/check.h"

#include <string.h>
#include <stdlib.h>
#include <unistd.h>

/* write(2) only: the heap or stdio may be the thing that is broken. */
static void put(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

void check_failed(const char *text, const char *file, int line)
{
    char digits[12];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + line % 10);
        line /= 10;
    } while (line > 0 && at > 0);
    put("CHECK failed: ");
    put(text);
    put(" at ");
    put(file);
    put(":");
    put(digits + at);
    put("\n");
    abort();
}
