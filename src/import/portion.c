/* Records come in stretches: as many as one transaction shall write, and no more than fit a bounded memory. One thread. */
#include "import/private.h"

static void forget(struct import *x, enum old_noun noun, const struct old_record *record)
{
    report_skip(&x->report, noun, record->shown, "%s", record->broken);
}

/* The texts of a record alone; whoever reads a stretch stops when they are many. */
static size_t bytes_of(enum old_noun noun, const struct old_record *r)
{
    return noun == old_message ? r->message.text.n + r->message.file_url.n : 64;
}

enum fault portion_read(struct import *x, enum old_noun noun, enum import_noun kept, struct portion *out)
{
    size_t n_bytes = 0;
    struct old_record record;
    *out = (struct portion){ .arena = arena_create(1 << 20, portion_arena_bytes_max), .more = true };
    if (!out->arena) return fault_unavailable;
    out->records = arena_array(out->arena, struct old_record, portion_max), out->ids = arena_array(out->arena, struct span, portion_max);
    out->known = arena_array(out->arena, int64_t, portion_max), out->parts = arena_array(out->arena, int64_t, portion_max);
    while (out->n < portion_max && n_bytes < portion_bytes_max && (out->more = x->class->next(x->reader, out->arena, &record))) {
        x->report.tallies[noun].n_read++;
        if (record.broken) {
            forget(x, noun, &record);
            continue;
        }
        n_bytes += bytes_of(noun, &record);
        out->ids[out->n] = record.id, out->records[out->n++] = record;
    }
    report_progress(&x->report, noun);
    return x->source && kept ? store_import_find(x->store, x->source, kept, out->ids, out->n, out->known, out->parts) : fault_none;
}

void portion_drop(struct portion *p)
{
    arena_destroy(p->arena);
    p->arena = NULL;
}

enum fault import_begin(struct import *x)
{
    return import_is_dry(x) ? fault_none : store_begin(x->store);
}

enum fault import_end(struct import *x, enum fault fault)
{
    if (import_is_dry(x)) return fault;
    if (!fault) return store_commit(x->store);
    store_abort(x->store);
    return fault;
}

int64_t import_time(struct import *x, int64_t us)
{
    if (us > 0) x->last_us = us;
    return us > 0 ? us : x->last_us ? x->last_us : x->now_us;
}
