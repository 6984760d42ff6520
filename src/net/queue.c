/* The outgoing queue of a connection and its flush. The first frame hangs on the connection itself, so the common case (one frame, taken whole)
   allocates nothing; further frames hang on a ring from the loop's pool, which goes back when the queue has drained.

   Always: first is NULL exactly when the queue is empty; queue is NULL or holds at least one frame; queued_bytes is what the kernel has
   not taken yet; a pinned first frame is never dropped. One flush is one system call as long as the queue fits into SCRATCH_BYTES.

   Many small frames are copied together and sent at once: for a busy room the next connection has nearly always the same frames, and then
   the copy of the one before is sent again. The remembered frame pointers are only compared; whatever may create a frame forgets them first. */
#include "net/conn.h"
#include "net/detached.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { iov_max = 64, copy_up_to_bytes = 2048, tls_record_bytes = 16384, flush_most_bytes = 1 << 20 };

#define PREFETCH_CONNS 4 /* memory answers in about the time that four pushes take */

/* The ring */

static struct queue *queue_create(struct net *net, uint32_t cap)
{
    if (cap == QUEUE_FIRST_CAP && net->spare_queues) {
        struct queue *q = net->spare_queues;
        net->spare_queues = q->next_spare;
        net->n_spare_queues--;
        q->head = q->n = 0;
        return q;
    }
    struct queue *q = malloc(sizeof *q + cap * sizeof q->frames[0]);
    if (!q) abort();
    *q = (struct queue){ .cap = cap };
    return q;
}

static void queue_release(struct net *net, struct queue *q)
{
    if (q->cap != QUEUE_FIRST_CAP || net->n_spare_queues >= QUEUES_SPARE_MAX) {
        free(q);
        return;
    }
    q->next_spare = net->spare_queues;
    net->spare_queues = q;
    net->n_spare_queues++;
}

void queue_pool_fini(struct net *net)
{
    while (net->spare_queues) {
        struct queue *q = net->spare_queues;
        net->spare_queues = q->next_spare;
        free(q);
    }
}

static struct frame **queue_at(struct queue *q, uint32_t i)
{
    return &q->frames[(q->head + i) & (q->cap - 1)];
}

static void queue_grow(struct conn *c)
{
    struct queue *old = c->queue;
    struct queue *q = queue_create(c->net, old ? old->cap * 2 : QUEUE_FIRST_CAP);
    if (old) {
        for (uint32_t i = 0; i < old->n; i++) q->frames[i] = *queue_at(old, i);
        q->n = old->n;
        queue_release(c->net, old);
    }
    c->queue = q;
}

static void queue_append(struct conn *c, struct frame *f)
{
    if (!c->queue || c->queue->n == c->queue->cap) queue_grow(c);
    *queue_at(c->queue, c->queue->n++) = f;
}

static void queue_prepend(struct conn *c, struct frame *f)
{
    if (c->first) {
        if (!c->queue || c->queue->n == c->queue->cap) queue_grow(c);
        c->queue->head = (c->queue->head - 1) & (c->queue->cap - 1);
        c->queue->n++;
        *queue_at(c->queue, 0) = c->first;
    }
    c->first = f;
}

/* Gives the first frame away; the next one takes its place. */
static struct frame *queue_unhook(struct conn *c)
{
    struct frame *f = c->first;
    c->first = NULL;
    c->first_sent_bytes = 0;
    struct queue *q = c->queue;
    if (!q) return f;
    c->first = q->frames[q->head];
    q->head = (q->head + 1) & (q->cap - 1);
    if (--q->n == 0) {
        queue_release(c->net, q);
        c->queue = NULL;
    }
    return f;
}

static void queue_shift(struct conn *c)
{
    frame_unref(queue_unhook(c));
}

struct frame *detached_take(struct conn *c)
{
    if (!c->first) return NULL;
    c->queued_bytes -= (uint32_t)c->first->n;
    struct frame *f = queue_unhook(c);
    if (!c->first && c->flags & conn_passed_mark) conn_mark_dirty(c);
    return f;
}

static uint32_t queue_count(const struct conn *c)
{
    return (c->first != NULL) + (c->queue ? c->queue->n : 0);
}

