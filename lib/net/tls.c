/*
 * TLS over memory BIOs, so that the loop stays ours and a connection can move between reactors.
 * TLS 1.2 with AEAD ciphers and 1.3; no compression, no renegotiation, ALPN http/1.1 only.
 */
#include "lib/net/inside.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "lib/base/log.h"

struct tls {
    SSL *ssl;
    BIO *in;  /* ciphertext from the peer; owned by ssl */
    BIO *out; /* ciphertext to the peer; owned by ssl */
};

static int alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned int in_len, void *arg)
{
    static const unsigned char OURS[] = "\x08http/1.1";
    unsigned char *picked = NULL;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&picked, out_len, OURS, sizeof(OURS) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = picked;
    return SSL_TLSEXT_ERR_OK;
}

void *tls_ctx_new(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    char reason[256];

    CHECK(ctx != NULL);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets keep nothing here */
    SSL_CTX_set_alpn_select_cb(ctx, alpn_select, NULL);
    if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
        SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(ctx) == 1)
        return ctx;
    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    log_event(LOG_ERROR, "tls_certificate_unusable", LOG_C("certificate", cert),
              LOG_C("reason", reason));
    SSL_CTX_free(ctx);
    return NULL;
}

void tls_ctx_free(void *ctx)
{
    SSL_CTX_free(ctx);
}

struct tls *tls_new(void *ctx)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        return NULL;
    tls->ssl = SSL_new(ctx);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out) {
        SSL_free(tls->ssl);
        BIO_free(tls->in);
        BIO_free(tls->out);
        free(tls);
        return NULL;
    }
    BIO_set_mem_eof_return(tls->in, -1);
    BIO_set_mem_eof_return(tls->out, -1);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

/* Ciphertext that OpenSSL has made goes to the socket as it is. */
static bool flush(struct conn *conn)
{
    struct tls *tls = conn->tls;
    char *ptr;
    long len = BIO_get_mem_data(tls->out, &ptr);
    struct frame *frame;

    if (len <= 0)
        return true;
    frame = frame_of_bytes(conn->reactor, ptr, (size_t)len);
    (void)BIO_reset(tls->out);
    if (!frame)
        return false;
    conn_out(conn, frame);
    return conn->state != CONN_CLOSED;
}

static bool is_fatal(struct tls *tls, int result)
{
    int why = SSL_get_error(tls->ssl, result);

    return why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE &&
           why != SSL_ERROR_ZERO_RETURN;
}

static bool handshake(struct conn *conn)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(conn->tls->ssl);
    if (result != 1) {
        bool fatal = is_fatal(conn->tls, result);
        return flush(conn) && !fatal; /* the alert goes out in either case */
    }
    http_opened(conn);
    return flush(conn);
}

bool tls_take(struct conn *conn, const char *bytes, size_t len)
{
    struct reactor *reactor = conn->reactor;

    if (BIO_write(conn->tls->in, bytes, (int)len) != (int)len)
        return false;
    if (conn->state == CONN_TLS && !handshake(conn))
        return false;
    while (conn->tls && conn->state != CONN_TLS && conn->state != CONN_CLOSED) {
        int n;
        ERR_clear_error();
        n = SSL_read(conn->tls->ssl, reactor->tls_buffer, READ_BUFFER_SIZE);
        if (n <= 0) {
            bool fatal = is_fatal(conn->tls, n);
            if (SSL_get_shutdown(conn->tls->ssl) & SSL_RECEIVED_SHUTDOWN)
                fatal = true; /* close_notify: the peer is gone */
            return flush(conn) && !fatal;
        }
        conn_take_bytes(conn, reactor->tls_buffer, (size_t)n);
    }
    return conn->state != CONN_CLOSED;
}

/* Record by record: the BIO keeps the memory of the most it ever held, as long as the connection
 * lives. */
bool tls_put(struct conn *conn, const void *ptr, size_t len)
{
    const char *bytes = ptr;

    while (len > 0 && conn->state != CONN_CLOSED) {
        size_t part = len < SSL3_RT_MAX_PLAIN_LENGTH ? len : SSL3_RT_MAX_PLAIN_LENGTH;
        ERR_clear_error();
        if (SSL_write(conn->tls->ssl, bytes, (int)part) != (int)part || !flush(conn)) {
            conn_kill(conn);
            return false;
        }
        bytes += part;
        len -= part;
    }
    return conn->state != CONN_CLOSED;
}

void tls_finish(struct conn *conn)
{
    ERR_clear_error();
    if (conn->state != CONN_TLS)
        (void)SSL_shutdown(conn->tls->ssl);
    if (!flush(conn))
        conn_kill(conn);
}
