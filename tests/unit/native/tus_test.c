/* The texts of tus. */
#include "base/arena.h"
#include "dialect/native/tus.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

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
    const struct CMUnitTest tests[] = { cmocka_unit_test(metadata), cmocka_unit_test(checksums) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
