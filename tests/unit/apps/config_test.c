/* Settings: who wins, what is refused, and with which words. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/config.h"

#define ARGS_MAX 16

struct outcome {
    enum err err;
    struct settings settings;
    bool prints_only;
    char complaint[4096];
};

/* Reads with the given flags and variables (each up to a NULL). */
static void read_with(char **flags, char **variables, struct outcome *out)
{
    char *argv[ARGS_MAX] = {(char[]){"rallyd"}};
    struct config_input input = {.argc = 1, .argv = argv, .environ = variables};
    struct buf complaint;

    for (; flags && *flags; flags++)
        argv[input.argc++] = *flags;
    buf_init_fixed(&complaint, out->complaint, sizeof(out->complaint) - 1);
    out->err = config_read(&input, &out->settings, &out->prints_only, &complaint);
    out->complaint[complaint.len] = '\0';
    if (out->err && complaint.len == 0)
        print_error("refused without a word\n");
}

#define FLAGS(...) ((char *[]){__VA_ARGS__, NULL})
#define ENV(...) ((char *[]){__VA_ARGS__, NULL})
/* cmocka and getopt alike take char *; nothing here writes to it. */
#define T(text) ((char[]){text})

static void expect_ok(const struct outcome *outcome)
{
    if (outcome->err)
        print_error("%s", outcome->complaint);
    EXPECT_OK(outcome->err);
}

/* A file that the test removes. */
static void file_write(char *path, const char *text, mode_t mode)
{
    int fd = mkstemp(path);

    EXPECT(fd >= 0);
    EXPECT_INT(strlen(text), write(fd, text, strlen(text)));
    EXPECT_INT(0, fchmod(fd, mode));
    close(fd);
}

TEST(without_any_input_the_defaults_are_those_of_the_protocol)
{
    static struct outcome got;
    const struct settings *s = &got.settings;

    read_with(NULL, NULL, &got);
    expect_ok(&got);
    EXPECT_STR("127.0.0.1:8080", str_from_c(s->http_listen));
    EXPECT_STR("127.0.0.1:9090", str_from_c(s->admin_listen));
    EXPECT_STR("./data", str_from_c(s->data_dir));
    EXPECT_STR("./data/rally.db", str_from_c(s->db_url));
    EXPECT_STR("all", str_from_c(s->roles));
    EXPECT(s->node[0] != '\0');
    EXPECT(s->reactors >= 1);
    EXPECT_INT(8, s->workers);
    EXPECT_FALSE(s->is_production);
    EXPECT(s->rate_limits);
    EXPECT_INT(30000, s->reconnect_grace_ms);
    EXPECT_INT(90000, s->absence_budget_ms);
    EXPECT_INT(30000, s->ready_timeout_ms);
    EXPECT_INT(30000, s->register_timeout_ms);
    EXPECT_INT(60000, s->duel_timeout_ms);
    EXPECT_INT(60000, s->no_show_timeout_ms);
    EXPECT_INT(30000, s->queue_grace_ms);
    EXPECT_INT(600000, s->room_expiry_ms);
    EXPECT_INT(30, s->snapshot_hz);
    EXPECT_INT(15 * 60 * 1000, s->access_ttl_ms);
    EXPECT(s->refresh_ttl_ms == 30ull * 24 * 3600 * 1000);
    EXPECT_INT(30000, s->drain_timeout_ms);
    EXPECT_STR("info", str_from_c(s->log_level));
    EXPECT_INT(0, s->ruleset_win[0]);
    EXPECT_STR("", str_from_c(s->signing_key));
}

