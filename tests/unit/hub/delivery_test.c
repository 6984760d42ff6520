/* Every client ends with every lasting event exactly once, in order: live, joining in the middle of traffic, over a bus that loses and doubles, on
   several loops, compressed and not. Real sockets, real lanes, a real database. */
#include "client.h"
#include "world.h"
#include <stdlib.h>
#include <time.h>

/* A talker posts for as long as it is wanted, several at a time. */

struct talker {
    struct world_loop *at;
    struct actor who;
    struct room_id room;
    int n_wanted, n_sent, n_home;
    _Atomic int64_t newest;
};

static void said(void *user, struct command *c);

static void say_next(struct talker *t)
{
    char text[32];
    snprintf(text, sizeof text, "message %d", t->n_sent++);
    gate_submit(t->at->gate, post_command(t->who, t->room, text), said, t);
}

static void said(void *user, struct command *c)
{
    struct talker *t = user;
    t->n_home++;
    if (c->fault == fault_none) atomic_store(&t->newest, c->out.message_post.message.seq);
    command_destroy(c);
    if (t->n_sent < t->n_wanted) say_next(t);
}

static void begin_talking(void *arg)
{
    struct talker *t = arg;
    for (int i = 0; i < 4 && t->n_sent < t->n_wanted; i++) say_next(t);
}

static bool has_said_all(void *arg)
{
    const struct talker *t = arg;
    return t->n_home == t->n_wanted;
}

static bool all_have(struct client **clients, int n, struct room_id room, int64_t seq)
{
    for (int i = 0; i < n; i++)
        if (client_newest(clients[i], room) < seq) return false;
    return true;
}

/* Posts until everybody has the last: on a bus that loses, it may be one of the lost, and only the next one tells. */
static void expect_all(struct world *w, struct actor who, struct room_id room, struct client **clients, const int64_t *after, int n)
{
    int64_t last = 0;
    bool all = false;
    for (int round = 0; round < 12 && !all; round++) {
        last = house_post(&w->house, who, room, "the last");
        for (int i = 0; i < 30 && !(all = all_have(clients, n, room, last)); i++) nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
    for (int i = 0; i < n; i++) assert_true(client_hears_all(clients[i], room, after[i], last));
}

static void everybody_hears_everything_once_and_in_order(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *clients[8];
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < 8; i++) {
        clients[i] = client_open(&crowd, w.loops[i % 2].port, ali, i % 4 < 2 ? "plain" : "member", (struct client_options){ .deflates = i >= 4 });
        client_say(clients[i], "sub %d 0 0", 1);
        client_say(clients[i], "ping %d", i);
        assert_true(client_hears(clients[i], "ok ping %d", i));
    }
    struct talker talkers[2];
    for (int i = 0; i < 2; i++) {
        talkers[i] = (struct talker){ .at = &w.loops[i], .who = ali, .room = CHAT_LOBBY, .n_wanted = 1000 };
        house_do(&w.house, i, begin_talking, &talkers[i]);
    }
    for (int i = 0; i < 2; i++) assert_true(house_await(&w.house, i, has_said_all, &talkers[i]));
    for (int i = 0; i < 8; i++) assert_true(client_hears_all(clients[i], CHAT_LOBBY, 0, 2000));
    for (int i = 0; i < 8; i++) assert_int_equal(client_count(clients[i], "1 2001 caught_up"), 0);
    crowd_close(&crowd);
    world_close(&w);
}

/* From socket to no socket and back, in the middle of traffic: nothing is lost, doubled or out of order. */
static void a_listener_may_move(void **state)
{
    enum { n = 6, rounds = 40 };
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *clients[n];
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < n; i++) {
        clients[i] = client_open(&crowd, w.loops[i % 2].port, ali, i % 4 < 2 ? "plain" : "member", (struct client_options){ .deflates = i >= 3 });
        client_say(clients[i], "sub 1 0 %d", i % 2 ? -1 : 0);
    }
    struct talker talker = { .at = &w.loops[0], .who = ali, .room = CHAT_LOBBY, .n_wanted = 2000 };
    house_do(&w.house, 0, begin_talking, &talker);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < n; i++) {
            client_say(clients[i], round % 2 ? "back" : "park");
            client_say(clients[i], "ping %d", round);
            assert_true(client_hears(clients[i], "ok ping %d", round));
        }
    assert_true(house_await(&w.house, 0, has_said_all, &talker));
    for (int i = 0; i < n; i++) assert_true(client_hears_all(clients[i], CHAT_LOBBY, 0, 2000));
    client_say(clients[0], "park");
    client_say(clients[1], "park");
    client_say(clients[1], "ping 1000");
    assert_true(client_hears(clients[1], "ok ping 1000"));
    crowd_close(&crowd);
    world_close(&w);
}

