/* Extended JSON in all the forms in which exporters write it. */
#include "unit.h"
#include "import/ejson.h"

static struct json json;

/* The value named v of an object. */
static json_value *value(const char *text)
{
    assert_int_equal(json_parse(&json, span_of(text), 1 << 16), fault_none);
    return ejson_member(json.root, "v");
}

static void ids(void **state)
{
    struct span hex;
    static const char *const fine[] = { "{\"v\":{\"$oid\":\"65a5000000000000000000aF\"}}", "{\"v\":\"65a5000000000000000000aF\"}" };
    static const char *const wrong[] = { "{\"v\":{\"$oid\":\"65a5\"}}", "{\"v\":{\"$oid\":17}}", "{\"v\":17}", "{\"v\":null}", "{}", "{\"v\":\"65a50000000000000000000g\"}", "{\"v\":{\"oid\":1}}", "{\"v\":[]}" };
    for (size_t i = 0; i < 2; i++) {
        assert_true(ejson_id(value(fine[i]), &hex));
        assert_span(hex, "65a5000000000000000000aF");
        json_done(&json);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ejson_id(value(wrong[i]), &hex));
        json_done(&json);
    }
}

static void times(void **state)
{
    int64_t us;
    static const char *const fine[] = { "{\"v\":{\"$date\":\"2024-01-15T12:00:00.250Z\"}}", "{\"v\":{\"$date\":{\"$numberLong\":\"1705320000250\"}}}", "{\"v\":{\"$date\":1705320000250}}",
                                        "{\"v\":\"2024-01-15T12:00:00.250Z\"}", "{\"v\":{\"$date\":\"2024-01-15T15:00:00.250+03:00\"}}" };
    static const char *const wrong[] = { "{\"v\":{\"$date\":\"soon\"}}", "{\"v\":{\"$date\":{\"$numberLong\":\"x\"}}}", "{\"v\":{\"$date\":{\"$numberLong\":\"9223372036854775807\"}}}",
                                         "{\"v\":{\"$date\":null}}", "{\"v\":1705320000250}", "{\"v\":null}", "{}" };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        assert_true(ejson_time(value(fine[i]), &us) && us == INT64_C(1705320000250000));
        json_done(&json);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ejson_time(value(wrong[i]), &us));
        json_done(&json);
    }
}

static void numbers_and_texts(void **state)
{
    int64_t n;
    char scratch[24];
    struct span text;
    static const char *const three[] = { "{\"v\":3}", "{\"v\":{\"$numberInt\":\"3\"}}", "{\"v\":{\"$numberLong\":\"3\"}}", "{\"v\":{\"$numberDouble\":\"3.0\"}}" };
    static const char *const none[] = { "{\"v\":3.5}", "{\"v\":{\"$numberInt\":3}}", "{\"v\":{\"$numberDouble\":\"3.5\"}}", "{\"v\":{\"$numberLong\":\"\"}}", "{\"v\":true}", "{}" };
    for (size_t i = 0; i < sizeof three / sizeof *three; i++) {
        assert_true(ejson_int(value(three[i]), &n) && n == 3);
        json_done(&json);
        assert_true(ejson_text(value(three[i]), scratch, &text));
        assert_span(text, "3");
        json_done(&json);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(ejson_int(value(none[i]), &n) || ejson_text(value(none[i]), scratch, &text));
        json_done(&json);
    }
    assert_true(ejson_text(value("{\"v\":\"salom\"}"), scratch, &text));
    assert_span(text, "salom");
    json_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ids), cmocka_unit_test(times), cmocka_unit_test(numbers_and_texts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
