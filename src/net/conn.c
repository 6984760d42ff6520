/* A connection: one socket, its bytes in and out, and the session that stands on it. Belongs to its loop's thread. Owns the fd, the TLS state,
   the queued frames and the session's state; all of it goes in conn_bury.

   Always: a connection that is dirty is in net->dirty exactly once; conn_kill only marks, and conn_settle (the turn's flush) buries; the
   memory returns to the slab when the watch is closed and the dirty list has let go, whichever comes last. Nothing is read after conn_kill. */
#include "net/conn.h"
#include "base/log.h"
#include "net/detached.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { linger_ms = 2000, tls_handshake_ms = 10000, stall_ms = 15000, stalls_max = 2, tls_reads_a_turn = 16 };

struct net *conn_net(const struct conn *c) { return c->net; }
void *conn_door(const struct conn *c) { return c->net->config.door; }

/* Timers and the watch */

void conn_arm(struct conn *c, int64_t ms)
{
    timer_set(c->net->loop, &c->timer, ms);
}

void conn_disarm(struct conn *c)
{
    timer_cancel(&c->timer);
}

void conn_watch(struct conn *c)
{
    if (c->flags & conn_detached) return;
    bool writes = c->flags & (conn_blocked | conn_tls_wants_write);
    int events = writes ? watch_write : 0;
    if (c->flags & conn_peer_ended)
        ;
    else if (c->flags & conn_paused)
        events |= c->flags & conn_holds ? 0 : watch_hangup;
    else
        events |= watch_read;
    c->flags = writes ? c->flags | conn_watches_write : c->flags & ~(uint32_t)conn_watches_write;
    watch_want(&c->watch, events);
}

void conn_mark_dirty(struct conn *c)
{
    if (c->flags & conn_dirty) return;
    struct net *net = c->net;
    c->flags |= conn_dirty;
    c->next_dirty = NULL;
    if (!net->dirty) hook_arm(net->loop, hook_flush, &net->flush);
    *net->dirty_end = c;
    net->dirty_end = &c->next_dirty;
}

void conn_set_reading(struct conn *c, bool reading)
{
    uint32_t before = c->flags;
    c->flags = reading ? c->flags & ~(uint32_t)conn_paused : c->flags | conn_paused;
    if (c->flags == before || c->stage == stage_dead) return;
    conn_watch(c);
    if (reading && c->ssl && SSL_has_pending(c->ssl)) {
        c->flags |= conn_feed_again;
        conn_mark_dirty(c);
    }
}

/* The end of a connection */

void conn_kill(struct conn *c, int code)
{
    if (c->stage == stage_dead || c->stage == stage_free) return;
    if (!c->close_code) c->close_code = (uint16_t)code;
    c->stage = stage_dead;
    c->flags |= conn_deaf;
    conn_mark_dirty(c);
}

void conn_finish(struct conn *c)
{
    if (c->stage == stage_dead) return;
    c->stage = stage_finishing;
    c->flags |= conn_deaf | conn_ends_after;
    conn_arm(c, stall_ms);
    conn_mark_dirty(c);
}

static void conn_let_go(struct conn *c)
{
    if (c->flags & conn_dirty)
        c->flags |= conn_buried;
    else
        slab_give(c);
}

void conn_release(struct conn *c)
{
    struct net *net = c->net;
    conn_let_go(c);
    net_watch_gone(net);
}

static void on_watch_closed(struct watch *w)
{
    struct conn *c = container_of(w, struct conn, watch);
    close(c->fd);
    conn_release(c);
}

static void conn_bury(struct conn *c)
{
    timer_cancel(&c->timer);
    if (c->ws)
        ws_gone(c);
    else if (c->http)
        http_gone(c);
    queue_clear(c, false);
    c->net->figures.n_connections--;
    c->flags |= conn_closing;
    if (c->flags & conn_detached) {
        c->net->n_detached--;
        conn_let_go(c);
        return;
    }
    tls_end(c, c->flags & conn_ends_after);
    SSL_free(c->ssl);
    c->ssl = NULL;
    watch_close(&c->watch, on_watch_closed);
}

/* All has been said. The reading side stays open for a moment: closing over unread bytes would reset the connection and could
   take the last answer with it. */
static void conn_shut(struct conn *c)
{
    if (c->flags & conn_half_shut) return;
    tls_end(c, true);
    c->flags |= conn_half_shut;
    bool both_closed = c->ws && c->ws_parser.closed;
    if (both_closed || c->flags & conn_peer_ended || shutdown(c->fd, SHUT_WR) != 0) {
        conn_kill(c, WS_ABNORMAL);
        return;
    }
    conn_set_reading(c, true);
    conn_arm(c, linger_ms);
}

