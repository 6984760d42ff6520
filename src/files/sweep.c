/* What earlier runs have left on the disk, page by page. Only files older than this run are told: all others may be on their way into the database.
   One sweep at a time; its task owns the place where it is. */
#include "files/private.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct sweep {
    int next_dir; /* 0: the uploads; then 1 + the first byte of the digest */
    DIR *dir;
};

struct paging {
    struct task task;
    size_t max;
    struct files_page page;
    void (*done)(void *user, struct files_page *page);
    void *user;
};

void sweep_destroy(struct sweep *sweep)
{
    if (!sweep) return;
    if (sweep->dir) closedir(sweep->dir);
    free(sweep);
}

static bool open_next(struct files *files, struct sweep *s)
{
    while (!s->dir && s->next_dir <= 256) {
        char name[16] = "incoming";
        if (s->next_dir) snprintf(name, sizeof name, "%02x", (unsigned)(s->next_dir - 1) & 0xFF);
        s->next_dir++;
        int fd = openat(files->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) continue;
        s->dir = fdopendir(fd);
        if (!s->dir) close(fd);
    }
    return s->dir != NULL;
}

static bool is_old(struct files *files, int dir_fd, const char *name)
{
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return false;
    return st.st_mtim.tv_sec < files->started.tv_sec || (st.st_mtim.tv_sec == files->started.tv_sec && st.st_mtim.tv_nsec < files->started.tv_nsec);
}

/* What was made of a file goes with it; alone it is named like its file, so that it is asked about too. */
static void add(struct files *files, struct paging *p, bool is_upload, const char *name)
{
    size_t n = strcspn(name, ".");
    char placed[FILES_NAME_MAX_BYTES];
    if (is_upload) {
        if (file_token_fits(span_of(name)) && is_old(files, files->incoming_fd, name)) memcpy(p->page.tokens[p->page.n_tokens++], name, FILES_TOKEN_CHARS);
        return;
    }
    if (n + 4 > sizeof placed) return;
    snprintf(placed, sizeof placed, "%.2s/%.*s", name, (int)n, name);
    if (!placed_name_fits(span_of(placed)) || !is_old(files, dirfd(files->sweep->dir), name)) return;
    memcpy(p->page.placed[p->page.n_placed++], placed, sizeof placed);
}

static void run_page(struct task *t, struct helper *helper)
{
    struct paging *p = container_of(t, struct paging, task);
    (void)helper;
    if (!t->files->sweep) t->files->sweep = calloc(1, sizeof *t->files->sweep);
    struct sweep *s = t->files->sweep;
    if (!s) abort();
    while (p->page.n_placed < p->max && p->page.n_tokens < p->max && open_next(t->files, s)) {
        struct dirent *entry = readdir(s->dir);
        if (entry) {
            add(t->files, p, s->next_dir == 1, entry->d_name);
            continue;
        }
        closedir(s->dir);
        s->dir = NULL;
    }
    p->page.done = !s->dir && s->next_dir > 256;
}

static void told_page(struct task *t)
{
    struct paging *p = container_of(t, struct paging, task);
    p->done(p->user, &p->page);
    free(p->page.placed);
    free(p->page.tokens);
    free(p);
}

void files_old(struct files *files, struct loop *loop, size_t max, void (*done)(void *user, struct files_page *page), void *user)
{
    struct paging *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->task = (struct task){ .files = files, .loop = loop, .run = run_page, .told = told_page };
    p->max = max, p->done = done, p->user = user;
    p->page.placed = calloc(max, sizeof *p->page.placed);
    p->page.tokens = calloc(max, sizeof *p->page.tokens);
    if (!p->page.placed || !p->page.tokens) abort();
    if (!task_post(files->disk, &p->task)) task_tell(&p->task);
}