/* Live ones that leave from the middle, and others that take their places. */
static void listeners_may_leave_in_any_order(void **state)
{
    enum { n = 6, rounds = 30 };
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *clients[n];
    int64_t since[n] = { 0 }, last = 0;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < n; i++) {
        clients[i] = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
        client_say(clients[i], "sub 1 0 0");
    }
    srand(1);
    for (int round = 0; round < rounds; round++) {
        int leaves = rand() % n;
        for (int i = 0; i < n; i++) {
            client_say(clients[i], "ping %d", round);
            assert_true(client_hears(clients[i], "ok ping %d", round));
        }
        last = house_post(&w.house, ali, CHAT_LOBBY, "to all");
        for (int i = 0; i < n; i++) assert_true(client_hears_all(clients[i], CHAT_LOBBY, since[i], last));
        client_say(clients[leaves], "unsub 1");
        client_say(clients[leaves], "ping 1000");
        assert_true(client_hears(clients[leaves], "ok ping 1000"));
        client_forget(clients[leaves]);
        since[leaves] = last = house_post(&w.house, ali, CHAT_LOBBY, "to the others");
        world_sync(&w);
        assert_int_equal(client_newest(clients[leaves], CHAT_LOBBY), 0);
        client_say(clients[leaves], "sub 1 %lld %lld", (long long)last, (long long)last);
    }
    crowd_close(&crowd);
    world_close(&w);
}

/* Clients that come in the middle of traffic, knowing more or less of it; some leave the room and come back to it. */

#define COMERS 40

/* Another one by SEED=N in the environment. */
static unsigned seed(void)
{
    const char *chosen = getenv("SEED");
    return chosen ? (unsigned)strtoul(chosen, NULL, 10) : 7;
}

static void come_and_go(struct world *w, struct bus *bus)
{
    struct crowd crowd;
    struct client *clients[COMERS];
    int64_t after[COMERS];
    world_open(w, 2, bus);
    crowd_open(&crowd);
    struct actor ali = house_register(&w->house, "ali");
    for (int i = 0; i < 20; i++) house_post(&w->house, ali, CHAT_LOBBY, "before");
    struct talker talker = { .at = &w->loops[0], .who = ali, .room = CHAT_LOBBY, .n_wanted = 2500, .newest = 20 };
    house_do(&w->house, 0, begin_talking, &talker);
    srand(seed());
    for (int i = 0; i < COMERS; i++) {
        int64_t known = atomic_load(&talker.newest);
        after[i] = rand() % 3 == 0 ? known : known - rand() % (known < 400 ? known : 400);
        clients[i] = client_open(&crowd, w->loops[i % 2].port, ali, i % 3 ? "plain" : "member", (struct client_options){ .deflates = i % 5 == 0 });
        client_say(clients[i], "sub 1 %lld %lld", (long long)after[i], rand() % 2 ? (long long)known : -1LL);
        if (i % 7 == 3) {
            client_say(clients[i], "unsub 1");
            client_say(clients[i], "ping 1");
            assert_true(client_hears(clients[i], "ok ping 1"));
            int64_t newest = client_newest(clients[i], CHAT_LOBBY);
            if (newest) client_say(clients[i], "sub 1 %lld -1", (long long)newest);
            else client_say(clients[i], "sub 1 %lld -1", (long long)after[i]);
        }
    }
    assert_true(house_await(&w->house, 0, has_said_all, &talker));
    expect_all(w, ali, CHAT_LOBBY, clients, after, COMERS);
    crowd_close(&crowd);
    world_close(w);
}

static void who_comes_in_the_middle_of_traffic_misses_nothing(void **state)
{
    (void)state;
    struct world w = { 0 };
    come_and_go(&w, bus_create_local());
}

static void who_comes_in_the_middle_of_traffic_on_a_failing_bus_misses_nothing(void **state)
{
    (void)state;
    struct world w = { .loses_presence = true };
    come_and_go(&w, bus_create_failing());
}

