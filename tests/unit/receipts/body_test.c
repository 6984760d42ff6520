/* C-05, C-09: bodies read, bad ones complained of in the old server's words, and nothing secret comes back. */
#include "dialect/receipts/body.h"
#include "wire/unfit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena *arena;
static struct buf errors;

static const char *told(enum fault fault)
{
    if (fault == fault_none) return NULL;
    assert_int_equal(fault, fault_invalid);
    return arena_copy(arena, buf_span(&errors)).p;
}

static struct receipts_newcomer newcomer;
static const char *register_with(const char *body)
{
    buf_clear(&errors);
    return told(receipts_newcomer_decode(SPAN("application/json"), span_of(body), arena, &newcomer, &errors));
}

static struct receipts_login login;
static const char *log_in_with(const char *type, const char *body)
{
    buf_clear(&errors);
    return told(receipts_login_decode(span_of(type), span_of(body), arena, &login, &errors));
}

static void newcomers(void **state)
{
    assert_null(register_with("{\"name\":\"\",\"email\":\"a\",\"password\":\"b\",\"invite\":\"c\",\"more\":[1]}"));
    assert_true(span_eq(newcomer.invite, SPAN("c")) && newcomer.name.n == 0);
    assert_string_equal(register_with("{\"name\":1,\"password\":\"secret\"}"),
                        "{\"detail\":[{\"type\":\"string_type\",\"loc\":[\"body\",\"name\"],\"msg\":\"Input should be a valid string\",\"input\":null},"
                        "{\"type\":\"missing\",\"loc\":[\"body\",\"email\"],\"msg\":\"Field required\",\"input\":null}]}");
    for (const char *const *bad = (const char *const[]){ "", "[]", "{", "\"x\"", NULL }; *bad; bad++) assert_non_null(register_with(*bad));
    struct span name;
    buf_clear(&errors);
    assert_int_equal(receipts_chat_decode(SPAN("text/plain"), SPAN("{\"name\":\"x\",\"chat_type\":\"y\"}"), arena, &name, &errors), fault_invalid);
    buf_clear(&errors);
    assert_int_equal(receipts_chat_decode(SPAN(""), SPAN("{\"name\":\"x\",\"chat_type\":\"y\"}"), arena, &name, &errors), fault_none);
    assert_true(span_eq(name, SPAN("x")));
}

static void log_ins(void **state)
{
    static const char url[] = "application/x-www-form-urlencoded", multi[] = "multipart/form-data; boundary=b";
    assert_null(log_in_with(url, "username=a%40b.example&password=two+words&username=second&scope="));
    assert_true(span_eq(login.username, SPAN("a@b.example")) && span_eq(login.password, SPAN("two words")));
    assert_null(log_in_with(multi, "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ntwo words\r\n--b\r\n"
                                   "Content-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--b\r\n"
                                   "Content-Disposition: form-data; name=\"username\"\r\n\r\na@b.example\r\n--b--\r\n"));
    assert_true(span_eq(login.username, SPAN("a@b.example")) && span_eq(login.password, SPAN("two words")));
    assert_string_equal(log_in_with(url, "username=a&password=secret&grant_type=x"),
                        "{\"detail\":[{\"type\":\"string_pattern_mismatch\",\"loc\":[\"body\",\"grant_type\"],\"msg\":\"String should match pattern '^password$'\",\"input\":null}]}");
    assert_non_null(log_in_with(url, "username=a&password=%zz"));
    assert_non_null(log_in_with(url, ""));
    assert_non_null(log_in_with("", "username=a&password=b"));
    assert_non_null(log_in_with(multi, "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\na"));
}

static int64_t number(const char *text, size_t *n_faults)
{
    buf_clear(&errors);
    struct unfit u = unfit_list(&errors);
    int64_t v = unfit_int(&u, "path", "id", text ? span_of(text) : (struct span){ 0 });
    *n_faults = u.n;
    return v;
}

static void numbers(void **state)
{
    size_t n;
    assert_true(number("7", &n) == 7 && n == 0);
    assert_true(number("+07", &n) == 7 && n == 0);
    assert_true(number("-7", &n) == -1 && n == 0);
    assert_true(number("9007199254740992", &n) == -1 && n == 0);
    assert_true(number("99999999999999999999999", &n) == -1 && n == 0);
    for (const char *const *bad = (const char *const[]){ "", "x", "1.5", "-", "1 2", "0x1", NULL }; *bad; bad++) assert_true(number(*bad, &n) == 0 && n == 1);
    assert_true(number(NULL, &n) == 0 && n == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(newcomers), cmocka_unit_test(log_ins), cmocka_unit_test(numbers) };
    arena = arena_create(0, 1 << 20);
    buf_init(&errors, 64 * 1024);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&errors);
    arena_destroy(arena);
    return failed;
}
