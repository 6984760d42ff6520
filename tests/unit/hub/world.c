/* See world.h. Everything but the taps runs on the loops' threads. */
#include "world.h"
#include "bus/bus_driver.h"
#include "net/detached.h"
#include "net/http.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The presenters */

static void say_event(struct presentation *p, const struct event *e, const char *detail, size_t n)
{
    char line[20000];
    int used = snprintf(line, sizeof line, "%lld %lld %s %c %.*s", (long long)e->room.v, (long long)e->seq, event_name(e->kind),
                        p->own ? 'o' : p->replay ? 'h' : 'l', (int)n, detail);
    presentation_text(p, span_make(line, (size_t)used));
}

static void present(struct presentation *p, const struct event *e)
{
    char detail[64];
    struct span text = e->kind == event_message_posted ? e->message.text : e->subject.username;
    if (e->kind == event_typing || e->kind == event_person_noticed)
        text = span_make(detail, (size_t)snprintf(detail, sizeof detail, "%lld %d", (long long)e->by.id.v, e->on));
    if (e->kind == event_presence)
        text = span_make(detail, (size_t)snprintf(detail, sizeof detail, e->status > presence_online ? "%lld %d %s" : "%lld %d",
                                                  (long long)e->subject.id.v, e->on, presence_word(e->status)));
    if (e->face) text = span_make(detail, (size_t)snprintf(detail, sizeof detail, "%lld", (long long)e->face->id.v));
    if (e->kind == event_room_read)
        text = span_make(detail, (size_t)snprintf(detail, sizeof detail, "%lld %lld", (long long)e->by.id.v, (long long)e->read));
    say_event(p, e, text.p, text.n);
}

static void tell(struct conn *c, struct room_id room, int64_t seq, const char *what)
{
    char line[64];
    ws_send_text(c, span_make(line, (size_t)snprintf(line, sizeof line, "%lld %lld %s", (long long)room.v, (long long)seq, what)));
}

static void caught_up(struct conn *c, struct room_id room, int64_t to) { tell(c, room, to, "caught_up"); }
static void reload(struct conn *c, struct room_id room, int64_t from) { tell(c, room, from, "reload"); }

static const struct presenter plain = { .name = "plain", .present = present, .revoked_code = 4001 };
static const struct presenter member = { .name = "member", .present = present, .caught_up = caught_up, .reload = reload,
    .follows_membership = true, .replay_max = RELOAD_ABOVE, .spares_author = true, .revoked_code = 4002 };

static const struct presenter narrow = { .name = "narrow", .present = present, .of_one_room = true, .revoked_code = 4003 };

static const struct presenter apart = { .name = "apart", .present = present, .follows_membership = true, .follows_kinds = 1u << room_group, .author_apart = true,
    .revoked_code = 4004 };

/* The sockets */

struct socket { struct listener *listener; struct conn *parked; };

static struct listener *listener_of(struct conn *c) { return ((struct socket *)ws_user(c))->listener; }

