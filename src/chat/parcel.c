/* The verbs of the outbox: is something due, take it, settle it; and how long the queues of the house are. Only the room dispatch asks them; no door offers them. Runs on a lane. */
#include "chat/parcel.h"
#include "base/rand.h"
#include "chat/ask.h"

enum { first_pause_s = 5, longest_pause_s = 3600, longest_asked_s = 86400 };

int64_t parcel_pause_s(int64_t attempts, int64_t retry_after_s)
{
    int64_t pause = first_pause_s, asked = retry_after_s < longest_asked_s ? retry_after_s : longest_asked_s;
    for (int64_t i = 1; i < attempts && pause < longest_pause_s; i++) pause *= 2;
    if (pause > longest_pause_s) pause = longest_pause_s;
    return pause > asked ? pause : asked;
}

enum fault parcel_due(struct ask *ask)
{
    return store_parcel_due(ask->store, ask->now_us, &ask->c->out.parcel_due);
}

enum fault queue_count(struct ask *ask)
{
    return store_queue_count(ask->store, &ask->c->out.queue_count);
}

enum fault parcel_release(struct ask *ask)
{
    return store_parcel_release(ask->store, ask->now_us);
}

enum fault parcel_claim(struct ask *ask)
{
    struct parcel_claim_out *out = &ask->c->out.parcel_claim;
    size_t max = ask->c->in.parcel_claim.max;
    if (max > PARCEL_CLAIM_MAX) max = PARCEL_CLAIM_MAX;
    return store_parcel_claim(ask->store, ask->now_us, ask->now_us + PARCEL_LEASE_S * INT64_C(1000000), max, ask->arena, &out->parcels, &out->n);
}

/* Up to a fifth later, so that what failed together does not come back together. */
static int64_t next_due_us(const struct ask *ask, const struct parcel_result *r)
{
    int64_t pause_us = parcel_pause_s(r->attempts, r->retry_after_s) * 1000000;
    return ask->now_us + pause_us + (int64_t)(rand_u64() % (uint64_t)(pause_us / 5));
}

/* Out of the table. A push makes room for a newer one of its room. */
static enum fault done(struct ask *ask, const struct parcel_result *r)
{
    if (r->kind == parcel_push) return store_parcel_push_done(ask->store, r->id, r->seq, ask->now_us);
    return store_parcel_delete(ask->store, r->id);
}

static enum fault try_later(struct ask *ask, const struct parcel_result *r)
{
    int64_t due_us = next_due_us(ask, r);
    if (due_us <= r->expires_us) return store_parcel_postpone(ask->store, r->id, due_us, r->status);
    ask->c->out.parcel_settle.n_given_up[r->kind]++;
    return done(ask, r);
}

static enum fault forget_subscription(struct ask *ask, const struct parcel_result *r)
{
    enum fault fault = store_push_delete(ask->store, r->target, (struct account_id){ 0 });
    return fault ? fault : store_parcel_delete_of(ask->store, parcel_push, r->target);
}

static enum fault settle(struct ask *ask, const struct parcel_result *r)
{
    bool is_hook = r->kind == parcel_hook && r->verdict != parcel_void;
    enum fault fault = is_hook ? store_outgoing_note(ask->store, r->target, r->verdict == parcel_delivered, r->status, ask->now_us) : fault_none;
    if (fault) return fault;
    switch (r->verdict) {
    case parcel_again: return try_later(ask, r);
    case parcel_gone: ask->c->out.parcel_settle.n_given_up[r->kind]++; return forget_subscription(ask, r);
    case parcel_refused: ask->c->out.parcel_settle.n_given_up[r->kind]++; break;
    case parcel_delivered:
    case parcel_void: break;
    }
    return done(ask, r);
}

enum fault parcel_settle(struct ask *ask)
{
    const struct parcel_settle_in *in = &ask->c->in.parcel_settle;
    enum fault fault = fault_none;
    for (size_t i = 0; i < in->n && !fault; i++) fault = settle(ask, &in->results[i]);
    return fault;
}
