/* The parts of http_head_parse that have files of their own. Private to lib/wire. */
#ifndef RALLY_WIRE_HTTP1_PARTS_H
#define RALLY_WIRE_HTTP1_PARTS_H

#include "lib/wire/http1.h"

/* What the fields said, before it is weighed. */
struct http_framing {
    struct str authority; /* of an absolute-form target */
    struct str coding;
    struct str length;
    unsigned host_count;
    unsigned coding_count;
    unsigned length_count;
    bool says_close;
    bool says_keep_alive;
    bool says_upgrade;
    bool upgrades_to_websocket;
    bool expects_continue;
    bool expects_other;
};

/* *start and *end of the head: behind one empty line at most, up to and with the last CRLF.
 * ERR_AGAIN, *scanned and the errors are those of http_head_parse. */
enum err http_head_end(struct str in, size_t *scanned, size_t *start, size_t *end) MUST_USE;
/* Keeps what a field says about framing, and the host. */
void http_framing_note(struct http_framing *framing, struct http_head *head, struct str name,
                       struct str value);
/* Settles what `head` says of host, body and connection; the error when that is in doubt. */
enum err http_framing_weigh(const struct http_framing *framing, struct http_head *head) MUST_USE;

#endif
