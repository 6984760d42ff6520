/* What becomes of messages: earlier texts, pins, who reacted, pages around a number, drafts, blocks. */
#include "world.h"
#include <string.h>

static void edits_leave_their_earlier_texts(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct message m = post(w, ali, LOBBY, "one");
    assert_int_equal(m.n_versions, 0);
    DO(w, ali, message_edit, LOBBY, m.id, SPAN("two"));
    DO(w, ali, message_edit, LOBBY, m.id, SPAN("two"));
    struct message *now = &DO(w, ali, message_edit, LOBBY, m.id, SPAN("three"))->out.message_edit.message;
    assert_int_equal(now->n_versions, 2);
    struct message_versions_out *v = &DO(w, vali, message_versions, LOBBY, m.id)->out.message_versions;
    assert_int_equal(v->n, 3);
    assert_span(v->versions[0].text, "one");
    assert_int_equal(v->versions[0].at_us, m.created_us);
    assert_span(v->versions[1].text, "two");
    assert_true(v->versions[1].at_us > m.created_us);
    assert_span(v->versions[2].text, "three");
    assert_int_equal(v->versions[2].at_us, now->edited_us);
    DO(w, ali, message_delete, LOBBY, m.id);
    assert_refused(ASK(w, vali, message_versions, LOBBY, m.id), gone, "message");
    assert_int_equal(DO(w, ali, message_get, LOBBY, m.id)->out.message_get.message.n_versions, 0);
    assert_refused(ASK(w, ali, message_versions, LOBBY, { 999 }), not_found, "message");
}

static void of_very_many_texts_the_oldest_go(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct message m = post(w, ali, LOBBY, "0");
    for (int i = 1; i <= MESSAGE_VERSIONS_MAX + 10; i++) {
        struct command *c = WISH(w, ali, message_edit, LOBBY, m.id);
        c->in.message_edit.text = arena_printf(c->arena, "%d", i);
        world_carry_out(w, c);
        assert_done(c);
    }
    struct message_versions_out *v = &DO(w, ali, message_versions, LOBBY, m.id)->out.message_versions;
    assert_int_equal(v->n, MESSAGE_VERSIONS_MAX + 1);
    assert_span(v->versions[0].text, "10");
    assert_span(v->versions[v->n - 1].text, "110");
    assert_int_equal(DO(w, ali, message_get, LOBBY, m.id)->out.message_get.message.n_versions, MESSAGE_VERSIONS_MAX);
}

static void a_text_that_is_all_there_is_takes_the_message_with_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct message m = post(w, ali, LOBBY, "one");
    DO(w, ali, message_delete, LOBBY, m.id, message_part_files);
    assert_events(w, "");
    DO(w, ali, message_delete, LOBBY, m.id, message_part_text);
    assert_events(w, "message_deleted");
}

static void pins_are_kept_newest_first_and_go_with_the_message(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message one = post(w, ali, room, "one"), two = post(w, vali, room, "two");
    DO(w, vali, pin_put, room, one.id);
    assert_events(w, "message_pinned");
    assert_int_equal(w->events->message_id.v, one.id.v);
    DO(w, ali, pin_put, room, one.id);
    assert_events(w, "");
    DO(w, ali, pin_put, room, two.id);
    struct pin_list_out *pins = &DO(w, vali, pin_list, room)->out.pin_list;
    assert_int_equal(pins->n, 2);
    assert_int_equal(pins->messages[0].id.v, two.id.v);
    assert_true(pins->messages[0].pinned_us > 0);
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.n_pins, 2);
    DO(w, ali, pin_remove, room, two.id);
    assert_events(w, "message_unpinned");
    DO(w, ali, pin_remove, room, two.id);
    assert_events(w, "");
    DO(w, ali, message_delete, room, one.id);
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.n_pins, 0);
    assert_int_equal(DO(w, ali, pin_list, room)->out.pin_list.n, 0);
    assert_refused(ASK(w, ali, pin_put, room, one.id), gone, "message");
    assert_refused(ASK(w, ali, pin_put, room, { 999 }), not_found, "message");
    struct event **e = DO(w, ali, room_changes, room, two.seq, 100)->out.room_changes.events;
    assert_int_equal(e[0]->kind, event_message_pinned);
    assert_int_equal(e[0]->message_id.v, one.id.v);
    assert_span(e[0]->by.username, "vali");
}

