/* Engine.IO from the inside: time, ceilings, the order of what is sent while a session moves, and what an idle one costs. The protocol itself is told to the
   real program in the stories. */
#include "fixture.h"
#include "net/engine.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ping_ms = 100, pong_ms = 60, claim_ms = 500, exact_ms = 10, tries = 20 };

static struct seen { int n_opened, n_moved, n_drained, n_closed, n_forgotten; double closed_at_ms[tries]; } seen;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void on_open(struct engine_session *s) { seen.n_opened++; }
static void on_moved(struct engine_session *s, struct conn *to) { seen.n_moved++; }
static void on_drain(struct engine_session *s) { seen.n_drained++; }

static void on_close(struct engine_session *s)
{
    if (seen.n_closed < tries) seen.closed_at_ms[seen.n_closed] = now_ms();
    seen.n_closed++;
}

static void send_many(struct engine_session *s, size_t n, size_t n_bytes)
{
    char *text = malloc(n_bytes + 16);
    for (size_t i = 0; i < n; i++) {
        memset(text, '.', n_bytes);
        engine_send_text(s, span_make(text, (size_t)sprintf(text, "%zu", i) + n_bytes));
    }
    free(text);
}

/* "many": ten numbered messages; "flood": two megabytes; "claim"; "close". Everything else comes back. */
static void on_text(struct engine_session *s, struct span text)
{
    if (span_eq(text, SPAN("many"))) send_many(s, 10, 0);
    else if (span_eq(text, SPAN("flood"))) send_many(s, 64, 32 << 10);
    else if (span_eq(text, SPAN("claim"))) engine_claim(s);
    else if (span_eq(text, SPAN("close"))) engine_close(s);
    else engine_send_text(s, text);
}

static const struct engine_handler handler = { on_open, on_text, engine_send_binary, on_moved, on_drain, on_close };
static void *remember(struct request *r) { return strdup("memory"); }
static void forget(void *memory)
{
    assert_string_equal(memory, "memory");
    seen.n_forgotten++;
    free(memory);
}

/* Patient with a client that is slow because the machine is busy. */
static struct engine_rules patient = { .path = "/patient/", .handler = &handler, .ping_interval_ms = ping_ms, .ping_timeout_ms = 30000, .max_payload_bytes = 100000 };
static struct engine_rules quick = { .path = "/quick/", .handler = &handler, .ping_interval_ms = ping_ms, .ping_timeout_ms = pong_ms, .max_payload_bytes = 100000 };
static struct engine_rules calm = { .path = "/calm/", .handler = &handler, .ping_interval_ms = 60000, .ping_timeout_ms = 60000, .max_payload_bytes = 100000,
    .remember = remember, .forget = forget };
static struct engine_rules claimed = { .path = "/claimed/", .handler = &handler, .ping_interval_ms = 60000, .ping_timeout_ms = 60000, .claim_ms = claim_ms,
    .max_payload_bytes = 100000 };

static void add_routes(struct router *router)
{
    engine_routes(router, &quick);
    engine_routes(router, &patient);
    engine_routes(router, &calm);
    engine_routes(router, &claimed);
}

static void begin(struct server *s, size_t max_connections)
{
    seen = (struct seen){ 0 };
    server_start(s, &(struct server_options){ .more = add_routes, .max_connections = max_connections });
}

/* Requests */

struct poller { int fd; char query[128]; };

static void ask(int fd, const char *query)
{
    char head[512];
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", query);
    send_text(fd, head);
}

static struct poller open_polling(struct server *s, const char *path)
{
    struct poller p = { .fd = dial(s->port) };
    struct reply r;
    char id[32], open[128];
    snprintf(open, sizeof open, "%s?EIO=4&transport=polling", path);
    ask(p.fd, open);
    read_reply(p.fd, &r, false);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "Content-Type: text/plain; charset=UTF-8"));
    assert_true(reply_has(&r, "Cache-Control: no-store"));
    assert_int_equal(sscanf(r.body, "0{\"sid\":\"%20[A-Za-z0-9_-]\"", id), 1);
    assert_int_equal(strlen(id), ENGINE_ID_CHARS);
    snprintf(p.query, sizeof p.query, "%s?EIO=4&transport=polling&sid=%s", path, id);
    free(r.body);
    return p;
}

static void expect_poll(const struct poller *p, int status, const char *body)
{
    ask(p->fd, p->query);
    expect_reply(p->fd, status, body);
}

static void post_on(int fd, const struct poller *p, const char *body, int status)
{
    char head[512];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n", p->query, strlen(body));
    send_text(fd, head);
    send_text(fd, body);
    expect_reply(fd, status, status == 200 ? "ok" : NULL);
}

