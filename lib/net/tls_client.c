/* See tls_client.h. SIGPIPE is blocked for the thread that calls: OpenSSL writes with write(). */
#include "lib/net/tls_client.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>

struct tls_client {
    SSL_CTX *ctx;
    SSL *ssl;
};

static bool shake_hands(struct tls_client *client, int fd, const char *host)
{
    client->ctx = SSL_CTX_new(TLS_client_method());
    if (!client->ctx || SSL_CTX_set_default_verify_paths(client->ctx) != 1 ||
        SSL_CTX_set_min_proto_version(client->ctx, TLS1_2_VERSION) != 1)
        return false;
    SSL_CTX_set_verify(client->ctx, SSL_VERIFY_PEER, NULL);
    client->ssl = SSL_new(client->ctx);
    return client->ssl && SSL_set1_host(client->ssl, host) == 1 &&
           SSL_set_tlsext_host_name(client->ssl, host) == 1 && SSL_set_fd(client->ssl, fd) == 1 &&
           SSL_connect(client->ssl) == 1;
}

struct tls_client *tls_client_new(int fd, const char *host)
{
    struct tls_client *client = calloc(1, sizeof(*client));
    sigset_t pipe;

    if (!client)
        return NULL;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    if (shake_hands(client, fd, host))
        return client;
    tls_client_free(client);
    return NULL;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_free(client->ssl);
    SSL_CTX_free(client->ctx);
    free(client);
}

ssize_t tls_client_write(struct tls_client *client, struct str data)
{
    return SSL_write(client->ssl, data.ptr, (int)(data.len < 16384 ? data.len : 16384));
}

ssize_t tls_client_read(struct tls_client *client, void *out, size_t size)
{
    return SSL_read(client->ssl, out, (int)(size < 16384 ? size : 16384));
}
