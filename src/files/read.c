/* Placed files, read back and let go: opened, brought into memory, unlinked, made square. Each call is one task; it runs on a pool and is told on its loop.
   Owns what it allocates until told. */
#include "files/private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
    struct task task;
    char name[FILES_NAME_MAX_BYTES];
    const char *suffix;
    int fd;
    int64_t n_bytes;
    enum fault fault;
    file_opened_fn *done;
    void *user;
};

static void open_placed(struct reading *r, struct files *files)
{
    struct stat st;
    r->fault = fault_none;
    r->fd = placed_open(files, r->name, r->suffix, O_RDONLY);
    if (r->fd < 0) {
        r->fault = errno == ENOENT ? fault_not_found : fault_unavailable;
        return;
    }
    if (fstat(r->fd, &st) == 0) {
        r->n_bytes = st.st_size;
        return;
    }
    close(r->fd);
    r->fd = -1;
    r->fault = fault_unavailable;
}

static void run_read(struct task *t, struct helper *helper)
{
    (void)helper;
    open_placed(container_of(t, struct reading, task), t->files);
}

static void run_square(struct task *t, struct helper *helper)
{
    struct reading *r = container_of(t, struct reading, task);
    open_placed(r, t->files);
    if (r->fault != fault_not_found) return;
    int in = placed_open(t->files, r->name, NULL, O_RDONLY);
    struct temporary made = temporary_open(t->files);
    bool good = in >= 0 && made.fd >= 0 && helper_square(helper, in, made.fd) && fsync(made.fd) == 0; /* whoever finds the name reads it: no row speaks for it */
    if (good && (placed_link(t->files, made.fd, r->name, r->suffix) || errno == EEXIST)) open_placed(r, t->files);
    temporary_close(t->files, &made);
    if (in >= 0) close(in);
}

static void told_read(struct task *t)
{
    struct reading *r = container_of(t, struct reading, task);
    r->done(r->user, r->fd, r->n_bytes, r->fault);
    free(r);
}

static void begin(struct files *files, struct loop *loop, struct lane *lane, struct span name, const char *suffix,
                  void (*run)(struct task *, struct helper *), file_opened_fn *done, void *user)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) abort();
    r->task = (struct task){ .files = files, .loop = loop, .run = run, .told = told_read };
    r->fd = -1, r->suffix = suffix, r->done = done, r->user = user;
    r->fault = placed_name_fits(name) ? fault_busy : fault_not_found;
    if (r->fault == fault_busy) memcpy(r->name, name.p, name.n);
    if (r->fault != fault_busy || !task_post(lane, &r->task)) task_tell(&r->task);
}

void file_read(struct files *files, struct loop *loop, struct span name, const char *suffix, file_opened_fn *done, void *user)
{
    begin(files, loop, files->disk, name, suffix, run_read, done, user);
}

void file_square(struct files *files, struct loop *loop, struct span name, file_opened_fn *done, void *user)
{
    begin(files, loop, files->pictures, name, "square", run_square, done, user);
}

static void run_size(struct task *t, struct helper *helper)
{
    struct reading *r = container_of(t, struct reading, task);
    struct stat st;
    (void)helper;
    r->fault = fault_none;
    if (fstatat(t->files->incoming_fd, r->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        r->n_bytes = st.st_size;
    else if (errno != ENOENT)
        r->fault = fault_unavailable;
}

void file_upload_size(struct files *files, struct loop *loop, struct span token, file_opened_fn *done, void *user)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) abort();
    r->task = (struct task){ .files = files, .loop = loop, .run = run_size, .told = told_read };
    r->fd = -1, r->done = done, r->user = user;
    r->fault = file_token_fits(token) ? fault_busy : fault_not_found;
    if (r->fault == fault_busy) memcpy(r->name, token.p, token.n);
    if (r->fault != fault_busy || !task_post(files->disk, &r->task)) task_tell(&r->task);
}

/* ---- Bringing bytes into memory */

struct warming {
    struct task task;
    int fd;
    int64_t at;
    size_t n;
    void (*done)(void *user);
    void *user;
};

enum { piece_bytes = 256 << 10 };

static void run_warm(struct task *t, struct helper *helper)
{
    struct warming *w = container_of(t, struct warming, task);
    char *piece = malloc(piece_bytes);
    (void)helper;
    if (!piece) return;
    for (size_t done = 0; done < w->n;) {
        size_t n = w->n - done < piece_bytes ? w->n - done : piece_bytes;
        ssize_t got = pread(w->fd, piece, n, w->at + (int64_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += (size_t)got;
    }
    free(piece);
}

static void told_warm(struct task *t)
{
    struct warming *w = container_of(t, struct warming, task);
    w->done(w->user);
    free(w);
}

void file_warm(struct files *files, struct loop *loop, int fd, int64_t at, size_t n, void (*done)(void *user), void *user)
{
    struct warming *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->task = (struct task){ .files = files, .loop = loop, .run = run_warm, .told = told_warm };
    w->fd = fd, w->at = at, w->n = n, w->done = done, w->user = user;
    if (!task_post(files->disk, &w->task)) task_tell(&w->task);
}

/* ---- Letting go */

struct unlinking {
    struct task task;
    size_t n_placed, n_tokens;
    void (*done)(void *user);
    void *user;
    char names[][FILES_NAME_MAX_BYTES];
};

static void unlink_placed(struct files *files, const char *name)
{
    static const char *const suffixes[] = { ".thumb", ".square", "" };
    char path[FILES_NAME_MAX_BYTES + 16];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", name, suffixes[i]);
        unlinkat(files->dir_fd, path, 0);
    }
}

static void run_unlink(struct task *t, struct helper *helper)
{
    struct unlinking *u = container_of(t, struct unlinking, task);
    (void)helper;
    for (size_t i = 0; i < u->n_placed; i++)
        if (placed_name_fits(span_of(u->names[i]))) unlink_placed(t->files, u->names[i]);
    for (size_t i = u->n_placed; i < u->n_placed + u->n_tokens; i++)
        if (file_token_fits(span_of(u->names[i]))) unlinkat(t->files->incoming_fd, u->names[i], 0);
}

static void told_unlink(struct task *t)
{
    struct unlinking *u = container_of(t, struct unlinking, task);
    if (u->done) u->done(u->user);
    free(u);
}

static void take_names(struct unlinking *u, size_t at, const struct span *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (names[i].n < FILES_NAME_MAX_BYTES) memcpy(u->names[at + i], names[i].p, names[i].n);
}

void files_unlink(struct files *files, struct loop *loop, const struct span *placed, size_t n_placed, const struct span *tokens, size_t n_tokens,
                  void (*done)(void *user), void *user)
{
    struct unlinking *u = calloc(1, sizeof *u + (n_placed + n_tokens) * sizeof u->names[0]);
    if (!u) abort();
    u->task = (struct task){ .files = files, .loop = loop, .run = run_unlink, .told = told_unlink };
    u->n_placed = n_placed, u->n_tokens = n_tokens, u->done = done, u->user = user;
    take_names(u, 0, placed, n_placed);
    take_names(u, n_placed, tokens, n_tokens);
    if (!task_post(files->disk, &u->task)) task_tell(&u->task); /* the next sweep finds them */
}
