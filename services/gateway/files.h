/* The built web client, read once at start: bytes, their gzip twin, type and ETag by path. */
#ifndef RALLY_SERVICES_GATEWAY_FILES_H
#define RALLY_SERVICES_GATEWAY_FILES_H

#include "lib/base/str.h"

#define FILES_MAX 256
#define FILE_SIZE_MAX (4u * 1024 * 1024)

struct file {
    char path[192]; /* "/assets/index-abc.js" */
    struct str bytes;
    struct str gzip; /* empty: none */
    const char *content_type;
    char etag[20];  /* quoted */
    bool is_hashed; /* its name changes with its content: cached for ever */
};

struct files {
    struct file *list;
    size_t count;
};

/* Reads the folder. An absent folder gives no files; what cannot be read is logged and left out. */
void files_load(struct files *files, const char *folder);
void files_free(struct files *files);
/* "/" is "/index.html". NULL when there is none. */
const struct file *files_find(const struct files *files, struct str path);

#endif
