/* The same through TLS: what the peer sent behind its upgrade may sit in the TLS session, not in
 * the socket, when the connection moves. */
#include "tests/unit/net/echo.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

struct identity {
    char folder[32];
    char cert[64];
    char key[64];
};

/* A key and a certificate signed with it, in files of a folder of their own. */
static void identity_make(struct identity *identity)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file;

    memcpy(identity->folder, "/tmp/rally-net-XXXXXX", sizeof("/tmp/rally-net-XXXXXX"));
    EXPECT_NOT_NULL(mkdtemp(identity->folder));
    snprintf(identity->cert, sizeof(identity->cert), "%s/cert.pem", identity->folder);
    snprintf(identity->key, sizeof(identity->key), "%s/key.pem", identity->folder);
    EXPECT(key && cert);
    EXPECT_INT(1, ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
    EXPECT_NOT_NULL(X509_gmtime_adj(X509_getm_notBefore(cert), -3600));
    EXPECT_NOT_NULL(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    EXPECT_INT(1, X509_set_pubkey(cert, key));
    EXPECT_INT(1, X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                             (const unsigned char *)"echo.test", -1, -1, 0));
    EXPECT_INT(1, X509_set_issuer_name(cert, X509_get_subject_name(cert)));
    EXPECT(X509_sign(cert, key, EVP_sha256()) > 0);
    file = fopen(identity->cert, "w");
    EXPECT_INT(1, PEM_write_X509(file, cert));
    EXPECT_INT(0, fclose(file));
    file = fopen(identity->key, "w");
    EXPECT_INT(1, PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    EXPECT_INT(0, fclose(file));
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void identity_remove(struct identity *identity)
{
    EXPECT_INT(0, unlink(identity->cert));
    EXPECT_INT(0, unlink(identity->key));
    EXPECT_INT(0, rmdir(identity->folder));
}

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

static void client_open(struct client *client, const struct server *server, int version)
{
    client->fd = dial(server);
    client->ctx = SSL_CTX_new(TLS_client_method());
    EXPECT_NOT_NULL(client->ctx);
    EXPECT_INT(1, SSL_CTX_set_min_proto_version(client->ctx, version));
    EXPECT_INT(1, SSL_CTX_set_max_proto_version(client->ctx, version));
    client->ssl = SSL_new(client->ctx);
    EXPECT_NOT_NULL(client->ssl);
    EXPECT_INT(1, SSL_set_fd(client->ssl, client->fd));
    EXPECT_INT(1, SSL_connect(client->ssl));
}

static void client_close(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->ctx);
    close(client->fd);
}

static void client_say(struct client *client, struct str bytes)
{
    if (bytes.len > 0)
        EXPECT_INT(bytes.len, SSL_write(client->ssl, bytes.ptr, (int)bytes.len));
}

static bool hear_tls(void *from, char *out, size_t len)
{
    struct client *client = from;

    while (len > 0) {
        int n = SSL_read(client->ssl, out, (int)len);
        if (n <= 0)
            return false;
        out += n;
        len -= (size_t)n;
    }
    return true;
}

static void expect_text(struct client *client, const char *want)
{
    char text[1024];
    size_t len = 0;

    EXPECT_INT(WS_TEXT, hear_frame(hear_tls, client, text, sizeof(text), &len));
    EXPECT_STR(want, str_of(text + 2, len - 2));
}

/* As two records, cut at `cut`, with or without the server having read the first one alone. */
static void talk(struct server *server, struct str upgrade, int version)
{
    struct buf all;

    buf_init(&all, 10000);
    buf_put_str(&all, upgrade);
    put_client_frame(&all, STR("first"));
    put_client_frame(&all, STR("second"));
    for (size_t cut = upgrade.len - 2; cut <= all.len; cut += 3) {
        struct client client;
        char head[1024];
        client_open(&client, server, version);
        client_say(&client, str_slice(buf_str(&all), 0, cut));
        if (cut % 2 == 0)
            let_it_read(server);
        client_say(&client, str_slice(buf_str(&all), cut, all.len));
        hear_head(hear_tls, &client, head, sizeof(head));
        EXPECT_NOT_NULL(strstr(head, UPGRADE_ACCEPT));
        expect_text(&client, "first");
        expect_text(&client, "second");
        client_close(&client);
    }
    buf_release(&all);
}

static void talk_all(int version)
{
    struct identity identity;
    struct server *server;

    identity_make(&identity);
    server = echo_start(2, identity.cert, identity.key);
    talk(server, STR(UPGRADE("/ws")), version);
    talk(server, STR(UPGRADE("/move")), version);
    echo_stop(server);
    identity_remove(&identity);
}

TEST(frames_behind_an_upgrade_move_through_tls_1_2)
{
    talk_all(TLS1_2_VERSION);
}

TEST(frames_behind_an_upgrade_move_through_tls_1_3)
{
    talk_all(TLS1_3_VERSION);
}

TEST(a_reply_of_many_records_arrives_whole)
{
    struct identity identity;
    struct server *server;
    struct client client;
    static char body[60000], heard[60000 + 32];
    char head[1024], request[128];

    identity_make(&identity);
    server = echo_start(1, identity.cert, identity.key);
    client_open(&client, server, TLS1_3_VERSION);
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)('a' + i % 23);
    snprintf(request, sizeof(request), "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
             sizeof(body));
    client_say(&client, str_from_c(request));
    client_say(&client, str_of(body, sizeof(body)));
    hear_head(hear_tls, &client, head, sizeof(head));
    EXPECT(hear_tls(&client, heard, sizeof("PUT /x \n") - 1 + sizeof(body)));
    EXPECT(memcmp(heard + sizeof("PUT /x ") - 1, body, sizeof(body)) == 0);
    client_close(&client);
    echo_stop(server);
    identity_remove(&identity);
}

TEST(a_new_certificate_serves_new_connections_and_leaves_old_ones)
{
    struct identity first, second;
    struct server *server;
    struct client old, new;
    struct buf out;
    char head[1024];

    identity_make(&first);
    server = echo_start(2, first.cert, first.key);
    client_open(&old, server, TLS1_3_VERSION);
    identity_make(&second);
    EXPECT_INT(0, rename(second.cert, first.cert));
    EXPECT_INT(0, rename(second.key, first.key));
    server_reload_tls(server);
    client_open(&new, server, TLS1_3_VERSION);
    EXPECT_INT(0, unlink(first.cert));
    server_reload_tls(server); /* no file: the present one stays */
    client_close(&new);
    client_open(&new, server, TLS1_3_VERSION);
    buf_init(&out, 1000);
    buf_put_c(&out, UPGRADE("/move"));
    put_client_frame(&out, STR("still here"));
    client_say(&old, buf_str(&out));
    hear_head(hear_tls, &old, head, sizeof(head));
    expect_text(&old, "still here");
    buf_release(&out);
    client_close(&old);
    client_close(&new);
    echo_stop(server);
    EXPECT_INT(0, unlink(first.key));
    EXPECT_INT(0, rmdir(first.folder));
    EXPECT_INT(0, rmdir(second.folder));
}
