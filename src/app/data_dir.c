/* Files of the data directory that are not the database. Start-up only, one thread.

   Invariants: the secret file is either absent or whole (it is written under another name, synced, then renamed into place), and nobody but the
   owner can read it. The lock is an flock on the file "lock", so it never outlives its process; the pid in it is only for the message. */
#include "app/data_dir.h"
#include "base/rand.h"
#include "wire/push.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_CHARS 43 /* 256 bits of base64url */
#define SECRET_FILE_MAX_BYTES 1024

static enum fault complain(const char *path, const char *what)
{
    fprintf(stderr, "suhbat: data directory %s: %s: %m\n", path, what);
    return fault_unavailable;
}

/* The pid is for people; a lock without a readable one is still a lock. */
static enum fault complain_locked(const char *path, int lock_fd)
{
    char pid[16] = "";
    ssize_t n = pread(lock_fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
    fprintf(stderr, "suhbat: data directory %s is in use by another suhbat process%s%s; one directory serves one program at a time\n", path,
            *pid ? ", pid " : "", pid);
    return fault_conflict;
}

static enum fault take_lock(struct data_dir *dir, const char *path)
{
    dir->lock_fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (dir->lock_fd < 0) return complain(path, "lock");
    if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? complain_locked(path, dir->lock_fd) : complain(path, "lock");
    if (ftruncate(dir->lock_fd, 0) != 0 || dprintf(dir->lock_fd, "%d\n", (int)getpid()) < 0) return complain(path, "lock");
    return fault_none;
}

must_use enum fault data_dir_make(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? fault_none : complain(path, "cannot be made");
}

must_use enum fault data_dir_open(const char *path, struct data_dir *out)
{
    *out = (struct data_dir){ .fd = -1, .lock_fd = -1 };
    if (data_dir_make(path)) return fault_unavailable;
    out->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->fd < 0) return complain(path, "cannot be opened");
    struct stat st;
    if (fstat(out->fd, &st) == 0 && st.st_mode & (S_IRWXG | S_IRWXO))
        LOG(warn, "data_directory_is_open_to_others", log_str("path", path), log_str("advised", "chmod 700"));
    enum fault fault = take_lock(out, path);
    if (fault) data_dir_close(out);
    return fault;
}

static bool write_whole(int dir_fd, const char *name, struct span text)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool ok = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

/* Written under another name, synced, renamed: it is there whole or not at all. */
static bool make_file(int dir_fd, const char *name, struct span text)
{
    char new_name[32];
    snprintf(new_name, sizeof new_name, "%s.new", name);
    if (unlinkat(dir_fd, new_name, 0) != 0 && errno != ENOENT) return false;
    return write_whole(dir_fd, new_name, text) && renameat(dir_fd, new_name, dir_fd, name) == 0 && fsync(dir_fd) == 0;
}

static bool make_secret(int dir_fd)
{
    char secret[SECRET_CHARS + 2];
    rand_token(secret, SECRET_CHARS);
    secret[SECRET_CHARS] = '\n';
    bool ok = make_file(dir_fd, "secret", span_make(secret, SECRET_CHARS + 1));
    explicit_bzero(secret, sizeof secret);
    return ok;
}

static bool make_vapid(int dir_fd)
{
    struct buf pem;
    buf_init(&pem, VAPID_PEM_MAX_BYTES);
    bool ok = vapid_key_make(&pem) == fault_none && make_file(dir_fd, "vapid", buf_span(&pem));
    if (pem.p) explicit_bzero(pem.p, pem.n);
    buf_fini(&pem);
    return ok;
}

static enum fault refuse_file(const char *path, const char *name, const char *why)
{
    fprintf(stderr, "suhbat: %s/%s: %s\n", path, name, why);
    return fault_unavailable;
}

/* A file that only the owner may read, made when it is not there. */
static enum fault read_private(struct data_dir *dir, struct config *config, const char *name, bool (*make)(int dir_fd), struct span *out)
{
    int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        if (!make(dir->fd)) return complain(config->data_dir, name);
        LOG(info, "secret_made", log_str("path", config->data_dir), log_str("file", name));
        fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) return complain(config->data_dir, name);
    char *text = arena_alloc(config->arena, SECRET_FILE_MAX_BYTES);
    ssize_t n = read(fd, text, SECRET_FILE_MAX_BYTES - 1);
    close(fd);
    *out = span_trim(span_make(text, n > 0 ? (size_t)n : 0));
    return st.st_mode & (S_IRWXG | S_IRWXO) ? refuse_file(config->data_dir, name, "others can read it; run chmod 600 on it") : fault_none;
}

must_use enum fault data_dir_secret(struct data_dir *dir, struct config *config)
{
    if (config->secret.n) return fault_none;
    enum fault fault = read_private(dir, config, "secret", make_secret, &config->secret);
    if (fault || config->secret.n >= CONFIG_SECRET_MIN_BYTES) return fault;
    return refuse_file(config->data_dir, "secret", "shorter than 16 bytes; remove it to have a new one made (everybody logs in again)");
}

must_use enum fault data_dir_vapid(struct data_dir *dir, struct config *config)
{
    struct vapid_key *key;
    enum fault fault = read_private(dir, config, "vapid", make_vapid, &config->vapid_pem);
    if (fault) return fault;
    if (vapid_key_create(config->vapid_pem, &key))
        return refuse_file(config->data_dir, "vapid", "not a private key of P-256; remove it to have a new one made (browsers subscribe to pushes anew)");
    vapid_key_destroy(key);
    return fault_none;
}

void data_dir_close(struct data_dir *dir)
{
    if (dir->lock_fd >= 0) close(dir->lock_fd);
    if (dir->fd >= 0) close(dir->fd);
    *dir = (struct data_dir){ .fd = -1, .lock_fd = -1 };
}