TEST(a_flag_beats_the_environment_which_beats_its_alias_and_the_file)
{
    static struct outcome got;
    char path[] = "/tmp/rally-config-XXXXXX";

    file_write(path, "workers = 2\nsnapshot_hz = 20\ndb_url = file.db\nqueue_grace = 5s\n", 0600);
    read_with(FLAGS(T("--config"), path, T("--workers=4")),
              ENV(T("RALLY_WORKERS=3"), T("RALLY_SNAPSHOT_HZ=25"), T("DATABASE_URL=alias.db")),
              &got);
    unlink(path);
    expect_ok(&got);
    EXPECT_INT(4, got.settings.workers);
    EXPECT_INT(25, got.settings.snapshot_hz);
    EXPECT_STR("alias.db", str_from_c(got.settings.db_url));
    EXPECT_INT(5000, got.settings.queue_grace_ms);
}

TEST(the_own_name_of_a_variable_beats_its_alias)
{
    static struct outcome got;

    read_with(NULL, ENV(T("DATABASE_URL=alias.db"), T("RALLY_DB_URL=own.db")), &got);
    EXPECT_STR("own.db", str_from_c(got.settings.db_url));
    read_with(NULL, ENV(T("RALLY_DB_URL=own.db"), T("DATABASE_URL=alias.db")), &got);
    EXPECT_STR("own.db", str_from_c(got.settings.db_url));
}

TEST(aliases_of_other_systems_are_understood)
{
    static struct outcome got;

    read_with(NULL,
              ENV(T("USER_MANAGEMENT_URL=http://users:8000"), T("API_KEY=a key of theirs"),
                  T("OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318"), T("OTEL_SERVICE_NAME=pong"),
                  T("PATH=/bin"), T("OTEL_TRACES_SAMPLER=always_on")),
              &got);
    expect_ok(&got);
    EXPECT_STR("http://users:8000", str_from_c(got.settings.result_webhook_url));
    EXPECT_STR("a key of theirs", str_from_c(got.settings.result_webhook_key));
    EXPECT_STR("http://otel:4318", str_from_c(got.settings.otlp_endpoint));
    EXPECT_STR("pong", str_from_c(got.settings.otel_service_name));
}

TEST(comments_blanks_and_empty_lines_are_no_settings)
{
    static struct outcome got;
    char path[] = "/tmp/rally-config-XXXXXX";

    file_write(
        path,
        "# a comment\r\n\r\n  workers=5   # of them\n\tnode\t=\ta#b \n   \nsnapshot_hz =", 0600);
    read_with(FLAGS(T("--config"), path), NULL, &got);
    unlink(path);
    expect_ok(&got);
    EXPECT_INT(5, got.settings.workers);
    EXPECT_STR("a#b", str_from_c(got.settings.node));
    EXPECT_INT(30, got.settings.snapshot_hz);
}

TEST(an_empty_variable_is_one_that_is_not_set)
{
    static struct outcome got;

    read_with(NULL, ENV(T("RALLY_WORKERS="), T("RALLY_DB_URL=")), &got);
    expect_ok(&got);
    EXPECT_INT(8, got.settings.workers);
    EXPECT_STR("./data/rally.db", str_from_c(got.settings.db_url));
}

TEST(the_addresses_that_kubernetes_injects_are_no_settings)
{
    static struct outcome got;

    read_with(NULL,
              ENV(T("RALLY_SERVICE_HOST=10.0.0.1"), T("RALLY_SERVICE_PORT=80"),
                  T("RALLY_SERVICE_PORT_HTTP=80"), T("RALLY_PORT=tcp://10.0.0.1:80"),
                  T("RALLY_GATEWAY_PORT_80_TCP_ADDR=10.0.0.1"),
                  T("RALLY_GATEWAY_SERVICE_HOST=10.0.0.1")),
              &got);
    expect_ok(&got);
}

struct duration {
    const char *variable;
    uint64_t ms; /* UINT64_MAX: refused */
};

