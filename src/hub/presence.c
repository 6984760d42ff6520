/* Who is here. Each loop knows the sockets of its own listeners and is told of the other loops' people by passing events: best effort, and
   labelled so. Presence reaches only those who watch the person. Runs on the loop's thread. */
#include "hub/state.h"
#include <stdlib.h>

struct hub_person *person_find(const struct hub *hub, struct account_id id)
{
    struct hub_person *p;
    HASH_FIND(hh, hub->people, &id.v, sizeof id.v, p);
    return p;
}

struct hub_person *person_get(struct hub *hub, struct account_id id)
{
    struct hub_person *p = person_find(hub, id);
    if (p) return p;
    p = calloc(1, sizeof *p);
    if (!p) abort();
    p->id = id;
    list_init(&p->listeners);
    list_init(&p->watchers);
    HASH_ADD(hh, hub->people, id.v, sizeof p->id.v, p);
    return p;
}

void person_release(struct hub *hub, struct hub_person *p)
{
    if (p->loops || !list_empty(&p->listeners) || !list_empty(&p->watchers)) return;
    HASH_DEL(hub->people, p);
    free(p);
}

static void set_online(struct hub *hub, struct hub_person *p, int loop, bool on)
{
    bool was = p->loops != 0;
    uint64_t bit = 1ull << (unsigned)(loop & 63);
    p->loops = on ? p->loops | bit : p->loops & ~bit;
    bool is = p->loops != 0;
    if (was == is) return;
    hub->n_online += is ? 1 : (size_t)-1;
    struct event e = { .kind = event_presence, .subject.id = p->id, .on = is };
    list_each_safe(node, tmp, &p->watchers)
        deliver_to(container_of(node, struct watch_link, of_person)->listener, &e, false);
}

/* To the other loops; this one has just applied it. */
static void announce(struct hub *hub, struct account_id who, bool on)
{
    if (hub->n_loops < 2) return;
    struct event e = { .kind = event_presence, .subject.id = who, .on = on, .origin = loop_index(hub->loop) };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(hub->gate, copy);
}

void presence_arrive(struct listener *l)
{
    struct hub *hub = l->hub;
    bool first = list_empty(&l->person->listeners);
    list_append(&l->person->listeners, &l->of_person);
    if (!first) return;
    set_online(hub, l->person, loop_index(hub->loop), true);
    announce(hub, l->person->id, true);
}

void presence_leave(struct listener *l)
{
    struct hub *hub = l->hub;
    struct hub_person *p = l->person;
    list_remove(&l->of_person);
    if (list_empty(&p->listeners)) {
        set_online(hub, p, loop_index(hub->loop), false);
        announce(hub, p->id, false);
    }
    person_release(hub, p);
}

void presence_apply(struct hub *hub, const struct event *e)
{
    if (e->origin == loop_index(hub->loop)) return;
    struct hub_person *p = person_get(hub, e->subject.id);
    set_online(hub, p, e->origin, e->on);
    person_release(hub, p);
}

bool hub_is_online(const struct hub *hub, struct account_id account)
{
    const struct hub_person *p = person_find(hub, account);
    return p && p->loops;
}

size_t hub_n_online(const struct hub *hub)
{
    return hub->n_online;
}

void watches_drop(struct listener *l)
{
    for (uint32_t i = 0; i < l->n_watches; i++) {
        list_remove(&l->watches[i].of_person);
        person_release(l->hub, l->watches[i].person);
    }
    free(l->watches);
    l->watches = NULL;
    l->n_watches = 0;
}

/* Earlier in the list that is being taken: then its link is the newest of the person's watchers. */
static bool was_named(const struct listener *l, const struct hub_person *p)
{
    return !list_empty(&p->watchers) && container_of(p->watchers.prev, struct watch_link, of_person)->listener == l;
}

static void watch_person(struct listener *l, struct hub_person *p)
{
    struct watch_link *w = &l->watches[l->n_watches++];
    w->listener = l, w->person = p;
    list_append(&p->watchers, &w->of_person);
}

void hub_watch(struct listener *l, const struct account_id *accounts, size_t n, bool *online_out)
{
    if (n > HUB_WATCH_MAX) n = HUB_WATCH_MAX;
    watches_drop(l);
    if (n == 0) return;
    l->watches = calloc(n, sizeof *l->watches);
    if (!l->watches) abort();
    for (size_t i = 0; i < n; i++) {
        struct hub_person *p = person_get(l->hub, accounts[i]);
        online_out[i] = p->loops != 0;
        if (!was_named(l, p)) watch_person(l, p);
    }
}
