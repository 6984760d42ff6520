/* Notices: made of events that are committed, behind the commit, so that posting knows nothing of them. The room dispatch looks (reading lane), decides
   whom to tell, and writes (writing lane): the parcels and the room's mark in one transaction. So a crash between the two loses nothing and
   makes nothing twice; the mark moves only from where it was looked at. Runs on lanes; only dispatch asks. */
#include "chat/replay.h"

enum fault notice_behind(struct ask *ask)
{
    struct notice_behind_out *out = &ask->c->out.notice_behind;
    return store_notice_behind(ask->store, NOTICE_ROOMS_MAX, ask->arena, &out->rooms, &out->n);
}

static enum fault read_listeners(struct ask *ask, struct room_id room, int64_t n_members, struct notice_look_out *out)
{
    enum fault fault = store_notice_targets(ask->store, room, n_members, ask->now_us, ask->arena, &out->targets, &out->n_targets);
    if (!fault) fault = store_outgoing_of_room(ask->store, room, ask->arena, &out->hooks, &out->n_hooks);
    out->nobody = !out->n_targets && !out->n_hooks;
    return fault;
}

static int64_t first_to_look_at(const struct notice_look_in *in, const struct notice_look_out *out)
{
    int64_t after = out->from >= 0 ? out->from : in->heard > 0 ? in->heard - 1 : out->head;
    return out->head - after > NOTICE_BEHIND_MAX ? out->head - NOTICE_BEHIND_MAX : after;
}

enum fault notice_look(struct ask *ask)
{
    const struct notice_look_in *in = &ask->c->in.notice_look;
    struct notice_look_out *out = &ask->c->out.notice_look;
    int64_t n_members = 0;
    enum fault fault = store_notice_mark(ask->store, in->room, &out->from);
    if (!fault) fault = store_notice_room(ask->store, in->room, &out->head, &n_members);
    if (fault == fault_not_found) {
        out->nobody = true;
        return fault_none;
    }
    if (!fault) fault = read_listeners(ask, in->room, n_members, out);
    if (fault || out->nobody) return fault;
    int64_t after = first_to_look_at(in, out);
    out->to = after;
    if (after >= out->head) return fault_none;
    fault = replay_read(ask, in->room, after, NOTICE_EVENTS_MAX, out->head, &out->changes);
    out->to = out->changes.to;
    return fault;
}

static enum fault write_bodies(struct ask *ask, const struct notice_write_in *in)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < in->n_bodies && !fault; i++) {
        struct parcel p = { .kind = parcel_hook, .target = in->bodies[i].hook, .room = in->room, .seq = in->to, .body = in->bodies[i].body,
                            .due_us = ask->now_us, .created_us = ask->now_us, .expires_us = ask->now_us + PARCEL_HOOK_LIFE_S * INT64_C(1000000) };
        fault = store_parcel_insert(ask->store, &p);
    }
    return fault;
}

enum fault notice_write(struct ask *ask)
{
    const struct notice_write_in *in = &ask->c->in.notice_write;
    struct notice_write_out *out = &ask->c->out.notice_write;
    enum fault fault = store_notice_move(ask->store, in->room, in->from, in->to, &out->moved);
    if (fault || !out->moved) return fault;
    fault = store_parcel_push(ask->store, in->room, in->pushes, in->n_pushes, ask->now_us);
    return fault ? fault : write_bodies(ask, in);
}

/* ---- What a parcel needs on its way */

static enum fault load(struct ask *ask, const struct parcel *p, struct parcel_content *out)
{
    switch (p->kind) {
    case parcel_push: return store_push_content(ask->store, p, ask->arena, out);
    case parcel_hook: return store_outgoing_content(ask->store, p, ask->arena, out);
    case parcel_mail: break;
    }
    *out = (struct parcel_content){ .stands = true };
    return fault_none;
}

enum fault parcel_load(struct ask *ask)
{
    const struct parcel_load_in *in = &ask->c->in.parcel_load;
    struct parcel_load_out *out = &ask->c->out.parcel_load;
    enum fault fault = fault_none;
    out->contents = arena_array(ask->arena, struct parcel_content, in->n);
    for (size_t i = 0; i < in->n && !fault; i++) fault = load(ask, &in->parcels[i], &out->contents[i]);
    return fault;
}
