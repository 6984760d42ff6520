/* The outgoing queue: how many system calls a turn costs, and what becomes of readers that are slow. */
#include "fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define FIN_TEXT 0x81

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

struct client { int fd; struct conn_ref ref; };

static void take_ref(struct server *s, void *arg) { ((struct client *)arg)->ref = s->last_ws; }

static struct client join(struct server *s, const char *path)
{
    struct client c = { .fd = ws_dial(s->port, path, "") };
    server_do(s, take_ref, &c);
    return c;
}

static struct frame *text_frame(struct span text, bool droppable)
{
    struct buf b;
    buf_init(&b, 1 << 21);
    ws_append_text(&b, text);
    struct frame *f = frame_create(buf_span(&b), droppable);
    buf_fini(&b);
    return f;
}

/* Pushes to n clients, in one turn, the numbers from..to-1 as text frames that all of them share. */
struct burst { const struct client *clients; int n, from, to; size_t padding; };

static void push_burst(struct server *s, void *arg)
{
    const struct burst *b = arg;
    for (int i = b->from; i < b->to; i++) {
        struct span text;
        char *line = malloc(b->padding + 16);
        int n = sprintf(line, "%d", i);
        memset(line + n, '.', b->padding);
        text = span_make(line, (size_t)n + b->padding);
        struct frame *f = text_frame(text, false);
        for (int j = 0; j < b->n; j++) conn_push(net_find(s->net, b->clients[j].ref), f);
        frame_unref(f);
        free(line);
    }
}

static void expect_burst(int fd, int from, int to, size_t padding)
{
    char *got = malloc(padding + 64), wanted[16];
    size_t n;
    for (int i = from; i < to; i++) {
        assert_int_equal(ws_get(fd, got, padding + 64, &n), FIN_TEXT);
        size_t n_wanted = (size_t)sprintf(wanted, "%d", i);
        assert_int_equal(n, n_wanted + padding);
        assert_memory_equal(got, wanted, n_wanted);
    }
    free(got);
}

static uint64_t n_sends(struct server *s) { return server_figures(s).n_sends; }

static void sixty_four_frames_are_one_send(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/flood");
    uint64_t before = n_sends(s);
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 64, 100 });
    expect_burst(c.fd, 0, 64, 100);
    assert_int_equal(n_sends(s) - before, 1);
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 1, 100 });
    expect_burst(c.fd, 0, 1, 100);
    assert_int_equal(n_sends(s) - before, 2);
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 20, 3000 });
    expect_burst(c.fd, 0, 20, 3000);
    assert_int_equal(n_sends(s) - before, 3);
    close(c.fd);
}

/* Clients with the same frames share one copy; a client with other frames must not get theirs. */
static void everybody_gets_their_own_frames(void **state)
{
    struct server *s = *state;
    struct client c[6];
    for (int i = 0; i < 6; i++) c[i] = join(s, "/flood");
    for (int round = 0; round < 20; round++) {
        server_do(s, push_burst, &(struct burst){ c, 3, 0, 5, 10 });
        server_do(s, push_burst, &(struct burst){ c + 3, 2, 5, 10, 10 });
        server_do(s, push_burst, &(struct burst){ c + 1, 3, 10, 12, 10 });
        server_do(s, push_burst, &(struct burst){ c + 5, 1, 12, 14, 10 });
        expect_burst(c[0].fd, 0, 5, 10);
        expect_burst(c[1].fd, 0, 5, 10), expect_burst(c[1].fd, 10, 12, 10);
        expect_burst(c[2].fd, 0, 5, 10), expect_burst(c[2].fd, 10, 12, 10);
        expect_burst(c[3].fd, 5, 10, 10), expect_burst(c[3].fd, 10, 12, 10);
        expect_burst(c[4].fd, 5, 10, 10);
        expect_burst(c[5].fd, 12, 14, 10);
    }
    for (int i = 0; i < 6; i++) close(c[i].fd);
}

struct groups { struct burst a, b, c; };

static void push_groups(struct server *s, void *arg)
{
    struct groups *g = arg;
    push_burst(s, &g->a), push_burst(s, &g->b), push_burst(s, &g->c);
}

static void mixed_groups_in_one_turn(void **state)
{
    struct server *s = *state;
    struct client c[4];
    for (int i = 0; i < 4; i++) c[i] = join(s, "/flood");
    struct groups g = { { c, 2, 0, 5, 10 }, { c + 2, 2, 100, 105, 10 }, { c + 1, 2, 200, 260, 10 } };
    uint64_t before = n_sends(s);
    server_do(s, push_groups, &g);
    expect_burst(c[0].fd, 0, 5, 10);
    expect_burst(c[1].fd, 0, 5, 10), expect_burst(c[1].fd, 200, 260, 10);
    expect_burst(c[2].fd, 100, 105, 10), expect_burst(c[2].fd, 200, 260, 10);
    expect_burst(c[3].fd, 100, 105, 10);
    assert_int_equal(n_sends(s) - before, 4);
    for (int i = 0; i < 4; i++) close(c[i].fd);
}

static void more_than_the_socket_takes_waits_in_order(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/ws");
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 900, 1000 });
    server_do(s, push_burst, &(struct burst){ &c, 1, 900, 1000, 1000 });
    expect_burst(c.fd, 0, 1000, 1000);
    close(c.fd);
}

static bool has_drained(struct server *s) { return s->n_drained > 0; }

