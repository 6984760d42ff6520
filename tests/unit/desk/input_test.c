/* D-02, D-06, D-07: what a body, a query or an event says, field by field. */
#include "dialect/desk/input.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define JSON SPAN("application/json; charset=utf-8")
#define FORM SPAN("application/x-www-form-urlencoded")

struct span request_body(const struct request *r) { (void)r; return (struct span){ 0 }; }
struct span request_query(const struct request *r) { (void)r; return (struct span){ 0 }; }
struct span request_method(const struct request *r) { (void)r; return SPAN("POST"); }
struct arena *request_arena(struct request *r) { (void)r; return NULL; }
struct span request_header(const struct request *r, const char *name) { (void)r, (void)name; return (struct span){ 0 }; }

static struct arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 20);
    return arena ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct desk_input input;

static struct desk_input *read_well(struct span type, const char *body)
{
    assert_int_equal(desk_input_parse(type, span_of(body), arena, &input), fault_none);
    return &input;
}

static void assert_text(struct span got, const char *wanted)
{
    assert_int_equal(got.n, strlen(wanted));
    assert_memory_equal(got.p, wanted, got.n);
}

static void ids_are_text_or_number(void **state)
{
    (void)state;
    struct desk_input *in = read_well(JSON, "{\"a\":\"x\\\"y\",\"b\":700123,\"c\":-5,\"d\":0,\"e\":\"\",\"f\":null,\"g\":false}");
    assert_text(desk_input_id(in, "a").text, "x\"y");
    assert_text(desk_input_id(in, "a").json, "\"x\\\"y\"");
    assert_text(desk_input_id(in, "b").text, "700123");
    assert_text(desk_input_id(in, "b").json, "700123");
    assert_text(desk_input_id(in, "c").text, "-5");
    const char *const missing[] = { "d", "e", "f", "g", "none" };
    for (size_t i = 0; i < 5; i++) assert_int_equal(desk_input_id(in, missing[i]).text.n, 0);
    assert_null(in->wrong);
    desk_input_done(in);
}

static void operators_are_no_ids(void **state)
{
    (void)state;
    const char *const bodies[] = { "{\"a\":{\"$ne\":null}}", "{\"a\":[\"x\"]}", "{\"a\":true}", "{\"a\":1.5}", "{\"a\":\"\\u0000\"}" };
    for (size_t i = 0; i < 5; i++) {
        struct desk_input *in = read_well(JSON, bodies[i]);
        assert_int_equal(desk_input_id(in, "a").text.n, 0);
        assert_string_equal(in->wrong, "a");
        desk_input_done(in);
    }
    const char *const forms[] = { "a[$ne]=x", "a%5B%24ne%5D=x", "b=1&a[]=x", "a=%zz" };
    for (size_t i = 0; i < 4; i++) {
        struct desk_input *in = read_well(FORM, forms[i]);
        desk_input_id(in, "a");
        assert_string_equal(in->wrong, "a");
    }
}

static void forms_and_truth(void **state)
{
    (void)state;
    struct desk_input *in = read_well(FORM, "a=Ali+%D0%B0&yes=true&no=false&empty=&n=7&far=9999");
    assert_text(desk_input_text(in, "a"), "Ali а");
    assert_true(desk_input_truth(in, "yes"));
    assert_false(desk_input_truth(in, "no") || desk_input_truth(in, "empty") || desk_input_truth(in, "none"));
    assert_int_equal(desk_input_number(in, "n", 1, 500, 50), 7);
    assert_int_equal(desk_input_number(in, "far", 1, 500, 50), 500);
    assert_int_equal(desk_input_number(in, "none", 1, 500, 50), 50);
    assert_null(in->wrong);
    desk_input_number(in, "a", 1, 500, 50);
    assert_string_equal(in->wrong, "a");
    in = read_well(JSON, "{\"a\":{},\"b\":0,\"c\":\"false\",\"d\":1,\"content\":5}");
    assert_true(desk_input_truth(in, "a") && desk_input_truth(in, "d"));
    assert_false(desk_input_truth(in, "b") || desk_input_truth(in, "c"));
    desk_input_text(in, "content");
    assert_string_equal(in->wrong, "content");
    desk_input_done(in);
}

static void bodies_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(desk_input_parse(JSON, SPAN("{\"a\":"), arena, &input), fault_invalid);
    desk_input_done(&input);
    assert_int_equal(desk_input_parse(JSON, SPAN("5"), arena, &input), fault_invalid);
    desk_input_done(&input);
    struct desk_input *in = read_well(JSON, "[]");
    assert_int_equal(desk_input_id(in, "a").text.n, 0);
    desk_input_done(in);
    in = read_well(SPAN("text/plain"), "{\"a\":\"x\"}");
    assert_int_equal(desk_input_id(in, "a").text.n, 0);
    static char large[DESK_BODY_MAX_BYTES + 1];
    assert_int_equal(desk_input_parse(JSON, span_make(large, sizeof large), arena, &input), fault_too_large);
}

static void rooms_are_24_digits(void **state)
{
    (void)state;
    struct room_id room;
    assert_true(desk_room_of(SPAN("0000000000000000000000aF"), &room));
    assert_int_equal(room.v, 0xaf);
    assert_true(desk_room_of(SPAN("00000000001fffffffffffff"), &room));
    assert_int_equal(room.v, (INT64_C(1) << 53) - 1);
    assert_true(desk_room_of(SPAN("000000000020000000000000"), &room));
    assert_int_equal(room.v, 0);
    assert_true(desk_room_of(SPAN("ffffffffffffffffffffffff"), &room));
    assert_int_equal(room.v, 0);
    assert_false(desk_room_of(SPAN("00000000000000000000000g"), &room));
    assert_false(desk_room_of(SPAN("1"), &room));
    assert_false(desk_room_of(SPAN(""), &room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_text_or_number), cmocka_unit_test(operators_are_no_ids), cmocka_unit_test(forms_and_truth),
        cmocka_unit_test(bodies_that_are_none), cmocka_unit_test(rooms_are_24_digits),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
