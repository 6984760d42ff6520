/* The way of a parcel from the table to the courier and back. Loop thread. Owns the batches under way and the results that are not yet settled.
   Always: a claimed parcel is under way, or its result waits here, or its lease runs out; n_under_way + n_results never passes the results' room. */
#include "dispatch/state.h"
#include "base/log.h"
#include <stdlib.h>

const struct actor dispatch_house = { 0 };

/* ---- Settling */

static void settled(void *user, struct command *c)
{
    struct dispatch *d = user;
    d->settling = false;
    if (c->fault) {
        LOG(warn, "dispatch.not_settled", log_str("fault", fault_word(c->fault)), log_int("results", (int64_t)d->n_settling));
    } else {
        for (int kind = 0; kind < PARCEL_KINDS; kind++) d->figures.n_dropped[kind] += c->out.parcel_settle.n_given_up[kind];
        d->n_results -= d->n_settling;
        memmove(d->results, d->results + d->n_settling, d->n_results * sizeof *d->results);
    }
    bool ok = !c->fault;
    d->n_settling = 0;
    command_destroy(c);
    if (ok) dispatch_settle(d);
}

void dispatch_settle(struct dispatch *d)
{
    if (d->settling || d->stopping || !d->n_results) return;
    size_t n = d->n_results < PARCEL_CLAIM_MAX ? d->n_results : PARCEL_CLAIM_MAX;
    struct command *c = command_create(command_parcel_settle, dispatch_house);
    c->in.parcel_settle.results = arena_array(c->arena, struct parcel_result, n);
    c->in.parcel_settle.n = n;
    memcpy(c->in.parcel_settle.results, d->results, n * sizeof *d->results);
    d->settling = true, d->n_settling = n;
    gate_submit(d->config.gate, c, settled, d);
}

/* ---- Coming home */

static void batch_release(struct batch *b)
{
    if (--b->n_out) return;
    for (size_t i = 0; i < b->n; i++) freight_unload(&b->freights[i]);
    command_destroy(b->claim);
    command_destroy(b->load);
    free(b->freights);
    free(b);
}

static void note(struct dispatch *d, const struct freight *f, enum parcel_verdict verdict)
{
    const struct parcel *p = &f->parcel;
    const struct shipment *s = &f->shipment;
    d->results[d->n_results++] = (struct parcel_result){ .id = p->id, .target = p->target, .seq = p->seq, .kind = p->kind, .verdict = verdict,
        .status = s->status, .retry_after_s = s->retry_after_s, .attempts = p->attempts, .expires_us = p->expires_us };
    bool is_taken = verdict == parcel_delivered, has_failed = !is_taken && verdict != parcel_void;
    d->figures.n_sent[p->kind] += is_taken;
    d->figures.n_failed[p->kind] += has_failed;
    if (has_failed)
        LOG(info, "dispatch.not_delivered", log_int("kind", p->kind), log_int("target", p->target), log_str("fault", fault_word(s->fault)),
            log_int("status", s->status), log_int("attempt", p->attempts));
}

static void come_home(struct letter *l)
{
    struct freight *f = container_of(container_of(l, struct shipment, home), struct freight, shipment);
    struct dispatch *d = f->dispatch;
    d->n_under_way--;
    if (!d->stopping) note(d, f, verdict_of(f->parcel.kind, f->shipment.fault, f->shipment.status));
    batch_release(f->batch);
    dispatch_settle(d);
    if (!d->stopping && !d->n_under_way) dispatch_look(d);
}

/* ---- Setting out */

static void set_out(struct dispatch *d, struct freight *f)
{
    if (!f->content->stands) {
        note(d, f, parcel_void);
        batch_release(f->batch);
        return;
    }
    freight_load(f);
    f->shipment.home.open = come_home;
    f->shipment.to = loop_mailbox(d->config.loop);
    d->n_under_way++;
    outbound_send(d->outbound, &f->shipment);
}

