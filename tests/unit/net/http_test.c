/* HTTP/1.1 over real sockets: what a client sees. */
#include "fixture.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"

static int start(void **state)
{
    static struct server s;
    server_start(&s, NULL);
    *state = &s;
    return 0;
}

static int finish(void **state)
{
    server_stop(*state);
    return 0;
}

static void an_answer_carries_the_policy(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, GET("/hello"));
    read_reply(fd, &r, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "hello");
    assert_true(reply_has(&r, "Content-Type: text/plain"));
    assert_true(reply_has(&r, "X-Content-Type-Options: nosniff"));
    assert_true(reply_has(&r, "X-Frame-Options: DENY"));
    assert_true(reply_has(&r, "Cache-Control: no-store"));
    assert_non_null(strstr(r.head, "\r\nReferrer-Policy: "));
    assert_non_null(strstr(r.head, "frame-ancestors 'none'"));
    assert_non_null(strstr(r.head, "\r\nDate: "));
    assert_null(strstr(r.head, "\r\nServer:"));
    assert_null(strstr(r.head, "\r\nConnection:"));
    free(r.body);
    close(fd);
}

static void keep_alive_serves_many_on_one_connection(void **state)
{
    struct server *s = *state;
    struct net_figures before = server_figures(s);
    int fd = dial(s->port);
    for (int i = 0; i < 20; i++) {
        send_text(fd, GET("/hello"));
        expect_reply(fd, 200, "hello");
    }
    struct net_figures after = server_figures(s);
    assert_int_equal(after.n_accepted - before.n_accepted, 1);
    assert_int_equal(after.n_requests - before.n_requests, 20);
    close(fd);
}

static void close_and_http_1_0_are_honoured(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, "GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    read_reply(fd, &r, false);
    assert_true(reply_has(&r, "Connection: close"));
    assert_true(is_closed_by_peer(fd));
    free(r.body);
    close(fd);
    fd = dial(s->port);
    send_text(fd, "GET /hello HTTP/1.0\r\n\r\n");
    read_reply(fd, &r, false);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "Connection: close"));
    assert_true(is_closed_by_peer(fd));
    free(r.body);
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct server *s = *state;
    int fd = dial(s->port);
    send_text(fd, GET("/hello") "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc" GET("/files/x/y") GET("/none") GET("/hello"));
    expect_reply(fd, 200, "hello");
    expect_reply(fd, 200, "abc");
    expect_reply(fd, 200, "x/y");
    expect_reply(fd, 404, NULL);
    expect_reply(fd, 200, "hello");
    close(fd);
}

static bool is_waiting(struct server *s) { return s->waiting != NULL; }

static void answer_waiting(struct server *s, void *arg)
{
    struct request *r = s->waiting;
    s->waiting = NULL;
    respond(r, 200, "text/plain", span_of(arg));
}

static void answer_if_waiting(struct server *s, void *arg)
{
    if (s->waiting) answer_waiting(s, arg);
}

static void requests_behind_a_waiting_one_wait_too(void **state)
{
    struct server *s = *state;
    int fd = dial(s->port);
    send_text(fd, GET("/later") GET("/hello") "GET /fil");
    server_await(s, is_waiting);
    send_text(fd, "es/z HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 100), 0);
    server_do(s, answer_waiting, "at last");
    expect_reply(fd, 200, "at last");
    expect_reply(fd, 200, "hello");
    expect_reply(fd, 200, "z");
    close(fd);
}

static void a_client_that_left_makes_an_orphan(struct server *s, void *arg)
{
    assert_true(request_is_orphan(s->waiting));
    assert_null(request_conn(s->waiting));
    answer_waiting(s, "nobody hears");
}

static bool has_no_connections(struct server *s) { return net_n_connections(s->net) == 0; }

static void answering_an_orphan_is_harmless(void **state)
{
    struct server *s = *state;
    int fd = dial(s->port);
    send_text(fd, GET("/later"));
    server_await(s, is_waiting);
    close(fd);
    server_await(s, has_no_connections);
    server_do(s, a_client_that_left_makes_an_orphan, NULL);
    fd = dial(s->port);
    send_text(fd, GET("/hello"));
    expect_reply(fd, 200, "hello");
    close(fd);
}

static void bytes_one_by_one_are_a_request(void **state)
{
    struct server *s = *state;
    const char *all = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" GET("/hello");
    int fd = dial(s->port);
    for (const char *p = all; *p; p++) send_all(fd, p, 1);
    expect_reply(fd, 200, "abcde");
    expect_reply(fd, 200, "hello");
    close(fd);
}

static void head_has_no_body(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, "HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n" GET("/hello"));
    read_reply(fd, &r, true);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "Content-Length: 5"));
    free(r.body);
    expect_reply(fd, 200, "hello");
    close(fd);
}