static int open_socket(struct server *s, const char *path, const char *further)
{
    char query[512];
    snprintf(query, sizeof query, "%s?EIO=4&transport=websocket%s", path, further);
    return ws_dial(s->port, query, "");
}

static void say(int fd, const char *text) { ws_put(fd, 0x81, text, strlen(text)); }

/* The id of a session, as its WebSocket gives it. */
static int upgrade_socket(struct server *s, const struct poller *p)
{
    char query[192], *sid = strstr(p->query, "sid=");
    snprintf(query, sizeof query, "&%s", sid);
    return open_socket(s, "/calm/", query);
}

/* Tests */

/* Never early; and on a machine that is busy with other things at least once on time. */
static void pings_come_on_time(void **state)
{
    struct server s;
    double best = 1e9;
    begin(&s, 0);
    double began = now_ms();
    struct poller p = open_polling(&s, "/patient/");
    for (int i = 0; i < tries && (i < 3 || best > exact_ms); i++) {
        expect_poll(&p, 200, "2");
        double late = now_ms() - began - ping_ms;
        if (late < -2) fail_msg("ping %d came %.1f ms early", i, -late);
        if (late < best) best = late;
        began = now_ms();
        post_on(p.fd, &p, "3", 200);
    }
    if (best > exact_ms) fail_msg("%.1f ms late at best", best);
    close(p.fd);
    server_stop(&s);
    assert_int_equal(seen.n_opened, 1);
    assert_int_equal(seen.n_closed, 1);
}

static void silence_ends_it(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/quick/");
    struct reply r;
    expect_poll(&p, 200, "2");
    ask(p.fd, p.query);
    read_reply(p.fd, &r, false);
    if (r.status == 200) assert_string_equal(r.body, "1"); /* otherwise this client was too slow to be told */
    else assert_int_equal(r.status, 400);
    free(r.body);
    expect_poll(&p, 400, NULL);
    close(p.fd);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 1);
}

/* Nobody polls and nobody answers. */
static bool has_closed(struct server *s) { return seen.n_closed > 0; }
static bool have_closed(struct server *s) { return seen.n_closed == tries; }

static void clients_that_vanished_are_forgotten_in_time(void **state)
{
    struct server s;
    double began[tries], best = 1e9;
    begin(&s, 0);
    for (int i = 0; i < tries; i++) {
        began[i] = now_ms();
        struct poller p = open_polling(&s, "/quick/");
        close(p.fd);
    }
    server_await(&s, have_closed);
    for (int i = 0; i < tries; i++) {
        double late = seen.closed_at_ms[i] - began[i] - ping_ms - pong_ms;
        if (late < -2) fail_msg("%d ended %.1f ms early", i, -late);
        if (late < best) best = late;
    }
    if (best > exact_ms) fail_msg("%.1f ms late at best", best);
    server_stop(&s);
}

static void await_requests(struct server *s, uint64_t n)
{
    for (int i = 0; i < 1000 && server_figures(s).n_requests < n; i++) usleep(10000);
}

static void a_poll_that_is_given_up_ends_the_session(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/calm/");
    ask(p.fd, p.query);
    await_requests(&s, 2);
    close(p.fd);
    server_await(&s, has_closed);
    server_stop(&s);
    assert_int_equal(seen.n_forgotten, 1);
}

static void whoever_is_not_claimed_goes(void **state)
{
    struct server s;
    begin(&s, 0);
    double began = now_ms();
    int other = open_socket(&s, "/claimed/", ""), fd = open_socket(&s, "/claimed/", "");
    char got[256];
    size_t n;
    assert_int_equal(ws_get(other, got, sizeof got, &n), 0x81);
    assert_int_equal(ws_get(fd, got, sizeof got, &n), 0x81);
    say(fd, "4claim");
    ws_expect_close(other, 1000);
    assert_true(now_ms() - began > claim_ms - 2);
    say(fd, "4still here");
    ws_expect(fd, 0x81, "4still here");
    close(fd), close(other);
    server_stop(&s);
}

/* What was sent before, during and after the change of transport comes once and in order. */
static void a_session_moves_with_all_that_waits(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/calm/");
    post_on(p.fd, &p, "4many", 200);
    int fd = upgrade_socket(&s, &p);
    say(fd, "2probe");
    ws_expect(fd, 0x81, "3probe");
    post_on(p.fd, &p, "4between", 200);
    say(fd, "5");
    say(fd, "4after");
    for (int i = 0; i < 10; i++) ws_expect(fd, 0x81, (char[]){ '4', (char)('0' + i), 0 });
    ws_expect(fd, 0x81, "4between");
    ws_expect(fd, 0x81, "4after");
    expect_poll(&p, 400, NULL);
    assert_int_equal(seen.n_moved, 1);
    assert_int_equal(seen.n_closed, 0);
    say(fd, "1");
    ws_expect_close(fd, 1000);
    close(fd), close(p.fd);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.n_forgotten, 1);
}

