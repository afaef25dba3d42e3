/* See files.h. A few dozen files of a few hundred KB: they stay in memory. */
#include "services/gateway/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"

static const char *type_of(struct str path)
{
    static const struct {
        struct str suffix;
        const char *type;
    } TYPES[] = {
        {STR_INIT(".html"), "text/html; charset=utf-8"},
        {STR_INIT(".js"), "text/javascript; charset=utf-8"},
        {STR_INIT(".css"), "text/css; charset=utf-8"},
        {STR_INIT(".json"), "application/json"},
        {STR_INIT(".webmanifest"), "application/manifest+json"},
        {STR_INIT(".svg"), "image/svg+xml"},
        {STR_INIT(".png"), "image/png"},
        {STR_INIT(".ico"), "image/x-icon"},
        {STR_INIT(".wasm"), "application/wasm"},
        {STR_INIT(".woff2"), "font/woff2"},
        {STR_INIT(".txt"), "text/plain; charset=utf-8"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(TYPES); i++)
        if (str_ends_with(path, TYPES[i].suffix))
            return TYPES[i].type;
    return "application/octet-stream";
}

/* The bytes of a regular file, in malloc'd memory. */
static bool read_whole(const char *name, struct str *out)
{
    struct stat info;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    char *ptr = NULL;
    size_t at = 0;
    bool is_read = false;

    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= (off_t)FILE_SIZE_MAX)
        ptr = malloc((size_t)info.st_size + 1);
    while (ptr && at < (size_t)info.st_size) {
        ssize_t n = read(fd, ptr + at, (size_t)info.st_size - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    close(fd);
    if (ptr && at == (size_t)info.st_size) {
        *out = str_of(ptr, at);
        is_read = true;
    } else {
        free(ptr);
    }
    return is_read;
}

static void add(struct files *files, const char *name, const char *path)
{
    struct file *file;
    char gzip_name[1024];
    struct buf text;

    if (files->count == FILES_MAX || str_ends_with(str_from_c(path), STR(".gz")))
        return;
    file = &files->list[files->count];
    *file = (struct file){0};
    if (str_to_c(str_from_c(path), file->path, sizeof(file->path)) ||
        !read_whole(name, &file->bytes)) {
        log_event(LOG_WARN, "file_left_out", LOG_C("file", name));
        return;
    }
    buf_init_fixed(&text, gzip_name, sizeof(gzip_name));
    buf_printf(&text, "%s.gz", name);
    if (buf_ok(&text))
        (void)read_whole(gzip_name, &file->gzip);
    buf_init_fixed(&text, file->etag, sizeof(file->etag));
    buf_printf(&text, "\"%016llx\"",
               (unsigned long long)hash_fixed(file->bytes.ptr, file->bytes.len, 0));
    file->content_type = type_of(str_from_c(path));
    file->is_hashed = str_starts_with(str_from_c(path), STR("/assets/"));
    files->count++;
}

static void walk(struct files *files, const char *folder, const char *prefix, int depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        char name[1024], path[512];
        struct stat info;
        struct buf text;
        if (entry->d_name[0] == '.')
            continue;
        buf_init_fixed(&text, name, sizeof(name));
        buf_printf(&text, "%s/%s", folder, entry->d_name);
        if (!buf_ok(&text))
            continue;
        buf_init_fixed(&text, path, sizeof(path));
        buf_printf(&text, "%s/%s", prefix, entry->d_name);
        if (!buf_ok(&text) || stat(name, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode) && depth < 4)
            walk(files, name, path, depth + 1);
        else if (S_ISREG(info.st_mode))
            add(files, name, path);
    }
    closedir(dir);
}

void files_load(struct files *files, const char *folder)
{
    *files = (struct files){.list = calloc(FILES_MAX, sizeof(struct file))};
    CHECK(files->list != NULL);
    if (folder[0])
        walk(files, folder, "", 0);
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((void *)(uintptr_t)files->list[i].bytes.ptr);
        free((void *)(uintptr_t)files->list[i].gzip.ptr);
    }
    free(files->list);
    *files = (struct files){0};
}

const struct file *files_find(const struct files *files, struct str path)
{
    if (str_eq(path, STR("/")))
        path = STR("/index.html");
    for (size_t i = 0; i < files->count; i++)
        if (str_eq(str_from_c(files->list[i].path), path))
            return &files->list[i];
    return NULL;
}
