/* Who is here. Each loop knows the sockets of its own listeners and is told of the other loops' people by passing events: best effort, and
   labelled so. Presence reaches only those who watch the person. Runs on the loop's thread.

       a device comes, goes, or says how it is ──► set_loop: the person has moved (to the other loops, at the end of the turn) and perhaps changed
       (to the watchers, at the end of the turn, or when the last telling is PRESENCE_PAUSE_MS ago)

   However many people come at once, a watcher gets one frame a telling and a person is told of once in it, and not at all when they are again as
   they were.

   When the last device on this loop goes, the time is noted and written in portions: at most one command in PRESENCE_DEPART_MS, or one for
   PRESENCE_LEFT_MAX people, or when nobody is left here. It may be lost with the process: best effort like all of presence. */
#include "base/clock.h"
#include "hub/state.h"
#include <stdlib.h>

#define PRESENCE_PAUSE_MS 250
#define PRESENCE_DEPART_MS 5000

/* ---- People */

static enum presence status_of(const struct hub_person *p)
{
    if (p->loops[presence_dnd]) return presence_dnd;
    if (p->loops[presence_online]) return presence_online;
    return p->loops[presence_idle] ? presence_idle : presence_offline;
}

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
    list_init(&p->moved);
    list_init(&p->changed);
    HASH_ADD(hh, hub->people, id.v, sizeof p->id.v, p);
    return p;
}

void person_release(struct hub *hub, struct hub_person *p)
{
    bool pending = !list_empty(&p->moved) || !list_empty(&p->changed);
    if (pending || status_of(p) || !list_empty(&p->listeners) || !list_empty(&p->watchers)) return;
    HASH_DEL(hub->people, p);
    free(p);
}

/* ---- How people are */

static enum presence status_on(const struct hub_person *p, int loop)
{
    uint64_t bit = 1ull << (unsigned)(loop & 63);
    for (enum presence status = presence_online; status < presence_count; status++)
        if (p->loops[status] & bit) return status;
    return presence_offline;
}

static void set_loop(struct hub *hub, struct hub_person *p, int loop, enum presence status)
{
    bool was = status_of(p) != presence_offline;
    uint64_t bit = 1ull << (unsigned)(loop & 63);
    for (int i = 0; i < presence_count; i++) p->loops[i] &= ~bit;
    if (status) p->loops[status] |= bit;
    bool is = status_of(p) != presence_offline;
    if (was != is) hub->n_online += is ? 1 : (size_t)-1;
    if (list_empty(&p->changed)) list_append(&hub->changed, &p->changed);
    hook_arm(hub->loop, hook_deliver, &hub->presence);
}

/* As its devices on this loop are. */
static void settle(struct hub *hub, struct hub_person *p)
{
    bool seen[presence_count] = { false };
    list_each(node, &p->listeners) seen[container_of(node, struct listener, of_person)->status] = true;
    enum presence now = seen[presence_dnd] ? presence_dnd : seen[presence_online] ? presence_online : seen[presence_idle] ? presence_idle : presence_offline;
    if (now == status_on(p, loop_index(hub->loop))) return;
    set_loop(hub, p, loop_index(hub->loop), now);
    if (hub->n_loops > 1 && list_empty(&p->moved)) list_append(&hub->moved, &p->moved);
}

/* ---- Telling the other loops */

static void announce(struct hub *hub, struct hub_person *p)
{
    enum presence now = status_on(p, loop_index(hub->loop));
    if (now == p->announced) return;
    p->announced = (uint8_t)now;
    struct event e = { .kind = event_presence, .subject.id = p->id, .on = now != presence_offline, .status = now, .at_us = p->left_us,
                       .origin = loop_index(hub->loop) };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(hub->gate, copy);
}

static void announce_moved(struct hub *hub)
{
    while (!list_empty(&hub->moved)) {
        struct hub_person *p = container_of(hub->moved.next, struct hub_person, moved);
        list_remove(&p->moved);
        announce(hub, p);
        person_release(hub, p);
    }
}

