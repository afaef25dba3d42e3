/*
 * One HTTP/1.1 POST to somebody else's server, blocking, for workers that deliver what the outbox
 * holds. No redirects, no reuse of connections, no reading of bodies: who delivers wants to know
 * whether it arrived, and asks again if not. https verifies the certificate and the host's name.
 */
#ifndef RALLY_NET_FETCH_H
#define RALLY_NET_FETCH_H

#include "lib/base/str.h"

struct fetch_post {
    struct str url;      /* "http://host:port/prefix", without what follows in `path` */
    struct str path;     /* "/api/games/" */
    struct str headers;  /* further ones, each line ended by CR LF; may be empty */
    struct str body;     /* JSON */
    uint32_t timeout_ms; /* of each step: connecting, sending, hearing the status */
};
/*
 * *status is set when the server answered (OK). ERR_INPUT: no URL that can be fetched; ERR_TIMEOUT:
 * could not be reached, or broke off, or said nothing in time.
 */
enum err fetch_post(const struct fetch_post *post, int *status) MUST_USE;

#endif
