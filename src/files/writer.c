/* An upload on its way to the disk. Two buffers: one is written by a pool's thread while the loop fills the other, so a fast sender meets large writes by
   itself and a slow one holds next to nothing.

       opening ─ opened ─► idle ─ file_write ─► busy ─ written ─► idle
                            │ file_place                           │ file_close
                            ▼                                      ▼
                          placing ─ placed ─► waits ─ file_end ─► ended        closed

   The loop owns the writer; while a task is under way (busy) the pool's thread owns out, fd, hash and the counts. file_end at any time: what is under way
   is waited for, then the end is carried out. Always: at most one task of a writer is under way. */
#include "files/private.h"
#include "base/log.h"
#include "base/rand.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* filled_max: with one more reading of a socket a buffer is full, so its memory is used. piece: stays in the cache between the disk and the digest. */
enum { filled_max_bytes = 960 << 10, piece_bytes = 256 << 10, buffer_max_bytes = 1 << 20, kept_buffer_bytes = 64 << 10, read_back_bytes = 256 << 10, early_bytes = 8 << 20 };

struct active {
    char token[FILES_TOKEN_CHARS + 1];
    struct file_writer *heir; /* waits for its holder to leave; NULL: nobody */
    UT_hash_handle hh;
};

/* A newer writer's wish, on its way to the loop of the one who holds the token. */
struct wish {
    struct letter letter;
    struct files *files;
    struct loop *loop;
    char token[FILES_TOKEN_CHARS];
};

struct file_writer {
    struct task task;
    struct files *files;
    const struct file_writer_events *events;
    void *user;
    int64_t owner;
    struct active active;
    bool is_new, is_active, is_counted;
    bool busy, opened, wants_place, wants_close, wants_end, is_placed, owes_drain;
    bool placed_stays, upload_stays, trims, is_leaving;
    const unsigned char *sum;
    unsigned char sum_bytes[32];
    struct buf filling, out;
    size_t n_counted; /* of the two buffers, in n_waiting_bytes */

    int fd;
    EVP_MD_CTX *hash;  /* of what this writer wrote */
    int64_t began_at, n_bytes, early_to; /* early_to: the disk was asked to begin with what lies before */
    unsigned char first[12]; /* of the file */
    enum fault fault;  /* of the disk; sticky */
    struct temporary made[2]; /* between looking and placing: the cleaned picture, the thumbnail */
    bool is_clean;
    struct file_facts facts;
};

static void go_on(struct file_writer *w);
static void post(struct file_writer *w, struct lane *lane, void (*run)(struct task *, struct helper *), void (*told)(struct task *));
static void run_open(struct task *t, struct helper *helper);
static void told_open(struct task *t);
static void told_place(struct task *t);

/* ---- Places */

static void lock_active(struct files *files)
{
    if (!CRYPTO_THREAD_write_lock(files->active_lock)) abort();
}

static void unlock_active(struct files *files)
{
    CRYPTO_THREAD_unlock(files->active_lock);
}

static struct file_writer *holder_of(struct files *files, const char *token)
{
    struct active *found;
    HASH_FIND(hh, files->active, token, FILES_TOKEN_CHARS, found);
    return found ? container_of(found, struct file_writer, active) : NULL;
}

static void hold(struct file_writer *w)
{
    HASH_ADD(hh, w->files->active, token, FILES_TOKEN_CHARS, &w->active);
    w->is_active = true;
}

/* On the holder's loop, so it cannot leave meanwhile. It may have left already, and then there is nothing to do. Who cannot leave keeps the token. */
static void open_wish(struct letter *l)
{
    struct wish *wish = container_of(l, struct wish, letter);
    struct files *files = wish->files;
    lock_active(files);
    struct file_writer *holder = holder_of(files, wish->token);
    bool is_here = holder && holder->active.heir && holder->task.loop == wish->loop;
    unlock_active(files);
    if (is_here && !holder->is_leaving && !(holder->opened && holder->events->taken(holder->user))) {
        lock_active(files);
        struct file_writer *heir = holder->active.heir;
        holder->active.heir = NULL;
        unlock_active(files);
        heir->fault = fault_conflict;
        task_tell(&heir->task);
    }
    free(wish);
    atomic_fetch_sub(&files->n_tasks, 1);
}

