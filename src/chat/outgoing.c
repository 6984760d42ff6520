/* Outgoing hooks: which events they hear, who may make them. What they are told is made by dispatch of committed events. Runs on a lane.
   The secret is kept as it is: it signs. It is shown once. */
#include "chat/ask.h"
#include "chat/secret.h"

enum { secret_bytes = 32 };

/* Bits are stored: never renumber. */
static const struct {
    const char *name;
    enum event_kind kind;
} heard[] = {
    { "message_posted", event_message_posted },   { "message_edited", event_message_edited }, { "message_deleted", event_message_deleted },
    { "reaction_added", event_reaction_added },   { "reaction_removed", event_reaction_removed },
    { "member_joined", event_member_joined },     { "member_left", event_member_left },       { "member_changed", event_member_changed },
    { "room_changed", event_room_changed },
};
enum { n_heard = sizeof heard / sizeof *heard };

int64_t outgoing_bit(const struct event *e)
{
    for (int i = 0; i < n_heard; i++)
        if (heard[i].kind == e->kind) return INT64_C(1) << i;
    return 0;
}

int64_t outgoing_bit_of_name(struct span name)
{
    for (int i = 0; i < n_heard; i++)
        if (span_eq(name, span_of(heard[i].name))) return INT64_C(1) << i;
    return 0;
}

const char *outgoing_next_name(int64_t events, size_t *at)
{
    while (*at < n_heard)
        if (events >> (*at)++ & 1) return heard[*at - 1].name;
    return NULL;
}

static enum fault check(struct ask *ask, const struct outgoing_create_in *in)
{
    if (!url_fits(in->url, OUTGOING_URL_MAX_BYTES)) return ask_refuse(ask, fault_invalid, "url");
    if (!in->events || in->events >> n_heard) return ask_refuse(ask, fault_invalid, "events");
    if (in->secret.n && (in->secret.n < OUTGOING_SECRET_MIN_BYTES || in->secret.n > OUTGOING_SECRET_MAX_BYTES))
        return ask_refuse(ask, fault_invalid, "secret");
    return fault_none;
}

enum fault outgoing_create(struct ask *ask)
{
    const struct outgoing_create_in *in = &ask->c->in.outgoing_create;
    struct outgoing_create_out *out = &ask->c->out.outgoing_create;
    struct outgoing_view *others;
    size_t n_others;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_hook_manage, &place);
    if (!fault) fault = check(ask, in);
    if (!fault) fault = store_outgoing_list(ask->store, in->room, ask->arena, &others, &n_others);
    if (fault) return fault;
    if (n_others >= HOOKS_MAX) return ask_refuse(ask, fault_too_large, "hooks");
    out->secret = in->secret.n ? in->secret : secret_make(ask->arena, secret_bytes);
    out->hook = (struct outgoing_view){ .room = in->room, .url = in->url, .events = in->events, .author = ask->account.person, .created_us = ask->now_us };
    return store_outgoing_insert(ask->store, &out->hook, out->secret, &out->hook.id);
}

enum fault outgoing_list(struct ask *ask)
{
    struct outgoing_list_out *out = &ask->c->out.outgoing_list;
    struct place place;
    enum fault fault = ask_place(ask, ask->c->in.outgoing_list.room, verb_hook_manage, &place);
    return fault ? fault : store_outgoing_list(ask->store, place.room, ask->arena, &out->hooks, &out->n);
}

enum fault outgoing_delete(struct ask *ask)
{
    struct place place;
    enum fault fault = ask_place(ask, ask->c->in.outgoing_delete.room, verb_hook_manage, &place);
    if (fault) return fault;
    fault = store_outgoing_delete(ask->store, place.room, ask->c->in.outgoing_delete.id);
    return fault == fault_not_found ? ask_refuse(ask, fault, "hook") : fault;
}

static enum fault find(struct ask *ask, struct room_id room, int64_t id)
{
    struct outgoing_view *hooks;
    size_t n;
    enum fault fault = store_outgoing_list(ask->store, room, ask->arena, &hooks, &n);
    for (size_t i = 0; i < n && !fault; i++)
        if (hooks[i].id == id) return hooks[i].n_waiting < OUTGOING_WAITING_MAX ? fault_none : ask_refuse(ask, fault_limited, "hook");
    return fault ? fault : ask_refuse(ask, fault_not_found, "hook");
}

/* A parcel without a room: it goes out also when the hook is switched off, and switches it on again when it gets through. */
enum fault outgoing_test(struct ask *ask)
{
    const struct outgoing_test_in *in = &ask->c->in.outgoing_test;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_hook_manage, &place);
    if (!fault) fault = find(ask, in->room, in->id);
    if (fault) return fault;
    struct parcel p = { .kind = parcel_hook, .target = in->id, .body = in->body, .due_us = ask->now_us, .created_us = ask->now_us,
                        .expires_us = ask->now_us + 60 * INT64_C(1000000) };
    return store_parcel_insert(ask->store, &p);
}
