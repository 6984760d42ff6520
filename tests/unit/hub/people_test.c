/* Who hears what by who they are: membership, sessions that end, typing, presence, marks for one's own devices only. */
#include "client.h"
#include "world.h"
#include <stdlib.h>
#include <unistd.h>

static const struct client_options usual = { 0 };

/* Whoever is a member from now on hears from now on: the very event that says so is the first, the one that says that it is over is the last. */

static void membership_is_followed_from_its_first_event_to_its_last(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = house_group(&w.house, ali, "garden", false);
    struct client *clients[3]; /* two devices of vali on two loops, and one that does not follow */
    for (int i = 0; i < 3; i++) clients[i] = client_open(&crowd, w.loops[i % 2].port, vali, i < 2 ? "member" : "plain", usual);
    int64_t before = house_post(&w.house, ali, room, "not for you yet");
    house_seat(&w.house, ali, room, vali.account);
    house_post(&w.house, ali, room, "welcome");
    house_unseat(&w.house, ali, room, vali.account);
    int64_t after = house_post(&w.house, ali, room, "not for you any more");
    world_sync(&w);
    for (int i = 0; i < 2; i++) {
        assert_true(client_hears_all(clients[i], room, before, before + 3));
        assert_true(client_hears(clients[i], "%lld %lld member_joined l vali", (long long)room.v, (long long)before + 1));
        assert_true(client_hears(clients[i], "%lld %lld member_left l vali", (long long)room.v, (long long)before + 3));
        assert_int_equal(client_newest(clients[i], room), before + 3);
    }
    assert_int_equal(client_newest(clients[2], room), 0);
    house_seat(&w.house, ali, room, vali.account);
    for (int i = 0; i < 2; i++) client_forget(clients[i]);
    int64_t last = house_post(&w.house, ali, room, "welcome back");
    for (int i = 0; i < 2; i++) assert_true(client_hears(clients[i], "%lld %lld message_posted l welcome back", (long long)room.v, (long long)last));
    assert_int_equal(after, before + 4);
    crowd_close(&crowd);
    world_close(&w);
}

/* A room that is made with its members is heard from its first event. */
static void who_makes_a_room_hears_it_from_the_start(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    struct client *c = client_open(&crowd, w.loops[0].port, ali, "member", usual);
    struct room_id room = house_group(&w.house, ali, "garden", false);
    int64_t last = house_post(&w.house, ali, room, "alone");
    assert_true(client_hears_all(c, room, 0, last));
    crowd_close(&crowd);
    world_close(&w);
}

/* Thrown out while a slow reader is still far behind: a private room is closed to it at once, and it is told that it was. */
static void who_is_thrown_out_while_catching_up_is_told_so(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = house_group(&w.house, ali, "garden", false);
    house_seat(&w.house, ali, room, vali.account);
    house_post_many(&w.house, ali, room, 2900, 2500); /* more than kernel and queue take of a reader that does not read */
    struct client *slow = client_open(&crowd, w.loops[0].port, vali, "member", (struct client_options){ .lazy = true });
    client_say(slow, "sub %lld 1 -1", (long long)room.v);
    client_say(slow, "ping 1");
    world_sync(&w);
    house_unseat(&w.house, ali, room, vali.account);
    int64_t left = 2 + 2900 + 1, after = house_post(&w.house, ali, room, "behind your back");
    assert_int_equal(after, left + 1);
    client_set_lazy(slow, false);
    assert_true(client_hears(slow, "%lld %lld member_left l vali", (long long)room.v, (long long)left));
    client_say(slow, "ping 2");
    assert_true(client_hears(slow, "ok ping 2"));
    assert_int_equal(client_newest(slow, room), left);
    crowd_close(&crowd);
    world_close(&w);
}