/* keep_begun: a frame that has partly left must leave wholly, or the peer could not read what follows. */
void queue_clear(struct conn *c, bool keep_begun)
{
    if (c->queue) {
        for (uint32_t i = 0; i < c->queue->n; i++) frame_unref(*queue_at(c->queue, i));
        queue_release(c->net, c->queue);
        c->queue = NULL;
    }
    if (c->first && !(keep_begun && c->flags & conn_pinned)) queue_shift(c);
    c->queued_bytes = c->first ? (uint32_t)c->first->n - c->first_sent_bytes : 0;
    if (!c->first) c->flags &= ~(uint32_t)conn_pinned;
}

/* Pushing */

static bool is_over(const struct conn *c)
{
    if (c->stage != stage_websocket || c->flags & conn_deaf) return false;
    return c->queued_bytes > ws_queue_max_bytes(c) || queue_count(c) > CONN_QUEUE_MAX_FRAMES;
}

static void drop_droppable(struct conn *c)
{
    struct queue *q = c->queue;
    uint32_t kept = 0;
    for (uint32_t i = 0; q && i < q->n; i++) {
        struct frame *f = *queue_at(q, i);
        if (f->droppable) {
            c->queued_bytes -= (uint32_t)f->n;
            c->net->figures.n_frames_dropped++;
            frame_unref(f);
        } else {
            *queue_at(q, kept++) = f;
        }
    }
    if (!q) return;
    q->n = kept;
    if (kept == 0) {
        queue_release(c->net, q);
        c->queue = NULL;
    }
}

/* Much in one turn is not slow yet: the kernel has not been asked. Frames will be made after this, so nothing is remembered of the scratch. */
static void flush_early(struct conn *c)
{
    if (c->flags & (conn_blocked | conn_detached)) return;
    c->net->gathered.n = 0;
    queue_flush(c);
    c->net->gathered.n = 0;
}

void conn_push(struct conn *c, struct frame *f)
{
    if (c->flags & conn_deaf || f->n == 0) return;
    frame_ref(f);
    if (c->first)
        queue_append(c, f);
    else
        c->first = f;
    c->queued_bytes += (uint32_t)f->n;
    if (c->queued_bytes >= WS_LOW_MARK_BYTES) c->flags |= conn_passed_mark;
    if (c->queued_bytes > CONN_QUEUE_MAX_BYTES || (c->queue && c->queue->n >= CONN_QUEUE_MAX_FRAMES)) {
        if (is_over(c)) flush_early(c);
        if (is_over(c)) drop_droppable(c);
        if (is_over(c)) ws_too_slow(c);
    }
    conn_mark_dirty(c);
}

void conn_push_all(struct conn *const *conns, size_t n, struct frame *f)
{
    for (size_t i = 0; i < n; i++) {
        if (i + PREFETCH_CONNS < n) __builtin_prefetch(&conns[i + PREFETCH_CONNS]->net, 1);
        conn_push(conns[i], f);
    }
}

size_t conn_queued_bytes(const struct conn *c)
{
    return c->queued_bytes;
}

bool conn_hears(const struct conn *c)
{
    return !(c->flags & conn_deaf);
}

/* Flushing */

/* The kernel (or TLS) took n bytes from the front. */
static void queue_sent(struct conn *c, size_t n)
{
    c->queued_bytes -= (uint32_t)n;
    c->n_stalls = 0;
    while (n) {
        size_t left = c->first->n - c->first_sent_bytes;
        if (n < left) {
            c->first_sent_bytes += (uint32_t)n;
            c->flags |= conn_pinned;
            return;
        }
        n -= left;
        queue_shift(c);
        c->flags &= ~(uint32_t)conn_pinned;
    }
}

static struct frame *frame_at(const struct conn *c, uint32_t i)
{
    return i == 0 ? c->first : *queue_at(c->queue, i - 1);
}

/* How many frames from the front fit into max_bytes together. */
static unsigned measure(const struct conn *c, size_t max_bytes, size_t *n_bytes_out)
{
    size_t total = c->first->n - c->first_sent_bytes;
    unsigned n = 1, count = queue_count(c);
    for (; n < count && n < GATHER_MAX; n++) {
        size_t more = frame_at(c, n)->n;
        if (total + more > max_bytes) break;
        total += more;
    }
    *n_bytes_out = total;
    return n;
}

