/* The keyed hash: steady, sensitive to every byte, spread; and uthash over it. */
#include "base/hash.h"
#include "base/span.h"
#include "base_test.h"
#include <stdio.h>
#include <stdlib.h>

static void steady_and_spread(void **state)
{
    uint64_t seen = 0;
    for (size_t n = 0; n < 64; n++) {
        char bytes[64];
        memset(bytes, 'x', sizeof bytes);
        uint64_t h = hash_bytes(bytes, n);
        assert_true(h == hash_bytes(bytes, n));
        assert_true(h != seen);
        seen = h;
        if (n == 0) continue;
        bytes[n - 1] ^= 1;
        assert_true(h != hash_bytes(bytes, n));
    }
    int buckets[256] = { 0 };
    for (uint64_t i = 0; i < 256 * 64; i++) buckets[hash_u64(i) & 255]++;
    for (int i = 0; i < 256; i++) assert_true(buckets[i] > 16 && buckets[i] < 160);
}

struct entry {
    char name[16];
    int v;
    UT_hash_handle hh;
};

static void tables(void **state)
{
    struct entry *table = NULL, *found, *next;
    for (int i = 0; i < 1000; i++) {
        struct entry *e = calloc(1, sizeof *e);
        snprintf(e->name, sizeof e->name, "name-%d", i);
        e->v = i;
        HASH_ADD_KEYPTR(hh, table, e->name, strlen(e->name), e);
    }
    HASH_FIND(hh, table, "name-777", 8, found);
    assert_non_null(found);
    assert_int_equal(found->v, 777);
    HASH_FIND(hh, table, "name-1000", 9, found);
    assert_null(found);
    assert_int_equal(HASH_COUNT(table), 1000);
    HASH_ITER(hh, table, found, next) {
        HASH_DELETE(hh, table, found);
        free(found);
    }
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(steady_and_spread), cmocka_unit_test(tables) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
