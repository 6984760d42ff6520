/* Requests that go on on another loop with their connection: two real loops on two threads, plain and over TLS. */
#include "fixture.h"
#include "tls_client.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"
#define WAIT_MS(n) usleep((n) * 1000)

struct pair {
    struct server of[2];
    struct nets *nets;
    struct tls *tls;
    _Atomic int n_handled;
};

static struct pair pair;

/* What the other loop does */

static int index_of(struct request *r) { return (int)((struct server *)request_door(r) - pair.of); }

static void tell(struct request *r)
{
    pair.n_handled++;
    struct span body = request_body(r);
    respond(r, 200, "text/plain", arena_printf(request_arena(r), "%d:" SPAN_FMT, index_of(r), SPAN_ARG(body)));
}

static void tell_client(struct request *r)
{
    char address[46];
    conn_address(request_conn(r), address);
    respond(r, 200, "text/plain", arena_printf(request_arena(r), "%d:%s %s", index_of(r), address, request_is_secure(r) ? "secure" : "plain"));
}

static void hold(struct request *r)
{
    pair.n_handled++;
    ((struct server *)request_door(r))->waiting = r;
}

static void open_socket(struct conn *c) { ((struct server *)conn_door(c))->n_open++; }
static void echo_text(struct conn *c, struct span text) { ws_send_text(c, text); }
static void close_socket(struct conn *c, int code) { ((struct server *)conn_door(c))->n_closed++; }
static const struct ws_handler echo_handler = { .on_open = open_socket, .on_text = echo_text, .on_close = close_socket };

static void upgrade(struct request *r)
{
    if (request_is_websocket(r)) http_accept_websocket(r, &echo_handler, NULL, SPAN(""));
}

/* Routes: the loop is named in the path */

static void move(struct request *r, route_fn *handle)
{
    int64_t to;
    assert_true(span_to_i64(request_param(r, "loop"), &to));
    request_move(r, net_of_loop(((struct server *)request_door(r))->net, (int)to), handle);
}

static void go(struct request *r) { move(r, tell); }
static void go_who(struct request *r) { move(r, tell_client); }
static void go_hold(struct request *r) { move(r, hold); }
static void go_upgrade(struct request *r) { move(r, upgrade); }

static void go_around(struct request *r) { request_move(r, net_of_loop(((struct server *)request_door(r))->net, !index_of(r)), go); }

static const struct route routes[] = {
    { "GET", "/here", tell, 0, 0 },
    { "GET", "/go/{loop:int}", go, 0, 0 },
    { "POST", "/go/{loop:int}", go, 1 << 20, 0 },
    { "GET", "/who/{loop:int}", go_who, 0, 0 },
    { "GET", "/hold/{loop:int}", go_hold, 0, 0 },
    { "GET", "/around/{loop:int}", go_around, 0, 0 },
    { "GET", "/ws/{loop:int}", go_upgrade, 0, route_websocket },
};

static void start_pair(struct tls *tls, const struct net_proxies *proxies, size_t most)
{
    pair.nets = nets_create(2);
    pair.tls = tls;
    pair.n_handled = 0;
    for (int i = 0; i < 2; i++)
        server_start(&pair.of[i], &(struct server_options){ .tls = tls, .proxies = proxies, .routes = routes, .n_routes = sizeof routes / sizeof *routes,
                                                            .nets = pair.nets, .index = i, .max_connections = i ? most : 0 });
}

static void free_pair(void)
{
    for (int i = 0; i < 2; i++) server_free(&pair.of[i]);
    nets_destroy(pair.nets);
}

static int start(void **state)
{
    start_pair(NULL, NULL, 0);
    return 0;
}

static int finish(void **state)
{
    for (int i = 0; i < 2; i++) server_halt(&pair.of[i]);
    free_pair();
    return 0;
}

static void expect_connections(size_t first, size_t second)
{
    struct net_figures a, b;
    for (int i = 0; i < 500; i++) {
        a = server_figures(&pair.of[0]), b = server_figures(&pair.of[1]);
        if (a.n_connections == first && b.n_connections == second) return;
        WAIT_MS(10);
    }
    assert_int_equal(a.n_connections, first);
    assert_int_equal(b.n_connections, second);
}

static void expect_handled(int n)
{
    for (int i = 0; i < 500 && pair.n_handled < n; i++) WAIT_MS(10);
    assert_int_equal(pair.n_handled, n);
}

/* Stories */

