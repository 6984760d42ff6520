/* The data directory: modes, the lock between processes, the secret that is made once. */
#include "app/data_dir.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char where[64];

static int enter(void **state)
{
    (void)state;
    snprintf(where, sizeof where, "/tmp/suhbat-data-XXXXXX");
    return mkdtemp(where) && chdir(where) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    unlink("d/lock"), unlink("d/secret"), rmdir("d");
    return chdir("/") == 0 && rmdir(where) == 0 ? 0 : -1;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void a_new_directory_is_private(void **state)
{
    (void)state;
    struct data_dir dir;
    umask(0);
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    assert_int_equal(mode_of("d"), 0700);
    assert_int_equal(mode_of("d/lock"), 0600);
    data_dir_close(&dir);
    assert_int_equal(data_dir_open("no/such/place", &dir), fault_unavailable);
}

static void a_second_process_is_refused(void **state)
{
    (void)state;
    struct data_dir dir;
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    pid_t child = fork();
    if (child == 0) {
        struct data_dir second;
        data_dir_close(&dir); /* the lock belongs to the open file, which the parent still holds */
        _exit(data_dir_open("d", &second) == fault_conflict ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    data_dir_close(&dir);
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    data_dir_close(&dir);
}

static void the_secret_is_made_once(void **state)
{
    (void)state;
    struct data_dir dir;
    struct config a = { .arena = arena_create(256, 1 << 16), .data_dir = "d" }, b = { .arena = arena_create(256, 1 << 16), .data_dir = "d" };
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    assert_int_equal(data_dir_secret(&dir, &a), fault_none);
    assert_int_equal(data_dir_secret(&dir, &b), fault_none);
    assert_int_equal(a.secret.n, 43);
    assert_true(span_eq(a.secret, b.secret));
    assert_int_equal(mode_of("d/secret"), 0600);
    config_fini(&a), config_fini(&b);
    data_dir_close(&dir);
}

static void a_spoilt_secret_is_refused(void **state)
{
    (void)state;
    struct data_dir dir;
    struct config c = { .arena = arena_create(256, 1 << 16), .data_dir = "d" };
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    assert_int_equal(data_dir_secret(&dir, &c), fault_none);
    c.secret = (struct span){ 0 };
    assert_int_equal(chmod("d/secret", 0644), 0);
    assert_int_equal(data_dir_secret(&dir, &c), fault_unavailable);
    assert_int_equal(chmod("d/secret", 0600), 0);
    assert_int_equal(truncate("d/secret", 15), 0);
    c.secret = (struct span){ 0 };
    assert_int_equal(data_dir_secret(&dir, &c), fault_unavailable);
    config_fini(&c);
    data_dir_close(&dir);
}

static void a_given_secret_is_kept(void **state)
{
    (void)state;
    struct data_dir dir;
    struct config c = { .arena = arena_create(256, 1 << 16), .data_dir = "d", .secret = SPAN("a secret that was given") };
    assert_int_equal(data_dir_open("d", &dir), fault_none);
    assert_int_equal(data_dir_secret(&dir, &c), fault_none);
    assert_int_equal(access("d/secret", F_OK), -1);
    config_fini(&c);
    data_dir_close(&dir);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_new_directory_is_private), IN_DIRECTORY(a_second_process_is_refused), IN_DIRECTORY(the_secret_is_made_once),
        IN_DIRECTORY(a_spoilt_secret_is_refused), IN_DIRECTORY(a_given_secret_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