/* The bus lost the leaving: the replay tells it, and then it is over. */
static void a_leaving_that_was_lost_on_the_way_ends_the_subscription_all_the_same(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = house_group(&w.house, ali, "garden", true);
    struct client *c = client_open(&crowd, w.loops[0].port, vali, "member", usual);
    house_seat(&w.house, ali, room, vali.account);
    int64_t seq = house_post(&w.house, ali, room, "hello");
    assert_true(client_hears_all(c, room, 1, seq));
    tap_lose(&w, 1);
    house_unseat(&w.house, ali, room, vali.account);
    house_post(&w.house, ali, room, "a gap tells");
    assert_true(client_hears(c, "%lld %lld member_left l vali", (long long)room.v, (long long)seq + 1));
    assert_true(client_hears(c, "%lld %lld caught_up", (long long)room.v, (long long)seq + 2));
    house_post(&w.house, ali, room, "not for you");
    world_sync(&w);
    client_say(c, "ping 1");
    assert_true(client_hears(c, "ok ping 1"));
    assert_int_equal(client_newest(c, room), seq + 2);
    crowd_close(&crowd);
    world_close(&w);
}

/* A socket of one room ends with the membership: live, when the word of it came before it listened, and with the room. */
static void a_socket_of_one_room_ends_with_the_membership(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = house_group(&w.house, ali, "garden", true), other = house_group(&w.house, vali, "yard", true);
    house_seat(&w.house, ali, room, vali.account);
    int64_t seq = house_post(&w.house, ali, room, "hello");
    struct client *live[3];
    for (int i = 0; i < 3; i++) live[i] = client_open(&crowd, w.loops[i % 2].port, i < 2 ? vali : ali, "narrow", usual);
    for (int i = 0; i < 3; i++) client_say(live[i], "sub %lld %lld %lld", (long long)room.v, (long long)seq - 1, (long long)-1);
    for (int i = 0; i < 3; i++) assert_true(client_hears_all(live[i], room, seq - 1, seq));
    struct client *elsewhere = client_open(&crowd, w.loops[0].port, vali, "narrow", usual);
    client_say(elsewhere, "sub %lld 0 -1", (long long)other.v);
    client_say(elsewhere, "ping 1");
    assert_true(client_hears(elsewhere, "ok ping 1"));
    house_unseat(&w.house, ali, room, vali.account);
    for (int i = 0; i < 2; i++) assert_true(client_closed(live[i], 4003));
    struct client *late = client_open(&crowd, w.loops[0].port, vali, "narrow", usual);
    client_say(late, "sub %lld %lld %lld", (long long)room.v, (long long)seq, (long long)seq);
    assert_true(client_closed(late, 4003));
    house_post(&w.house, ali, room, "among us");
    assert_true(client_hears(live[2], "%lld %lld message_posted l among us", (long long)room.v, (long long)seq + 2));
    struct command *c = command_create(command_room_delete, ali);
    c->in.room_delete.room = room;
    house_ask(&w.house, 0, c);
    assert_int_equal(c->fault, fault_none);
    command_destroy(c);
    assert_true(client_closed(live[2], 4003));
    client_say(elsewhere, "ping 2");
    assert_true(client_hears(elsewhere, "ok ping 2"));
    crowd_close(&crowd);
    world_close(&w);
}

