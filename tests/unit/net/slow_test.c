/* Clients that take their time: what a real clock must show, in one test because each waits for the same ten seconds. */
#include "fixture.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One byte a second never finishes the head: 408 after ten seconds, however many bytes came. Silent newcomers are closed without a word.
   Meanwhile others are served. */
static void slow_heads_are_cut_off(void **state)
{
    struct server s;
    server_start(&s, NULL);
    const char *head = "GET /hello HTTP/1.1\r\nHost: t\r\n";
    int slow = dial(s.port), silent = dial(s.port), good = dial(s.port);
    double began = now_s();
    struct pollfd answered = { slow, POLLIN, 0 };
    for (int i = 0; i < 20 && !poll(&answered, 1, 1000); i++) {
        send_all(slow, head + i, 1);
        send_text(good, "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
        expect_reply(good, 200, "hello");
    }
    double took = now_s() - began;
    assert_true(took > 9 && took < 13);
    expect_reply(slow, 408, NULL);
    assert_true(is_closed_by_peer(slow));
    assert_true(is_closed_by_peer(silent));
    send_text(good, "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    expect_reply(good, 200, "hello");
    close(slow), close(silent), close(good);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(slow_heads_are_cut_off) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
