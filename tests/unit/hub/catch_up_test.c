/* Catching up: at the reader's pace, in however many rooms, in rooms that do not stop talking, when the database goes away, and not at all when
   too much was missed. */
#include "client.h"
#include "world.h"
#include <stdlib.h>
#include <time.h>

static void sleep_ms(long ms) { nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL); }

static void a_slow_reader_is_told_at_its_pace(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    house_post_many(&w.house, ali, CHAT_LOBBY, 2000, 2000);
    struct client *slow = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ .lazy = true });
    struct client *quick = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    client_say(slow, "sub 1 0 -1");
    client_say(quick, "sub 1 1000 -1");
    sleep_ms(200);
    int64_t last = house_post_many(&w.house, ali, CHAT_LOBBY, 20, 100);
    assert_true(client_hears_all(quick, CHAT_LOBBY, 1000, last));
    client_set_lazy(slow, false);
    assert_true(client_hears_all(slow, CHAT_LOBBY, 0, last));
    last = house_post(&w.house, ali, CHAT_LOBBY, "live again");
    assert_true(client_hears_all(slow, CHAT_LOBBY, 0, last));
    assert_int_equal(client_count(slow, "1 %lld message_posted l live again", (long long)last), 1);
    crowd_close(&crowd);
    world_close(&w);
}

/* A page of the longest messages is more than a queue may hold. */
static void long_messages_do_not_drown_their_reader(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    for (int i = 0; i < 4000; i++) memcpy(text + i * 4, "\xF0\x9F\x8C\xB3", 4);
    text[16000] = 0;
    int64_t last = 0;
    for (int i = 0; i < 150; i++) last = house_post(&w.house, ali, CHAT_LOBBY, text);
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ .lazy = true });
    client_say(c, "sub 1 0 -1");
    sleep_ms(300);
    client_set_lazy(c, false);
    assert_true(client_hears_all(c, CHAT_LOBBY, 0, last));
    assert_true(client_hears(c, "1 %lld caught_up", (long long)last));
    assert_int_equal(client_closed(c, 0), true);
    crowd_close(&crowd);
    world_close(&w);
}

static void many_rooms_at_once_do_not_drown_their_reader(void **state)
{
    enum { n = 40, each = 190 }; /* 7 MB: more than the kernel and the queue take together */
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct room_id rooms[n];
    int64_t last[n];
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < n; i++) {
        rooms[i] = house_group(&w.house, ali, "garden", true);
        last[i] = house_post_many(&w.house, ali, rooms[i], each, 1000);
    }
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ .lazy = true });
    for (int i = 0; i < n; i++) client_say(c, "sub %lld 0 %lld", (long long)rooms[i].v, (long long)last[i]);
    sleep_ms(300);
    client_set_lazy(c, false);
    for (int i = 0; i < n; i++) assert_true(client_hears_all(c, rooms[i], 0, last[i]));
    for (int i = 0; i < n; i++) assert_true(client_hears(c, "%lld %lld caught_up", (long long)rooms[i].v, (long long)last[i]));
    crowd_close(&crowd);
    world_close(&w);
}

/* Leaving one room, or all, while others wait for their turn. */
static void rooms_may_be_left_while_others_are_caught_up(void **state)
{
    enum { n = 10, each = 300 };
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct room_id rooms[n];
    int64_t last[n];
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    for (int i = 0; i < n; i++) {
        rooms[i] = house_group(&w.house, ali, "garden", true);
        last[i] = house_post_many(&w.house, ali, rooms[i], each, 700);
    }
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ .lazy = true });
    struct client *gone = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ .lazy = true });
    for (int i = 0; i < n; i++) client_say(c, "sub %lld 0 -1", (long long)rooms[i].v);
    for (int i = 0; i < n; i++) client_say(gone, "sub %lld 0 -1", (long long)rooms[i].v);
    for (int i = 0; i < n; i += 2) client_say(c, "unsub %lld", (long long)rooms[i].v);
    client_say(c, "ping 1");
    client_hang_up(gone);
    client_set_lazy(gone, false);
    client_set_lazy(c, false);
    assert_true(client_hears(c, "ok ping 1"));
    for (int i = 1; i < n; i += 2) assert_true(client_hears_all(c, rooms[i], 0, last[i]));
    crowd_close(&crowd);
    world_close(&w);
}