/* The author's own sockets hear their message in other words, on every loop, live or catching up; rooms of other kinds are not followed. */
static void an_author_hears_apart(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct client *a[2], *v = client_open(&crowd, w.loops[0].port, vali, "apart", usual);
    for (int i = 0; i < 2; i++) a[i] = client_open(&crowd, w.loops[i].port, ali, "apart", usual);
    client_say(v, "ping 1"), client_say(a[0], "ping 1"), client_say(a[1], "ping 1");
    assert_true(client_hears(v, "ok ping 1") && client_hears(a[0], "ok ping 1") && client_hears(a[1], "ok ping 1"));
    struct room_id room = house_group(&w.house, ali, "garden", false);
    house_seat(&w.house, ali, room, vali.account);
    long long seq = house_post(&w.house, ali, room, "mine");
    assert_true(client_hears(v, "%lld %lld message_posted l mine", (long long)room.v, seq));
    for (int i = 0; i < 2; i++) assert_true(client_hears(a[i], "%lld %lld message_posted o mine", (long long)room.v, seq));
    tap_lose(&w, 2);
    house_post(&w.house, ali, room, "lost");
    house_post(&w.house, vali, room, "lost too");
    house_post(&w.house, vali, room, "theirs");
    assert_true(client_hears(v, "%lld %lld message_posted l lost", (long long)room.v, seq + 1));
    assert_true(client_hears(v, "%lld %lld message_posted o theirs", (long long)room.v, seq + 3));
    for (int i = 0; i < 2; i++) {
        assert_true(client_hears(a[i], "%lld %lld message_posted o lost", (long long)room.v, seq + 1));
        assert_true(client_hears(a[i], "%lld %lld message_posted l theirs", (long long)room.v, seq + 3));
    }
    struct command *c = command_create(command_guild_create, vali);
    c->in.guild_create.name = SPAN("guild");
    house_ask(&w.house, 0, c);
    struct room_id guild = c->out.guild_create.room.id;
    command_destroy(c);
    client_say(v, "type %lld 1", (long long)guild.v);
    assert_true(client_hears(v, "ok type %d", fault_not_found));
    crowd_close(&crowd);
    world_close(&w);
}

static void coming_and_going_may_be_doubled(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_tapped(&w));
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = house_group(&w.house, ali, "garden", false);
    struct client *c = client_open(&crowd, w.loops[0].port, vali, "member", usual);
    world_sync(&w);
    tap_double(&w, 100);
    for (int i = 0; i < 3; i++) {
        house_seat(&w.house, ali, room, vali.account);
        house_post(&w.house, ali, room, "hello");
        house_unseat(&w.house, ali, room, vali.account);
    }
    assert_true(client_hears_all(c, room, 1, 10));
    client_say(c, "ping 1");
    assert_true(client_hears(c, "ok ping 1"));
    assert_int_equal(client_newest(c, room), 10);
    crowd_close(&crowd);
    world_close(&w);
}

/* A private room is not told to those who may not read it, whatever they ask. */
static void a_stranger_subscribes_to_nothing(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 1, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), eve = house_register(&w.house, "eve");
    struct room_id room = house_group(&w.house, ali, "garden", false);
    house_post(&w.house, ali, room, "secret");
    struct client *c = client_open(&crowd, w.loops[0].port, eve, "member", usual);
    client_say(c, "sub %lld 0 -1", (long long)room.v);
    client_say(c, "sub 999 0 -1"); /* no such room */
    client_say(c, "sub 1 0 0");
    house_post(&w.house, ali, CHAT_LOBBY, "to all");
    assert_true(client_hears_all(c, CHAT_LOBBY, 0, 1));
    house_post(&w.house, ali, room, "more secrets");
    world_sync(&w);
    client_say(c, "type %lld 1", (long long)room.v);
    assert_true(client_hears(c, "ok type %d", fault_not_found));
    assert_int_equal(client_newest(c, room), 0);
    crowd_close(&crowd);
    world_close(&w);
}

/* Sessions */

static struct actor log_in(struct world *w, const char *name)
{
    struct command *c = command_create(command_session_open, (struct actor){ 0 });
    c->in.session_open.who = (struct account_credentials){ arena_copy(c->arena, span_of(name)), SPAN("correct horse") };
    house_ask(&w->house, 0, c);
    assert_int_equal(c->fault, fault_none);
    struct actor who = { c->out.session_open.grant.account.person.id, c->out.session_open.grant.session };
    command_destroy(c);
    return who;
}

static void log_out(struct world *w, struct actor who)
{
    struct command *c = house_ask(&w->house, 0, command_create(command_session_revoke, who));
    assert_int_equal(c->fault, fault_none);
    command_destroy(c);
}

