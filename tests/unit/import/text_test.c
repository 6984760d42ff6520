/* Texts, times and names as older systems kept them. */
#include "unit.h"
#include "import/text.h"
#include "base/utf8.h"
#include "chat/message.h"
#include <stdlib.h>

static struct arena *arena;

static struct span clean(struct span raw, bool expected)
{
    bool changed = false;
    struct span s = text_clean(arena, raw, &changed);
    assert_int_equal(changed, expected);
    assert_true(utf8_valid(s));
    return s;
}

#define R "\xEF\xBF\xBD"

static void bytes_that_are_no_text_are_replaced_one_by_one(void **state)
{
    assert_span(clean(SPAN("salom \xF0\x9F\x98\x80"), false), "salom \xF0\x9F\x98\x80");
    assert_span(clean(SPAN(""), false), "");
    assert_span(clean(SPAN("a\xFFz"), true), "a" R "z");
    assert_span(clean(SPAN("\xF0\x9F\x98"), true), R R R);
    assert_span(clean(SPAN("\xC0\xAF"), true), R R);
    assert_span(clean(SPAN("\xED\xA0\x80x"), true), R R R "x");
    assert_span(clean(SPAN("a\0b"), true), "a" R "b");
    assert_span(clean(SPAN("\xE2\x82"), true), R R);
}

/* Cut as an import does, the pieces are the text again, and each fits. */
static size_t cut_all(struct span text)
{
    size_t n = 0;
    for (size_t piece; text.n; n++) {
        piece = text_piece(text);
        struct span head = span_make(text.p, piece);
        assert_true(piece > 0 && piece <= text.n && piece <= MESSAGE_TEXT_MAX_BYTES && utf8_valid(head) && utf8_count(head) <= MESSAGE_TEXT_MAX_POINTS);
        text.p += piece, text.n -= piece;
    }
    return n;
}

static void long_texts_are_cut_where_they_can_be_read(void **state)
{
    enum { n = 40000 };
    char *text = malloc(n);
    memset(text, 'x', n);
    assert_int_equal(text_piece(span_make(text, 4000)), 4000);
    assert_int_equal(text_piece(span_make(text, 4001)), 4000);
    text[3500] = ' ', text[3200] = '\n';
    assert_int_equal(text_piece(span_make(text, 8000)), 3201);
    text[3200] = 'x';
    assert_int_equal(text_piece(span_make(text, 8000)), 3501);
    assert_int_equal(cut_all(span_make(text, n)), 11);
    for (size_t i = 0; i + 4 <= n; i += 4) memcpy(text + i, "\xF0\x9F\x98\x80", 4);
    assert_int_equal(cut_all(span_make(text, n)), 3);
    assert_int_equal(text_piece(SPAN("")), 0);
    free(text);
}

static void times_are_utc_where_nothing_else_is_said(void **state)
{
    int64_t us, same;
    assert_true(text_time(SPAN("2025-11-29 14:16:55.123456"), &us));
    assert_int_equal(us, INT64_C(1764425815123456));
    static const char *const alike[] = { "2025-11-29T14:16:55.123456", "2025-11-29T14:16:55.123456Z", "2025-11-29 14:16:55.123456+00:00", "2025-11-29 19:16:55.123456+05:00" };
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) assert_true(text_time(span_of(alike[i]), &same) && same == us);
    assert_true(text_time(SPAN("2025-11-29 14:16:55"), &same) && same == us - 123456);
    static const char *const wrong[] = { "", "yesterday", "2025-11-29", "2025-13-29 14:16:55", "2025-11-29 14:16", "1764425815", "2025-11-29 14:16:55.1234567890123456789012345678901234" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(text_time(span_of(wrong[i]), &same));
}

static void pictures_inside_messages_are_found(void **state)
{
    struct span type, bytes;
    assert_true(text_data_url(arena, SPAN("data:image/png;base64,aGVsbG8="), &type, &bytes));
    assert_span(type, "image/png");
    assert_span(bytes, "hello");
    static const char *const wrong[] = { "", "data:", "data:image/png;base64,", "data:image/png,aGVsbG8=", "data:image/png;base64,###", "data:image/png;base64,aGVsbG8", "http://x/y,z", "data:image/png;utf8,x" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(text_data_url(arena, span_of(wrong[i]), &type, &bytes));
}

static void paths_stay_below_their_directory(void **state)
{
    static const char *const fine[] = { "chat_files/a.pdf", "a", "chat_files/2025/hisobot_1a2B3c4.tar.gz", "chat_files/..a", "chat_files/сурат.png" };
    static const char *const wrong[] = { "", "/etc/passwd", "../secret", "chat_files/../../secret", "chat_files/..", "./a", "a//b", "a/", ".." };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) assert_true(text_path_fits(span_of(fine[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(text_path_fits(span_of(wrong[i])));
    assert_false(text_path_fits(SPAN("a\0b")));
    assert_span(text_base_name(SPAN("chat_files/hisobot_1a2B3c4.pdf")), "hisobot_1a2B3c4.pdf");
    assert_span(text_base_name(SPAN("a")), "a");
}

static void names_become_what_the_house_allows(void **state)
{
    struct span folded;
    assert_span(text_user_name(arena, SPAN("Ali"), &folded), "Ali");
    assert_span(folded, "ali");
    assert_span(text_user_name(arena, SPAN(" a/b\t"), &folded), "ab");
    assert_span(text_user_name(arena, SPAN("lola@old.example"), &folded), "lola");
    assert_span(text_user_name(arena, SPAN("abcdefghijklmnopqrstuvwxyz0123456789"), &folded), "abcdefghijklmnopqrstuvwxyz012345");
    static const char *const none[] = { "", "   ", "///", "..", "@x", "~=17", "~visitor", "deleted-7", "\x01\x02" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_span(text_user_name(arena, span_of(none[i]), &folded), "");
    assert_span(text_user_name_n(arena, SPAN("ali"), 2, &folded), "ali-2");
    assert_span(text_user_name_n(arena, SPAN("abcdefghijklmnopqrstuvwxyz012345"), 123456, &folded), "abcdefghijklmnopqrstuvwx-123456");
    assert_span(text_room_name(arena, SPAN("Asosiy / umumiy"), "Chat 1"), "Asosiy / umumiy");
    assert_span(text_room_name(arena, SPAN(" \n "), "Chat 1"), "Chat 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bytes_that_are_no_text_are_replaced_one_by_one), cmocka_unit_test(long_texts_are_cut_where_they_can_be_read),
                                        cmocka_unit_test(times_are_utc_where_nothing_else_is_said), cmocka_unit_test(pictures_inside_messages_are_found),
                                        cmocka_unit_test(paths_stay_below_their_directory), cmocka_unit_test(names_become_what_the_house_allows) };
    arena = arena_create(1024, 1 << 22);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
