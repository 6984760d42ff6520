/* Mentions: who is called by what is said, and how often one was. */
#include "world.h"
#include <string.h>

static struct room_view *room_of(struct world *w, struct actor by, struct room_id room)
{
    return &DO(w, by, room_get, room)->out.room_get.room;
}

static const char *ids(char out[64], const struct actor *people, size_t n, bool everyone)
{
    size_t at = 0;
    out[0] = 0;
    if (everyone) at += (size_t)snprintf(out, 64, "0");
    for (size_t i = 0; i < n; i++) at += (size_t)snprintf(out + at, 64 - at, at ? ",%lld" : "%lld", (long long)people[i].account.v);
    return out;
}

static void members_are_called_by_name_and_others_are_not(void **state)
{
    struct world *w = *state;
    char expected[64];
    struct actor ali = someone(w, "ali"), vali = someone(w, "Vali Karim"), stranger = someone(w, "eve");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_member);
    struct message m = post(w, ali, room, "salom @vali karim, @ALI va @eve @nobody a@ali.uz @");
    struct actor both[] = { vali, ali };
    assert_span(m.mentions, ids(expected, both, 2, false));
    assert_span(w->events->message.mentions, expected);
    assert_span(DO(w, vali, message_get, room, m.id)->out.message_get.message.mentions, expected);
    assert_int_equal(room_of(w, vali, room)->mentions, 1);
    assert_int_equal(room_of(w, ali, room)->mentions, 0); /* one does not call oneself */
    (void)stranger;
}

static void the_longest_name_counts(void **state)
{
    struct world *w = *state;
    char expected[64];
    struct actor an = someone(w, "an"), annna = someone(w, "an na"), dot = someone(w, "an.na"), uz = someone(w, "o‘tkir"), ru = someone(w, "Анна");
    struct actor order[] = { annna, dot, an, uz, ru };
    struct message m = post(w, an, LOBBY, "@an na! @an.na, (@an) «@o‘tkir» @АННА… @annna");
    assert_span(m.mentions, ids(expected, order, 5, false));
}

static void marks_and_edits_move_the_count(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct message one = post(w, ali, LOBBY, "@vali one"), two = post(w, ali, LOBBY, "two");
    assert_int_equal(room_of(w, vali, LOBBY)->mentions, 1);
    DO(w, ali, message_edit, LOBBY, two.id, SPAN("two for @vali and @everyone"));
    assert_int_equal(room_of(w, vali, LOBBY)->mentions, 2);
    assert_int_equal(DO(w, vali, receipt_mark, LOBBY, one.seq)->out.receipt_mark.mentions, 1);
    DO(w, ali, message_edit, LOBBY, two.id, SPAN("two for nobody"));
    assert_int_equal(room_of(w, vali, LOBBY)->mentions, 0);
    assert_int_equal(DO(w, vali, receipt_unmark, LOBBY, 1)->out.receipt_unmark.mentions, 1);
    DO(w, ali, message_delete, LOBBY, one.id);
    assert_int_equal(room_of(w, vali, LOBBY)->mentions, 0);
    assert_int_equal(DO(w, ali, message_get, LOBBY, one.id)->out.message_get.message.mentions.n, 0);
}

static void everyone_is_called_in_small_rooms_by_all_in_large_ones_by_admins(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), guli = someone(w, "guli");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_member);
    seat(w, ali, room, guli, role_member);
    assert_span(post(w, vali, room, "@here").mentions, "0");
    assert_int_equal(room_of(w, guli, room)->mentions, 1);
    assert_int_equal(room_of(w, vali, room)->mentions, 0);
    for (int i = 0; i < 48; i++) {
        char name[16];
        snprintf(name, sizeof name, "guest%d", i);
        seat(w, ali, room, someone(w, name), role_member);
    }
    assert_int_equal(post(w, vali, room, "@Everyone!").mentions.n, 0);
    assert_span(post(w, ali, room, "@Everyone!").mentions, "0");
    assert_int_equal(room_of(w, guli, room)->mentions, 2);
}

static void a_text_full_of_names_calls_only_so_many(void **state)
{
    struct world *w = *state;
    char text[4001] = "", expected[1200] = "", name[16];
    for (int i = 0; i < MESSAGE_MENTIONS_MAX + 5; i++) {
        snprintf(name, sizeof name, "p%d", i);
        struct actor p = someone(w, name);
        snprintf(text + strlen(text), sizeof text - strlen(text), "@%s ", name);
        if (i < MESSAGE_MENTIONS_MAX)
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), i ? ",%lld" : "%lld", (long long)p.account.v);
    }
    struct actor ali = someone(w, "ali");
    assert_span(post(w, ali, LOBBY, text).mentions, expected);
    memset(text, '@', 4000);
    text[4000] = 0;
    assert_int_equal(post(w, ali, LOBBY, text).mentions.n, 0);
    for (int i = 0; i < 4000; i += 4) memcpy(text + i, "@p1 ", 4);
    assert_true(post(w, ali, LOBBY, text).mentions.n > 0);
}

/* A repeated send is answered with whom it called then; in one batch and later. */
static void a_repeat_calls_nobody_twice(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct command *batch[] = { WISH(w, ali, message_post, .room = LOBBY, .text = SPAN("@vali"), .key = SPAN("k")),
                                WISH(w, ali, message_post, .room = LOBBY, .text = SPAN("@vali"), .key = SPAN("k")),
                                WISH(w, ali, message_post, .room = LOBBY, .text = SPAN("no name")) };
    world_write(w, batch, 3);
    assert_true(batch[1]->out.message_post.repeat);
    assert_true(span_eq(batch[0]->out.message_post.message.mentions, batch[1]->out.message_post.message.mentions));
    assert_int_equal(batch[2]->out.message_post.message.mentions.n, 0);
    struct message again = DO(w, ali, message_post, .room = LOBBY, .text = SPAN("@vali"), .key = SPAN("k"))->out.message_post.message;
    assert_true(span_eq(batch[0]->out.message_post.message.mentions, again.mentions));
    assert_int_equal(room_of(w, vali, LOBBY)->mentions, 1);
}

CASES(mention, STORY(members_are_called_by_name_and_others_are_not), STORY(the_longest_name_counts), STORY(marks_and_edits_move_the_count),
      STORY(everyone_is_called_in_small_rooms_by_all_in_large_ones_by_admins), STORY(a_text_full_of_names_calls_only_so_many),
      STORY(a_repeat_calls_nobody_twice));
