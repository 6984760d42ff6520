/* Single messages read, merged with read marks; rooms whose maker has no seat; doors that trust; the same text at once; names found by the house. */
#include "world.h"
#include <string.h>
#include <unistd.h>

static struct room_view *room_of(struct world *w, struct actor who, struct room_id room)
{
    return &DO(w, who, room_get, room)->out.room_get.room;
}

static struct receipt_put_out *put(struct world *w, struct actor who, struct message m)
{
    return &DO(w, who, receipt_put, m.id)->out.receipt_put;
}

static bool tells(const struct world *w, struct message m)
{
    for (const struct event *e = w->events; e; e = e->next)
        if (e->kind == event_message_read && id_eq(e->message_id, m.id)) return id_eq(e->subject.id, m.author.id) && id_none(e->by.id);
    return false;
}

static bool is_read(struct world *w, struct actor who, struct message m)
{
    struct message_history_out *out = &DO(w, who, message_history, .room = m.room, .around = m.seq, .limit = 1, .reads = true)->out.message_history;
    return out->read[0];
}

struct three { struct actor ali, vali, guli; struct room_id room; };
static struct three three_in(struct world *w)
{
    struct three t = { someone(w, "ali"), someone(w, "vali"), someone(w, "guli"), { 0 } };
    t.room = group(w, t.ali, false, "Three");
    seat(w, t.ali, t.room, t.vali, role_member);
    seat(w, t.ali, t.room, t.guli, role_member);
    return t;
}

static void a_message_read_out_of_turn_moves_no_mark_until_the_gap_closes(void **state)
{
    struct world *w = *state;
    struct three t = three_in(w);
    struct message one = post(w, t.ali, t.room, "one"), two = post(w, t.ali, t.room, "two"), three = post(w, t.ali, t.room, "three");
    int64_t mark = room_of(w, t.vali, t.room)->read;
    struct receipt_put_out *out = put(w, t.vali, three);
    assert_events(w, "");
    assert_false(out->already || out->all_read);
    assert_span(out->reader.username, "vali");
    assert_int_equal(room_of(w, t.vali, t.room)->read, mark);
    out = put(w, t.guli, three);
    assert_events(w, "message_read");
    assert_true(tells(w, three) && out->all_read && !out->already);
    out = put(w, t.vali, three);
    assert_events(w, "message_read");
    assert_true(tells(w, three) && out->all_read && out->already);
    assert_true(is_read(w, t.vali, three) && !is_read(w, t.vali, one));
    assert_false(put(w, t.vali, one)->all_read);
    assert_events(w, "room_read read_by_all");
    assert_int_equal(room_of(w, t.vali, t.room)->read, one.seq);
    put(w, t.vali, two);
    assert_int_equal(room_of(w, t.vali, t.room)->read, three.seq);
    assert_int_equal(room_of(w, t.vali, t.room)->unread, 0);
    assert_true(put(w, t.vali, two)->already);
    assert_events(w, "");
    DO(w, t.guli, receipt_mark, t.room, one.seq);
    assert_events(w, "room_read read_by_all message_read");
    assert_true(tells(w, one));
    int64_t reached = DO(w, t.guli, receipt_mark, t.room, two.seq)->out.receipt_mark.read;
    assert_events(w, "room_read read_by_all message_read");
    assert_true(tells(w, two));
    assert_int_equal(reached, three.seq);
    assert_int_equal(room_of(w, t.ali, t.room)->read_by_all, three.seq);
}

static void a_mark_tells_the_author_also_when_they_lag_behind_themselves(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message unread = post(w, vali, room, "not read by ali"), m = post(w, ali, room, "mine");
    DO(w, vali, receipt_mark, room, m.seq);
    assert_events(w, "room_read read_by_all message_read");
    assert_true(tells(w, m));
    assert_true(is_read(w, ali, m) && !is_read(w, ali, unread));
    DO(w, vali, receipt_unmark, room, m.seq);
    assert_true(put(w, vali, m)->already);
    assert_events(w, "room_read message_read");
    assert_int_equal(room_of(w, vali, room)->read, m.seq);
}

static void of_very_many_the_newest_are_told(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message first = post(w, ali, room, "first"), last = first;
    for (int i = 0; i < READ_TOLD_MAX; i++) last = post(w, ali, room, "more");
    DO(w, vali, receipt_mark, room, last.seq);
    int n = 0;
    for (const struct event *e = w->events; e; e = e->next) n += e->kind == event_message_read;
    assert_int_equal(n, READ_TOLD_MAX);
    assert_true(tells(w, last) && !tells(w, first));
}

