/* The watch's clock. Lives on one loop of the process and owns what it remembers of agents. Each round asks who holds chats (a small reading query), looks at
   who of them has a socket anywhere, and gives back the chats of those that were neither here nor heard of for too long. The core looks again, under the
   lock of the chat (desk_return). At rest, when nobody holds any, a round is a comparison.

   A start is no absence: whoever held chats before it has the whole time to come back. */
#include "app/desk_watch.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include <stdlib.h>

enum { rounds_per_absence = 10, round_min_ms = 100, round_max_ms = 15000 };

/* An agent who holds chats. */
struct holder {
    UT_hash_handle hh;
    struct account_id agent;
    int64_t here_us; /* had a socket then */
    unsigned round;  /* in which they were last found to hold any */
};

struct desk_watch {
    struct loop *loop;
    struct gate *gate;
    struct gate_client *client;
    struct hub *hub;
    struct alarm_clock *alarm;
    struct holder *holders;
    int64_t away_us, started_us;
    uint64_t n_commits; /* of the gate, when nobody was found to hold any */
    unsigned round;
    bool stopped;
};

static uint64_t commits(const struct desk_watch *w)
{
    struct gate_figures figures;
    gate_figures(w->gate, &figures);
    return figures.n_commits;
}

static void set_alarm(struct desk_watch *w)
{
    int64_t ms = w->away_us / 1000 / rounds_per_absence;
    alarm_set(w->alarm, ms < round_min_ms ? round_min_ms : ms > round_max_ms ? round_max_ms : ms);
}

static struct holder *holder_of(struct desk_watch *w, struct account_id agent)
{
    struct holder *h;
    HASH_FIND(hh, w->holders, &agent.v, sizeof agent.v, h);
    if (h) return h;
    h = calloc(1, sizeof *h);
    if (!h) abort();
    h->agent = agent, h->here_us = w->started_us;
    HASH_ADD(hh, w->holders, agent.v, sizeof h->agent.v, h);
    return h;
}

static void forget_others(struct desk_watch *w)
{
    struct holder *h, *next;
    HASH_ITER(hh, w->holders, h, next)
    {
        if (h->round == w->round) continue;
        HASH_DEL(w->holders, h);
        free(h);
    }
}

static void returned(void *user, struct command *c)
{
    const struct desk_return_in *in = &c->in.desk_return;
    (void)user;
    if (!c->fault && c->out.desk_return.changed) LOG(info, "desk.returned", log_int("room", in->room.v), log_int("agent", in->agent.v));
    command_destroy(c);
}

static void give_back(struct desk_watch *w, const struct desk_holding *held, int64_t unseen_since_us)
{
    struct command *c = command_create(command_desk_return, (struct actor){ 0 });
    c->in.desk_return = (struct desk_return_in){ held->room, held->agent, unseen_since_us };
    gate_submit(w->client, c, returned, w);
}

/* seen_us 0: an agent no more. */
static void judge(struct desk_watch *w, const struct desk_holding *held, int64_t now_us)
{
    struct holder *h = holder_of(w, held->agent);
    h->round = w->round;
    if (!held->seen_us) {
        give_back(w, held, now_us);
        return;
    }
    if (hub_is_online(w->hub, held->agent)) h->here_us = now_us;
    int64_t last_us = h->here_us > held->seen_us ? h->here_us : held->seen_us;
    if (now_us - last_us >= w->away_us) give_back(w, held, now_us - w->away_us);
}

static void found(void *user, struct command *c)
{
    struct desk_watch *w = user;
    const struct desk_holders_out *out = &c->out.desk_holders;
    int64_t now_us = clock_wall_us();
    w->round++;
    if (!w->stopped && !c->fault) {
        for (size_t i = 0; i < out->n; i++) judge(w, &out->holdings[i], now_us);
        forget_others(w);
    }
    if (c->fault || out->n) w->n_commits = UINT64_MAX;
    command_destroy(c);
    if (!w->stopped) set_alarm(w);
}

static void look(void *arg)
{
    struct desk_watch *w = arg;
    uint64_t n_commits = commits(w);
    if (n_commits == w->n_commits) {
        set_alarm(w);
        return;
    }
    w->n_commits = n_commits;
    gate_submit(w->client, command_create(command_desk_holders, (struct actor){ 0 }), found, w);
}

struct desk_watch *desk_watch_create(struct loop *loop, struct gate *gate, struct gate_client *client, struct hub *hub, int64_t away_s)
{
    struct desk_watch *w = calloc(1, sizeof *w);
    if (!w) abort();
    *w = (struct desk_watch){ .loop = loop, .gate = gate, .client = client, .hub = hub, .away_us = away_s * 1000000, .started_us = clock_wall_us(),
                         .n_commits = UINT64_MAX };
    w->alarm = alarm_create(loop, look, w);
    set_alarm(w);
    return w;
}

void desk_watch_stop(struct desk_watch *w)
{
    if (!w || w->stopped) return;
    w->stopped = true;
    alarm_destroy(w->alarm);
    w->alarm = NULL;
}

void desk_watch_destroy(struct desk_watch *w)
{
    if (!w) return;
    desk_watch_stop(w);
    w->round++;
    forget_others(w);
    free(w);
}
