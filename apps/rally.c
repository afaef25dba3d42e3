/*
 * rally: the operator's tool. `rally audit` checks the stored invariants, offline or beside a
 * running rallyd, and exits 0 when all of them hold, else 1 with one line per violation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/store/audit.h"
#include "services/context.h"

static void usage(FILE *to)
{
    fputs("usage: rally audit [--data-dir DIR]\n"
          "       rally --version | --help\n\n"
          "  audit   check the stored invariants; 0 when they hold, 1 with a line per violation,\n"
          "          2 when the store cannot be read. DIR defaults to RALLY_DATA_DIR or ./data.\n",
          to);
}

static void print_violation(void *context, const char *invariant, const char *rule, struct str row)
{
    (void)context;
    printf("%s: %s: %.*s\n", invariant, rule, STR_ARGS(row));
}

static enum err audit(const char *data_dir, uint64_t *count)
{
    char path[1024];
    struct buf text;
    struct db *db;
    enum err err;

    buf_init_fixed(&text, path, sizeof(path));
    buf_printf(&text, "%s/rally.db", data_dir);
    if (!buf_ok(&text))
        return ERR_TOO_LARGE;
    err = db_open(path, DB_READER, &db);
    if (err)
        return err;
    err = db_begin(db);
    if (!err)
        err = audit_run(db, print_violation, NULL, count);
    db_rollback(db);
    db_close(db);
    return err;
}

static int audit_main(int argc, char **argv)
{
    const char *data_dir = getenv("RALLY_DATA_DIR");
    uint64_t count = 0;

    if (argc == 2 && strcmp(argv[0], "--data-dir") == 0) {
        data_dir = argv[1];
    } else if (argc != 0) {
        usage(stderr);
        return 2;
    }
    if (audit(data_dir ? data_dir : "./data", &count)) {
        fputs("rally audit: the store cannot be read\n", stderr);
        return 2;
    }
    if (count == 0)
        printf("all stored invariants hold\n");
    return count == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "audit") == 0)
        return audit_main(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("rally " RALLY_VERSION);
        return 0;
    }
    usage(argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
    return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
}
