/* Presence as far as it is stored: looked up before somebody watches, written in portions as people go. Runs on a lane. */
#include "chat/ask.h"

enum fault presence_look(struct ask *ask)
{
    const struct presence_look_in *in = &ask->c->in.presence_look;
    struct presence_look_out *out = &ask->c->out.presence_look;
    if (in->n > PRESENCE_LOOK_MAX) return ask_refuse(ask, fault_too_large, "accounts");
    if (!in->n) return fault_none;
    out->people = arena_array(ask->arena, struct presence_view, in->n);
    return store_presence_look(ask->store, ask->account.person.id, in->accounts, in->n, out->people, &out->n);
}

enum fault presence_left(struct ask *ask)
{
    const struct presence_left_in *in = &ask->c->in.presence_left;
    if (in->n > PRESENCE_LEFT_MAX) return ask_refuse(ask, fault_too_large, "accounts");
    return in->n ? store_presence_left(ask->store, in->accounts, in->at_us, in->n) : fault_none;
}
