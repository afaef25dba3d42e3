/*
 * One JSON line per thing that happened to a person or an operator, on standard error. Fields are
 * typed and named at the call; values are JSON-escaped, so a line cannot be forged. There is no
 * field for secrets: passwords, tokens, tickets and chat text are never passed here.
 *
 *     log_event(LOG_INFO, "login", LOG_U64("user_id", id), LOG_STR("request_id", request_id));
 */
#ifndef RALLY_BASE_LOG_H
#define RALLY_BASE_LOG_H

#include "lib/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    struct str text;
    uint64_t number;
    bool is_number;
};

#define LOG_STR(field, value) ((struct log_field){.name = (field), .text = (value)})
#define LOG_C(field, value) ((struct log_field){.name = (field), .text = str_from_c(value)})
#define LOG_U64(field, value)                                                                      \
    ((struct log_field){.name = (field), .number = (uint64_t)(value), .is_number = true})

/* Lines below this level are dropped. */
void log_level_set(enum log_level level);
/* "debug", "info", "warn", "error"; ERR_INPUT otherwise. */
enum err log_level_parse(struct str name, enum log_level *out) MUST_USE;

#define log_event(level, event, ...)                                                               \
    log_write(level, event, (struct log_field[]){__VA_ARGS__},                                     \
              ARRAY_COUNT(((struct log_field[]){__VA_ARGS__})))
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

#endif
