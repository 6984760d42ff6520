/* Forms, cookies, and content negotiation. */
#include "wire/form.h"
#include "wire/accept.h"
#include "wire/cookie.h"
#include "wire_test.h"

static struct arena *arena;

static void decodes(void **state)
{
    struct span v;
    assert_int_equal(form_decode(SPAN("a%20b+c%D0%9F"), true, arena, &v), fault_none);
    assert_span(v, "a b cП");
    assert_int_equal(form_decode(SPAN("a+b%2B%2f"), false, arena, &v), fault_none);
    assert_span(v, "a+b+/");
    assert_int_equal(form_decode(SPAN("plain"), true, arena, &v), fault_none);
    assert_span(v, "plain");
    assert_int_equal(form_decode((struct span){ 0 }, true, arena, &v), fault_none);
    assert_non_null(v.p);
    static const char *const bad[] = { "%", "%2", "a%2", "%zz", "%G0", "%0", "%00", "%FF", "%C0%80", "%ED%A0%80", "\xFF", "%D0" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(form_decode(span_of(bad[i]), true, arena, &v), fault_invalid);
    assert_int_equal(form_decode(SPAN("a\0b"), true, arena, &v), fault_invalid);
}

static void fields(void **state)
{
    struct span form = SPAN("&a=1&&b=x%26y&c&=v&a=2&"), name, value;
    static const char *const expected[] = { "a", "1", "b", "x&y", "c", "", "", "v", "a", "2" };
    for (size_t i = 0; i < lengthof(expected); i += 2) {
        assert_int_equal(form_next(&form, arena, &name, &value), fault_none);
        assert_true(span_eq(name, span_of(expected[i])));
        assert_true(span_eq(value, span_of(expected[i + 1])));
    }
    assert_int_equal(form_next(&form, arena, &name, &value), fault_not_found);
}

static void finds(void **state)
{
    struct span v;
    assert_int_equal(form_find(SPAN("x=1&after=5%30&after=7"), SPAN("after"), arena, &v), fault_none);
    assert_span(v, "50");
    assert_int_equal(form_find(SPAN("x=1&empty"), SPAN("empty"), arena, &v), fault_none);
    assert_non_null(v.p);
    assert_int_equal(v.n, 0);
    assert_int_equal(form_find(SPAN("x=1"), SPAN("y"), arena, &v), fault_none);
    assert_null(v.p);
    assert_int_equal(form_find((struct span){ 0 }, SPAN("y"), arena, &v), fault_none);
    assert_int_equal(form_find(SPAN("x=%&y=1"), SPAN("y"), arena, &v), fault_invalid);
    struct buf many;
    buf_init(&many, 1 << 20);
    for (int i = 0; i < FORM_FIELDS_MAX + 1; i++) buf_append_cstr(&many, "a=1&");
    assert_int_equal(form_find(buf_span(&many), SPAN("y"), arena, &v), fault_too_large);
    buf_fini(&many);
}

static void encodes(void **state)
{
    struct buf b;
    struct span back;
    buf_init(&b, 4096);
    form_encode(&b, SPAN("a-Z_0.~ /é"));
    assert_span(buf_span(&b), "a-Z_0.~%20%2F%C3%A9");
    buf_clear(&b);
    for (int i = 1; i < 128; i++) buf_append_char(&b, (char)i);
    struct buf encoded;
    buf_init(&encoded, 4096);
    form_encode(&encoded, buf_span(&b));
    assert_int_equal(form_decode(buf_span(&encoded), true, arena, &back), fault_none);
    assert_true(span_eq(back, buf_span(&b)));
    buf_fini(&b), buf_fini(&encoded);
}

static void reads_cookies(void **state)
{
    struct span header = SPAN("a=1; b=\"two\"; broken; =x; c d=1; e=f=g;; z="), name, value;
    static const char *const expected[] = { "a", "1", "b", "two", "e", "f=g", "z", "" };
    struct span rest = header;
    for (size_t i = 0; i < lengthof(expected); i += 2) {
        assert_true(cookie_next(&rest, &name, &value));
        assert_true(span_eq(name, span_of(expected[i])));
        assert_true(span_eq(value, span_of(expected[i + 1])));
    }
    assert_false(cookie_next(&rest, &name, &value));
    assert_span(cookie_find(header, SPAN("e")), "f=g");
    assert_span(cookie_find(SPAN("t=first; t=second"), SPAN("t")), "first");
    assert_null(cookie_find(header, SPAN("A")).p);
    assert_null(cookie_find((struct span){ 0 }, SPAN("a")).p);
}

static void builds_cookies(void **state)
{
    struct buf b;
    buf_init(&b, 4096);
    struct cookie c = { .name = SPAN("suhbat_access"), .value = SPAN("abc.def"), .max_age_s = 900, .http_only = true, .secure = true };
    assert_int_equal(cookie_build(&c, &b), fault_none);
    assert_span(buf_span(&b), "suhbat_access=abc.def; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax");
    buf_clear(&b);
    c = (struct cookie){ .name = SPAN("x"), .value = SPAN(""), .path = SPAN("/api"), .max_age_s = -1, .same_site = cookie_same_site_strict };
    assert_int_equal(cookie_build(&c, &b), fault_none);
    assert_span(buf_span(&b), "x=; Path=/api; SameSite=Strict");
    buf_clear(&b);
    static const char *const bad_values[] = { "a;b", "a b", "a\r\nSet-Cookie: x", "\"", "a,b", "\\", "\xC3\xA9" };
    for (size_t i = 0; i < lengthof(bad_values); i++) {
        c.value = span_of(bad_values[i]);
        assert_int_equal(cookie_build(&c, &b), fault_invalid);
    }
    c.value = SPAN("ok"), c.name = SPAN("a=b");
    assert_int_equal(cookie_build(&c, &b), fault_invalid);
    c.name = SPAN("a"), c.path = SPAN("/; Domain=x");
    assert_int_equal(cookie_build(&c, &b), fault_invalid);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
    buf_init(&b, 5);
    c.path = SPAN("/");
    assert_int_equal(cookie_build(&c, &b), fault_too_large);
    buf_fini(&b);
}

static void languages(void **state)
{
    static const struct {
        const char *header;
        enum language chosen;
    } cases[] = { { "", language_en }, { "uz", language_uz }, { "ru-RU,ru;q=0.9,en;q=0.8", language_ru }, { "de, uk;q=0.5, ru;q=0.4", language_uk }, { "en;q=0.1, UZ-Cyrl;q=0.2", language_uz },
                  { "ru;q=0, en;q=0.001", language_en }, { "ru;q=0", language_en }, { "fr, de", language_en }, { "ru;q=2, uk;q=x, uz;q=0.10", language_uz }, { "uk,ru", language_uk },
                  { "*, ru;q=0.3", language_ru }, { "u, uzx, ru ; q = 0.7", language_ru } };
    for (size_t i = 0; i < lengthof(cases); i++) assert_int_equal(accept_language(span_of(cases[i].header)), cases[i].chosen);
    assert_int_equal(accept_language((struct span){ 0 }), language_en);
    assert_string_equal(language_tag(language_uk), "uk");
}

static void codings(void **state)
{
    assert_int_equal(accept_coding(SPAN("gzip, deflate, br"), true, true), coding_br);
    assert_int_equal(accept_coding(SPAN("gzip, deflate, br"), false, true), coding_gzip);
    assert_int_equal(accept_coding(SPAN("gzip;q=1.0, br;q=0.5"), true, true), coding_gzip);
    assert_int_equal(accept_coding(SPAN("br;q=0, *"), true, true), coding_gzip);
    assert_int_equal(accept_coding(SPAN("*"), true, false), coding_br);
    assert_int_equal(accept_coding(SPAN("identity"), true, true), coding_identity);
    assert_int_equal(accept_coding(SPAN(""), true, true), coding_identity);
    assert_int_equal(accept_coding(SPAN("x-gzip"), true, true), coding_gzip);
}

static int setup(void **state)
{
    arena = arena_create(0, 1 << 22);
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(decodes), cmocka_unit_test(fields), cmocka_unit_test(finds), cmocka_unit_test(encodes), cmocka_unit_test(reads_cookies),
                                        cmocka_unit_test(builds_cookies), cmocka_unit_test(languages), cmocka_unit_test(codings) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