/* A room that does not stop talking */

struct stream {
    struct world_loop *at;
    struct actor who;
    _Atomic bool over;
    int n_posted, n_under_way;
    _Atomic int64_t newest;
};

static void stream_on(void *user, struct command *c)
{
    struct stream *s = user;
    s->n_under_way--;
    if (c) {
        if (c->fault == fault_none) atomic_store(&s->newest, c->out.message_post.message.seq);
        command_destroy(c);
    }
    if (atomic_load(&s->over)) return;
    s->n_posted++, s->n_under_way++;
    gate_submit(s->at->gate, post_command(s->who, CHAT_LOBBY, "and on"), stream_on, s);
}

static void begin_stream(void *arg)
{
    struct stream *s = arg;
    for (int i = 0; i < 8; i++) s->n_under_way++, stream_on(s, NULL);
}

static bool stream_has_ended(void *arg) { return ((struct stream *)arg)->n_under_way == 0; }

/* Whoever catches up there becomes live with a few queries, however long the stream goes on. */
static void a_room_that_never_stops_is_caught_up_with(void **state)
{
    enum { n = 200 };
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *clients[n];
    struct gate_figures before, after;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    house_post_many(&w.house, ali, CHAT_LOBBY, 100, 20);
    struct stream stream = { .at = &w.loops[0], .who = ali, .newest = 100 };
    for (int i = 0; i < n; i++) clients[i] = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    gate_figures(w.house.gate, &before);
    house_do(&w.house, 0, begin_stream, &stream);
    while (atomic_load(&stream.newest) < 300) sleep_ms(1);
    for (int i = 0; i < n; i++) client_say(clients[i], "sub 1 100 -1");
    int64_t at = atomic_load(&stream.newest);
    while (atomic_load(&stream.newest) < at + 1500) sleep_ms(1);
    atomic_store(&stream.over, true);
    assert_true(house_await(&w.house, 0, stream_has_ended, &stream));
    for (int i = 0; i < n; i++) assert_true(client_hears_all(clients[i], CHAT_LOBBY, 100, atomic_load(&stream.newest)));
    gate_figures(w.house.gate, &after);
    int64_t n_queries = (int64_t)(after.n_commands - before.n_commands) - stream.n_posted;
    print_message("%lld queries for %d clients while %d messages were posted\n", (long long)n_queries, n, stream.n_posted);
    assert_true(n_queries <= n * 20); /* on a loaded machine; for ever would be hundreds for each */
    crowd_close(&crowd);
    world_close(&w);
}

/* Too much */

static void who_missed_too_much_reloads(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    int64_t head = house_post_many(&w.house, ali, CHAT_LOBBY, RELOAD_ABOVE + 5, 10);
    struct client *far = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ 0 });
    struct client *near = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ 0 });
    struct client *patient = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    struct client *stranger = client_open(&crowd, w.loops[0].port, ali, "member", (struct client_options){ 0 });
    client_say(far, "sub 1 4 -1");
    client_say(near, "sub 1 5 -1");
    client_say(patient, "sub 1 0 -1");
    client_say(stranger, "sub 1 999999 -1"); /* what it knows is of another database */
    assert_true(client_hears(far, "1 %lld reload", (long long)head));
    assert_true(client_hears(stranger, "1 %lld reload", (long long)head));
    assert_true(client_hears_all(near, CHAT_LOBBY, 5, head));
    assert_true(client_hears(near, "1 %lld caught_up", (long long)head));
    assert_true(client_hears_all(patient, CHAT_LOBBY, 0, head));
    int64_t last = house_post(&w.house, ali, CHAT_LOBBY, "live");
    assert_true(client_hears_all(far, CHAT_LOBBY, head, last));
    assert_true(client_hears_all(stranger, CHAT_LOBBY, head, last));
    assert_true(client_hears_all(near, CHAT_LOBBY, 5, last));
    assert_int_equal(client_count(far, "1 %lld caught_up", (long long)head), 0);
    assert_int_equal(client_count(near, "1 %lld reload", (long long)head), 0);
    assert_int_equal(client_count(patient, "1 %lld caught_up", (long long)head), 0);
    crowd_close(&crowd);
    world_close(&w);
}

