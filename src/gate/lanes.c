/* The lanes behind the gate. Each thread owns a connection to the database and its own view of the core. With SQLite there is one
   writing lane, which is the only connection that writes and checkpoints; with PostgreSQL there are several, chosen by room, so that the
   commands of one room keep their order. */
#include "gate/lanes.h"
#include "base/log.h"
#include "store/store_open.h"
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define WRITE_QUEUE_MAX 65536
#define READ_QUEUE_MAX 65536
#define HASH_QUEUE_MAX 256
#define INDEX_QUEUE_MAX 16

struct worker {
    struct gate *gate;
    struct store *store;
    struct chat chat;
};

static struct worker *worker_create(struct gate *gate, enum db_mode mode)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->gate = gate;
    if (store_open(gate->config.database_url, mode, &w->store) != fault_none) {
        LOG(error, "database.gone_at_start");
        abort();
    }
    chat_init(&w->chat, &gate->config.rules, w->store);
    return w;
}

static void *start_writer(void *arg) { return worker_create(arg, db_writer); }
static void *start_indexer(void *arg) { return worker_create(arg, db_indexer); }
static void *start_reader(void *arg) { return worker_create(arg, db_reader); }

static void stop_worker(void *state)
{
    struct worker *w = state;
    store_close(w->store);
    free(w);
}

static void count(struct gate *gate, struct job **jobs, size_t n)
{
    size_t n_internal = 0;
    for (size_t i = 0; i < n; i++) n_internal += errand_of(jobs[i])->command->fault == fault_internal;
    atomic_fetch_add(&gate->n_commands, n);
    atomic_fetch_add(&gate->n_faults, n_internal);
}

/* One commit for all that waited. Results go home before the events go out, and a loop is woken once for both: an answer and the event it caused
   then leave in one send. */
static void run_write(void *state, struct job **jobs, size_t n)
{
    struct worker *w = state;
    struct command *commands[CHAT_BATCH_MAX];
    for (size_t i = 0; i < n; i++) commands[i] = errand_of(jobs[i])->command;
    struct event *events = chat_write(&w->chat, commands, n);
    atomic_fetch_add(&w->gate->n_commits, 1);
    atomic_fetch_add(&w->gate->n_rows_batched, n);
    count(w->gate, jobs, n);
    struct homes homes;
    errands_lay(jobs, n, &homes);
    bus_publish(w->gate->config.bus, events);
    homes_wake(&homes);
}

static void run_index(void *state, struct job **jobs, size_t n)
{
    struct worker *w = state;
    struct command *commands[1] = { errand_of(jobs[0])->command };
    assert(n == 1);
    struct event *events = chat_write(&w->chat, commands, 1);
    assert(!events);
    count(w->gate, jobs, n);
    errands_return(jobs, n);
}

static void run_read(void *state, struct job **jobs, size_t n)
{
    struct worker *w = state;
    for (size_t i = 0; i < n; i++) chat_read(&w->chat, errand_of(jobs[i])->command);
    count(w->gate, jobs, n);
    errands_return(jobs, n);
}

static struct lane *write_lane_for(const struct lanes *lanes, const struct command *command)
{
    return lanes->write[command_room(command).v % lanes->n_write];
}

static void run_hash(void *state, struct job **jobs, size_t n)
{
    struct worker *w = state;
    assert(n == 1);
    struct command *command = errand_of(jobs[0])->command;
    chat_prepare(&w->chat, command);
    if (command->fault == fault_none) {
        struct list one;
        list_init(&one);
        list_append(&one, &jobs[0]->node);
        if (lane_post(write_lane_for(&w->gate->lanes, command), &one, 1) == fault_none) return;
        list_remove(&jobs[0]->node);
        command->fault = fault_busy;
        command->retry_after_s = 1;
        atomic_fetch_add(&w->gate->n_busy, 1);
    }
    count(w->gate, jobs, n);
    errands_return(jobs, n);
}

struct lane *lane_for(struct lanes *lanes, const struct command *command)
{
    if (command_prepare_of(command->kind) == command_prepare_hash) return lanes->hash;
    switch (command_lane_of(command->kind)) {
    case command_lane_read: return lanes->read;
    case command_lane_index: return lanes->index;
    case command_lane_write: break;
    }
    return write_lane_for(lanes, command);
}

/* With a lane more than processors each commit is smaller and costs the database more: on 2 processors, four lanes cost it 31 µs a message, two
   19, and two still work while the other's commit waits for the disk. */
static int many_writers(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 2 ? 2 : n < WRITE_LANES_MAX ? (int)n : WRITE_LANES_MAX;
}

enum fault lanes_open(struct gate *gate)
{
    struct lanes *lanes = &gate->lanes;
    lanes->gate = gate;
    lanes->n_write = store_takes_many_writers(gate->config.database_url) ? many_writers() : 1;
    for (int i = 0; i < lanes->n_write; i++)
        lanes->write[i] = lane_create(&(struct lane_config){ .name = "write", .n_threads = 1, .batch_max = CHAT_BATCH_MAX,
            .queue_max = WRITE_QUEUE_MAX, .start = start_writer, .run = run_write, .stop = stop_worker, .arg = gate });
    lanes->read = lane_create(&(struct lane_config){ .name = "read", .n_threads = gate->config.n_readers, .batch_max = 1,
        .queue_max = READ_QUEUE_MAX, .start = start_reader, .run = run_read, .stop = stop_worker, .arg = gate });
    lanes->index = lane_create(&(struct lane_config){ .name = "index", .n_threads = 1, .batch_max = 1, .queue_max = INDEX_QUEUE_MAX,
        .start = start_indexer, .run = run_index, .stop = stop_worker, .arg = gate });
    lanes->hash = lane_create(&(struct lane_config){ .name = "password", .n_threads = gate->config.n_hashers, .batch_max = 1,
        .queue_max = HASH_QUEUE_MAX, .start = start_reader, .run = run_hash, .stop = stop_worker, .arg = gate });
    return fault_none;
}

/* The pool first: it feeds the writing lane. */
void lanes_close(struct lanes *lanes)
{
    lane_destroy(lanes->hash);
    for (int i = 0; i < lanes->n_write; i++) lane_destroy(lanes->write[i]);
    lane_destroy(lanes->read);
    lane_destroy(lanes->index);
}
