/* The bounded buffer: growth, ceiling, failure, giving away. */
#include "base/buf.h"
#include "base_test.h"
#include <stdlib.h>

static void grows(void **state)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_null(b.p);
    for (int i = 0; i < 10000; i++) buf_append(&b, "abc", 3);
    assert_int_equal(b.n, 30000);
    for (size_t i = 0; i < b.n; i++) assert_int_equal(b.p[i], "abc"[i % 3]);
    buf_fini(&b);
    assert_int_equal(b.max, 1 << 20);
}

static void keeps_its_ceiling(void **state)
{
    struct buf b;
    buf_init(&b, 10);
    buf_append_cstr(&b, "0123456789");
    assert_false(b.failed);
    assert_true(b.cap <= 10);
    buf_append_char(&b, 'x');
    assert_true(b.failed);
    buf_clear(&b);
    assert_false(b.failed);
    buf_append_cstr(&b, "abc");
    buf_append_cstr(&b, "12345678");
    buf_append_cstr(&b, "d");
    assert_true(b.failed);
    assert_span(buf_span(&b), "abc");
    assert_null(buf_reserve(&b, 1));
    buf_fini(&b);
    buf_init(&b, 0);
    buf_append(&b, NULL, 0);
    assert_false(b.failed);
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
    buf_fini(&b);
}

static void numbers_and_formats(void **state)
{
    struct buf b;
    buf_init(&b, 200);
    buf_append_i64(&b, INT64_MIN), buf_append_char(&b, ' '), buf_append_i64(&b, INT64_MAX), buf_append_char(&b, ' '), buf_append_i64(&b, 0);
    assert_span(buf_span(&b), "-9223372036854775808 9223372036854775807 0");
    buf_clear(&b);
    buf_printf(&b, "%s-%d", "x", 5);
    buf_append_span(&b, SPAN("!"));
    assert_span(buf_span(&b), "x-5!");
    buf_fini(&b);
    buf_init(&b, 4);
    buf_printf(&b, "%d", 1234); /* exactly full: no room for a terminator, none needed */
    assert_false(b.failed);
    assert_span(buf_span(&b), "1234");
    buf_clear(&b);
    buf_printf(&b, "%d", 12345);
    assert_true(b.failed);
    buf_fini(&b);
}

static void gives_its_memory_away(void **state)
{
    struct buf b;
    size_t n;
    buf_init(&b, 100);
    buf_append_cstr(&b, "hello world");
    char *p = buf_take(&b, &n);
    assert_int_equal(n, 11);
    assert_memory_equal(p, "hello world", 11);
    assert_null(b.p);
    free(p);
    char *to = buf_reserve(&b, 3);
    memcpy(to, "abc", 3);
    buf_commit(&b, 2);
    assert_span(buf_span(&b), "ab");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(grows), cmocka_unit_test(keeps_its_ceiling), cmocka_unit_test(numbers_and_formats),
                                        cmocka_unit_test(gives_its_memory_away) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
