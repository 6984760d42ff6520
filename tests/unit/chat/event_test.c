/* A copied event stands on its own. */
#include "unit.h"
#include "chat/event.h"
#include <stdlib.h>

static struct span fleeting(const char *text)
{
    return span_make(strdup(text), strlen(text));
}

static void drop(struct span s)
{
    memset((char *)s.p, '#', s.n);
    free((char *)s.p);
}

static void a_copy_outlives_what_it_was_made_from(void **state)
{
    struct reaction_view reactions[2] = { { .emoji = fleeting("one"), .count = 2, .by = { { 7 }, { 9 } }, .n_by = 2 },
                                          { .emoji = fleeting("two"), .count = 1, .by = { { 8 } }, .n_by = 1 } };
    struct event e = { .kind = event_message_edited, .room = { 3 }, .seq = 5, .by = { { 7 }, fleeting("ali") }, .subject = { { 8 }, fleeting("vali") },
                       .emoji = fleeting("emoji") };
    struct room_face face = { .id = { 4 }, .name = fleeting("name"), .topic = fleeting("topic"), .icon = fleeting("icon") };
    struct channel_mark channels[2] = { { { 5 }, 50 }, { { 6 }, 60 } };
    e.face = &face, e.channels = channels, e.n_channels = 2;
    e.message = (struct message){ .id = { 99 }, .author = { { 7 }, fleeting("author") }, .text = fleeting("text"), .key = fleeting("key"),
                                  .reply_author = { { 8 }, fleeting("asked") }, .reply_text = fleeting("quote"), .reactions = reactions, .n_reactions = 2 };
    struct desk_view desk = { .room = { 11 }, .customer = { { 7 }, fleeting("~=5") }, .customer_id = fleeting("5"), .agent = { { 8 }, fleeting("agent") },
                              .last_text = fleeting("last"), .tags = fleeting("vip") };
    e.desk = &desk, e.message.link = fleeting("/link");
    struct event *copy = event_copy(&e);
    struct span *made[] = { &desk.customer.username, &desk.customer_id, &desk.agent.username, &desk.last_text, &desk.tags, &e.message.link, &e.by.username, &e.subject.username, &face.name, &face.topic, &face.icon, &e.emoji, &e.message.author.username, &e.message.text, &e.message.key,
                            &e.message.reply_author.username, &e.message.reply_text, &reactions[0].emoji, &reactions[1].emoji };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) drop(*made[i]);
    memset(reactions, 0xff, sizeof reactions);
    memset(&face, 0xff, sizeof face);
    memset(channels, 0xff, sizeof channels);
    memset(&desk, 0xff, sizeof desk);
    assert_int_equal(copy->desk->room.v, 11);
    assert_true(span_eq(copy->desk->customer.username, SPAN("~=5")) && span_eq(copy->desk->customer_id, SPAN("5")));
    assert_true(span_eq(copy->desk->agent.username, SPAN("agent")) && span_eq(copy->desk->last_text, SPAN("last")) && span_eq(copy->desk->tags, SPAN("vip")));
    assert_true(span_eq(copy->message.link, SPAN("/link")));
    assert_true(span_eq(copy->by.username, SPAN("ali")) && span_eq(copy->subject.username, SPAN("vali")));
    assert_true(span_eq(copy->face->name, SPAN("name")) && span_eq(copy->emoji, SPAN("emoji")));
    assert_true(span_eq(copy->face->topic, SPAN("topic")) && span_eq(copy->face->icon, SPAN("icon")));
    assert_int_equal(copy->face->id.v, 4);
    assert_int_equal(copy->channels[1].id.v, 6);
    assert_int_equal(copy->channels[1].head, 60);
    assert_true(span_eq(copy->message.author.username, SPAN("author")) && span_eq(copy->message.text, SPAN("text")));
    assert_true(span_eq(copy->message.key, SPAN("key")) && span_eq(copy->message.reply_text, SPAN("quote")));
    assert_true(span_eq(copy->message.reply_author.username, SPAN("asked")));
    assert_true(span_eq(copy->message.reactions[0].emoji, SPAN("one")) && span_eq(copy->message.reactions[1].emoji, SPAN("two")));
    assert_int_equal(copy->message.reactions[0].by[1].v, 9);
    event_ref(copy);
    event_unref(copy);
    assert_int_equal(atomic_load(&copy->refs), 1);
    event_unref(copy);
    event_unref(NULL);
}

static void a_copy_leaves_the_chain(void **state)
{
    struct event second = { .kind = event_typing }, first = { .kind = event_typing, .next = &second };
    struct event *copy = event_copy(&first);
    assert_null(copy->next);
    event_unref(copy);
}

static void kinds_know_their_names(void **state)
{
    assert_string_equal(event_name(event_message_posted), "message_posted");
    assert_true(event_is_lasting(event_room_read));
    assert_false(event_is_lasting(event_typing) || event_is_lasting(event_presence) || event_is_lasting(event_session_revoked));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_copy_outlives_what_it_was_made_from), cmocka_unit_test(a_copy_leaves_the_chain),
                                        cmocka_unit_test(kinds_know_their_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
