/* L-07: what the old server said of bad bodies, and that nothing sent comes back. */
#include "dialect/lobby/body.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena *arena;
static struct lobby_credentials got;

static const char *complaint_typed(const char *type, const char *body)
{
    static struct buf errors;
    buf_fini(&errors);
    buf_init(&errors, 64 * 1024);
    enum fault f = lobby_body_decode(span_of(type), span_of(body), arena, &got, &errors);
    if (f == fault_none) return NULL;
    assert_int_equal(f, fault_invalid);
    return arena_copy(arena, buf_span(&errors)).p;
}

static const char *complaint(const char *body)
{
    return complaint_typed("application/json", body);
}

static void good_bodies(void **state)
{
    (void)state;
    assert_null(complaint("{\"username\":\"ali\",\"password\":\"secret\",\"extra\":1}"));
    assert_true(span_eq(got.username, SPAN("ali")));
    assert_true(span_eq(got.password, SPAN("secret")));
    assert_null(complaint_typed("", "{\"username\":\"\",\"password\":\"\"}"));
    assert_null(complaint_typed("application/json; charset=utf-8", "{\"username\":\"a\",\"password\":\"b\",\"invite\":\"c\"}"));
    assert_true(span_eq(got.invite, SPAN("c")));
}

static void missing_and_wrong_fields(void **state)
{
    (void)state;
    assert_string_equal(complaint("{}"),
                        "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"username\"],\"msg\":\"Field required\",\"input\":null},"
                        "{\"type\":\"missing\",\"loc\":[\"body\",\"password\"],\"msg\":\"Field required\",\"input\":null}]}");
    assert_string_equal(complaint("{\"username\":1,\"password\":\"x\"}"),
                        "{\"detail\":[{\"type\":\"string_type\",\"loc\":[\"body\",\"username\"],\"msg\":\"Input should be a valid string\",\"input\":null}]}");
}

static void long_password(void **state)
{
    (void)state;
    char body[256] = "{\"username\":\"a\",\"password\":\"";
    size_t n = strlen(body);
    memset(body + n, 'p', 73);
    memcpy(body + n + 73, "\"}", 3);
    const char *words = complaint(body);
    assert_string_equal(words, "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"password\"],"
                               "\"msg\":\"Value error, Password too long - must be less than 72 bytes when encoded\",\"input\":null,\"ctx\":{\"error\":{}}}]}");
    assert_null(strstr(words, "pppp"));
    memcpy(body + n + 72, "\"}", 3);
    assert_null(complaint(body));
}

static void bad_json(void **state)
{
    (void)state;
    assert_string_equal(complaint("{\"username\": x}"),
                        "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",13],\"msg\":\"JSON decode error\",\"input\":null}]}");
    assert_non_null(strstr(complaint("[1]"), "model_attributes_type"));
    assert_non_null(strstr(complaint(""), "\"loc\":[\"body\"]"));
    assert_non_null(strstr(complaint_typed("text/plain", "{\"username\":\"a\",\"password\":\"b\"}"), "model_attributes_type"));
}

int main(void)
{
    arena = arena_create(4096, 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies),
        cmocka_unit_test(missing_and_wrong_fields),
        cmocka_unit_test(long_password),
        cmocka_unit_test(bad_json),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
