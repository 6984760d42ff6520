/* Who listens on this loop, and what the bus brings. Runs on the loop's thread and owns every listener, room and person in it; holds events
   only while it reads a letter. */
#include "hub/state.h"
#include <assert.h>
#include <stdlib.h>

void listener_end(struct listener *l)
{
    l->closing = true;
    subscriptions_drop(l);
    ws_close(l->conn, l->presenter->revoked_code, "session over");
}

static void close_session(struct hub *hub, const struct event *e)
{
    struct hub_person *p = person_find(hub, e->subject.id);
    hub->ended[hub->n_ended++ % HUB_ENDED] = e->session;
    if (!p) return;
    list_each_safe(node, tmp, &p->listeners)
    {
        struct listener *l = container_of(node, struct listener, of_person);
        bool is_meant = id_none(e->session) || id_eq(l->session, e->session);
        if (is_meant && !l->closing) listener_end(l);
    }
}

static bool has_ended(const struct hub *hub, struct session_id session)
{
    for (int i = 0; i < HUB_ENDED; i++)
        if (id_eq(hub->ended[i], session)) return !id_none(session);
    return false;
}

static void deliver_to_person(struct hub *hub, struct account_id account, const struct event *e)
{
    struct hub_person *p = person_find(hub, account);
    if (!p) return;
    list_each_safe(node, tmp, &p->listeners)
        deliver_to(container_of(node, struct listener, of_person), e, false);
}

static void take_back_farewell(struct subscription *s)
{
    event_unref(s->farewell);
    s->farewell = NULL;
}

/* A person who joins starts to hear the room with this very event; one who leaves hears it as the last. */
static void follow_join(struct hub *hub, const struct event *e)
{
    struct hub_person *p = person_find(hub, e->subject.id);
    if (!p) return;
    list_each_safe(node, tmp, &p->listeners)
    {
        struct listener *l = container_of(node, struct listener, of_person);
        unsigned kinds = l->presenter->follows_kinds;
        if (!l->presenter->follows_membership || (kinds && !(kinds & 1u << e->room_kind))) continue;
        struct subscription *s = subscription_find(l, e->room);
        if (s) take_back_farewell(s);
        else hub_subscribe(l, e->room, e->seq - 1, e->seq - 1);
        guild_joined(l, e);
    }
}

/* A listener that is still catching up hears of its leaving in its turn, or as the last word when it may not read the rest any more. */
static void leave_behind(struct subscription *s, const struct event *e)
{
    if (s->after >= e->seq) return;
    take_back_farewell(s);
    s->farewell = (struct event *)e;
    event_ref(s->farewell);
}

static void follow_leave(struct hub *hub, const struct event *e)
{
    struct hub_person *p = person_find(hub, e->subject.id);
    if (!p) return;
    list_each_safe(node, tmp, &p->listeners)
    {
        struct listener *l = container_of(node, struct listener, of_person);
        struct subscription *s = l->presenter->follows_membership || l->presenter->of_one_room ? subscription_find(l, e->room) : NULL;
        if (s && l->presenter->of_one_room) listener_end(l);
        else if (s && s->state == sub_live) room_leave(l, e->room);
        else if (s) leave_behind(s, e);
    }
}

/* An agent hears the hall; who is one no more hears neither hall nor word of chats, through whatever door. */
static void follow_desk(struct hub *hub, const struct event *e)
{
    struct hub_person *p = person_find(hub, e->subject.id);
    if (!p) return;
    list_each_safe(node, tmp, &p->listeners)
    {
        struct listener *l = container_of(node, struct listener, of_person);
        if (e->desk_role == desk_role_none) hub_leave_desk(l);
        else if (l->presenter->follows_desk) hub_follow_desk(l);
        deliver_to(l, e, false);
    }
}

static void take_event(struct hub *hub, const struct event *e)
{
    struct hub_room *room;
    switch (e->kind) {
    case event_session_revoked: close_session(hub, e); return;
    case event_room_removed: room_end(hub, e); return;
    case event_person_changed: presence_tell(hub, e); return;
    case event_presence: presence_apply(hub, e); return;
    case event_typing:
        if (e->origin == loop_index(hub->loop)) return;
        if ((room = hub_room_find(hub, e->room)) && !room->blocked) deliver_passing(room, e);
        return;
    case event_desk_agent_changed: follow_desk(hub, e); return;
    case event_desk_told:
    case event_desk_message:
    case event_desk_status:
    case event_desk_said:
    case event_person_noticed:
    case event_read_by_all:
        if ((room = hub_room_find(hub, e->room))) deliver_passing(room, e);
        return;
    case event_draft_changed: deliver_to_person(hub, e->by.id, e); return;
    case event_message_read:
    case event_message_repeated: deliver_to_person(hub, e->subject.id, e); return;
    case event_block_changed:
        deliver_to_person(hub, e->by.id, e);
        presence_forbid(hub, e);
        blocked_changed(hub, e);
        return;
    case event_room_read:
        if (!e->own_only) break;
        deliver_to_person(hub, e->by.id, e);
        return;
    case event_member_joined:
        follow_join(hub, e);
        break;
    case event_message_posted:
    case event_message_edited:
    case event_message_deleted:
    case event_reaction_added:
    case event_reaction_removed:
    case event_member_left:
    case event_member_changed:
    case event_room_changed:
    case event_channel_added:
    case event_channel_changed:
    case event_channel_removed:
    case event_message_pinned:
    case event_message_unpinned:
    case event_desk_moved:
    case event_desk_noted:
    case event_kind_count:
        break;
    }
    bool is_news = deliver_lasting(hub, e);
    if (!is_news) return;
    if (e->kind == event_member_left) follow_leave(hub, e);
    if (e->kind == event_desk_moved) room_sift(hub_room_find(hub, e->room), e);
    if (e->kind == event_channel_added || e->kind == event_channel_removed) guild_changed(hub_room_find(hub, e->room), e);
}

