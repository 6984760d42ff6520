/* The bytes of uploaded files on the disk of this node: written as they come, placed, read back, unlinked. Which of them count, the database knows.

   Below the directory:  incoming/<token>           an upload under way
                         ab/<sha256>-<token>        placed bytes; ab: the first two digits. The name is made for one upload and never used again,
                                                    so whoever unlinks a name that has lost its last reference can meet nobody who still wants it
                         ab/<sha256>-<token>.thumb  its thumbnail, .square: its square picture

   Order of a new file: bytes and directory entries are on disk before the database is told; when the database has let go of a name, the name is unlinked.
   So a crash leaves at most files that no row names: files_sweep finds them. Owners of writers are loops: calls and callbacks on the writer's own loop.
   Work is done by pools of threads; nothing here waits. */
#pragma once
#include "base/fault.h"
#include "base/span.h"
#include "loop/loop.h"

#define FILES_TOKEN_CHARS 24
#define FILES_NAME_MAX_BYTES 128       /* of a placed file, with NUL */
#define FILES_TYPE_MAX_BYTES 100
#define FILES_BLURHASH_MAX_BYTES 48
#define FILES_WRITERS_MAX 1024         /* uploads at once; above: busy */
#define FILES_WRITERS_PER_OWNER 64
#define FILES_WAITING_MAX_BYTES (32u << 20) /* of all uploads together; above it an upload waits for the disk with what it has, at most 128 KiB */

struct files;
struct files_config {
    const char *dir;    /* is made when it is missing */
    const char *helper; /* the program that looks at files; NULL: types and pictures stay unknown */
};
must_use enum fault files_create(const struct files_config *config, struct files **out); /* unavailable: prints why. Gives */
void files_destroy(struct files *files); /* runs what was accepted; after the gate, before the loops */

/* What an upload has become. */
struct file_facts {
    enum fault fault;                   /* unavailable: the disk refused; too_large: it is full; busy; invalid: other bytes than promised */
    char name[FILES_NAME_MAX_BYTES];    /* placed */
    char sha256[65];
    char type[FILES_TYPE_MAX_BYTES];    /* by its bytes */
    char blurhash[FILES_BLURHASH_MAX_BYTES];
    int64_t n_bytes, width, height;     /* width and height 0: no picture */
    bool has_thumbnail;
};

struct file_writer;
struct file_writer_events {
    void (*opened)(void *user, enum fault fault, int64_t n_bytes); /* what it has already. not_found; busy */
    void (*drained)(void *user);                                    /* takes more again */
    void (*placed)(void *user, const struct file_facts *facts);     /* of file_place. Call file_end next */
    void (*closed)(void *user, enum fault fault, int64_t n_bytes);  /* of file_close: it is no more. invalid: the sum was another */
    bool (*taken)(void *user);                                      /* a newer writer of the same owner waits for the token. True: file_close or file_end was called;
                                                                       false: not now, and the newer one meets conflict. NULL: never */
};
/* token: of FILES_TOKEN_CHARS characters; is_new: it must not be there yet, otherwise it may. owner: counted against FILES_WRITERS_PER_OWNER. conflict: another writer has
   it open and keeps it. The writer lives until closed was told or file_end was called. Gives; never NULL. */
struct file_writer *file_open(struct files *files, struct loop *loop, struct span token, bool is_new, int64_t owner,
                              const struct file_writer_events *events, void *user);
/* Copies. False: enough for now, wait for drained (128 KiB more are still taken). A refusing disk is told by placed or closed. */
must_use bool file_write(struct file_writer *w, struct span bytes);
/* Before anything was written: what lies behind at is not wanted. */
void file_trim(struct file_writer *w, int64_t at);
/* Examined, on disk, placed. The upload stays beside it until file_end. */
void file_place(struct file_writer *w);
/* On disk, to be continued later. sum: SHA-256 of what this writer wrote, or NULL: when it differs, those bytes are taken back. */
void file_close(struct file_writer *w, const unsigned char *sum);
/* What remains: the placed name? the upload? No callback follows. Possible at any time. */
void file_end(struct file_writer *w, bool placed_stays, bool upload_stays);

/* Whole files in one go, on a thread that may block: for commands, never for loops. One thread. Gives. */
struct file_taker *file_taker_create(struct files *files);
void file_taker_destroy(struct file_taker *t); /* NULL is fine */
/* Examined, on disk, placed, as an upload is. fd is read from its beginning, and borrowed. The fault is also in the facts; invalid: it cannot be read. */
must_use enum fault file_take(struct file_taker *t, int fd, struct file_facts *out);

/* A placed file, or with suffix "thumb" or "square" what was made of it. done: fd -1 with not_found or unavailable; takes the fd otherwise. */
typedef void file_opened_fn(void *user, int fd, int64_t n_bytes, enum fault fault);
void file_read(struct files *files, struct loop *loop, struct span name, const char *suffix, file_opened_fn *done, void *user);
/* How much of an upload is there; 0 when nothing is. The fd is -1. */
void file_upload_size(struct files *files, struct loop *loop, struct span token, file_opened_fn *done, void *user);
/* Brings bytes of a file into memory. */
void file_warm(struct files *files, struct loop *loop, int fd, int64_t at, size_t n, void (*done)(void *user), void *user);
/* A square picture out of a placed one, made once. done as file_read. */
void file_square(struct files *files, struct loop *loop, struct span name, file_opened_fn *done, void *user);

/* Unlinks placed files (with what was made of them) and uploads. done may be NULL. names are copied. */
void files_unlink(struct files *files, struct loop *loop, const struct span *placed, size_t n_placed, const struct span *tokens, size_t n_tokens,
                  void (*done)(void *user), void *user);
/* Names of the next files that were there before files_create, at most max; done is told when no more are left. Each call goes on behind the last. */
struct files_page {
    char (*placed)[FILES_NAME_MAX_BYTES];
    char (*tokens)[FILES_TOKEN_CHARS + 1];
    size_t n_placed, n_tokens;
    bool done;
};
void files_old(struct files *files, struct loop *loop, size_t max, void (*done)(void *user, struct files_page *page), void *user);

bool file_token_fits(struct span token);
size_t files_n_tasks(struct files *files); /* under way, and not told yet */
struct files_figures {
    size_t n_writers, n_waiting_bytes;
    uint64_t n_placed, n_helper_deaths;
};
void files_figures(struct files *files, struct files_figures *out);
