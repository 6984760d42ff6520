/* Address ranges and the walk through X-Forwarded-For. */
#include "net/proxies.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static struct net_proxies *parse(const char *list)
{
    struct net_proxies *p;
    assert_int_equal(proxies_parse(span_of(list), &p, NULL), fault_none);
    return p;
}

static bool contains(const struct net_proxies *p, const char *address)
{
    unsigned char a[16];
    assert_true(address_parse(span_of(address), a));
    return proxies_contain(p, a);
}

static void ranges_hold_what_they_say(void **state)
{
    struct net_proxies *p = parse("127.0.0.1, 10.0.0.0/8 172.16.0.0/12,fd00::/8,2001:db8::1");
    assert_true(contains(p, "127.0.0.1"));
    assert_false(contains(p, "127.0.0.2"));
    assert_true(contains(p, "10.255.0.1"));
    assert_false(contains(p, "11.0.0.1"));
    assert_true(contains(p, "172.31.255.255"));
    assert_false(contains(p, "172.32.0.0"));
    assert_true(contains(p, "::ffff:10.1.1.1"));
    assert_true(contains(p, "fd12::9"));
    assert_false(contains(p, "fe80::1"));
    assert_true(contains(p, "2001:db8::1"));
    assert_false(contains(p, "2001:db8::2"));
    proxies_destroy(p);
    p = parse("0.0.0.0/0");
    assert_true(contains(p, "8.8.8.8"));
    assert_false(contains(p, "2001:db8::1"));
    proxies_destroy(p);
    assert_null(parse(" , "));
    assert_false(contains(NULL, "127.0.0.1"));
}

static void wrong_entries_are_named(void **state)
{
    static const char *const lists[] = { "10.0.0.0/33", "10.0.0/8", "::1/129", "localhost", "10.0.0.0/", "10.0.0.0/-1", "1.2.3.4.5" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct net_proxies *p;
        struct span bad;
        char list[64] = "127.0.0.1,";
        strcat(list, lists[i]);
        assert_int_equal(proxies_parse(span_of(list), &p, &bad), fault_invalid);
        assert_true(span_eq(bad, span_of(lists[i])));
        assert_null(p);
    }
}

static void expect_client(const char *peer, const char *header, const char *wanted)
{
    struct net_proxies *p = parse("127.0.0.1, 10.0.0.0/8");
    unsigned char a[16];
    char text[46];
    assert_true(address_parse(span_of(peer), a));
    proxies_client(p, span_of(header), a);
    address_print(a, text);
    assert_string_equal(text, wanted);
    proxies_destroy(p);
}

static void the_first_stranger_from_the_right_is_the_client(void **state)
{
    expect_client("127.0.0.1", "", "127.0.0.1");
    expect_client("127.0.0.1", "203.0.113.9", "203.0.113.9");
    expect_client("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9");
    expect_client("127.0.0.1", "6.6.6.6,203.0.113.9 ,10.0.0.7", "203.0.113.9");
    expect_client("127.0.0.1", "10.0.0.8, 10.0.0.7", "10.0.0.8");
    expect_client("127.0.0.1", "203.0.113.9, unknown, 10.0.0.7", "10.0.0.7");
    expect_client("127.0.0.1", "[2001:db8::5]:4711", "2001:db8::5");
    expect_client("127.0.0.1", "203.0.113.9:80", "203.0.113.9");
    expect_client("198.51.100.1", "203.0.113.9", "198.51.100.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_hold_what_they_say),
        cmocka_unit_test(wrong_entries_are_named),
        cmocka_unit_test(the_first_stranger_from_the_right_is_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
