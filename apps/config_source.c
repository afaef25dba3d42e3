/* The three sources, weakest first; a stronger one overwrites what a weaker one gave. */
#include "apps/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/crypt/digest.h"

#define FILE_SIZE_MAX 65536
#define NAME_SIZE 96

static const struct str FILE_SUFFIX = STR_INIT("_file");

static void put_replaced(struct buf *out, const char *name, char separator, bool is_upper)
{
    for (const char *c = name; *c; c++) {
        bool is_small = *c >= 'a' && *c <= 'z';
        buf_put_char(out, *c == '_'              ? separator
                          : is_upper && is_small ? (char)(*c - ('a' - 'A'))
                                                 : *c);
    }
}

void config_env_name(const struct config_row *row, struct buf *out)
{
    if (!row->has_own_name)
        buf_put_c(out, "RALLY_");
    put_replaced(out, row->name, '_', true);
}

void config_flag_name(const struct config_row *row, struct buf *out)
{
    put_replaced(out, row->name, '-', false);
}

/* -- files ------------------------------------------------------------------------------------- */

static enum err read_open(int fd, struct buf *out)
{
    for (;;) {
        char *to = buf_reserve(out, 1024);
        ssize_t got = to ? read(fd, to, 1024) : -1;
        if (!to)
            return ERR_TOO_LARGE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_INPUT;
        if (got == 0)
            return OK;
        buf_added(out, (size_t)got);
    }
}

enum err config_file_read(const char *path, struct buf *out, unsigned *mode)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    enum err err;

    if (fd < 0)
        return ERR_INPUT;
    err = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? read_open(fd, out) : ERR_INPUT;
    close(fd);
    if (!err && mode)
        *mode = about.st_mode & 07777;
    return err;
}

/* -- one setting ------------------------------------------------------------------------------- */

static void put_where(char where[640], const char *prefix, struct str name)
{
    struct buf text;

    buf_init_fixed(&text, where, 639);
    buf_put_c(&text, prefix);
    buf_put_str(&text, str_slice(name, 0, 60));
    where[text.len] = '\0';
}

static void give(struct config_given *given, enum config_rank rank, struct str text,
                 bool is_file_name, struct buf *complaint)
{
    if (given->rank > rank)
        return;
    if (given->rank == rank && given->is_file_name != is_file_name) {
        buf_printf(complaint, "%s: given both as a secret and as its file\n", given->where);
        return;
    }
    given->rank = rank;
    given->text = text;
    given->is_file_name = is_file_name;
}

/* Index of the row whose name in some form (`put`) is `name`, or with a secret's suffix. */
static bool row_find(struct str name, void (*put)(const struct config_row *, struct buf *),
                     struct str suffix, size_t *row, bool *is_file_name)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        char memory[NAME_SIZE];
        struct buf own;

        buf_init_fixed(&own, memory, sizeof(memory));
        put(&CONFIG_ROWS[i], &own);
        CHECK(buf_ok(&own));
        *row = i;
        *is_file_name = false;
        if (str_eq(name, buf_str(&own)))
            return true;
        buf_put_str(&own, suffix);
        *is_file_name = true;
        if (CONFIG_ROWS[i].is_secret && str_eq(name, buf_str(&own)))
            return true;
    }
    return false;
}

/* -- the file ---------------------------------------------------------------------------------- */

static void put_name(const struct config_row *row, struct buf *out)
{
    buf_put_c(out, row->name);
}

static void line_read(struct config_source *source, struct str line, unsigned number,
                      struct buf *complaint)
{
    size_t equals = str_find(line, '=', 0), row;
    struct str name = str_trim(str_slice(line, 0, equals));
    struct str value = str_trim(str_slice(line, equals + 1, line.len));
    struct config_given *given;
    struct buf where;
    bool is_file_name;

