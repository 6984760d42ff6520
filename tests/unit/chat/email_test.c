/* Addresses: what is one, what is sent to, and which two are the same. */
#include "unit.h"
#include "chat/email.h"

static struct arena *arena;

static bool parse(const char *text, struct span *sent, struct span *folded)
{
    return email_parse(arena, span_of(text), sent, folded);
}

static void what_is_an_address(void **state)
{
    (void)state;
    static const char *const good[] = { "a@b.uz", "a.b+c@d-e.example", " ali@uy.uz ", "!#$%&'*+-/=?^_`{|}~@x.org", "ўзбек@пошта.example",
                                        "1234567890123456789012345678901234567890123456789012345678901234@b.uz" };
    static const char *const bad[] = { "", "a", "@b.uz", "a@", "a@b", ".a@b.uz", "a.@b.uz", "a..b@c.uz", "a b@c.uz", "\"a b\"@c.uz", "a@b..uz", "a@-b.uz", "a@b-.uz",
                                       "a@b.uz.", "a@.uz", "a@[127.0.0.1]", "a@127.0.0.1", "a@b_c.uz", "a@b@c.uz", "a\n@b.uz", "a@b.uz\r\nBcc: x@y.uz", "a,b@c.uz", "<a@b.uz>",
                                       "\xff@b.uz", "a@\xe2\x80\xae.uz", "12345678901234567890123456789012345678901234567890123456789012345@b.uz" };
    struct span sent, folded;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!parse(good[i], &sent, &folded)) fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], &sent, &folded)) fail_msg("taken: %s as " SPAN_FMT, bad[i], SPAN_ARG(sent));
}

static void one_address_in_many_spellings(void **state)
{
    (void)state;
    struct span sent, folded, other;
    assert_true(parse("Ali@MÜNCHEN.example", &sent, &folded));
    assert_true(span_eq(sent, SPAN("Ali@xn--mnchen-3ya.example")));
    static const char *const same[] = { "ali@xn--mnchen-3ya.example", "ALI@münchen.EXAMPLE", "Ａli@XN--MNCHEN-3YA.example" };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_true(parse(same[i], &sent, &other));
        assert_true(span_eq(folded, other));
    }
    assert_true(parse("alis@münchen.example", &sent, &other));
    assert_false(span_eq(folded, other));
}

static void the_longest(void **state)
{
    (void)state;
    char text[300] = "a@";
    struct span sent, folded;
    for (int i = 0; i < 62; i++) memcpy(text + 2 + 4 * i, "abc.", 4);
    memcpy(text + 250, "uzuz", 5);
    assert_int_equal(strlen(text), EMAIL_MAX_BYTES);
    assert_true(parse(text, &sent, &folded));
    strcat(text, "u");
    assert_false(parse(text, &sent, &folded));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_an_address), cmocka_unit_test(one_address_in_many_spellings), cmocka_unit_test(the_longest) };
    arena = arena_create(4096, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