/* Of one's own loop it is known already. */
void presence_apply(struct hub *hub, const struct event *e)
{
    if (e->origin == loop_index(hub->loop)) return;
    struct hub_person *p = person_get(hub, e->subject.id);
    if (!e->on) p->left_us = e->at_us;
    set_loop(hub, p, e->origin, e->status);
}

/* ---- Telling those who watch */

static void hear(struct list *hearers, struct listener *l, const struct event *e)
{
    if (!l->news) {
        l->news = malloc(sizeof *l->news);
        if (!l->news) abort();
        l->news->listener = l;
        buf_init(&l->news->out, 4 * HUB_FRAME_BYTES);
        list_append(hearers, &l->news->node);
    }
    struct presentation p = { .out = &l->news->out, .deflate = ws_deflates(l->conn) };
    l->presenter->present(&p, e);
}

static void tell_of(struct hub_person *p, struct list *hearers)
{
    enum presence now = status_of(p);
    struct event e = { .kind = event_presence, .subject.id = p->id, .on = now != presence_offline, .status = now, .at_us = now ? 0 : p->left_us };
    list_each(node, &p->watchers)
    {
        struct watch_link *w = container_of(node, struct watch_link, of_person);
        if (w->told == now) continue;
        w->told = (uint8_t)now;
        hear(hearers, w->listener, &e);
    }
}

/* A slow reader may lose it. */
static void hand_out(struct list *hearers)
{
    while (!list_empty(hearers)) {
        struct news *news = container_of(hearers->next, struct news, node);
        struct listener *l = news->listener;
        list_remove(&news->node);
        l->news = NULL;
        if (news->out.n) {
            struct frame *f = frame_create(buf_span(&news->out), true);
            conn_push(l->conn, f);
            frame_unref(f);
        }
        buf_fini(&news->out);
        free(news);
    }
}

static void tell_changed(struct hub *hub)
{
    struct list hearers;
    list_init(&hearers);
    while (!list_empty(&hub->changed)) {
        struct hub_person *p = container_of(hub->changed.next, struct hub_person, changed);
        list_remove(&p->changed);
        tell_of(p, &hearers);
        person_release(hub, p);
    }
    hub->told_ms = loop_now_ms(hub->loop);
    hand_out(&hearers);
}

static void end_turn(struct hook *h)
{
    struct hub *hub = container_of(h, struct hub, presence);
    announce_moved(hub);
    bool again = hub->told_ms && loop_now_ms(hub->loop) - hub->told_ms < PRESENCE_PAUSE_MS;
    if (list_empty(&hub->changed)) return;
    if (again) timer_set(hub->loop, &hub->tell, PRESENCE_PAUSE_MS);
    else tell_changed(hub);
}

static void tell_late(struct timer *t)
{
    tell_changed(container_of(t, struct hub, tell));
}

/* ---- Writing down who has gone */

static void written_down(void *user, struct command *c)
{
    (void)user;
    command_destroy(c);
}

static void write_departed(struct hub *hub)
{
    struct departed *d = &hub->departed;
    timer_cancel(&hub->depart);
    if (!d->n) return;
    struct command *c = command_create(command_presence_left, (struct actor){ 0 });
    struct account_id *accounts = arena_array(c->arena, struct account_id, d->n);
    int64_t *at_us = arena_array(c->arena, int64_t, d->n);
    memcpy(accounts, d->accounts, d->n * sizeof *accounts);
    memcpy(at_us, d->at_us, d->n * sizeof *at_us);
    c->in.presence_left = (struct presence_left_in){ accounts, at_us, d->n };
    d->n = 0;
    gate_submit(hub->gate, c, written_down, hub);
}

static void write_late(struct timer *t)
{
    write_departed(container_of(t, struct hub, depart));
}

static void note_departed(struct hub *hub, struct hub_person *p)
{
    struct departed *d = &hub->departed;
    d->accounts[d->n] = p->id, d->at_us[d->n++] = clock_wall_us();
    p->left_us = p->shows_last_seen ? d->at_us[d->n - 1] : 0;
    if (d->n == PRESENCE_LEFT_MAX || hub->n_listeners == 0) write_departed(hub);
    else if (d->n == 1) timer_set(hub->loop, &hub->depart, PRESENCE_DEPART_MS);
}