/* Events that were heard on the loop when nobody listened there */

static void a_stale_reading_of_the_head_is_made_good(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    struct room_id room = house_group(&w.house, ali, "garden", true);
    int64_t head = house_post(&w.house, ali, room, "first");
    struct client *early = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    int64_t last = house_post(&w.house, ali, room, "second"); /* after the head was read and before anybody listens */
    world_sync(&w);
    client_say(early, "sub %lld %lld %lld", (long long)room.v, (long long)head, (long long)head);
    assert_true(client_hears_all(early, room, head, last));
    client_say(early, "unsub %lld", (long long)room.v);
    last = house_post(&w.house, ali, room, "third");
    world_sync(&w);
    client_say(early, "sub %lld %lld %lld", (long long)room.v, (long long)last - 1, (long long)last - 1); /* again, in a room that was left */
    assert_true(client_hears_all(early, room, head, last));
    crowd_close(&crowd);
    world_close(&w);
}

static void a_stale_reading_is_made_good_however_many_rooms_were_heard_meanwhile(void **state)
{
    (void)state;
    enum { rooms = 40 };
    struct world w = { 0 };
    struct crowd crowd;
    int64_t heads[rooms];
    struct room_id ids[rooms];
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < rooms; i++) ids[i] = house_group(&w.house, ali, "garden", true), heads[i] = house_post(&w.house, ali, ids[i], "first");
    for (int i = 0; i < rooms; i++) house_post(&w.house, ali, ids[i], "second");
    world_sync(&w);
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    for (int i = 0; i < rooms; i++) client_say(c, "sub %lld %lld %lld", (long long)ids[i].v, (long long)heads[i], (long long)heads[i]);
    for (int i = 0; i < rooms; i++) assert_true(client_hears_all(c, ids[i], heads[i], heads[i] + 1));
    crowd_close(&crowd);
    world_close(&w);
}

/* A bus that loses and doubles what the test says */

static void the_first_event_of_an_empty_room_may_be_lost(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    client_say(c, "sub 1 0 0");
    client_say(c, "ping 1");
    assert_true(client_hears(c, "ok ping 1"));
    tap_lose(&w, 1);
    house_post(&w.house, ali, CHAT_LOBBY, "lost");
    house_post(&w.house, ali, CHAT_LOBBY, "found");
    assert_true(client_hears_all(c, CHAT_LOBBY, 0, 2));
    crowd_close(&crowd);
    world_close(&w);
}

static void what_the_bus_loses_is_caught_up_and_what_it_doubles_is_heard_once(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    struct client *live = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ 0 });
    client_say(live, "sub 1 0 0");
    house_post(&w.house, ali, CHAT_LOBBY, "one");
    assert_true(client_hears_all(live, CHAT_LOBBY, 0, 1));
    tap_lose(&w, 3);
    for (int i = 0; i < 3; i++) house_post(&w.house, ali, CHAT_LOBBY, "lost");
    tap_double(&w, 2);
    for (int i = 0; i < 2; i++) house_post(&w.house, ali, CHAT_LOBBY, "doubled");
    int64_t last = house_post(&w.house, ali, CHAT_LOBBY, "last");
    assert_true(client_hears_all(live, CHAT_LOBBY, 0, last));
    world_sync(&w);
    assert_int_equal(client_newest(live, CHAT_LOBBY), last);
    assert_int_equal(client_count(live, "1 1 message_posted l one"), 1);
    crowd_close(&crowd);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_hears_everything_once_and_in_order),
        cmocka_unit_test(a_listener_may_move), cmocka_unit_test(listeners_may_leave_in_any_order),
        cmocka_unit_test(who_comes_in_the_middle_of_traffic_misses_nothing),
        cmocka_unit_test(who_comes_in_the_middle_of_traffic_on_a_failing_bus_misses_nothing),
        cmocka_unit_test(a_stale_reading_of_the_head_is_made_good),
        cmocka_unit_test(a_stale_reading_is_made_good_however_many_rooms_were_heard_meanwhile),
        cmocka_unit_test(the_first_event_of_an_empty_room_may_be_lost),
        cmocka_unit_test(what_the_bus_loses_is_caught_up_and_what_it_doubles_is_heard_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