static void a_session_that_ends_closes_its_sockets_and_no_others(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *ended[4], *others[3];
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), again = log_in(&w, "ali"), vali = house_register(&w.house, "vali");
    for (int i = 0; i < 4; i++) ended[i] = client_open(&crowd, w.loops[i % 2].port, ali, i < 2 ? "plain" : "member", usual);
    for (int i = 0; i < 3; i++) others[i] = client_open(&crowd, w.loops[i % 2].port, i < 2 ? again : vali, "plain", usual);
    for (int i = 0; i < 4; i++) client_say(ended[i], "sub 1 0 -1");
    for (int i = 0; i < 3; i++) client_say(others[i], "sub 1 0 -1");
    int64_t last = house_post(&w.house, ali, CHAT_LOBBY, "to all");
    for (int i = 0; i < 4; i++) assert_true(client_hears_all(ended[i], CHAT_LOBBY, 0, last));
    log_out(&w, ali);
    for (int i = 0; i < 4; i++) assert_true(client_closed(ended[i], i < 2 ? 4001 : 4002));
    last = house_post(&w.house, vali, CHAT_LOBBY, "to the others");
    for (int i = 0; i < 3; i++) assert_true(client_hears_all(others[i], CHAT_LOBBY, 0, last));
    for (int i = 0; i < 4; i++) assert_int_equal(client_newest(ended[i], CHAT_LOBBY), last - 1);
    crowd_close(&crowd);
    world_close(&w);
}

/* The door had found the session alive, and before it came to the hub the session was over. */
static void a_session_that_ended_a_moment_ago_does_not_listen(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    log_out(&w, ali);
    world_sync(&w);
    for (int i = 0; i < 2; i++) {
        struct client *c = client_open(&crowd, w.loops[i].port, ali, "member", usual);
        client_say(c, "sub 1 0 0");
        assert_true(client_closed(c, 4002));
    }
    crowd_close(&crowd);
    world_close(&w);
}

/* Typing */

static void typing_reaches_subscribers_on_every_loop_and_nobody_else(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *c[5];
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    c[0] = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    c[1] = client_open(&crowd, w.loops[0].port, vali, "plain", usual);
    c[2] = client_open(&crowd, w.loops[1].port, vali, "member", usual);
    c[3] = client_open(&crowd, w.loops[1].port, ali, "member", usual); /* spares its own */
    c[4] = client_open(&crowd, w.loops[1].port, vali, "plain", usual); /* is elsewhere */
    for (int i = 0; i < 4; i++) client_say(c[i], "sub 1 0 0");
    for (int i = 0; i < 5; i++) client_say(c[i], "ping 1");
    for (int i = 0; i < 5; i++) assert_true(client_hears(c[i], "ok ping 1"));
    client_say(c[0], "type 1 1");
    assert_true(client_hears(c[0], "ok type %d", fault_none));
    client_say(c[0], "type 1 0");
    client_say(c[4], "type 1 1");
    assert_true(client_hears(c[4], "ok type %d", fault_not_found));
    for (int i = 0; i < 3; i++)
        for (int on = 0; on < 2; on++) assert_true(client_hears(c[i], "1 0 typing l %lld %d", (long long)ali.account.v, on));
    world_sync(&w);
    for (int i = 0; i < 5; i++) client_say(c[i], "ping 2");
    for (int i = 0; i < 5; i++) assert_true(client_hears(c[i], "ok ping 2"));
    for (int i = 0; i < 5; i++)
        for (int on = 0; on < 2; on++) assert_int_equal(client_count(c[i], "1 0 typing l %lld %d", (long long)ali.account.v, on), i < 3);
    for (int i = 0; i < 5; i++) assert_int_equal(client_count(c[i], "1 0 typing l %lld 1", (long long)vali.account.v), 0);
    crowd_close(&crowd);
    world_close(&w);
}

/* Presence */

