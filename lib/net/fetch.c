/* See fetch.h. */
#include "lib/net/fetch.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/net/tls_client.h"

#define HEAD_SIZE 4096
#define ANSWER_SIZE 512 /* the status line is at its start */

struct target {
    char host[256];
    char port[8];
    struct str prefix;    /* path of the URL, without a trailing slash */
    struct str authority; /* as written, for Host */
    bool is_tls;
};

static enum err target_parse(struct str url, struct target *out)
{
    struct str rest;
    size_t end, colon;
    enum err err;

    out->is_tls = str_starts_with(url, STR("https://"));
    if (!out->is_tls && !str_starts_with(url, STR("http://")))
        return ERR_INPUT;
    rest = str_slice(url, out->is_tls ? 8 : 7, url.len);
    end = str_find(rest, '/', 0);
    end = end < rest.len ? end : rest.len;
    out->authority = str_slice(rest, 0, end);
    out->prefix = str_slice(rest, end, rest.len);
    while (out->prefix.len > 0 && out->prefix.ptr[out->prefix.len - 1] == '/')
        out->prefix.len--;
    colon = out->authority.len;
    while (colon > 0 && out->authority.ptr[colon - 1] != ':' &&
           out->authority.ptr[colon - 1] != ']')
        colon--;
    if (colon > 0 && out->authority.ptr[colon - 1] == ':') {
        err = str_to_c(str_slice(out->authority, colon, out->authority.len), out->port,
                       sizeof(out->port));
        colon--;
    } else {
        err = str_to_c(out->is_tls ? STR("443") : STR("80"), out->port, sizeof(out->port));
        colon = out->authority.len;
    }
    if (err || colon == 0)
        return ERR_INPUT;
    if (out->authority.ptr[0] == '[' && colon > 2) /* an IPv6 address */
        return str_to_c(str_slice(out->authority, 1, colon - 1), out->host, sizeof(out->host));
    return str_to_c(str_slice(out->authority, 0, colon), out->host, sizeof(out->host));
}

/* Linux bounds connect() by the send timeout. */
static int connect_to(const struct target *target, uint32_t timeout_ms)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000,
                              .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1;

    if (getaddrinfo(target->host, target->port, &hints, &list) != 0)
        return -1;
    for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0)
            continue;
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

struct line {
    int fd;
    struct tls_client *tls; /* NULL: plain */
};

static bool line_send(struct line *line, struct str data)
{
    while (data.len > 0) {
        ssize_t sent = line->tls ? tls_client_write(line->tls, data)
                                 : send(line->fd, data.ptr, data.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data = str_slice(data, (size_t)sent, data.len);
    }
    return true;
}

static ssize_t line_receive(struct line *line, char *out, size_t size)
{
    return line->tls ? tls_client_read(line->tls, out, size) : recv(line->fd, out, size, 0);
}

/* "HTTP/1.1 201 Created": the three digits. */
static enum err status_read(struct line *line, int *status)
{
    char answer[ANSWER_SIZE];
    size_t len = 0;
    uint64_t number;

    while (len < 12) {
        ssize_t got = line_receive(line, answer + len, sizeof(answer) - len);
        if (got <= 0)
            return ERR_TIMEOUT;
        len += (size_t)got;
    }
    if (!str_starts_with(str_of(answer, len), STR("HTTP/1.")) ||
        str_to_u64(str_of(answer + 9, 3), 999, &number))
        return ERR_TIMEOUT;
    *status = (int)number;
    return OK;
}

static enum err head_put(struct buf *head, const struct target *target,
                         const struct fetch_post *post)
{
    buf_put_c(head, "POST ");
    buf_put_str(head, target->prefix);
    buf_put_str(head, post->path);
    buf_put_c(head, " HTTP/1.1\r\nHost: ");
    buf_put_str(head, target->authority);
    buf_put_c(head, "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ");
    buf_put_u64(head, post->body.len);
    buf_put_c(head, "\r\n");
    buf_put_str(head, post->headers);
    buf_put_c(head, "\r\n");
    return buf_ok(head) ? OK : ERR_INPUT;
}

enum err fetch_post(const struct fetch_post *post, int *status)
{
    char memory[HEAD_SIZE];
    struct target target;
    struct line line = {.fd = -1};
    struct buf head;
    enum err err;

    buf_init_fixed(&head, memory, sizeof(memory));
    if (target_parse(post->url, &target) || head_put(&head, &target, post))
        return ERR_INPUT;
    line.fd = connect_to(&target, post->timeout_ms);
    if (line.fd < 0)
        return ERR_TIMEOUT;
    if (target.is_tls)
        line.tls = tls_client_new(line.fd, target.host);
    err = target.is_tls && !line.tls ? ERR_TIMEOUT : OK;
    if (!err && !(line_send(&line, buf_str(&head)) && line_send(&line, post->body)))
        err = ERR_TIMEOUT;
    if (!err)
        err = status_read(&line, status);
    tls_client_free(line.tls);
    close(line.fd);
    return err;
}
