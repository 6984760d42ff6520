/* The token buckets: burst, refill, separation of keys and kinds, retry times, and the counters of sockets. */
#include "door/limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define START_MS 1000000

static int taken_of(struct limits *l, enum limit limit, const char *key, int tries, int64_t now_ms)
{
    int64_t wait;
    int n = 0;
    for (int i = 0; i < tries; i++) n += limits_take(l, limit, span_of(key), now_ms, &wait);
    return n;
}

static void burst_then_refill(void **state)
{
    struct limits *l = *state;
    assert_int_equal(taken_of(l, limit_login_account, "ali", 50, START_MS), 10);
    assert_int_equal(taken_of(l, limit_login_account, "ali", 50, START_MS + 5999), 0);
    assert_int_equal(taken_of(l, limit_login_account, "ali", 50, START_MS + 6000), 1);
    assert_int_equal(taken_of(l, limit_login_account, "ali", 50, START_MS + 6000 + 60000), 10);
}

static void sends_allow_forty_then_five_a_second(void **state)
{
    struct limits *l = *state;
    assert_int_equal(taken_of(l, limit_send, "x", 100, START_MS), 40);
    int n = 0;
    for (int ms = 1; ms <= 10000; ms++) n += taken_of(l, limit_send, "x", 1, START_MS + ms);
    assert_int_equal(n, 50);
}

static void keys_and_kinds_do_not_share(void **state)
{
    struct limits *l = *state;
    assert_int_equal(taken_of(l, limit_login_account, "ali", 50, START_MS), 10);
    assert_int_equal(taken_of(l, limit_login_account, "vali", 50, START_MS), 10);
    assert_int_equal(taken_of(l, limit_login_address, "ali", 50, START_MS), 30);
}

static void retry_after_is_true(void **state)
{
    struct limits *l = *state;
    int64_t wait = 0;
    taken_of(l, limit_register_address, "a", 10, START_MS);
    assert_false(limits_take(l, limit_register_address, SPAN("a"), START_MS, &wait));
    assert_int_equal(wait, 360);
    assert_false(limits_take(l, limit_register_address, SPAN("a"), START_MS + wait * 1000 - 1, &wait));
    assert_int_equal(wait, 1);
    assert_true(limits_take(l, limit_register_address, SPAN("a"), START_MS + 360000, &wait));
}

static void six_addresses_count_by_network(void **state)
{
    struct limits *l = *state;
    int64_t wait;
    int n = 0;
    for (int i = 0; i < 60; i++) {
        char address[46];
        snprintf(address, sizeof address, "2001:db8:1:2::%x", i);
        n += limits_take_address(l, limit_login_address, address, START_MS, &wait);
    }
    assert_int_equal(n, 30);
    assert_true(limits_take_address(l, limit_login_address, "2001:db8:1:3::1", START_MS, &wait));
    assert_true(limits_take_address(l, limit_login_address, "192.0.2.1", START_MS, &wait));
}

/* A flood of keys evicts, but a bucket that is used all the while keeps its count against most of it. */
static void a_flood_of_keys_is_bounded(void **state)
{
    struct limits *l = *state;
    int64_t wait;
    taken_of(l, limit_register_address, "victim", 10, START_MS);
    for (int i = 0; i < 30000; i++) {
        int key = i;
        limits_take(l, limit_send, span_make(&key, sizeof key), START_MS, &wait);
    }
    assert_false(limits_take(l, limit_register_address, SPAN("victim"), START_MS, &wait));
}

static void off_means_off(void **state)
{
    (void)state;
    struct limits *l = limits_create(false);
    assert_int_equal(taken_of(l, limit_login_account, "ali", 1000, START_MS), 1000);
    limits_destroy(l);
}

static void sockets_are_counted(void **state)
{
    struct limits *l = *state;
    struct account_id ali = { 7 };
    for (int i = 0; i < LIMIT_SOCKETS_PER_ACCOUNT; i++) assert_true(limits_socket_enter(l, ali));
    assert_false(limits_socket_enter(l, ali));
    assert_false(limits_socket_enter(l, ali));
    limits_socket_leave(l, ali);
    assert_true(limits_socket_enter(l, ali));
}

static int make(void **state)
{
    *state = limits_create(true);
    return 0;
}
static int unmake(void **state)
{
    limits_destroy(*state);
    return 0;
}

/* Accounts whose keyed hashes meet in one counter do not pay for each other. */
static void many_busy_accounts_do_not_crowd_each_other_out(void **state)
{
    struct limits *l = *state;
    for (int64_t id = 1; id <= 400; id++)
        for (int i = 0; i < LIMIT_SOCKETS_PER_ACCOUNT - 5; i++) assert_true(limits_socket_enter(l, (struct account_id){ id }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(burst_then_refill, make, unmake),
        cmocka_unit_test_setup_teardown(sends_allow_forty_then_five_a_second, make, unmake),
        cmocka_unit_test_setup_teardown(keys_and_kinds_do_not_share, make, unmake),
        cmocka_unit_test_setup_teardown(retry_after_is_true, make, unmake),
        cmocka_unit_test_setup_teardown(six_addresses_count_by_network, make, unmake),
        cmocka_unit_test_setup_teardown(a_flood_of_keys_is_bounded, make, unmake),
        cmocka_unit_test(off_means_off),
        cmocka_unit_test_setup_teardown(sockets_are_counted, make, unmake),
        cmocka_unit_test_setup_teardown(many_busy_accounts_do_not_crowd_each_other_out, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
