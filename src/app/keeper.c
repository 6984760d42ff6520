/* The clock of the files. Lives on one loop of the process. The trash is looked into every other second (a small reading query), what waits too long once a
   minute; the sweep of the start goes page by page beside the daily work.

       sweep:  files_old ─► file_orphans ─► files_unlink ─► files_old …      (until no older file is left)
       trash:  file_trash ─► files_unlink ─► file_trashed                   (a name is forgotten only when it is unlinked) */
#include "app/keeper.h"
#include "base/log.h"
#include <stdlib.h>

enum { trash_ms = 2000, expire_every = 30, page_max = 200 };

struct keeper {
    struct loop *loop;
    struct gate_client *client;
    struct files *files;
    struct alarm_clock *alarm;
    unsigned n_looks;
    size_t n_swept;
    bool stopped;
};

static struct command *command_of_the_house(enum command_kind kind)
{
    return command_create(kind, (struct actor){ 0 });
}

static void done(void *user, struct command *c)
{
    (void)user;
    command_destroy(c);
}

/* ---- The trash */

struct emptying {
    struct keeper *keeper;
    struct command *trash; /* owns the names */
};

static void unlinked(void *user)
{
    struct emptying *e = user;
    struct command *c = command_of_the_house(command_file_trashed);
    const struct file_trash_out *out = &e->trash->out.file_trash;
    c->in.file_trashed.names = arena_array(c->arena, struct span, out->n);
    c->in.file_trashed.n = out->n;
    for (size_t i = 0; i < out->n; i++) c->in.file_trashed.names[i] = arena_copy(c->arena, out->names[i]);
    gate_submit(e->keeper->client, c, done, NULL);
    command_destroy(e->trash);
    free(e);
}

static void looked(void *user, struct command *c)
{
    struct keeper *k = user;
    const struct file_trash_out *out = &c->out.file_trash;
    if (!k->stopped) alarm_set(k->alarm, trash_ms);
    if (c->fault || !out->n || k->stopped) {
        command_destroy(c);
        return;
    }
    struct emptying *e = calloc(1, sizeof *e);
    if (!e) abort();
    *e = (struct emptying){ k, c };
    files_unlink(k->files, k->loop, out->names, out->n, NULL, 0, unlinked, e);
}

/* ---- What waited too long */

static void expired(void *user, struct command *c)
{
    struct keeper *k = user;
    if (!c->fault) files_unlink(k->files, k->loop, NULL, 0, c->out.file_expire.tokens, c->out.file_expire.n, NULL, NULL);
    command_destroy(c);
}

static void tick(void *arg)
{
    struct keeper *k = arg;
    if (k->n_looks++ % expire_every == 0) gate_submit(k->client, command_of_the_house(command_file_expire), expired, k);
    gate_submit(k->client, command_of_the_house(command_file_trash), looked, k);
}

/* ---- The sweep */

static void next_page(struct keeper *k);

static void swept(void *user)
{
    struct keeper *k = user;
    if (!k->stopped) next_page(k);
}

static size_t keep_orphans(struct span *names, size_t n, const bool *orphan)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (orphan[i]) names[kept++] = names[i];
    return kept;
}

static void judged(void *user, struct command *c)
{
    struct keeper *k = user;
    struct file_orphans_in *in = &c->in.file_orphans;
    if (!c->fault) {
        in->n_placed = keep_orphans(in->placed, in->n_placed, c->out.file_orphans.placed);
        in->n_tokens = keep_orphans(in->tokens, in->n_tokens, c->out.file_orphans.tokens);
        k->n_swept += in->n_placed + in->n_tokens;
        files_unlink(k->files, k->loop, in->placed, in->n_placed, in->tokens, in->n_tokens, swept, k);
    }
    command_destroy(c);
}

static void paged(void *user, struct files_page *page)
{
    struct keeper *k = user;
    if (!page->n_placed && !page->n_tokens) {
        if (page->done && k->n_swept) LOG(info, "files.orphans_removed", log_int("n", (int64_t)k->n_swept));
        return;
    }
    if (k->stopped) return;
    struct command *c = command_of_the_house(command_file_orphans);
    struct file_orphans_in *in = &c->in.file_orphans;
    in->placed = arena_array(c->arena, struct span, page->n_placed + 1);
    in->tokens = arena_array(c->arena, struct span, page->n_tokens + 1);
    for (; in->n_placed < page->n_placed; in->n_placed++) in->placed[in->n_placed] = arena_copy(c->arena, span_of(page->placed[in->n_placed]));
    for (; in->n_tokens < page->n_tokens; in->n_tokens++) in->tokens[in->n_tokens] = arena_copy(c->arena, span_of(page->tokens[in->n_tokens]));
    gate_submit(k->client, c, judged, k);
}

static void next_page(struct keeper *k)
{
    files_old(k->files, k->loop, page_max, paged, k);
}

struct keeper *keeper_create(struct loop *loop, struct gate_client *client, struct files *files)
{
    struct keeper *k = calloc(1, sizeof *k);
    if (!k) abort();
    *k = (struct keeper){ .loop = loop, .client = client, .files = files };
    k->alarm = alarm_create(loop, tick, k);
    alarm_set(k->alarm, 0);
    next_page(k);
    return k;
}

void keeper_stop(struct keeper *k)
{
    if (!k || k->stopped) return;
    k->stopped = true;
    alarm_destroy(k->alarm);
    k->alarm = NULL;
}

void keeper_destroy(struct keeper *k)
{
    keeper_stop(k);
    free(k);
}
