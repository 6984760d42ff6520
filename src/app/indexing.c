/* The clock of the search index. Lives on one loop of the process. A portion at a time, so that a long way behind (after an import, after a restart
   with an empty index) holds up nothing; at rest it costs a comparison twice a second. The more the house writes, the longer the index lane rests: at
   a thousand rows a second it works a third of the time and keeps up, at fifty thousand hardly ever; then what is new is found later, and what
   people say is carried as fast as without it. */
#include "app/indexing.h"
#include <stdlib.h>

#define INDEXING_PAUSE_MS 500
#define INDEXING_RETRY_MS 10000
#define REST_MAX_MS 5000
#define ROWS_PER_S_OF_EQUAL_REST 500 /* at this rate a portion is followed by a rest as long as itself */

struct indexing {
    struct loop *loop;
    struct gate *gate;
    struct gate_client *client;
    struct alarm_clock *alarm;
    uint64_t n_rows;         /* that the gate had written when the last portion was asked for */
    uint64_t n_rows_watched; /* and when the rate was looked at */
    int64_t asked_at_ms, watched_at_ms, n_rows_per_s;
    struct indexing_figures figures;
    bool stopped;
};

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

static int64_t rest_ms(const struct indexing *x)
{
    int64_t took_ms = loop_now_ms(x->loop) - x->asked_at_ms, rest_ms = took_ms * x->n_rows_per_s / ROWS_PER_S_OF_EQUAL_REST;
    return rest_ms < REST_MAX_MS ? rest_ms : REST_MAX_MS;
}

static void indexed(void *user, struct command *command)
{
    struct indexing *x = user;
    struct search_index_out out = command->out.search_index;
    bool is_well = command->fault == fault_none;
    command_destroy(command);
    x->figures.n_filed += out.n_changes, x->figures.n_failed += !is_well;
    if (x->stopped) return;
    if (!is_well || out.more) x->n_rows = UINT64_MAX;
    if (is_well && out.n_forgettable) forget(x, out.forget);
    alarm_set(x->alarm, !is_well ? INDEXING_RETRY_MS : out.more ? rest_ms(x) : INDEXING_PAUSE_MS);
}

static void ask(struct indexing *x)
{
    x->asked_at_ms = loop_now_ms(x->loop);
    gate_submit(x->client, command_of_the_house(command_search_index), indexed, x);
}

/* How much is being written, over the last half second or more. */
static void watch(struct indexing *x, uint64_t n_rows)
{
    int64_t now_ms = loop_now_ms(x->loop), passed_ms = now_ms - x->watched_at_ms;
    x->n_rows = n_rows;
    if (passed_ms < INDEXING_PAUSE_MS) return;
    x->n_rows_per_s = (int64_t)(n_rows - x->n_rows_watched) * 1000 / passed_ms;
    x->n_rows_watched = n_rows, x->watched_at_ms = now_ms;
}

static void look(void *arg)
{
    struct indexing *x = arg;
    struct gate_figures figures;
    gate_figures(x->gate, &figures);
    bool is_new = figures.n_rows_batched != x->n_rows;
    watch(x, figures.n_rows_batched);
    if (is_new) ask(x);
    else alarm_set(x->alarm, INDEXING_PAUSE_MS);
}

struct indexing *indexing_create(struct loop *loop, struct gate *gate, struct gate_client *client)
{
    struct indexing *x = calloc(1, sizeof *x);
    if (!x) abort();
    *x = (struct indexing){ .loop = loop, .gate = gate, .client = client, .n_rows = UINT64_MAX };
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

struct indexing_figures indexing_figures(const struct indexing *x)
{
    return x->figures;
}

void indexing_destroy(struct indexing *x)
{
    indexing_stop(x);
    free(x);
}