/* Reading */

static void feed_websocket(struct conn *c, char *p, size_t n)
{
    if (c->flags & ws_has_early) ws_feed_early(c);
    if (c->stage == stage_websocket) ws_feed(c, p, n);
}

void conn_feed(struct conn *c, char *p, size_t n)
{
    while (n > 0) {
        size_t took = n;
        if (c->stage == stage_http)
            took = http_feed(c, p, n);
        else if (c->stage == stage_websocket)
            feed_websocket(c, p, n);
        p += took, n -= took;
    }
}

/* The peer will send nothing more. */
static void conn_ended(struct conn *c)
{
    bool speaks = c->stage == stage_http || c->stage == stage_finishing;
    if (!speaks || !c->first || c->flags & conn_half_shut) {
        conn_kill(c, WS_ABNORMAL);
        return;
    }
    c->flags |= conn_peer_ended;
    conn_watch(c);
    if (c->stage == stage_http) conn_finish(c);
}

static void conn_read(struct conn *c)
{
    char *to = c->net->read_buffer;
    for (int i = 0; i < (c->ssl ? tls_reads_a_turn : 1); i++) {
        ssize_t n = c->ssl ? tls_read(c, to, READ_BUFFER_BYTES) : recv(c->fd, to, READ_BUFFER_BYTES, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) conn_kill(c, WS_ABNORMAL);
        if (n == 0) conn_ended(c);
        if (n > 0) conn_feed(c, to, (size_t)n);
        if (c->stage == stage_dead || c->flags & (conn_paused | conn_peer_ended)) return;
    }
    if (c->ssl && SSL_has_pending(c->ssl)) {
        c->flags |= conn_feed_again;
        conn_mark_dirty(c);
    }
}

static void on_ready(struct watch *w, int events)
{
    struct conn *c = container_of(w, struct conn, watch);
    if (c->stage == stage_dead) return;
    if (events & watch_write) {
        if (c->flags & conn_blocked) c->heard_ms = (uint32_t)loop_now_ms(c->net->loop);
        c->flags &= ~(uint32_t)(conn_blocked | conn_tls_wants_write);
        conn_mark_dirty(c);
    }
    if (c->stage == stage_handshaking)
        tls_proceed(c);
    else if (events & watch_read && !(c->flags & (conn_paused | conn_peer_ended)))
        conn_read(c);
    else if (events & watch_hangup)
        conn_kill(c, WS_ABNORMAL);
}

/* The flush of a turn */

static void conn_drained(struct conn *c)
{
    if (c->flags & conn_passed_mark) {
        c->flags &= ~(uint32_t)conn_passed_mark;
        if (c->stage == stage_websocket && c->ws->on_drain) c->ws->on_drain(c);
        if (c->stage == stage_http) http_drained(c);
    }
    if (!c->first && c->flags & conn_ends_after) conn_shut(c);
}

static void conn_feed_kept(struct conn *c)
{
    c->flags &= ~(uint32_t)conn_feed_again;
    if (c->stage == stage_http) http_feed_kept(c);
    if (c->stage == stage_websocket) ws_feed_early(c);
    if (c->ssl && c->stage != stage_dead && !(c->flags & conn_paused)) conn_read(c);
}

/* Calls of handlers from here may create frames, so what the flush remembers about the scratch is forgotten first. */
static void conn_settle_rest(struct conn *c)
{
    c->net->gathered.n = 0;
    if (c->stage == stage_dead) {
        conn_bury(c);
        return;
    }
    if (c->flags & conn_moves && !c->first && c->stage == stage_http) {
        conn_leave(c);
        return;
    }
    if (!c->first) conn_drained(c);
    if (c->flags & conn_feed_again && c->stage != stage_dead) conn_feed_kept(c);
}

/* Whoever is dead is deaf, and flags lie in the cache line that a flush has already; the stage does not. */
static bool is_dead(const struct conn *c)
{
    return c->flags & conn_deaf && c->stage == stage_dead;
}

/* Nothing leaves by itself: the owner is told that something waits. */
static void settle_detached(struct conn *c)
{
    c->net->gathered.n = 0;
    if (c->first && !is_dead(c)) c->ws->on_frames(c);
    if (is_dead(c))
        conn_bury(c);
    else if (!c->first)
        conn_drained(c);
}