    if (name.len == 0 && equals == line.len)
        return;
    if (equals == line.len) {
        buf_printf(complaint, "%s, line %u: needs \"name = value\"\n", source->file_name, number);
        return;
    }
    if (!row_find(name, put_name, FILE_SUFFIX, &row, &is_file_name)) {
        buf_printf(complaint, "%s, line %u: unknown setting \"%.*s\"\n", source->file_name, number,
                   STR_ARGS(str_slice(name, 0, 60)));
        return;
    }
    given = &source->given[row];
    if (given->rank == CONFIG_FILE && given->is_file_name == is_file_name) {
        buf_printf(complaint, "%s, line %u: \"%.*s\" is set twice\n", source->file_name, number,
                   STR_ARGS(name));
        return;
    }
    if (given->rank > CONFIG_FILE)
        return;
    give(given, CONFIG_FILE, value, is_file_name, complaint);
    buf_init_fixed(&where, given->where, sizeof(given->where));
    buf_printf(&where, "%s, line %u: %.*s", source->file_name, number, STR_ARGS(name));
}

/* A '#' begins a comment at the start of a line or behind a blank: URLs may hold one inside. */
static struct str without_comment(struct str line)
{
    for (size_t at = str_find(line, '#', 0); at < line.len; at = str_find(line, '#', at + 1))
        if (at == 0 || line.ptr[at - 1] == ' ' || line.ptr[at - 1] == '\t')
            return str_slice(line, 0, at);
    return line;
}

static void file_read(struct config_source *source, struct buf *complaint)
{
    struct str text;
    unsigned number = 1;
    size_t at = 0;

    if (config_file_read(source->file_name, &source->file, NULL)) {
        buf_printf(complaint, "%s: cannot be read, or is larger than 64 KiB\n", source->file_name);
        return;
    }
    text = buf_str(&source->file);
    for (; at < text.len; number++) {
        size_t end = str_find(text, '\n', at);
        struct str line = str_slice(text, at, end);

        if (str_ends_with(line, STR("\r")))
            line.len--;
        line_read(source, without_comment(line), number, complaint);
        at = end + 1;
    }
}

/* -- the environment --------------------------------------------------------------------------- */

static bool alias_find(struct str name, size_t *row, bool *is_file_name)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const char *alias = CONFIG_ROWS[i].alias;

        *row = i;
        *is_file_name = false;
        if (alias && str_eq(name, str_from_c(alias)))
            return true;
        *is_file_name = true;
        if (alias && CONFIG_ROWS[i].is_secret && str_ends_with(name, STR("_FILE")) &&
            str_eq(str_slice(name, 0, name.len - 5), str_from_c(alias)))
            return true;
    }
    return false;
}

/*
 * Kubernetes puts the addresses of services into every pod's environment, and those of a service
 * named "rally" begin like settings: RALLY_SERVICE_HOST, RALLY_PORT=tcp://10.0.0.1:80,
 * RALLY_GATEWAY_PORT_80_TCP_ADDR. They are nobody's typing errors.
 */
static bool is_service_link(struct str name, struct str value)
{
    if (str_ends_with(name, STR("_SERVICE_HOST")))
        return true;
    for (size_t at = str_find(name, '_', 0); at < name.len; at = str_find(name, '_', at + 1)) {
        struct str rest = str_slice(name, at, name.len);
        bool is_url =
            str_starts_with(value, STR("tcp://")) || str_starts_with(value, STR("udp://"));

        if (str_starts_with(rest, STR("_SERVICE_PORT")) || (is_url && str_eq(rest, STR("_PORT"))))
            return true;
        if (str_starts_with(rest, STR("_PORT_")) && rest.len > 6 && rest.ptr[6] >= '0' &&
            rest.ptr[6] <= '9')
            return true;
    }
    return false;
}