static void read_bus(void *arg, struct event *chain)
{
    struct hub *hub = arg;
    if (hub->tap) hub->tap(hub->tap_arg, chain);
    for (const struct event *e = chain; e; e = e->next) take_event(arg, e);
}

static void deliver_turn(struct hook *h)
{
    struct hub *hub = container_of(h, struct hub, deliver);
    struct list held;
    list_init(&held);
    while (!list_empty(&hub->touched)) {
        struct hub_room *room = container_of(hub->touched.next, struct hub_room, touched);
        if (room_waits(room)) {
            list_remove(&room->touched);
            list_append(&held, &room->touched);
        } else {
            room_flush(room);
        }
    }
    list_splice(&hub->touched, &held);
}

struct hub *hub_create(struct loop *loop, struct net *net, struct gate_client *gate, struct bus *bus, int n_loops)
{
    struct hub *hub = calloc(1, sizeof *hub);
    if (!hub) abort();
    hub->loop = loop, hub->net = net, hub->gate = gate, hub->n_loops = n_loops;
    list_init(&hub->touched);
    hook_init(&hub->deliver, deliver_turn);
    chase_init(hub);
    presence_init(hub);
    bus_listen(bus, loop_mailbox(loop), read_bus, hub);
    return hub;
}

void hub_leave_loop(struct hub *hub)
{
    alarm_destroy(hub->waited);
    hub->waited = NULL;
}

/* All listeners must have been forgotten: their connections are gone. What is left are people known to be on other loops. */
void hub_destroy(struct hub *hub)
{
    if (!hub) return;
    assert(!hub->rooms && list_empty(&hub->retries));
    struct hub_person *p, *next;
    HASH_ITER(hh, hub->people, p, next)
    {
        HASH_DEL(hub->people, p);
        free(p);
    }
    free(hub);
}

void hub_tap(struct hub *hub, bus_listener_fn *fn, void *arg)
{
    hub->tap = fn, hub->tap_arg = arg;
}

struct listener *hub_listen(struct hub *hub, struct conn *c, const struct presenter *presenter, struct actor actor, struct person who)
{
    struct listener *l = calloc(1, sizeof *l + person_bytes(&who));
    if (!l) abort();
    char *at = l->texts;
    l->hub = hub, l->conn = c, l->presenter = presenter, l->session = actor.session;
    l->n_username = (uint8_t)who.username.n, l->n_name = (uint16_t)who.name.n, l->n_avatar = (uint8_t)who.avatar.n, l->bot = who.bot;
    person_move(&who, &at);
    list_init(&l->of_person);
    l->person = person_get(hub, actor.account);
    presence_arrive(l);
    if (has_ended(hub, l->session)) listener_end(l);
    return l;
}

void hub_forget(struct listener *l)
{
    subscriptions_drop(l);
    watches_drop(l);
    presence_leave(l);
    free(l);
}

struct actor listener_actor(const struct listener *l)
{
    return (struct actor){ .account = l->person->id, .session = l->session };
}

static struct person speaker(const struct listener *l)
{
    const char *name = l->texts + l->n_username;
    return (struct person){ l->person->id, { l->texts, l->n_username }, { name, l->n_name }, { name + l->n_name, l->n_avatar }, l->bot };
}

enum fault hub_typing(struct listener *l, struct room_id room, bool on)
{
    struct subscription *s = subscription_find(l, room);
    if (!s) return fault_not_found;
    if (s->room->blocked) return fault_forbidden;
    struct person who = speaker(l);
    struct event e = { .kind = event_typing, .room = room, .by = who, .on = on, .origin = loop_index(l->hub->loop) };
    deliver_passing(s->room, &e);
    if (l->hub->n_loops > 1) {
        struct event *copy = event_copy(&e);
        if (copy) gate_announce(l->hub->gate, copy);
    }
    return fault_none;
}
