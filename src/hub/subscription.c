/* Subscriptions and catching up by sequence: the promise that a listener hears every lasting event once, in order. The states are drawn in
   state.h. Runs on the loop's thread. A query under way (chase) outlives its subscription and then comes back to nobody. */
#include "hub/state.h"
#include <stdlib.h>

#define RETRY_AFTER_MS 1000

struct chase {
    struct list node; /* in hub->retries */
    struct hub *hub;
    struct subscription *s; /* NULL: nobody waits any more */
};

static void ask(struct chase *chase);
static void chase_done(void *user, struct command *command);

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
    *recent_of(hub, room) = (struct recent){ room, seq, loop_now_ms(hub->loop) };
}

static struct hub_room *room_make(struct hub *hub, struct room_id id)
{
    struct hub_room *room = hub_room_find(hub, id);
    if (room) return room;
    room = calloc(1, sizeof *room);
    if (!room) abort();
    room->id = id, room->hub = hub;
    list_init(&room->touched);
    const struct recent *recent = recent_of(hub, id);
    if (id_eq(recent->room, id))
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

bool hub_is_subscribed(const struct listener *l, struct room_id room)
{
    return subscription_find(l, room) != NULL;
}

/* It knows everything up to s->after. If the loop has seen more meanwhile it asks again; otherwise it listens. */
static void settle(struct subscription *s)
{
    if (s->room->last > s->after) {
        subscription_chase(s);
        return;
    }
    room_flush(s->room);
    audience_add(s, s->room->last && s->room->last == s->after);
    if (s->told && s->listener->presenter->caught_up) s->listener->presenter->caught_up(s->listener->conn, s->room->id, s->after);
    s->told = s->begun = false;
}

void hub_subscribe(struct listener *l, struct room_id room, int64_t after, int64_t head)
{
    if (l->closing || subscription_find(l, room)) return;
    struct subscription *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->listener = l, s->after = after, s->history = head;
    s->state = sub_paused;
    s->room = room_make(l->hub, room);
    s->room->n_subs++;
    s->next = l->subs;
    l->subs = s;
    if (after == head && !s->room->unsure)
        settle(s);
    else
        subscription_chase(s);
}

static void drop(struct subscription *s)
{
    struct hub_room *room = s->room;
    if (s->chase) s->chase->s = NULL;
    if (s->state == sub_ready || s->state == sub_live) audience_drop(s);
    free(s);
    if (--room->n_subs > 0) return;
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
}

void subscriptions_drop(struct listener *l)
{
    while (l->subs) {
        struct subscription *s = l->subs;
        l->subs = s->next;
        drop(s);
    }
}

/* The chase */

void subscription_chase(struct subscription *s)
{
    if (s->state == sub_ready || s->state == sub_live) audience_drop(s);
    s->state = sub_chasing;
    struct chase *chase = malloc(sizeof *chase);
    if (!chase) abort();
    *chase = (struct chase){ .hub = s->listener->hub, .s = s };
    list_init(&chase->node);
    s->chase = chase;
    ask(chase);
}

static void ask(struct chase *chase)
{
    struct subscription *s = chase->s;
    struct command *c = command_create(command_room_changes, listener_actor(s->listener));
    c->in.room_changes = (struct room_changes_in){ .room = s->room->id, .after = s->after, .limit = HUB_CHASE_PAGE };
    gate_submit(s->listener->hub->gate, c, chase_done, chase);
}

static void tell(struct subscription *s, const struct room_changes_out *page)
{
    struct listener *l = s->listener;
    struct buf out;
    buf_init(&out, 64u << 20);
    struct presentation p = { .out = &out, .deflate = ws_deflates(l->conn) };
    for (size_t i = 0; i < page->n; i++) {
        p.replay = page->events[i]->seq <= s->history;
        l->presenter->present(&p, page->events[i]);
    }
    if (out.n) {
        struct frame *f = frame_create(buf_span(&out), false);
        conn_push(l->conn, f);
        frame_unref(f);
    }
    buf_fini(&out);
    s->told = s->told || page->to > s->after;
    s->after = page->to;
}

/* True when the first answer says that replaying is pointless: too much, or knowledge of another database. */
static bool must_reload(const struct subscription *s, const struct room_changes_out *page)
{
    const struct presenter *p = s->listener->presenter;
    if (s->begun || !p->reload) return false;
    return page->reload || (p->replay_max && page->head - s->after > p->replay_max);
}

static void take_page(struct subscription *s, const struct room_changes_out *page)
{
    struct listener *l = s->listener;
    if (s->history < 0) s->history = page->head;
    if (must_reload(s, page)) {
        l->presenter->reload(l->conn, s->room->id, page->head);
        s->after = page->head;
    } else if (page->reload) {
        s->after = page->head;
    } else {
        tell(s, page);
    }
    s->begun = true;
    s->room->unsure = false;
    s->state = sub_paused;
    if (s->after >= page->head)
        settle(s);
    else if (conn_queued_bytes(l->conn) < HUB_CHASE_PAUSE_BYTES)
        subscription_chase(s);
}

static void chase_done(void *user, struct command *command)
{
    struct chase *chase = user;
    struct subscription *s = chase->s;
    enum fault fault = command->fault;
    if (s && (fault == fault_busy || fault == fault_unavailable || fault == fault_internal)) {
        struct hub *hub = chase->hub;
        if (list_empty(&hub->retries)) timer_set(hub->loop, &hub->retry, RETRY_AFTER_MS);
        list_append(&hub->retries, &chase->node);
        command_destroy(command);
        return;
    }
    free(chase);
    if (s) {
        s->chase = NULL;
        if (fault == fault_none)
            take_page(s, &command->out.room_changes);
        else
            hub_unsubscribe(s->listener, s->room->id);
    }
    command_destroy(command);
}

static void retry_all(struct timer *t)
{
    struct hub *hub = container_of(t, struct hub, retry);
    struct list waiting;
    list_init(&waiting);
    list_splice(&waiting, &hub->retries);
    while (!list_empty(&waiting)) {
        struct chase *chase = container_of(waiting.next, struct chase, node);
        list_remove(&chase->node);
        if (chase->s)
            ask(chase);
        else
            free(chase);
    }
}

void chase_init(struct hub *hub)
{
    list_init(&hub->retries);
    timer_init(&hub->retry, retry_all);
}

void chase_fini(struct hub *hub)
{
    timer_cancel(&hub->retry);
    while (!list_empty(&hub->retries)) {
        struct chase *chase = container_of(hub->retries.next, struct chase, node);
        list_remove(&chase->node);
        free(chase);
    }
}

void hub_drained(struct listener *l)
{
    for (struct subscription *s = l->subs; s; s = s->next)
        if (s->state == sub_paused && !s->chase) subscription_chase(s);
}
