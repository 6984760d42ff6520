/* bcrypt, its bounds, and hashes made elsewhere. */
#include "unit.h"
#include "chat/password.h"

static struct arena *arena;

static void what_was_hashed_matches(void **state)
{
    struct span one, two;
    assert_int_equal(password_hash(arena, SPAN("secret word"), 4, &one), fault_none);
    assert_int_equal(password_hash(arena, SPAN("secret word"), 4, &two), fault_none);
    assert_int_equal(one.n, 60);
    assert_memory_equal(one.p, "$2b$04$", 7);
    assert_false(span_eq(one, two));
    assert_true(password_matches(SPAN("secret word"), one) && password_matches(SPAN("secret word"), two));
    assert_false(password_matches(SPAN("secret worD"), one) || password_matches(SPAN(""), one) || password_matches(SPAN("secret word\0x"), one));
}

static void a_known_hash_of_another_program_matches(void **state)
{
    assert_true(password_matches(SPAN("U*U"), SPAN("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("U*V"), SPAN("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
}

static void the_seventy_third_byte_is_never_cut(void **state)
{
    char word[74];
    struct span hash;
    memset(word, 'x', sizeof word);
    assert_int_equal(password_check(span_make(word, 72)), fault_none);
    assert_int_equal(password_check(span_make(word, 73)), fault_too_large);
    assert_int_equal(password_hash(arena, span_make(word, 72), 4, &hash), fault_none);
    assert_true(password_matches(span_make(word, 72), hash));
    assert_false(password_matches(span_make(word, 73), hash));
    assert_int_equal(password_hash(arena, span_make(word, 73), 4, &hash), fault_internal);
}

static void passwords_have_a_least_length(void **state)
{
    assert_int_equal(password_check(SPAN("12345")), fault_invalid);
    assert_int_equal(password_check(SPAN("123456")), fault_none);
    assert_int_equal(password_check(SPAN("\xd1\x88\xd1\x88\xd1\x88")), fault_invalid);
    assert_int_equal(password_check(SPAN("secret\0")), fault_invalid);
    assert_int_equal(password_check(SPAN("\xff\xff\xff\xff\xff\xff")), fault_invalid);
}

static void costly_or_foreign_hashes_are_not_worked_on(void **state)
{
    struct span hash;
    assert_false(password_matches(SPAN("x"), SPAN("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("x"), SPAN("$2b$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("x"), SPAN("")) || password_matches(SPAN("x"), SPAN("*")));
    assert_false(password_matches(SPAN("x"), SPAN("$6$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
    assert_int_equal(password_hash(arena, SPAN("x"), 3, &hash), fault_internal);
    assert_int_equal(password_hash(arena, SPAN("x"), 16, &hash), fault_internal);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_hashed_matches), cmocka_unit_test(a_known_hash_of_another_program_matches),
                                        cmocka_unit_test(the_seventy_third_byte_is_never_cut), cmocka_unit_test(passwords_have_a_least_length),
                                        cmocka_unit_test(costly_or_foreign_hashes_are_not_worked_on) };
    arena = arena_create(1024, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