static void the_connection_lives_where_it_was_sent(void **state)
{
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/go/1"));
    expect_reply(fd, 200, "1:");
    expect_connections(0, 1);
    for (int i = 0; i < 3; i++) {
        send_text(fd, GET("/here"));
        expect_reply(fd, 200, "1:");
    }
    send_text(fd, GET("/go/1"));
    expect_reply(fd, 200, "1:");
    send_text(fd, GET("/go/0"));
    expect_reply(fd, 200, "0:");
    expect_connections(1, 0);
    send_text(fd, GET("/hello"));
    expect_reply(fd, 200, "hello");
    close(fd);
    expect_connections(0, 0);
}

static void a_body_comes_along(void **state)
{
    enum { n_body = 1 << 20 };
    char *body = malloc(n_body + 3), head[128];
    memcpy(body, "1:", 2);
    memset(body + 2, 'b', n_body);
    body[n_body + 2] = 0;
    int fd = dial(pair.of[0].port);
    for (int i = 1; i >= 0; i--) {
        snprintf(head, sizeof head, "POST /go/%d HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", i, n_body);
        send_text(fd, head);
        send_all(fd, body + 2, n_body);
        body[0] = (char)('0' + i);
        expect_reply(fd, 200, body);
    }
    close(fd);
    free(body);
}

/* Every request but the first waits in memory while the one before it travels. */
static void what_was_pipelined_travels_along(void **state)
{
    enum { rounds = 400 };
    static char all[rounds * 300];
    size_t n = 0;
    for (int i = 0; i < rounds; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "POST /go/%d HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n%05d" GET("/here"), i % 3 % 2, i);
    int fd = dial(pair.of[0].port);
    send_all(fd, all, n);
    for (int i = 0; i < rounds; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, "%d:%05d", i % 3 % 2, i);
        expect_reply(fd, 200, wanted);
        wanted[2] = 0;
        expect_reply(fd, 200, wanted);
    }
    close(fd);
    expect_connections(0, 0);
}

static void earlier_answers_leave_first(void **state)
{
    enum { n_static = 3 << 20 };
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/static") GET("/static") GET("/go/1") GET("/here"));
    WAIT_MS(200);
    for (int i = 0; i < 2; i++) {
        struct reply r;
        read_reply(fd, &r, false);
        assert_int_equal(r.n_body, n_static);
        free(r.body);
    }
    expect_reply(fd, 200, "1:");
    expect_reply(fd, 200, "1:");
    close(fd);
}

static void answer_held(struct server *s, void *arg)
{
    respond(s->waiting, 200, "text/plain", SPAN("at last"));
}

static void the_other_loop_may_answer_later(void **state)
{
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/hold/1") GET("/here"));
    expect_handled(1);
    server_do(&pair.of[1], answer_held, NULL);
    expect_reply(fd, 200, "at last");
    expect_reply(fd, 200, "1:");
    close(fd);
}

static void a_request_may_move_again(void **state)
{
    int fd = dial(pair.of[0].port);
    for (int i = 0; i < 10; i++) {
        send_text(fd, GET("/around/0"));
        expect_reply(fd, 200, "0:");
        send_text(fd, GET("/around/1"));
        expect_reply(fd, 200, "1:");
    }
    close(fd);
}