static void who_may_not_mark_a_message_learns_nothing_of_it(void **state)
{
    struct world *w = *state;
    struct three t = three_in(w);
    struct actor stranger = someone(w, "stranger");
    struct message m = post(w, t.ali, t.room, "one"), gone = post(w, t.ali, t.room, "two");
    DO(w, t.ali, message_delete, t.room, gone.id);
    assert_refused(ASK(w, stranger, receipt_put, m.id), not_found, "message");
    assert_refused(ASK(w, t.vali, receipt_put, { 999999 }), not_found, "message");
    assert_refused(ASK(w, t.vali, receipt_put, { 0 }), not_found, "message");
    assert_refused(ASK(w, t.vali, receipt_put, gone.id), gone, "message");
    assert_refused(ASK(w, t.ali, receipt_put, m.id), forbidden, "author");
    assert_refused(ASK(w, NOBODY, receipt_put, m.id), unauthenticated, "session");
    struct room_id open = group(w, t.ali, true, "Open");
    assert_refused(ASK(w, stranger, receipt_put, post(w, t.ali, open, "one").id), forbidden, "membership");
    assert_false(is_read(w, t.ali, m));
}

static void who_leaves_holds_nobody_up_and_is_told_nothing(void **state)
{
    struct world *w = *state;
    struct three t = three_in(w);
    post(w, t.ali, t.room, "a gap");
    struct message m = post(w, t.ali, t.room, "one");
    put(w, t.vali, m);
    DO(w, t.guli, member_remove, t.room, t.guli.account);
    assert_events(w, "member_left read_by_all message_read");
    assert_true(tells(w, m));
    struct message alone = post(w, t.ali, t.room, "two");
    DO(w, t.vali, member_remove, t.room, t.vali.account);
    assert_events(w, "member_left read_by_all");
    assert_false(is_read(w, t.ali, alone));
    seat(w, t.ali, t.room, t.vali, role_member);
    assert_true(is_read(w, t.ali, alone));
    struct message of_vali = post(w, t.vali, t.room, "by who goes");
    seat(w, t.ali, t.room, t.guli, role_member);
    struct message later = post(w, t.vali, t.room, "later");
    put(w, t.guli, later);
    DO(w, t.vali, member_remove, t.room, t.vali.account);
    DO(w, t.ali, receipt_mark, t.room, later.seq);
    assert_false(tells(w, of_vali) || tells(w, later));
    seat(w, t.ali, t.room, t.vali, role_member);
    struct message again = post(w, t.ali, t.room, "again");
    assert_false(put(w, t.vali, again)->already);
}

/* ---- The maker who has no seat */

static void who_makes_a_room_without_a_seat_may_fill_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), guli = someone(w, "guli");
    struct room_view made = DO(w, ali, room_create, .kind = room_group, .name = SPAN("Chat"), .unseated = true)->out.room_create.room;
    assert_events(w, "");
    assert_int_equal(made.role, role_none);
    assert_int_equal(made.n_members, 0);
    assert_refused(ASK(w, ali, message_history, .room = made.id, .limit = 10), not_found, "room");
    assert_refused(ASK(w, ali, message_post, made.id, SPAN("hi")), not_found, "room");
    assert_refused(ASK(w, ali, room_delete, made.id), not_found, "room");
    assert_refused(ASK(w, vali, member_put, made.id, vali.account, role_member), not_found, "room");
    assert_refused(ASK(w, ali, member_put, made.id, vali.account, role_admin), not_found, "room");
    assert_false(DO(w, ali, member_put, made.id, vali.account, role_member)->out.member_put.existed);
    assert_int_equal(w->events->room_kind, room_group);
    assert_true(DO(w, ali, member_put, made.id, vali.account, role_member)->out.member_put.existed);
    assert_int_equal(DO(w, ali, member_list, made.id, .limit = 10)->out.member_list.n, 1);
    assert_refused(ASK(w, vali, member_put, made.id, guli.account, role_member), forbidden, "role");
    assert_false(DO(w, ali, member_put, made.id, ali.account, role_member)->out.member_put.existed);
    assert_int_equal(room_of(w, ali, made.id)->role, role_owner);
    assert_true(DO(w, ali, member_put, made.id, ali.account, role_member, true)->out.member_put.existed);
    assert_int_equal(room_of(w, ali, made.id)->role, role_owner);
    DO(w, ali, member_remove, made.id, ali.account);
    assert_int_equal(room_of(w, vali, made.id)->role, role_owner);
    assert_refused(ASK(w, ali, member_put, made.id, ali.account, role_member), not_found, "room");
    DO(w, vali, member_put, made.id, ali.account, role_admin);
    DO(w, vali, member_put, made.id, ali.account, role_member, true);
    assert_int_equal(room_of(w, ali, made.id)->role, role_admin);
}

