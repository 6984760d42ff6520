/* Ranges and entity tags. */
#include "door/range.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_range(const char *header, enum range_verdict verdict, int64_t at, int64_t n)
{
    int64_t got_at, got_n;
    assert_int_equal(range_read(span_of(header), 1000, &got_at, &got_n), verdict);
    if (verdict == range_unsatisfiable) return;
    assert_int_equal(got_at, at);
    assert_int_equal(got_n, n);
}

static void ranges(void **state)
{
    (void)state;
    assert_range("bytes=0-0", range_part, 0, 1);
    assert_range("bytes=990-", range_part, 990, 10);
    assert_range("bytes=-10", range_part, 990, 10);
    assert_range("bytes=-5000", range_part, 0, 1000);
    assert_range("Bytes = 5-9", range_part, 5, 5);
    assert_range("bytes=0-4,5-9", range_part, 0, 10);
    assert_range("bytes=5-9, 0-6", range_part, 0, 10);
    assert_range("bytes=0-4,5000-", range_part, 0, 5);
    assert_range("bytes=0-4,6-9", range_whole, 0, 1000);
    assert_range("bytes=9-5", range_whole, 0, 1000);
    assert_range("bytes=", range_whole, 0, 1000);
    assert_range("bytes=-", range_whole, 0, 1000);
    assert_range("bytes=1", range_whole, 0, 1000);
    assert_range("bytes=99999999999999999999-", range_whole, 0, 1000);
    assert_range("lines=0-4", range_whole, 0, 1000);
    assert_range("", range_whole, 0, 1000);
    assert_range("bytes=1000-", range_unsatisfiable, 0, 0);
    assert_range("bytes=-0", range_unsatisfiable, 0, 0);
    int64_t at, n;
    assert_int_equal(range_read(SPAN("bytes=-1"), 0, &at, &n), range_unsatisfiable);
}

static void tags(void **state)
{
    (void)state;
    assert_true(etag_listed(SPAN("\"a\", \"b\""), SPAN("\"b\""), true));
    assert_true(etag_listed(SPAN("W/\"b\""), SPAN("\"b\""), false));
    assert_false(etag_listed(SPAN("W/\"b\""), SPAN("\"b\""), true));
    assert_true(etag_listed(SPAN("*"), SPAN("\"b\""), false));
    assert_false(etag_listed(SPAN("\"bb\""), SPAN("\"b\""), false));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ranges), cmocka_unit_test(tags) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