static void a_poll_waits_through_a_probe_that_fails(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/calm/");
    ask(p.fd, p.query);
    int fd = upgrade_socket(&s, &p), second = upgrade_socket(&s, &p), other = dial(s.port);
    ws_expect_close(second, 1000);
    say(fd, "4no probe");
    ws_expect_close(fd, 1000);
    post_on(other, &p, "4hello", 200);
    expect_reply(p.fd, 200, "4hello");
    fd = upgrade_socket(&s, &p);
    say(fd, "2probe");
    ws_expect(fd, 0x81, "3probe");
    close(fd);
    post_on(other, &p, "4again", 200);
    expect_poll(&p, 200, "4again");
    close(second), close(other), close(p.fd);
    server_stop(&s);
    assert_int_equal(seen.n_moved, 0);
}

static void who_never_polls_is_too_slow(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/calm/");
    post_on(p.fd, &p, "4flood", 200);
    expect_poll(&p, 400, NULL);
    assert_int_equal(server_figures(&s).n_slow_closed, 1);
    assert_int_equal(seen.n_closed, 1);
    close(p.fd);
    server_stop(&s);
}

static void stop_accepting(struct server *s, void *arg) { net_stop_accepting(s->net); }

static void a_stop_answers_who_polls(void **state)
{
    struct server s;
    begin(&s, 0);
    struct poller p = open_polling(&s, "/calm/");
    ask(p.fd, p.query);
    await_requests(&s, 2);
    int second = dial(s.port);
    post_on(second, &p, "4hello", 200);
    expect_reply(p.fd, 200, "4hello");
    ask(p.fd, p.query);
    await_requests(&s, 4);
    server_do(&s, stop_accepting, NULL);
    expect_reply(p.fd, 200, "1");
    server_figures(&s);
    assert_int_equal(seen.n_closed, 1);
    close(p.fd), close(second);
    server_stop(&s);
}

static void a_full_house_says_so(void **state)
{
    struct server s;
    begin(&s, 3);
    struct poller first = open_polling(&s, "/calm/");
    ask(first.fd, "/calm/?EIO=4&transport=polling");
    struct reply r;
    read_reply(first.fd, &r, false);
    assert_int_equal(r.status, 200);
    free(r.body);
    ask(first.fd, "/calm/?EIO=4&transport=polling");
    expect_reply(first.fd, 503, NULL);
    close(first.fd);
    server_stop(&s);
    assert_int_equal(seen.n_opened, 2);
    assert_int_equal(seen.n_closed, 2);
    assert_int_equal(seen.n_forgotten, 3);
}

/* Beside its struct conn. */
static void an_idle_session_costs_little(void **state)
{
    enum { n = 500, budget_bytes = 320 };
    struct server s;
    int fds[n];
    char got[256];
    size_t length;
    begin(&s, 0);
    int warm = open_socket(&s, "/quick/", "");
    assert_int_equal(ws_get(warm, got, sizeof got, &length), 0x81);
    server_figures(&s);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < n; i++) {
        fds[i] = open_socket(&s, "/claimed/", "");
        assert_int_equal(ws_get(fds[i], got, sizeof got, &length), 0x81);
        say(fds[i], "4claim");
    }
    server_figures(&s);
    size_t each = (mallinfo2().uordblks - before) / n;
    print_message("%zu bytes a session with its connection\n", each);
    assert_true(each < 320 + budget_bytes);
    for (int i = 0; i < n; i++) close(fds[i]);
    close(warm);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pings_come_on_time), cmocka_unit_test(silence_ends_it), cmocka_unit_test(clients_that_vanished_are_forgotten_in_time),
        cmocka_unit_test(a_poll_that_is_given_up_ends_the_session), cmocka_unit_test(whoever_is_not_claimed_goes),
        cmocka_unit_test(a_session_moves_with_all_that_waits), cmocka_unit_test(a_poll_waits_through_a_probe_that_fails),
        cmocka_unit_test(who_never_polls_is_too_slow), cmocka_unit_test(a_stop_answers_who_polls), cmocka_unit_test(a_full_house_says_so),
        cmocka_unit_test(an_idle_session_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