static void answer(struct conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void answer(struct conn *c, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ws_send_text(c, span_make(line, (size_t)n));
}

static void watch_people(struct conn *c, char *rest)
{
    struct account_id accounts[64];
    enum presence status[64];
    static const char *const words[presence_count] = { " 0", " 1", " 2", " 3" };
    char line[512] = "";
    size_t n = 0;
    for (char *word = strtok_r(NULL, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) accounts[n++].v = atoll(word);
    hub_watch(listener_of(c), accounts, n, status);
    for (size_t i = 0; i < n; i++) strcat(line, words[status[i]]);
    answer(c, "ok watch%s", line);
}

/* Parked: the listener hangs on a connection without a socket, and what it hears waits there. */

static void leave_waiting(struct conn *c) {}
static void forget_parked(struct conn *c, int code) {}
static const struct ws_handler parked_handler = { .on_frames = leave_waiting, .on_close = forget_parked };

static void park(struct conn *c)
{
    struct socket *s = ws_user(c);
    s->parked = detached_open(conn_net(c), c, &parked_handler, NULL);
    hub_rehome(s->listener, s->parked);
}

static void come_back(struct conn *c)
{
    struct socket *s = ws_user(c);
    hub_rehome(s->listener, c);
    for (struct frame *f; (f = detached_take(s->parked));) {
        conn_push(c, f);
        frame_unref(f);
    }
    ws_close(s->parked, 1000, "");
    s->parked = NULL;
}

static void on_text(struct conn *c, struct span text)
{
    char words[4096], *rest;
    long long args[4] = { 0 };
    assert(text.n < sizeof words);
    memcpy(words, text.p, text.n);
    words[text.n] = 0;
    char *verb = strtok_r(words, " ", &rest);
    if (strcmp(verb, "watch") == 0) {
        watch_people(c, rest);
        return;
    }
    for (int i = 0; i < 4; i++) {
        char *word = strtok_r(NULL, " ", &rest);
        if (word) args[i] = atoll(word);
    }
    struct room_id room = { args[0] };
    if (strcmp(verb, "sub") == 0) hub_subscribe(listener_of(c), room, args[1], args[2]);
    else if (strcmp(verb, "channel") == 0) hub_subscribe_channel(listener_of(c), room, (struct room_id){ args[1] }, args[2], args[3]);
    else if (strcmp(verb, "unsub") == 0) hub_unsubscribe(listener_of(c), room);
    else if (strcmp(verb, "blocked") == 0) hub_found_blocked(listener_of(c), room);
    else if (strcmp(verb, "type") == 0) answer(c, "ok type %d", hub_typing(listener_of(c), room, args[1]));
    else if (strcmp(verb, "status") == 0) hub_set_status(listener_of(c), (enum presence)args[0]);
    else if (strcmp(verb, "park") == 0) park(c);
    else if (strcmp(verb, "back") == 0) come_back(c);
    else if (strcmp(verb, "ping") == 0) answer(c, "ok ping %lld", args[0]);
    else abort();
}

static void on_drain(struct conn *c) { hub_drained(listener_of(c)); }

static void on_close(struct conn *c, int code)
{
    struct socket *s = ws_user(c);
    hub_forget(s->listener);
    if (s->parked) ws_close(s->parked, 1000, "");
    free(s);
}

static const struct ws_handler handler = { .on_text = on_text, .on_drain = on_drain, .on_close = on_close };

static void open_socket(struct request *r)
{
    struct world_loop *at = request_door(r);
    int64_t account, session;
    if (!request_is_websocket(r) || !span_to_i64(request_param(r, "account"), &account) || !span_to_i64(request_param(r, "session"), &session)) abort();
    struct span kind = request_param(r, "kind");
    const struct presenter *presenter = span_eq(kind, SPAN("member")) ? &member : span_eq(kind, SPAN("narrow")) ? &narrow
                                       : span_eq(kind, SPAN("apart")) ? &apart : &plain;
    struct actor actor = { { account }, { session } };
    char name[32];
    struct person who = { .id = actor.account, .username = span_make(name, (size_t)snprintf(name, sizeof name, "n%lld", (long long)account)) };
    struct conn *c = request_conn(r);
    struct socket *s = calloc(1, sizeof *s);
    http_accept_websocket(r, &handler, s, SPAN(""));
    s->listener = hub_listen(at->hub, c, presenter, actor, who);
}

static const struct route routes[] = { { "GET", "/ws/{account:int}/{session:int}/{kind}", open_socket, 0, route_websocket } };

/* The world */

void world_open_on(struct world *w, int n_loops, struct bus *bus, const char *prefix)
{
    house_open_on(&w->house, n_loops, bus, prefix);
    w->router = router_create();
    router_add(w->router, routes, 1);
    for (int i = 0; i < n_loops; i++) {
        struct world_loop *at = &w->loops[i];
        struct house_loop *of = &w->house.loops[i];
        *at = (struct world_loop){ .world = w, .loop = of->loop, .gate = of->client, .index = i };
        struct net_config config = { .loop = of->loop, .router = w->router, .door = at, .address = "127.0.0.1", .max_connections = 1000 };
        assert_int_equal(net_create(&config, &at->net), fault_none);
        at->port = net_port(at->net);
        at->hub = hub_create(of->loop, at->net, of->client, bus, n_loops);
    }
    house_run(&w->house);
}

void world_open(struct world *w, int n_loops, struct bus *bus)
{
    world_open_on(w, n_loops, bus, "");
}

static bool is_silent(void *arg)
{
    struct world_loop *at = arg;
    return net_n_connections(at->net) == 0 && gate_in_flight(at->gate) == 0;
}

void world_await_silence(struct world *w)
{
    for (int i = 0; i < w->house.n_loops; i++) assert_true(house_await(&w->house, i, is_silent, &w->loops[i]));
    world_sync(w);
}

static void take_down_net(void *arg)
{
    struct world_loop *at = arg;
    net_destroy(at->net);
}

struct census { const struct hub *hub; size_t n; };

static void take_census(void *arg)
{
    struct census *census = arg;
    census->n = hub_n_online(census->hub);
}

size_t world_n_online(struct world *w, int loop)
{
    struct census census = { .hub = w->loops[loop].hub };
    house_do(&w->house, loop, take_census, &census);
    return census.n;
}

/* A turn of a loop ends, and what it sent to the others lies in their mailboxes before ours. */
struct turn { struct hook hook; struct loop *loop; _Atomic bool over; };

static void end_turn(struct hook *h)
{
    atomic_store(&container_of(h, struct turn, hook)->over, true);
}

static void begin_turn(void *arg)
{
    struct turn *turn = arg;
    hook_init(&turn->hook, end_turn);
    hook_arm(turn->loop, hook_flush, &turn->hook);
}

static bool turn_is_over(void *arg)
{
    return atomic_load(&((struct turn *)arg)->over);
}

void world_sync(struct world *w)
{
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < w->house.n_loops; i++) {
            struct turn turn = { .loop = w->loops[i].loop };
            house_do(&w->house, i, begin_turn, &turn);
            assert_true(house_await(&w->house, i, turn_is_over, &turn));
        }
}

/* As the station does: sockets, then lanes, then loops, then the hubs. */
void world_close(struct world *w)
{
    struct house *h = &w->house;
    world_await_silence(w);
    for (int i = 0; i < h->n_loops && !w->loses_presence; i++) assert_int_equal(world_n_online(w, i), 0);
    for (int i = 0; i < h->n_loops; i++) house_do(h, i, take_down_net, &w->loops[i]);
    house_stop(h);
    house_close(h);
    for (int i = 0; i < h->n_loops; i++) hub_destroy(w->loops[i].hub);
    router_destroy(w->router);
}

/* The tapped bus */

struct tap {
    struct bus bus;
    atomic_int n_lose, n_double;
};

static bool take_one(atomic_int *n)
{
    int left = atomic_load(n);
    while (left > 0)
        if (atomic_compare_exchange_weak(n, &left, left - 1)) return true;
    return false;
}

/* Chains of passing events go through: nobody counts on them. */
static void tap_publish(struct bus *bus, struct event *chain)
{
    struct tap *tap = (struct tap *)bus;
    bool lasting = chain->seq != 0;
    if (lasting && take_one(&tap->n_lose)) {
        bus_drop(chain);
        return;
    }
    if (lasting && take_one(&tap->n_double)) {
        for (struct event *e = chain; e; e = e->next) event_ref(e);
        bus_mail(bus, chain);
    }
    bus_mail(bus, chain);
}

static void tap_destroy(struct bus *bus) { free(bus); }

struct bus *bus_create_tapped(struct world *w)
{
    w->tap = calloc(1, sizeof *w->tap);
    w->tap->bus.publish = tap_publish;
    w->tap->bus.destroy = tap_destroy;
    return &w->tap->bus;
}

void tap_lose(struct world *w, int n_chains) { atomic_store(&w->tap->n_lose, n_chains); }
void tap_double(struct world *w, int n_chains) { atomic_store(&w->tap->n_double, n_chains); }