static void a_door_that_trusts_lets_nobody_do_what_the_old_server_did(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), trusted = { .trusted = true };
    struct room_id room = group(w, ali, false, "Chat");
    post(w, ali, room, "one");
    assert_refused(ASK(w, NOBODY, message_history, .room = room, .limit = 10), unauthenticated, "session");
    assert_int_equal(DO(w, trusted, message_history, .room = room, .limit = 10)->out.message_history.n, 1);
    assert_int_equal(DO(w, trusted, member_list, room, .limit = 10)->out.member_list.n, 1);
    DO(w, trusted, member_put, room, vali.account, role_member, true);
    assert_events(w, "member_joined");
    assert_int_equal(w->events->by.id.v, vali.account.v);
    assert_refused(ASK(w, trusted, member_put, room, { 999999 }, role_member, true), not_found, "account");
    assert_refused(ASK(w, trusted, message_post, room, SPAN("x")), unauthenticated, "session");
    assert_refused(ASK(w, trusted, room_get, room), unauthenticated, "session");
    assert_refused(ASK(w, trusted, room_create, .kind = room_group, .name = SPAN("x")), unauthenticated, "session");
    assert_refused(ASK(w, trusted, room_create, .kind = room_direct, .members = &ali.account, .n_members = 1), unauthenticated, "session");
    struct room_id made = DO(w, trusted, room_create, .kind = room_group, .name = SPAN("x"), .unseated = true)->out.room_create.room.id;
    DO(w, trusted, member_put, made, vali.account, role_member, true);
    assert_refused(ASK(w, ali, member_put, made, ali.account, role_member), not_found, "room");
}

/* ---- The same text at once */

static void the_same_text_at_once_is_one_message_and_later_another(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message_post_out first = DO(w, ali, message_post, room, SPAN("yes"), .once_s = 3600)->out.message_post;
    struct message_post_out again = DO(w, ali, message_post, room, SPAN("yes"), .once_s = 3600)->out.message_post;
    assert_true(!first.repeat && again.repeat && id_eq(first.message.id, again.message.id));
    assert_events(w, "");
    assert_false(DO(w, vali, message_post, room, SPAN("yes"), .once_s = 3600)->out.message_post.repeat);
    assert_false(DO(w, ali, message_post, room, SPAN("Yes"), .once_s = 3600)->out.message_post.repeat);
    assert_false(DO(w, ali, message_post, room, SPAN("yes"))->out.message_post.repeat);
    struct command *twins[] = { WISH(w, ali, message_post, room, SPAN("twice"), .once_s = 3600), WISH(w, ali, message_post, room, SPAN("twice"), .once_s = 3600) };
    world_write(w, twins, 2);
    assert_done(twins[0]);
    assert_done(twins[1]);
    assert_int_equal(twins[0]->out.message_post.repeat + twins[1]->out.message_post.repeat, 1);
    assert_events(w, "message_posted");
}

/* Sent on and on for some seconds, across the borders of several spans: never two closer than a second. */
static void a_border_between_two_spans_lets_no_repeat_through(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    int64_t last_us = 0;
    int n_fresh = 0;
    for (int i = 0; i < 50; i++) {
        struct message_post_out out = DO(w, ali, message_post, room, SPAN("again"), .once_s = 1)->out.message_post;
        if (!out.repeat) {
            assert_true(!last_us || out.message.created_us - last_us >= 1000000);
            last_us = out.message.created_us, n_fresh++;
        }
        usleep(50000);
    }
    assert_in_range(n_fresh, 2, 4);
}

/* ---- Who logs in by address */

static struct person registers(struct world *w, const char *name, const char *email)
{
    return DO(w, NOBODY, account_register, .who = { .password = SPAN("secret word") }, .email = span_of(email), .name = span_of(name), .by_email = true)
        ->out.account_register.grant.account.person;
}

static void names_need_not_be_unique_where_the_address_is(void **state)
{
    struct world *w = *state;
    struct person a = registers(w, "User", "a@example.com"), b = registers(w, "User", "b@example.com"), c = registers(w, "a/b", "third@example.com");
    assert_span(a.username, "User");
    assert_span(b.username, "User2");
    assert_span(b.name, "User");
    assert_span(c.username, "third");
    assert_span(c.name, "a/b");
    assert_span(registers(w, "", "third@example.org").username, "third2");
    assert_span(registers(w, "", "\xd1\x87@example.org").username, "\xd1\x87");
    for (int i = 0; i < 15; i++) {
        char email[32];
        snprintf(email, sizeof email, "x%d@example.com", i);
        assert_true(registers(w, "User", email).username.n >= 5);
    }
    assert_refused(ASK(w, NOBODY, account_register, .who = { .password = SPAN("secret word") }, .email = SPAN("A@example.com"), .by_email = true), conflict, "email");
    assert_refused(ASK(w, NOBODY, account_register, .who = { .password = SPAN("secret word") }, .by_email = true), invalid, "email");
    struct grant in = DO(w, NOBODY, session_open, .who = { SPAN("b@example.com"), SPAN("secret word") })->out.session_open.grant;
    assert_int_equal(in.account.person.id.v, b.id.v);
}

CASES(receipt, STORY(a_message_read_out_of_turn_moves_no_mark_until_the_gap_closes), STORY(a_mark_tells_the_author_also_when_they_lag_behind_themselves),
      STORY(of_very_many_the_newest_are_told), STORY(who_may_not_mark_a_message_learns_nothing_of_it), STORY(who_leaves_holds_nobody_up_and_is_told_nothing),
      STORY(who_makes_a_room_without_a_seat_may_fill_it), STORY(a_door_that_trusts_lets_nobody_do_what_the_old_server_did),
      STORY(the_same_text_at_once_is_one_message_and_later_another), STORY(a_border_between_two_spans_lets_no_repeat_through),
      STORY(names_need_not_be_unique_where_the_address_is));
