/*
 * The effective configuration (protocol section 12), read once at start by apps/config.c from
 * flags, environment, file and defaults, and never changed afterwards. All times in milliseconds.
 */
#ifndef RALLY_SERVICES_SETTINGS_H
#define RALLY_SERVICES_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#define SETTING_TEXT_SIZE 1024

struct settings {
    char http_listen[128]; /* host:port; port 0 picks a free one */
    char admin_listen[128];
    char data_dir[512];
    char db_url[SETTING_TEXT_SIZE];
    char redis_url[SETTING_TEXT_SIZE];
    char nats_url[SETTING_TEXT_SIZE];
    char roles[256];
    char node[128];
    uint32_t reactors;
    uint32_t workers;
    bool is_production;
    bool rate_limits;
    char allowed_origins[SETTING_TEXT_SIZE]; /* comma-separated */
    char signing_key[SETTING_TEXT_SIZE];     /* PEM; empty: generated in data_dir */
    char jwt_hs256_secret[SETTING_TEXT_SIZE];
    uint64_t reconnect_grace_ms;
    uint64_t absence_budget_ms;
    uint64_t ready_timeout_ms;
    uint64_t register_timeout_ms;
    uint64_t duel_timeout_ms;
    uint64_t no_show_timeout_ms;
    uint64_t queue_grace_ms;
    uint64_t room_expiry_ms;
    uint32_t snapshot_hz;
    uint64_t access_ttl_ms;
    uint64_t refresh_ttl_ms;
    char modes_file[512];
    char result_webhook_url[SETTING_TEXT_SIZE];
    char result_webhook_key[SETTING_TEXT_SIZE];
    char server_key[SETTING_TEXT_SIZE];
    uint64_t drain_timeout_ms;
    char otlp_endpoint[SETTING_TEXT_SIZE];
    char otel_service_name[128];
    char tls_cert[512]; /* PEM file; empty: plain HTTP */
    char tls_key[512];
    char web_dir[512]; /* built web client; empty: none */
    char trusted_proxies[SETTING_TEXT_SIZE];
    char log_level[16];
    uint16_t ruleset_win[8]; /* RALLY_RULESET_<NAME>_WIN by ruleset index; 0: the ruleset's own */
};

#endif
