/* The clock of the figures. Lives on one loop of the process. A count that failed leaves the one before standing, with the time when it was made. */
#include "app/census.h"
#include "base/clock.h"
#include <stdlib.h>

enum { tick_ms = 1000, count_ms = 5000, count_share = 100 };

struct census {
    struct census_config config;
    struct alarm_clock *alarm;
    int64_t asked_ms, next_count_ms;
    int64_t values[house_figure_count];
    int64_t oldest_parcel_us;
    bool asking;
};

static void wait(struct census *x)
{
    int64_t now_ms = loop_now_ms(x->config.loop), rest_ms = (now_ms - x->asked_ms) * count_share;
    x->next_count_ms = now_ms + (rest_ms > count_ms ? rest_ms : count_ms);
}

static void counted(void *user, struct command *c)
{
    struct census *x = user;
    const struct queue_count_out *out = &c->out.queue_count;
    x->asking = false;
    if (x->alarm) wait(x);
    if (!c->fault) {
        x->values[house_waiting_mail] = out->n_parcels[parcel_mail], x->values[house_waiting_push] = out->n_parcels[parcel_push];
        x->values[house_waiting_hook] = out->n_parcels[parcel_hook], x->values[house_files_trash] = out->n_trash;
        x->values[house_uploads_begun] = out->n_uploads, x->values[house_rooms_purging] = out->n_rooms_purging;
        x->values[house_index_behind] = out->index_behind, x->oldest_parcel_us = out->oldest_parcel_us;
        x->values[house_counted_at_s] = clock_wall_us() / 1000000;
    }
    command_destroy(c);
}

static void count(struct census *x)
{
    if (x->asking || loop_now_ms(x->config.loop) < x->next_count_ms) return;
    x->asking = true, x->asked_ms = loop_now_ms(x->config.loop);
    gate_submit(x->config.gate, command_create(command_queue_count, (struct actor){ 0 }), counted, x);
}

static void look_at_dispatch(struct census *x)
{
    struct dispatch_figures f;
    dispatch_figures(x->config.dispatch, &f);
    x->values[house_under_way] = (int64_t)f.n_under_way, x->values[house_notice_rooms] = (int64_t)f.n_rooms;
    for (int i = 0; i < parcel_hook; i++) { /* the rows of each metric stand in the order of the kinds */
        x->values[house_sent_mail + i] = (int64_t)f.n_sent[parcel_mail + i];
        x->values[house_failed_mail + i] = (int64_t)f.n_failed[parcel_mail + i];
        x->values[house_dropped_mail + i] = (int64_t)f.n_dropped[parcel_mail + i];
    }
    int64_t waited_us = x->oldest_parcel_us ? clock_wall_us() - x->oldest_parcel_us : 0;
    x->values[house_waiting_s] = waited_us > 0 ? waited_us / 1000000 : 0;
}

static void look_at_files(struct census *x)
{
    struct files_figures f;
    files_figures(x->config.files, &f);
    x->values[house_uploads_open] = (int64_t)f.n_writers, x->values[house_uploads_bytes] = (int64_t)f.n_waiting_bytes;
    x->values[house_files_placed] = (int64_t)f.n_placed, x->values[house_helper_deaths] = (int64_t)f.n_helper_deaths;
}

static void tick(void *arg)
{
    struct census *x = arg;
    struct indexing_figures filed = indexing_figures(x->config.indexing);
    x->values[house_index_filed] = (int64_t)filed.n_filed, x->values[house_index_failed] = (int64_t)filed.n_failed;
    look_at_dispatch(x);
    look_at_files(x);
    count(x);
    figures_of_house(x->config.doors, x->values);
    alarm_set(x->alarm, tick_ms);
}

struct census *census_create(const struct census_config *config)
{
    struct census *x = calloc(1, sizeof *x);
    if (!x) abort();
    x->config = *config;
    x->alarm = alarm_create(config->loop, tick, x);
    alarm_set(x->alarm, tick_ms);
    return x;
}

void census_stop(struct census *x)
{
    alarm_destroy(x->alarm);
    x->alarm = NULL;
}

void census_destroy(struct census *x)
{
    free(x);
}
