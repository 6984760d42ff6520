/* Who has read which message, one by one (the receipts). What lies below a member's mark is read anyway; import_settle moves the marks. One thread. */
#include "import/private.h"

/* Sorts out what cannot be said here; returns how many are left, packed to the front. */
static size_t sort_out(struct import *x, const struct portion *p, int64_t *messages, int64_t *parts, int64_t *accounts, size_t *nth)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct old_record *r = &p->records[i];
        struct entry *person = table_find(&x->people, r->read.person);
        bool has_message = messages[i] || (import_is_dry(x) && table_find(&x->seen, r->read.message));
        if (has_message && person) messages[n] = messages[i], parts[n] = parts[i], accounts[n] = person->id, nth[n++] = i;
        else report_skip(&x->report, old_read, r->shown, "%s does not exist", person ? "its message" : "its reader");
    }
    return n;
}

static enum fault write_portion(struct import *x, struct portion *p)
{
    struct tally *t = &x->report.tallies[old_read];
    struct span keys[portion_max];
    int64_t messages[portion_max] = { 0 }, parts[portion_max] = { 0 }, accounts[portion_max];
    enum import_read became[portion_max] = { 0 };
    size_t nth[portion_max], n_new = 0;
    for (size_t i = 0; i < p->n; i++) keys[i] = p->records[i].read.message;
    enum fault fault = x->source ? store_import_find(x->store, x->source, import_message, keys, p->n, messages, parts) : fault_none;
    if (fault) return fault;
    size_t n = sort_out(x, p, messages, parts, accounts, nth);
    if (import_is_dry(x)) return t->n_new += (int64_t)n, fault_none;
    fault = import_begin(x);
    if (!fault) fault = import_end(x, store_import_reads(x->store, messages, parts, accounts, n, became));
    for (size_t i = 0; i < n && !fault; i++) {
        n_new += became[i] == import_read_new;
        t->n_there += became[i] == import_read_known;
        if (became[i] == import_read_stranger) report_skip(&x->report, old_read, p->records[nth[i]].shown, "its reader is not in that room");
    }
    t->n_new += (int64_t)n_new;
    return fault;
}

enum fault import_reads(struct import *x)
{
    struct portion p;
    enum fault fault = fault_none;
    do {
        fault = portion_read(x, old_read, 0, &p);
        if (!fault) fault = write_portion(x, &p);
        portion_drop(&p);
    } while (!fault && p.more);
    return fault;
}
