/* JSON: what the writer writes reads back, what the reader refuses, and with which field's name. */
#include "wire/json.h"
#include "wire_test.h"

static struct buf out;

static void assert_written(const char *expected)
{
    buf_append_char(&out, 0);
    assert_string_equal(out.p, expected);
    buf_clear(&out);
}

static void writes(void **state)
{
    struct json_writer w = json_writer(&out);
    json_begin_object(&w);
    json_put_string(&w, "a", SPAN("x"));
    json_put_string(&w, "none", (struct span){ 0 });
    json_put_string(&w, "empty", SPAN(""));
    json_put_int(&w, "i", -5);
    json_put_bool(&w, "t", true), json_put_bool(&w, "f", false);
    json_put_null(&w, "n");
    json_put_id(&w, "id", 7), json_put_id(&w, "no_id", 0);
    json_put_time(&w, "at", 1764425815123456), json_put_time(&w, "never", 0);
    json_key(&w, "list");
    json_begin_array(&w);
    json_begin_array(&w), json_end_array(&w);
    json_begin_object(&w), json_end_object(&w);
    json_int(&w, 1), json_string(&w, SPAN("s")), json_null(&w), json_bool(&w, true), json_raw(&w, SPAN("{\"r\":1}"));
    json_end_array(&w);
    json_key_escaped(&w, SPAN("k\"")), json_int(&w, 2);
    json_put_int(&w, "last", 3);
    json_end_object(&w);
    assert_written("{\"a\":\"x\",\"none\":null,\"empty\":\"\",\"i\":-5,\"t\":true,\"f\":false,\"n\":null,\"id\":7,\"no_id\":null,"
                   "\"at\":\"2025-11-29T14:16:55.123456Z\",\"never\":null,\"list\":[[],{},1,\"s\",null,true,{\"r\":1}],\"k\\\"\":2,\"last\":3}");
}

static void beyond_ascii(void **state)
{
    json_append_ascii(&out, SPAN("{\"a\":\"o\xCA\xBBzbek \xD0\x88\xE2\x82\xAC\",\"b\":\"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\x7F\\n\"}"));
    assert_written("{\"a\":\"o\\u02bbzbek \\u0408\\u20ac\",\"b\":\"\\ud83d\\ude00\\udbff\\udfff\x7F\\n\"}");
    json_append_ascii(&out, SPAN(""));
    assert_written("");
}

static void escapes(void **state)
{
    json_text(&out, SPAN("\"\\/\b\f\n\r\t\x01\x0B\x1F\x7F"));
    assert_written("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7F\"");
    json_text(&out, SPAN("привет 👍"));
    assert_written("\"привет 👍\"");
    json_text(&out, (struct span){ 0 });
    assert_written("\"\"");
}

/* Every byte at every place of a word. */
static void escapes_everywhere(void **state)
{
    for (unsigned c = 1; c < 128; c++)
        for (size_t at = 0; at < 20; at++) {
            char text[20];
            struct json j;
            struct span back;
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            buf_clear(&out);
            json_text(&out, (struct span){ text, sizeof text });
            assert_int_equal(json_parse(&j, buf_span(&out), 1000), fault_none);
            assert_true(json_as_text(j.root, &back));
            assert_true(span_eq(back, (struct span){ text, sizeof text }));
            json_done(&j);
        }
    buf_clear(&out);
}

static void writing_keeps_the_ceiling(void **state)
{
    struct buf small;
    buf_init(&small, 10);
    struct json_writer w = json_writer(&small);
    json_begin_object(&w);
    json_put_string(&w, "key", SPAN("too long for this"));
    json_put_int(&w, "more", 1);
    json_end_object(&w);
    assert_true(small.failed);
    buf_fini(&small);
}

static enum fault fault_of(const char *text)
{
    struct json j;
    enum fault f = json_parse(&j, span_of(text), 4096);
    if (f == fault_none) json_done(&j);
    return f;
}

