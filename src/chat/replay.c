/* The replay: everything that happened in a room since a number, in order. Runs on a reading lane, in one snapshot.

   Two stores are merged: messages (each holds the number of its posting) and changes (every other lasting event). Each is read in order up to a
   bound, and is known to be complete up to some number; the answer goes as far as both are. Numbers may be missing where a newer read mark has
   replaced an older one: `to` says what has been covered, not the last event. */
#include "chat/replay.h"

enum { text_max_bytes = 1 << 20 };

/* Both halves of the answer, each in order, and how far each is complete. */
struct halves {
    struct message_page posts;
    struct change_page changes;
    int64_t posts_to, changes_to;
};

static enum fault read_halves(struct ask *ask, struct room_id room, int64_t after, size_t limit, int64_t head, struct halves *out)
{
    enum fault fault = store_message_after(ask->store, room, after, limit, text_max_bytes, ask->arena, &out->posts);
    if (!fault) fault = store_change_after(ask->store, room, after, limit, text_max_bytes, ask->arena, &out->changes);
    if (fault) return fault;
    out->posts_to = out->posts.more ? out->posts.messages[out->posts.n - 1].seq : head;
    out->changes_to = out->changes.more ? out->changes.events[out->changes.n - 1].seq : head;
    return fault_none;
}

static struct event *posted(struct arena *arena, const struct message *m)
{
    struct event *e = arena_new(arena, struct event);
    e->kind = event_message_posted, e->room = m->room, e->seq = m->seq, e->at_us = m->created_us, e->by = m->author, e->message = *m;
    return e;
}

/* The next event of both halves, NULL when neither has one up to `to`. */
static struct event *next_event(struct arena *arena, struct halves *h, size_t *i_post, size_t *i_change, int64_t to)
{
    int64_t post = *i_post < h->posts.n ? h->posts.messages[*i_post].seq : INT64_MAX;
    int64_t change = *i_change < h->changes.n ? h->changes.events[*i_change].seq : INT64_MAX;
    if (post > to && change > to) return NULL;
    if (post < change) return posted(arena, &h->posts.messages[(*i_post)++]);
    return &h->changes.events[(*i_change)++];
}

static void merge(struct arena *arena, struct halves *h, size_t limit, struct room_changes_out *out)
{
    size_t i_post = 0, i_change = 0;
    struct event *e = NULL;
    out->to = h->posts_to < h->changes_to ? h->posts_to : h->changes_to;
    out->events = arena_array(arena, struct event *, limit);
    while (out->n < limit && (e = next_event(arena, h, &i_post, &i_change, out->to))) out->events[out->n++] = e;
    if (e) out->to = e->seq;
}

enum fault replay_read(struct ask *ask, struct room_id room, int64_t after, size_t limit, int64_t head, struct room_changes_out *out)
{
    struct halves halves;
    enum fault fault = read_halves(ask, room, after, limit, head, &halves);
    if (!fault) merge(ask->arena, &halves, limit, out);
    return fault;
}

enum fault room_changes(struct ask *ask)
{
    const struct room_changes_in *in = &ask->c->in.room_changes;
    struct room_changes_out *out = &ask->c->out.room_changes;
    size_t limit = in->limit < REPLAY_EVENTS_MAX ? in->limit : REPLAY_EVENTS_MAX;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (in->after < 0) return ask_refuse(ask, fault_invalid, "after");
    out->head = place.head;
    out->reload = in->after > place.head;
    out->to = out->reload || !limit ? in->after : place.head;
    if (out->reload || !limit || in->after == place.head) return fault_none;
    return replay_read(ask, in->room, in->after, limit, place.head, out);
}