static void an_upgrade_may_follow(void **state)
{
    int fd = ws_dial(pair.of[0].port, "/ws/1", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert_int_equal(server_figures(&pair.of[0]).n_websockets, 0);
    assert_int_equal(server_figures(&pair.of[1]).n_websockets, 1);
    for (int i = 0; i < 20; i++) {
        ws_put(fd, 0x81, "hello", 5);
        ws_expect(fd, 0x81, "hello");
    }
    ws_put(fd, 0x88, "\x03\xe8", 2);
    ws_expect_close(fd, 1000);
    close(fd);
    expect_connections(0, 0);
    assert_int_equal(pair.of[1].n_open, 1);
    assert_int_equal(pair.of[1].n_closed, 1);
}

/* Frames that came with the upgrade, before it was accepted. */
static void hasty_frames_are_kept(void **state)
{
    int fd = dial(pair.of[0].port);
    struct reply r;
    send_text(fd, "GET /ws/1 HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x85\x01\x02\x03\x04");
    send_all(fd, (char[]){ 'h' ^ 1, 'a' ^ 2, 's' ^ 3, 't' ^ 4, 'y' ^ 1 }, 5);
    read_reply(fd, &r, true);
    assert_int_equal(r.status, 101);
    free(r.body);
    ws_expect(fd, 0x81, "hasty");
    close(fd);
}

static void the_handler_runs_though_the_client_has_gone(void **state)
{
    enum { n = 50 };
    for (int i = 0; i < n; i++) {
        int fd = dial(pair.of[0].port);
        send_text(fd, "POST /go/1 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nbye");
        close(fd);
    }
    expect_handled(n);
    expect_connections(0, 0);
}

static void move_held(struct server *s, void *arg)
{
    assert_true(request_is_orphan(s->waiting) == (arg != NULL));
    request_move(s->waiting, net_of_loop(s->net, 1), tell);
}

static bool is_abandoned(struct server *s) { return request_is_orphan(s->waiting); }

static void an_orphan_only_ends(void **state)
{
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/hold/0"));
    expect_handled(1);
    close(fd);
    server_await(&pair.of[0], is_abandoned);
    server_do(&pair.of[0], move_held, &fd);
    fd = dial(pair.of[0].port);
    send_text(fd, GET("/hold/0"));
    expect_handled(2);
    server_do(&pair.of[0], move_held, NULL);
    expect_reply(fd, 200, "1:");
    close(fd);
    assert_int_equal(pair.n_handled, 3);
}

/* So much is pipelined that the socket was not read any more when the request left. */
static void more_than_is_kept_waits_in_the_socket(void **state)
{
    enum { n_requests = 3000 };
    static char all[n_requests * sizeof GET("/here")];
    size_t n = 0;
    for (int i = 0; i < n_requests; i++) n += (size_t)snprintf(all + n, sizeof all - n, "%s", GET("/here"));
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/hold/0"));
    expect_handled(1);
    send_all(fd, all, n);
    WAIT_MS(100);
    server_do(&pair.of[0], move_held, NULL);
    for (int i = 0; i <= n_requests; i++) expect_reply(fd, 200, "1:");
    close(fd);
}

static void the_forwarded_address_travels_along(void **state)
{
    struct net_proxies *proxies;
    assert_int_equal(proxies_parse(SPAN("127.0.0.1"), &proxies, NULL), fault_none);
    start_pair(NULL, proxies, 0);
    int fd = dial(pair.of[0].port);
    send_text(fd, "GET /who/1 HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n");
    expect_reply(fd, 200, "1:203.0.113.9 secure");
    send_text(fd, GET("/who/1"));
    expect_reply(fd, 200, "1:127.0.0.1 plain");
    close(fd);
    finish(state);
    proxies_destroy(proxies);
}

static void a_full_loop_takes_no_more(void **state)
{
    start_pair(NULL, NULL, 1);
    int first = dial(pair.of[1].port), fd = dial(pair.of[0].port);
    expect_connections(1, 1);
    send_text(fd, GET("/go/1"));
    assert_true(is_closed_by_peer(fd));
    close(fd);
    assert_int_equal(server_figures(&pair.of[1]).n_refused, 1);
    send_text(first, GET("/here"));
    expect_reply(first, 200, "1:");
    close(first);
    expect_connections(0, 0);
    assert_int_equal(pair.n_handled, 1);
    finish(state);
}

static void stop_accepting(struct server *s, void *arg) { net_stop_accepting(s->net); }

static void a_stopping_loop_is_answered_for(void **state)
{
    int fd = dial(pair.of[0].port);
    server_do(&pair.of[1], stop_accepting, NULL);
    send_text(fd, GET("/go/1") GET("/hello"));
    expect_reply(fd, 503, NULL);
    expect_reply(fd, 200, "hello");
    close(fd);
}

/* The end of a loop while connections are under way to it or from it */

static void end_loop(struct server *s, void *arg)
{
    int *go_on = arg;
    if (go_on) assert_int_equal(read(*go_on, &(char){ 0 }, 1), 1);
    net_destroy(s->net);
    loop_stop(s->loop);
}

struct blocked { struct letter letter; struct server *s; int go_on; };

static void run_blocked(struct letter *l)
{
    struct blocked *b = container_of(l, struct blocked, letter);
    end_loop(b->s, &b->go_on);
}

static void a_connection_on_its_way_to_a_loop_that_ends_is_closed(void **state)
{
    int ends[2], fds[20];
    start_pair(NULL, NULL, 0);
    assert_int_equal(pipe(ends), 0);
    struct blocked b = { { NULL, run_blocked }, &pair.of[1], ends[0] };
    mailbox_post(loop_mailbox(pair.of[1].loop), &b.letter);
    for (int i = 0; i < 20; i++) {
        fds[i] = dial(pair.of[0].port);
        send_text(fds[i], GET("/go/1") GET("/here"));
    }
    for (int i = 0; i < 500; i++) {
        struct net_figures f = server_figures(&pair.of[0]);
        if (f.n_requests == 20 && f.n_connections == 0) break;
        WAIT_MS(10);
    }
    assert_int_equal(write(ends[1], "x", 1), 1);
    thread_join(pair.of[1].thread);
    int late = dial(pair.of[0].port);
    send_text(late, GET("/go/1"));
    expect_reply(late, 503, NULL);
    close(late);
    server_halt(&pair.of[0]);
    free_pair();
    for (int i = 0; i < 20; i++) {
        assert_true(is_closed_by_peer(fds[i]));
        close(fds[i]);
    }
    assert_int_equal(pair.n_handled, 0);
    close(ends[0]), close(ends[1]);
}

static void move_and_end(struct server *s, void *arg)
{
    move_held(s, NULL);
    end_loop(s, NULL);
}

static void a_loop_that_ends_before_the_connection_left_closes_it(void **state)
{
    start_pair(NULL, NULL, 0);
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/hold/0") GET("/here"));
    expect_handled(1);
    server_do(&pair.of[0], move_and_end, NULL);
    thread_join(pair.of[0].thread);
    assert_true(is_closed_by_peer(fd));
    close(fd);
    server_halt(&pair.of[1]);
    free_pair();
    assert_int_equal(pair.n_handled, 1);
}

static void close_all(struct server *s, void *arg) { net_close_all(s->net, 1001, "stop"); }

/* Answers that are not read keep the connection where it is; it is closed there with all the others. */
static void a_connection_that_waits_to_leave_is_closed_with_the_others(void **state)
{
    int fd = dial(pair.of[0].port);
    send_text(fd, GET("/static") GET("/static") GET("/static") GET("/go/1"));
    WAIT_MS(200);
    server_do(&pair.of[0], close_all, NULL);
    assert_true(is_closed_by_peer(fd));
    close(fd);
    expect_connections(0, 0);
}

/* Many at once, for the sanitizers */

struct crowd { int seed; bool uses_tls; };

static void walk_plain(unsigned *seed)
{
    char request[256];
    int fd = dial(pair.of[rand_r(seed) % 2].port);
    int rounds = rand_r(seed) % 20;
    for (int i = 0; i < rounds; i++) {
        int to = rand_r(seed) % 2;
        snprintf(request, sizeof request, "POST /go/%d HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi" GET("/here"), to);
        send_text(fd, request);
        if (i == rounds - 1 && rand_r(seed) % 2) break;
        expect_reply(fd, 200, to ? "1:hi" : "0:hi");
        expect_reply(fd, 200, to ? "1:" : "0:");
    }
    close(fd);
}

static void walk_tls(unsigned *seed)
{
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(pair.of[rand_r(seed) % 2].port, ctx, NULL);
    for (int i = rand_r(seed) % 20; i > 0; i--) {
        int to = rand_r(seed) % 2;
        tls_expect(ssl, to ? GET("/go/1") : GET("/go/0"), to ? "1:" : "0:");
        tls_expect(ssl, GET("/here"), to ? "1:" : "0:");
    }
    tls_hang_up(ssl);
    SSL_CTX_free(ctx);
}

static void walk_about(void *arg)
{
    struct crowd *me = arg;
    unsigned seed = (unsigned)me->seed;
    for (int i = 0; i < 30; i++) (me->uses_tls ? walk_tls : walk_plain)(&seed);
}

static void crowd_walks(bool uses_tls)
{
    struct crowd crowd[4];
    struct thread *threads[4];
    for (int i = 0; i < 4; i++) {
        crowd[i] = (struct crowd){ .seed = i + 1, .uses_tls = uses_tls };
        threads[i] = thread_start("walker", walk_about, &crowd[i]);
    }
    for (int i = 0; i < 4; i++) thread_join(threads[i]);
    expect_connections(0, 0);
}

static void a_crowd_walks_about(void **state) { crowd_walks(false); }

/* Sends and does not care; until nobody listens any more. */
static void knock(void *arg)
{
    static const char all[] = GET("/around/0") GET("/go/1") GET("/go/0") GET("/around/1");
    struct crowd *me = arg;
    for (int i = 0; i < 100000; i++) {
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)pair.of[(i + me->seed) % 2].port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool connects = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
        if (connects) send(fd, all, sizeof all - 1, MSG_NOSIGNAL);
        usleep((unsigned)(i % 7) * 100);
        close(fd);
        if (!connects) break;
    }
}

