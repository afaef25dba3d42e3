/* The migrations of db/migrations/, embedded by the build in file name order. */
#ifndef RALLY_STORE_MIGRATIONS_H
#define RALLY_STORE_MIGRATIONS_H

#include <stddef.h>

struct migration {
    const char *name; /* "0001_init" */
    const char *sql;  /* statements ending in ";\n" */
};

extern const struct migration MIGRATIONS[];
extern const size_t MIGRATION_COUNT;

#endif
