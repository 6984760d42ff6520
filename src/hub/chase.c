/* Catching up by sequence: the promise that a listener hears every lasting event once, in order, at its own pace. Runs on the loop's thread. A
   query under way (a chase) outlives its subscription and then comes back to nobody.

   Always: a listener has at most one query under way, however many of its rooms are behind, and is told no more than its queue can bear: so
   catching up never closes a reader as too slow. The next query leaves when the last one was told and the queue is nearly empty. */
#include "hub/state.h"
#include <stdlib.h>

#define RETRY_AFTER_MS 1000

struct chase {
    struct list node; /* in hub->retries */
    struct hub *hub;
    struct subscription *s; /* NULL: nobody waits any more */
};

static void take_answer(void *user, struct command *command);

static void ask(struct chase *chase)
{
    struct subscription *s = chase->s;
    struct command *c = command_create(command_room_changes, listener_actor(s->listener));
    c->in.room_changes = (struct room_changes_in){ .room = s->room->id, .after = s->after, .limit = HUB_CHASE_PAGE };
    gate_submit(s->listener->hub->gate, c, take_answer, chase);
}

static struct subscription *first_paused(const struct listener *l)
{
    struct subscription *s = l->subs;
    while (s && s->state != sub_paused) s = s->next;
    return s;
}

void chase_next(struct listener *l)
{
    if (l->chase || !conn_hears(l->conn) || conn_queued_bytes(l->conn) >= HUB_CHASE_PAUSE_BYTES) return;
    struct subscription *s = first_paused(l);
    if (!s) return;
    struct chase *chase = malloc(sizeof *chase);
    if (!chase) abort();
    *chase = (struct chase){ .hub = l->hub, .s = s };
    list_init(&chase->node);
    l->chase = chase;
    s->state = sub_chasing;
    ask(chase);
}

void chase_abandon(struct subscription *s)
{
    struct chase *chase = s->listener->chase;
    if (!chase || chase->s != s) return;
    s->listener->chase = NULL;
    chase->s = NULL;
    if (list_empty(&chase->node)) return;
    list_remove(&chase->node);
    if (list_empty(&chase->hub->retries)) timer_cancel(&chase->hub->retry);
    free(chase);
}

void subscription_fall_behind(struct subscription *s)
{
    audience_drop(s);
    s->state = sub_paused;
    chase_next(s->listener);
}

void hub_drained(struct listener *l)
{
    chase_next(l);
}

/* Telling */

static void note_membership(struct subscription *s, const struct event *e)
{
    const struct listener *l = s->listener;
    if (!(l->presenter->follows_membership || l->presenter->of_one_room) || !id_eq(e->subject.id, l->person->id)) return;
    if (e->kind == event_member_left) s->left = true;
    if (e->kind == event_member_joined) s->left = false;
}

static void push(struct conn *c, const struct buf *built)
{
    if (built->n == 0) return;
    struct frame *f = frame_create(buf_span(built), false);
    conn_push(c, f);
    frame_unref(f);
}

/* As much of the page as the reader's queue can bear, but at least one event. */
static void tell(struct subscription *s, const struct room_changes_out *page)
{
    struct listener *l = s->listener;
    struct buf out;
    buf_init(&out, HUB_CHASE_TOLD_BYTES + 4 * HUB_FRAME_BYTES);
    struct presentation p = { .out = &out, .deflate = ws_deflates(l->conn) };
    size_t n = 0;
    while (n < page->n && (n == 0 || conn_queued_bytes(l->conn) + out.n < HUB_CHASE_TOLD_BYTES)) {
        const struct event *e = page->events[n++];
        p.replay = e->seq <= s->history;
        p.own = l->presenter->author_apart && e->kind == event_message_posted && id_eq(e->message.author.id, l->person->id);
        l->presenter->present(&p, e);
        note_membership(s, e);
        if (l->presenter->follows_membership) guild_changed_for(s, e);
    }
    push(l->conn, &out);
    buf_fini(&out);
    s->told = s->told || page->to > s->after;
    s->after = n < page->n ? page->events[n - 1]->seq : page->to;
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
    if (s->room->unsure) s->room->sure_from = page->head;
    s->room->unsure = false;
    s->state = sub_paused;
    if (s->after >= page->head) subscription_settle(s);
}

/* Whoever was thrown out while catching up may not read the rest, but is told that it is over, also when the
   word of it was lost. */
static void give_up(struct subscription *s)
{
    struct event removed = { .kind = event_room_removed, .room = s->room->id };
    deliver_to(s->listener, s->farewell ? s->farewell : &removed, false);
    room_leave(s->listener, s->room->id);
}

static void take_answer(void *user, struct command *command)
{
    struct chase *chase = user;
    struct subscription *s = chase->s;
    struct hub *hub = chase->hub;
    enum fault fault = command->fault;
    if (s && (fault == fault_busy || fault == fault_unavailable || fault == fault_internal)) {
        if (list_empty(&hub->retries)) timer_set(hub->loop, &hub->retry, RETRY_AFTER_MS);
        list_append(&hub->retries, &chase->node);
    } else if (s) {
        struct listener *l = s->listener;
        l->chase = NULL;
        if (fault == fault_none) take_page(s, &command->out.room_changes);
        else give_up(s);
        chase_next(l);
        free(chase);
    } else {
        free(chase);
    }
    command_destroy(command);
}

static void move_last(struct listener *l, struct subscription *s)
{
    struct subscription **link = &l->subs;
    while (*link != s) link = &(*link)->next;
    *link = s->next;
    while (*link) link = &(*link)->next;
    s->next = NULL;
    *link = s;
}

/* A room whose query fails again and again must not hold up the listener's other rooms. */
static void ask_again(struct chase *chase)
{
    struct listener *l = chase->s->listener;
    chase->s->state = sub_paused;
    move_last(l, chase->s);
    chase->s = first_paused(l);
    chase->s->state = sub_chasing;
    ask(chase);
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
        ask_again(chase);
    }
}

void chase_init(struct hub *hub)
{
    list_init(&hub->retries);
    timer_init(&hub->retry, retry_all);
}
