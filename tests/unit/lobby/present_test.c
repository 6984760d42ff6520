/* L-20 to L-26, L-29, L-35, L-37: what each generation hears of every kind of event. The hub's side is a list of texts. */
#include "base/buf.h"
#include "chat/event.h"
#include "dialect/lobby/socket.h"
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
void ws_send_text(struct conn *c, struct span text)
{
    (void)c;
    presentation_text(NULL, text);
}

static const char *hear(const struct presenter *presenter, const struct event *e, bool replay)
{
    struct presentation p = { .replay = replay };
    buf_clear(&heard);
    presenter->present(&p, e);
    buf_append_char(&heard, 0);
    return heard.p;
}

static struct event posted(struct span text)
{
    return (struct event){
        .kind = event_message_posted,
        .message = { .author = { { 7 }, SPAN("ali") }, .text = text, .created_us = INT64_C(1764425815123456) },
    };
}

static void generation_a(void **state)
{
    (void)state;
    struct event e = posted(SPAN("salom"));
    assert_string_equal(hear(&lobby_plain_presenter, &e, false), "💬 ali: salom\n");
    assert_string_equal(hear(&lobby_plain_presenter, &e, true), "📜 ali: salom\n");
    e.message.deleted_us = 1;
    assert_string_equal(hear(&lobby_plain_presenter, &e, true), "");
}

static void generation_b(void **state)
{
    (void)state;
    struct event e = posted(SPAN("sa\"lom"));
    assert_string_equal(hear(&lobby_json_presenter, &e, false),
                        "{\"type\":\"typing\",\"username\":\"ali\",\"is_typing\":false}\n"
                        "{\"type\":\"message\",\"username\":\"ali\",\"timestamp\":\"2025-11-29T14:16:55.123456\",\"message\":\"sa\\\"lom\"}\n");
    e.message.created_us = INT64_C(1764425815000000);
    assert_string_equal(hear(&lobby_json_presenter, &e, true),
                        "{\"type\":\"message\",\"username\":\"ali\",\"timestamp\":\"2025-11-29T14:16:55\",\"message\":\"sa\\\"lom\"}\n");
    e.message.deleted_us = 1;
    assert_string_equal(hear(&lobby_json_presenter, &e, true), "");
}

static void stickers_live_and_replayed(void **state)
{
    (void)state;
    struct event e = posted(SPAN("\xe2\x9d\xa4"));
    e.message.key = SPAN(LOBBY_STICKER_KEY "0123");
    assert_non_null(strstr(hear(&lobby_json_presenter, &e, false), "\"isSticker\":true"));
    assert_null(strstr(hear(&lobby_json_presenter, &e, true), "isSticker"));
    e = posted(SPAN("\xf0\x9f\x98\x80"));
    assert_null(strstr(hear(&lobby_json_presenter, &e, false), "isSticker"));
    assert_non_null(strstr(hear(&lobby_json_presenter, &e, true), "\"isSticker\":true"));
}

static void comings_and_goings(void **state)
{
    (void)state;
    struct event e = { .kind = event_person_noticed, .by = { { 7 }, SPAN("ali") }, .on = true };
    assert_string_equal(hear(&lobby_plain_presenter, &e, false), "🔵 ali chatga qo'shildi\n");
    assert_string_equal(hear(&lobby_json_presenter, &e, false), "🔵 ali chatga qo'shildi\n");
    e.on = false;
    assert_string_equal(hear(&lobby_plain_presenter, &e, false), "🔴 ali chatdan chiqdi\n");
    assert_string_equal(hear(&lobby_json_presenter, &e, false), "🔴 ali chatdan chiqdi\n");
}

static void typing(void **state)
{
    (void)state;
    struct event e = { .kind = event_typing, .by = { { 7 }, SPAN("ali") }, .on = true };
    assert_string_equal(hear(&lobby_plain_presenter, &e, false), "");
    assert_string_equal(hear(&lobby_json_presenter, &e, false), "{\"type\":\"typing\",\"username\":\"ali\",\"is_typing\":true}\n");
}

static void everything_else_is_silent(void **state)
{
    (void)state;
    for (int kind = 0; kind < event_kind_count; kind++) {
        struct event e = { .kind = (enum event_kind)kind, .by = { { 7 }, SPAN("ali") } };
        if (kind == event_message_posted || kind == event_person_noticed || kind == event_typing) continue;
        assert_string_equal(hear(&lobby_plain_presenter, &e, false), "");
        assert_string_equal(hear(&lobby_json_presenter, &e, false), "");
    }
}

/* The longest text there can be, all of it escaped. */
static void the_worst_text_fits(void **state)
{
    (void)state;
    static char worst[MESSAGE_TEXT_MAX_BYTES];
    memset(worst, 1, sizeof worst);
    struct event e = posted(span_make(worst, sizeof worst));
    assert_true(strlen(hear(&lobby_json_presenter, &e, true)) > 6 * sizeof worst);
    assert_true(strlen(hear(&lobby_plain_presenter, &e, true)) > sizeof worst);
}

/* L-23 */
static void history_is_the_last_fifty_that_are_left(void **state)
{
    (void)state;
    static struct message messages[100];
    for (int i = 0; i < 100; i++) messages[i] = posted(SPAN("x")).message;
    for (int i = 60; i < 70; i++) messages[i].deleted_us = 1;
    messages[40].text = SPAN("first"), messages[39].text = SPAN("too old"), messages[99].text = SPAN("last");
    buf_clear(&heard);
    lobby_send_history(NULL, &(struct message_history_out){ .messages = messages, .n = 100 });
    buf_append_char(&heard, 0);
    int lines = 0;
    for (char *p = heard.p; (p = strchr(p, '\n')); p++) lines++;
    assert_int_equal(lines, 50);
    assert_null(strstr(heard.p, "too old"));
    assert_true(strstr(heard.p, "first") < strstr(heard.p, "last"));
}

int main(void)
{
    buf_init(&heard, 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generation_a), cmocka_unit_test(generation_b), cmocka_unit_test(stickers_live_and_replayed), cmocka_unit_test(comings_and_goings),
        cmocka_unit_test(typing), cmocka_unit_test(everything_else_is_silent), cmocka_unit_test(the_worst_text_fits),
        cmocka_unit_test(history_is_the_last_fifty_that_are_left),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&heard);
    return failed;
}