static void paths_find_their_rows(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, "PUT /rooms/17/x/ol%C4%B1%20a?q=1%2B1+x HTTP/1.1\r\nHost: t\r\nCookie: a=b; c=d\r\n\r\n");
    expect_reply(fd, 200, "17|ol\xc4\xb1 a|1+1 x|d");
    send_text(fd, GET("/rooms/17a/x/y"));
    expect_reply(fd, 404, NULL);
    send_text(fd, GET("/rooms/17/x/"));
    expect_reply(fd, 404, NULL);
    send_text(fd, GET("/%68ello"));
    expect_reply(fd, 200, "hello");
    send_text(fd, GET("/files/%zz"));
    expect_reply(fd, 400, NULL);
    send_text(fd, GET("/ws"));
    expect_reply(fd, 426, NULL);
    send_text(fd, "DELETE /rooms/17/x/y HTTP/1.1\r\nHost: t\r\n\r\n");
    read_reply(fd, &r, false);
    assert_int_equal(r.status, 405);
    assert_true(reply_has(&r, "Allow: GET, HEAD, PUT"));
    free(r.body);
    close(fd);
}

static void smuggling_is_refused(void **state)
{
    struct server *s = *state;
    static const char *const shapes[] = {
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: +4\r\n\r\nabcd",
        "GET /hello HTTP/1.1\r\nHost: t\r\n X: folded\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\nHost: t\n\n",
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct reply r;
        int fd = dial(s->port);
        send_text(fd, shapes[i]);
        send_text(fd, GET("/hello"));
        read_reply(fd, &r, false);
        assert_int_equal(r.status, 400);
        assert_true(reply_has(&r, "Connection: close"));
        free(r.body);
        assert_true(is_closed_by_peer(fd));
        close(fd);
    }
}

static void long_bodies_are_refused_at_once(void **state)
{
    struct server *s = *state;
    int fd = dial(s->port);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
    expect_reply(fd, 413, NULL);
    assert_true(is_closed_by_peer(fd));
    close(fd);
}

static void continue_is_sent_when_asked_for(void **state)
{
    struct server *s = *state;
    int fd = dial(s->port);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    expect_reply(fd, 100, NULL);
    send_text(fd, "abc");
    expect_reply(fd, 200, "abc");
    close(fd);
}

static void large_answers_reach_slow_readers_whole(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, GET("/static") GET("/static") GET("/hello"));
    usleep(100000);
    for (int i = 0; i < 2; i++) {
        read_reply(fd, &r, false);
        assert_int_equal(r.n_body, 3 << 20);
        assert_int_equal(r.body[r.n_body - 1], 's');
        free(r.body);
    }
    expect_reply(fd, 200, "hello");
    close(fd);
}

static void a_flood_of_pipelined_requests_is_held_back(void **state)
{
    struct server *s = *state;
    enum { wanted = 3000 };
    int fd = dial(s->port);
    for (int i = 0; i < wanted; i++) send_text(fd, GET("/later"));
    server_await(s, is_waiting);
    server_do(s, answer_waiting, "one");
    expect_reply(fd, 200, "one");
    for (int i = 1; i < 50; i++) {
        server_await(s, is_waiting);
        server_do(s, answer_waiting, "more");
        expect_reply(fd, 200, "more");
    }
    close(fd);
    server_await(s, has_no_connections);
    server_do(s, answer_if_waiting, "nobody");
}

static void too_many_connections_are_turned_away(void **state)
{
    struct server s;
    server_start(&s, &(struct server_options){ .max_connections = 2 });
    int a = dial(s.port), b = dial(s.port);
    send_text(a, GET("/hello"));
    expect_reply(a, 200, "hello");
    send_text(b, GET("/hello"));
    expect_reply(b, 200, "hello");
    int c = dial(s.port);
    assert_true(is_closed_by_peer(c));
    assert_int_equal(server_figures(&s).n_refused, 1);
    send_text(a, GET("/hello"));
    expect_reply(a, 200, "hello");
    close(a), close(b), close(c);
    server_stop(&s);
}

