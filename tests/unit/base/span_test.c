/* Spans, faults, lists. */
#include "base/fault.h"
#include "base/list.h"
#include "base/span.h"
#include "base_test.h"

static void compares(void **state)
{
    assert_true(span_eq(SPAN("a"), SPAN("a")));
    assert_false(span_eq(SPAN("a"), SPAN("ab")));
    assert_true(span_eq((struct span){ 0 }, SPAN("")));
    assert_true(span_eq_nocase(SPAN("Content-LENGTH"), SPAN("content-length")));
    assert_false(span_eq_nocase(SPAN("[a"), SPAN("{a")));
    assert_true(span_starts(SPAN("bearer x"), SPAN("bearer ")));
    assert_false(span_starts(SPAN("b"), SPAN("bearer")));
    assert_true(span_starts((struct span){ 0 }, SPAN("")));
}

static void trims_and_cuts(void **state)
{
    struct span rest;
    assert_span(span_trim(SPAN(" \t a b\r\n")), "a b");
    assert_span(span_trim(SPAN("  ")), "");
    assert_span(span_cut(SPAN("a,b,c"), ',', &rest), "a");
    assert_span(rest, "b,c");
    assert_span(span_cut(SPAN("a,"), ',', &rest), "a");
    assert_non_null(rest.p);
    assert_int_equal(rest.n, 0);
    assert_span(span_cut(SPAN("a"), ',', &rest), "a");
    assert_null(rest.p);
    assert_int_equal(span_cut((struct span){ 0 }, ',', &rest).n, 0);
}

static void numbers(void **state)
{
    int64_t v = 7;
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1a", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "--1", "1.0" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(span_to_i64(span_of(bad[i]), &v));
    assert_int_equal(v, 7);
    assert_true(span_to_i64(SPAN("9223372036854775807"), &v));
    assert_true(v == INT64_MAX);
    assert_true(span_to_i64(SPAN("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_true(span_to_i64(SPAN("007"), &v));
    assert_int_equal(v, 7);
}

static void fault_words(void **state)
{
    assert_string_equal(fault_word(fault_none), "ok");
    assert_string_equal(fault_word(fault_uncertain), "uncertain");
    assert_string_equal(fault_word(fault_count), "internal");
    for (int f = 0; f < fault_count; f++) assert_non_null(fault_word((enum fault)f));
}

struct item {
    int v;
    struct list node;
};

static int sum(struct list *head)
{
    int digits = 0;
    list_each(node, head) digits = digits * 10 + container_of(node, struct item, node)->v;
    return digits;
}

static void lists(void **state)
{
    struct list a, b;
    struct item items[4] = { { .v = 1 }, { .v = 2 }, { .v = 3 }, { .v = 4 } };
    list_init(&a), list_init(&b);
    assert_true(list_empty(&a));
    list_append(&a, &items[0].node), list_append(&a, &items[1].node), list_append(&b, &items[2].node), list_append(&b, &items[3].node);
    assert_int_equal(sum(&a), 12);
    list_splice(&a, &b);
    assert_int_equal(sum(&a), 1234);
    assert_true(list_empty(&b));
    list_splice(&a, &b);
    list_remove(&items[1].node);
    list_remove(&items[1].node);
    assert_int_equal(sum(&a), 134);
    list_each_safe(node, next, &a) list_remove(node);
    assert_true(list_empty(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(compares), cmocka_unit_test(trims_and_cuts), cmocka_unit_test(numbers),
                                        cmocka_unit_test(fault_words), cmocka_unit_test(lists) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
