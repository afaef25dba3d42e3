/* The table of settings: every name, kind, bound, default and sentence, once. */
#ifndef RALLY_APPS_CONFIG_ROWS_H
#define RALLY_APPS_CONFIG_ROWS_H

#include <stddef.h>

#include "services/settings.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_LISTEN,   /* host:port */
    CONFIG_ROLES,    /* "all", or names with commas */
    CONFIG_ORIGINS,  /* https://host[:port] with commas */
    CONFIG_NETWORKS, /* addresses or address/prefix with commas */
    CONFIG_HTTP_URL, /* http:// or https:// */
    CONFIG_COUNT,    /* uint32_t */
    CONFIG_COUNT16,  /* uint16_t */
    CONFIG_DURATION, /* uint64_t milliseconds; "30s", "250ms", "15m", "12h", "30d" */
    CONFIG_SWITCH,   /* bool; "on", "off" */
    CONFIG_STAGE,    /* bool is_production; "development", "production" */
    CONFIG_LEVEL,    /* "debug", "info", "warn", "error" */
};

struct config_row {
    const char *name; /* in files; flags with '-', environment in capitals behind RALLY_ */
    enum config_kind kind;
    size_t offset;
    size_t size; /* of the member */
    const char *initial;
    uint64_t min;
    uint64_t max;
    bool is_secret;    /* also as <name>_file; never printed */
    bool has_own_name; /* its environment variable is the name in capitals, without RALLY_ */
    const char *alias; /* another environment variable, weaker than the first; or NULL */
    const char *help;
};

extern const struct config_row CONFIG_ROWS[];
extern const size_t CONFIG_ROW_COUNT;
#define CONFIG_ROWS_MAX 64

#endif
