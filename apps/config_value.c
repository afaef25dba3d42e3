/* A reader per kind; each answers NULL or what is wrong. */
#include "apps/config_value.h"

#include <arpa/inet.h>

#include "lib/base/log.h"

static const struct str ROLES[] = {
    STR_INIT("gateway"),    STR_INIT("profile"), STR_INIT("lobby"),
    STR_INIT("matchmaker"), STR_INIT("session"), STR_INIT("leaderboard"),
};

static const struct {
    struct str name;
    uint64_t ms;
} UNITS[] = {
    /* longest first: a text is written with the first that divides it */
    {STR_INIT("d"), 86400000}, {STR_INIT("h"), 3600000}, {STR_INIT("m"), 60000},
    {STR_INIT("s"), 1000},     {STR_INIT("ms"), 1},
};

static void *member_of(const struct config_row *row, struct settings *settings)
{
    return (char *)settings + row->offset;
}

static const void *member_in(const struct config_row *row, const struct settings *settings)
{
    return (const char *)settings + row->offset;
}

static const char *out_of_range(const struct config_row *row, char memory[CONFIG_PROBLEM_SIZE])
{
    struct buf text;

    buf_init_fixed(&text, memory, CONFIG_PROBLEM_SIZE);
    if (row->kind == CONFIG_DURATION)
        buf_printf(&text, "must be from %llus to %llus", (unsigned long long)row->min / 1000,
                   (unsigned long long)row->max / 1000);
    else
        buf_printf(&text, "must be from %llu to %llu", (unsigned long long)row->min,
                   (unsigned long long)row->max);
    CHECK(buf_ok(&text));
    return memory;
}

static const char *set_text(const struct config_row *row, struct str text, struct settings *out)
{
    if (memchr(text.ptr ? text.ptr : "", '\0', text.len))
        return "must not contain a NUL byte";
    if (str_to_c(text, member_of(row, out), row->size))
        return "is too long";
    return NULL;
}

static const char *check_listen(struct str text)
{
    size_t colon = text.len;
    uint64_t port;

    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon < 2 || str_to_u64(str_slice(text, colon, text.len), UINT16_MAX, &port))
        return "must be host:port, like 127.0.0.1:8080 or [::1]:8080";
    return NULL;
}

static bool is_role(struct str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(ROLES); i++)
        if (str_eq(name, ROLES[i]))
            return true;
    return false;
}

static bool is_origin(struct str text)
{
    size_t from = str_starts_with(text, STR("https://")) ? 8 : 7;

    if (from == 7 && !str_starts_with(text, STR("http://")))
        return false;
    for (size_t i = from; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || strchr("/?#@\\,", text.ptr[i]))
            return false;
    return text.len > from;
}

static bool is_network(struct str text)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    size_t slash = str_find(text, '/', 0);
    uint64_t prefix;
    int family;

    if (str_to_c(str_slice(text, 0, slash), address, sizeof(address)))
        return false;
    family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, address, bytes) != 1)
        return false;
    return slash == text.len ||
           !str_to_u64(str_slice(text, slash + 1, text.len), family == AF_INET ? 32 : 128, &prefix);
}

static bool all_parts(struct str text, bool (*is)(struct str))
{
    size_t at = 0;

    while (at <= text.len) {
        size_t comma = str_find(text, ',', at);
        if (!is(str_trim(str_slice(text, at, comma))))
            return false;
        at = comma + 1;
    }
    return true;
}

static const char *check_text(const struct config_row *row, struct str text)
{
    if (row->kind == CONFIG_LISTEN)
        return check_listen(text);
    if (row->kind == CONFIG_ROLES && !str_eq(text, STR("all")) && !all_parts(text, is_role))
        return "must be all, or of gateway,profile,lobby,matchmaker,session,leaderboard";
    if (row->kind == CONFIG_ORIGINS && !all_parts(text, is_origin))
        return "must be origins like https://play.example.com, with commas between";
    if (row->kind == CONFIG_NETWORKS && !all_parts(text, is_network))
        return "must be addresses like 10.0.0.1 or 10.0.0.0/8, with commas between";
    if (row->kind == CONFIG_HTTP_URL && !str_starts_with(text, STR("http://")) &&
        !str_starts_with(text, STR("https://")))
        return "must begin with http:// or https://";
    return NULL;
}

static const char *set_number(const struct config_row *row, struct str text, struct settings *out,
                              char memory[CONFIG_PROBLEM_SIZE])
{
    uint64_t value;

    if (str_to_u64(text, UINT64_MAX, &value))
        return "must be a whole number";
    if (value < row->min || value > row->max)
        return out_of_range(row, memory);
    if (row->kind == CONFIG_COUNT16) {
        uint16_t narrow = (uint16_t)value;
        memcpy(member_of(row, out), &narrow, sizeof(narrow));
    } else {
        uint32_t narrow = (uint32_t)value;
        memcpy(member_of(row, out), &narrow, sizeof(narrow));
    }
    return NULL;
}

