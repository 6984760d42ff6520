/* The broom's clock. Lives on one loop of the process. Between two steps others get their turn; at rest it costs a comparison every few seconds. What a crash
   interrupts goes on after the next start. */
#include "app/sweeping.h"
#include <stdlib.h>

#define SWEEPING_STEP_MS 20
#define SWEEPING_REST_MS 2000

struct sweeping {
    struct gate *gate;
    struct gate_client *client;
    struct alarm_clock *alarm;
    uint64_t n_commits; /* of the gate, after the last step */
    bool stopped;
};

static uint64_t commits(const struct sweeping *s)
{
    struct gate_figures figures;
    gate_figures(s->gate, &figures);
    return figures.n_commits;
}

static void swept(void *user, struct command *command)
{
    struct sweeping *s = user;
    bool is_well = command->fault == fault_none, more = is_well && command->out.room_sweep.more, waits = is_well && command->out.room_sweep.waits;
    command_destroy(command);
    if (s->stopped) return;
    s->n_commits = is_well && !more && !waits ? commits(s) : UINT64_MAX;
    alarm_set(s->alarm, more ? SWEEPING_STEP_MS : SWEEPING_REST_MS);
}

static void look(void *arg)
{
    struct sweeping *s = arg;
    if (commits(s) == s->n_commits) alarm_set(s->alarm, SWEEPING_REST_MS);
    else gate_submit(s->client, command_create(command_room_sweep, (struct actor){ 0 }), swept, s);
}

struct sweeping *sweeping_create(struct loop *loop, struct gate *gate, struct gate_client *client)
{
    struct sweeping *s = calloc(1, sizeof *s);
    if (!s) abort();
    *s = (struct sweeping){ .gate = gate, .client = client, .n_commits = UINT64_MAX };
    s->alarm = alarm_create(loop, look, s);
    alarm_set(s->alarm, SWEEPING_REST_MS);
    return s;
}

void sweeping_stop(struct sweeping *s)
{
    if (!s || s->stopped) return;
    s->stopped = true;
    alarm_destroy(s->alarm);
    s->alarm = NULL;
}

void sweeping_destroy(struct sweeping *s)
{
    sweeping_stop(s);
    free(s);
}
