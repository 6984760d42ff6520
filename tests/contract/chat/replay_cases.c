/* The replay: what room_changes tells is what happened, in order, as far as it says. */
#include "world.h"
#include <stdlib.h>
#include <string.h>

/* Reads a room from a number to its head, page by page, and writes the kinds and numbers down. */
static void tell(struct world *w, struct actor by, struct room_id room, int64_t after, size_t limit, char *out, size_t size)
{
    int64_t head;
    out[0] = 0;
    do {
        struct room_changes_out *r = &DO(w, by, room_changes, room, after, limit)->out.room_changes;
        assert_true(r->to > after || r->to == r->head);
        for (size_t i = 0; i < r->n; i++) {
            const struct event *e = r->events[i];
            assert_true(e->seq > after && e->seq <= r->to);
            assert_int_equal(e->room.v, room.v);
            snprintf(out + strlen(out), size - strlen(out), "%s%lld:%s", out[0] ? " " : "", (long long)e->seq, event_name(e->kind));
            after = e->seq;
        }
        after = r->to, head = r->head;
    } while (after < head);
}

static void everything_is_told_in_order_whatever_the_page(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_member);
    struct message m = post(w, ali, room, "one");
    DO(w, ali, message_edit, room, m.id, SPAN("uno"));
    DO(w, vali, reaction_put, room, m.id, SPAN("+1"));
    DO(w, vali, reaction_remove, room, m.id, SPAN("+1"));
    DO(w, vali, receipt_mark, room, m.seq);
    seat(w, ali, room, vali, role_admin);
    DO(w, ali, room_change, room, .name = SPAN("Tale"));
    struct message last = post(w, vali, room, "two");
    DO(w, ali, message_delete, room, last.id);
    DO(w, vali, member_remove, room, vali.account);
    const char *whole = "1:member_joined 2:member_joined 3:message_posted 4:message_edited 5:reaction_added 6:reaction_removed 7:room_read"
                        " 8:member_changed 9:room_changed 10:message_posted 11:message_deleted 12:member_left";
    char told[1024];
    for (size_t limit = 1; limit < 15; limit++) {
        tell(w, ali, room, 0, limit, told, sizeof told);
        assert_string_equal(told, whole);
    }
    tell(w, ali, room, 9, 100, told, sizeof told);
    assert_string_equal(told, "10:message_posted 11:message_deleted 12:member_left");
    tell(w, ali, room, 12, 100, told, sizeof told);
    assert_string_equal(told, "");
}

static void replayed_events_say_what_the_live_ones_said(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_admin);
    struct message m = post(w, ali, room, "one");
    DO(w, vali, reaction_put, room, m.id, SPAN("+1"));
    DO(w, ali, message_edit, room, m.id, SPAN("uno"));
    DO(w, vali, receipt_mark, room, m.seq);
    DO(w, ali, room_change, room, .name = SPAN("Tale"));
    struct event **e = DO(w, ali, room_changes, room, 1, 100)->out.room_changes.events;
    assert_int_equal(e[0]->role, role_admin);
    assert_span(e[0]->subject.username, "vali");
    assert_span(e[0]->by.username, "ali");
    assert_span(e[1]->message.text, "uno");
    assert_int_equal(e[1]->message.n_reactions, 1);
    assert_int_equal(e[1]->at_us, m.created_us);
    assert_span(e[2]->emoji, "+1");
    assert_int_equal(e[2]->message_id.v, m.id.v);
    assert_int_equal(e[2]->by.id.v, vali.account.v);
    assert_span(e[3]->message.text, "uno");
    assert_true(e[3]->message.edited_us > 0);
    assert_int_equal(e[4]->read, m.seq);
    assert_span(e[5]->face->name, "Tale");
    assert_int_equal(w->events->at_us, e[5]->at_us);
}

static void an_older_read_mark_is_forgotten_and_nothing_else(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    char told[512];
    for (int i = 0; i < 3; i++) {
        struct message m = post(w, ali, room, "x");
        DO(w, vali, receipt_mark, room, m.seq);
    }
    tell(w, ali, room, 0, 2, told, sizeof told);
    assert_string_equal(told, "1:member_joined 2:member_joined 3:message_posted 5:message_posted 7:message_posted 8:room_read");
    struct room_changes_out *r = &DO(w, ali, room_changes, room, 3, 1)->out.room_changes;
    assert_int_equal(r->to, 5);
}

static void in_a_large_room_marks_move_without_being_kept(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    char name[8];
    for (int i = 0; i < ROOM_READS_SHOWN_MAX_MEMBERS; i++) snprintf(name, sizeof name, "p%d", i), someone(w, name);
    struct actor vali = someone(w, "vali");
    struct message m = post(w, ali, LOBBY, "one");
    DO(w, vali, receipt_mark, LOBBY, m.seq);
    assert_events(w, "room_read");
    assert_true(w->events->own_only && w->events->seq == 0);
    assert_int_equal(head_of(w, ali, LOBBY), m.seq);
    assert_false(DO(w, ali, member_list, LOBBY, .limit = 1)->out.member_list.reads_shown);
    assert_int_equal(DO(w, vali, room_get, LOBBY)->out.room_get.room.unread, 0);
}

static void asking_from_beyond_the_head_means_reload(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    post(w, ali, LOBBY, "one");
    struct room_changes_out *r = &DO(w, ali, room_changes, LOBBY, 7, 100)->out.room_changes;
    assert_true(r->reload);
    assert_int_equal(r->n, 0);
    assert_int_equal(r->head, 1);
    r = &DO(w, ali, room_changes, LOBBY, 0, 0)->out.room_changes;
    assert_int_equal(r->n, 0);
    assert_int_equal(r->head, 1);
    assert_refused(ASK(w, ali, room_changes, LOBBY, -1, 10), invalid, "after");
}

static void a_replay_of_long_messages_comes_in_bounded_pieces(void **state)
{
    enum { n_posts = 300 };
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    static char text[MESSAGE_TEXT_MAX_POINTS];
    struct command *batch[n_posts];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < n_posts; i++) batch[i] = WISH(w, ali, message_post, .room = LOBBY, .text = span_make(text, sizeof text));
    world_write(w, batch, n_posts);
    struct room_changes_out *r = &DO(w, ali, room_changes, LOBBY, 0, 1000)->out.room_changes;
    assert_true(r->n > 200 && r->n < n_posts);
    assert_int_equal(r->to, r->events[r->n - 1]->seq);
    r = &DO(w, ali, room_changes, LOBBY, r->to, 1000)->out.room_changes;
    assert_int_equal(r->to, n_posts);
}

CASES(replay, STORY(everything_is_told_in_order_whatever_the_page), STORY(replayed_events_say_what_the_live_ones_said),
      STORY(an_older_read_mark_is_forgotten_and_nothing_else), STORY(in_a_large_room_marks_move_without_being_kept),
      STORY(asking_from_beyond_the_head_means_reload), STORY(a_replay_of_long_messages_comes_in_bounded_pieces));