TEST(times_need_a_unit_and_a_sane_size)
{
    static const struct duration ROWS[] = {
        {"RALLY_QUEUE_GRACE=250ms", 250},
        {"RALLY_QUEUE_GRACE=30s", 30000},
        {"RALLY_QUEUE_GRACE=15m", 900000},
        {"RALLY_QUEUE_GRACE=1h", 3600000},
        {"RALLY_QUEUE_GRACE=0s", 0},
        {"RALLY_QUEUE_GRACE=30", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=30 s", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=1.5s", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=-1s", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=s", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=30S", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=30sec", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=2h", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=99999999999999999999s", UINT64_MAX},
        {"RALLY_QUEUE_GRACE=213503982334602d", UINT64_MAX}, /* wraps around in 64 bits */
    };
    static struct outcome got;

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        char variable[64];

        EXPECT_OK(str_to_c(str_from_c(ROWS[i].variable), variable, sizeof(variable)));
        read_with(NULL, ENV(variable), &got);
        if ((got.err == OK) != (ROWS[i].ms != UINT64_MAX))
            print_error("%s: %s\n", variable, got.complaint);
        EXPECT_ERR(ROWS[i].ms == UINT64_MAX ? ERR_INPUT : OK, got.err);
        if (ROWS[i].ms == UINT64_MAX)
            EXPECT_NOT_NULL(strstr(got.complaint, "RALLY_QUEUE_GRACE: "));
        else
            EXPECT(got.settings.queue_grace_ms == ROWS[i].ms);
    }
}

struct refusal {
    const char *flags[3];
    const char *variable;
    const char *words; /* that the complaint must hold */
};

static const struct refusal REFUSALS[] = {
    {{"--workerz", "4"}, NULL, "unknown flag --workerz"},
    {{"--workers"}, NULL, "--workers: needs a value"},
    {{"serve"}, NULL, "unknown argument \"serve\""},
    {{"-x"}, NULL, "unknown argument \"-x\""},
    {{"--"}, NULL, "unknown argument \"--\""},
    {{"--config", "/nonexistent/rally.conf"}, NULL, "/nonexistent/rally.conf: cannot be read"},
    {{"--http_listen", "127.0.0.1:1"}, NULL, "unknown flag --http_listen"},
    {{NULL}, "RALLY_WORKERZ=4", "unknown environment variable RALLY_WORKERZ"},
    {{NULL}, "RALLY_DATABASE_URL=x", "unknown environment variable RALLY_DATABASE_URL"},
    {{NULL}, "RALLY_WORKERS_FILE=/x", "unknown environment variable RALLY_WORKERS_FILE"},
    {{NULL}, "RALLY_WORKERS=0", "RALLY_WORKERS: must be from 1 to 256, not \"0\""},
    {{NULL}, "RALLY_WORKERS=many", "RALLY_WORKERS: must be a whole number"},
    {{NULL}, "RALLY_SNAPSHOT_HZ=9", "must be from 10 to 60"},
    {{NULL}, "RALLY_SNAPSHOT_HZ=61", "must be from 10 to 60"},
    {{NULL}, "RALLY_ENV=prod", "RALLY_ENV: must be development or production"},
    {{NULL}, "RALLY_RATE_LIMITS=no", "must be on or off"},
    {{NULL}, "RALLY_LOG_LEVEL=loud", "must be debug, info, warn or error"},
    {{NULL}, "RALLY_ROLES=gateway,chef", "RALLY_ROLES: must be all, or of gateway,"},
    {{NULL}, "RALLY_HTTP_LISTEN=8080", "must be host:port"},
    {{NULL}, "RALLY_HTTP_LISTEN=:8080", "must be host:port"},
    {{NULL}, "RALLY_HTTP_LISTEN=localhost:70000", "must be host:port"},
    {{NULL}, "RALLY_ALLOWED_ORIGINS=https://a.example/path", "must be origins"},
    {{NULL}, "RALLY_ALLOWED_ORIGINS=*", "must be origins"},
    {{NULL}, "RALLY_TRUSTED_PROXIES=10.0.0.0/33", "must be addresses"},
    {{NULL}, "RALLY_TRUSTED_PROXIES=proxy.local", "must be addresses"},
    {{NULL}, "RALLY_RESULT_WEBHOOK_URL=ftp://x", "must begin with http:// or https://"},
    {{NULL}, "RALLY_RULESET_CLASSIC_WIN=0", "must be from 1 to 100"},
    {{NULL}, "RALLY_DB_URL=postgres://u:pa55@h/d", "postgres: is not available in this build"},
    {{NULL}, "DATABASE_URL=postgresql://h/d", "postgresql: is not available in this build"},
    {{NULL}, "REDIS_URL=redis://h", "redis: is not available in this build"},
    {{NULL}, "NATS_URL=nats://h", "nats: is not available in this build"},
    {{NULL}, "RALLY_ROLES=gateway, lobby", "roles: only all is available in this build"},
    {{NULL}, "RALLY_HTTP_PORT=8080", "unknown environment variable RALLY_HTTP_PORT"},
    {{NULL}, "RALLY_PORTS=1", "unknown environment variable RALLY_PORTS"},
    {{NULL}, "RALLY_MODES_FILE=/etc/modes.json", "modes_file: is not available in this build"},
    {{NULL}, "RALLY_TLS_CERT=/x.pem", "tls_cert and tls_key: give both or none"},
    {{"--access-ttl", "2h", "--refresh-ttl=1h"}, NULL, "access_ttl: must not be longer"},
    {{NULL},
     "RALLY_SIGNING_KEY_FILE=/nonexistent",
     "RALLY_SIGNING_KEY_FILE: the file cannot be read"},
};