static void refuses(void **state)
{
    static const char *const bad[] = { "", " ", "{", "{]", "nul", "{\"a\":1,}", "[1,]", "{'a':1}", "\"\\x\"", "\"\\ud800\"", "\"\xFF\"", "01", "1 2", "NaN", "// c\n1", "\"a\nb\"", "{a:1}", "\xEF\xBB\xBF{}" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(fault_of(bad[i]), fault_invalid);
    static char deep[2 * 4000];
    for (size_t depth = 30; depth < 2000; depth = depth < 35 ? depth + 1 : depth * 2) {
        memset(deep, '[', depth), memset(deep + depth, ']', depth);
        deep[2 * depth] = 0;
        assert_int_equal(fault_of(deep), depth <= JSON_DEPTH_MAX ? fault_none : fault_invalid);
    }
    assert_int_equal(fault_of("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[\""), fault_none);
    memset(deep, ' ', 4097), deep[0] = '1', deep[4097] = 0;
    assert_int_equal(fault_of(deep), fault_too_large);
    deep[4096] = 0;
    assert_int_equal(fault_of(deep), fault_none);
}

static void takes_fields(void **state)
{
    struct json j;
    struct span bad;
    assert_int_equal(json_parse(&j, SPAN("{\"text\":\"hi\",\"key\":null,\"n\":5,\"on\":true,\"id\":9007199254740991,\"o\":{\"x\":1},\"l\":[1,2,3]}"), 1000), fault_none);
    struct json_fields f = json_fields(j.root);
    assert_span(json_take_text(&f, "text"), "hi");
    assert_null(json_take_text_or_null(&f, "key").p);
    assert_null(json_take_text_or_null(&f, "absent").p);
    assert_int_equal(json_take_int(&f, "n", 1, 5), 5);
    assert_int_equal(json_take_int_or(&f, "limit", 1, 200, 50), 50);
    assert_true(json_take_bool(&f, "on"));
    assert_true(json_take_bool_or(&f, "off", true));
    assert_true(json_take_id(&f, "id") == 9007199254740991);
    assert_int_equal(json_take_id_or_null(&f, "reply_to"), 0);
    struct json_fields inner = json_fields(json_take_object(&f, "o"));
    assert_int_equal(json_take_int(&inner, "x", 0, 1), 1);
    assert_int_equal(json_fields_end_strict(&inner, &bad), fault_none);
    struct json_walk w = json_walk(json_take_array(&f, "l"));
    int64_t sum = 0, v;
    for (json_value *item; (item = json_walk_next(&w));) sum += json_as_id(item, &v) ? v : 100;
    assert_int_equal(sum, 6);
    assert_null(json_take_array_or_null(&f, "no_list"));
    if (json_fields_end_strict(&f, &bad) != fault_none) fail_msg("bad: " SPAN_FMT, SPAN_ARG(bad));
    json_done(&j);
}

static void walks(void **state)
{
    struct json j;
    struct span key;
    assert_int_equal(json_parse(&j, SPAN("{\"3\":[1,[2]],\"8\":{\"a\":{}},\"9\":0}"), 1000), fault_none);
    struct json_walk w = json_walk(j.root);
    assert_non_null(json_walk_next_pair(&w, &key));
    assert_span(key, "3");
    assert_non_null(json_walk_next_pair(&w, &key));
    assert_span(key, "8");
    assert_non_null(json_walk_next_pair(&w, &key));
    assert_span(key, "9");
    assert_null(json_walk_next_pair(&w, &key));
    json_done(&j);
    w = json_walk(NULL);
    assert_null(json_walk_next(&w));
}

typedef void take_fn(struct json_fields *f);

static void assert_bad(const char *text, take_fn *take, const char *name)
{
    struct json j;
    struct span bad = { 0 };
    assert_int_equal(json_parse(&j, span_of(text), 1000), fault_none);
    struct json_fields f = json_fields(j.root);
    take(&f);
    assert_int_equal(json_fields_end_strict(&f, &bad), fault_invalid);
    assert_true(span_eq(bad, span_of(name)));
    json_done(&j);
}

static void take_text(struct json_fields *f) { json_take_text(f, "a"); }
static void take_text_or_null(struct json_fields *f) { json_take_text_or_null(f, "a"); }
static void take_int(struct json_fields *f) { json_take_int(f, "a", 1, 10); }
static void take_id(struct json_fields *f) { json_take_id(f, "a"); }
static void take_bool(struct json_fields *f) { json_take_bool(f, "a"); }
static void take_array(struct json_fields *f) { json_take_array(f, "a"); }
static void take_two(struct json_fields *f) { json_take_int(f, "a", 0, 9), json_take_int(f, "b", 0, 9); }

static void names_the_bad_field(void **state)
{
    assert_bad("{}", take_text, "a");
    assert_bad("{\"a\":1}", take_text, "a");
    assert_bad("{\"a\":null}", take_text, "a");
    assert_bad("{\"a\":\"x\\u0000y\"}", take_text, "a");
    assert_bad("{\"a\":[]}", take_text_or_null, "a");
    assert_bad("{\"a\":11}", take_int, "a");
    assert_bad("{\"a\":0}", take_int, "a");
    assert_bad("{\"a\":1.0}", take_int, "a");
    assert_bad("{\"a\":\"1\"}", take_int, "a");
    assert_bad("{\"a\":18446744073709551615}", take_int, "a");
    assert_bad("{\"a\":0}", take_id, "a");
    assert_bad("{\"a\":-1}", take_id, "a");
    assert_bad("{\"a\":9007199254740992}", take_id, "a");
    assert_bad("{\"a\":1}", take_bool, "a");
    assert_bad("{\"a\":{}}", take_array, "a");
    assert_bad("[]", take_int, "");
    assert_bad("7", take_int, "");
    assert_bad("{\"a\":1,\"zz\":2}", take_int, "zz");
    assert_bad("{\"a\":1,\"a\":1}", take_int, "a");
    assert_bad("{\"a\":1,\"b\":1,\"b\":2}", take_two, "b");
    assert_bad("{\"b\":\"x\",\"c\":1}", take_two, "a");
}

/* Past the pool on the stack the heap takes over. */
static void large_texts(void **state)
{
    struct json j;
    struct json_writer w = json_writer(&out);
    json_begin_array(&w);
    for (int i = 0; i < 20000; i++) json_int(&w, i);
    json_end_array(&w);
    assert_int_equal(json_parse(&j, buf_span(&out), 1 << 20), fault_none);
    struct json_walk walk = json_walk(j.root);
    int64_t v = 0, n = 0;
    for (json_value *item; (item = json_walk_next(&walk)); n++) assert_true(json_as_int(item, n, n, &v));
    assert_int_equal(n, 20000);
    json_done(&j);
    buf_clear(&out);
}

static int setup(void **state)
{
    buf_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(writes), cmocka_unit_test(escapes), cmocka_unit_test(beyond_ascii), cmocka_unit_test(escapes_everywhere), cmocka_unit_test(writing_keeps_the_ceiling),
                                        cmocka_unit_test(refuses), cmocka_unit_test(takes_fields), cmocka_unit_test(walks), cmocka_unit_test(names_the_bad_field),
                                        cmocka_unit_test(large_texts) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