static void presence_is_told_to_those_who_watch_across_loops(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    long long a = ali.account.v, v = vali.account.v;
    struct client *watchers[2], *other;
    for (int i = 0; i < 2; i++) {
        watchers[i] = client_open(&crowd, w.loops[i].port, ali, "plain", usual);
        client_say(watchers[i], "watch %lld %lld %lld", a, v, v);
        assert_true(client_hears(watchers[i], "ok watch 1 0 0"));
    }
    other = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    world_sync(&w);
    assert_int_equal(world_n_online(&w, 0), 1);
    struct client *first = client_open(&crowd, w.loops[0].port, vali, "plain", usual);
    for (int i = 0; i < 2; i++) assert_true(client_hears(watchers[i], "0 0 presence l %lld 1", v));
    struct client *second = client_open(&crowd, w.loops[1].port, vali, "plain", usual);
    struct client *third = client_open(&crowd, w.loops[1].port, vali, "plain", usual);
    client_say(watchers[0], "watch %lld", v);
    assert_true(client_hears(watchers[0], "ok watch 1"));
    world_sync(&w);
    for (int i = 0; i < 2; i++) assert_int_equal(world_n_online(&w, i), 2);
    client_hang_up(first);
    client_hang_up(third);
    client_say(second, "ping 1");
    assert_true(client_hears(second, "ok ping 1"));
    world_sync(&w);
    for (int i = 0; i < 2; i++) assert_int_equal(client_count(watchers[i], "0 0 presence l %lld 0", v), 0);
    client_hang_up(second);
    for (int i = 0; i < 2; i++) assert_true(client_hears(watchers[i], "0 0 presence l %lld 0", v));
    client_say(watchers[1], "watch %lld", a); /* vali is watched no more */
    assert_true(client_hears(watchers[1], "ok watch 1"));
    for (int i = 0; i < 2; i++) client_forget(watchers[i]);
    client_open(&crowd, w.loops[1].port, vali, "plain", usual);
    assert_true(client_hears(watchers[0], "0 0 presence l %lld 1", v));
    world_sync(&w);
    client_say(watchers[1], "ping 3");
    assert_true(client_hears(watchers[1], "ok ping 3"));
    assert_int_equal(client_count(watchers[1], "0 0 presence l %lld 1", v), 0);
    assert_int_equal(client_count(watchers[0], "0 0 presence l %lld 1", v), 1);
    assert_int_equal(client_count(other, "0 0 presence l %lld 1", v), 0);
    crowd_close(&crowd);
    world_close(&w);
}

/* Of several devices the least to be disturbed speaks for the person; on whichever loop. */
static void a_person_is_as_their_devices_are(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *devices[3];
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    long long v = vali.account.v;
    struct client *watcher = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    client_say(watcher, "watch %lld", v);
    assert_true(client_hears(watcher, "ok watch 0"));
    for (int i = 0; i < 3; i++) devices[i] = client_open(&crowd, w.loops[i % 2].port, vali, "plain", usual);
    assert_true(client_hears(watcher, "0 0 presence l %lld 1", v));
    for (int i = 0; i < 3; i++) client_say(devices[i], "status 2");
    assert_true(client_hears(watcher, "0 0 presence l %lld 1 idle", v));
    client_say(devices[1], "status 3");
    assert_true(client_hears(watcher, "0 0 presence l %lld 1 dnd", v));
    client_say(devices[0], "status 1");
    client_forget(watcher);
    client_hang_up(devices[1]);
    assert_true(client_hears(watcher, "0 0 presence l %lld 1", v));
    client_hang_up(devices[0]);
    assert_true(client_hears(watcher, "0 0 presence l %lld 1 idle", v));
    client_say(watcher, "watch %lld", v);
    assert_true(client_hears(watcher, "ok watch 2"));
    client_hang_up(devices[2]);
    assert_true(client_hears(watcher, "0 0 presence l %lld 0", v));
    crowd_close(&crowd);
    world_close(&w);
}

static struct event *coming(int loop, int from, int n, bool on)
{
    struct event *chain = NULL, **tail = &chain;
    for (int i = 0; i < n; i++) {
        struct event e = { .kind = event_presence, .subject.id = { from + i }, .on = on, .status = on ? presence_online : presence_offline, .origin = loop };
        *tail = event_copy(&e);
        tail = &(*tail)->next;
    }
    return chain;
}

