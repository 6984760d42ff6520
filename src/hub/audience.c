/* Delivery. All events of a turn for one room and one kind of reader become one frame: encoded once, hung on every socket by
   reference, so that a socket costs the same whether the turn brought one message or a hundred. Passing events travel in a frame of
   their own, which a slow reader may lose. */
#include "hub/state.h"
#include <stdlib.h>

struct audience *audience_of(const struct subscription *s)
{
    struct audience *a = s->room->audiences;
    while (a && (a->presenter != s->listener->presenter || a->deflate != ws_deflates(s->listener->conn))) a = a->next;
    return a;
}

static struct audience *audience_make(struct subscription *s)
{
    struct audience *a = calloc(1, sizeof *a);
    if (!a) abort();
    a->presenter = s->listener->presenter;
    a->deflate = ws_deflates(s->listener->conn);
    buf_init(&a->lasting, 4 * HUB_FRAME_BYTES);
    buf_init(&a->passing, 4 * HUB_FRAME_BYTES);
    a->next = s->room->audiences;
    s->room->audiences = a;
    return a;
}

static void put_at(struct audience *a, uint32_t index, struct subscription *s)
{
    a->subs[index] = s;
    a->conns[index] = s->listener->conn;
    s->index = index;
}

void audience_add(struct subscription *s, bool live)
{
    struct audience *a = audience_of(s);
    if (!a) a = audience_make(s);
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap + a->cap / 2 + 1 : 2;
        a->subs = realloc(a->subs, a->cap * sizeof *a->subs);
        a->conns = realloc(a->conns, a->cap * sizeof *a->conns);
        if (!a->subs || !a->conns) abort();
    }
    put_at(a, a->n++, s);
    s->state = sub_ready;
    if (live) audience_promote(a, s);
}

void audience_promote(struct audience *a, struct subscription *s)
{
    uint32_t from = s->index;
    put_at(a, from, a->subs[a->n_live]);
    put_at(a, a->n_live++, s);
    s->state = sub_live;
}

static void audience_free(struct hub_room *room, struct audience *gone)
{
    struct audience **link = &room->audiences;
    while (*link != gone) link = &(*link)->next;
    *link = gone->next;
    buf_fini(&gone->lasting);
    buf_fini(&gone->passing);
    free(gone->subs);
    free(gone->conns);
    free(gone);
}

/* What was built so far is hung on the sockets first: it was meant for this one too. */
void audience_drop(struct subscription *s)
{
    room_flush(s->room);
    struct audience *a = audience_of(s);
    uint32_t hole = s->index;
    if (s->state == sub_live) {
        put_at(a, hole, a->subs[--a->n_live]);
        hole = a->n_live;
    }
    if (hole != --a->n) put_at(a, hole, a->subs[a->n]);
    if (a->n == 0) audience_free(s->room, a);
}

void room_touch(struct hub_room *room)
{
    if (list_empty(&room->touched)) list_append(&room->hub->touched, &room->touched);
    hook_arm(room->hub->loop, hook_deliver, &room->hub->deliver);
}

static void hang(struct audience *a, struct buf *built, uint32_t n, bool droppable)
{
    if (built->n == 0) return;
    struct frame *f = frame_create(buf_span(built), droppable);
    buf_fini(built);
    conn_push_all(a->conns, n, f);
    frame_unref(f);
}

void room_flush(struct hub_room *room)
{
    if (list_empty(&room->touched)) return;
    list_remove(&room->touched);
    room->waits_since_ms = 0;
    for (struct audience *a = room->audiences; a; a = a->next) {
        hang(a, &a->passing, a->n, true);
        hang(a, &a->lasting, a->n_live, false);
    }
}

static void present(struct audience *a, struct buf *out, const struct event *e)
{
    struct presentation p = { .out = out, .deflate = a->deflate };
    a->presenter->present(&p, e);
}

void presentation_text(struct presentation *p, struct span text)
{
    if (p->deflate)
        ws_append_text_deflated(p->out, text);
    else
        ws_append_text(p->out, text);
}

/* A frame of its own, because the author's sockets do hear the others of this turn. */
static void deliver_sparing(struct audience *a, const struct event *e)
{
    hang(a, &a->passing, a->n, true);
    present(a, &a->passing, e);
    if (a->passing.n == 0) return;
    struct frame *f = frame_create(buf_span(&a->passing), true);
    buf_fini(&a->passing);
    for (uint32_t i = 0; i < a->n; i++)
        if (!id_eq(a->subs[i]->listener->person->id, e->by.id)) conn_push(a->conns[i], f);
    frame_unref(f);
}

