/* Subscriptions: who listens to which room, and from where. The states are drawn in state.h; catching up is in chase.c. Runs on the loop's
   thread. Owns every subscription and room.

   Always: a room exists as long as somebody subscribes to it, in whatever state; a listener's subscriptions stand in the order in which they are to be caught up. */
#include "hub/state.h"
#include <assert.h>
#include <stdlib.h>

struct hub_room *hub_room_find(struct hub *hub, struct room_id id)
{
    struct hub_room *room;
    HASH_FIND(hh, hub->rooms, &id.v, sizeof id.v, room);
    return room;
}

static struct recent *recent_of(struct hub *hub, struct room_id room)
{
    return &hub->recent[hash_u64((uint64_t)room.v) % HUB_RECENT];
}

void hub_remember(struct hub *hub, struct room_id room, int64_t seq)
{
    struct recent *recent = recent_of(hub, room);
    if (id_eq(recent->room, room) && recent->seq > seq) return;
    *recent = (struct recent){ room, seq, loop_now_ms(hub->loop) };
}

static struct hub_room *room_make(struct hub *hub, struct room_id id)
{
    struct hub_room *room = hub_room_find(hub, id);
    if (room) return room;
    room = calloc(1, sizeof *room);
    if (!room) abort();
    room->id = id, room->hub = hub;
    blocked_recall(room);
    list_init(&room->touched);
    const struct recent *recent = recent_of(hub, id);
    if (room_is_address(id))
        room->last = 0; /* nothing that lasts is told there, so nothing can be missed */
    else if (id_eq(recent->room, id))
        room->last = recent->seq;
    else
        room->unsure = !id_none(recent->room) && loop_now_ms(hub->loop) - recent->at_ms < HUB_RECENT_MS;
    HASH_ADD(hh, hub->rooms, id.v, sizeof room->id.v, room);
    return room;
}

struct subscription *subscription_find(const struct listener *l, struct room_id room)
{
    struct subscription *s = l->subs;
    while (s && !id_eq(s->room->id, room)) s = s->next;
    return s;
}

bool hub_hears(const struct listener *l, struct room_id room)
{
    const struct subscription *s = subscription_find(l, room);
    return s && (s->state == sub_ready || s->state == sub_live);
}

/* Whoever was found to have left, in what was replayed, hears nothing more. */
void subscription_settle(struct subscription *s)
{
    struct listener *l = s->listener;
    if (s->room->last > s->after) {
        s->state = sub_paused;
        return;
    }
    event_unref(s->farewell);
    s->farewell = NULL;
    room_flush(s->room);
    audience_add(s, s->room->last && s->room->last == s->after);
    if (s->told && l->presenter->caught_up) l->presenter->caught_up(l->conn, s->room->id, s->after);
    s->told = s->begun = false;
    if (s->left) room_leave(l, s->room->id);
}

/* A head that is known to be fresh needs no query. */
static bool knows_all(const struct subscription *s, int64_t head)
{
    return s->after == head && !s->room->unsure && s->after >= s->room->sure_from;
}

void hub_subscribe(struct listener *l, struct room_id room, int64_t after, int64_t head)
{
    hub_subscribe_channel(l, room, (struct room_id){ 0 }, after, head);
}

void hub_subscribe_channel(struct listener *l, struct room_id room, struct room_id guild, int64_t after, int64_t head)
{
    struct subscription **end = &l->subs;
    for (; *end; end = &(*end)->next)
        if (id_eq((*end)->room->id, room)) return;
    if (l->closing) return;
    struct subscription *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->listener = l, s->after = after, s->history = head;
    s->state = sub_paused;
    s->room = room_make(l->hub, room);
    s->room->n_subs++;
    if (!id_none(guild)) s->room->guild = guild;
    *end = s;
    if (knows_all(s, head)) subscription_settle(s);
    chase_next(l);
}

static void drop(struct subscription *s)
{
    struct hub_room *room = s->room;
    chase_abandon(s);
    event_unref(s->farewell);
    if (s->state == sub_ready || s->state == sub_live) audience_drop(s);
    free(s);
    if (--room->n_subs > 0) return;
    assert(!room->audiences);
    if (room->last) hub_remember(room->hub, room->id, room->last);
    list_remove(&room->touched);
    HASH_DEL(room->hub->rooms, room);
    free(room);
}

void hub_unsubscribe(struct listener *l, struct room_id room)
{
    struct subscription **link = &l->subs;
    while (*link && !id_eq((*link)->room->id, room)) link = &(*link)->next;
    struct subscription *s = *link;
    if (!s) return;
    *link = s->next;
    drop(s);
    chase_next(l);
}

void hub_follow_desk(struct listener *l)
{
    hub_subscribe(l, DESK_HALL, 0, 0);
    hub_subscribe(l, room_of_person(l->person->id), 0, 0);
}

void hub_leave_desk(struct listener *l)
{
    hub_unsubscribe(l, DESK_HALL);
    hub_unsubscribe(l, room_of_person(l->person->id));
}

void subscriptions_drop(struct listener *l)
{
    while (l->subs) {
        struct subscription *s = l->subs;
        l->subs = s->next;
        drop(s);
    }
}

/* Out of the audiences by the old connection, which may be encoded for otherwise, and in by the new one. */
void hub_rehome(struct listener *l, struct conn *to)
{
    for (struct subscription *s = l->subs; s; s = s->next)
        if (s->state == sub_ready || s->state == sub_live) audience_drop(s);
    l->conn = to;
    for (struct subscription *s = l->subs; s; s = s->next)
        if (s->state == sub_ready || s->state == sub_live) audience_add(s, s->state == sub_live);
}
