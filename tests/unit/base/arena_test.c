/* The arena: alignment, zeroing, many chunks, the ceiling that kills. */
#include "base/arena.h"
#include "base_test.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void aligned_and_zeroed(void **state)
{
    struct arena *a = arena_create(0, 1 << 22);
    for (size_t n = 0; n < 500; n++) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
        memset(p, 0xAA, n);
    }
    arena_destroy(a);
    arena_destroy(NULL);
}

static void copies_and_formats(void **state)
{
    struct arena *a = arena_create(64, 1 << 20);
    struct span s = arena_copy(a, SPAN("text"));
    assert_span(s, "text");
    assert_int_equal(s.p[4], 0);
    assert_non_null(arena_copy(a, (struct span){ 0 }).p);
    s = arena_printf(a, "%05d", 42);
    assert_span(s, "00042");
    int *numbers = arena_array(a, int, 1000);
    for (int i = 0; i < 1000; i++) numbers[i] = i;
    assert_int_equal(*arena_new(a, int), 0);
    assert_int_equal(numbers[999], 999);
    arena_destroy(a);
}

static void everything_up_to_the_ceiling_fits(void **state)
{
    struct arena *a = arena_create(512, 64 * 1024);
    size_t total = 0;
    for (; total + 4096 <= 60 * 1024; total += 1024) assert_non_null(arena_alloc(a, 1024));
    arena_destroy(a);
}

/* Runs in a child: the ceiling aborts. */
static int signal_of_overflow(size_t n_bytes)
{
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        signal(SIGABRT, SIG_DFL);
        arena_alloc(arena_create(512, 4096), n_bytes);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void passing_the_ceiling_aborts(void **state)
{
    assert_int_equal(signal_of_overflow(1000), 0);
    assert_int_equal(signal_of_overflow(100000), SIGABRT);
    assert_int_equal(signal_of_overflow(SIZE_MAX), SIGABRT);
    assert_int_equal(signal_of_overflow(SIZE_MAX / 2), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(aligned_and_zeroed), cmocka_unit_test(copies_and_formats),
                                        cmocka_unit_test(everything_up_to_the_ceiling_fits), cmocka_unit_test(passing_the_ceiling_aborts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
