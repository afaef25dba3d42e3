/* See config_production.h: one function per line of its list. */
#include "apps/config_production.h"

#include <sys/stat.h>

#define DISTINCT_MIN 8

/* Secrets with a least size. URLs are secret because of the passwords in them, nothing more. */
static const struct {
    size_t offset;
    size_t len_min;
} STRONG[] = {
    {offsetof(struct settings, jwt_hs256_secret), 32},
    {offsetof(struct settings, server_key), 32},
    {offsetof(struct settings, result_webhook_key), 16},
};

static const struct str KNOWN[] = {
    STR_INIT("changeme"),    STR_INIT("change-me"),   STR_INIT("change_me"),
    STR_INIT("secret"),      STR_INIT("password"),    STR_INIT("django-insecure"),
    STR_INIT("your-secret"), STR_INIT("your_secret"), STR_INIT("default"),
    STR_INIT("insecure"),    STR_INIT("example"),
};

static const char *text_at(const struct settings *settings, size_t offset)
{
    return (const char *)settings + offset;
}

static const char *name_of(size_t offset)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++)
        if (CONFIG_ROWS[i].offset == offset)
            return CONFIG_ROWS[i].name;
    return "?";
}

static bool is_known(struct str secret)
{
    for (size_t i = 0; i < ARRAY_COUNT(KNOWN); i++)
        if (secret.len >= KNOWN[i].len &&
            str_eq_nocase(str_slice(secret, 0, KNOWN[i].len), KNOWN[i]))
            return true;
    return false;
}

static bool is_monotonous(struct str secret)
{
    bool seen[256] = {false};
    unsigned distinct = 0;

    for (size_t i = 0; i < secret.len; i++) {
        distinct += !seen[(unsigned char)secret.ptr[i]];
        seen[(unsigned char)secret.ptr[i]] = true;
    }
    return distinct < DISTINCT_MIN;
}

static void check_strength(const struct settings *settings, struct buf *complaint)
{
    for (size_t i = 0; i < ARRAY_COUNT(STRONG); i++) {
        struct str secret = str_from_c(text_at(settings, STRONG[i].offset));
        const char *name = name_of(STRONG[i].offset);

        if (secret.len == 0)
            continue;
        if (secret.len < STRONG[i].len_min)
            buf_printf(complaint, "%s: must have at least %zu bytes in production\n", name,
                       STRONG[i].len_min);
        else if (is_known(secret) || is_monotonous(secret))
            buf_printf(complaint, "%s: can be guessed; production needs a random one\n", name);
        for (size_t j = 0; j < i; j++)
            if (str_eq(secret, str_from_c(text_at(settings, STRONG[j].offset))))
                buf_printf(complaint, "%s: is the same as %s\n", name, name_of(STRONG[j].offset));
    }
}

static bool is_open_to_all(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && (about.st_mode & (S_IROTH | S_IWOTH));
}

static void check_file(const char *where, const char *path, struct buf *complaint)
{
    if (is_open_to_all(path))
        buf_printf(complaint, "%s: %s can be read or written by everybody; chmod o= it\n", where,
                   path);
}

static void check_places(const struct config_source *source, struct buf *complaint)
{
    bool file_holds_secret = false;

    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_given *given = &source->given[i];
        char path[512];

        if (!CONFIG_ROWS[i].is_secret || given->text.len == 0)
            continue;
        if (given->is_file_name && !str_to_c(given->text, path, sizeof(path)))
            check_file(given->where, path, complaint);
        else if (given->rank == CONFIG_FLAG)
            buf_printf(complaint, "%s: a secret on the command line can be read by everybody\n",
                       given->where);
        file_holds_secret =
            file_holds_secret || (given->rank == CONFIG_FILE && !given->is_file_name);
    }
    if (file_holds_secret)
        check_file("--config", source->file_name, complaint);
}

void config_production_check(const struct config_source *source, const struct settings *settings,
                             struct buf *complaint)
{
    if (!settings->is_production)
        return;
    if (!settings->signing_key[0])
        buf_printf(complaint,
                   "signing_key: must be given in production (RALLY_SIGNING_KEY_FILE)\n");
    check_strength(settings, complaint);
    check_places(source, complaint);
    if (settings->tls_key[0])
        check_file("tls_key", settings->tls_key, complaint);
}
