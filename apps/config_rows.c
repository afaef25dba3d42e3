/* See config_rows.h. The order is that of --help and --print-config. */
#include "apps/config_rows.h"

#include "lib/base/check.h"

#define SECOND 1000ull
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define MEMBER(member)                                                                             \
    .offset = offsetof(struct settings, member), .size = sizeof(((struct settings *)NULL)->member)

/* clang-format off */
const struct config_row CONFIG_ROWS[] = {
    {"http_listen", CONFIG_LISTEN, MEMBER(http_listen), "127.0.0.1:8080",
     .help = "where players connect; port 0 picks a free one"},
    {"admin_listen", CONFIG_LISTEN, MEMBER(admin_listen), "127.0.0.1:9090",
     .help = "metrics and operators; keep it private"},
    {"data_dir", CONFIG_TEXT, MEMBER(data_dir), "./data",
     .help = "SQLite file, keys, spool"},
    {"db_url", CONFIG_TEXT, MEMBER(db_url), "", .is_secret = true, .alias = "DATABASE_URL",
     .help = "database; none is SQLite in the data directory"},
    {"redis_url", CONFIG_TEXT, MEMBER(redis_url), "", .is_secret = true, .alias = "REDIS_URL",
     .help = "cache; none is memory"},
    {"nats_url", CONFIG_TEXT, MEMBER(nats_url), "", .is_secret = true, .alias = "NATS_URL",
     .help = "bus; none is this process"},
    {"roles", CONFIG_ROLES, MEMBER(roles), "all",
     .help = "which roles this process runs"},
    {"node", CONFIG_TEXT, MEMBER(node), "",
     .help = "this process's name among others; none is the host's"},
    {"reactors", CONFIG_COUNT, MEMBER(reactors), "", .min = 1, .max = 256,
     .help = "threads with sockets and rooms; none is one per core"},
    {"workers", CONFIG_COUNT, MEMBER(workers), "8", .min = 1, .max = 256,
     .help = "threads for everything else"},
    {"env", CONFIG_STAGE, MEMBER(is_production), "development",
     .help = "production refuses weak, generated or world-readable secrets"},
    {"rate_limits", CONFIG_SWITCH, MEMBER(rate_limits), "on",
     .help = "off for load tests"},
    {"allowed_origins", CONFIG_ORIGINS, MEMBER(allowed_origins), "",
     .help = "other hosts whose pages may call and connect"},
    {"trusted_proxies", CONFIG_NETWORKS, MEMBER(trusted_proxies), "",
     .help = "whose X-Forwarded-For is believed"},
    {"signing_key", CONFIG_TEXT, MEMBER(signing_key), "", .is_secret = true,
     .help = "Ed25519 private key, PEM; none is made in the data directory"},
    {"jwt_hs256_secret", CONFIG_TEXT, MEMBER(jwt_hs256_secret), "", .is_secret = true,
     .help = "accepts tokens of an existing user service"},
    {"tls_cert", CONFIG_TEXT, MEMBER(tls_cert), "",
     .help = "certificate chain, PEM file; none is plain HTTP"},
    {"tls_key", CONFIG_TEXT, MEMBER(tls_key), "",
     .help = "its private key, PEM file"},
    {"web_dir", CONFIG_TEXT, MEMBER(web_dir), "",
     .help = "the built web client; none looks beside the program"},
    {"reconnect_grace", CONFIG_DURATION, MEMBER(reconnect_grace_ms), "30s", .max = HOUR,
     .help = "how long a lost seat is kept, per absence"},
    {"absence_budget", CONFIG_DURATION, MEMBER(absence_budget_ms), "90s", .max = HOUR,
     .help = "how long in all, per match"},
    {"ready_timeout", CONFIG_DURATION, MEMBER(ready_timeout_ms), "30s", .min = SECOND, .max = HOUR,
     .help = "until both must be ready"},
    {"register_timeout", CONFIG_DURATION, MEMBER(register_timeout_ms), "30s", .min = SECOND,
     .max = HOUR, .help = "until both must register in a duel"},
    {"duel_timeout", CONFIG_DURATION, MEMBER(duel_timeout_ms), "60s", .min = SECOND, .max = HOUR,
     .help = "until a challenge expires"},
    {"no_show_timeout", CONFIG_DURATION, MEMBER(no_show_timeout_ms), "60s", .min = SECOND,
     .max = HOUR, .help = "until an absent tournament player loses"},
    {"queue_grace", CONFIG_DURATION, MEMBER(queue_grace_ms), "30s", .max = HOUR,
     .help = "how long a place in the queue is kept without its socket"},
    {"room_expiry", CONFIG_DURATION, MEMBER(room_expiry_ms), "10m", .min = SECOND, .max = DAY,
     .help = "until an unused room is closed"},
    {"snapshot_hz", CONFIG_COUNT, MEMBER(snapshot_hz), "30", .min = 10, .max = 60,
     .help = "game updates a second"},
    {"access_ttl", CONFIG_DURATION, MEMBER(access_ttl_ms), "15m", .min = SECOND, .max = DAY,
     .help = "life of an access token"},
    {"refresh_ttl", CONFIG_DURATION, MEMBER(refresh_ttl_ms), "30d", .min = SECOND, .max = 400 * DAY,
     .help = "life of a refresh token that is not used"},
    {"modes_file", CONFIG_TEXT, MEMBER(modes_file), "",
     .help = "modes instead of the built-in ones"},
    {"result_webhook_url", CONFIG_HTTP_URL, MEMBER(result_webhook_url), "",
     .alias = "USER_MANAGEMENT_URL", .help = "who is told of results of rooms"},
    {"result_webhook_key", CONFIG_TEXT, MEMBER(result_webhook_key), "", .is_secret = true,
     .alias = "API_KEY", .help = "the Api-Key sent along"},
    {"server_key", CONFIG_TEXT, MEMBER(server_key), "", .is_secret = true,
     .help = "first Api-Key of game servers"},
    {"drain_timeout", CONFIG_DURATION, MEMBER(drain_timeout_ms), "30s", .max = DAY,
     .help = "how long rooms may go on after SIGTERM"},
    {"otel_exporter_otlp_endpoint", CONFIG_HTTP_URL, MEMBER(otlp_endpoint), "",
     .has_own_name = true, .help = "where traces go"},
    {"otel_service_name", CONFIG_TEXT, MEMBER(otel_service_name), "", .has_own_name = true,
     .help = "under which name"},
    {"log_level", CONFIG_LEVEL, MEMBER(log_level), "info",
     .help = "debug, info, warn or error"},
    {"ruleset_classic_win", CONFIG_COUNT16, MEMBER(ruleset_win[0]), "", .min = 1, .max = 100,
     .help = "points to win; none is the ruleset's own"},
    {"ruleset_arcade_win", CONFIG_COUNT16, MEMBER(ruleset_win[1]), "", .min = 1, .max = 100,
     .help = "likewise"},
    {"ruleset_arena_win", CONFIG_COUNT16, MEMBER(ruleset_win[2]), "", .min = 1, .max = 100,
     .help = "likewise"},
};
/* clang-format on */

const size_t CONFIG_ROW_COUNT = ARRAY_COUNT(CONFIG_ROWS);
_Static_assert(ARRAY_COUNT(CONFIG_ROWS) <= CONFIG_ROWS_MAX, "others keep arrays beside the table");