/* Ten thousand people of another loop come, go and come again: who watches sixty of them is told of each a few times at most, and in the end
   of each that they are here. */
static void a_storm_of_people_is_told_as_a_few_words(void **state)
{
    (void)state;
    enum { n_people = 10000, first = 1000, n_watched = 60, n_rounds = 15 };
    struct world w = { .loses_presence = true };
    struct crowd crowd;
    char line[1024] = "watch";
    int n_lines = 0;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali");
    struct client *watcher = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    for (int i = 0; i < n_watched; i++) snprintf(line + strlen(line), sizeof line - strlen(line), " %d", first + i);
    client_say(watcher, "%s", line);
    client_say(watcher, "ping 1");
    assert_true(client_hears(watcher, "ok ping 1"));
    for (int round = 0; round < n_rounds; round++) {
        bus_publish(w.house.bus, coming(1, first, n_people, round % 2 == 0));
        world_sync(&w);
    }
    for (int i = 0; i < n_watched; i++) assert_true(client_hears(watcher, "0 0 presence l %d 1", first + i));
    assert_int_equal(world_n_online(&w, 0), n_people + 1);
    usleep(700000); /* longer than the pause between two tellings */
    for (int i = 0; i < n_watched; i++) {
        int on = client_count(watcher, "0 0 presence l %d 1", first + i), off = client_count(watcher, "0 0 presence l %d 0", first + i);
        assert_int_equal(on, off + 1);
        n_lines += on + off;
    }
    assert_true(n_lines < n_watched * n_rounds);
    bus_publish(w.house.bus, coming(1, first, n_people, false));
    world_sync(&w);
    assert_int_equal(world_n_online(&w, 0), 1);
    crowd_close(&crowd);
    world_close(&w);
}

static struct presence_view look(struct world *w, struct actor by, struct account_id whom)
{
    struct command *c = command_create(command_presence_look, by);
    c->in.presence_look = (struct presence_look_in){ &whom, 1 };
    house_ask(&w->house, 0, c);
    assert_int_equal(c->fault, fault_none);
    assert_int_equal(c->out.presence_look.n, 1);
    struct presence_view view = c->out.presence_look.people[0];
    command_destroy(c);
    return view;
}

static void who_goes_is_written_down(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    assert_int_equal(look(&w, ali, vali.account).last_seen_us, 0);
    struct client *stays = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    struct client *goes = client_open(&crowd, w.loops[1].port, vali, "plain", usual);
    client_say(stays, "ping 1");
    assert_true(client_hears(stays, "ok ping 1"));
    client_hang_up(goes);
    int64_t seen = 0;
    for (int i = 0; i < 200 && !seen; i++) {
        usleep(10000);
        seen = look(&w, ali, vali.account).last_seen_us;
    }
    assert_true(seen > 0);
    crowd_close(&crowd);
    world_close(&w);
}

static struct room_id direct_of(struct world *w, struct actor a, struct actor b)
{
    struct command *c = command_create(command_room_create, a);
    c->in.room_create = (struct room_create_in){ .kind = room_direct, .members = &b.account, .n_members = 1 };
    house_ask(&w->house, 0, c);
    assert_int_equal(c->fault, fault_none);
    struct room_id room = c->out.room_create.room.id;
    command_destroy(c);
    return room;
}

static void set_block(struct world *w, struct actor by, struct actor whom, bool on)
{
    struct command *c = command_create(on ? command_block_put : command_block_remove, by);
    if (on) c->in.block_put.account = whom.account;
    else c->in.block_remove.account = whom.account;
    house_ask(&w->house, 0, c);
    assert_int_equal(c->fault, fault_none);
    command_destroy(c);
}

static void assert_typing(struct client *const *c, struct room_id room, enum fault wanted, const char *where)
{
    for (int i = 0; i < 3; i++) {
        client_forget(c[i]);
        client_say(c[i], "type %lld 1", (long long)room.v);
        if (!client_hears(c[i], "ok type %d", wanted)) fail_msg("%s: client %d", where, i);
    }
}

