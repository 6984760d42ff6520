/* What the files of this room share. */
#pragma once
#include "files/files.h"
#include "base/buf.h"
#include "base/hash.h"
#include "work/lane.h"
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <time.h>

#define OWNER_SLOTS 4096

struct active; /* a token that has a writer */

struct files {
    int dir_fd, incoming_fd;
    const char *helper;       /* NULL: none */
    struct lane *disk, *syncs, *look, *pictures; /* syncs: what waits for the disk, so that nobody's reading waits behind it */
    struct timespec started;  /* by the clock of the file system */
    atomic_size_t n_waiting_bytes, n_writers, n_tasks;
    atomic_bool was_crowded; /* since the last writer left */
    atomic_uchar owners[OWNER_SLOTS]; /* writers of each owner; owners may share a slot */
    atomic_uint_fast64_t n_placed, n_helper_deaths;
    CRYPTO_RWLOCK *active_lock; /* guards active: held for a look-up, never over a system call */
    struct active *active;
    struct sweep *sweep;      /* where files_old is */
};

struct helper;

struct file_taker {
    struct files *files;
    struct helper *helper;
};

/* One piece of work for a pool: run there, then told on its loop. */
struct task {
    struct job job;
    struct letter letter;
    struct files *files;
    struct loop *loop;
    void (*run)(struct task *t, struct helper *helper); /* helper: NULL on the disk pool */
    void (*told)(struct task *t);                       /* on the loop */
};
/* False: the pool's queue is full; nothing will happen. */
must_use bool task_post(struct lane *lane, struct task *t);
void task_tell(struct task *t); /* without having run */

/* An open file without a name; where the file system has no such thing, with one among the uploads. */
struct temporary {
    int fd; /* -1: errno says why */
    char token[FILES_TOKEN_CHARS + 1]; /* empty: no name */
};
struct temporary temporary_open(struct files *files);
void temporary_close(struct files *files, struct temporary *t);
/* Gives an open file a placed name, durable with its directory. False: errno says why. */
bool placed_link(struct files *files, int fd, const char *name, const char *suffix);

/* Names. */
bool placed_name_fits(struct span name);
int placed_open(struct files *files, const char *name, const char *suffix, int flags); /* as openat(2) */
int placed_dir(struct files *files, const char *name);                                 /* descriptor of its directory, or -1 */

/* sweep.c */
void sweep_destroy(struct sweep *sweep); /* NULL is fine */

/* helper.c: the process that looks at files. One to a thread, begun when first needed, begun anew when it has died. */
struct helper *helper_create(struct files *files);
void helper_destroy(struct helper *h);
struct looked {
    char type[FILES_TYPE_MAX_BYTES], blurhash[FILES_BLURHASH_MAX_BYTES];
    int64_t width, height;
    bool is_clean, has_thumbnail;
};
/* Blocks, at most a quarter of a minute. in: the upload. clean: written without metadata when is_clean comes back. thumb: likewise. False: it died or knew nothing. */
bool helper_look(struct helper *h, int in, int clean, int thumb, struct looked *out);
bool helper_square(struct helper *h, int in, int out);
