/* A fixed DER prefix instead of a DER reader: RFC 8410 leaves nothing to choose in version 1. */
#include "lib/crypt/signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/random.h"
#include "lib/wire/base64.h"

/* SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING (32) } } */
static const uint8_t DER_PREFIX[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
#define DER_SIZE (sizeof(DER_PREFIX) + SIGNING_KEY_SEED_SIZE)
#define DER_BASE64_SIZE 64
/* The longest text taken: the key, its lines, and a few spaces around. */
#define PEM_SIZE_MAX 512

_Static_assert(DER_SIZE == 48, "a PKCS#8 Ed25519 key");

static const struct str BEGIN = STR_INIT("-----BEGIN PRIVATE KEY-----");
static const struct str END = STR_INIT("-----END PRIVATE KEY-----");

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text between BEGIN and END without white space, which may stand anywhere (an environment
 * variable often arrives with its line ends turned into spaces). */
static enum err armour_strip(struct str pem, char out[DER_BASE64_SIZE])
{
    size_t len = 0;

    while (pem.len > 0 && is_space(pem.ptr[0]))
        pem = str_slice(pem, 1, pem.len);
    while (pem.len > 0 && is_space(pem.ptr[pem.len - 1]))
        pem = str_slice(pem, 0, pem.len - 1);
    if (pem.len > PEM_SIZE_MAX || !str_starts_with(pem, BEGIN) || !str_ends_with(pem, END) ||
        pem.len < BEGIN.len + END.len)
        return ERR_INPUT;
    pem = str_slice(pem, BEGIN.len, pem.len - END.len);
    for (size_t i = 0; i < pem.len; i++) {
        if (is_space(pem.ptr[i]))
            continue;
        if (len == DER_BASE64_SIZE)
            return ERR_INPUT;
        out[len++] = pem.ptr[i];
    }
    return len == DER_BASE64_SIZE ? OK : ERR_INPUT;
}

enum err signing_key_parse(struct str pem, uint8_t seed[SIGNING_KEY_SEED_SIZE])
{
    char text[DER_BASE64_SIZE];
    uint8_t der[DER_SIZE];
    struct buf out;
    enum err err;

    buf_init_fixed(&out, der, sizeof(der));
    err = armour_strip(pem, text);
    if (!err)
        err = base64_decode(str_of(text, sizeof(text)), &out);
    if (!err && (out.len != DER_SIZE || memcmp(der, DER_PREFIX, sizeof(DER_PREFIX)) != 0))
        err = ERR_INPUT;
    if (!err)
        memcpy(seed, der + sizeof(DER_PREFIX), SIGNING_KEY_SEED_SIZE);
    secret_wipe(text, sizeof(text));
    secret_wipe(der, sizeof(der));
    return err;
}

void signing_key_put(const uint8_t seed[SIGNING_KEY_SEED_SIZE], struct buf *out)
{
    uint8_t der[DER_SIZE];

    memcpy(der, DER_PREFIX, sizeof(DER_PREFIX));
    memcpy(der + sizeof(DER_PREFIX), seed, SIGNING_KEY_SEED_SIZE);
    buf_put_str(out, BEGIN);
    buf_put_char(out, '\n');
    base64_put(out, der, sizeof(der));
    buf_put_char(out, '\n');
    buf_put_str(out, END);
    buf_put_char(out, '\n');
    secret_wipe(der, sizeof(der));
}

static enum err refuse(const char *path, const char *reason)
{
    log_event(LOG_ERROR, "signing_key_refused", LOG_C("path", path), LOG_C("reason", reason));
    return ERR_INPUT;
}

static enum err path_join(const char *dir, const char *name, char out[PATH_MAX])
{
    struct buf path;

    buf_init_fixed(&path, out, PATH_MAX);
    buf_put_c(&path, dir);
    buf_put_char(&path, '/');
    buf_put(&path, name, strlen(name) + 1);
    return buf_ok(&path) ? OK : refuse(dir, "the path is too long");
}

/* The whole of a small file; ERR_TOO_LARGE when it is not small. */
static enum err read_all(int fd, char *out, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, out + *len, size - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_INPUT;
        if (got == 0)
            return OK;
        *len += (size_t)got;
    }
    return ERR_TOO_LARGE;
}

static enum err load_open(int fd, const char *path, uint8_t seed[SIGNING_KEY_SEED_SIZE])
{
    char text[PEM_SIZE_MAX];
    struct stat about;
    size_t len;
    enum err err;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return refuse(path, "not a regular file");
    /* Only a warning: this file is for development, and some file systems know no modes. */
    if (about.st_mode & (S_IRWXG | S_IRWXO))
        log_event(LOG_WARN, "signing_key_readable_by_others", LOG_C("path", path));
    if (read_all(fd, text, sizeof(text), &len) != OK)
        return refuse(path, "cannot be read, or too large for a key");
    err = signing_key_parse(str_of(text, len), seed);
    secret_wipe(text, sizeof(text));
    return err ? refuse(path, "not an Ed25519 private key in PEM (PKCS#8)") : OK;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)put, bytes.len);
    }
    return fsync(fd) == 0;
}

static bool directory_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced;

    if (fd < 0)
        return false;
    is_synced = fsync(fd) == 0;
    close(fd);
    return is_synced;
}

/*
 * Written under another name and linked into place: a crash half-way leaves no half key, and of two
 * processes that start at once only one makes the key, because link(2) never replaces.
 */
static enum err make(const char *data_dir, const char *path, uint8_t seed[SIGNING_KEY_SEED_SIZE])
{
    char draft[PATH_MAX], name[64], text[PEM_SIZE_MAX];
    struct buf pem, draft_name;
    bool is_made;
    int fd;

    buf_init_fixed(&draft_name, name, sizeof(name));
    buf_printf(&draft_name, "%s.%ld", SIGNING_KEY_FILE, (long)getpid());
    if (path_join(data_dir, name, draft))
        return ERR_INPUT;
    unlink(draft);
    fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return refuse(draft, strerror(errno));
    random_bytes(seed, SIGNING_KEY_SEED_SIZE);
    buf_init_fixed(&pem, text, sizeof(text));
    signing_key_put(seed, &pem);
    is_made = write_all(fd, buf_str(&pem));
    secret_wipe(text, sizeof(text));
    is_made = close(fd) == 0 && is_made;
    is_made = is_made && (link(draft, path) == 0 || errno == EEXIST);
    unlink(draft);
    if (!is_made || !directory_sync(data_dir))
        return refuse(path, "cannot be written");
    return OK;
}

enum err signing_key_load_or_make(const char *data_dir, uint8_t seed[SIGNING_KEY_SEED_SIZE])
{
    char path[PATH_MAX];
    enum err err;
    int fd;

    if (path_join(data_dir, SIGNING_KEY_FILE, path))
        return ERR_INPUT;
    if (mkdir(data_dir, S_IRWXU) != 0 && errno != EEXIST)
        return refuse(data_dir, strerror(errno));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        err = make(data_dir, path, seed);
        if (err)
            return err;
        fd = open(path, O_RDONLY | O_CLOEXEC); /* another process may have been first */
    }
    if (fd < 0)
        return refuse(path, strerror(errno));
    err = load_open(fd, path, seed);
    close(fd);
    return err;
}