TEST(what_is_wrong_is_named_with_its_place)
{
    static struct outcome got;

    for (size_t i = 0; i < ARRAY_COUNT(REFUSALS); i++) {
        const struct refusal *row = &REFUSALS[i];
        char texts[4][128] = {{0}};
        char *flags[4] = {NULL}, *variables[2] = {NULL};

        for (size_t j = 0; j < 3 && row->flags[j]; j++) {
            EXPECT_OK(str_to_c(str_from_c(row->flags[j]), texts[j], sizeof(texts[j])));
            flags[j] = texts[j];
        }
        if (row->variable) {
            EXPECT_OK(str_to_c(str_from_c(row->variable), texts[3], sizeof(texts[3])));
            variables[0] = texts[3];
        }
        read_with(flags, variables, &got);
        if (!strstr(got.complaint, row->words))
            print_error("row %zu: wanted \"%s\", got \"%s\"\n", i, row->words, got.complaint);
        EXPECT_ERR(ERR_INPUT, got.err);
        EXPECT_NOT_NULL(strstr(got.complaint, row->words));
        EXPECT_NULL(strstr(got.complaint, "pa55"));
    }
}

struct file_refusal {
    const char *text;
    const char *words;
};

TEST(a_fault_in_the_file_is_named_with_its_line)
{
    static const struct file_refusal ROWS[] = {
        {"workers = 4\nworkerz = 4\n", ", line 2: unknown setting \"workerz\""},
        {"RALLY_WORKERS = 4\n", ", line 1: unknown setting \"RALLY_WORKERS\""},
        {"\n\njust words\n", ", line 3: needs \"name = value\""},
        {"workers = 4\n\nworkers = 5\n", ", line 3: \"workers\" is set twice"},
        {"workers = 1000\n", ", line 1: workers: must be from 1 to 256, not \"1000\""},
        {"= 4\n", ", line 1: unknown setting \"\""},
        {"server_key = a\nserver_key_file = b\n", "given both as a secret and as its file"},
    };
    static struct outcome got;

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        char path[] = "/tmp/rally-config-XXXXXX";

        file_write(path, ROWS[i].text, 0600);
        read_with(FLAGS(T("--config"), path), NULL, &got);
        unlink(path);
        if (!strstr(got.complaint, ROWS[i].words))
            print_error("row %zu: wanted \"%s\", got \"%s\"\n", i, ROWS[i].words, got.complaint);
        EXPECT_ERR(ERR_INPUT, got.err);
        EXPECT_NOT_NULL(strstr(got.complaint, ROWS[i].words));
    }
}

