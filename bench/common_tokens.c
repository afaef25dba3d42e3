/* Reading a token file; guests.c writes it. */
#include "bench/common_tokens.h"

#include "bench/common_base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tokens_read(const char *path, size_t count_max, struct tokens *tokens)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die("%s", path);
    tokens->values = memory_new(count_max, sizeof *tokens->values);
    tokens->count = 0;
    char line[TOKEN_SIZE_MAX];
    while (tokens->count < count_max && fgets(line, sizeof line, file) != NULL) {
        size_t len = strcspn(line, "\n");
        char *value = memory_new(len + 1, 1);
        memcpy(value, line, len);
        tokens->values[tokens->count++] = value;
    }
    fclose(file);
    if (tokens->count == 0)
        die("%s holds no token", path);
}

void tokens_release(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->values[i]);
    free(tokens->values);
    *tokens = (struct tokens){0};
}
