/* Who has read what: marks that go back, readers, and how far everybody has read. */
#include "world.h"
#include <string.h>

static struct room_view *room_of(struct world *w, struct actor by, struct room_id room)
{
    return &DO(w, by, room_get, room)->out.room_get.room;
}

static void a_mark_goes_back_for_its_owner_only(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message one = post(w, ali, room, "one"), two = post(w, ali, room, "two");
    DO(w, vali, receipt_mark, room, two.seq);
    assert_int_equal(room_of(w, ali, room)->read_by_all, two.seq);
    struct receipt_unmark_out *out = &DO(w, vali, receipt_unmark, room, one.seq)->out.receipt_unmark;
    assert_events(w, "room_read");
    assert_int_equal(w->events->read, one.seq - 1);
    assert_int_equal(out->read, one.seq - 1);
    assert_int_equal(out->unread, 2);
    assert_int_equal(room_of(w, vali, room)->unread, 2);
    assert_int_equal(room_of(w, ali, room)->read_by_all, two.seq);
    struct receipt_readers_out *readers = &DO(w, ali, receipt_readers, room, two.seq, .limit = 10)->out.receipt_readers;
    assert_int_equal(readers->n, 1);
    assert_span(readers->readers[0].person.username, "vali");
    assert_int_equal(readers->readers[0].read, two.seq);
    assert_int_equal(DO(w, vali, receipt_unmark, room, 1000)->out.receipt_unmark.read, one.seq - 1);
    assert_events(w, "");
    DO(w, vali, receipt_mark, room, two.seq);
    assert_events(w, "room_read");
    assert_int_equal(room_of(w, vali, room)->unread, 0);
    assert_refused(ASK(w, vali, receipt_unmark, room, 0), invalid, "from");
}

static void all_have_read_when_the_last_of_them_has(void **state)
{
    struct world *w = *state;
    struct actor people[30];
    for (int i = 0; i < 30; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", i);
        people[i] = someone(w, name);
    }
    struct room_id room = group(w, people[0], false, "Story");
    for (int i = 1; i < 30; i++) seat(w, people[0], room, people[i], role_member);
    struct message m = post(w, people[0], room, "to all");
    for (int i = 1; i < 30; i++) {
        int64_t head = head_of(w, people[0], room);
        assert_true(room_of(w, people[0], room)->read_by_all < m.seq);
        DO(w, people[i], receipt_mark, room, m.seq);
        assert_int_equal(head_of(w, people[0], room), head + 1);
    }
    assert_events(w, "room_read read_by_all message_read");
    assert_int_equal(w->events->next->read, m.seq);
    assert_int_equal(w->events->next->seq, 0);
    assert_int_equal(room_of(w, people[0], room)->read_by_all, m.seq);
}

/* Nobody waits for an author to read their own words; of several authors each has to read the others'. */
static void own_words_need_no_reading(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    int64_t last = 0;
    for (int i = 0; i < 300; i++) last = post(w, ali, room, "more").seq;
    DO(w, vali, receipt_mark, room, last);
    assert_true(room_of(w, ali, room)->read_by_all >= 200); /* the search for other voices ends after 200 messages */
    struct message answer = post(w, vali, room, "answer");
    last = post(w, ali, room, "not read by vali").seq;
    DO(w, ali, receipt_mark, room, answer.seq);
    assert_int_equal(room_of(w, ali, room)->read_by_all, last - 1);
}

static void who_goes_keeps_nobody_waiting(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), guli = someone(w, "guli");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_member);
    seat(w, ali, room, guli, role_member);
    struct message m = post(w, ali, room, "one");
    DO(w, vali, receipt_mark, room, m.seq);
    assert_true(room_of(w, ali, room)->read_by_all < m.seq);
    DO(w, guli, member_remove, room, guli.account);
    assert_events(w, "member_left read_by_all message_read");
    assert_int_equal(room_of(w, ali, room)->read_by_all, m.seq);
    seat(w, ali, room, guli, role_member);
    assert_int_equal(room_of(w, ali, room)->read_by_all, m.seq);
}

static void erase_account(struct world *w, struct actor who)
{
    DO(w, who, account_erase, .password = SPAN("secret word"));
}