static void variable_read(struct config_source *source, struct str variable, struct buf *complaint)
{
    size_t equals = str_find(variable, '=', 0), row;
    struct str name = str_slice(variable, 0, equals);
    struct str value = str_slice(variable, equals + 1, variable.len);
    enum config_rank rank = CONFIG_ENVIRONMENT;
    bool is_file_name;

    if (!row_find(name, config_env_name, STR("_FILE"), &row, &is_file_name)) {
        rank = CONFIG_ALIAS;
        if (!alias_find(name, &row, &is_file_name)) {
            if (str_starts_with(name, STR("RALLY_")) && !is_service_link(name, value))
                buf_printf(complaint, "unknown environment variable %.*s\n",
                           STR_ARGS(str_slice(name, 0, 60)));
            return;
        }
    }
    if (value.len == 0) /* compose files hand on what is not set as an empty text */
        return;
    give(&source->given[row], rank, value, is_file_name, complaint);
    if (source->given[row].rank == rank)
        put_where(source->given[row].where, "", name);
}

/* -- flags ------------------------------------------------------------------------------------- */

struct flag {
    struct str name;
    struct str value;
    bool has_value;
};

/* "--name=value" or "--name value"; *at moves behind it. */
static bool flag_next(const struct config_input *input, int *at, struct flag *out,
                      struct buf *complaint)
{
    struct str text = str_from_c(input->argv[*at]);
    size_t equals;

    if (!str_starts_with(text, STR("--")) || text.len == 2) {
        buf_printf(complaint, "unknown argument \"%.60s\"\n", input->argv[*at]);
        (*at)++;
        return false;
    }
    equals = str_find(text, '=', 0);
    *out = (struct flag){.name = str_slice(text, 2, equals), .has_value = equals < text.len};
    if (out->has_value)
        out->value = str_slice(text, equals + 1, text.len);
    (*at)++;
    return true;
}

static bool flag_value(const struct config_input *input, int *at, struct flag *flag,
                       struct buf *complaint)
{
    if (!flag->has_value && *at < input->argc) {
        flag->value = str_from_c(input->argv[(*at)++]);
        flag->has_value = true;
    }
    if (!flag->has_value)
        buf_printf(complaint, "--%.*s: needs a value\n", STR_ARGS(str_slice(flag->name, 0, 60)));
    return flag->has_value;
}

static void flag_read(struct config_source *source, const struct config_input *input, int *at,
                      struct flag *flag, struct buf *complaint)
{
    bool is_file_name;
    size_t row;

    if (!row_find(flag->name, config_flag_name, STR("-file"), &row, &is_file_name)) {
        buf_printf(complaint, "unknown flag --%.*s\n", STR_ARGS(str_slice(flag->name, 0, 60)));
        return;
    }
    if (!flag_value(input, at, flag, complaint))
        return;
    give(&source->given[row], CONFIG_FLAG, flag->value, is_file_name, complaint);
    put_where(source->given[row].where, "--", flag->name);
}

static void flags_read(struct config_source *source, const struct config_input *input,
                       struct buf *complaint)
{
    int at = 1;

    while (at < input->argc) {
        struct flag flag;

        if (!flag_next(input, &at, &flag, complaint))
            continue;
        if (str_eq(flag.name, STR("print-config")) && !flag.has_value) {
            source->prints_only = true;
        } else if (str_eq(flag.name, STR("config"))) {
            if (flag_value(input, &at, &flag, complaint) &&
                str_to_c(flag.value, source->file_name, sizeof(source->file_name)))
                buf_printf(complaint, "--config: the path is too long\n");
        } else {
            flag_read(source, input, &at, &flag, complaint);
        }
    }
}

/* -- all of it --------------------------------------------------------------------------------- */

enum err config_source_read(const struct config_input *input, struct config_source *out,
                            struct buf *complaint)
{
    size_t before = complaint->len;

    *out = (struct config_source){0};
    buf_init(&out->file, FILE_SIZE_MAX);
    /* Flags first: they name the file. Ranks, not the order of reading, decide who wins. */
    flags_read(out, input, complaint);
    if (out->file_name[0])
        file_read(out, complaint);
    for (char **variable = input->environ; variable && *variable; variable++)
        variable_read(out, str_from_c(*variable), complaint);
    return complaint->len == before ? OK : ERR_INPUT;
}

void config_source_release(struct config_source *source)
{
    if (source->file.ptr)
        secret_wipe(source->file.ptr, source->file.len);
    buf_release(&source->file);
}
