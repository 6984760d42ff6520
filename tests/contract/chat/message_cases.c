/* Messages: posting as a set, repeats, editing, deleting, reacting, history. */
#include "world.h"
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES MESSAGE_TEXT_MAX_BYTES

static void a_post_is_numbered_and_told(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct message one = post(w, ali, LOBBY, "salom");
    assert_events(w, "message_posted");
    assert_int_equal(one.seq, 1);
    assert_true(one.id.v > 0 && one.created_us > 0);
    assert_span(one.author.username, "ali");
    assert_int_equal(w->events->seq, 1);
    assert_int_equal(w->events->message.id.v, one.id.v);
    assert_span(w->events->message.text, "salom");
    assert_int_equal(atomic_load(&w->events->refs), 1);
    assert_int_equal(post(w, ali, LOBBY, "yana").seq, 2);
}

static void bad_texts_and_keys_are_refused(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    static char huge[MAX_TEXT_BYTES + 1];
    memset(huge, 'x', sizeof huge);
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("")), invalid, "text");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("\xff")), invalid, "text");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("a\0b")), invalid, "text");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = span_make(huge, sizeof huge)), too_large, "text");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = span_make(huge, MESSAGE_TEXT_MAX_POINTS + 1)), too_large, "text");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("x"), .key = SPAN("a b")), invalid, "key");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("x"), .key = span_make(huge, 65)), invalid, "key");
    DO(w, ali, message_post, .room = LOBBY, .text = span_make(huge, MESSAGE_TEXT_MAX_POINTS), .key = span_make(huge, 64));
    assert_refused(ASK(w, NOBODY, message_post, .room = LOBBY, .text = SPAN("x")), unauthenticated, "session");
    assert_refused(ASK(w, ali, message_post, .room = { 999 }, .text = SPAN("x")), not_found, "room");
}

static void a_reply_carries_its_quote(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id other = group(w, ali, false, "Other");
    char text[401] = "";
    for (int i = 0; i < 200; i++) strcat(text, "\xD1\x88");
    struct message asked = post(w, ali, LOBBY, text), elsewhere = post(w, ali, other, "elsewhere");
    struct message m = DO(w, vali, message_post, .room = LOBBY, .text = SPAN("yes"), .reply_to = asked.id)->out.message_post.message;
    assert_int_equal(m.reply_to.v, asked.id.v);
    assert_span(m.reply_author.username, "ali");
    assert_int_equal(m.reply_text.n, 2 * MESSAGE_QUOTE_POINTS);
    struct message *read = &DO(w, ali, message_history, .room = LOBBY, .limit = 1)->out.message_history.messages[0];
    assert_true(span_eq(read->reply_text, m.reply_text));
    assert_span(read->reply_author.username, "ali");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("x"), .reply_to = elsewhere.id), not_found, "reply_to");
    DO(w, ali, message_delete, LOBBY, asked.id);
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("x"), .reply_to = asked.id), gone, "reply_to");
}

#define KEYED(by, room_, text_, key_) WISH(w, by, message_post, .room = room_, .text = SPAN(text_), .key = SPAN(key_))

static void a_repeated_key_is_answered_with_the_first_message(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Other");
    struct command *first = KEYED(ali, LOBBY, "one", "k"), *again = KEYED(ali, LOBBY, "one", "k"), *other = KEYED(ali, LOBBY, "two", "k");
    world_carry_out(w, first);
    assert_done(first);
    world_carry_out(w, again);
    assert_done(again);
    assert_events(w, "");
    assert_true(again->out.message_post.repeat && !first->out.message_post.repeat);
    assert_int_equal(again->out.message_post.message.id.v, first->out.message_post.message.id.v);
    assert_int_equal(again->out.message_post.message.seq, first->out.message_post.message.seq);
    assert_span(again->out.message_post.message.text, "one");
    world_carry_out(w, other);
    assert_refused(other, conflict, "key");
    assert_false(DO(w, vali, message_post, .room = LOBBY, .text = SPAN("two"), .key = SPAN("k"))->out.message_post.repeat);
    assert_false(DO(w, ali, message_post, .room = room, .text = SPAN("two"), .key = SPAN("k"))->out.message_post.repeat);
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("one"), .key = SPAN("k"), .reply_to = first->out.message_post.message.id),
                   conflict, "key");
}

