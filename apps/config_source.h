/*
 * Collects what flags, environment and file say about each setting, as text: which names exist, who
 * wins, and where the winner stands. What the texts mean is config_value.h.
 */
#ifndef RALLY_APPS_CONFIG_SOURCE_H
#define RALLY_APPS_CONFIG_SOURCE_H

#include "apps/config.h"
#include "apps/config_rows.h"

enum config_rank { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ALIAS, CONFIG_ENVIRONMENT, CONFIG_FLAG };

struct config_given {
    enum config_rank rank;
    struct str text;   /* of the input, or of `files` below */
    bool is_file_name; /* a secret's <name>_file: the text is a path */
    char where[640];   /* "RALLY_WORKERS", "--workers", "rally.conf, line 3: workers" */
};

struct config_source {
    struct config_given given[CONFIG_ROWS_MAX]; /* beside CONFIG_ROWS */
    struct buf file;                            /* the configuration file's bytes */
    char file_name[512];                        /* empty: none */
    bool prints_only;
};

/* ERR_INPUT with a sentence per fault in `complaint`. The source must be released either way. */
enum err config_source_read(const struct config_input *input, struct config_source *out,
                            struct buf *complaint) MUST_USE;
void config_source_release(struct config_source *source);

/* The environment variable of a row, "RALLY_WORKERS". */
void config_env_name(const struct config_row *row, struct buf *out);
/* The flag of a row without its dashes, "rate-limits". */
void config_flag_name(const struct config_row *row, struct buf *out);
/* Reads a file into `out` (which bounds it). ERR_INPUT when it cannot be read, ERR_TOO_LARGE.
 * *mode (may be NULL) gets its permission bits. */
enum err config_file_read(const char *path, struct buf *out, unsigned *mode) MUST_USE;

#endif
