/* multipart/form-data at every cut. */
#include "wire/multipart.h"
#include "base/buf.h"
#include "wire_test.h"

static struct multipart_limits limits;

static void tell(struct multipart *m, struct span window, struct buf *story, bool *data_before)
{
    struct multipart_unit u;
    for (multipart_next(m, &window, &u); u.kind != multipart_more; multipart_next(m, &window, &u)) {
        if (u.kind == multipart_part) {
            buf_printf(story, "part " SPAN_FMT, SPAN_ARG(u.name));
            if (u.filename.p) buf_printf(story, " file " SPAN_FMT, SPAN_ARG(u.filename));
            if (u.content_type.n) buf_printf(story, " type " SPAN_FMT, SPAN_ARG(u.content_type));
            buf_append_cstr(story, " [");
        } else if (u.kind == multipart_data) {
            assert_true(u.data.n > 0);
            buf_append_span(story, u.data);
        } else if (u.kind == multipart_end) {
            buf_append_cstr(story, "]\n");
        } else if (u.kind == multipart_done) {
            buf_append_cstr(story, "done\n");
        } else {
            if (!*data_before) buf_printf(story, "%s\n", fault_word(u.fault));
            *data_before = true;
            return;
        }
    }
    assert_int_equal(window.n, 0);
}

static void read_body(struct span bytes, const size_t *cuts, size_t n_cuts, struct buf *story)
{
    struct multipart *m = multipart_create(SPAN("--b"), limits);
    bool failed = false;
    for (size_t i = 0, at = 0; i <= n_cuts; i++) {
        size_t end = i < n_cuts ? cuts[i] : bytes.n;
        char *copy = malloc(end - at + 1);
        memcpy(copy, bytes.p + at, end - at);
        tell(m, (struct span){ copy, end - at }, story, &failed);
        free(copy);
        at = end;
    }
    if (multipart_is_whole(m)) buf_append_cstr(story, "whole");
    multipart_destroy(m);
}

#define assert_body(literal, expected) assert_story(read_body, SPAN(literal), expected)
#define CD "Content-Disposition: form-data; "

static void parts(void **state)
{
    assert_body("----b\r\n" CD "name=\"text\"\r\n\r\nhello\r\n----b\r\n" CD "name=f; filename=\"a.txt\"\r\nContent-Type: text/plain\r\nX: y\r\n\r\n1\r\n2\r\n----b--\r\nafter",
                "part text [hello]\npart f file a.txt type text/plain [1\r\n2]\ndone\nwhole");
    assert_body("preamble\r\n----b \t\r\n" CD "name=x\r\n\r\n\r\n----b--", "part x []\ndone\nwhole");
    assert_body("----b--", "done\nwhole");
}

static void near_delimiters(void **state)
{
    assert_body("----b\r\n" CD "name=x\r\n\r\n\r\n---\r\n--\r\n-\r\n\r\r\n----\r\n----a--b\r\n----b--", "part x [\r\n---\r\n--\r\n-\r\n\r\r\n----\r\n----a--b]\ndone\nwhole");
    assert_body("----b\r\n" CD "name=x\r\n\r\n----b\n----b\r\r\n----b--", "part x [----b\n----b\r]\ndone\nwhole");
}

static void names(void **state)
{
    assert_body("----b\r\n" CD "name=\"a%22b\\\"c\\\\d\\e%25\"; filename=\"\"\r\n\r\n\r\n----b--", "part a\"b\"c\\d\\e%25 file  []\ndone\nwhole");
    assert_body("----b\r\n" CD "filename*=UTF-8''%D0%BF%20.txt; name=\"x\"; filename=\"plain\"\r\n\r\n\r\n----b--", "part x file п .txt []\ndone\nwhole");
    assert_body("----b\r\ncontent-disposition:FORM-DATA;NAME=\"привет;=\"\r\n\r\nv\r\n----b--", "part привет;= [v]\ndone\nwhole");
}

static void malformed(void **state)
{
    static const char *const heads[] = { "", "X: y\r\n", CD "filename=x\r\n", "Content-Disposition: attachment; name=x\r\n", CD "name=\"x\r\n", CD "name=\"\xFF\"\r\n", CD "name=x\r\n" CD "name=y\r\n",
                                         CD "name=x; name=y\r\n", CD "name=\"a\tb\"\r\n", "no colon\r\n" CD "name=x\r\n", ": x\r\n" CD "name=x\r\n", CD "name=x; filename*=latin1''x\r\n", CD "name=x; filename*=UTF-8''%\r\n",
                                         CD "name=x y; =z\r\n", CD "name\r\n" };
    for (size_t i = 0; i < lengthof(heads); i++) {
        struct buf b;
        buf_init(&b, 4096);
        buf_printf(&b, "----b\r\n%s\r\nv\r\n----b--", heads[i]);
        assert_story(read_body, buf_span(&b), "invalid\n");
        buf_fini(&b);
    }
    assert_body("----bx\r\n" CD "name=x\r\n\r\n", "invalid\n");
    assert_body("----b-x", "invalid\n");
    assert_body("----b\rx", "invalid\n");
    assert_body("----b -", "invalid\n");
    assert_body("----b\r\n" CD "name=x\r\n\r\nhello", "part x [hello");
    assert_body("never a delimiter", "");
}

static void ceilings(void **state)
{
    limits = (struct multipart_limits){ .max_parts = 1, .max_head_bytes = 60 };
    assert_body("----b\r\n" CD "name=a\r\n\r\n1\r\n----b\r\n" CD "name=b\r\n\r\n2\r\n----b--", "part a [1]\ntoo_large\n");
    assert_body("----b\r\n" CD "name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n1\r\n----b--", "too_large\n");
    limits = (struct multipart_limits){ 0 };
    struct buf b;
    buf_init(&b, 4096);
    buf_append_cstr(&b, "----b");
    for (int i = 0; i < 70; i++) buf_append_char(&b, ' ');
    assert_story(read_body, buf_span(&b), "invalid\n");
    buf_fini(&b);
}

static void boundaries(void **state)
{
    struct span b;
    assert_int_equal(multipart_boundary(SPAN("multipart/form-data; boundary=----WebKitFormBoundaryX"), &b), fault_none);
    assert_span(b, "----WebKitFormBoundaryX");
    assert_int_equal(multipart_boundary(SPAN("Multipart/Form-Data ; charset=utf-8; BOUNDARY=\"a b:c\""), &b), fault_none);
    assert_span(b, "a b:c");
    static const char *const bad[] = { "", "multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"x",
                                       "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a\x01", "application/json; boundary=x", "multipart/form-data boundary=x",
                                       "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(multipart_boundary(span_of(bad[i]), &b), fault_invalid);
    assert_null(multipart_create(SPAN(""), limits));
    assert_null(multipart_create(SPAN("a\r"), limits));
    multipart_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(parts), cmocka_unit_test(near_delimiters), cmocka_unit_test(names), cmocka_unit_test(malformed), cmocka_unit_test(ceilings),
                                        cmocka_unit_test(boundaries) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
