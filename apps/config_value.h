/* One setting between text and struct settings. */
#ifndef RALLY_APPS_CONFIG_VALUE_H
#define RALLY_APPS_CONFIG_VALUE_H

#include "apps/config_rows.h"
#include "lib/base/buf.h"

/* NULL and the member set, or what the text must be ("must be from 10 to 60", in `memory` or
 * static). An empty text is zero or none. */
#define CONFIG_PROBLEM_SIZE 96
const char *config_value_set(const struct config_row *row, struct str text, struct settings *out,
                             char memory[CONFIG_PROBLEM_SIZE]);
/* Appends the member as text that config_value_set reads back. */
void config_value_put(const struct config_row *row, const struct settings *settings,
                      struct buf *out);

#endif