/* History is what was there before; what came after the subscription is told as live, also when a query brings it. */
static void history_is_told_from_what_came_later(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    house_post(&w.house, ali, CHAT_LOBBY, "old");
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
    client_say(c, "sub 1 0 -1");
    assert_true(client_hears(c, "1 1 message_posted h old"));
    tap_lose(&w, 1);
    house_post(&w.house, ali, CHAT_LOBBY, "lost on the way");
    house_post(&w.house, ali, CHAT_LOBBY, "live");
    assert_true(client_hears(c, "1 2 message_posted l lost on the way"));
    assert_true(client_hears(c, "1 3 message_posted l live"));
    crowd_close(&crowd);
    world_close(&w);
}

/* A database that comes and goes */

/* What is asked of a database that fails must be asked again. */
static struct command *insist(struct world *w, struct command *(*make)(struct actor by), struct actor by)
{
    for (;;) {
        struct command *c = house_ask(&w->house, 0, make(by));
        if (c->fault == fault_none) return c;
        command_destroy(c);
    }
}

static struct command *guest(struct actor by)
{
    struct command *c = command_create(command_account_guest, by);
    c->in.account_guest.username = SPAN("ali");
    return c;
}

static struct command *garden(struct actor by)
{
    struct command *c = command_create(command_room_create, by);
    c->in.room_create = (struct room_create_in){ .kind = room_group, .name = SPAN("garden") };
    return c;
}

static int64_t post_to_bad_database(struct world *w, struct actor by, struct room_id room)
{
    int64_t last = 0;
    for (int i = 0; i < 10; i++) {
        struct command *c = house_ask(&w->house, 0, post_command(by, room, "perhaps"));
        if (c->fault == fault_none) last = c->out.message_post.message.seq;
        command_destroy(c);
    }
    assert_true(last > 0);
    return last;
}

static void the_database_may_be_away_for_a_while(void **state)
{
    enum { n_rooms = 3, n_clients = 6 };
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct room_id rooms[n_rooms];
    int64_t last[n_rooms];
    struct client *clients[n_clients];
    world_open_on(&w, 1, bus_create_local(), "failing:16:");
    crowd_open(&crowd);
    struct command *c = insist(&w, guest, (struct actor){ 0 });
    struct actor ali = { .account = c->out.account_guest.account.person.id };
    command_destroy(c);
    for (int i = 0; i < n_rooms; i++) {
        c = insist(&w, garden, ali);
        rooms[i] = c->out.room_create.room.id;
        command_destroy(c);
        last[i] = post_to_bad_database(&w, ali, rooms[i]);
    }
    for (int i = 0; i < n_clients; i++) {
        clients[i] = client_open(&crowd, w.loops[0].port, ali, "plain", (struct client_options){ 0 });
        for (int j = 0; j < n_rooms; j++) client_say(clients[i], "sub %lld 0 -1", (long long)rooms[j].v);
    }
    for (int i = 0; i < n_clients; i++)
        for (int j = 0; j < n_rooms; j++) assert_true(client_hears_all(clients[i], rooms[j], 0, last[j]));
    crowd_close(&crowd);
    world_close(&w);
}

static void the_house_may_close_while_the_database_is_away(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open_on(&w, 1, bus_create_local(), "failing:1:");
    crowd_open(&crowd);
    struct client *c = client_open(&crowd, w.loops[0].port, (struct actor){ { 1 } , { 0 } }, "plain", (struct client_options){ 0 });
    client_say(c, "sub 1 0 -1");
    client_say(c, "sub 2 0 -1");
    client_say(c, "ping 1");
    assert_true(client_hears(c, "ok ping 1"));
    sleep_ms(100); /* the queries have failed and wait to be made again */
    crowd_close(&crowd);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_reader_is_told_at_its_pace),
        cmocka_unit_test(long_messages_do_not_drown_their_reader),
        cmocka_unit_test(many_rooms_at_once_do_not_drown_their_reader),
        cmocka_unit_test(rooms_may_be_left_while_others_are_caught_up),
        cmocka_unit_test(a_room_that_never_stops_is_caught_up_with),
        cmocka_unit_test(who_missed_too_much_reloads),
        cmocka_unit_test(history_is_told_from_what_came_later),
        cmocka_unit_test(the_database_may_be_away_for_a_while),
        cmocka_unit_test(the_house_may_close_while_the_database_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
