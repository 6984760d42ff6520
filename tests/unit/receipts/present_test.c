/* C-19, C-22, C-23, C-24, C-29: what a socket hears of every kind of event, its author's own sockets and the others'. The hub's side is a list of texts. */
#include "base/buf.h"
#include "chat/event.h"
#include "dialect/receipts/socket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct buf heard; /* one text a line */

void presentation_text(struct presentation *p, struct span text)
{
    (void)p;
    buf_append_span(&heard, text);
    buf_append_char(&heard, '\n');
}

static const char *hear(const struct event *e, bool own)
{
    struct presentation p = { .own = own };
    buf_clear(&heard);
    receipts_presenter.present(&p, e);
    buf_append_char(&heard, 0);
    return heard.p;
}

static void a_message_sounds_otherwise_to_its_author(void **state)
{
    struct event e = { .kind = event_message_posted, .message = { .id = { 3 }, .author = { .id = { 7 } }, .text = SPAN("it's \"so\"") } };
    assert_string_equal(hear(&e, false), "📩 Новое сообщение от 7: it's \"so\"\n");
    assert_string_equal(hear(&e, true), "✅ Сообщение 'it's \"so\"' отправлено!\n");
    e.message.deleted_us = 1;
    assert_string_equal(hear(&e, false), "");
    assert_string_equal(hear(&e, true), "");
}

static void the_longest_message_fits(void **state)
{
    static char text[MESSAGE_TEXT_MAX_BYTES];
    memset(text, 'x', sizeof text);
    struct event e = { .kind = event_message_posted, .message = { .author = { .id = { INT64_C(9007199254740991) } }, .text = { text, sizeof text } } };
    assert_true(strlen(hear(&e, false)) > sizeof text);
    assert_true(strlen(hear(&e, true)) > sizeof text);
}

static void word_to_the_author(void **state)
{
    assert_string_equal(hear(&(struct event){ .kind = event_message_read, .message_id = { 12 } }, false), "✅ Ваше сообщение 12 прочитано!\n");
    assert_string_equal(hear(&(struct event){ .kind = event_message_repeated }, false), "⚠️ Сообщение уже отправлено\n");
}

static void everything_else_is_silent(void **state)
{
    for (enum event_kind kind = 0; kind < event_kind_count; kind++)
        if (kind != event_message_posted && kind != event_message_read && kind != event_message_repeated)
            assert_string_equal(hear(&(struct event){ .kind = kind, .message.text = SPAN("x") }, false), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_sounds_otherwise_to_its_author),
        cmocka_unit_test(the_longest_message_fits),
        cmocka_unit_test(word_to_the_author),
        cmocka_unit_test(everything_else_is_silent),
    };
    buf_init(&heard, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&heard);
    return failed;
}
