/* Who hears which channels, also when the bus has lost or doubled what says so. */
#include "client.h"
#include "world.h"
#include <time.h>

struct story {
    struct world w;
    struct crowd crowd;
    struct actor ali, vali;
    struct room_id guild, channel;
};

static struct command *must(struct story *s, struct command *c)
{
    house_ask(&s->w.house, 0, c);
    assert_string_equal(fault_word(c->fault), fault_word(fault_none));
    return c;
}

static struct room_id add_channel(struct story *s, const char *name)
{
    struct command *c = command_create(command_channel_create, s->ali);
    c->in.channel_create = (struct channel_create_in){ .guild = s->guild, .name = arena_copy(c->arena, span_of(name)) };
    struct room_id channel = must(s, c)->out.channel_create.room.id;
    command_destroy(c);
    return channel;
}

static void remove_room(struct story *s, struct room_id room)
{
    struct command *c = command_create(command_room_delete, s->ali);
    c->in.room_delete.room = room;
    command_destroy(must(s, c));
}

/* Ali's guild with one channel, and vali in it. */
static void begin(struct story *s, int n_loops)
{
    *s = (struct story){ 0 };
    world_open(&s->w, n_loops, bus_create_tapped(&s->w));
    crowd_open(&s->crowd);
    s->ali = house_register(&s->w.house, "ali"), s->vali = house_register(&s->w.house, "vali");
    struct command *c = command_create(command_guild_create, s->ali);
    c->in.guild_create.name = SPAN("guild");
    s->guild = must(s, c)->out.guild_create.room.id;
    command_destroy(c);
    c = command_create(command_channel_list, s->ali);
    c->in.channel_list.guild = s->guild;
    s->channel = must(s, c)->out.channel_list.rooms[0].id;
    command_destroy(c);
    house_seat(&s->w.house, s->ali, s->guild, s->vali.account);
}

static void end(struct story *s)
{
    crowd_close(&s->crowd);
    world_close(&s->w);
}

/* A device of vali's that knows everything so far. */
static struct client *device(struct story *s, int loop)
{
    struct client *c = client_open(&s->crowd, s->w.loops[loop].port, s->vali, "member", (struct client_options){ 0 });
    client_say(c, "sub %lld 3 3", (long long)s->guild.v);
    client_say(c, "channel %lld %lld 0 0", (long long)s->channel.v, (long long)s->guild.v);
    client_say(c, "ping 1");
    assert_true(client_hears(c, "ok ping 1"));
    return c;
}

static int64_t say(struct story *s, struct room_id channel, const char *text)
{
    return house_post(&s->w.house, s->ali, channel, text);
}

static void assert_hears(struct client *c, struct room_id room, int64_t seq, const char *text)
{
    if (!client_hears(c, "%lld %lld message_posted l %s", (long long)room.v, (long long)seq, text))
        fail_msg("room %lld was not heard", (long long)room.v);
}

/* What is said in the other room first would have come first. */
static void assert_deaf(struct story *s, struct client *c, struct room_id room)
{
    int64_t seq = say(s, CHAT_LOBBY, "mark");
    client_say(c, "sub 1 %lld %lld", (long long)seq, (long long)seq);
    client_say(c, "ping 2");
    assert_true(client_hears(c, "ok ping 2"));
    int64_t before = client_newest(c, room);
    say(s, room, "secret");
    assert_hears(c, CHAT_LOBBY, say(s, CHAT_LOBBY, "after"), "after");
    assert_int_equal(client_newest(c, room), before);
    client_say(c, "unsub 1");
}

static void channels_that_come_are_heard_and_those_that_go_are_not(void **state)
{
    struct story s;
    begin(&s, 2);
    struct client *devices[] = { device(&s, 0), device(&s, 1) };
    struct room_id second = add_channel(&s, "second");
    for (int i = 0; i < 2; i++) assert_true(client_hears(devices[i], "%lld 4 channel_added l %lld", (long long)s.guild.v, (long long)second.v));
    int64_t seq = say(&s, second, "hello");
    for (int i = 0; i < 2; i++) assert_hears(devices[i], second, seq, "hello");
    remove_room(&s, second);
    for (int i = 0; i < 2; i++) assert_true(client_hears(devices[i], "%lld 5 channel_removed l %lld", (long long)s.guild.v, (long long)second.v));
    client_say(devices[0], "type %lld 1", (long long)second.v);
    assert_true(client_hears(devices[0], "ok type %d", fault_not_found));
    end(&s);
}