static void loaded(void *user, struct command *c)
{
    struct batch *b = user;
    struct dispatch *d = b->freights->dispatch;
    size_t n = b->n;
    bool ok = !c->fault && !d->stopping;
    d->asking = false;
    b->load = c, b->n_out = ok ? n : 1;
    for (size_t i = 0; ok && i < n; i++) {
        b->freights[i].content = &c->out.parcel_load.contents[i];
        set_out(d, &b->freights[i]);
    }
    if (!ok) batch_release(b); /* the leases run out */
    dispatch_settle(d);
    if (ok && n == PARCEL_CLAIM_MAX) dispatch_look(d);
}

static void claimed(void *user, struct command *c)
{
    struct dispatch *d = user;
    size_t n = c->out.parcel_claim.n;
    d->asking = !c->fault && n && !d->stopping;
    if (!d->asking) {
        command_destroy(c);
        return;
    }
    struct batch *b = calloc(1, sizeof *b);
    if (!b || !(b->freights = calloc(n, sizeof *b->freights))) abort();
    b->claim = c, b->n = n;
    for (size_t i = 0; i < n; i++)
        b->freights[i].dispatch = d, b->freights[i].batch = b, b->freights[i].parcel = c->out.parcel_claim.parcels[i];
    struct command *load = command_create(command_parcel_load, dispatch_house);
    load->in.parcel_load = (struct parcel_load_in){ c->out.parcel_claim.parcels, n };
    gate_submit(d->config.gate, load, loaded, b);
}

static void heard(void *user, struct command *c)
{
    struct dispatch *d = user;
    bool due = !c->fault && c->out.parcel_due.due;
    if (!c->fault) notices_wanted(d, c->out.parcel_due.pushes, c->out.parcel_due.hooks);
    command_destroy(c);
    d->asking = due && !d->stopping;
    if (!d->asking) return;
    struct command *claim = command_create(command_parcel_claim, dispatch_house);
    claim->in.parcel_claim.max = PARCEL_CLAIM_MAX;
    gate_submit(d->config.gate, claim, claimed, d);
}

void dispatch_look(struct dispatch *d)
{
    bool full = d->n_under_way + d->n_results + PARCEL_CLAIM_MAX > DISPATCH_UNDER_WAY_MAX;
    if (d->asking || d->stopping || full || !d->ready) return;
    d->asking = true;
    gate_submit(d->config.gate, command_create(command_parcel_due, dispatch_house), heard, d);
}

static void released(void *user, struct command *c)
{
    struct dispatch *d = user;
    d->ready = !c->fault, d->releasing = false;
    command_destroy(c);
}

/* What the program before had in hand when it ended is due again. */
static void release(struct dispatch *d)
{
    if (d->releasing) return;
    d->releasing = true;
    gate_submit(d->config.gate, command_create(command_parcel_release, dispatch_house), released, d);
}

static void tick(void *arg)
{
    struct dispatch *d = arg;
    if (d->stopping) return;
    if (!d->ready) release(d);
    dispatch_settle(d);
    dispatch_look(d);
    notices_tick(d);
    alarm_set(d->tick, DISPATCH_TICK_MS);
}

/* ---- From outside */

struct dispatch *dispatch_create(const struct dispatch_config *config)
{
    struct dispatch *d = calloc(1, sizeof *d);
    if (!d) abort();
    d->config = *config;
    d->outbound = outbound_create(&config->outbound);
    d->tick = alarm_create(config->loop, tick, d);
    alarm_set(d->tick, 1);
    notices_begin(d);
    return d;
}

void dispatch_stop(struct dispatch *d)
{
    d->stopping = true;
}

void dispatch_leave_loop(struct dispatch *d)
{
    alarm_destroy(d->tick);
    d->tick = NULL;
    d->stopping = true;
}

void dispatch_end(struct dispatch *d)
{
    outbound_destroy(d->outbound);
    d->outbound = NULL;
}

void dispatch_destroy(struct dispatch *d)
{
    if (!d) return;
    notices_end(d);
    free(d);
}

void dispatch_figures(const struct dispatch *d, struct dispatch_figures *out)
{
    *out = d->figures;
    out->n_under_way = d->n_under_way, out->n_rooms = d->notices.n_rooms;
}
