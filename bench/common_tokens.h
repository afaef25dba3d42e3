/* Access tokens of a run's players: a text file with one token in each line. */
#ifndef BENCH_COMMON_TOKENS_H
#define BENCH_COMMON_TOKENS_H

#include <stddef.h>

enum { TOKEN_SIZE_MAX = 2048 };

struct tokens {
    char **values;
    size_t count;
};

/* Reads at most count_max lines; dies when there is none. */
void tokens_read(const char *path, size_t count_max, struct tokens *tokens);
void tokens_release(struct tokens *tokens);

#endif