static void loops_end_under_a_crowd(void **state)
{
    for (int round = 0; round < 10; round++) {
        struct crowd crowd[4];
        struct thread *threads[4];
        start_pair(NULL, NULL, 0);
        for (int i = 0; i < 4; i++) {
            crowd[i] = (struct crowd){ .seed = i };
            threads[i] = thread_start("knocker", knock, &crowd[i]);
        }
        WAIT_MS(100);
        server_halt(&pair.of[round % 2]);
        server_halt(&pair.of[!(round % 2)]);
        for (int i = 0; i < 4; i++) thread_join(threads[i]);
        assert_true(pair.n_handled > 0);
        free_pair();
    }
}

static int start_tls(void **state)
{
    struct tls *tls;
    tls_files_write("suhbat");
    assert_int_equal(tls_create(tls_cert_file, tls_key_file, &tls), fault_none);
    start_pair(tls, NULL, 0);
    return 0;
}

static int finish_tls(void **state)
{
    finish(state);
    tls_destroy(pair.tls);
    return 0;
}

static void tls_goes_on(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (int i = 0; i < 2; i++) {
        SSL_CTX *ctx = tls_context(versions[i]);
        SSL *ssl = tls_dial(pair.of[0].port, ctx, NULL);
        for (int j = 0; j < 5; j++) {
            tls_expect(ssl, GET("/go/1"), "1:");
            tls_expect(ssl, GET("/who/1"), "1:127.0.0.1 secure");
            tls_expect(ssl, GET("/go/0"), "0:");
        }
        tls_hang_up(ssl);
        SSL_CTX_free(ctx);
    }
}

