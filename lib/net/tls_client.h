/* TLS as a client over a connected, blocking socket, for fetch.c alone. */
#ifndef RALLY_NET_TLS_CLIENT_H
#define RALLY_NET_TLS_CLIENT_H

#include <sys/types.h>

#include "lib/base/str.h"

struct tls_client;

/* Shakes hands; NULL unless the certificate is trusted by this machine and made out to `host`. */
struct tls_client *tls_client_new(int fd, const char *host);
void tls_client_free(struct tls_client *client);
/* As write and read; 0 or less is the end. */
ssize_t tls_client_write(struct tls_client *client, struct str data);
ssize_t tls_client_read(struct tls_client *client, void *out, size_t size);

#endif
