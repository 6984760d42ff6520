/* What an answer means for a parcel, and the small texts of a push. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "dispatch/state.h"

static void answers_have_their_meaning(void **state)
{
    (void)state;
    static const struct { enum parcel_kind kind; enum fault fault; int status; enum parcel_verdict verdict; } rows[] = {
        { parcel_mail, fault_none, 250, parcel_delivered },        { parcel_mail, fault_unavailable, 0, parcel_again },
        { parcel_mail, fault_unavailable, 451, parcel_again },     { parcel_mail, fault_unavailable, 535, parcel_again },
        { parcel_mail, fault_unavailable, 550, parcel_refused },   { parcel_mail, fault_invalid, 0, parcel_refused },
        { parcel_push, fault_none, 201, parcel_delivered },        { parcel_push, fault_none, 404, parcel_gone },
        { parcel_push, fault_none, 410, parcel_gone },             { parcel_push, fault_none, 429, parcel_again },
        { parcel_push, fault_none, 503, parcel_again },            { parcel_push, fault_none, 400, parcel_refused },
        { parcel_push, fault_none, 413, parcel_refused },          { parcel_push, fault_unavailable, 0, parcel_again },
        { parcel_push, fault_none, 302, parcel_refused },          { parcel_push, fault_forbidden, 0, parcel_refused },
        { parcel_push, fault_busy, 0, parcel_again },              { parcel_hook, fault_none, 204, parcel_delivered },
        { parcel_hook, fault_none, 404, parcel_again },            { parcel_hook, fault_none, 410, parcel_refused },
        { parcel_hook, fault_none, 500, parcel_again },            { parcel_hook, fault_forbidden, 0, parcel_refused },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (verdict_of(rows[i].kind, rows[i].fault, rows[i].status) != rows[i].verdict)
            fail_msg("kind %d, %s, %d", rows[i].kind, fault_word(rows[i].fault), rows[i].status);
}

#define assert_text(s, text) assert_true(span_eq((s), span_of(text)))

static void previews_end_between_characters(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024, 1 << 20);
    assert_text(preview_of(arena, SPAN("salom"), 5), "salom");
    assert_text(preview_of(arena, SPAN("salom!"), 5), "salom…");
    assert_text(preview_of(arena, SPAN("ўзбек"), 2), "ўз…");
    assert_text(preview_of(arena, SPAN("a\nb\tc"), 5), "a b c");
    assert_text(preview_of(arena, SPAN(""), 5), "");
    assert_text(preview_of(arena, SPAN("👋🏽"), 1), "👋…");
    arena_destroy(arena);
}

static void an_origin_is_what_stands_before_the_path(void **state)
{
    (void)state;
    assert_text(origin_of(SPAN("https://push.example/a/b?c#d")), "https://push.example");
    assert_text(origin_of(SPAN("https://push.example:8443/x")), "https://push.example:8443");
    assert_text(origin_of(SPAN("https://push.example")), "https://push.example");
    assert_text(origin_of(SPAN("https://push.example?x/y")), "https://push.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_their_meaning),
        cmocka_unit_test(previews_end_between_characters),
        cmocka_unit_test(an_origin_is_what_stands_before_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