static void a_room_holds_a_hundred_pins(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id room = group(w, ali, false, "Board");
    for (int i = 0; i < 100; i++) DO(w, ali, pin_put, room, post(w, ali, room, "note").id);
    struct message m = post(w, ali, room, "one too many");
    assert_refused(ASK(w, ali, pin_put, room, m.id), too_large, "pins");
    assert_int_equal(DO(w, ali, pin_list, room)->out.pin_list.n, 100);
}

static void who_reacted_is_told_page_by_page(void **state)
{
    struct world *w = *state;
    struct actor people[5];
    static const char *const names[] = { "a1", "b2", "c3", "d4", "e5" };
    for (int i = 0; i < 5; i++) people[i] = someone(w, names[i]);
    struct message m = post(w, people[0], LOBBY, "one");
    for (int i = 4; i >= 0; i--) DO(w, people[i], reaction_put, LOBBY, m.id, SPAN("+1"));
    DO(w, people[0], reaction_put, LOBBY, m.id, SPAN("-1"));
    struct reaction_who_out *page = &DO(w, people[1], reaction_who, LOBBY, m.id, SPAN("+1"), .limit = 3)->out.reaction_who;
    assert_int_equal(page->n, 3);
    assert_true(page->more);
    assert_span(page->people[0].person.username, "a1");
    assert_true(page->people[0].at_us > page->people[2].at_us);
    page = &DO(w, people[1], reaction_who, LOBBY, m.id, SPAN("+1"), page->people[2].person.id, 3)->out.reaction_who;
    assert_int_equal(page->n, 2);
    assert_false(page->more);
    assert_refused(ASK(w, people[0], reaction_who, LOBBY, { 999 }, SPAN("+1"), .limit = 3), not_found, "message");
    assert_refused(ASK(w, people[0], reaction_who, LOBBY, m.id, SPAN(" "), .limit = 3), invalid, "emoji");
}

static void a_page_around_a_number_has_both_sides(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    int64_t seqs[20];
    for (int i = 0; i < 20; i++) {
        struct message m = post(w, ali, LOBBY, "x");
        seqs[i] = m.seq;
        if (i % 3 == 0) DO(w, ali, reaction_put, LOBBY, m.id, SPAN("+1"));
    }
    struct message_history_out *page = &DO(w, ali, message_history, LOBBY, .around = seqs[10], .limit = 6)->out.message_history;
    assert_int_equal(page->n, 6);
    for (int i = 0; i < 6; i++) assert_int_equal(page->messages[i].seq, seqs[7 + i]);
    assert_true(page->more && page->more_after && page->is_around);
    page = &DO(w, ali, message_history, LOBBY, .around = seqs[0], .limit = 6)->out.message_history;
    assert_int_equal(page->n, 3);
    assert_false(page->more);
    assert_true(page->more_after);
    page = &DO(w, ali, message_history, LOBBY, .around = 1000000, .limit = 6)->out.message_history;
    assert_int_equal(page->n, 3);
    assert_int_equal(page->messages[2].seq, seqs[19]);
    assert_false(page->more_after);
    assert_refused(ASK(w, ali, message_history, LOBBY, .around = 3, .before = 3, .limit = 6), invalid, "around");
}

static void a_draft_is_kept_for_its_author_alone(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message m = post(w, vali, room, "well?");
    DO(w, ali, draft_put, room, SPAN("hm"), m.id);
    assert_events(w, "draft_changed");
    assert_int_equal(w->events->by.id.v, ali.account.v);
    assert_int_equal(w->events->seq, 0);
    struct draft *draft = &DO(w, ali, room_get, room)->out.room_get.room.draft;
    assert_span(draft->text, "hm");
    assert_int_equal(draft->reply_to.v, m.id.v);
    assert_true(draft->updated_us > 0);
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.draft.updated_us, 0);
    DO(w, ali, draft_put, room, SPAN("hmm"));
    assert_span(DO(w, ali, room_list, 0)->out.room_list.rooms[0].draft.text, "hmm");
    DO(w, ali, draft_put, room, SPAN(""));
    assert_events(w, "draft_changed");
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.draft.updated_us, 0);
    DO(w, ali, draft_put, room, SPAN(""));
    assert_events(w, "");
    assert_refused(ASK(w, ali, draft_put, room, SPAN("\xff")), invalid, "text");
}

