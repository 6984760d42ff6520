/* The gate on real lanes and a real database: results come home to the loop that asked, in order; events go out after the commit; full queues say
   busy; what was accepted is carried out to the last. */
#include "house.h"
#include "store/store_open.h"
#include <assert.h> /* on the loops' threads, where cmocka cannot jump */
#include <stdatomic.h>
#include <stdlib.h>

static _Thread_local int this_loop = -1;

static void mark_thread(void *arg) { this_loop = *(int *)arg; }

static void mark_threads(struct house *h)
{
    for (int i = 0; i < h->n_loops; i++) house_do(h, i, mark_thread, &i);
}

/* One after the other, in the order they were asked */

#define ASKED_MAX 600

struct asker {
    struct house *h;
    struct actor who;
    int loop, n_wanted, n_home, n_ok;
    int64_t seqs[ASKED_MAX];
    struct room_id room;
};

static void came_home(void *user, struct command *c)
{
    struct asker *a = user;
    char expected[16];
    snprintf(expected, sizeof expected, "%d", a->n_home);
    assert(this_loop == a->loop);
    assert(span_eq(c->in.message_post.text, span_of(expected)));
    if (c->fault == fault_none) a->n_ok++;
    a->seqs[a->n_home++] = c->out.message_post.message.seq;
    command_destroy(c);
}

static void ask_all(void *arg)
{
    struct asker *a = arg;
    char text[16];
    for (int i = 0; i < a->n_wanted; i++) {
        snprintf(text, sizeof text, "%d", i);
        gate_submit(a->h->loops[a->loop].client, post_command(a->who, a->room, text), came_home, a);
    }
}

static bool all_home(void *arg)
{
    const struct asker *a = arg;
    return a->n_home == a->n_wanted && gate_in_flight(a->h->loops[a->loop].client) == 0;
}

static void results_come_home_to_the_loop_that_asked_and_in_order(void **state)
{
    (void)state;
    struct house h;
    struct asker askers[2];
    struct gate_figures before, after;
    house_open(&h, 2, bus_create_local());
    house_run(&h);
    mark_threads(&h);
    for (int i = 0; i < 2; i++)
        askers[i] = (struct asker){ .h = &h, .who = house_register(&h, i ? "vali" : "ali"), .loop = i, .n_wanted = ASKED_MAX, .room = CHAT_LOBBY };
    gate_figures(h.gate, &before);
    for (int i = 0; i < 2; i++) house_do(&h, i, ask_all, &askers[i]);
    for (int i = 0; i < 2; i++) assert_true(house_await(&h, i, all_home, &askers[i]));
    gate_figures(h.gate, &after);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(askers[i].n_ok, ASKED_MAX);
        for (int j = 1; j < ASKED_MAX; j++) assert_true(askers[i].seqs[j] > askers[i].seqs[j - 1]);
    }
    assert_int_equal(after.n_commands - before.n_commands, 2 * ASKED_MAX);
    assert_true(after.n_commits - before.n_commits < ASKED_MAX / 10); /* the group commit */
    assert_int_equal(after.n_busy, 0);
    house_stop(&h);
    house_close(&h);
}

/* A result may ask on */

static void ask_on(void *user, struct command *c)
{
    struct asker *a = user;
    assert(this_loop == a->loop && c->fault == fault_none);
    command_destroy(c);
    if (++a->n_home < a->n_wanted) gate_submit(a->h->loops[a->loop].client, post_command(a->who, a->room, "on and on"), ask_on, a);
}

static void begin_asking_on(void *arg)
{
    struct asker *a = arg;
    gate_submit(a->h->loops[a->loop].client, post_command(a->who, a->room, "on and on"), ask_on, a);
}

static void a_result_may_ask_on(void **state)
{
    (void)state;
    struct house h;
    house_open(&h, 1, bus_create_local());
    house_run(&h);
    mark_threads(&h);
    struct asker a = { .h = &h, .who = house_register(&h, "ali"), .n_wanted = 100, .room = CHAT_LOBBY };
    house_do(&h, 0, begin_asking_on, &a);
    assert_true(house_await(&h, 0, all_home, &a));
    house_stop(&h);
    house_close(&h);
}

/* Events */

struct witness {
    struct store *store;
    struct chat chat;
    struct chat_rules rules;
    struct room_id room;
    struct actor who;
    int loop;
    _Atomic int64_t newest;
    int n_events, n_unsure; /* told before they could be read back */
};

static int64_t head_as_read(struct witness *w)
{
    struct command *c = command_create(command_room_get, w->who);
    c->in.room_get.room = w->room;
    chat_read(&w->chat, c);
    int64_t head = c->fault == fault_none ? c->out.room_get.room.head : -1;
    command_destroy(c);
    return head;
}

