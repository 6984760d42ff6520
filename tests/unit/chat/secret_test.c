/* Hashes and comparisons of secrets, against published values. */
#include "unit.h"
#include "chat/secret.h"

static struct arena *arena;

static void hashes_are_the_published_ones(void **state)
{
    assert_true(span_eq(secret_hash(arena, SPAN("abc")), SPAN("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
    assert_true(span_eq(secret_hash(arena, SPAN("")), SPAN("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
    /* RFC 4231, case 2 */
    assert_true(span_eq(secret_derive(arena, SPAN("Jefe"), SPAN("what do ya want for nothing?")),
                        SPAN("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
}

static void secrets_are_long_and_new(void **state)
{
    struct span one = secret_make(arena, 32), two = secret_make(arena, 32);
    assert_int_equal(one.n, 64);
    assert_false(secret_eq(one, two));
    assert_true(secret_eq(one, one) && secret_eq(SPAN(""), SPAN("")));
    assert_false(secret_eq(one, span_make(one.p, 63)) || secret_eq(SPAN(""), one));
}

static void prints_tell_contents_apart(void **state)
{
    assert_true(secret_print(SPAN("a"), 0) == secret_print(SPAN("a"), 0));
    assert_true(secret_print(SPAN("a"), 0) != secret_print(SPAN("a"), 1));
    assert_true(secret_print(SPAN("a"), 0) != secret_print(SPAN("b"), 0));
    assert_true(secret_print(SPAN(""), 0) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(hashes_are_the_published_ones), cmocka_unit_test(secrets_are_long_and_new),
                                        cmocka_unit_test(prints_tell_contents_apart) };
    arena = arena_create(1024, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
