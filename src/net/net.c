/* The network of one loop: what all its connections share (buffers, pools, figures), and its beginning and end. The loop's thread only. */
#include "net/engine_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/deflate.h"
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* The end of the turn: one flush for every connection that was touched. What is touched meanwhile joins the end of the same walk. */
static void flush_turn(struct hook *h)
{
    struct net *net = container_of(h, struct net, flush);
    net->gathered.n = 0;
    while (net->dirty) {
        struct conn *c = net->dirty, *next = c->next_dirty;
        if (next) __builtin_prefetch(&next->net);
        net->dirty = next;
        if (!next) net->dirty_end = &net->dirty;
        c->flags &= ~(uint32_t)conn_dirty;
        conn_settle(c);
    }
}

static void net_free(struct net *net)
{
    for (uint32_t i = 0; i < net->n_slabs; i++) free(net->slabs[i]);
    free(net->slabs);
    queue_pool_fini(net);
    free(net->read_buffer);
    free(net->scratch);
    if (!net->config.nets) free(net);
}

void net_free_when_gone(struct net *net)
{
    if (net->destroying && net->n_watches == 0 && net_n_announced(net) == 0) net_free(net);
}

void net_watch_gone(struct net *net)
{
    net->n_watches--;
    net_free_when_gone(net);
}

/* The row of all networks. What other loops may still look at (struct net itself) stays until every loop has ended. */

struct nets {
    int n_loops;
    struct net *of_loop[];
};

struct nets *nets_create(int n_loops)
{
    struct nets *nets = calloc(1, sizeof *nets + sizeof(struct net *) * (size_t)n_loops);
    if (!nets) abort();
    nets->n_loops = n_loops;
    return nets;
}

void nets_destroy(struct nets *nets)
{
    if (!nets) return;
    for (int i = 0; i < nets->n_loops; i++) free(nets->of_loop[i]);
    free(nets);
}

int net_n_loops(const struct net *any) { return any->config.nets ? any->config.nets->n_loops : 1; }

struct net *net_of_loop(struct net *any, int index)
{
    const struct nets *nets = any->config.nets;
    if (!nets) return index == loop_index(any->loop) ? any : NULL;
    return index >= 0 && index < nets->n_loops ? nets->of_loop[index] : NULL;
}

enum fault net_create(const struct net_config *config, struct net **out)
{
    struct net *net = calloc(1, sizeof *net);
    if (!net) return fault_unavailable;
    net->config = *config;
    net->loop = config->loop;
    net->dirty_end = &net->dirty;
    hook_init(&net->flush, flush_turn);
    net->read_buffer = malloc(READ_BUFFER_BYTES);
    net->scratch = malloc(SCRATCH_BYTES);
    signal(SIGPIPE, SIG_IGN); /* TLS writes through write(2) */
    enum fault f = net->read_buffer && net->scratch ? listener_open(net) : fault_unavailable;
    if (f != fault_none) {
        net->config.nets = NULL;
        net_free(net);
        return f;
    }
    if (config->nets) config->nets->of_loop[loop_index(net->loop)] = net;
    *out = net;
    return fault_none;
}

int net_port(const struct net *net) { return net->port; }
size_t net_n_connections(const struct net *net) { return net->figures.n_connections + net_n_announced(net); }
void net_figures(const struct net *net, struct net_figures *out) { *out = net->figures; }

static void each_conn(struct net *net, void (*fn)(struct conn *c, void *arg), void *arg)
{
    for (uint32_t i = 0; i < net->n_slabs; i++)
        for (uint32_t j = 0; j < SLAB_CONNS; j++) {
            struct conn *c = &net->slabs[i][j];
            if (c->stage != stage_free && c->stage != stage_dead) fn(c, arg);
        }
}

static void say_stopping(struct conn *c, void *arg)
{
    if (c->stage == stage_websocket) {
        ws_going_away(c);
        conn_set_reading(c, false);
    }
    if (c->stage == stage_handshaking || (c->stage == stage_http && !c->http && !c->first)) conn_kill(c, WS_GOING_AWAY);
}

void net_stop_accepting(struct net *net)
{
    if (net->stopping) return;
    net->stopping = true;
    net_shut(net);
    listener_close(net);
    each_conn(net, say_stopping, NULL);
}

struct farewell {
    int code;
    const char *reason;
};

static void close_one(struct conn *c, void *arg)
{
    const struct farewell *f = arg;
    if (c->stage == stage_websocket) {
        ws_going_away(c);
        ws_close(c, f->code, f->reason);
        conn_set_reading(c, true);
    } else if (c->stage == stage_http && c->first) {
        conn_finish(c);
    } else if (c->stage != stage_finishing) {
        conn_kill(c, f->code);
    }
}

void net_close_all(struct net *net, int ws_code, const char *reason)
{
    net->closing = true;
    each_conn(net, close_one, &(struct farewell){ ws_code, reason });
}

static void kill_one(struct conn *c, void *arg)
{
    conn_kill(c, WS_GOING_AWAY);
}

void net_destroy(struct net *net)
{
    if (!net) return;
    net_shut(net);
    listener_close(net);
    each_conn(net, kill_one, NULL);
    flush_turn(&net->flush);
    hook_cancel(&net->flush);
    engines_fini(net);
    deflate_thread_fini(); /* of this thread; made anew if it serves another net */
    net->destroying = true;
    net_free_when_gone(net);
}

const char *net_date(struct net *net)
{
    int64_t now_s = clock_wall_us() / 1000000;
    if (now_s != net->date_s) {
        net->date_s = now_s;
        time_t t = (time_t)now_s;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(net->date, sizeof net->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return net->date;
}