static void a_channel_whose_coming_was_lost_is_heard_once_the_guild_was_caught_up(void **state)
{
    struct story s;
    begin(&s, 1);
    struct client *c = device(&s, 0);
    tap_lose(&s.w, 1);
    struct room_id lost = add_channel(&s, "lost");
    say(&s, lost, "before anybody knew");
    tap_double(&s.w, 2);
    struct room_id next = add_channel(&s, "next");
    assert_true(client_hears(c, "%lld 5 channel_added l %lld", (long long)s.guild.v, (long long)next.v));
    assert_hears(c, lost, say(&s, lost, "now"), "now");
    assert_hears(c, next, say(&s, next, "here too"), "here too");
    assert_int_equal(client_newest(c, lost), 2);
    end(&s);
}

static void a_removal_that_was_lost_is_learned_and_one_that_is_doubled_does_no_harm(void **state)
{
    struct story s;
    begin(&s, 1);
    struct client *c = device(&s, 0);
    struct room_id gone = add_channel(&s, "gone");
    tap_lose(&s.w, 1);
    remove_room(&s, gone);
    tap_double(&s.w, 1);
    struct room_id next = add_channel(&s, "next");
    assert_true(client_hears(c, "%lld 5 channel_removed l %lld", (long long)s.guild.v, (long long)gone.v));
    assert_true(client_hears(c, "%lld 6 channel_added l %lld", (long long)s.guild.v, (long long)next.v));
    client_say(c, "type %lld 1", (long long)gone.v);
    assert_true(client_hears(c, "ok type %d", fault_not_found));
    end(&s);
}

static void whoever_is_removed_hears_no_channel_any_more_and_all_after_coming_back(void **state)
{
    struct story s;
    begin(&s, 2);
    struct client *devices[] = { device(&s, 0), device(&s, 1) };
    house_unseat(&s.w.house, s.ali, s.guild, s.vali.account);
    for (int i = 0; i < 2; i++) assert_true(client_hears(devices[i], "%lld 4 member_left l vali", (long long)s.guild.v));
    assert_deaf(&s, devices[0], s.channel);
    struct room_id second = add_channel(&s, "second");
    house_seat(&s.w.house, s.ali, s.guild, s.vali.account);
    for (int i = 0; i < 2; i++) assert_true(client_hears(devices[i], "%lld 6 member_joined l vali", (long long)s.guild.v));
    int64_t first_seq = say(&s, s.channel, "back"), second_seq = say(&s, second, "both");
    for (int i = 0; i < 2; i++) {
        assert_hears(devices[i], s.channel, first_seq, "back");
        assert_hears(devices[i], second, second_seq, "both");
    }
    end(&s);
}

static void a_leaving_that_was_lost_ends_the_channels_with_the_guild(void **state)
{
    struct story s;
    begin(&s, 1);
    struct client *c = device(&s, 0);
    tap_lose(&s.w, 1);
    house_unseat(&s.w.house, s.ali, s.guild, s.vali.account);
    add_channel(&s, "next");
    assert_true(client_hears(c, "%lld 0 room_removed l ", (long long)s.guild.v));
    assert_deaf(&s, c, s.channel);
    end(&s);
}

static void the_end_of_a_guild_is_told_once_and_ends_its_channels(void **state)
{
    struct story s;
    begin(&s, 2);
    struct client *devices[] = { device(&s, 0), device(&s, 1) };
    add_channel(&s, "second");
    remove_room(&s, s.guild);
    for (int i = 0; i < 2; i++) {
        assert_true(client_hears(devices[i], "%lld 0 room_removed l ", (long long)s.guild.v));
        client_say(devices[i], "type %lld 1", (long long)s.channel.v);
        assert_true(client_hears(devices[i], "ok type %d", fault_not_found));
        assert_int_equal(client_count(devices[i], "%lld 0 room_removed l ", (long long)s.guild.v), 1);
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_that_come_are_heard_and_those_that_go_are_not),
        cmocka_unit_test(a_channel_whose_coming_was_lost_is_heard_once_the_guild_was_caught_up),
        cmocka_unit_test(a_removal_that_was_lost_is_learned_and_one_that_is_doubled_does_no_harm),
        cmocka_unit_test(whoever_is_removed_hears_no_channel_any_more_and_all_after_coming_back),
        cmocka_unit_test(a_leaving_that_was_lost_ends_the_channels_with_the_guild),
        cmocka_unit_test(the_end_of_a_guild_is_told_once_and_ends_its_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