TEST(all_faults_are_told_at_once)
{
    static struct outcome got;

    read_with(FLAGS(T("--foo=1")), ENV(T("RALLY_BAR=1"), T("RALLY_WORKERS=x")), &got);
    EXPECT_NOT_NULL(strstr(got.complaint, "--foo"));
    EXPECT_NOT_NULL(strstr(got.complaint, "RALLY_BAR"));
    EXPECT_NOT_NULL(strstr(got.complaint, "RALLY_WORKERS: must be"));
}

TEST(a_secret_is_read_from_its_file_without_the_last_newline)
{
    static struct outcome got;
    char path[] = "/tmp/rally-secret-XXXXXX", variable[64];

    file_write(path, "an-outside-secret-of-more-than-32-bytes!\n", 0600);
    snprintf(variable, sizeof(variable), "RALLY_JWT_HS256_SECRET_FILE=%s", path);
    read_with(NULL, ENV(variable), &got);
    unlink(path);
    expect_ok(&got);
    EXPECT_STR("an-outside-secret-of-more-than-32-bytes!",
               str_from_c(got.settings.jwt_hs256_secret));
}

/* -- production -------------------------------------------------------------------------------- */

#define STRONG "b9a1cf20e4d87650312f4eab67890cde"
#define KEY "RALLY_SIGNING_KEY=-----BEGIN PRIVATE KEY----- anything -----END PRIVATE KEY-----"

struct weakness {
    const char *variable;
    const char *words; /* NULL: accepted */
};

TEST(production_refuses_weak_secrets)
{
    static const struct weakness ROWS[] = {
        {"RALLY_JWT_HS256_SECRET=" STRONG, NULL},
        {"RALLY_JWT_HS256_SECRET=b9a1cf20e4d87650312f4eab67890cd", "must have at least 32 bytes"},
        {"RALLY_JWT_HS256_SECRET=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "can be guessed"},
        {"RALLY_JWT_HS256_SECRET=django-insecure-8s7df87sd6f87s6df87s6df8", "can be guessed"},
        {"RALLY_JWT_HS256_SECRET=ChangeMe-ChangeMe-ChangeMe-ChangeMe-1234", "can be guessed"},
        {"RALLY_SERVER_KEY=short", "server_key: must have at least 32 bytes"},
        {"API_KEY=short", "result_webhook_key: must have at least 16 bytes"},
    };
    static struct outcome got;

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        char variable[128];

        EXPECT_OK(str_to_c(str_from_c(ROWS[i].variable), variable, sizeof(variable)));
        read_with(NULL, ENV(T("RALLY_ENV=production"), T(KEY), variable), &got);
        EXPECT_ERR(ROWS[i].words ? ERR_INPUT : OK, got.err);
        if (ROWS[i].words)
            EXPECT_NOT_NULL(strstr(got.complaint, ROWS[i].words));
        EXPECT_NULL(strstr(got.complaint, strchr(variable, '=') + 1)); /* the secret itself */
        read_with(NULL, ENV(variable), &got); /* development takes them all */
        expect_ok(&got);
    }
}

TEST(production_needs_a_signing_key)
{
    static struct outcome got;

    read_with(NULL, ENV(T("RALLY_ENV=production")), &got);
    EXPECT_ERR(ERR_INPUT, got.err);
    EXPECT_NOT_NULL(strstr(got.complaint, "signing_key: must be given in production"));
    read_with(NULL, ENV(T("RALLY_ENV=production"), T(KEY)), &got);
    expect_ok(&got);
    EXPECT(got.settings.is_production);
}