static void ask_to_leave(struct file_writer *w, struct loop *loop)
{
    struct wish *wish = calloc(1, sizeof *wish);
    if (!wish) abort();
    *wish = (struct wish){ .letter.open = open_wish, .files = w->files, .loop = loop };
    memcpy(wish->token, w->active.token, FILES_TOKEN_CHARS);
    atomic_fetch_add(&w->files->n_tasks, 1);
    mailbox_post(loop_mailbox(loop), &wish->letter);
}

/* Whoever comes later to an upload of its own is its heir: a connection that died without a word must not keep it. False: another's, or there is an heir. */
static bool take_token(struct file_writer *w, bool *waits_out)
{
    struct loop *loop = NULL;
    lock_active(w->files);
    struct file_writer *holder = holder_of(w->files, w->active.token);
    if (!holder) {
        hold(w);
    } else if (!w->is_new && holder->owner == w->owner && holder->events->taken && !holder->active.heir) {
        holder->active.heir = w;
        loop = holder->task.loop;
    }
    unlock_active(w->files);
    *waits_out = loop != NULL;
    if (loop) ask_to_leave(w, loop);
    return loop || !holder;
}

static void leave_token(struct file_writer *w)
{
    if (!w->is_active) return;
    lock_active(w->files);
    struct file_writer *heir = w->active.heir;
    HASH_DEL(w->files->active, &w->active);
    if (heir) hold(heir);
    unlock_active(w->files);
    w->is_active = false;
    if (heir) post(heir, heir->files->disk, run_open, told_open);
}

static atomic_uchar *slot_of(struct file_writer *w)
{
    return &w->files->owners[hash_u64((uint64_t)w->owner) % OWNER_SLOTS];
}

static bool take_place(struct file_writer *w)
{
    w->is_counted = true;
    bool room = atomic_fetch_add(&w->files->n_writers, 1) < FILES_WRITERS_MAX;
    return (atomic_fetch_add(slot_of(w), 1) < FILES_WRITERS_PER_OWNER) & room;
}

static void count_buffers(struct file_writer *w)
{
    size_t now = w->filling.cap + w->out.cap;
    atomic_fetch_add(&w->files->n_waiting_bytes, now - w->n_counted);
    w->n_counted = now;
}

static bool is_crowded(struct files *files)
{
    bool crowded = atomic_load(&files->n_waiting_bytes) > FILES_WAITING_MAX_BYTES;
    if (crowded && !atomic_load(&files->was_crowded)) atomic_store(&files->was_crowded, true);
    return crowded;
}

static void run_tidy(struct task *t, struct helper *helper)
{
    (void)t, (void)helper;
    malloc_trim(0);
}

static void told_tidy(struct task *t)
{
    free(t);
}

/* After a crowd the allocator would keep its memory for the next one. */
static void tidy(struct files *files, struct loop *loop)
{
    if (atomic_load(&files->n_writers) || !atomic_exchange(&files->was_crowded, false)) return;
    struct task *t = calloc(1, sizeof *t);
    if (!t) abort();
    *t = (struct task){ .files = files, .loop = loop, .run = run_tidy, .told = told_tidy };
    if (!task_post(files->disk, t)) free(t);
}

static void writer_free(struct file_writer *w)
{
    struct files *files = w->files;
    struct loop *loop = w->task.loop;
    leave_token(w);
    if (w->is_counted) {
        atomic_fetch_sub(&w->files->n_writers, 1);
        atomic_fetch_sub(slot_of(w), 1);
    }
    atomic_fetch_sub(&w->files->n_waiting_bytes, w->n_counted);
    buf_fini(&w->filling);
    buf_fini(&w->out);
    EVP_MD_CTX_free(w->hash);
    if (w->fd >= 0) close(w->fd);
    free(w);
    tidy(files, loop);
}

/* ---- On the pool */

static struct file_writer *of(struct task *t) { return container_of(t, struct file_writer, task); }

static enum fault fault_of(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? fault_too_large : error == ENOENT ? fault_not_found : fault_unavailable;
}

static void disk_fault(struct file_writer *w, const char *what)
{
    w->fault = fault_of(errno);
    LOG(error, "files.disk", log_str("what", what), log_int("errno", errno));
}