static void a_repeat_within_one_batch_is_stored_once(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct command *batch[] = { KEYED(ali, LOBBY, "one", "k"), KEYED(ali, LOBBY, "one", "k"), KEYED(ali, LOBBY, "two", "k"),
                                KEYED(ali, LOBBY, "two", "j"), KEYED(ali, LOBBY, "one", "k") };
    world_write(w, batch, 5);
    assert_events(w, "message_posted message_posted");
    assert_refused(batch[2], conflict, "key");
    assert_true(batch[1]->out.message_post.repeat && batch[4]->out.message_post.repeat);
    assert_int_equal(batch[4]->out.message_post.message.id.v, batch[0]->out.message_post.message.id.v);
    assert_true(batch[1]->out.message_post.message.id.v > 0);
    assert_int_equal(batch[3]->out.message_post.message.seq, 2);
    assert_int_equal(head_of(w, ali, LOBBY), 2);
}

static void a_repeat_finds_its_like_after_edit_and_delete(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct command *first = KEYED(ali, LOBBY, "one", "k"), *again = KEYED(ali, LOBBY, "one", "k"), *last = KEYED(ali, LOBBY, "one", "k");
    world_carry_out(w, first);
    struct message_id id = first->out.message_post.message.id;
    DO(w, ali, message_edit, LOBBY, id, SPAN("uno"));
    world_carry_out(w, again);
    assert_done(again);
    assert_span(again->out.message_post.message.text, "uno");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("uno"), .key = SPAN("k")), conflict, "key");
    DO(w, ali, message_delete, LOBBY, id);
    world_carry_out(w, last);
    assert_done(last);
    assert_true(last->out.message_post.message.deleted_us > 0);
    assert_span(last->out.message_post.message.text, "");
    assert_events(w, "");
}

static void a_batch_numbers_every_room_without_holes(void **state)
{
    struct world *w = *state;
    struct actor people[8];
    struct room_id rooms[4];
    struct command *batch[CHAT_BATCH_MAX];
    int64_t expected[4];
    char name[8];
    for (int i = 0; i < 8; i++) snprintf(name, sizeof name, "p%d", i), people[i] = someone(w, name);
    for (int i = 0; i < 4; i++) {
        rooms[i] = group(w, people[0], true, "Room");
        for (int j = 1; j < 6; j++) seat(w, people[j], rooms[i], people[j], role_member);
        expected[i] = head_of(w, people[0], rooms[i]);
    }
    for (int round = 0; round < 4; round++) {
        size_t n = 1 + (size_t)rand() % CHAT_BATCH_MAX, n_posted = 0;
        for (size_t i = 0; i < n; i++) batch[i] = WISH(w, people[rand() % 8], message_post, .room = rooms[rand() % 4], .text = SPAN("x"));
        world_write(w, batch, n);
        struct event *e = w->events;
        for (size_t i = 0; i < n; i++) {
            struct command *c = batch[i];
            int room = 0;
            while (!id_eq(rooms[room], c->in.message_post.room)) room++;
            if (c->actor.account.v >= people[6].account.v) {
                assert_refused(c, forbidden, "membership");
                continue;
            }
            assert_done(c);
            assert_int_equal(c->out.message_post.message.seq, ++expected[room]);
            assert_int_equal(e->message.id.v, c->out.message_post.message.id.v);
            e = e->next, n_posted++;
        }
        assert_null(e);
        assert_true(n_posted > 0 || n < 8);
    }
    for (int i = 0; i < 4; i++) assert_int_equal(head_of(w, people[0], rooms[i]), expected[i]);
}

static void a_mixed_batch_keeps_its_order(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, true, "Mixed");
    struct command *batch[] = {
        WISH(w, vali, message_post, .room = room, .text = SPAN("too early")), WISH(w, vali, member_put, room, vali.account, role_member),
        WISH(w, vali, message_post, .room = room, .text = SPAN("now")),       WISH(w, ali, message_post, .room = room, .text = SPAN("hi")),
        WISH(w, vali, member_remove, room, vali.account),                     WISH(w, vali, message_post, .room = room, .text = SPAN("too late")),
        WISH(w, ali, session_revoke, 0),                                      WISH(w, ali, message_post, .room = room, .text = SPAN("gone")),
    };
    world_write(w, batch, 8);
    assert_refused(batch[0], forbidden, "membership");
    assert_refused(batch[5], forbidden, "membership");
    assert_refused(batch[7], unauthenticated, "session");
    assert_events(w, "member_joined message_posted message_posted member_left read_by_all session_revoked");
    int64_t seq = w->events->seq;
    for (struct event *e = w->events; e && e->seq; e = e->next) assert_int_equal(e->seq, seq++);
}

