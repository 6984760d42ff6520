/* Finds the helper and opens the place of files. Start-up only, one thread. */
#include "app/file_store.h"
#include <unistd.h>

/* The helper stands beside the program, or where it was installed. Without it files are taken all the same, but pictures are not known as such. */
static const char *find_helper(struct arena *arena)
{
    static const char *const places[] = { "%.*s/suhbat-pictures", "%.*s/../libexec/suhbat/suhbat-pictures", "%.*s/../lib/suhbat/suhbat-pictures" };
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    while (n > 0 && self[n - 1] != '/') n--;
    for (size_t i = 0; n > 1 && i < sizeof places / sizeof *places; i++) {
        const char *path = arena_printf(arena, places[i], (int)n - 1, self).p;
        if (access(path, X_OK) == 0) return path;
    }
    LOG(warn, "picture_helper_is_missing", log_str("name", "suhbat-pictures"));
    return NULL;
}

enum fault file_store_open(const struct config *config, struct files **out)
{
    struct files_config files = { .dir = arena_printf(config->arena, "%s/files", config->data_dir).p, .helper = find_helper(config->arena) };
    return files_create(&files, out);
}