static void two_who_do_not_speak(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), guli = someone(w, "guli");
    struct room_id room = direct(w, ali, vali), story = group(w, vali, false, "Story");
    struct message m = post(w, vali, room, "hello");
    DO(w, ali, block_put, vali.account);
    assert_events(w, "block_changed");
    assert_int_equal(w->events->room.v, room.v);
    assert_true(w->events->blocked);
    DO(w, ali, block_put, vali.account);
    assert_events(w, "");
    for (int i = 0; i < 2; i++) {
        struct actor who = i ? vali : ali;
        assert_refused(ASK(w, who, message_post, .room = room, .text = SPAN("x")), forbidden, "blocked");
        assert_refused(ASK(w, who, reaction_put, room, m.id, SPAN("+1")), forbidden, "blocked");
        assert_refused(ASK(w, who, pin_put, room, m.id), forbidden, "blocked");
        assert_true(DO(w, who, room_get, room)->out.room_get.room.blocked);
        DO(w, who, receipt_mark, room, m.seq);
        assert_int_equal(direct(w, who, i ? ali : vali).v, room.v);
    }
    assert_refused(ASK(w, vali, message_edit, room, m.id, SPAN("x")), forbidden, "blocked");
    assert_refused(ASK(w, vali, member_put, story, ali.account, role_member), forbidden, "blocked");
    assert_refused(ASK(w, vali, room_create, .kind = room_group, .name = SPAN("G"), .members = &ali.account, .n_members = 1), forbidden, "blocked");
    DO(w, vali, message_delete, room, m.id);
    DO(w, vali, block_put, ali.account);
    struct block_list_out *blocks = &DO(w, ali, block_list, 0)->out.block_list;
    assert_int_equal(blocks->n, 1);
    assert_span(blocks->blocks[0].person.username, "vali");
    DO(w, ali, block_remove, vali.account);
    assert_events(w, "block_changed");
    assert_true(w->events->blocked);
    assert_refused(ASK(w, ali, message_post, .room = room, .text = SPAN("x")), forbidden, "blocked"); /* vali still does not want to */
    DO(w, vali, block_remove, ali.account);
    assert_false(w->events->blocked);
    DO(w, vali, block_remove, ali.account);
    assert_events(w, "");
    post(w, ali, room, "peace");
    DO(w, guli, block_put, ali.account);
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = &guli.account, .n_members = 1), forbidden, "blocked");
    assert_refused(ASK(w, guli, room_create, .kind = room_direct, .members = &ali.account, .n_members = 1), forbidden, "blocked");
    assert_refused(ASK(w, ali, block_put, ali.account), invalid, "account");
    assert_refused(ASK(w, ali, block_put, { 999 }), not_found, "account");
}

static void a_reply_tells_where_its_quote_stands(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct message one = post(w, ali, LOBBY, "one");
    struct message two = DO(w, ali, message_post, .room = LOBBY, .text = SPAN("two"), .reply_to = one.id)->out.message_post.message;
    assert_int_equal(two.reply_seq, one.seq);
    assert_int_equal(DO(w, ali, message_get, LOBBY, two.id)->out.message_get.message.reply_seq, one.seq);
}

CASES(talk, STORY(edits_leave_their_earlier_texts), STORY(of_very_many_texts_the_oldest_go), STORY(a_text_that_is_all_there_is_takes_the_message_with_it),
      STORY(pins_are_kept_newest_first_and_go_with_the_message), STORY(a_room_holds_a_hundred_pins), STORY(who_reacted_is_told_page_by_page),
      STORY(a_page_around_a_number_has_both_sides), STORY(a_draft_is_kept_for_its_author_alone), STORY(two_who_do_not_speak),
      STORY(a_reply_tells_where_its_quote_stands));
