/* Small forms in both codings, and where a page may send its reader. */
#include "dialect/rooms/form.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_create(0, 1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    arena_destroy(arena);
    return 0;
}

static void assert_field(const char *type, const char *body, const char *name, const char *expected)
{
    struct span value = form_field(span_of(type), span_of(body), name, arena);
    if (expected ? !value.p || !span_eq(value, span_of(expected)) : value.p != NULL) fail_msg("%s of %s: " SPAN_FMT, name, body, SPAN_ARG(value));
}

static void fields_are_found_in_both_codings(void **state)
{
    static const char urlencoded[] = "application/x-www-form-urlencoded; charset=utf-8", multipart[] = "Multipart/Form-Data; boundary=cut";
    static const char body[] = "--cut\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--cut\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b\"\r\n\r\n"
                               "two\r\n--cut\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--cut--\r\n";
    assert_field(urlencoded, "a=1+2&b=%D1%9E", "b", "\xD1\x9E");
    assert_field(urlencoded, "a=1+2&b=", "a", "1 2");
    assert_field(urlencoded, "a=1+2&b=", "b", "");
    assert_field(urlencoded, "a=1", "c", NULL);
    assert_field(urlencoded, "a=%zz&b=1", "b", NULL);
    assert_field(multipart, body, "a", "one");
    assert_field(multipart, body, "b", "");
    assert_field(multipart, body, "f", NULL);
    assert_field(multipart, "--cut\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut off", "a", NULL);
    assert_field("multipart/form-data", body, "a", NULL);
    assert_field("application/json", "a=1", "a", NULL);
    assert_field("", "a=1", "a", NULL);
}

static void next_stays_on_this_site(void **state)
{
    static const char *const ours[] = { "/", "/room/5/", "/room/5/?a=//x", "/x//y", "/login", "/login/?next=/" };
    static const char *const theirs[] = { "", "//evil.example/", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "/\t/evil.example", "/a\nb", "room/5/", "/login/", "/\x7F" };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) assert_true(form_next_is_ours(span_of(ours[i])));
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) assert_false(form_next_is_ours(span_of(theirs[i])));
    assert_false(form_next_is_ours((struct span){ 0 }));
    assert_false(form_next_is_ours(SPAN("/a\0b")));
}

static void paths_are_written_as_a_uri_may_hold_them(void **state)
{
    struct buf out;
    buf_init(&out, 1024);
    form_append_path(&out, SPAN("/room/5/?a=b&c"), "");
    form_append_path(&out, SPAN("/\xD1\x9E \"<>%25"), "");
    form_append_path(&out, SPAN("/a?b%2F"), "?%");
    assert_true(span_eq(buf_span(&out), SPAN("/room/5/?a=b&c/%D1%9E%20%22%3C%3E%25/a%3Fb%252F")));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(fields_are_found_in_both_codings, set_up, tear_down), cmocka_unit_test(next_stays_on_this_site),
                                        cmocka_unit_test(paths_are_written_as_a_uri_may_hold_them) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
