/* UTF-8: what is valid, whole and in pieces; folding; what is not fit for a name. */
#include "base/utf8.h"
#include "base_test.h"

static const char *const good[] = { "", "plain", "привет, дунё", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                                    "\xF4\x8F\xBF\xBF", "0123456789abcdef0123456789abcdef\xE2\x82\xAC", "o‘zbekcha 👍🏽 sixteen plain bytes after it" };
static const char *const bad[] = { "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82",
                                   "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "0123456789abcdef\xFF", "\xF0\x9F\x91",
                                   "abc\xD0", "\xD0\xBF\xD1\xD1", "0123456789abcdef0123456\x80" "9abcdef" };

static void whole(void **state)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(utf8_valid(span_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(utf8_valid(span_of(bad[i])));
    assert_true(utf8_valid((struct span){ 0 }));
    assert_true(utf8_valid(SPAN("a\0b")));
}

static void assert_every_cut(const char *text, bool valid)
{
    size_t n = strlen(text);
    for (size_t i = 0; i <= n; i++)
        for (size_t j = i; j <= n; j++) {
            uint32_t s = utf8_feed(utf8_feed(utf8_feed(0, text, i), text + i, j - i), text + j, n - j);
            assert_int_equal(s == 0, valid);
        }
}

static void in_pieces(void **state)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_every_cut(good[i], true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_every_cut(bad[i], false);
    assert_true(utf8_feed(utf8_feed(0, "\xFF", 1), "a", 1) == UTF8_BAD);
    assert_true(utf8_feed(0, NULL, 0) == 0);
}

/* Every sequence of up to three bytes against the definition: decode and compare with the shortest form. */
static bool valid_by_definition(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned length = p[i] < 0x80 ? 1 : (p[i] & 0xE0) == 0xC0 ? 2 : (p[i] & 0xF0) == 0xE0 ? 3 : (p[i] & 0xF8) == 0xF0 ? 4 : 0;
        if (length == 0 || i + length > n) return false;
        uint32_t c = length == 1 ? p[i] : p[i] & (0x7Fu >> length);
        for (unsigned k = 1; k < length; k++) {
            if ((p[i + k] & 0xC0) != 0x80) return false;
            c = c << 6 | (p[i + k] & 0x3F);
        }
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return false;
        i += length;
    }
    return true;
}

static void every_three_bytes(void **state)
{
    for (uint32_t v = 0; v < 1u << 24; v++) {
        unsigned char p[3] = { (unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v };
        if (valid_by_definition(p, 3) != utf8_valid(span_make(p, 3))) fail_msg("%02x %02x %02x", p[0], p[1], p[2]);
    }
}

static void counting(void **state)
{
    assert_int_equal(utf8_count(SPAN("")), 0);
    assert_int_equal(utf8_count(SPAN("salom")), 5);
    assert_int_equal(utf8_count(SPAN("Привіт 👍")), 8);
}

static void assert_same_fold(struct arena *a, const char *x, const char *y)
{
    struct span fx = utf8_fold(a, span_of(x)), fy = utf8_fold(a, span_of(y));
    assert_non_null(fx.p);
    assert_true(span_eq(fx, fy));
    assert_true(span_eq(utf8_fold(a, fx), fx));
}

static void folding(void **state)
{
    struct arena *a = arena_create(0, 1 << 20);
    assert_same_fold(a, "Ali", "ali");
    assert_same_fold(a, "ＡＬＩ", "ali");
    assert_same_fold(a, "stra\xC3\x9F" "e", "STRASSE");
    assert_same_fold(a, "a\xC2\xADl\xE2\x80\x8Bi", "ali");
    assert_same_fold(a, "\xC3\xA9", "e\xCC\x81");
    assert_same_fold(a, "ПРИВЕТ", "привет");
    assert_span(utf8_fold(a, SPAN("")), "");
    assert_null(utf8_fold(a, SPAN("\xFF")).p);
    assert_false(span_eq(utf8_fold(a, SPAN("ali")), utf8_fold(a, SPAN("olim"))));
    arena_destroy(a);
}

static void unprintable(void **state)
{
    static const char *const fit[] = { "ali", "Оля", "o‘ktam", "two words", "👩‍👩‍👧" };
    static const char *const unfit[] = { "a\nb", "a\tb", "\x7F", "\xC2\x85", "a\xE2\x80\xAE" "b", "\xE2\x81\xA6x", "\xEE\x80\x80", "\xE2\x80\xA8", "\xF3\xB0\x80\x80", "\xCD\xB8", "\xFF", "\xEF\xBF\xBF" };
    for (size_t i = 0; i < sizeof fit / sizeof *fit; i++) assert_false(utf8_has_unprintable(span_of(fit[i])));
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) assert_true(utf8_has_unprintable(span_of(unfit[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(whole), cmocka_unit_test(in_pieces), cmocka_unit_test(every_three_bytes),
                                        cmocka_unit_test(counting), cmocka_unit_test(folding), cmocka_unit_test(unprintable) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
