/* The directory and its pools: made, taken down, and the names in it. files_create and files_destroy: the main thread. Tasks: any loop, then a pool's thread,
   then the loop again. */
#include "files/private.h"
#include "base/rand.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { n_disk_threads = 4, n_sync_threads = 4, n_look_threads = 1, n_picture_threads = 2, queue_max = 8192, pictures_queue_max = 256 };

/* ---- Tasks */

static void open_task(struct letter *l)
{
    struct task *t = container_of(l, struct task, letter);
    struct files *files = t->files;
    t->told(t);
    atomic_fetch_sub(&files->n_tasks, 1);
}

static void tell(struct task *t)
{
    t->letter.open = open_task;
    mailbox_post(loop_mailbox(t->loop), &t->letter);
}

void task_tell(struct task *t)
{
    atomic_fetch_add(&t->files->n_tasks, 1);
    tell(t);
}

static void run_task(void *state, struct job **jobs, size_t n)
{
    struct task *t = container_of(jobs[0], struct task, job);
    (void)n;
    t->run(t, state);
    tell(t);
}

static void run_disk(void *state, struct job **jobs, size_t n)
{
    (void)state;
    run_task(NULL, jobs, n);
}

static void *start_helper(void *files) { return helper_create(files); }
static void stop_helper(void *helper) { helper_destroy(helper); }

bool task_post(struct lane *lane, struct task *t)
{
    struct list one;
    atomic_fetch_add(&t->files->n_tasks, 1);
    list_init(&one);
    list_append(&one, &t->job.node);
    if (lane_post(lane, &one, 1) == fault_none) return true;
    list_remove(&t->job.node);
    atomic_fetch_sub(&t->files->n_tasks, 1);
    return false;
}

/* ---- Names */

static bool is_token(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '-' || p[i] == '_')) return false;
    return true;
}

bool file_token_fits(struct span token)
{
    return token.n == FILES_TOKEN_CHARS && is_token(token.p, token.n);
}

/* ab/<64 hex>-<token> */
bool placed_name_fits(struct span name)
{
    if (name.n != 3 + 64 + 1 + FILES_TOKEN_CHARS || name.p[2] != '/' || name.p[67] != '-') return false;
    return memcmp(name.p, name.p + 3, 2) == 0 && is_token(name.p + 3, 64) && is_token(name.p + 68, FILES_TOKEN_CHARS);
}

int placed_open(struct files *files, const char *name, const char *suffix, int flags)
{
    char path[FILES_NAME_MAX_BYTES + 16];
    snprintf(path, sizeof path, suffix ? "%s.%s" : "%s", name, suffix);
    return openat(files->dir_fd, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int placed_dir(struct files *files, const char *name)
{
    char dir[3] = { name[0], name[1], 0 };
    return openat(files->dir_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name first: then the file's sync takes it along where names are written with their files, and the directory's own finds nothing left. A name whose bytes
   a power cut took is told to nobody and swept. */
bool placed_link(struct files *files, int fd, const char *name, const char *suffix)
{
    char from[64], path[FILES_NAME_MAX_BYTES + 16];
    int dir = placed_dir(files, name);
    if (dir < 0) return false;
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    snprintf(path, sizeof path, suffix ? "%s.%s" : "%s", name, suffix);
    bool linked = futimens(fd, NULL) == 0 && linkat(AT_FDCWD, from, files->dir_fd, path, AT_SYMLINK_FOLLOW) == 0 && fsync(fd) == 0 && fsync(dir) == 0;
    int error = errno;
    close(dir);
    errno = error;
    return linked;
}

struct temporary temporary_open(struct files *files)
{
    struct temporary t = { .fd = openat(files->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) };
    if (t.fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return t;
    rand_token(t.token, FILES_TOKEN_CHARS);
    t.fd = openat(files->incoming_fd, t.token, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return t;
}

void temporary_close(struct files *files, struct temporary *t)
{
    if (t->fd < 0) return;
    close(t->fd);
    t->fd = -1;
    if (t->token[0]) unlinkat(files->incoming_fd, t->token, 0);
}

/* ---- Beginning and end */

static bool open_directories(struct files *files, const char *dir)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) return false;
    files->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->dir_fd < 0 || (mkdirat(files->dir_fd, "incoming", 0700) != 0 && errno != EEXIST)) return false;
    files->incoming_fd = openat(files->dir_fd, "incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->incoming_fd < 0) return false;
    for (unsigned i = 0; i < 256; i++) {
        char name[3];
        snprintf(name, sizeof name, "%02x", i & 0xFF);
        if (mkdirat(files->dir_fd, name, 0700) != 0 && errno != EEXIST) return false;
    }
    return fsync(files->dir_fd) == 0;
}

/* The file system's own clock tells what was there before us. */
static bool note_start(struct files *files)
{
    struct stat st;
    int fd = openat(files->dir_fd, "started", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool noted = futimens(fd, NULL) == 0 && fstat(fd, &st) == 0;
    files->started = st.st_mtim;
    close(fd);
    return noted;
}

static struct lane *pool(struct files *files, const char *name, int n_threads, size_t most, bool has_helper)
{
    struct lane_config config = { .name = name, .n_threads = n_threads, .batch_max = 1, .queue_max = most, .run = has_helper ? run_task : run_disk,
        .start = has_helper ? start_helper : NULL, .stop = has_helper ? stop_helper : NULL, .arg = files };
    return lane_create(&config);
}

enum fault files_create(const struct files_config *config, struct files **out)
{
    struct files *files = calloc(1, sizeof *files);
    if (!files) abort();
    files->dir_fd = files->incoming_fd = -1;
    if (!open_directories(files, config->dir) || !note_start(files)) {
        fprintf(stderr, "suhbat: %s: cannot keep files there: %m\n", config->dir);
        if (files->incoming_fd >= 0) close(files->incoming_fd);
        if (files->dir_fd >= 0) close(files->dir_fd);
        free(files);
        return fault_unavailable;
    }
    files->active_lock = CRYPTO_THREAD_lock_new();
    if (!files->active_lock) abort();
    files->helper = config->helper ? strdup(config->helper) : NULL;
    files->disk = pool(files, "files", n_disk_threads, queue_max, false);
    files->syncs = pool(files, "syncs", n_sync_threads, queue_max, false);
    files->look = pool(files, "look", n_look_threads, queue_max, true);
    files->pictures = pool(files, "pictures", n_picture_threads, pictures_queue_max, true);
    *out = files;
    return fault_none;
}

void files_destroy(struct files *files)
{
    if (!files) return;
    lane_destroy(files->pictures);
    lane_destroy(files->look);
    lane_destroy(files->syncs);
    lane_destroy(files->disk);
    CRYPTO_THREAD_lock_free(files->active_lock);
    close(files->incoming_fd);
    close(files->dir_fd);
    free((char *)files->helper);
    sweep_destroy(files->sweep);
    free(files);
}

struct file_taker *file_taker_create(struct files *files)
{
    struct file_taker *t = calloc(1, sizeof *t);
    if (!t) abort();
    *t = (struct file_taker){ .files = files, .helper = helper_create(files) };
    return t;
}

void file_taker_destroy(struct file_taker *t)
{
    if (!t) return;
    helper_destroy(t->helper);
    free(t);
}

size_t files_n_tasks(struct files *files) { return atomic_load(&files->n_tasks); }

void files_figures(struct files *files, struct files_figures *out)
{
    *out = (struct files_figures){ atomic_load(&files->n_writers), atomic_load(&files->n_waiting_bytes), atomic_load(&files->n_placed),
                                   atomic_load(&files->n_helper_deaths) };
}