/* However somebody goes from a guild: in its channels too, the others are told at once. */
static void who_goes_from_a_guild_keeps_nobody_waiting_in_its_channels(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct actor goers[] = { someone(w, "leaver"), someone(w, "kicked"), someone(w, "banned"), someone(w, "erased") };
    struct room_id guild = DO(w, ali, guild_create, .name = SPAN("Guild"))->out.guild_create.room.id, rooms[3];
    for (int i = 0; i < 3; i++) rooms[i] = DO(w, ali, channel_create, .guild = guild, .name = SPAN("channel"))->out.channel_create.room.id;
    seat(w, ali, guild, vali, role_member);
    for (int i = 0; i < 4; i++) {
        struct actor goer = goers[i];
        struct message m[3];
        seat(w, ali, guild, goer, role_member);
        for (int k = 0; k < 3; k++) m[k] = post(w, ali, rooms[k], "one");
        for (int k = 0; k < 2; k++) DO(w, vali, receipt_mark, rooms[k], m[k].seq);
        DO(w, goer, receipt_mark, rooms[0], m[0].seq);
        assert_true(room_of(w, ali, rooms[1])->read_by_all < m[1].seq);
        if (i == 0) DO(w, goer, member_remove, guild, goer.account);
        if (i == 1) DO(w, ali, member_remove, guild, goer.account);
        if (i == 2) DO(w, ali, ban_put, guild, goer.account);
        if (i == 3) erase_account(w, goer);
        const struct event *told = w->events;
        while (told && told->kind != event_read_by_all) told = told->next;
        assert_non_null(told);
        assert_int_equal(told->room.v, rooms[1].v); /* the first was read by all before, in the third vali lags too */
        assert_int_equal(told->read, m[1].seq);
        for (told = told->next; told; told = told->next) assert_false(told->kind == event_read_by_all && told->room.v != LOBBY.v);
        assert_int_equal(room_of(w, ali, rooms[1])->read_by_all, m[1].seq);
        assert_true(room_of(w, ali, rooms[2])->read_by_all < m[2].seq);
    }
}

static void nobody_waits_for_bots(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct actor bot = { DO(w, ali, bot_create, .username = SPAN("robot"))->out.bot_create.account.person.id, { 0 } };
    struct room_id guild = DO(w, ali, guild_create, .name = SPAN("Guild"))->out.guild_create.room.id;
    seat(w, ali, guild, vali, role_member);
    seat(w, ali, guild, bot, role_member);
    struct room_id channel = DO(w, ali, channel_create, .guild = guild, .name = SPAN("later"))->out.channel_create.room.id;
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_member);
    seat(w, ali, room, bot, role_member);
    struct room_id both[] = { room, channel };
    for (int i = 0; i < 2; i++) {
        struct message m = post(w, ali, both[i], "one");
        DO(w, vali, receipt_mark, both[i], m.seq);
        assert_int_equal(room_of(w, ali, both[i])->read_by_all, m.seq);
        struct receipt_readers_out *readers = &DO(w, ali, receipt_readers, both[i], m.seq, .limit = 10)->out.receipt_readers;
        assert_int_equal(readers->n, 1);
        assert_span(readers->readers[0].person.username, "vali");
    }
}

static void readers_are_told_page_by_page(void **state)
{
    struct world *w = *state;
    struct actor people[4];
    static const char *const names[] = { "a1", "b2", "c3", "d4" };
    for (int i = 0; i < 4; i++) people[i] = someone(w, names[i]);
    struct room_id room = group(w, people[0], false, "Story");
    for (int i = 1; i < 4; i++) seat(w, people[0], room, people[i], role_member);
    struct message one = post(w, people[0], room, "one"), two = post(w, people[0], room, "two");
    for (int i = 1; i < 4; i++) DO(w, people[i], receipt_mark, room, i == 2 ? one.seq : two.seq);
    struct receipt_readers_out *page = &DO(w, people[0], receipt_readers, room, one.seq, .limit = 2)->out.receipt_readers;
    assert_int_equal(page->n, 2);
    assert_true(page->more);
    page = &DO(w, people[0], receipt_readers, room, one.seq, page->readers[1].person.id, 2)->out.receipt_readers;
    assert_int_equal(page->n, 1);
    assert_false(page->more);
    page = &DO(w, people[0], receipt_readers, room, two.seq, .limit = 10)->out.receipt_readers;
    assert_int_equal(page->n, 2);
    assert_span(page->readers[1].person.username, "d4");
    assert_refused(ASK(w, people[0], receipt_readers, room, 1, .limit = 0), invalid, "limit");
}

CASES(reading, STORY(a_mark_goes_back_for_its_owner_only), STORY(all_have_read_when_the_last_of_them_has), STORY(own_words_need_no_reading),
      STORY(who_goes_keeps_nobody_waiting), STORY(who_goes_from_a_guild_keeps_nobody_waiting_in_its_channels),
      STORY(nobody_waits_for_bots),
      STORY(readers_are_told_page_by_page));