/* Reads the database on a connection of its own at the moment an event is heard. */
static void witness_hears(void *arg, struct event *chain)
{
    struct witness *w = arg;
    assert(this_loop == w->loop);
    for (struct event *e = chain; e; e = e->next) {
        if (e->kind != event_message_posted) continue;
        w->n_events++;
        if (head_as_read(w) < e->seq) w->n_unsure++;
        assert(e->seq == atomic_load(&w->newest) + 1);
        atomic_store(&w->newest, e->seq);
    }
}

static void events_go_out_after_the_commit_to_every_loop_in_order(void **state)
{
    (void)state;
    struct house h;
    struct witness witnesses[2] = { { .loop = 0 }, { .loop = 1 } };
    house_open(&h, 2, bus_create_local());
    for (int i = 0; i < 2; i++) bus_listen(h.bus, loop_mailbox(h.loops[i].loop), witness_hears, &witnesses[i]);
    house_run(&h);
    mark_threads(&h);
    struct actor ali = house_register(&h, "ali");
    for (int i = 0; i < 2; i++) {
        struct witness *w = &witnesses[i];
        w->room = CHAT_LOBBY, w->who = ali;
        assert_int_equal(store_open(h.url, db_reader, &w->store), fault_none);
        chat_init(&w->chat, &w->rules, w->store);
    }
    struct asker asker = { .h = &h, .who = ali, .loop = 1, .n_wanted = 200, .room = CHAT_LOBBY };
    house_do(&h, 1, ask_all, &asker);
    assert_true(house_await(&h, 1, all_home, &asker));
    int64_t last = house_post(&h, ali, CHAT_LOBBY, "the last");
    assert_int_equal(last, 201);
    for (int i = 0; i < 2; i++)
        for (int patience = 0; patience < 5000 && atomic_load(&witnesses[i].newest) < last; patience++) house_do(&h, i, mark_thread, &i);
    house_stop(&h);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(witnesses[i].n_events, 201);
        assert_int_equal(witnesses[i].n_unsure, 0);
        store_close(witnesses[i].store);
    }
    house_close(&h);
}

/* Passing events */

struct overheard { char order[8]; _Atomic int n; };

static void overhear(void *arg, struct event *chain)
{
    struct overheard *o = arg;
    for (struct event *e = chain; e; e = e->next)
        if (e->kind == event_typing || e->kind == event_message_posted) {
            o->order[o->n] = e->kind == event_typing ? 't' : 'm';
            o->n++;
        }
}

static void type_and_post(void *arg)
{
    struct asker *a = arg;
    struct gate_client *client = a->h->loops[0].client;
    gate_submit(client, post_command(a->who, a->room, "0"), came_home, a);
    gate_announce(client, event_copy(&(struct event){ .kind = event_typing, .room = a->room, .on = true }));
    gate_announce(client, event_copy(&(struct event){ .kind = event_typing, .room = a->room }));
}

static void a_notice_precedes_what_was_asked_in_the_same_turn(void **state)
{
    (void)state;
    struct house h;
    struct overheard ears[2] = { 0 };
    house_open(&h, 2, bus_create_local());
    for (int i = 0; i < 2; i++) bus_listen(h.bus, loop_mailbox(h.loops[i].loop), overhear, &ears[i]);
    house_run(&h);
    mark_threads(&h);
    struct asker a = { .h = &h, .who = house_register(&h, "ali"), .n_wanted = 1, .room = CHAT_LOBBY };
    house_do(&h, 0, type_and_post, &a);
    assert_true(house_await(&h, 0, all_home, &a));
    for (int i = 0; i < 2; i++) {
        for (int patience = 0; patience < 5000 && ears[i].n < 3; patience++) house_do(&h, i, mark_thread, &i);
        assert_string_equal(ears[i].order, "ttm");
    }
    house_stop(&h);
    house_close(&h);
}

/* Busy */

enum { registrations = 400 };

struct crowd { struct house *h; int n_home, n_ok, n_busy, n_other; bool in_submit; int n_done_inside; };

static void registered(void *user, struct command *c)
{
    struct crowd *crowd = user;
    crowd->n_home++;
    crowd->n_done_inside += crowd->in_submit;
    if (c->fault == fault_none) crowd->n_ok++;
    else if (c->fault == fault_busy && c->retry_after_s == 1) crowd->n_busy++;
    else crowd->n_other++;
    command_destroy(c);
}

static void register_crowd(void *arg)
{
    struct crowd *crowd = arg;
    crowd->in_submit = true;
    for (int i = 0; i < registrations; i++) {
        struct command *c = command_create(command_account_register, (struct actor){ 0 });
        c->in.account_register.who = (struct account_credentials){ arena_printf(c->arena, "guest%d", i), SPAN("correct horse") };
        gate_submit(crowd->h->loops[0].client, c, registered, crowd);
    }
    crowd->in_submit = false;
}