TEST(production_refuses_one_secret_for_two_purposes_and_secrets_in_flags)
{
    static struct outcome got;

    read_with(NULL,
              ENV(T("RALLY_ENV=production"), T(KEY), T("RALLY_SERVER_KEY=" STRONG),
                  T("RALLY_JWT_HS256_SECRET=" STRONG)),
              &got);
    EXPECT_NOT_NULL(strstr(got.complaint, "server_key: is the same as jwt_hs256_secret"));
    read_with(FLAGS(T("--server-key=" STRONG)), ENV(T("RALLY_ENV=production"), T(KEY)), &got);
    EXPECT_NOT_NULL(strstr(got.complaint, "--server-key: a secret on the command line"));
}

TEST(production_refuses_files_of_secrets_that_everybody_can_read)
{
    static const mode_t MODES[] = {0600, 0640, 0644, 0602};
    static struct outcome got;

    for (size_t i = 0; i < ARRAY_COUNT(MODES); i++) {
        char path[] = "/tmp/rally-secret-XXXXXX", variable[64];
        bool is_open = (MODES[i] & 06) != 0;

        file_write(path, STRONG, MODES[i]);
        snprintf(variable, sizeof(variable), "RALLY_SERVER_KEY_FILE=%s", path);
        read_with(NULL, ENV(T("RALLY_ENV=production"), T(KEY), variable), &got);
        unlink(path);
        EXPECT_ERR(is_open ? ERR_INPUT : OK, got.err);
        if (is_open)
            EXPECT_NOT_NULL(strstr(got.complaint, "can be read or written by everybody"));
    }
}

TEST(production_refuses_a_world_readable_file_only_when_it_holds_a_secret)
{
    static struct outcome got;
    char plain[] = "/tmp/rally-config-XXXXXX", secret[] = "/tmp/rally-config-XXXXXX";

    file_write(plain, "workers = 2\n", 0644);
    file_write(secret, "server_key = " STRONG "\n", 0644);
    read_with(FLAGS(T("--config"), plain), ENV(T("RALLY_ENV=production"), T(KEY)), &got);
    EXPECT_OK(got.err);
    read_with(FLAGS(T("--config"), secret), ENV(T("RALLY_ENV=production"), T(KEY)), &got);
    unlink(plain);
    unlink(secret);
    EXPECT_NOT_NULL(strstr(got.complaint, "can be read or written by everybody"));
}

/* -- printing ---------------------------------------------------------------------------------- */

TEST(what_is_printed_can_be_read_again_and_holds_no_secret)
{
    static struct outcome first, second;
    char path[] = "/tmp/rally-config-XXXXXX";
    struct buf text;

    read_with(FLAGS(T("--print-config"), T("--queue-grace=90s"), T("--access-ttl=1500ms")),
              ENV(T("RALLY_SERVER_KEY=" STRONG), T("RALLY_RULESET_ARENA_WIN=3"),
                  T("RALLY_ALLOWED_ORIGINS=https://a.example, http://b.example:81")),
              &first);
    expect_ok(&first);
    EXPECT(first.prints_only);
    buf_init(&text, 65536);
    config_put(&first.settings, &text);
    buf_put_char(&text, '\0');
    EXPECT_NULL(strstr(text.ptr, STRONG));
    EXPECT_NOT_NULL(strstr(text.ptr, "# server_key = (secret)\n"));
    EXPECT_NOT_NULL(strstr(text.ptr, "access_ttl = 1500ms\n"));
    EXPECT_NOT_NULL(strstr(text.ptr, "refresh_ttl = 30d\n"));

    file_write(path, text.ptr, 0600);
    read_with(FLAGS(T("--config"), path), NULL, &second);
    unlink(path);
    buf_release(&text);
    expect_ok(&second);
    memset(first.settings.server_key, 0, sizeof(first.settings.server_key));
    EXPECT(memcmp(&first.settings, &second.settings, sizeof(first.settings)) == 0);
}