/* ---- Devices come and go */

void presence_init(struct hub *hub)
{
    list_init(&hub->moved);
    list_init(&hub->changed);
    hook_init(&hub->presence, end_turn);
    timer_init(&hub->tell, tell_late);
    timer_init(&hub->depart, write_late);
}

void presence_arrive(struct listener *l)
{
    l->status = presence_online;
    l->hub->n_listeners++;
    list_append(&l->person->listeners, &l->of_person);
    settle(l->hub, l->person);
}

void presence_leave(struct listener *l)
{
    struct hub *hub = l->hub;
    struct hub_person *p = l->person;
    list_remove(&l->of_person);
    hub->n_listeners--;
    if (list_empty(&p->listeners)) note_departed(hub, p);
    settle(hub, p);
    person_release(hub, p);
}

void hub_set_status(struct listener *l, enum presence status)
{
    l->status = (uint8_t)status;
    settle(l->hub, l->person);
}

void hub_show_last_seen(struct listener *l, bool shows)
{
    l->person->shows_last_seen = shows;
}

enum presence hub_status(const struct hub *hub, struct account_id account)
{
    const struct hub_person *p = person_find(hub, account);
    return p ? status_of(p) : presence_offline;
}

/* Whoever watches the person, and their own devices. */
void presence_tell(struct hub *hub, const struct event *e)
{
    struct hub_person *p = person_find(hub, e->subject.id);
    if (!p) return;
    p->shows_last_seen = e->on;
    list_each_safe(node, tmp, &p->watchers) deliver_to(container_of(node, struct watch_link, of_person)->listener, e, false);
    list_each_safe(node, tmp, &p->listeners)
    {
        struct listener *l = container_of(node, struct listener, of_person);
        bool watches_self = false;
        for (uint32_t i = 0; i < l->n_watches; i++) watches_self |= l->watches[i].person == p;
        if (!watches_self) deliver_to(l, e, false);
    }
}

bool hub_is_online(const struct hub *hub, struct account_id account)
{
    return hub_status(hub, account) != presence_offline;
}

size_t hub_n_online(const struct hub *hub)
{
    return hub->n_online;
}

/* ---- Watching */

void watches_drop(struct listener *l)
{
    for (uint32_t i = 0; i < l->n_watches; i++) {
        list_remove(&l->watches[i].of_person);
        if (l->watches[i].person) person_release(l->hub, l->watches[i].person);
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
    w->listener = l, w->person = p, w->told = (uint8_t)status_of(p);
    list_append(&p->watchers, &w->of_person);
}

void hub_watch(struct listener *l, const struct account_id *accounts, size_t n, enum presence *status_out)
{
    if (n > HUB_WATCH_MAX) n = HUB_WATCH_MAX;
    watches_drop(l);
    if (n == 0) return;
    l->watches = calloc(n, sizeof *l->watches);
    if (!l->watches) abort();
    for (size_t i = 0; i < n; i++) {
        struct hub_person *p = person_get(l->hub, accounts[i]);
        status_out[i] = status_of(p);
        if (!was_named(l, p)) watch_person(l, p);
    }
}

static void stop_watching(struct hub_person *p, struct account_id watcher)
{
    struct event gone = { .kind = event_presence, .subject.id = p->id };
    list_each_safe(node, tmp, &p->watchers)
    {
        struct watch_link *w = container_of(node, struct watch_link, of_person);
        if (!id_eq(w->listener->person->id, watcher)) continue;
        list_remove(&w->of_person);
        w->person = NULL;
        if (w->told) deliver_to(w->listener, &gone, false);
    }
}

void presence_forbid(struct hub *hub, const struct event *e)
{
    struct hub_person *p = e->on ? person_find(hub, e->by.id) : NULL;
    if (!p) return;
    stop_watching(p, e->subject.id);
    person_release(hub, p);
}
