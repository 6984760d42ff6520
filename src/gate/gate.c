/* The only door into the core. A command leaves its loop at the end of the turn, together with all others for the same lane, and comes
   home by letter. A client belongs to its loop's thread; the gate itself is shared and has no state but its lanes and figures. */
#include "gate/lanes.h"
#include <assert.h>
#include <stdlib.h>

struct outbox {
    struct lane *lane;
    struct list jobs;
    size_t n;
};

#define OUTBOXES_MAX (WRITE_LANES_MAX + 3)

struct gate_client {
    struct gate *gate;
    struct loop *loop;
    struct outbox outboxes[OUTBOXES_MAX];
    int n_outboxes;
    struct event *announced, **announced_tail;
    size_t n_in_flight, n_writes_in_flight;
    struct hook submit;
};

enum fault gate_create(const struct gate_config *config, struct gate **out)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate) abort();
    gate->config = *config;
    enum fault f = lanes_open(gate);
    if (f != fault_none)
        free(gate);
    else
        *out = gate;
    return f;
}

void gate_destroy(struct gate *gate)
{
    if (!gate) return;
    lanes_close(&gate->lanes);
    free(gate);
}

static void finish(struct errand *e)
{
    e->client->n_in_flight--;
    e->client->n_writes_in_flight -= e->is_write;
    e->done(e->user, e->command);
}

static void refuse_rest(struct gate_client *client, struct list *jobs)
{
    while (!list_empty(jobs)) {
        struct job *job = container_of(jobs->next, struct job, node);
        list_remove(&job->node);
        struct errand *e = errand_of(job);
        e->command->fault = fault_busy;
        e->command->retry_after_s = 1;
        atomic_fetch_add(&client->gate->n_busy, 1);
        finish(e);
    }
}

/* Posts what the turn has collected: passing events first, so that a notice precedes what its sender asked for in the same turn. */
static void submit_turn(struct hook *h)
{
    struct gate_client *client = container_of(h, struct gate_client, submit);
    struct event *announced = client->announced;
    client->announced = NULL;
    client->announced_tail = &client->announced;
    bus_publish(client->gate->config.bus, announced);
    for (int i = 0; i < client->n_outboxes; i++) {
        struct outbox *box = &client->outboxes[i];
        if (box->n == 0) continue;
        struct list jobs;
        list_init(&jobs);
        list_splice(&jobs, &box->jobs);
        size_t n = box->n;
        box->n = 0;
        if (lane_post(box->lane, &jobs, n) != fault_none) refuse_rest(client, &jobs);
    }
}

static void add_outbox(struct gate_client *client, struct lane *lane)
{
    struct outbox *box = &client->outboxes[client->n_outboxes++];
    box->lane = lane;
    list_init(&box->jobs);
}

struct gate_client *gate_client_create(struct gate *gate, struct loop *loop)
{
    struct gate_client *client = calloc(1, sizeof *client);
    if (!client) abort();
    client->gate = gate;
    client->loop = loop;
    client->announced_tail = &client->announced;
    hook_init(&client->submit, submit_turn);
    for (int i = 0; i < gate->lanes.n_write; i++) add_outbox(client, gate->lanes.write[i]);
    add_outbox(client, gate->lanes.read);
    add_outbox(client, gate->lanes.hash);
    add_outbox(client, gate->lanes.index);
    return client;
}

void gate_client_destroy(struct gate_client *client)
{
    if (!client) return;
    assert(client->n_in_flight == 0);
    hook_cancel(&client->submit);
    free(client);
}

static struct outbox *outbox_for(struct gate_client *client, struct lane *lane)
{
    struct outbox *box = client->outboxes;
    while (box->lane != lane) box++;
    return box;
}

void gate_submit(struct gate_client *client, struct command *command, void (*done)(void *user, struct command *command), void *user)
{
    struct errand *e = arena_new(command->arena, struct errand);
    *e = (struct errand){ .client = client, .command = command, .done = done, .user = user };
    e->is_write = command_lane_of(command->kind) == command_lane_write && command_prepare_of(command->kind) == command_prepare_none;
    struct outbox *box = outbox_for(client, lane_for(&client->gate->lanes, command));
    list_append(&box->jobs, &e->job.node);
    box->n++;
    client->n_in_flight++;
    client->n_writes_in_flight += e->is_write;
    hook_arm(client->loop, hook_submit, &client->submit);
}

size_t gate_in_flight(const struct gate_client *client)
{
    return client->n_in_flight;
}

size_t gate_writes_in_flight(const struct gate_client *client)
{
    return client->n_writes_in_flight;
}

void gate_announce(struct gate_client *client, struct event *event)
{
    event->next = NULL;
    *client->announced_tail = event;
    client->announced_tail = &event->next;
    hook_arm(client->loop, hook_submit, &client->submit);
}

static void come_home(struct letter *l)
{
    struct errand *e = container_of(l, struct errand, letter);
    while (e) {
        struct errand *next = e->next;
        finish(e);
        e = next;
    }
}

void errands_lay(struct job **jobs, size_t n, struct homes *homes_out)
{
    struct errand *first[LOOPS_MAX] = { 0 }, *last[LOOPS_MAX];
    homes_out->n = 0;
    for (size_t i = 0; i < n; i++) {
        struct errand *e = errand_of(jobs[i]);
        int home = loop_index(e->client->loop);
        e->next = NULL;
        if (first[home])
            last[home]->next = e;
        else
            first[home] = e;
        last[home] = e;
    }
    for (int i = 0; i < LOOPS_MAX; i++) {
        if (!first[i]) continue;
        struct mailbox *home = loop_mailbox(first[i]->client->loop);
        first[i]->letter.open = come_home;
        mailbox_lay(home, &first[i]->letter);
        homes_out->boxes[homes_out->n++] = home;
    }
}

void homes_wake(const struct homes *homes)
{
    for (int i = 0; i < homes->n; i++) mailbox_wake(homes->boxes[i]);
}

void errands_return(struct job **jobs, size_t n)
{
    struct homes homes;
    errands_lay(jobs, n, &homes);
    homes_wake(&homes);
}

void gate_figures(struct gate *gate, struct gate_figures *out)
{
    *out = (struct gate_figures){
        .n_commands = atomic_load(&gate->n_commands),
        .n_commits = atomic_load(&gate->n_commits),
        .n_rows_batched = atomic_load(&gate->n_rows_batched),
        .n_busy = atomic_load(&gate->n_busy),
        .n_faults = atomic_load(&gate->n_faults),
        .read_waiting = lane_waiting(gate->lanes.read),
        .hash_waiting = lane_waiting(gate->lanes.hash),
    };
    for (int i = 0; i < gate->lanes.n_write; i++) out->write_waiting += lane_waiting(gate->lanes.write[i]);
}
