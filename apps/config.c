/* From the collected texts to the settings, and what is checked between settings. */
#include "apps/config.h"

#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/config_production.h"
#include "apps/config_source.h"
#include "apps/config_value.h"
#include "lib/base/log.h"
#include "lib/crypt/digest.h"
#include "services/context.h"

#define COMPLAINT_SIZE_MAX 65536
#define PRINT_SIZE_MAX 65536
#define REACTORS_MAX 256
/* Room for white space around a secret, which itself has SETTING_TEXT_SIZE. */
#define SECRET_FILE_SIZE_MAX 8192

/* -- one row ----------------------------------------------------------------------------------- */

static void value_apply(const struct config_row *row, const struct config_given *given,
                        struct str text, struct settings *out, struct buf *complaint)
{
    char memory[CONFIG_PROBLEM_SIZE];
    const char *problem = config_value_set(row, text, out, memory);

    if (!problem)
        return;
    buf_printf(complaint, "%s: %s", given->where, problem);
    if (!row->is_secret)
        buf_printf(complaint, ", not \"%.*s\"", STR_ARGS(str_slice(text, 0, 100)));
    buf_put_char(complaint, '\n');
}

/* A secret from its own file; the newline that editors leave is not part of it. */
static void secret_apply(const struct config_row *row, const struct config_given *given,
                         struct settings *out, struct buf *complaint)
{
    char path[512];
    struct buf bytes;
    struct str text;

    buf_init(&bytes, SECRET_FILE_SIZE_MAX);
    if (str_to_c(given->text, path, sizeof(path)) || config_file_read(path, &bytes, NULL)) {
        buf_printf(complaint, "%s: the file cannot be read, or is too large\n", given->where);
    } else {
        text = buf_str(&bytes);
        while (str_ends_with(text, STR("\n")) || str_ends_with(text, STR("\r")))
            text.len--;
        if (text.len == 0)
            buf_printf(complaint, "%s: the file is empty\n", given->where);
        value_apply(row, given, text, out, complaint);
    }
    if (bytes.ptr)
        secret_wipe(bytes.ptr, bytes.len);
    buf_release(&bytes);
}

static void rows_apply(const struct config_source *source, struct settings *out,
                       struct buf *complaint)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        const struct config_given *given = &source->given[i];

        if (given->text.len == 0) /* given empty is the same as not given */
            value_apply(row, given, str_from_c(row->initial), out, complaint);
        else if (given->is_file_name)
            secret_apply(row, given, out, complaint);
        else
            value_apply(row, given, given->text, out, complaint);
    }
}

/* -- defaults that depend on the machine ------------------------------------------------------- */

static uint32_t core_count(void)
{
    cpu_set_t set;
    int count;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > REACTORS_MAX ? REACTORS_MAX : (uint32_t)count;
}

/* Beside the program as it is built (build/rallyd and web/dist), or as it is installed. */
static void web_dir_find(struct settings *out)
{
    static const char *const PLACES[] = {"/../web/dist", "/../share/rally/web"};
    char self[512], path[sizeof(out->web_dir)];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    struct stat about;

    while (len > 0 && self[len - 1] != '/')
        len--;
    for (size_t i = 0; len > 1 && i < ARRAY_COUNT(PLACES); i++) {
        struct buf text;
        buf_init_fixed(&text, path, sizeof(path) - 1);
        buf_put(&text, self, (size_t)len - 1);
        buf_put_c(&text, PLACES[i]);
        path[text.len] = '\0';
        if (buf_ok(&text) && stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            memcpy(out->web_dir, path, text.len + 1);
            return;
        }
    }
}

static void defaults_fill(struct settings *out)
{
    if (out->reactors == 0)
        out->reactors = core_count();
    if (!out->node[0] && gethostname(out->node, sizeof(out->node) - 1) != 0)
        memcpy(out->node, "localhost", sizeof("localhost"));
    if (!out->web_dir[0])
        web_dir_find(out);
}

/* -- what settings must be together ------------------------------------------------------------ */

static const char *scheme_of(const char *url, char memory[32])
{
    struct str text = str_from_c(url);
    size_t colon = str_find(text, ':', 0);

    if (colon == text.len || str_to_c(str_slice(text, 0, colon), memory, 32))
        return "this";
    return memory;
}

static void database_check(struct settings *out, struct buf *complaint)
{
    struct str url = str_from_c(out->db_url);
    struct buf path;
    char memory[32];

    if (str_starts_with(url, STR("sqlite://")))
        memmove(out->db_url, out->db_url + 9, url.len - 9 + 1);
    else if (str_starts_with(url, STR("sqlite:")))
        memmove(out->db_url, out->db_url + 7, url.len - 7 + 1);
    else if (str_find(url, ':', 0) < url.len)
        buf_printf(complaint,
                   "db_url: %s: is not available in this build, which stores in SQLite\n",
                   scheme_of(out->db_url, memory));
    if (out->db_url[0])
        return;
    buf_init_fixed(&path, out->db_url, sizeof(out->db_url));
    buf_printf(&path, "%s/rally.db", out->data_dir);
}

static void availability_check(const struct settings *settings, struct buf *complaint)
{
    char memory[32];

    if (settings->redis_url[0])
        buf_printf(complaint,
                   "redis_url: %s: is not available in this build, which caches in memory\n",
                   scheme_of(settings->redis_url, memory));
    if (settings->nats_url[0])
        buf_printf(complaint,
                   "nats_url: %s: is not available in this build, which is one process\n",
                   scheme_of(settings->nats_url, memory));
    if (strcmp(settings->roles, "all") != 0)
        buf_printf(complaint, "roles: only all is available in this build, which is one process\n");
    if (settings->modes_file[0])
        buf_printf(complaint,
                   "modes_file: is not available in this build, whose one mode is quick\n");
}