static void a_drained_queue_is_told(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/flood");
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 3, 1000 });
    expect_burst(c.fd, 0, 3, 1000);
    assert_int_equal(s->n_drained, 0);
    server_do(s, push_burst, &(struct burst){ &c, 1, 0, 40, 1000 });
    expect_burst(c.fd, 0, 40, 1000);
    server_await(s, has_drained);
    assert_int_equal(s->n_drained, 1);
    close(c.fd);
}

static bool has_closed(struct server *s) { return s->n_closed > 0; }

/* Fills the socket of a client that does not read, until its queue in the server is over the ceiling. */
static void overwhelm(struct server *s, const struct client *c)
{
    for (int i = 0; i < 400 && server_figures(s).n_slow_closed == 0; i++)
        server_do(s, push_burst, &(struct burst){ c, 1, i, i + 1, 60000 });
    assert_int_equal(server_figures(s).n_slow_closed, 1);
}

static void a_slow_reader_is_closed_and_others_are_unharmed(void **state)
{
    struct server *s = *state;
    struct client slow = join(s, "/flood"), good = join(s, "/flood");
    char *got = malloc(70000);
    size_t n;
    int first;
    overwhelm(s, &slow);
    server_do(s, push_burst, &(struct burst){ &good, 1, 0, 10, 100 });
    expect_burst(good.fd, 0, 10, 100);
    do first = ws_get(slow.fd, got, 70000, &n);
    while (first == FIN_TEXT);
    assert_int_equal(first, 0x88);
    assert_int_equal((unsigned char)got[0] << 8 | (unsigned char)got[1], 4413);
    assert_true(is_closed_by_peer(slow.fd));
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4413);
    free(got);
    close(slow.fd), close(good.fd);
}

static void a_reader_that_reads_nothing_is_cut_off(void **state)
{
    struct server *s = *state;
    struct client stuck = join(s, "/flood");
    overwhelm(s, &stuck);
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4413);
    assert_int_equal(server_figures(s).n_connections, 0);
    close(stuck.fd);
}

struct pushes { struct conn_ref ref; const char *text; size_t padding; bool droppable; int times; };

static void push_many(struct server *s, void *arg)
{
    struct pushes *p = arg;
    char *line = calloc(1, p->padding + 1);
    memset(line, p->text[0], p->padding);
    struct frame *f = text_frame(span_make(line, p->padding), p->droppable);
    for (int i = 0; i < p->times; i++) conn_push(net_find(s->net, p->ref), f);
    frame_unref(f);
    free(line);
}

static void droppable_frames_go_first(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/flood");
    char *got = malloc(70000);
    size_t n;
    int n_kept = 0, n_last = 0;
    while (server_figures(s).n_frames_dropped == 0) {
        server_do(s, push_many, &(struct pushes){ c.ref, "d", 60000, true, 3 });
        server_do(s, push_many, &(struct pushes){ c.ref, "k", 1000, false, 1 });
        n_kept++;
    }
    server_do(s, push_many, &(struct pushes){ c.ref, "e", 10, false, 1 });
    while (n_last == 0) {
        assert_int_equal(ws_get(c.fd, got, 70000, &n), FIN_TEXT);
        n_kept -= got[0] == 'k';
        n_last += got[0] == 'e';
    }
    assert_int_equal(n_kept, 0);
    assert_int_equal(server_figures(s).n_slow_closed, 0);
    free(got);
    close(c.fd);
}

struct queued { struct conn_ref ref; size_t n_bytes; };

static void take_queued(struct server *s, void *arg)
{
    struct queued *q = arg;
    q->n_bytes = conn_queued_bytes(net_find(s->net, q->ref));
}

static void too_many_frames_are_too_slow_too(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/flood");
    struct queued q = { .ref = c.ref };
    while (q.n_bytes == 0) {
        server_do(s, push_many, &(struct pushes){ c.ref, "f", 60000, false, 1 });
        server_do(s, take_queued, &q);
    }
    server_do(s, push_many, &(struct pushes){ c.ref, "k", 1, false, CONN_QUEUE_MAX_FRAMES / 2 });
    assert_int_equal(server_figures(s).n_slow_closed, 0);
    server_do(s, push_many, &(struct pushes){ c.ref, "k", 1, false, CONN_QUEUE_MAX_FRAMES / 2 + 1 });
    assert_int_equal(server_figures(s).n_slow_closed, 1);
    close(c.fd);
}

/* More than the ceilings in a single turn: the kernel is asked before anybody is called slow. */
static void much_in_one_turn_is_not_slow(void **state)
{
    struct server *s = *state;
    struct client c = join(s, "/flood");
    enum { wanted = 2 * CONN_QUEUE_MAX_FRAMES };
    server_do(s, push_many, &(struct pushes){ c.ref, "k", 1, false, wanted });
    for (int i = 0; i < wanted; i++) ws_expect(c.fd, FIN_TEXT, "k");
    assert_int_equal(server_figures(s).n_slow_closed, 0);
    close(c.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sixty_four_frames_are_one_send), TEST(everybody_gets_their_own_frames), TEST(mixed_groups_in_one_turn),
        TEST(more_than_the_socket_takes_waits_in_order), TEST(a_drained_queue_is_told), TEST(a_slow_reader_is_closed_and_others_are_unharmed),
        TEST(a_reader_that_reads_nothing_is_cut_off), TEST(droppable_frames_go_first), TEST(too_many_frames_are_too_slow_too),
        TEST(much_in_one_turn_is_not_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