void deliver_passing(struct hub_room *room, const struct event *e)
{
    room_touch(room);
    for (struct audience *a = room->audiences; a; a = a->next) {
        if ((a->presenter->spares_author && e->kind == event_typing) || (e->kind == event_desk_said && !e->on)) {
            deliver_sparing(a, e);
            continue;
        }
        if (a->passing.n > HUB_FRAME_BYTES) hang(a, &a->passing, a->n, true);
        present(a, &a->passing, e);
    }
}

static bool is_authors(const struct subscription *s, const struct event *e)
{
    return id_eq(s->listener->person->id, e->message.author.id);
}

static bool hears_author(const struct audience *a, const struct event *e)
{
    uint32_t i = 0;
    while (i < a->n_live && !is_authors(a->subs[i], e)) i++;
    return i < a->n_live;
}

static void push_to_side(struct audience *a, const struct event *e, bool own)
{
    struct presentation p = { .out = &a->lasting, .deflate = a->deflate, .own = own };
    a->presenter->present(&p, e);
    if (a->lasting.n == 0) return;
    struct frame *f = frame_create(buf_span(&a->lasting), false);
    buf_fini(&a->lasting);
    for (uint32_t i = 0; i < a->n_live; i++)
        if (is_authors(a->subs[i], e) == own) conn_push(a->conns[i], f);
    frame_unref(f);
}

/* Two encodings, however many read. What was built before goes first. */
static void deliver_apart(struct audience *a, const struct event *e)
{
    hang(a, &a->lasting, a->n_live, false);
    push_to_side(a, e, false);
    push_to_side(a, e, true);
}

/* Ready subscriptions for which this is the next event become live; those that lack something before it chase again. */
static void promote_ready(struct audience *a, int64_t seq)
{
    for (uint32_t i = a->n_live; i < a->n; i++) {
        struct subscription *s = a->subs[i];
        if (s->after == seq - 1) {
            if (a->lasting.n) hang(a, &a->lasting, a->n_live, false);
            audience_promote(a, s);
        }
    }
}

/* Falling behind takes a subscription out of its audience (another takes its place), and the last one ends the audience. */
static void chase_those_behind(struct hub_room *room, int64_t seq, bool gap)
{
    for (struct audience *a = room->audiences, *next; a; a = next) {
        next = a->next;
        for (uint32_t i = gap ? 0 : a->n_live; i < a->n;) {
            struct subscription *s = a->subs[i];
            bool behind = s->state == sub_live ? gap : s->after < seq - 1;
            if (!behind) {
                i++;
                continue;
            }
            if (s->state == sub_live) s->after = room->last;
            bool was_last = a->n == 1;
            subscription_fall_behind(s);
            if (was_last) break;
        }
    }
}

bool deliver_lasting(struct hub *hub, const struct event *e)
{
    struct hub_room *room = hub_room_find(hub, e->room);
    if (!room) hub_remember(hub, e->room, e->seq);
    if (!room || (room->last && e->seq <= room->last)) return false;
    bool gap = room->last && e->seq > room->last + 1;
    chase_those_behind(room, e->seq, gap);
    room->last = e->seq;
    room_touch(room);
    for (struct audience *a = room->audiences; a; a = a->next) {
        promote_ready(a, e->seq);
        if (a->n_live == 0) continue;
        if (a->lasting.n > HUB_FRAME_BYTES) hang(a, &a->lasting, a->n_live, false);
        if (a->presenter->author_apart && e->kind == event_message_posted && hears_author(a, e)) deliver_apart(a, e);
        else present(a, &a->lasting, e);
    }
    return true;
}

/* Unsubscribing takes another's place in the audience, and the last one ends it: hence one at a time. */
static struct listener *one_to_go(const struct hub_room *room, const struct event *e)
{
    for (const struct audience *a = room->audiences; a; a = a->next)
        for (uint32_t i = 0; a->presenter->hears_still && i < a->n; i++)
            if (!a->presenter->hears_still(a->conns[i], e)) return a->subs[i]->listener;
    return NULL;
}

void room_sift(struct hub_room *room, const struct event *e)
{
    struct room_id id = e->room;
    struct hub *hub = room ? room->hub : NULL;
    struct listener *gone;
    while (room && (gone = one_to_go(room, e))) {
        hub_unsubscribe(gone, id);
        room = hub_room_find(hub, id);
    }
}

void deliver_to(struct listener *l, const struct event *e, bool replay)
{
    struct buf out;
    buf_init(&out, 4 * HUB_FRAME_BYTES);
    struct presentation p = { .out = &out, .deflate = ws_deflates(l->conn), .replay = replay };
    l->presenter->present(&p, e);
    if (out.n) {
        struct frame *f = frame_create(buf_span(&out), false);
        conn_push(l->conn, f);
        frame_unref(f);
    }
    buf_fini(&out);
}
