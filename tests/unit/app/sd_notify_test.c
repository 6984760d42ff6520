/* sd_notify against a real datagram socket, by path and by abstract name. */
#include "app/sd_notify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static int listen_on(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(at.sun_path, sizeof at.sun_path, "%s", name);
    if (*name == '@') at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
    return fd;
}

static void check(const char *name)
{
    char got[64] = "";
    int fd = listen_on(name);
    setenv("NOTIFY_SOCKET", name, 1);
    sd_notify("READY=1\nSTATUS=talking");
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 22);
    assert_string_equal(got, "READY=1\nSTATUS=talking");
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void datagrams_arrive(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "/tmp/suhbat-notify-%d", (int)getpid());
    check(name);
    unlink(name);
    snprintf(name, sizeof name, "@suhbat-notify-%d", (int)getpid());
    check(name);
}

static void nobody_asked(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET"), unsetenv("WATCHDOG_USEC");
    sd_notify("READY=1");
    assert_int_equal(sd_watchdog_interval_ms(), 0);
}

static void watchdog_is_for_us_alone(void **state)
{
    (void)state;
    char pid[16];
    setenv("WATCHDOG_USEC", "30000000", 1), unsetenv("WATCHDOG_PID");
    assert_int_equal(sd_watchdog_interval_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(sd_watchdog_interval_ms(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(sd_watchdog_interval_ms(), 15000);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(sd_watchdog_interval_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(datagrams_arrive), cmocka_unit_test(nobody_asked), cmocka_unit_test(watchdog_is_for_us_alone) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
