/* Names of accounts and rooms. */
#include "unit.h"
#include "chat/name.h"

static struct arena *arena;

static bool account(const char *name)
{
    struct span folded;
    return name_fits_account(arena, span_of(name), &folded);
}

static void account_names_are_free_within_reason(void **state)
{
    assert_true(account("a") && account("Ali Vali") && account("\xD0\xA8\xD0\xBE\xD1\x85") && account("\xF0\x9F\x98\x80") && account("o'g'il") && account("..."));
    assert_true(account("12345678901234567890123456789012"));
    assert_false(account("123456789012345678901234567890123") || account("") || account(" a") || account("a ") || account("\xc2\xa0" "a"));
    assert_false(account(".") || account("..") || account("a/b") || account("\xEF\xBC\x8F") /* fullwidth slash */ || account("a\tb") || account("\x7f"));
    assert_false(account("\xff") || account("\xE2\x80\x8B") /* nothing but a zero width space */);
}

static void the_folded_form_is_handed_out(void **state)
{
    struct span folded;
    assert_true(name_fits_account(arena, SPAN("\xEF\xBC\xA1LI"), &folded));
    assert_true(span_eq(folded, SPAN("ali")));
}

static void room_names_are_longer(void **state)
{
    char name[101];
    memset(name, 'x', sizeof name);
    assert_true(name_fits_room(arena, span_make(name, 100)) && name_fits_room(arena, SPAN("a/b c")));
    assert_false(name_fits_room(arena, span_make(name, 101)) || name_fits_room(arena, SPAN("")) || name_fits_room(arena, SPAN("a\nb")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(account_names_are_free_within_reason), cmocka_unit_test(the_folded_form_is_handed_out),
                                        cmocka_unit_test(room_names_are_longer) };
    arena = arena_create(1024, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
