/* The database of a dry run: a directory of its own below the one for temporary files, removed with all that is in it. One thread. */
#include "app/scratch.h"
#include "store/store_open.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum fault scratch_make(struct scratch *out)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(out->dir, sizeof out->dir, "%s/suhbat-dry.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
    if (n >= (int)sizeof out->dir || !mkdtemp(out->dir)) return out->dir[0] = '\0', fault_unavailable;
    snprintf(out->url, sizeof out->url, "sqlite:%s/suhbat.db", out->dir);
    enum fault fault = store_migrate(out->url);
    if (fault) scratch_remove(out);
    return fault;
}

void scratch_remove(struct scratch *scratch)
{
    DIR *dir = scratch->dir[0] ? opendir(scratch->dir) : NULL;
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));) unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(scratch->dir);
    scratch->dir[0] = '\0';
}