static void an_edit_is_the_authors_alone(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), root = administrator(w, "root");
    struct message m = post(w, ali, LOBBY, "one");
    struct message edited = DO(w, ali, message_edit, LOBBY, m.id, SPAN("uno"))->out.message_edit.message;
    assert_events(w, "message_edited");
    assert_span(edited.text, "uno");
    assert_true(edited.edited_us > 0 && edited.seq == m.seq);
    assert_int_equal(w->events->seq, 2);
    assert_span(w->events->message.text, "uno");
    DO(w, ali, message_edit, LOBBY, m.id, SPAN("uno"));
    assert_events(w, "");
    assert_refused(ASK(w, root, message_edit, LOBBY, m.id, SPAN("x")), forbidden, "author");
    assert_refused(ASK(w, ali, message_edit, LOBBY, m.id, SPAN("")), invalid, "text");
    assert_refused(ASK(w, ali, message_edit, LOBBY, { 999 }, SPAN("x")), not_found, "message");
    DO(w, ali, message_delete, LOBBY, m.id);
    assert_refused(ASK(w, ali, message_edit, LOBBY, m.id, SPAN("x")), gone, "message");
}

static void a_deleted_message_stays_in_its_place_without_its_text(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), root = administrator(w, "root");
    struct message m = post(w, ali, LOBBY, "one"), reply;
    reply = DO(w, vali, message_post, .room = LOBBY, .text = SPAN("two"), .reply_to = m.id)->out.message_post.message;
    DO(w, vali, reaction_put, LOBBY, m.id, SPAN("+1"));
    assert_refused(ASK(w, vali, message_delete, LOBBY, m.id), forbidden, "author");
    DO(w, root, message_delete, LOBBY, m.id);
    assert_events(w, "message_deleted");
    assert_span(w->events->by.username, "root");
    assert_span(w->events->message.text, "");
    assert_int_equal(w->events->message.n_reactions, 0);
    DO(w, ali, message_delete, LOBBY, m.id);
    assert_events(w, "");
    struct message_history_out *h = &DO(w, vali, message_history, .room = LOBBY, .limit = 10)->out.message_history;
    assert_int_equal(h->n, 2);
    assert_true(h->messages[0].deleted_us > 0);
    assert_span(h->messages[0].text, "");
    assert_int_equal(h->messages[1].id.v, reply.id.v);
    assert_span(h->messages[1].reply_text, "");
    assert_refused(ASK(w, vali, reaction_put, LOBBY, m.id, SPAN("+1")), gone, "message");
    DO(w, vali, reaction_remove, LOBBY, m.id, SPAN("+1"));
    assert_events(w, "");
}

static void reactions_are_counted_in_the_order_they_came(void **state)
{
    struct world *w = *state;
    struct actor first = someone(w, "first");
    struct message m = post(w, first, LOBBY, "one"), plain = post(w, first, LOBBY, "two");
    DO(w, first, reaction_put, LOBBY, m.id, SPAN("z"));
    assert_events(w, "reaction_added");
    assert_span(w->events->emoji, "z");
    assert_int_equal(w->events->message_id.v, m.id.v);
    DO(w, first, reaction_put, LOBBY, m.id, SPAN("z"));
    assert_events(w, "");
    for (int i = 0; i < REACTION_BY_MAX + 2; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", i);
        DO(w, someone(w, name), reaction_put, LOBBY, m.id, SPAN("a"));
    }
    struct message_history_out *h = &DO(w, first, message_history, .room = LOBBY, .limit = 10)->out.message_history;
    assert_int_equal(h->messages[1].n_reactions, 0);
    assert_int_equal(h->messages[1].id.v, plain.id.v);
    struct message *read = &h->messages[0];
    assert_int_equal(read->n_reactions, 2);
    assert_span(read->reactions[0].emoji, "z");
    assert_int_equal(read->reactions[0].by[0].v, first.account.v);
    assert_int_equal(read->reactions[1].count, REACTION_BY_MAX + 2);
    assert_int_equal(read->reactions[1].n_by, REACTION_BY_MAX);
    DO(w, first, reaction_remove, LOBBY, m.id, SPAN("z"));
    assert_events(w, "reaction_removed");
    assert_int_equal(DO(w, first, message_history, .room = LOBBY, .limit = 10)->out.message_history.messages[0].n_reactions, 1);
    assert_refused(ASK(w, first, reaction_put, LOBBY, m.id, SPAN("")), invalid, "emoji");
    assert_refused(ASK(w, first, reaction_put, LOBBY, m.id, SPAN("a b")), invalid, "emoji");
    assert_refused(ASK(w, first, reaction_put, LOBBY, m.id, SPAN("\xff")), invalid, "emoji");
    assert_refused(ASK(w, first, reaction_put, LOBBY, m.id, SPAN("123456789012345678901234567890123")), invalid, "emoji");
}

