/* An answer that leaves out of a file. Plain connections hand the kernel file and socket (sendfile); TLS reads pieces into frames. Belongs to the
   connection's loop, which must not wait for a disk: a window of the file is used only when its last page is in memory, and otherwise somebody else
   is asked to bring it there first.

       pump ── in memory ──► sent, until the socket is full (the turn's flush pumps again when it has drained)
         └──── not ────► warm ── file_warmed ──► pump

   Owns the descriptor. Always: while a warming is under way the sender and its descriptor stay, also when the connection has gone. */
#include "net/request.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

enum { window_bytes = 2 << 20, warm_bytes = 4 << 20, piece_bytes = 64 << 10, turn_bytes = 2 << 20 };

struct file_sender {
    struct conn *conn; /* NULL: it has gone */
    struct file_body file;
    struct file_warming warming;
    int64_t at, end, warm_to;
    bool keeps, is_warming;
};

struct file_sender *sender_create(struct conn *c, const struct file_body *file, bool keeps)
{
    struct file_sender *s = calloc(1, sizeof *s);
    if (!s) abort();
    *s = (struct file_sender){ .conn = c, .file = *file, .at = file->at, .end = file->at + file->n, .keeps = keeps };
    return s;
}

bool sender_keeps(const struct file_sender *s) { return s->keeps; }

void sender_end(struct file_sender *s)
{
    s->conn = NULL;
    if (s->is_warming) return;
    close(s->file.fd);
    free(s);
}

/* The last byte tells: files are read ahead in order. Kernels and file systems that cannot say are asked to warm every time. */
static bool is_in_memory(const struct file_sender *s, size_t n)
{
    char byte;
    struct iovec one = { &byte, 1 };
    if (!s->file.warm || s->at + (int64_t)n <= s->warm_to) return true;
    return preadv2(s->file.fd, &one, 1, s->at + (int64_t)n - 1, RWF_NOWAIT) == 1;
}

static void warm(struct file_sender *s)
{
    int64_t left = s->end - s->at;
    s->warming = (struct file_warming){ s->file.fd, s->at, (size_t)(left < warm_bytes ? left : warm_bytes) };
    s->warm_to = s->at + (int64_t)s->warming.n;
    s->is_warming = true;
    s->file.warm(s->file.user, &s->warming);
}

void file_warmed(struct file_warming *w)
{
    struct file_sender *s = container_of(w, struct file_sender, warming);
    s->is_warming = false;
    if (s->conn)
        conn_mark_dirty(s->conn);
    else
        sender_end(s);
}

static ssize_t put_plain(struct file_sender *s, size_t n)
{
    off_t at = s->at;
    ssize_t sent = sendfile(s->conn->fd, s->file.fd, &at, n);
    s->conn->net->figures.n_sends++;
    if (sent > 0) s->conn->net->figures.n_bytes_out += (uint64_t)sent;
    return sent;
}

static ssize_t put_frame(struct file_sender *s, size_t n)
{
    char *room;
    size_t piece = n < piece_bytes ? n : piece_bytes;
    struct frame *f = frame_create_room(piece, &room);
    if (!f) abort();
    ssize_t got = pread(s->file.fd, room, piece, s->at);
    if (got > 0) {
        f->n = (size_t)got;
        conn_push(s->conn, f);
        queue_flush(s->conn);
    }
    frame_unref(f);
    return got;
}

/* When the socket takes no more, or the turn has had its share, writability brings us back. */
bool sender_pump(struct file_sender *s)
{
    struct conn *c = s->conn;
    size_t done = 0;
    while (s->at < s->end && !s->is_warming && c->stage == stage_http) {
        size_t n = (size_t)(s->end - s->at < window_bytes ? s->end - s->at : window_bytes);
        if (done >= turn_bytes || c->first) {
            c->flags |= conn_blocked;
            return false;
        }
        if (!is_in_memory(s, n)) {
            warm(s);
            return false;
        }
        ssize_t put = c->ssl ? put_frame(s, n) : put_plain(s, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) {
            c->flags |= conn_blocked;
            return false;
        }
        if (put <= 0) {
            conn_kill(c, WS_ABNORMAL);
            return false;
        }
        s->at += put;
        done += (size_t)put;
        c->n_stalls = 0;
    }
    return s->at == s->end && !s->is_warming;
}