/* Requests that lie in TLS's own buffer, and answers over many records. */
static void tls_keeps_what_it_has_read(void **state)
{
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(pair.of[0].port, ctx, NULL);
    size_t n;
    tls_send(ssl, GET("/static") GET("/go/1") GET("/static"));
    for (int i = 0; i < 40; i++) tls_send(ssl, i % 2 ? GET("/go/1") : GET("/go/0"));
    char *body = tls_reply(ssl, &n);
    assert_int_equal(n, 3 << 20);
    free(body);
    free(tls_reply(ssl, &n));
    body = tls_reply(ssl, &n);
    assert_int_equal(n, 3 << 20);
    free(body);
    for (int i = 0; i < 40; i++) {
        body = tls_reply(ssl, &n);
        assert_string_equal(body, i % 2 ? "1:" : "0:");
        free(body);
    }
    tls_hang_up(ssl);
    SSL_CTX_free(ctx);
}

static void a_crowd_walks_about_over_tls(void **state) { crowd_walks(true); }

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, start_tls, finish_tls)
int main(void)
{
    tls_files_make();
    const struct CMUnitTest tests[] = {
        TEST(the_connection_lives_where_it_was_sent), TEST(a_body_comes_along), TEST(what_was_pipelined_travels_along),
        TEST(more_than_is_kept_waits_in_the_socket), TEST(earlier_answers_leave_first), TEST(the_other_loop_may_answer_later),
        TEST(a_request_may_move_again), TEST(an_upgrade_may_follow), TEST(hasty_frames_are_kept), TEST(the_handler_runs_though_the_client_has_gone),
        TEST(an_orphan_only_ends), cmocka_unit_test(the_forwarded_address_travels_along), cmocka_unit_test(a_full_loop_takes_no_more),
        TEST(a_stopping_loop_is_answered_for), cmocka_unit_test(a_connection_on_its_way_to_a_loop_that_ends_is_closed),
        cmocka_unit_test(a_loop_that_ends_before_the_connection_left_closes_it), TEST(a_connection_that_waits_to_leave_is_closed_with_the_others),
        TEST(a_crowd_walks_about), cmocka_unit_test(loops_end_under_a_crowd), TLS_TEST(tls_goes_on), TLS_TEST(tls_keeps_what_it_has_read), TLS_TEST(a_crowd_walks_about_over_tls),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tls_files_remove();
    return failed;
}