static void pairs_check(const struct settings *settings, struct buf *complaint)
{
    if (!settings->tls_cert[0] != !settings->tls_key[0])
        buf_printf(complaint, "tls_cert and tls_key: give both or none\n");
    if (settings->access_ttl_ms > settings->refresh_ttl_ms)
        buf_printf(complaint, "access_ttl: must not be longer than refresh_ttl\n");
}

enum err config_read(const struct config_input *input, struct settings *out, bool *prints_only,
                     struct buf *complaint)
{
    struct config_source source;
    size_t before = complaint->len;
    enum err err = config_source_read(input, &source, complaint);

    *out = (struct settings){0};
    *prints_only = source.prints_only;
    rows_apply(&source, out, complaint);
    if (!err && complaint->len == before) {
        defaults_fill(out);
        database_check(out, complaint);
        availability_check(out, complaint);
        pairs_check(out, complaint);
        config_production_check(&source, out, complaint);
    }
    config_source_release(&source);
    if (complaint->len == before && buf_ok(complaint))
        return OK;
    secret_wipe(out, sizeof(*out));
    return ERR_INPUT;
}

/* -- printing ---------------------------------------------------------------------------------- */

void config_put(const struct settings *settings, struct buf *out)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        const char *member = (const char *)settings + row->offset;
        bool is_path = row->offset == offsetof(struct settings, db_url);

        /* What is hidden is a comment, so that the output can be used as a file. */
        buf_printf(out, "%s%s = ", row->is_secret && member[0] && !is_path ? "# " : "", row->name);
        if (!row->is_secret || is_path)
            config_value_put(row, settings, out);
        else if (member[0])
            buf_put_c(out, "(secret)");
        buf_put_char(out, '\n');
    }
}

static void put_help(const struct settings *settings __attribute__((unused)), struct buf *out)
{
    buf_put_c(out,
              "rallyd " RALLY_VERSION ": the game services, all in one program.\n\n"
              "    rallyd [--config FILE] [--NAME VALUE]... [--print-config]\n\n"
              "Each setting is a flag, else an environment variable, else a line\n"
              "\"name = value\" of the file. Secrets also have --NAME-file and NAME_FILE.\n\n");
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];

        buf_put_c(out, "  --");
        config_flag_name(row, out);
        buf_put_c(out, ", ");
        config_env_name(row, out);
        if (row->alias)
            buf_printf(out, ", %s", row->alias);
        buf_printf(out, "\n        %s", row->help);
        if (row->initial[0])
            buf_printf(out, " (%s)", row->initial);
        buf_put_char(out, '\n');
    }
}

static enum err print(void (*put)(const struct settings *, struct buf *),
                      const struct settings *settings)
{
    struct buf text;

    buf_init(&text, PRINT_SIZE_MAX);
    put(settings, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    buf_release(&text);
    return fflush(stdout) == 0 ? ERR_END : ERR_INPUT;
}

static void put_version(const struct settings *settings __attribute__((unused)), struct buf *out)
{
    buf_put_c(out, "rallyd " RALLY_VERSION "\n");
}

/* -- for main ---------------------------------------------------------------------------------- */

/* What was read need not stay where /proc/PID/environ and a core file would show it. */
static void environment_wipe(char **variables)
{
    for (; variables && *variables; variables++) {
        char *equals = strchr(*variables, '=');

        for (size_t i = 0; equals && i < CONFIG_ROW_COUNT; i++) {
            const struct config_row *row = &CONFIG_ROWS[i];
            struct str name = str_of(*variables, (size_t)(equals - *variables));
            char memory[96];
            struct buf own;

            buf_init_fixed(&own, memory, sizeof(memory));
            config_env_name(row, &own);
            if (row->is_secret && (str_eq(name, buf_str(&own)) ||
                                   (row->alias && str_eq(name, str_from_c(row->alias)))))
                secret_wipe(equals + 1, strlen(equals + 1));
        }
    }
}

static void complain(struct str complaint)
{
    for (size_t at = 0; at < complaint.len;) {
        size_t end = str_find(complaint, '\n', at);
        fprintf(stderr, "rallyd: %.*s\n", STR_ARGS(str_slice(complaint, at, end)));
        at = end + 1;
    }
}

/* Settings of things that this build does not have yet: said, so that nobody waits for them. */
static void effects_warn(const struct settings *settings)
{
    if (settings->result_webhook_url[0])
        log_event(LOG_WARN, "setting_without_effect", LOG_C("setting", "result_webhook_url"));
    if (settings->server_key[0])
        log_event(LOG_WARN, "setting_without_effect", LOG_C("setting", "server_key"));
    if (settings->otlp_endpoint[0])
        log_event(LOG_WARN, "setting_without_effect",
                  LOG_C("setting", "otel_exporter_otlp_endpoint"));
}

enum err config_load(int argc, char **argv, struct settings *out)
{
    struct config_input input = {.argc = argc, .argv = argv, .environ = environ};
    struct buf complaint;
    bool prints_only;
    enum err err;

    for (int i = 1; i < argc; i++) {
        if (str_eq(str_from_c(argv[i]), STR("--help")) || str_eq(str_from_c(argv[i]), STR("-h")))
            return print(put_help, NULL);
        if (str_eq(str_from_c(argv[i]), STR("--version")))
            return print(put_version, NULL);
    }
    buf_init(&complaint, COMPLAINT_SIZE_MAX);
    err = config_read(&input, out, &prints_only, &complaint);
    complain(buf_str(&complaint));
    buf_release(&complaint);
    if (err)
        return err;
    if (prints_only)
        return print(config_put, out);
    environment_wipe(environ);
    effects_warn(out);
    return OK;
}
