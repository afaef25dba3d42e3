/*
 * The effective configuration: for each setting the flag, else the environment, else the file
 * (--config rally.conf), else the default (protocol section 12). Read once at start. What is not
 * known, not well-formed or not possible together is told, with the key and where it stands, and
 * ends the start; nothing is guessed and nothing is ignored.
 */
#ifndef RALLY_APPS_CONFIG_H
#define RALLY_APPS_CONFIG_H

#include "lib/base/buf.h"
#include "services/settings.h"

/* Where settings come from, so that tests can bring their own. */
struct config_input {
    int argc;
    char **argv; /* argv[0] is the program */
    char **environ;
};

/*
 * Fills `out`. ERR_INPUT with one sentence per fault in `complaint`. *prints_only is set by
 * --print-config; --help and --version are config_load's.
 */
enum err config_read(const struct config_input *input, struct settings *out, bool *prints_only,
                     struct buf *complaint) MUST_USE;
/* The settings as lines of a configuration file; secrets are only said to be there. */
void config_put(const struct settings *settings, struct buf *out);

/*
 * For main: reads the process's own flags and environment, in which secrets are overwritten
 * afterwards. OK: start. ERR_END: --help, --version or --print-config has been answered on standard
 * output, exit 0. ERR_INPUT: told on standard error, exit 2.
 */
enum err config_load(int argc, char **argv, struct settings *out) MUST_USE;

#endif