static bool crowd_is_home(void *arg) { return ((struct crowd *)arg)->n_home == registrations; }

/* The password pool lets 256 wait. */
static void a_full_queue_says_busy_and_loses_nobody(void **state)
{
    (void)state;
    struct house h;
    struct gate_figures figures;
    struct store *store;
    int64_t n_accounts;
    house_open(&h, 1, bus_create_local());
    house_run(&h);
    struct crowd crowd = { .h = &h };
    house_do(&h, 0, register_crowd, &crowd);
    assert_true(house_await(&h, 0, crowd_is_home, &crowd));
    gate_figures(h.gate, &figures);
    assert_int_equal(crowd.n_other, 0);
    assert_int_equal(crowd.n_done_inside, 0); /* done is always called later */
    assert_int_equal(crowd.n_ok + crowd.n_busy, registrations);
    assert_true(crowd.n_ok >= 256 && crowd.n_busy > 0);
    assert_int_equal(figures.n_busy, crowd.n_busy);
    assert_int_equal(figures.hash_waiting, 0);
    assert_int_equal(store_open(h.url, db_reader, &store), fault_none);
    assert_int_equal(store_n_accounts(store, &n_accounts), fault_none);
    assert_int_equal(n_accounts, crowd.n_ok);
    store_close(store);
    house_stop(&h);
    house_close(&h);
}

/* Passwords: by way of the pool, then the writing lane */

static enum fault log_in(struct house *h, const char *name, const char *password)
{
    struct command *c = command_create(command_session_open, (struct actor){ 0 });
    c->in.session_open.who = (struct account_credentials){ arena_copy(c->arena, span_of(name)), arena_copy(c->arena, span_of(password)) };
    enum fault f = house_ask(h, 0, c)->fault;
    command_destroy(c);
    return f;
}

static void passwords_are_checked_on_the_way(void **state)
{
    (void)state;
    struct house h;
    house_open(&h, 1, bus_create_local());
    house_run(&h);
    house_register(&h, "ali");
    assert_int_equal(log_in(&h, "ali", "correct horse"), fault_none);
    assert_int_equal(log_in(&h, "ali", "battery staple"), fault_unauthenticated);
    assert_int_equal(log_in(&h, "nobody", "correct horse"), fault_unauthenticated);
    house_stop(&h);
    house_close(&h);
}

/* The end */

static void count_home(void *user, struct command *c)
{
    struct asker *a = user;
    a->n_home++;
    if (c->fault == fault_none) a->n_ok++;
    command_destroy(c);
}

struct ender { struct hook hook; struct asker *asker; };

static void stop_after_submit(struct hook *h)
{
    loop_stop(container_of(h, struct ender, hook)->asker->h->loops[0].loop);
}

static void ask_and_stop(void *arg)
{
    struct ender *ender = arg;
    struct asker *a = ender->asker;
    for (int i = 0; i < a->n_wanted; i++) gate_submit(a->h->loops[0].client, post_command(a->who, a->room, "late"), count_home, a);
    hook_init(&ender->hook, stop_after_submit);
    hook_arm(a->h->loops[0].loop, hook_flush, &ender->hook);
}

static void what_was_accepted_is_carried_out_and_answered_after_the_loop_has_stopped(void **state)
{
    (void)state;
    struct house h;
    struct store *store;
    house_open(&h, 1, bus_create_local());
    house_run(&h);
    struct actor ali = house_register(&h, "ali");
    struct asker a = { .h = &h, .who = ali, .n_wanted = 500, .room = CHAT_LOBBY };
    struct ender ender = { .asker = &a };
    house_do(&h, 0, ask_and_stop, &ender);
    thread_join(h.loops[0].thread);
    char url[sizeof h.url];
    snprintf(url, sizeof url, "%s", h.url);
    gate_destroy(h.gate);
    h.gate = NULL;
    assert_int_equal(store_open(url, db_reader, &store), fault_none);
    struct chat chat;
    struct chat_rules rules = { 0 };
    chat_init(&chat, &rules, store);
    struct witness w = { .chat = chat, .room = CHAT_LOBBY, .who = ali };
    assert_int_equal(head_as_read(&w), 500);
    store_close(store);
    house_close(&h);
    assert_int_equal(a.n_home, 500);
    assert_int_equal(a.n_ok, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_home_to_the_loop_that_asked_and_in_order),
        cmocka_unit_test(a_result_may_ask_on),
        cmocka_unit_test(events_go_out_after_the_commit_to_every_loop_in_order),
        cmocka_unit_test(a_notice_precedes_what_was_asked_in_the_same_turn),
        cmocka_unit_test(a_full_queue_says_busy_and_loses_nobody),
        cmocka_unit_test(passwords_are_checked_on_the_way),
        cmocka_unit_test(what_was_accepted_is_carried_out_and_answered_after_the_loop_has_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
