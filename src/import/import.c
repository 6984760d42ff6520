/* An import from its beginning to its end: opens the source, learns whether it was here before, runs the writers in order, counts. One thread. */
#include "import/private.h"
#include "files/files.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/secret.h"
#include <stdio.h>
#include <stdlib.h>

static const struct reader_class *const classes[import_kind_count] = { [import_lobby] = &reader_lobby, [import_rooms] = &reader_rooms,
                                                                       [import_receipts] = &reader_receipts, [import_desk] = &reader_desk };

bool import_kind_of(const char *number, enum import_kind *out)
{
    for (int kind = 0; kind < import_kind_count; kind++)
        if (strcmp(classes[kind]->kind, number) == 0) return *out = (enum import_kind)kind, true;
    return false;
}

/* ---- The source */

static enum fault complain(const struct import *x, enum fault fault, struct span why)
{
    clearerr(stderr);
    if (why.n) fprintf(stderr, "suhbat import: the source is not what was said: " SPAN_FMT "\n", SPAN_ARG(why));
    else if (fault == fault_not_found) fprintf(stderr, "suhbat import: %s: there is no such source\n", x->class == &reader_receipts ? "the URL" : x->wish->source);
    else fprintf(stderr, "suhbat import: the source cannot be read (%s)%s%s\n", fault_word(fault), x->reader && *x->class->error(x->reader) ? ": " : "",
                 x->reader ? x->class->error(x->reader) : "");
    return fault == fault_not_found ? fault_invalid : fault;
}

/* "003:1f0c…": the kind, and a print of what the source can be known by, or the operator's name for it. */
static enum fault name_source(struct import *x)
{
    struct span print;
    enum fault fault = x->class->print(x->reader, x->arena, &print);
    if (fault) return complain(x, fault, SPAN(""));
    if (x->wish->name) print = span_of(x->wish->name);
    else print = arena_printf(x->arena, "%016llx", (unsigned long long)secret_print(print, 0));
    x->report.source = arena_printf(x->arena, "%s:" SPAN_FMT, x->class->kind, SPAN_ARG(print)).p;
    if (import_is_dry(x)) {
        fault = store_import_source_find(x->store, span_of(x->report.source), &x->source);
        return fault == fault_not_found ? fault_none : fault;
    }
    return store_import_source_put(x->store, span_of(x->report.source), x->now_us, &x->source);
}

static enum fault open_source(struct import *x)
{
    struct span why = SPAN("");
    enum fault fault = x->class->open(x->wish->source, &x->reader, &why, x->arena);
    return fault ? complain(x, fault, why) : name_source(x);
}

/* ---- The run */

/* A noun: from the count of the source to the count of what came. */
static enum fault run_noun(struct import *x, enum old_noun noun, enum fault (*write)(struct import *x))
{
    int64_t n = 0;
    enum fault fault = x->class->begin(x->reader, noun, &n), end;
    if (fault) {
        (void)!x->class->end(x->reader);
        return complain(x, fault, SPAN(""));
    }
    report_begin(&x->report, noun, n);
    fault = write(x);
    end = x->class->end(x->reader);
    return fault || !end ? fault : complain(x, end, SPAN(""));
}

static enum fault run_all(struct import *x)
{
    static const struct { enum old_noun noun; enum fault (*write)(struct import *x); } steps[] = {
        { old_person, import_people }, { old_room, import_rooms_of }, { old_member, import_members }, { old_message, import_messages }, { old_read, import_reads },
    };
    enum fault fault = fault_none;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !fault; i++) fault = run_noun(x, steps[i].noun, steps[i].write);
    return fault ? fault : import_settle(x);
}

/* ---- Counting */

static bool is_whole(const struct report *r)
{
    bool whole = true;
    for (int noun = 0; noun < old_noun_count; noun++) {
        const struct tally *t = &r->tallies[noun];
        if (t->n_read == t->n_source && t->n_new + t->n_there + t->n_skipped == t->n_read && !t->n_skipped) continue;
        whole = false;
        fprintf(stderr, "suhbat import: %ss: the source has %lld, %lld were read, %lld are here\n", noun_word((enum old_noun)noun), (long long)t->n_source,
                (long long)t->n_read, (long long)(t->n_new + t->n_there));
    }
    return whole;
}

/* What the database itself says to what was counted on the way. before: by noun, when the run began. */
static enum fault audit(struct import *x, const int64_t *before, bool *well_out)
{
    static const struct { enum old_noun noun; enum import_noun kept; } pairs[] = {
        { old_person, import_person }, { old_room, import_room }, { old_member, import_member }, { old_message, import_message }, { old_file, import_file } };
    *well_out = true;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        int64_t now;
        const struct tally *t = &x->report.tallies[pairs[i].noun];
        enum fault fault = store_import_count(x->store, x->source, pairs[i].kept, &now);
        if (fault) return fault;
        if (now - before[pairs[i].kept] == t->n_new) continue;
        *well_out = false;
        fprintf(stderr, "suhbat import: %ss: %lld were written, but the database has %lld more than before\n", noun_word(pairs[i].noun), (long long)t->n_new,
                (long long)(now - before[pairs[i].kept]));
    }
    return fault_none;
}

static enum fault count_before(struct import *x, int64_t *before)
{
    enum fault fault = fault_none;
    for (int noun = import_person; noun <= import_file && !fault; noun++) fault = store_import_count(x->store, x->source, (enum import_noun)noun, &before[noun]);
    return fault;
}

static enum fault run_and_count(struct import *x, bool *missing_out)
{
    int64_t before[import_reply + 1] = { 0 };
    bool well = true;
    enum fault fault = x->source ? count_before(x, before) : fault_none;
    if (!fault) fault = run_all(x);
    if (!fault && !import_is_dry(x)) fault = audit(x, before, &well);
    if (fault == fault_conflict) fprintf(stderr, "suhbat import: somebody else is writing to the database: stop every server on it, then run the import again\n");
    else if (fault) fprintf(stderr, "suhbat import: it ended before all had come (%s). What came is here: run it again\n", fault_word(fault));
    if (fault) return fault;
    report_table(&x->report);
    *missing_out = !is_whole(&x->report) || !well;
    return fault_none;
}

enum fault import_run(const struct import_wish *wish, bool *missing_out)
{
    struct import x = { .wish = wish, .store = wish->store, .class = classes[wish->kind], .now_us = clock_wall_us(), .report.is_dry = wish->is_dry };
    *missing_out = false;
    x.arena = arena_create(1 << 14, 64 << 20);
    if (!x.arena) return fault_unavailable;
    x.taker = wish->files ? file_taker_create(wish->files) : NULL;
    enum fault fault = open_source(&x);
    if (!fault) fault = run_and_count(&x, missing_out);
    if (x.reader) x.class->close(x.reader);
    file_taker_destroy(x.taker);
    struct table *tables[] = { &x.people, &x.rooms, &x.names, &x.seen, &x.waiting };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) table_fini(tables[i]);
    arena_destroy(x.arena);
    return fault;
}
