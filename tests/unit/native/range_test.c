/* Ranges, entity tags, and the texts of tus. */
#include "base/arena.h"
#include "dialect/native/range.h"
#include "dialect/native/tus.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_range(const char *header, enum range_verdict verdict, int64_t at, int64_t n)
{
    int64_t got_at, got_n;
    assert_int_equal(range_read(span_of(header), 1000, &got_at, &got_n), verdict);
    if (verdict == range_unsatisfiable) return;
    assert_int_equal(got_at, at);
    assert_int_equal(got_n, n);
}

static void ranges(void **state)
{
    (void)state;
    assert_range("bytes=0-0", range_part, 0, 1);
    assert_range("bytes=990-", range_part, 990, 10);
    assert_range("bytes=-10", range_part, 990, 10);
    assert_range("bytes=-5000", range_part, 0, 1000);
    assert_range("Bytes = 5-9", range_part, 5, 5);
    assert_range("bytes=0-4,5-9", range_part, 0, 10);
    assert_range("bytes=5-9, 0-6", range_part, 0, 10);
    assert_range("bytes=0-4,5000-", range_part, 0, 5);
    assert_range("bytes=0-4,6-9", range_whole, 0, 1000);
    assert_range("bytes=9-5", range_whole, 0, 1000);
    assert_range("bytes=", range_whole, 0, 1000);
    assert_range("bytes=-", range_whole, 0, 1000);
    assert_range("bytes=1", range_whole, 0, 1000);
    assert_range("bytes=99999999999999999999-", range_whole, 0, 1000);
    assert_range("lines=0-4", range_whole, 0, 1000);
    assert_range("", range_whole, 0, 1000);
    assert_range("bytes=1000-", range_unsatisfiable, 0, 0);
    assert_range("bytes=-0", range_unsatisfiable, 0, 0);
    int64_t at, n;
    assert_int_equal(range_read(SPAN("bytes=-1"), 0, &at, &n), range_unsatisfiable);
}

static void tags(void **state)
{
    (void)state;
    assert_true(etag_listed(SPAN("\"a\", \"b\""), SPAN("\"b\""), true));
    assert_true(etag_listed(SPAN("W/\"b\""), SPAN("\"b\""), false));
    assert_false(etag_listed(SPAN("W/\"b\""), SPAN("\"b\""), true));
    assert_true(etag_listed(SPAN("*"), SPAN("\"b\""), false));
    assert_false(etag_listed(SPAN("\"bb\""), SPAN("\"b\""), false));
}

static void metadata(void **state)
{
    struct arena *arena = arena_create(0, 1 << 20);
    struct span name;
    (void)state;
    assert_int_equal(tus_file_name(arena, SPAN("filetype dGV4dA==,filename c2Fsb20udHh0, empty"), &name), fault_none);
    assert_true(span_eq(name, SPAN("salom.txt")));
    assert_int_equal(tus_file_name(arena, SPAN(""), &name), fault_none);
    assert_int_equal(name.n, 0);
    assert_int_equal(tus_file_name(arena, SPAN("filename c2Fsb20"), &name), fault_invalid);
    assert_int_equal(tus_file_name(arena, SPAN("filename c2=sb20="), &name), fault_invalid);
    assert_int_equal(tus_file_name(arena, SPAN("filename /w=="), &name), fault_invalid);
    assert_int_equal(tus_file_name(arena, SPAN("filename AGEA"), &name), fault_invalid);
    arena_destroy(arena);
}

static void checksums(void **state)
{
    unsigned char sum[32];
    (void)state;
    assert_int_equal(tus_checksum(SPAN("sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), sum), fault_none);
    assert_int_equal(sum[0], 0xE3);
    assert_int_equal(sum[31], 0x55);
    assert_int_equal(tus_checksum(SPAN("sha1 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), sum), fault_invalid);
    assert_int_equal(tus_checksum(SPAN("sha256 47DEQg=="), sum), fault_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ranges), cmocka_unit_test(tags), cmocka_unit_test(metadata), cmocka_unit_test(checksums) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
