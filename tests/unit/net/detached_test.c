/* Connections without a socket: what waits, what is dropped, and how they end. */
#include "fixture.h"
#include "net/detached.h"
#include <stdlib.h>

static struct seen { int n_frames, n_drained, n_closed, code, n_left; struct conn *c; } seen;

static void on_frames(struct conn *c) { seen.n_frames++; }
static void on_drain(struct conn *c) { seen.n_drained++; }

static void on_close(struct conn *c, int code)
{
    assert_ptr_equal(ws_user(c), &seen);
    seen.n_closed++;
    seen.code = code;
    for (struct frame *f; (f = detached_take(c)); seen.n_left++) frame_unref(f);
}

static const struct ws_handler handler = { .on_frames = on_frames, .on_drain = on_drain, .on_close = on_close };

static void push(const char *text, size_t n, bool droppable)
{
    char *bytes = calloc(1, n + 1);
    strcpy(bytes, text);
    struct frame *f = frame_create(span_make(bytes, n), droppable);
    conn_push(seen.c, f);
    frame_unref(f);
    free(bytes);
}

static void expect_next(const char *text)
{
    struct frame *f = detached_take(seen.c);
    assert_non_null(f);
    assert_string_equal(f->bytes, text);
    frame_unref(f);
}

static void open_one(struct server *s, void *arg)
{
    char address[46];
    seen = (struct seen){ 0 };
    seen.c = detached_open(s->net, net_find(s->net, s->last_ws), &handler, &seen);
    assert_non_null(seen.c);
    conn_address(seen.c, address);
    assert_string_equal(address, "127.0.0.1");
    assert_true(conn_hears(seen.c));
    assert_ptr_equal(net_find(s->net, conn_ref(seen.c)), seen.c);
}

static int begin(struct server *s, const struct server_options *options)
{
    server_start(s, options);
    int fd = ws_dial(s->port, "/ws", "");
    server_do(s, open_one, NULL);
    return fd;
}

static void push_three(struct server *s, void *arg)
{
    push("one", 4, false), push("two", 4, true), push("three", 40 << 10, false);
    assert_int_equal(conn_queued_bytes(seen.c), 8 + (40 << 10));
    assert_int_equal(seen.n_frames, 0);
}

static void take_three(struct server *s, void *arg)
{
    assert_int_equal(seen.n_frames, 1);
    expect_next("one"), expect_next("two"), expect_next("three");
    assert_null(detached_take(seen.c));
    assert_int_equal(conn_queued_bytes(seen.c), 0);
    assert_int_equal(seen.n_drained, 0);
}

static void end_it(struct server *s, void *arg)
{
    assert_int_equal(seen.n_drained, 1);
    push("last", 5, false);
    ws_close(seen.c, 4001, "over");
    assert_false(conn_hears(seen.c));
    push("deaf", 5, false);
    assert_int_equal(seen.n_closed, 0);
}

static void what_waits_is_taken_in_order_and_its_end_is_told(void **state)
{
    struct server s;
    int fd = begin(&s, NULL);
    assert_int_equal(server_figures(&s).n_websockets, 2);
    server_do(&s, push_three, NULL);
    server_do(&s, take_three, NULL);
    server_do(&s, end_it, NULL);
    assert_int_equal(server_figures(&s).n_websockets, 1);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.code, 4001);
    assert_int_equal(seen.n_left, 1);
    close(fd);
    server_stop(&s);
}

/* First what may be dropped goes, then the reader. */
static void overfill(struct server *s, void *arg)
{
    struct net_figures before, after;
    net_figures(s->net, &before);
    push("first", 6, false);
    for (int i = 0; i < 10; i++) push("typing", 64 << 10, true);
    for (int i = 0; i < 6; i++) push("message", 64 << 10, false);
    net_figures(s->net, &after);
    assert_int_equal(after.n_frames_dropped - before.n_frames_dropped, 10);
    assert_true(conn_hears(seen.c));
    for (int i = 0; i < 11; i++) push("message", 64 << 10, false);
    net_figures(s->net, &after);
    assert_int_equal(after.n_slow_closed - before.n_slow_closed, 1);
    assert_false(conn_hears(seen.c));
}

static void its_queue_has_a_ceiling(void **state)
{
    struct server s;
    int fd = begin(&s, NULL);
    server_do(&s, overfill, NULL);
    assert_int_equal(server_figures(&s).n_websockets, 1);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.code, 4413);
    close(fd);
    server_stop(&s);
}

static void find_no_room(struct server *s, void *arg)
{
    assert_null(detached_open(s->net, net_find(s->net, s->last_ws), &handler, &seen));
}

static void it_counts_as_a_connection(void **state)
{
    struct server s;
    int fd = begin(&s, &(struct server_options){ .max_connections = 2 });
    server_do(&s, find_no_room, NULL);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.code, 1001);
    close(fd);
}

static void stop_accepting(struct server *s, void *arg) { net_stop_accepting(s->net); }
static void close_all(struct server *s, void *arg) { net_close_all(s->net, 1001, "bye"); }

static void it_ends_with_the_server(void **state)
{
    struct server s;
    int fd = begin(&s, NULL);
    server_do(&s, stop_accepting, NULL);
    assert_int_equal(seen.n_closed, 0);
    server_do(&s, close_all, NULL);
    server_figures(&s);
    assert_int_equal(seen.n_closed, 1);
    assert_int_equal(seen.code, 1001);
    close(fd);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_waits_is_taken_in_order_and_its_end_is_told), cmocka_unit_test(its_queue_has_a_ceiling),
                                        cmocka_unit_test(it_counts_as_a_connection), cmocka_unit_test(it_ends_with_the_server) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
