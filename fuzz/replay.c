/*
 * Runs a fuzz target over files, without libFuzzer: every build replays the corpora this way, with
 * whatever compiler and sanitizers it uses. Arguments are files and folders; no file is a failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz/fuzz_input.h"

#define FILE_SIZE_MAX (1 << 20)
#define PATH_SIZE_MAX 4096

static size_t replayed;

static void replay_file(const char *path)
{
    static char bytes[FILE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    size_t size;

    CHECK(file != NULL);
    size = fread(bytes, 1, sizeof(bytes), file);
    CHECK(!ferror(file));
    CHECK(fclose(file) == 0);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
    replayed++;
}

static void replay_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    CHECK(entries != NULL);
    while ((entry = readdir(entries))) {
        char path[PATH_SIZE_MAX];

        if (entry->d_name[0] == '.')
            continue;
        CHECK((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < sizeof(path));
        replay_file(path);
    }
    CHECK(closedir(entries) == 0);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat info;

        CHECK(stat(argv[i], &info) == 0);
        if (S_ISDIR(info.st_mode))
            replay_folder(argv[i]);
        else
            replay_file(argv[i]);
    }
    printf("%zu passed, 0 failed\n", replayed);
    return replayed > 0 ? 0 : 1;
}