static int highest_open(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

static void without_descriptors_newcomers_are_closed_and_others_served(void **state)
{
    struct server *s = *state;
    struct rlimit before, tight;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int good = dial(s->port), newcomer = socket(AF_INET, SOCK_STREAM, 0);
    send_text(good, GET("/hello"));
    expect_reply(good, 200, "hello");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)highest_open();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    assert_int_equal(connect(newcomer, (struct sockaddr *)&to, sizeof to), 0);
    assert_true(is_closed_by_peer(newcomer));
    send_text(good, GET("/hello"));
    expect_reply(good, 200, "hello");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(server_figures(s).n_refused, 1);
    int later = dial(s->port);
    send_text(later, GET("/hello"));
    expect_reply(later, 200, "hello");
    close(good), close(newcomer), close(later);
}

static void stop_accepting(struct server *s, void *arg) { net_stop_accepting(s->net); }

static void stopping_ends_idle_connections_and_answers_the_rest(void **state)
{
    struct server s;
    server_start(&s, NULL);
    int idle = dial(s.port), busy = dial(s.port);
    send_text(idle, GET("/hello"));
    expect_reply(idle, 200, "hello");
    send_text(busy, GET("/later"));
    server_await(&s, is_waiting);
    server_do(&s, stop_accepting, NULL);
    assert_true(is_closed_by_peer(idle));
    server_do(&s, answer_waiting, "done");
    struct reply r;
    read_reply(busy, &r, false);
    assert_string_equal(r.body, "done");
    assert_true(reply_has(&r, "Connection: close"));
    free(r.body);
    assert_true(is_closed_by_peer(busy));
    close(idle), close(busy);
    server_stop(&s);
}

static void forwarded_addresses_need_a_trusted_proxy(void **state)
{
    struct net_proxies *proxies;
    struct server trusting, *plain = *state;
    const char *request = "GET /who HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n\r\n";
    assert_int_equal(proxies_parse(SPAN("127.0.0.0/8, 10.0.0.0/8"), &proxies, NULL), fault_none);
    server_start(&trusting, &(struct server_options){ .proxies = proxies });
    int fd = dial(trusting.port);
    send_text(fd, request);
    expect_reply(fd, 200, "203.0.113.9 secure");
    close(fd);
    fd = dial(plain->port);
    send_text(fd, request);
    expect_reply(fd, 200, "127.0.0.1 plain");
    close(fd);
    server_stop(&trusting);
    proxies_destroy(proxies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_carries_the_policy, start, finish),
        cmocka_unit_test_setup_teardown(keep_alive_serves_many_on_one_connection, start, finish),
        cmocka_unit_test_setup_teardown(close_and_http_1_0_are_honoured, start, finish),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, start, finish),
        cmocka_unit_test_setup_teardown(requests_behind_a_waiting_one_wait_too, start, finish),
        cmocka_unit_test_setup_teardown(answering_an_orphan_is_harmless, start, finish),
        cmocka_unit_test_setup_teardown(bytes_one_by_one_are_a_request, start, finish),
        cmocka_unit_test_setup_teardown(head_has_no_body, start, finish),
        cmocka_unit_test_setup_teardown(paths_find_their_rows, start, finish),
        cmocka_unit_test_setup_teardown(smuggling_is_refused, start, finish),
        cmocka_unit_test_setup_teardown(long_bodies_are_refused_at_once, start, finish),
        cmocka_unit_test_setup_teardown(continue_is_sent_when_asked_for, start, finish),
        cmocka_unit_test_setup_teardown(large_answers_reach_slow_readers_whole, start, finish),
        cmocka_unit_test_setup_teardown(a_flood_of_pipelined_requests_is_held_back, start, finish),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test_setup_teardown(without_descriptors_newcomers_are_closed_and_others_served, start, finish),
        cmocka_unit_test(stopping_ends_idle_connections_and_answers_the_rest),
        cmocka_unit_test_setup_teardown(forwarded_addresses_need_a_trusted_proxy, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