/* Whichever of the two has blocked the other, on every loop, and whenever a socket came; until both have taken it back. */
static void two_who_do_not_speak_type_in_vain(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    struct room_id room = direct_of(&w, ali, vali);
    struct client *c[3] = { client_open(&crowd, w.loops[0].port, ali, "plain", usual), client_open(&crowd, w.loops[1].port, vali, "plain", usual) };
    for (int i = 0; i < 2; i++) client_say(c[i], "sub %lld 2 2", (long long)room.v);
    c[2] = client_open(&crowd, w.loops[1].port, ali, "plain", usual);
    client_say(c[2], "sub %lld 2 2", (long long)room.v);
    assert_typing(c, room, fault_none, "open");
    set_block(&w, vali, ali, true);
    world_sync(&w);
    assert_typing(c, room, fault_forbidden, "blocked by one");
    for (int i = 0; i < 3; i++) assert_int_equal(client_count(c[i], "%lld 0 typing l %lld 1", (long long)room.v, (long long)ali.account.v), 0);
    set_block(&w, ali, vali, true);
    set_block(&w, vali, ali, false);
    world_sync(&w);
    assert_typing(c, room, fault_forbidden, "blocked by the other");
    client_say(c[0], "unsub %lld", (long long)room.v);
    client_say(c[0], "sub %lld 2 2", (long long)room.v); /* as one that looked a moment before the block */
    assert_typing(c, room, fault_forbidden, "subscribed late");
    client_say(c[0], "unsub %lld", (long long)room.v);
    set_block(&w, ali, vali, false);
    world_sync(&w);
    client_say(c[0], "sub %lld 2 2", (long long)room.v);
    client_say(c[0], "blocked %lld", (long long)room.v); /* as one that looked a moment before it ended */
    assert_typing(c, room, fault_none, "open again");
    assert_true(client_hears(c[1], "%lld 0 typing l %lld 1", (long long)room.v, (long long)ali.account.v));
    crowd_close(&crowd);
    world_close(&w);
}

/* Whoever is blocked hears that the other is away, and nothing more of them. */
static void who_is_blocked_watches_no_more(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    long long v = vali.account.v;
    struct client *watcher = client_open(&crowd, w.loops[0].port, ali, "plain", usual);
    struct client *watched = client_open(&crowd, w.loops[1].port, vali, "plain", usual);
    client_say(watched, "ping 1");
    assert_true(client_hears(watched, "ok ping 1"));
    client_say(watcher, "watch %lld", v);
    assert_true(client_hears(watcher, "ok watch 0") || client_hears(watcher, "ok watch 1"));
    assert_false(look(&w, ali, vali.account).hidden);
    client_say(watched, "status 2");
    assert_true(client_hears(watcher, "0 0 presence l %lld 1 idle", v));
    struct command *c = command_create(command_block_put, vali);
    c->in.block_put.account = ali.account;
    house_ask(&w.house, 0, c);
    assert_int_equal(c->fault, fault_none);
    command_destroy(c);
    assert_true(client_hears(watcher, "0 0 presence l %lld 0", v));
    assert_true(look(&w, ali, vali.account).hidden);
    client_forget(watcher);
    client_say(watched, "status 3");
    client_say(watched, "ping 2");
    assert_true(client_hears(watched, "ok ping 2"));
    world_sync(&w);
    usleep(700000);
    client_say(watcher, "ping 1");
    assert_true(client_hears(watcher, "ok ping 1"));
    assert_int_equal(client_count(watcher, "0 0 presence l %lld 1 dnd", v), 0);
    crowd_close(&crowd);
    world_close(&w);
}

static void a_crowd_that_comes_and_goes_leaves_no_trace(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct actor people[5];
    static const char *const names[] = { "ali", "vali", "guli", "soli", "doli" };
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    for (int i = 0; i < 5; i++) people[i] = house_register(&w.house, names[i]);
    srand(3);
    for (int i = 0; i < 120; i++) {
        struct client *c = client_open(&crowd, w.loops[rand() % 2].port, people[rand() % 5], rand() % 2 ? "plain" : "member", usual);
        client_say(c, "watch %lld %lld", (long long)people[rand() % 5].account.v, (long long)people[rand() % 5].account.v);
        client_say(c, "sub 1 0 -1");
        if (rand() % 3) client_hang_up(c);
    }
    crowd_close(&crowd);
    world_close(&w); /* nobody is online on any loop, no room is left */
}