static size_t digits_of(struct str text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    return len;
}

static const char *set_duration(const struct config_row *row, struct str text, struct settings *out,
                                char memory[CONFIG_PROBLEM_SIZE])
{
    size_t digits = digits_of(text);
    struct str unit = str_slice(text, digits, text.len);
    uint64_t value;

    if (str_to_u64(str_slice(text, 0, digits), UINT64_MAX, &value))
        return "must be a time like 30s, 250ms, 15m, 12h or 30d";
    for (size_t i = 0; i < ARRAY_COUNT(UNITS); i++) {
        if (!str_eq(unit, UNITS[i].name))
            continue;
        if (__builtin_mul_overflow(value, UNITS[i].ms, &value) || value < row->min ||
            value > row->max)
            return out_of_range(row, memory);
        memcpy(member_of(row, out), &value, sizeof(value));
        return NULL;
    }
    return "needs a unit: ms, s, m, h or d";
}

static const char *set_choice(const struct config_row *row, struct str text, const char *no,
                              const char *yes, struct settings *out)
{
    bool value = str_eq(text, str_from_c(yes));

    if (!value && !str_eq(text, str_from_c(no)))
        return row->kind == CONFIG_SWITCH ? "must be on or off"
                                          : "must be development or production";
    memcpy(member_of(row, out), &value, sizeof(value));
    return NULL;
}

static const char *set_level(const struct config_row *row, struct str text, struct settings *out)
{
    enum log_level level;

    if (log_level_parse(text, &level))
        return "must be debug, info, warn or error";
    return set_text(row, text, out);
}

const char *config_value_set(const struct config_row *row, struct str text, struct settings *out,
                             char memory[CONFIG_PROBLEM_SIZE])
{
    const char *problem;

    if (text.len == 0) {
        memset(member_of(row, out), 0, row->size);
        return NULL;
    }
    switch (row->kind) {
    case CONFIG_TEXT:
    case CONFIG_LISTEN:
    case CONFIG_ROLES:
    case CONFIG_ORIGINS:
    case CONFIG_NETWORKS:
    case CONFIG_HTTP_URL:
        problem = check_text(row, text);
        return problem ? problem : set_text(row, text, out);
    case CONFIG_COUNT:
    case CONFIG_COUNT16:
        return set_number(row, text, out, memory);
    case CONFIG_DURATION:
        return set_duration(row, text, out, memory);
    case CONFIG_SWITCH:
        return set_choice(row, text, "off", "on", out);
    case CONFIG_STAGE:
        return set_choice(row, text, "development", "production", out);
    case CONFIG_LEVEL:
        return set_level(row, text, out);
    }
    CHECK(false); /* a kind without a reader */
    return NULL;
}

static void put_duration(uint64_t ms, struct buf *out)
{
    size_t at = 0;

    while (at + 1 < ARRAY_COUNT(UNITS) && (ms == 0 || ms % UNITS[at].ms != 0))
        at++;
    buf_put_u64(out, ms / UNITS[at].ms);
    buf_put_str(out, UNITS[at].name);
}

void config_value_put(const struct config_row *row, const struct settings *settings,
                      struct buf *out)
{
    const void *member = member_in(row, settings);
    uint64_t ms;
    uint32_t count = 0;
    uint16_t count16;
    bool is_on;

    switch (row->kind) {
    case CONFIG_TEXT:
    case CONFIG_LISTEN:
    case CONFIG_ROLES:
    case CONFIG_ORIGINS:
    case CONFIG_NETWORKS:
    case CONFIG_HTTP_URL:
    case CONFIG_LEVEL:
        buf_put_c(out, member);
        return;
    case CONFIG_COUNT16:
        memcpy(&count16, member, sizeof(count16));
        count = count16;
        break;
    case CONFIG_COUNT:
        memcpy(&count, member, sizeof(count));
        break;
    case CONFIG_DURATION:
        memcpy(&ms, member, sizeof(ms));
        put_duration(ms, out);
        return;
    case CONFIG_SWITCH:
        memcpy(&is_on, member, sizeof(is_on));
        buf_put_c(out, is_on ? "on" : "off");
        return;
    case CONFIG_STAGE:
        memcpy(&is_on, member, sizeof(is_on));
        buf_put_c(out, is_on ? "production" : "development");
        return;
    }
    if (count > 0) /* none stays empty: the default is somebody else's */
        buf_put_u64(out, count);
}
