/* Deflate of single messages: there and back, independence, ceilings, rubbish. */
#include "wire/deflate.h"
#include "wire_test.h"

static char big[300000];
static struct buf z, back;

static void assert_round(struct span text)
{
    buf_clear(&z), buf_clear(&back);
    assert_int_equal(deflate_message(text, &z), fault_none);
    assert_true(z.n > 0);
    assert_false(z.n >= 4 && memcmp(z.p + z.n - 4, "\0\0\xff\xff", 4) == 0);
    assert_int_equal(inflate_message(buf_span(&z), text.n, &back), fault_none);
    assert_true(span_eq(buf_span(&back), text));
    if (text.n == 0) return;
    buf_clear(&back);
    assert_int_equal(inflate_message(buf_span(&z), text.n - 1, &back), fault_too_large);
    assert_true(back.n <= text.n);
}

static void there_and_back(void **state)
{
    uint32_t x = 1;
    assert_round(SPAN(""));
    assert_round(SPAN("a"));
    assert_round(SPAN("salom salom salom"));
    for (size_t n = 1; n <= sizeof big; n = n * 3 + 1) {
        memset(big, 'z', n);
        assert_round((struct span){ big, n });
        for (size_t i = 0; i < n; i++) big[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
        assert_round((struct span){ big, n });
    }
}

static void messages_are_independent(void **state)
{
    struct buf first;
    buf_init(&first, 1000);
    assert_int_equal(deflate_message(SPAN("the same words, the same bytes"), &first), fault_none);
    for (int i = 0; i < 3; i++) {
        buf_clear(&z);
        assert_int_equal(deflate_message(SPAN("the same words, the same bytes"), &z), fault_none);
        assert_true(span_eq(buf_span(&z), buf_span(&first)));
    }
    buf_fini(&first);
}

static void appends(void **state)
{
    buf_clear(&z), buf_clear(&back);
    buf_append_cstr(&back, "before ");
    assert_int_equal(deflate_message(SPAN("after"), &z), fault_none);
    assert_int_equal(inflate_message(buf_span(&z), 5, &back), fault_none);
    assert_span(buf_span(&back), "before after");
}

static void bombs(void **state)
{
    struct buf small, out;
    buf_init(&small, 1 << 20), buf_init(&out, 1 << 24);
    memset(big, 0, sizeof big);
    assert_int_equal(deflate_message((struct span){ big, sizeof big }, &small), fault_none);
    assert_true(small.n < 1000);
    assert_int_equal(inflate_message(buf_span(&small), 4096, &out), fault_too_large);
    assert_true(out.cap <= 16384);
    buf_fini(&out);
    buf_init(&out, 100); /* the buffer's own ceiling */
    assert_int_equal(inflate_message(buf_span(&small), sizeof big, &out), fault_too_large);
    buf_fini(&out), buf_fini(&small);
    buf_init(&small, 3);
    assert_int_equal(deflate_message(SPAN("no room"), &small), fault_too_large);
    buf_fini(&small);
}

static void rubbish(void **state)
{
    static const char *const bad[] = { "\xFF", "\xFF\xFF\xFF\xFF", "\x06", "abc", "\x04\xC1\x00\x00" };
    for (size_t i = 0; i < lengthof(bad); i++) {
        buf_clear(&back);
        assert_int_equal(inflate_message(span_of(bad[i]), 1000, &back), fault_invalid);
    }
    buf_clear(&back); /* and the next message is none the worse */
    assert_int_equal(inflate_message(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00"), 1000, &back), fault_none);
    assert_span(buf_span(&back), "Hello");
    buf_clear(&z);
    assert_int_equal(deflate_message(SPAN("cut off in the middle, cut off"), &z), fault_none);
    buf_clear(&back);
    assert_int_equal(inflate_message((struct span){ z.p, z.n / 2 }, 1000, &back), fault_invalid);
}

static int setup(void **state)
{
    buf_init(&z, 1 << 20), buf_init(&back, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&z), buf_fini(&back);
    deflate_thread_fini();
    deflate_thread_fini();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back), cmocka_unit_test(messages_are_independent), cmocka_unit_test(appends),
                                        cmocka_unit_test(bombs), cmocka_unit_test(rubbish) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
