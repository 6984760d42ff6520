/* What a page may say on the socket of a room. */
#include "dialect/rooms/frame.h"
#include "chat/message.h"
#include "wire/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct json json;
static bool parsed;

static struct rooms_frame decode(const char *text)
{
    if (parsed) json_done(&json);
    return rooms_frame_decode(span_of(text), &json, &parsed);
}

static void assert_kind(const char *text, enum rooms_frame_kind kind)
{
    enum rooms_frame_kind got = decode(text).kind;
    if (got != kind) fail_msg("%s is %d, not %d", text, (int)got, (int)kind);
}

static void messages(void **state)
{
    struct rooms_frame f = decode("{\"type\":\"chat_message\",\"message\":\"  salom \\n\",\"reply_to\":7}");
    assert_int_equal(f.kind, rooms_frame_message);
    assert_true(span_eq(f.text, SPAN("salom")));
    assert_int_equal(f.reply_to, 7);
    assert_int_equal(decode("{\"message\":\"x\",\"reply_to\":\"12\"}").reply_to, 12);
    static const char *const no_reply[] = { "null", "\"x\"", "-1", "0", "1.5", "{}", "[7]", "9007199254740993", "\"99999999999999999999\"", "\"\"", "true" };
    char text[200];
    for (size_t i = 0; i < sizeof no_reply / sizeof *no_reply; i++) {
        snprintf(text, sizeof text, "{\"message\":\"x\",\"reply_to\":%s}", no_reply[i]);
        f = decode(text);
        assert_int_equal(f.kind, rooms_frame_message);
        assert_int_equal(f.reply_to, 0);
    }
    assert_kind("{\"message\":\" \\t\"}", rooms_frame_ignored);
    assert_kind("{}", rooms_frame_ignored);
}

static void deletes(void **state)
{
    struct rooms_frame f = decode("{\"type\":\"delete_message\",\"message_id\":5}");
    assert_int_equal(f.kind, rooms_frame_delete);
    assert_int_equal(f.message, 5);
    assert_int_equal(f.part, message_part_all);
    assert_int_equal(decode("{\"type\":\"delete_message\",\"message_id\":\"5\",\"delete_type\":\"text\"}").part, message_part_text);
    assert_int_equal(decode("{\"type\":\"delete_message\",\"message_id\":5,\"delete_type\":\"file\"}").part, message_part_files);
    assert_kind("{\"type\":\"delete_message\",\"message_id\":5,\"delete_type\":\"rest\"}", rooms_frame_ignored);
    assert_kind("{\"type\":\"delete_message\",\"message_id\":5,\"delete_type\":null}", rooms_frame_ignored);
    assert_kind("{\"type\":\"delete_message\"}", rooms_frame_ignored);
}

static void typing(void **state)
{
    assert_true(decode("{\"type\":\"typing\",\"is_typing\":true}").typing);
    static const char *const off[] = { "{\"type\":\"typing\"}", "{\"type\":\"typing\",\"is_typing\":false}", "{\"type\":\"typing\",\"is_typing\":\"true\"}", "{\"type\":\"typing\",\"is_typing\":1}" };
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        struct rooms_frame f = decode(off[i]);
        assert_int_equal(f.kind, rooms_frame_typing);
        assert_false(f.typing);
    }
}

static void what_breaks_and_what_is_passed_over(void **state)
{
    static const char *const breaks[] = { "[]", "5", "null", "\"x\"", "{\"message\":5}", "{\"message\":null}", "{\"type\":\"chat_message\",\"message\":[]}", "{\"message\":\"a\\u0000b\"}" };
    static const char *const passed_over[] = { "", "{", "salom", "{\"type\":\"x\"}", "{\"type\":5,\"message\":\"x\"}", "{\"type\":null}" };
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) assert_kind(breaks[i], rooms_frame_breaks);
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++) assert_kind(passed_over[i], rooms_frame_ignored);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(messages), cmocka_unit_test(deletes), cmocka_unit_test(typing), cmocka_unit_test(what_breaks_and_what_is_passed_over) };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (parsed) json_done(&json);
    return failed;
}