void conn_settle(struct conn *c)
{
    if (c->flags & conn_closing) {
        if (c->flags & conn_buried) slab_give(c);
        return;
    }
    if (c->flags & conn_detached) {
        settle_detached(c);
        return;
    }
    if (c->first && !(c->flags & conn_blocked) && !is_dead(c)) queue_flush(c);
    if (c->flags & conn_sends_file && !c->first && !(c->flags & conn_blocked) && c->stage == stage_http) http_pump(c);
    bool writes = c->flags & (conn_blocked | conn_tls_wants_write);
    if (writes != !!(c->flags & conn_watches_write) && !is_dead(c)) {
        conn_watch(c);
        if (c->stage == stage_http && writes) conn_arm(c, stall_ms);
        if (c->stage == stage_http && !writes) http_arm(c);
    }
    bool owes = c->flags & (conn_feed_again | (c->first ? 0u : (uint32_t)(conn_passed_mark | conn_ends_after | conn_moves)));
    if (owes || is_dead(c)) conn_settle_rest(c);
}

/* Time-outs */

/* An answer that the reader does not take: half a minute without a byte and it is over. */
static bool is_stalled(struct conn *c)
{
    bool sends = c->first || c->flags & conn_sends_file;
    return !sends || ++c->n_stalls >= stalls_max;
}

static void on_timeout(struct timer *t)
{
    struct conn *c = container_of(t, struct conn, timer);
    switch ((enum conn_stage)c->stage) {
    case stage_handshaking: conn_kill(c, WS_ABNORMAL); break;
    case stage_http:
        if (!c->first && !(c->flags & conn_sends_file))
            http_timeout(c);
        else if (is_stalled(c))
            conn_kill(c, WS_ABNORMAL);
        else
            conn_arm(c, stall_ms);
        break;
    case stage_websocket: ws_timeout(c); break;
    case stage_finishing:
        if (c->ws || is_stalled(c))
            conn_kill(c, WS_ABNORMAL);
        else
            conn_arm(c, stall_ms);
        break;
    case stage_free:
    case stage_dead: break;
    }
}

/* The beginning */

static void address_of(const struct sockaddr_storage *peer, unsigned char out[16])
{
    static const unsigned char v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
    if (peer->ss_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)peer)->sin6_addr, 16);
        return;
    }
    memcpy(out, v4_mapped, sizeof v4_mapped);
    memcpy(out + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
}

void conn_address(const struct conn *c, char out[46])
{
    const unsigned char *forwarded = c->ws ? NULL : http_client_address(c);
    address_print(forwarded ? forwarded : c->address, out);
}

struct conn *detached_open(struct net *net, const struct conn *like, const struct ws_handler *handler, void *user)
{
    bool full = net->figures.n_connections >= net->config.max_connections || net->n_detached > net->config.max_connections / 2;
    struct conn *c = full ? NULL : slab_take(net);
    if (!c) return NULL;
    net->n_detached++;
    c->fd = -1;
    c->flags = conn_detached;
    const unsigned char *forwarded = like->ws ? NULL : http_client_address(like);
    memcpy(c->address, forwarded ? forwarded : like->address, sizeof c->address);
    timer_init(&c->timer, on_timeout);
    c->stage = stage_websocket;
    c->ws = handler;
    c->user = user;
    net->figures.n_connections++;
    net->figures.n_websockets++;
    return c;
}

struct conn *conn_take(struct net *net, int fd, SSL *ssl)
{
    struct conn *c = slab_take(net);
    if (!c) return NULL;
    if (watch_open(net->loop, &c->watch, fd, on_ready) != fault_none) {
        slab_give(c);
        return NULL;
    }
    c->fd = fd;
    c->ssl = ssl;
    c->heard_ms = (uint32_t)loop_now_ms(net->loop);
    timer_init(&c->timer, on_timeout);
    net->n_watches++;
    net->figures.n_connections++;
    return c;
}

struct conn *conn_open(struct net *net, int fd, const struct sockaddr_storage *peer)
{
    SSL *ssl = net->config.tls ? tls_accept(net->config.tls, fd) : NULL;
    if (net->config.tls && !ssl) return NULL;
    struct conn *c = conn_take(net, fd, ssl);
    if (!c) {
        SSL_free(ssl);
        return NULL;
    }
    address_of(peer, c->address);
    c->stage = ssl ? stage_handshaking : stage_http;
    conn_arm(c, tls_handshake_ms);
    conn_watch(c);
    return c;
}
