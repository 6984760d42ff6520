/* A request that goes on on another loop, together with its connection. What belongs together (a long poll and the session it asks for) may have
   been dealt to different loops by the kernel; moving the connection brings it home once, and what it asks later is local there.

       old loop:  request_move ─ the turn's flush, when earlier answers have left: conn_leave ─ on_left: the watch is closed ─► letter
                                   └ the other network is shut: 503 ends it here
       new loop:  letter: on_arrival ─► letter: on_next_turn ─► end of the turn: the handler, as if the request had been read there
                              └ full or closing: the connection is closed

   The handler waits until the kernel has been asked once more and all that was ready has been read, because what a client said before this request, on a
   connection that lives here, may still lie unread: a poll that follows an upgrade finds the session upgraded.

   One loop at a time: until on_left the old loop's thread owns everything, from the posting on the new one's. A connection on its way has been
   announced to where it goes, and a network waits for all that were: so a letter never finds its network freed. After net_shut none is announced. */
#include "net/request.h"
#include <stdlib.h>
#include <unistd.h>

struct moving {
    struct letter letter;
    struct hook turn_end;
    struct request *request; /* arrived; an orphan when the network closes meanwhile */
    bool reads;              /* its socket may be read when the handler has it */
    struct net *to;
    route_fn *handle;
    struct http_session *session; /* with the request, and what was pipelined behind it */
    SSL *ssl;
    int fd;
    uint32_t flags;
    unsigned char address[16];
};

/* The count of those that were announced */

static bool announce(struct net *to)
{
    unsigned n = atomic_load(&to->announced);
    do
        if (n & NET_SHUT) return false;
    while (!atomic_compare_exchange_weak(&to->announced, &n, n + 1));
    return true;
}

void net_shut(struct net *net)
{
    atomic_fetch_or(&net->announced, NET_SHUT);
}

unsigned net_n_announced(const struct net *net)
{
    return atomic_load(&net->announced) & ~NET_SHUT;
}

/* The new loop */

/* Still unread, until the handler has run: its client may be gone, but not for it. */
static struct conn *admit(struct net *net, struct moving *m)
{
    bool takes = !net->closing && !net->destroying && net->figures.n_connections < net->config.max_connections;
    struct conn *c = takes ? conn_take(net, m->fd, m->ssl) : NULL;
    if (!c) {
        net->figures.n_refused++;
        return NULL;
    }
    memcpy(c->address, m->address, sizeof c->address);
    c->stage = stage_http;
    c->flags |= m->flags;
    http_attach(c, m->session);
    m->reads = !(c->flags & conn_paused);
    c->flags |= conn_paused | conn_holds;
    conn_watch(c);
    return c;
}

static void turn_away(const struct moving *m)
{
    SSL_free(m->ssl);
    close(m->fd);
    http_drop(m->session);
}

static void landed(struct net *net)
{
    atomic_fetch_sub(&net->announced, 1);
    net_free_when_gone(net);
}

static void on_turn_end(struct hook *h)
{
    struct moving m = *container_of(h, struct moving, turn_end);
    struct net *net = m.to;
    free(container_of(h, struct moving, turn_end));
    if (request_is_orphan(m.request)) {
        request_end(m.request);
        landed(net);
        return;
    }
    struct conn *c = request_conn(m.request);
    c->flags &= ~(uint32_t)conn_holds;
    if (m.reads)
        conn_set_reading(c, true);
    else
        conn_watch(c);
    landed(net);
    m.handle(m.request);
}

static void on_next_turn(struct letter *l)
{
    struct moving *m = container_of(l, struct moving, letter);
    hook_init(&m->turn_end, on_turn_end);
    hook_arm(m->to->loop, hook_deliver, &m->turn_end);
}

static void on_arrival(struct letter *l)
{
    struct moving *m = container_of(l, struct moving, letter);
    struct net *net = m->to;
    struct conn *c = admit(net, m);
    if (c) {
        m->request = http_request(c);
        m->letter.open = on_next_turn;
        mailbox_post(loop_mailbox(net->loop), &m->letter);
    } else {
        turn_away(m);
        free(m);
        landed(net);
    }
}

/* The old loop */

static void on_left(struct watch *w)
{
    struct conn *c = container_of(w, struct conn, watch);
    struct moving *m = c->user;
    conn_release(c);
    mailbox_post(loop_mailbox(m->to->loop), &m->letter);
}

static void stay(struct conn *c, struct request *r)
{
    c->flags &= ~(uint32_t)conn_holds;
    free(r->moving);
    r->moving = NULL;
    respond_problem(r, 503);
}

void conn_leave(struct conn *c)
{
    struct request *r = http_request(c);
    struct moving *m = r->moving;
    c->flags &= ~(uint32_t)conn_moves;
    if (!announce(m->to)) {
        stay(c, r);
        return;
    }
    conn_disarm(c);
    r->moving = NULL;
    m->session = http_detach(c);
    m->ssl = c->ssl, m->fd = c->fd, m->flags = c->flags & conn_tls_wants_write;
    memcpy(m->address, c->address, sizeof m->address);
    c->ssl = NULL;
    c->user = m;
    c->stage = stage_dead;
    c->flags |= conn_deaf | conn_closing;
    c->net->figures.n_connections--;
    watch_close(&c->watch, on_left);
}

/* Nothing is read while it waits, not even an end: what the client has sent and gone is still wanted on the other loop. */
void request_move(struct request *r, struct net *to, route_fn *handle)
{
    struct conn *c = r->conn;
    if (request_is_orphan(r)) {
        request_end(r);
    } else if (c->net == to) {
        handle(r);
    } else {
        r->moving = calloc(1, sizeof *r->moving);
        if (!r->moving) abort();
        *r->moving = (struct moving){ .letter.open = on_arrival, .to = to, .handle = handle };
        c->flags |= conn_moves | conn_holds | conn_paused;
        conn_watch(c);
        conn_mark_dirty(c);
    }
}
