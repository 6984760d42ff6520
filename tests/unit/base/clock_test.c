/* Clocks and their text, randomness. */
#include "base/clock.h"
#include "base/rand.h"
#include "base_test.h"

static void never_runs_back(void **state)
{
    int64_t wall = clock_wall_us(), mono = clock_mono_us();
    for (int i = 0; i < 10000; i++) {
        int64_t w = clock_wall_us(), m = clock_mono_us();
        assert_true(w >= wall && m >= mono);
        wall = w, mono = m;
    }
    assert_true(wall > (int64_t)1700000000 * 1000000);
    assert_true(clock_mono_ms() >= mono / 1000);
}

static void assert_iso(int64_t us, const char *suffix, const char *expected)
{
    char text[32];
    assert_int_equal(clock_iso(us, suffix, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void iso_text(void **state)
{
    assert_iso(0, "Z", "1970-01-01T00:00:00.000000Z");
    assert_iso(1764425815123456, "", "2025-11-29T14:16:55.123456");
    assert_iso(1764425815000001, "Z", "2025-11-29T14:16:55.000001Z");
    assert_iso(951782400000000, "Z", "2000-02-29T00:00:00.000000Z");
    assert_iso(-1, "Z", "1969-12-31T23:59:59.999999Z");
    assert_iso(253402300799999999, "Z", "9999-12-31T23:59:59.999999Z");
    assert_iso(253402300800000000, "Z", "0000-00-00T00:00:00.000000Z");
}

static void text_is_read_back(void **state)
{
    const struct { const char *text; int64_t us; } good[] = {
        { "1970-01-01", 0 },
        { "2025-11-29T14:16:55.123456Z", 1764425815123456 },
        { "2025-11-29t19:16:55.1+05:00", 1764425815100000 },
        { "2025-11-29T10:16:55-04:00", 1764425815000000 },
        { "2024-02-29", 1709164800000000 },
    };
    const char *const bad[] = { "", "2025", "2025-13-01", "2025-02-30", "2025-11-29 ", "2025-11-29T14:16", "2025-11-29T14:16:55", "2025-11-29T14:16:55.Z",
                                "2025-11-29T14:16:55+5", "2025-11-29T14:16:55+25:00", "2025-11-29X", "+025-11-29T" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t us = -1;
        assert_true(clock_parse(span_of(good[i].text), &us));
        assert_int_equal(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us = 7;
        if (clock_parse(span_of(bad[i]), &us)) fail_msg("%s was read", bad[i]);
        assert_int_equal(us, 7);
    }
}

static void randomness(void **state)
{
    char a[33], b[33];
    rand_token(a, 32), rand_token(b, 32);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 32);
    assert_string_not_equal(a, b);
    assert_true(rand_u64() != rand_u64());
    unsigned char bytes[64] = { 0 };
    int set = 0;
    rand_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) set += bytes[i] != 0;
    assert_true(set > 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(never_runs_back), cmocka_unit_test(iso_text), cmocka_unit_test(text_is_read_back), cmocka_unit_test(randomness) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
