#include "base/rand.h"
#include "wire/base64.h"
#include "wire_test.h"
#include <string.h>

static bool decodes(const char *text, const char *wanted)
{
    unsigned char to[64];
    size_t n = 99;
    return base64_decode(span_of(text), to, &n) && n == strlen(wanted) && memcmp(to, wanted, n) == 0;
}

/* The vectors of RFC 4648, section 10. */
static void the_vectors_of_the_standard(void **state)
{
    static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buf out;
        buf_init(&out, 64);
        base64_encode(&out, span_of(pairs[i][0]));
        assert_true(span_eq(buf_span(&out), span_of(pairs[i][1])));
        assert_true(decodes(pairs[i][1], pairs[i][0]));
        buf_fini(&out);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const bad[] = { "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v Zm9v", " Zm9", "Zm9\n", "Zm-_", "Zm9v=", "Zg=v" };
    unsigned char to[64];
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(base64_decode(span_of(bad[i]), to, &n));
}

static void large_pieces_come_back_whole(void **state)
{
    enum { size = (1 << 20) + 1 };
    static unsigned char bytes[size], back[size + 3];
    struct buf out;
    size_t n;
    (void)state;
    rand_bytes(bytes, size);
    buf_init(&out, 2 * size);
    base64_encode(&out, span_make(bytes, size));
    assert_int_equal(out.n, BASE64_ENCODED_BYTES((size_t)size));
    assert_true(base64_decode(buf_span(&out), back, &n));
    assert_int_equal(n, size);
    assert_memory_equal(back, bytes, size);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_vectors_of_the_standard), cmocka_unit_test(what_is_no_base64_is_refused),
                                        cmocka_unit_test(large_pieces_come_back_whole) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
