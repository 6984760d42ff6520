/* One loop and what lives on it. Made by the main thread before its own thread runs; from then on everything here belongs to that thread,
   but for the letter that asks it to stop.

       running ──stop letter: begin_stop──► draining ──drained or 10 s: close_sockets──► closing ──all gone or 2 s: station_run returns */
#include "app/station.h"
#include "app/indexing.h"
#include "app/keeper.h"
#include "app/sweeping.h"
#include "app/desk_watch.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DRAIN_STEP_MS 20

struct station {
    struct loop *loop;
    struct net *net;
    struct door door;
    struct doors *doors;
    struct alarm_clock *step;
    int64_t deadline_ms;
    bool closing, clean;
    struct letter stop;
    struct indexing *indexing; /* of the first station */
    struct keeper *keeper;     /* likewise */
    struct sweeping *sweeping; /* too */
    struct desk_watch *watch;     /* and this */
};

static size_t connections_max(int n_loops)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    size_t spare = 64, most = files.rlim_cur > spare * 2 ? files.rlim_cur - spare : spare;
    return most / (size_t)n_loops;
}

enum fault station_create(const struct station_shared *shared, int index, int port, struct station **out)
{
    struct station *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->loop = loop_create(index);
    s->doors = shared->doors;
    enum fault f = net_create(&(struct net_config){ .loop = s->loop, .router = shared->router, .door = &s->door,
        .address = shared->config->listen_address, .port = port, .joins = index > 0, .tls = shared->tls, .trusted_proxies = shared->proxies,
        .max_connections = connections_max(shared->config->n_loops), .nets = shared->nets }, &s->net);
    if (f != fault_none) {
        fprintf(stderr, "suhbat: cannot listen on %s port %d: is it in use?\n", shared->config->listen_address, port);
        loop_destroy(s->loop);
        free(s);
        return f;
    }
    struct gate_client *client = gate_client_create(shared->gate, s->loop);
    s->door = (struct door){ .settings = shared->door_settings, .loop = s->loop, .net = s->net, .gate = client, .gate_all = shared->gate,
        .files = shared->files, .limits = shared->limits, .all = shared->doors,
        .hub = hub_create(s->loop, s->net, client, shared->bus, shared->config->n_loops) };
    doors_join(&s->door);
    if (index == 0) s->indexing = indexing_create(s->loop, shared->gate, client);
    if (index == 0) s->keeper = keeper_create(s->loop, client, shared->files);
    if (index == 0) s->sweeping = sweeping_create(s->loop, shared->gate, client);
    if (index == 0) s->watch = desk_watch_create(s->loop, shared->gate, client, s->door.hub, shared->config->desk_away_s);
    *out = s;
    return fault_none;
}

int station_port(const struct station *s) { return net_port(s->net); }
struct loop *station_loop(struct station *s) { return s->loop; }
const struct door *station_door(const struct station *s) { return &s->door; }
struct indexing *station_indexing(const struct station *s) { return s->indexing; }

static void close_sockets(struct station *s)
{
    s->closing = true;
    s->deadline_ms = loop_now_ms(s->loop) + STATION_CLOSE_MS;
    net_close_all(s->net, 1001, "server going away");
}

static void step_down(void *arg)
{
    struct station *s = arg;
    bool late = loop_now_ms(s->loop) >= s->deadline_ms;
    bool idle = gate_in_flight(s->door.gate) == 0 && files_n_tasks(s->door.files) == 0;
    if (!s->closing && (idle || late)) {
        close_sockets(s);
    } else if (s->closing && gate_in_flight(s->door.gate) == 0 && ((idle && net_n_connections(s->net) == 0) || late)) {
        loop_stop(s->loop);
        return;
    }
    alarm_set(s->step, DRAIN_STEP_MS);
}

static void begin_stop(struct letter *l)
{
    struct station *s = container_of(l, struct station, stop);
    s->deadline_ms = loop_now_ms(s->loop) + STATION_DRAIN_MS;
    s->step = alarm_create(s->loop, step_down, s);
    net_stop_accepting(s->net);
    indexing_stop(s->indexing);
    keeper_stop(s->keeper);
    sweeping_stop(s->sweeping);
    desk_watch_stop(s->watch);
    alarm_set(s->step, DRAIN_STEP_MS);
}

void station_run(struct station *s)
{
    loop_run(s->loop);
    alarm_destroy(s->step);
    doors_leave(&s->door);
    hub_leave_loop(s->door.hub);
    s->clean = gate_in_flight(s->door.gate) == 0 && net_n_connections(s->net) == 0 && files_n_tasks(s->door.files) == 0;
    if (s->clean) net_destroy(s->net);
}

bool station_is_clean(const struct station *s) { return s->clean; }

void station_stop(struct station *s)
{
    s->stop.open = begin_stop;
    mailbox_post(loop_mailbox(s->loop), &s->stop);
}

/* Clean stations, and such as never ran: those still have their listener. Letters may lie in the mailbox until the last lane and loop have ended,
   so these go together at the very end. */
void station_destroy(struct station *s)
{
    if (!s) return;
    if (!s->clean) net_destroy(s->net);
    indexing_destroy(s->indexing);
    keeper_destroy(s->keeper);
    sweeping_destroy(s->sweeping);
    desk_watch_destroy(s->watch);
    loop_destroy(s->loop);
    hub_destroy(s->door.hub);
    gate_client_destroy(s->door.gate);
    free(s);
}