static bool is_gathered(const struct conn *c, const struct gather *g, unsigned n)
{
    if (g->n != n || c->first_sent_bytes) return false;
    for (unsigned i = 0; i < n; i++)
        if (g->frames[i] != frame_at(c, i)) return false;
    return true;
}

static void gather(struct conn *c, unsigned n, size_t n_bytes)
{
    struct net *net = c->net;
    struct gather *g = &net->gathered;
    if (is_gathered(c, g, n)) return;
    char *to = net->scratch;
    for (unsigned i = 0; i < n; i++) {
        struct frame *f = frame_at(c, i);
        size_t skip = i == 0 ? c->first_sent_bytes : 0;
        memcpy(to, f->bytes + skip, f->n - skip);
        to += f->n - skip;
        g->frames[i] = f;
    }
    g->n = c->first_sent_bytes ? 0 : n;
    g->n_bytes = n_bytes;
}

static ssize_t send_vector(struct conn *c, size_t *n_bytes_out)
{
    struct iovec iov[iov_max];
    unsigned n = queue_count(c);
    if (n > iov_max) n = iov_max;
    size_t total = 0;
    for (unsigned i = 0; i < n; i++) {
        struct frame *f = frame_at(c, i);
        size_t skip = i == 0 ? c->first_sent_bytes : 0;
        iov[i] = (struct iovec){ (char *)f->bytes + skip, f->n - skip };
        total += f->n - skip;
    }
    *n_bytes_out = total;
    struct msghdr message = { .msg_iov = iov, .msg_iovlen = n };
    return sendmsg(c->fd, &message, MSG_NOSIGNAL);
}

/* send(2) without its cancellation point, which costs a program of several threads two atomic exchanges a call. */
static ssize_t send_bytes(int fd, const char *p, size_t n)
{
    return syscall(SYS_sendto, fd, p, n, MSG_NOSIGNAL, NULL, 0);
}

static ssize_t send_plain(struct conn *c, size_t *n_bytes_out)
{
    if (!c->queue) {
        *n_bytes_out = c->first->n - c->first_sent_bytes;
        return send_bytes(c->fd, c->first->bytes + c->first_sent_bytes, *n_bytes_out);
    }
    unsigned n = measure(c, SCRATCH_BYTES, n_bytes_out);
    if (n == 1 || *n_bytes_out / n > copy_up_to_bytes) return send_vector(c, n_bytes_out);
    gather(c, n, *n_bytes_out);
    return send_bytes(c->fd, c->net->scratch, *n_bytes_out);
}

/* What TLS has begun to write must be offered again with the same bytes in front, so it becomes one frame of its own. */
static void pin_gathered(struct conn *c, size_t n_bytes)
{
    struct frame *f = frame_create(span_make(c->net->scratch, n_bytes), false);
    uint32_t queued = c->queued_bytes;
    queue_sent(c, n_bytes);
    queue_prepend(c, f);
    c->queued_bytes = queued;
}

static ssize_t send_tls(struct conn *c, size_t *n_bytes_out)
{
    unsigned n = measure(c, tls_record_bytes, n_bytes_out);
    ssize_t sent;
    if (n == 1) {
        sent = tls_write(c, c->first->bytes + c->first_sent_bytes, *n_bytes_out);
    } else {
        gather(c, n, *n_bytes_out);
        sent = tls_write(c, c->net->scratch, *n_bytes_out);
        if (sent < 0 && errno == EAGAIN) {
            pin_gathered(c, *n_bytes_out);
            c->net->gathered.n = 0;
        }
    }
    if (sent < 0 && errno == EAGAIN) c->flags |= conn_pinned;
    if (sent > 0 && *n_bytes_out > tls_record_bytes) *n_bytes_out = (size_t)sent; /* one record a call is not a full kernel */
    return sent;
}

void queue_flush(struct conn *c)
{
    size_t done = 0;
    c->flags &= ~(uint32_t)conn_blocked;
    while (c->first && done < flush_most_bytes) {
        size_t offered;
        ssize_t sent = c->ssl ? send_tls(c, &offered) : send_plain(c, &offered);
        c->net->figures.n_sends++;
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            conn_kill(c, WS_ABNORMAL);
            return;
        }
        c->net->figures.n_bytes_out += (uint64_t)sent;
        done += (size_t)sent;
        queue_sent(c, (size_t)sent);
        if ((size_t)sent < offered) break;
    }
    if (c->first) c->flags |= conn_blocked;
}
