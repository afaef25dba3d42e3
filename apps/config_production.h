/*
 * What production refuses (development only warns, or says nothing):
 *   - no RALLY_SIGNING_KEY: a generated key would differ on every node and be lost with a disk;
 *   - RALLY_JWT_HS256_SECRET or RALLY_SERVER_KEY with fewer than 32 bytes, RALLY_RESULT_WEBHOOK_KEY
 *     with fewer than 16 (it is chosen by the service that is called);
 *   - a secret that is known (changeme, secret, django-insecure-..., one character repeated) or has
 *     fewer than 8 different characters;
 *   - the same text for two secrets;
 *   - a secret given on the command line, which every user of the machine can read;
 *   - a secret's file, a configuration file that holds a secret, or the TLS key that anybody on the
 *     machine can read or write. Group-readable is allowed: that is how secrets are mounted.
 */
#ifndef RALLY_APPS_CONFIG_PRODUCTION_H
#define RALLY_APPS_CONFIG_PRODUCTION_H

#include "apps/config_source.h"

/* Adds a sentence per fault to `complaint`; nothing when the settings are not production's. */
void config_production_check(const struct config_source *source, const struct settings *settings,
                             struct buf *complaint);

#endif