static void run_open(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    struct stat st;
    (void)helper;
    if (w->fault) return;
    w->fd = openat(w->files->incoming_fd, w->active.token, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | (w->is_new ? O_EXCL : 0), 0600);
    if (w->fd < 0 || fstat(w->fd, &st) != 0) {
        w->fault = fault_of(errno);
        return;
    }
    w->began_at = w->n_bytes = w->early_to = st.st_size;
    if (pread(w->fd, w->first, sizeof w->first, 0) < 0) disk_fault(w, "read");
    w->hash = EVP_MD_CTX_new();
    if (!w->hash || !EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL)) abort();
}

static bool write_all(struct file_writer *w, struct span bytes)
{
    while (bytes.n) {
        ssize_t n = pwrite(w->fd, bytes.p, bytes.n < piece_bytes ? bytes.n : piece_bytes, w->n_bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        if (!EVP_DigestUpdate(w->hash, bytes.p, (size_t)n)) abort();
        for (ssize_t i = 0; i < n && w->n_bytes + i < (int64_t)sizeof w->first; i++) w->first[w->n_bytes + i] = (unsigned char)bytes.p[i];
        w->n_bytes += n;
        bytes.p += n, bytes.n -= (size_t)n;
    }
    return true;
}

/* The disk works while the rest is still coming, so that the sync at the end finds little left. Waits for nothing; what it does not achieve, the sync does. */
static void begin_early(struct file_writer *w)
{
    int64_t whole = w->n_bytes - w->n_bytes % piece_bytes; /* what will be added to is left alone */
    if (whole - w->early_to < early_bytes) return;
    sync_file_range(w->fd, w->early_to, whole - w->early_to, SYNC_FILE_RANGE_WRITE);
    w->early_to = whole;
}

static void run_write(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    (void)helper;
    if (!w->fault && !write_all(w, buf_span(&w->out))) disk_fault(w, "write");
    if (!w->fault) begin_early(w);
}

static void trim(struct file_writer *w)
{
    if (w->trims && ftruncate(w->fd, w->n_bytes) != 0) disk_fault(w, "truncate");
    w->trims = false;
}

static void run_close(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    unsigned char sum[32];
    (void)helper;
    if (!w->fault) trim(w);
    if (w->fault) return;
    if (w->sum && (!EVP_DigestFinal_ex(w->hash, sum, NULL) || CRYPTO_memcmp(sum, w->sum, sizeof sum) != 0)) {
        w->fault = fault_invalid;
        w->n_bytes = w->began_at;
        if (ftruncate(w->fd, w->n_bytes) != 0) disk_fault(w, "truncate");
    }
    if (fdatasync(w->fd) != 0) disk_fault(w, "sync");
    if (!w->began_at && fsync(w->files->incoming_fd) != 0) disk_fault(w, "sync");
}

static bool hash_file(int fd, EVP_MD_CTX *hash, int64_t *n_bytes_out)
{
    char *piece = malloc(read_back_bytes);
    ssize_t n = 0;
    int64_t at = 0;
    if (!piece || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL)) abort();
    while ((n = pread(fd, piece, read_back_bytes, at)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) at += n, EVP_DigestUpdate(hash, piece, (size_t)n);
    free(piece);
    *n_bytes_out = at;
    return n == 0;
}

static void put_sum(struct file_writer *w)
{
    unsigned char sum[32];
    if (!EVP_DigestFinal_ex(w->hash, sum, NULL)) abort();
    for (int i = 0; i < 32; i++) snprintf(w->facts.sha256 + 2 * i, 3, "%02x", sum[i]);
}

/* A name for an open file, made durable with its directory. */
static bool give_name(struct file_writer *w, int fd, const char *suffix)
{
    if (placed_link(w->files, fd, w->facts.name, suffix)) return true;
    disk_fault(w, "place");
    return false;
}

/* A picture is kept as the helper has cleaned it; everything else as it came. */
static void run_look(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    struct looked looked = { 0 };
    if (!w->fault) trim(w);
    if (w->fault) return;
    for (int i = 0; i < 2; i++) w->made[i] = temporary_open(w->files);
    int clean = w->made[0].fd, thumb = w->made[1].fd;
    if (clean < 0 || thumb < 0) disk_fault(w, "temporary");
    bool knows = !w->fault && helper_look(helper, w->fd, clean, thumb, &looked);
    if (!knows || !looked.type[0]) snprintf(looked.type, sizeof looked.type, "application/octet-stream");
    w->is_clean = looked.is_clean;
    if (!w->fault && (w->is_clean || w->began_at) && !hash_file(w->is_clean ? clean : w->fd, w->hash, &w->n_bytes)) disk_fault(w, "read");
    if (w->fault) return;
    put_sum(w);
    memcpy(w->facts.type, looked.type, sizeof w->facts.type);
    memcpy(w->facts.blurhash, looked.blurhash, sizeof w->facts.blurhash);
    w->facts.width = looked.width, w->facts.height = looked.height, w->facts.n_bytes = w->n_bytes;
    w->facts.has_thumbnail = looked.has_thumbnail;
}

static void close_made(struct file_writer *w)
{
    for (int i = 0; i < 2; i++) temporary_close(w->files, &w->made[i]);
}

static void run_place(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    (void)helper;
    if (w->fault) return;
    snprintf(w->facts.name, sizeof w->facts.name, "%.2s/%s-%s", w->facts.sha256, w->facts.sha256, w->active.token);
    if (w->facts.has_thumbnail) w->facts.has_thumbnail = give_name(w, w->made[1].fd, "thumb");
    if (!w->fault && give_name(w, w->is_clean ? w->made[0].fd : w->fd, NULL)) atomic_fetch_add(&w->files->n_placed, 1);
    close_made(w);
}

static void run_end(struct task *t, struct helper *helper)
{
    struct file_writer *w = of(t);
    (void)helper;
    close_made(w);
    if (w->facts.name[0] && !w->placed_stays) {
        char path[FILES_NAME_MAX_BYTES + 16];
        unlinkat(w->files->dir_fd, w->facts.name, 0);
        snprintf(path, sizeof path, "%s.thumb", w->facts.name);
        unlinkat(w->files->dir_fd, path, 0);
    }
    if (!w->upload_stays && w->fd >= 0) unlinkat(w->files->incoming_fd, w->active.token, 0);
}

/* ---- On the loop */

static void told_open(struct task *t)
{
    struct file_writer *w = of(t);
    w->busy = false;
    w->opened = true;
    if (!w->wants_end) w->events->opened(w->user, w->fault, w->n_bytes);
    go_on(w);
}

static void told_write(struct task *t)
{
    struct file_writer *w = of(t);
    w->busy = false;
    buf_clear(&w->out);
    if (w->out.cap > kept_buffer_bytes && is_crowded(w->files)) buf_fini(&w->out), buf_init(&w->out, buffer_max_bytes);
    count_buffers(w);
    go_on(w);
}

/* Looking is done one at a time; syncs of several may share what they wait for. */
static void told_look(struct task *t)
{
    struct file_writer *w = of(t);
    w->busy = false;
    if (w->wants_end) go_on(w);
    else post(w, w->files->syncs, run_place, told_place);
}

static void told_place(struct task *t)
{
    struct file_writer *w = of(t);
    w->busy = false;
    w->is_placed = true;
    w->facts.fault = w->fault;
    if (!w->wants_end) w->events->placed(w->user, &w->facts);
    go_on(w);
}

static void told_close(struct task *t)
{
    struct file_writer *w = of(t);
    void (*closed)(void *, enum fault, int64_t) = w->events->closed;
    void *user = w->user;
    enum fault fault = w->fault;
    int64_t n_bytes = w->n_bytes;
    bool is_wanted = !w->wants_end;
    w->busy = false;
    if (!is_wanted && !w->upload_stays) {
        go_on(w);
        return;
    }
    writer_free(w);
    if (is_wanted) closed(user, fault, n_bytes);
}

static void told_end(struct task *t)
{
    writer_free(of(t));
}

static void post(struct file_writer *w, struct lane *lane, void (*run)(struct task *, struct helper *), void (*told)(struct task *))
{
    w->busy = true;
    w->task.run = run;
    w->task.told = told;
    if (task_post(lane, &w->task)) return;
    if (lane == w->files->syncs || (lane == w->files->disk && run != run_open))
        run(&w->task, NULL); /* its queue is far longer than all writers together; what has begun must end */
    else if (!w->fault)
        w->fault = fault_busy;
    task_tell(&w->task);
}

/* The first bytes tell who is to look: pictures take long, and nothing else shall wait for them. */
static struct lane *lane_of_bytes(const struct file_writer *w)
{
    const unsigned char *b = w->first;
    bool picture = (memcmp(b, "\xFF\xD8\xFF", 3) == 0 || memcmp(b, "\x89PNG", 4) == 0 || memcmp(b, "GIF8", 4) == 0 ||
                            (memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0));
    return picture ? w->files->pictures : w->files->look;
}

static void swap_buffers(struct file_writer *w)
{
    struct buf filled = w->filling;
    w->filling = w->out;
    w->out = filled;
}

static void go_on(struct file_writer *w)
{
    if (w->busy || !w->opened) return;
    if (w->wants_end) {
        post(w, w->files->disk, run_end, told_end);
        return;
    }
    if (w->filling.n && !w->fault) {
        swap_buffers(w);
        post(w, w->files->disk, run_write, told_write);
    } else if (w->wants_close) {
        w->wants_close = false;
        post(w, w->files->syncs, run_close, told_close);
        return;
    } else if (w->wants_place) {
        w->wants_place = false;
        post(w, w->fault ? w->files->disk : lane_of_bytes(w), run_look, told_look);
        return;
    }
    bool crowded = is_crowded(w->files);
    if (w->owes_drain && w->filling.n < filled_max_bytes / 2 && (!w->busy || !crowded)) {
        w->owes_drain = false;
        w->events->drained(w->user);
    }
}

struct file_writer *file_open(struct files *files, struct loop *loop, struct span token, bool is_new, int64_t owner,
                              const struct file_writer_events *events, void *user)
{
    struct file_writer *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->task.files = w->files = files, w->task.loop = loop;
    w->events = events, w->user = user, w->owner = owner, w->is_new = is_new, w->fd = w->made[0].fd = w->made[1].fd = -1;
    memcpy(w->active.token, token.p, FILES_TOKEN_CHARS);
    buf_init(&w->filling, buffer_max_bytes);
    buf_init(&w->out, buffer_max_bytes);
    w->busy = true;
    w->task.told = told_open;
    bool waits = false;
    if (!take_place(w))
        w->fault = fault_busy;
    else if (!take_token(w, &waits))
        w->fault = fault_conflict;
    if (!waits) post(w, files->disk, run_open, told_open);
    return w;
}

bool file_write(struct file_writer *w, struct span bytes)
{
    buf_append_span(&w->filling, bytes);
    if (w->filling.failed && !w->fault) w->fault = fault_unavailable;
    count_buffers(w);
    bool crowded = is_crowded(w->files);
    go_on(w);
    bool takes = !w->busy || (!crowded && w->filling.n < filled_max_bytes);
    w->owes_drain = !takes;
    return takes;
}

void file_trim(struct file_writer *w, int64_t at)
{
    w->trims = true;
    w->began_at = w->n_bytes = w->early_to = at;
}

void file_place(struct file_writer *w)
{
    w->wants_place = true;
    go_on(w);
}

void file_close(struct file_writer *w, const unsigned char *sum)
{
    if (sum) memcpy(w->sum_bytes, sum, sizeof w->sum_bytes), w->sum = w->sum_bytes;
    w->wants_close = w->is_leaving = true;
    go_on(w);
}

void file_end(struct file_writer *w, bool placed_stays, bool upload_stays)
{
    w->wants_end = w->is_leaving = true;
    w->placed_stays = placed_stays;
    w->upload_stays = upload_stays;
    go_on(w);
}

/* ---- Without a loop: the same steps one after the other */

static void write_from(struct file_writer *w, int fd)
{
    char *piece = malloc(piece_bytes);
    ssize_t n = 0;
    if (!piece) abort();
    for (int64_t at = 0; !w->fault && ((n = pread(fd, piece, piece_bytes, at)) > 0 || (n < 0 && errno == EINTR));)
        if (n > 0 && write_all(w, span_make(piece, (size_t)n))) at += n;
        else if (n > 0) disk_fault(w, "write");
    if (n < 0 && !w->fault) w->fault = fault_invalid;
    free(piece);
}

enum fault file_take(struct file_taker *t, int fd, struct file_facts *out)
{
    struct file_writer *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->task.files = w->files = t->files, w->is_new = true, w->fd = w->made[0].fd = w->made[1].fd = -1;
    rand_token(w->active.token, FILES_TOKEN_CHARS);
    run_open(&w->task, NULL);
    if (!w->fault) write_from(w, fd);
    run_look(&w->task, t->helper);
    run_place(&w->task, NULL);
    w->placed_stays = !w->fault;
    run_end(&w->task, NULL);
    w->facts.fault = w->fault;
    *out = w->facts;
    writer_free(w);
    return out->fault;
}
