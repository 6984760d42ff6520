/* The clock of the search index. Lives on one loop of the process. A portion at a time, so that a long way behind (after an import, after a restart
   with an empty index) holds up nothing; at rest it costs a comparison twice a second. */
#include "app/indexing.h"
#include <stdlib.h>

#define INDEXING_PAUSE_MS 500

struct indexing {
    struct gate *gate;
    struct gate_client *client;
    struct alarm_clock *alarm;
    uint64_t n_commits; /* of the gate, when the last portion was asked for */
    bool stopped;
};

static void ask(struct indexing *x);

static struct command *command_of_the_house(enum command_kind kind)
{
    return command_create(kind, (struct actor){ 0 });
}

static void forgotten(void *user, struct command *command)
{
    (void)user;
    command_destroy(command);
}

static void forget(struct indexing *x, int64_t log)
{
    struct command *command = command_of_the_house(command_search_forget);
    command->in.search_forget.log = log;
    gate_submit(x->client, command, forgotten, NULL);
}

static void indexed(void *user, struct command *command)
{
    struct indexing *x = user;
    struct search_index_out out = command->out.search_index;
    bool is_well = command->fault == fault_none;
    command_destroy(command);
    if (x->stopped) return;
    if (!is_well) x->n_commits = UINT64_MAX;
    if (is_well && out.n_forgettable) forget(x, out.forget);
    if (is_well && out.more) ask(x);
    else alarm_set(x->alarm, INDEXING_PAUSE_MS);
}

static void ask(struct indexing *x)
{
    gate_submit(x->client, command_of_the_house(command_search_index), indexed, x);
}

static void look(void *arg)
{
    struct indexing *x = arg;
    struct gate_figures figures;
    gate_figures(x->gate, &figures);
    bool is_new = figures.n_commits != x->n_commits;
    x->n_commits = figures.n_commits;
    if (is_new) ask(x);
    else alarm_set(x->alarm, INDEXING_PAUSE_MS);
}

struct indexing *indexing_create(struct loop *loop, struct gate *gate, struct gate_client *client)
{
    struct indexing *x = calloc(1, sizeof *x);
    if (!x) abort();
    *x = (struct indexing){ .gate = gate, .client = client, .n_commits = UINT64_MAX };
    x->alarm = alarm_create(loop, look, x);
    alarm_set(x->alarm, INDEXING_PAUSE_MS);
    return x;
}

void indexing_stop(struct indexing *x)
{
    if (!x || x->stopped) return;
    x->stopped = true;
    alarm_destroy(x->alarm);
    x->alarm = NULL;
}

void indexing_destroy(struct indexing *x)
{
    indexing_stop(x);
    free(x);
}
