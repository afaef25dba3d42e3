/* Prints for each input "valid" or "invalid": whether it is JSON within Rally's limits. */
#include "lib/wire/json.h"

#include "tests/differential/harness_input.h"

int main(void)
{
    size_t len;
    char *bytes;

    while ((bytes = harness_input(&len))) {
        puts(json_is_valid(str_of(bytes, len)) ? "valid" : "invalid");
        free(bytes);
    }
    return 0;
}
