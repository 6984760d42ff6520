/* What a message may say, and when two sends say the same. */
#include "unit.h"
#include "chat/content.h"

static void texts_have_a_floor_and_two_ceilings(void **state)
{
    static char text[MESSAGE_TEXT_MAX_BYTES + 4];
    memset(text, 'x', sizeof text);
    assert_int_equal(content_check(SPAN("")), fault_invalid);
    assert_int_equal(content_check(SPAN(" ")), fault_none);
    assert_int_equal(content_check(SPAN("a\0b")), fault_invalid);
    assert_int_equal(content_check(SPAN("\xc0\x80")), fault_invalid);
    assert_int_equal(content_check(SPAN("\xed\xa0\x80")), fault_invalid);
    assert_int_equal(content_check(span_make(text, MESSAGE_TEXT_MAX_POINTS)), fault_none);
    assert_int_equal(content_check(span_make(text, MESSAGE_TEXT_MAX_POINTS + 1)), fault_too_large);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4) memcpy(text + i, "\xF0\x9F\x98\x80", 4);
    assert_int_equal(content_check(span_make(text, 4 * MESSAGE_TEXT_MAX_POINTS)), fault_none);
    assert_int_equal(content_check(span_make(text, MESSAGE_TEXT_MAX_BYTES + 4)), fault_too_large);
}

static void keys_are_plain(void **state)
{
    static const char longest[65] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_true(content_key_fits(SPAN("")) && content_key_fits(SPAN("aZ09_-")) && content_key_fits(span_make(longest, 64)));
    assert_false(content_key_fits(SPAN("a b")) || content_key_fits(SPAN("a.b")) || content_key_fits(SPAN("\xd1\x88")) || content_key_fits(SPAN("a\0")));
    assert_false(content_key_fits(span_make("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65)));
}

static void sameness_is_about_what_was_posted_first(void **state)
{
    struct message stored = { .text = SPAN("one"), .reply_to = { 5 } };
    struct message_post_in same = { .text = SPAN("one"), .reply_to = { 5 } }, text = { .text = SPAN("two"), .reply_to = { 5 } },
                           reply = { .text = SPAN("one") };
    assert_true(content_is_same(&stored, 0, &same));
    assert_false(content_is_same(&stored, 0, &text) || content_is_same(&stored, 0, &reply));
    int64_t original = content_print(&stored);
    stored.text = SPAN("two");
    assert_true(content_is_same(&stored, original, &same));
    assert_false(content_is_same(&stored, original, &text) || content_is_same(&stored, original, &reply));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(texts_have_a_floor_and_two_ceilings), cmocka_unit_test(keys_are_plain),
                                        cmocka_unit_test(sameness_is_about_what_was_posted_first) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