/* Read marks of a large room: to the reader's own devices, wherever they are, and to nobody else */

static void a_mark_in_a_large_room_goes_to_ones_own_devices(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct crowd crowd;
    struct client *own[2], *other;
    world_open(&w, 2, bus_create_local());
    crowd_open(&crowd);
    struct actor ali = house_register(&w.house, "ali"), vali = house_register(&w.house, "vali");
    for (int i = 0; i < ROOM_READS_SHOWN_MAX_MEMBERS; i++) {
        struct command *c = command_create(command_account_guest, (struct actor){ 0 });
        c->in.account_guest.username = arena_printf(c->arena, "guest%d", i);
        house_ask(&w.house, 0, c);
        assert_int_equal(c->fault, fault_none);
        command_destroy(c);
    }
    int64_t seq = house_post(&w.house, vali, CHAT_LOBBY, "read me");
    for (int i = 0; i < 2; i++) own[i] = client_open(&crowd, w.loops[i].port, ali, "plain", usual);
    other = client_open(&crowd, w.loops[0].port, vali, "plain", usual);
    client_say(own[0], "sub 1 %lld %lld", (long long)seq, (long long)seq);
    client_say(other, "sub 1 %lld %lld", (long long)seq, (long long)seq);
    struct command *c = command_create(command_receipt_mark, ali);
    c->in.receipt_mark = (struct receipt_mark_in){ .room = CHAT_LOBBY, .read = seq };
    house_ask(&w.house, 0, c);
    assert_int_equal(c->fault, fault_none);
    command_destroy(c);
    for (int i = 0; i < 2; i++) assert_true(client_hears(own[i], "1 0 room_read l %lld %lld", (long long)ali.account.v, (long long)seq));
    int64_t last = house_post(&w.house, vali, CHAT_LOBBY, "next");
    assert_int_equal(last, seq + 1);
    assert_true(client_hears_all(other, CHAT_LOBBY, seq, last));
    assert_int_equal(client_count(other, "1 0 room_read l %lld %lld", (long long)ali.account.v, (long long)seq), 0);
    crowd_close(&crowd);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(membership_is_followed_from_its_first_event_to_its_last),
        cmocka_unit_test(who_makes_a_room_hears_it_from_the_start),
        cmocka_unit_test(who_is_thrown_out_while_catching_up_is_told_so),
        cmocka_unit_test(a_leaving_that_was_lost_on_the_way_ends_the_subscription_all_the_same),
        cmocka_unit_test(a_socket_of_one_room_ends_with_the_membership),
        cmocka_unit_test(an_author_hears_apart), cmocka_unit_test(coming_and_going_may_be_doubled),
        cmocka_unit_test(a_stranger_subscribes_to_nothing),
        cmocka_unit_test(a_session_that_ends_closes_its_sockets_and_no_others),
        cmocka_unit_test(a_session_that_ended_a_moment_ago_does_not_listen),
        cmocka_unit_test(typing_reaches_subscribers_on_every_loop_and_nobody_else),
        cmocka_unit_test(presence_is_told_to_those_who_watch_across_loops),
        cmocka_unit_test(a_person_is_as_their_devices_are),
        cmocka_unit_test(a_storm_of_people_is_told_as_a_few_words),
        cmocka_unit_test(who_goes_is_written_down),
        cmocka_unit_test(who_is_blocked_watches_no_more),
        cmocka_unit_test(two_who_do_not_speak_type_in_vain),
        cmocka_unit_test(a_crowd_that_comes_and_goes_leaves_no_trace),
        cmocka_unit_test(a_mark_in_a_large_room_goes_to_ones_own_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