static void a_message_bears_a_bounded_number_of_emoji(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct message m = post(w, ali, LOBBY, "one");
    char emoji[8];
    for (int i = 0; i < REACTION_KINDS_MAX; i++) {
        snprintf(emoji, sizeof emoji, "e%d", i);
        DO(w, ali, reaction_put, LOBBY, m.id, span_of(emoji));
    }
    assert_refused(ASK(w, vali, reaction_put, LOBBY, m.id, SPAN("more")), too_large, "emoji");
    DO(w, vali, reaction_put, LOBBY, m.id, SPAN("e0"));
}

static void history_is_read_in_both_directions(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    char text[8];
    for (int i = 1; i <= 10; i++) snprintf(text, sizeof text, "%d", i), post(w, ali, LOBBY, text);
    struct message_history_out *h = &DO(w, ali, message_history, .room = LOBBY, .limit = 4)->out.message_history;
    assert_int_equal(h->n, 4);
    assert_int_equal(h->head, 10);
    assert_true(h->more);
    assert_span(h->messages[0].text, "7");
    assert_span(h->messages[3].text, "10");
    h = &DO(w, ali, message_history, .room = LOBBY, .before = 4, .limit = 3)->out.message_history;
    assert_int_equal(h->n, 3);
    assert_false(h->more);
    assert_span(h->messages[0].text, "1");
    h = &DO(w, ali, message_history, .room = LOBBY, .after = 3, .limit = 4)->out.message_history;
    assert_true(h->more);
    assert_span(h->messages[0].text, "4");
    h = &DO(w, ali, message_history, .room = LOBBY, .after = 7, .limit = 4)->out.message_history;
    assert_false(h->more);
    assert_int_equal(h->n, 3);
    h = &DO(w, ali, message_history, .room = LOBBY, .after = HISTORY_FROM_START, .limit = 4)->out.message_history;
    assert_span(h->messages[0].text, "1");
    assert_refused(ASK(w, ali, message_history, .room = LOBBY, .limit = 0), invalid, "limit");
    assert_refused(ASK(w, ali, message_history, .room = LOBBY, .limit = 1, .after = 1, .before = 2), invalid, "after");
    assert_refused(ASK(w, ali, message_history, .room = LOBBY, .limit = 1, .before = -1), invalid, "before");
}

static void a_message_is_found_without_its_room_by_those_who_may_read_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id hidden = group(w, ali, false, "Hidden"), open = group(w, ali, true, "Open");
    struct message one = post(w, ali, hidden, "one"), two = post(w, ali, open, "two");
    struct message_get_out *out = &DO(w, ali, message_get, .id = one.id)->out.message_get;
    assert_span(out->message.text, "one");
    assert_int_equal(out->message.room.v, hidden.v);
    assert_int_equal(out->role, role_owner);
    assert_int_equal(DO(w, vali, message_get, .id = two.id)->out.message_get.role, role_none);
    assert_refused(ASK(w, vali, message_get, .id = one.id), not_found, "message");
    assert_refused(ASK(w, ali, message_get, .id = { 999999 }), not_found, "message");
}

CASES(message, STORY(a_message_is_found_without_its_room_by_those_who_may_read_it), STORY(a_post_is_numbered_and_told), STORY(bad_texts_and_keys_are_refused), STORY(a_reply_carries_its_quote),
      STORY(a_repeated_key_is_answered_with_the_first_message), STORY(a_repeat_within_one_batch_is_stored_once),
      STORY(a_repeat_finds_its_like_after_edit_and_delete), STORY(a_batch_numbers_every_room_without_holes), STORY(a_mixed_batch_keeps_its_order),
      STORY(an_edit_is_the_authors_alone), STORY(a_deleted_message_stays_in_its_place_without_its_text),
      STORY(reactions_are_counted_in_the_order_they_came), STORY(a_message_bears_a_bounded_number_of_emoji),
      STORY(history_is_read_in_both_directions));
